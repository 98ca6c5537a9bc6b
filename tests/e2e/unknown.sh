#!/usr/bin/env bash
# Done, not done and unknown are three things: a lost answer, one that cannot be shown, another
# site's answer and a key without its numbers make nobody pay twice.  unknown.sh BUILD
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

other_site=$work/other
other_daemon=

finish_both()
{
    local code=$?

    if [ -n "$other_daemon" ]; then
        kill -KILL "$other_daemon" 2>/dev/null || true
    fi
    finish "$code"
}
trap finish_both EXIT

minted() { "$serai" site status --json | jq -r .minted; }

new_site
start_site
"$serai" site init "$other_site" >/dev/null
"$serai" site run --site "$other_site" --ready-fd 3 3>"$work/other.ready" 2>>"$daemon_log" \
    >/dev/null &
other_daemon=$!
for _ in $(seq 100); do
    [ -s "$work/other.ready" ] && break
    sleep 0.05
done
key=$work/ada.key
"$serai" customer add ada --new "$key" >/dev/null
public=$(sed -n 's/^public //p' "$key")
"$serai" customer add ada --public "$public" --site "$other_site" >/dev/null
"$serai" money in 5 --customer ada >/dev/null
"$serai" money in 5 --customer ada --site "$other_site" >/dev/null
"$serai" agent deploy "$guests/parrot.wasm" --name x --money 1 --key "$key" >/dev/null
"$serai" agent deploy "$guests/parrot.wasm" --name x --money 1 --key "$key" \
    --site "$other_site" >/dev/null
agent=$("$serai" agent ls --json | jq -r .id)
before=$(customer_balance ada)

# ---- an answer that is lost; the same key at another site ----
kill -STOP "$daemon"
code=0
timeout --foreground --preserve-status -s INT 0.3 \
    "$serai" agent fund "$agent" 1 --key "$key" >"$work/said" 2>&1 || code=$?
holds "the code of what was interrupted" "$code" 79
grep -q 'not known.*--retry' "$work/said" || fail "it says: $(cat "$work/said")"
exits 75 "agent.fund $agent 1.000000000 .*agent fund --retry" \
    "$serai" agent fund "$agent" 1 --key "$key"
exits 0 '' "$serai" agent fund "$agent" 2 --key "$key" --site "$other_site"
exits 66 "the site $("$serai" site key)" "$serai" agent fund --retry --key "$key" \
    --site "$other_site"
kill -CONT "$daemon"
exits 64 'agent.fund' "$serai" agent send --retry --key "$key"
exits 0 'balance' "$serai" agent fund --retry --key "$key"
exits 66 'no request' "$serai" agent fund --retry --key "$key"
holds "what ada paid for one wish" \
    "$(jq -n "($before - $(customer_balance ada)) * 1000 | round")" 1000

# ---- an answer that cannot be shown ----
code=0
"$serai" money in 1 >/dev/full 2>"$work/said" || code=$?
holds "the code of what was done and not shown" "$code" 80
grep -q 'it was done.*--retry' "$work/said" || fail "it says: $(cat "$work/said")"
exits 75 'money.in' "$serai" money in 1
exits 0 '^balance' "$serai" money in --retry
code=0
{ "$serai" money in 1 2>"$work/said" || code=$?; printf '%d\n' "$code" >"$work/code"; } | :
holds "the code of what no pipe took" "$(cat "$work/code")" 80
exits 0 '^balance' "$serai" money in --retry
code=0
"$serai" money in 1 >&- 2>"$work/said" || code=$?
holds "the code of what had no output" "$code" 80
exits 0 '^balance' "$serai" money in --retry
holds "what was brought in" "$(minted)" 8.000000000

# ---- nothing is sent that cannot be kept ----
mkdir "$SERAI_SITE/operator.key.pending.new"
exits 74 'nothing was sent' "$serai" money in 1
rmdir "$SERAI_SITE/operator.key.pending.new"
mkdir "$SERAI_SITE/operator.key.number.new"
exits 74 'nothing was sent' "$serai" money in 1
rmdir "$SERAI_SITE/operator.key.number.new"
holds "what was brought in by what was not sent" "$(minted)" 8.000000000

# ---- a key without its numbers, or with old ones ----
rm "$SERAI_SITE/operator.key.number"
exits 0 '' "$serai" money in 1
printf '%s 2\n' "$("$serai" site key)" >"$SERAI_SITE/operator.key.number"
exits 0 '' "$serai" money in 1
holds "what was brought in by two" "$(minted)" 10.000000000

# ---- the daemon dies, or is not there ----
kill -STOP "$daemon"
("$serai" money in 1 >"$work/said" 2>&1 || printf '%d\n' "$?" >"$work/code") &
asking=$!
for _ in $(seq 100); do
    [ -e "$SERAI_SITE/operator.key.pending" ] && break
    sleep 0.02
done
sleep 0.1
stop_site KILL
wait "$asking"
holds "the code of what a kill cut off" "$(cat "$work/code")" 79
exits 69 '' "$serai" money in --retry
start_site
exits 0 '^balance' "$serai" money in --retry
holds "what was brought in by one more" "$(minted)" 11.000000000
stop_site TERM
exits 69 '' "$serai" money in 1
[ ! -e "$SERAI_SITE/operator.key.pending" ] || fail "what was never sent is kept"
passed
