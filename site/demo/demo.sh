#!/usr/bin/env bash
# The story of one honest site, on a real daemon: six acts, each figure checked.
#
#     site/demo/demo.sh BUILD     BUILD: where serai and the examples were built, such as build/dev
#     KEEP=1                      leave the site's directory to look at
#
# Exit status 0 only if every figure holds.
set -euo pipefail

build=${1:?usage: demo.sh BUILD}
serai=$build/site/serai
examples=$build/sdk/examples
agrees=$(dirname "$0")/../../tests/audit/agrees.sh
for needed in "$serai" "$examples/scout.wasm"; do
    [ -e "$needed" ] || { echo "demo: $needed is not built; run make build" >&2; exit 1; }
done

work=$(mktemp -d "${TMPDIR:-/tmp}/serai-demo-XXXXXX")
export SERAI_SITE=$work/site
daemon_log=$work/daemon.log
daemon=
figures=0
begin=$SECONDS

# ---- printing and checking ----

say()
{
    printf '   %s\n' "$*"
}

act()
{
    printf '\n%s. %s\n' "$1" "$2"
}

fail()
{
    printf 'demo: %s\n' "$*" >&2
    printf 'demo: the directory %s is kept; the daemon wrote:\n' "$work" >&2
    tail -n 15 "$daemon_log" >&2 || true
    KEEP=1
    exit 1
}

# holds WHAT FOUND EXPECTED: one figure of the story.
holds()
{
    figures=$((figures + 1))
    [ "$2" = "$3" ] || fail "$1 is $2, and should be $3"
}

stop_daemon()
{
    [ -n "$daemon" ] || return 0
    kill "-${1:-TERM}" "$daemon" 2>/dev/null || true
    wait "$daemon" 2>/dev/null || true
    daemon=
}

finish()
{
    stop_daemon KILL
    if [ -n "${KEEP:-}" ]; then
        printf 'kept: %s\n' "$work"
    else
        rm -rf "$work"
    fi
}
trap finish EXIT

start_daemon()
{
    local ready=$work/ready

    rm -f "$ready"
    mkfifo "$ready"
    "$serai" site run >"$ready" 2>>"$daemon_log" &
    daemon=$!
    local word=
    read -r -t 10 word <"$ready" || true
    [ "$word" = ready ] || fail "the site does not start"
}

# said AGENT PATTERN [PREFIX]: wait until the agent's log has such a line, and print the last one.
said()
{
    local line=

    for _ in $(seq 200); do
        kill -0 "$daemon" 2>/dev/null || fail "the daemon is gone"
        line=$(log_of "$1" | grep -- "$2" | tail -n 1) && break
        sleep 0.05
    done
    [ -n "$line" ] || fail "agent $1 never said \"$2\""
    say "${3:-}$line"
}

# log_of AGENT: its lines, without the time.
log_of()
{
    "$serai" agent logs "$1" --limit 1000000 --json | jq -r .text
}

# until_state AGENT STATE
until_state()
{
    for _ in $(seq 200); do
        [ "$(field "$1" state)" != "$2" ] || return 0
        sleep 0.05
    done
    fail "agent $1 never was $2"
}

# ---- figures ----

# "0.000065065" as 65065: shells count in whole numbers.
nanos()
{
    echo $((10#${1/./}))
}

# field AGENT KEY
field()
{
    "$serai" agent show "$1" --json | jq -r ".$2"
}

# child_of AGENT: the number of the agent that was born through its channel.
child_of()
{
    "$serai" agent ls --json | jq -r '.id' | while read -r id; do
        [ "$(field "$id" parent)" != "$1" ] || echo "$id"
    done
}

# moved ACCOUNT SIDE CODE: the nanos that an account was debited or credited for one reason.
moved()
{
    "$serai" ledger transfers --json --account "$1" --code "$3" \
        | jq -rs --arg name "$1" \
            "map(select(.$2 == \$name) | .amount | sub(\"\\\\.\"; \"\") | tonumber) | add // 0"
}

# earned ACCOUNT: what packets brought it, less what it sent with packets.
earned()
{
    echo $(($(moved "$1" credit "packet received") - $(moved "$1" debit "packet sent")))
}

# deploy NAME MODULE MONEY ARGS...: prints the agent's number.
deploy()
{
    local name=$1 module=$2 money=$3
    shift 3
    "$serai" agent deploy "$examples/$module.wasm" --name "$name" --money "$money" --json "$@" \
        | jq -r .agent
}

verify()
{
    "$serai" audit verify --json >"$work/audit.json" || fail "the books do not verify"
    holds "the audit of the books" "$(jq -r .ok "$work/audit.json")" true
}

# ---- the story ----

printf 'A site opens its books.\n'
"$serai" site init >"$work/init.txt"
start_daemon
"$serai" money in 1.00 >/dev/null
say "the operator brings in 1.00"
verify
holds "what was brought in" "$(jq -r .minted "$work/audit.json")" 1.000000000

act 1 "A scout looks around"
scout=$(deploy scout scout 0.05 --args "hops=1 endowment=0.02")
say "scout is agent $scout, with 0.05"
said "$scout" 'bought a buffer'
said "$scout" 'the channel is open'
said "$scout" 'bytes of code'
said "$scout" 'I am a scout now'
child=$(child_of "$scout")
said "$child" 'became a scout' "the far end of its channel is agent $child: "
holds "the child's code" "$(field "$child" code)" "$(field "$scout" code)"
holds "what the child was born with" "$(moved "agent:$child" credit 'birth endowment')" 20000000
holds "entries in the heap" "$("$serai" heap ls --json | wc -l)" 0

act 2 "A service is found by number, and paid by the call"
service=$(deploy service service 0.10 --with "$examples/customer.wasm" \
    --args "price=0.0001 calls=20 endowment=0.03")
said "$service" 'open, a call costs'
customer=$(child_of "$service")
said "$customer" 'the number opened the service'
said "$customer" '20 calls for'
said "$customer" 'took the entry out'
holds "what the service earned" "$(moved "agent:$service" credit 'message money')" 2000000
holds "the deposit for the entry" "$(moved "agent:$service" debit 'heap deposit')" 2000000
holds "its refund to the customer" "$(moved "agent:$customer" credit 'heap refund')" 2000000
holds "entries left in the heap" "$("$serai" heap ls --json | wc -l)" 0

act 3 "Four forwarders pass a thousand packets of 100 nanos, with tolls of 5 and 60"
A=$(deploy a forwarder 0.20 --args "packets=1000 value=100 tolls=5,60 endowment=0.03")
said "$A" '34935 came back'
b=$(child_of "$A")
c=$(child_of "$b")
D=$(child_of "$c")
said "$b" 'forwarded 1000' "b: "
said "$c" 'forwarded 1000' "c: "
said "$D" '1000 packets brought 35000' "D: "
holds "what A paid" "$(earned "agent:$A")" -65065
holds "what b kept" "$(earned "agent:$b")" 5005
holds "what c kept" "$(earned "agent:$c")" 60060
holds "what D kept" "$(earned "agent:$D")" 0
say "A-b stands at 65065 nanos, b-c at 60060, c-D at 0"

act 4 "The daemon is killed in the middle of paid traffic"
caravan=$(deploy caravan forwarder 0.20 \
    --args "packets=1000 value=100 tolls=5,60 endowment=0.03 loop=1")
said "$caravan" 'round 1:'
stop_daemon KILL
say "kill -9"
verify
say "the books verify as they lie on the disk: frame $(jq -r .frames "$work/audit.json")"
start_daemon
before=$(log_of "$caravan" | grep 'source: round' | tail -n 1 | grep -o '[0-9]*' | head -n 1)
said "$caravan" "round $((before + 10)):" "started again: "
"$serai" agent freeze "$caravan" >/dev/null
rounds=$(log_of "$caravan" | grep 'source: round' | sed 's/.*round //')
# A log keeps its last lines; the numbers of those must follow each other.
first=$(head -n 1 <<<"$rounds" | cut -d: -f1)
last=$(tail -n 1 <<<"$rounds" | cut -d: -f1)
holds "the rounds" "$(cut -d: -f1 <<<"$rounds" | paste -sd' ')" "$(seq -s' ' "$first" "$last")"
holds "rounds with another sum" "$(grep -cv '100000 nanos went out, 34935 came back' <<<"$rounds" \
    || true)" 0
verify
say "$last rounds, each 100000 nanos out and 34935 back: none twice, none lost"

act 5 "A channel is sold; an agent runs out of money and goes on"
trader=$(deploy trader scout 0.05 --args "hops=1 endowment=0.02 sell=1")
said "$trader" 'sold the channel'
far=$(child_of "$trader")
said "$far" 'the far end of my channel is gone' "its far agent: "
holds "the deposit that came back" "$(moved "agent:$trader" credit 'channel refund')" \
    "$(moved "agent:$trader" debit 'channel deposit')"
# It holds 64 MiB of buffers, and has little to pay the rent of them with.
spender=$(deploy spender spender 0.0005024 --args "mark=0.000001 every=1 work=1000 buffers=4")
"$serai" agent send "$spender" "work" >/dev/null
said "$spender" 'count=1$'
sent=1
while [ "$(field "$spender" state)" != frozen ]; do
    [ "$sent" -lt 20 ] || fail "the spender never runs dry"
    sleep 0.8
    "$serai" agent send "$spender" "work" >/dev/null
    sent=$((sent + 1))
done
said "$spender" 'notice, only'
said "$spender" "count=$((sent - 1))\$"
say "frozen at $(field "$spender" balance): $(field "$spender" reason)"
waiting=$(field "$spender" inbox)
holds "what waits in its inbox" "$waiting" 1
say "$waiting message waits in its inbox; the operator tops it up with 0.0001"
"$serai" agent fund "$spender" 0.0001 >/dev/null
said "$spender" "count=$sent\$"
holds "its messages" "$(log_of "$spender" | grep -o 'count=.*' | paste -sd' ')" \
    "$(seq -f 'count=%g' -s' ' "$sent")"
holds "its state" "$(field "$spender" state)" running
say "it went on exactly where it stood"

act 6 "The books are closed"
stop_daemon TERM
"$serai" ledger accounts | sed 's/^/   /'
"$serai" ledger export --format hledger >"$work/journal.hledger"
hledger -f "$work/journal.hledger" check --strict >/dev/null || fail "hledger finds fault"
say ""
say "hledger finds no fault in $(grep -c '^[0-9]' "$work/journal.hledger") transactions"
verify
"$serai" audit verify | sed 's/^/   /'
checked=0
"$agrees" "$serai" "$SERAI_SITE" >"$work/checked" || checked=$?
case $checked in
    0) say "$(cat "$work/checked")" ;;
    77) say "python3-lmdb is not there, so no independent checker reads the books" ;;
    *) fail "the independent checker does not agree" ;;
esac
sum=0
for part in customers agents deposits held revenue in_flight suspense unclaimed; do
    sum=$((sum + $(nanos "$(jq -r ".$part" "$work/audit.json")")))
done
holds "the sum of all parts, in nanos" "$sum" 1000000000

printf '\n%d figures hold, in %d s.\n' "$figures" $((SECONDS - begin))
