#!/usr/bin/env bash
# An agent is upgraded under load: no message is lost and none handled twice, also when the daemon
# is killed at any moment; an upgrade that fails leaves it as it was, and the person is told.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

version() { printf '%s/version%d.wasm' "$guests" "$1"; }

# is VERSION COUNT: what the agent says of itself, which it counts as a message.
is()
{
    checks=$((checks + 1))
    local said
    said=$("$serai" agent call v hi)
    [[ $said == "version $1 count $2 "* ]] || fail "it says: $said; wanted version $1, count $2"
}

new_site
start_site
"$serai" money in 5 >/dev/null
deploy v "$(version 1)" 0.5 >/dev/null
is 1 1
exits 81 'TRAP: unreachable' "$serai" agent upgrade v "$(version 3)" --try
is 1 2
exits 81 'out of fuel' "$serai" agent upgrade v "$(version 4)" --try
is 1 3
exits 0 '^code' "$serai" agent upgrade v "$(version 2)" --try
is 2 4
holds "the modules that it keeps" "$(field v codes)" 0
holds "what the program shows as JSON" \
    "$("$serai" agent upgrade v "$(version 1)" --try --json | jq -r .state)" answered
is 1 5
exits 65 'refused' "$serai" agent upgrade v "$0" --try
exits 66 'no agent' "$serai" agent upgrade nobody "$(version 2)"
is 1 6

# ---- under load ----
"$serai" customer add ada --new "$work/ada.key" >/dev/null
"$serai" money in 2 --customer ada >/dev/null
"$serai" agent end v >/dev/null
"$serai" agent deploy "$(version 1)" --name v --money 0.5 --key "$work/ada.key" >/dev/null
hers() { "$serai" "$@" --key "$work/ada.key"; }
: >"$work/sent"
for n in 2 3 1 4 2; do
    for _ in {1..10}; do
        hers agent send v x >/dev/null
        printf '.' >>"$work/sent"
    done
    code=0
    hers agent upgrade v "$(version "$n")" --try >/dev/null 2>&1 || code=$?
    case $n in
    3 | 4) holds "the code of a trial that fails" "$code" 81 ;;
    *) holds "the code of one that stands" "$code" 0 ;;
    esac
done
holds "the count after 50 messages and five upgrades" \
    "$(hers agent call v hi | cut -d' ' -f 2-4)" "2 count 51"

# ---- and kill -9 ----
# The request is sent while the daemon stands still, which then dies at some moment soon after.
RANDOM=${SEED:-7}
count=51
number=1
for round in {1..8}; do
    hers agent send v x >/dev/null
    next=$((round % 3 == 0 ? 3 : number))
    hers agent upgrade v "$(version "$next")" --try --timeout 0 >/dev/null 2>&1 &
    asking=$!
    some_time 60
    stop_site KILL
    wait "$asking" 2>/dev/null || true
    start_site
    # What became of the request is known by its answer, whichever moment it was.
    hers agent upgrade --retry >/dev/null 2>&1 || true
    hers agent call --retry >/dev/null 2>&1 || true # it may have died while it took the answer
    for call in $(hers call ls --json | jq -r .call); do
        hers agent call --again "$call" >/dev/null 2>&1 || true
    done
    count=$((count + 2))
    said=$(hers agent call v hi | cut -d' ' -f 2-4)
    checks=$((checks + 1))
    case $said in
    "$next count $count") [ "$next" -ne 3 ] || fail "it runs what failed" ;;
    *" count $count") ;; # the request was lost, or failed: it is what it was
    *) fail "after a kill in round $round it says: $said; wanted count $count" ;;
    esac
    number=$((3 - ${said%% *}))
done
holds "the modules that it keeps in the end" "$(hers agent show v --json | jq -r .codes)" 0
verify
passed
