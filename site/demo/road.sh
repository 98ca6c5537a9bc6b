#!/usr/bin/env bash
# The story of a road: four sites on real daemons, joined by links, and a laptop; ten acts, each
# figure checked.
#
#     site/demo/road.sh BUILD     BUILD: where serai and the examples were built, such as build/dev
#     KEEP=1                      leave the sites' directories to look at
#
# Exit status 0 only if every figure holds.
set -euo pipefail

build=$(realpath "${1:?usage: road.sh BUILD}")
serai=$build/site/serai
examples=$build/sdk/examples
agrees=$(dirname "$0")/../../tests/audit/agrees.sh
proxy_program=$(dirname "$0")/../../tests/e2e/proxy.py
for needed in "$serai" "$examples/outpost.wasm"; do
    [ -e "$needed" ] || { echo "demo: $needed is not built; run make build" >&2; exit 1; }
done

work=$(mktemp -d "${TMPDIR:-/tmp}/serai-road-XXXXXX")
sites=(a b c d)
declare -A daemons port
cable=
cable_in=
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
    local site

    printf 'demo: %s\n' "$*" >&2
    for site in "${sites[@]}"; do
        printf 'demo: the daemon of %s wrote:\n' "$site" >&2
        tail -n 8 "$work/$site.log" >&2 || true
    done
    KEEP=1
    exit 1
}

# holds WHAT FOUND EXPECTED: one figure of the story.
holds()
{
    figures=$((figures + 1))
    [ "$2" = "$3" ] || fail "$1 is $2, and should be $3"
}

# until_true WHAT COMMAND...: within twenty seconds.
until_true()
{
    local what=$1
    shift
    for _ in $(seq 200); do
        ! "$@" || return 0
        sleep 0.1
    done
    fail "it never came true: $what"
}

# ---- the sites ----

# on SITE COMMAND...
on()
{
    local site=$1
    shift
    "$serai" "$@" --site "$work/$site"
}

stop()
{
    [ -n "${daemons[$1]:-}" ] || return 0
    kill "-$2" "${daemons[$1]}" 2>/dev/null || true
    wait "${daemons[$1]}" 2>/dev/null || true
    unset "daemons[$1]"
}

finish()
{
    local site

    for site in "${sites[@]}"; do
        stop "$site" KILL
    done
    [ -z "$cable" ] || kill "$cable" 2>/dev/null || true
    if [ -n "${KEEP:-}" ]; then
        printf 'kept: %s\n' "$work"
    else
        rm -rf "$work"
    fi
}
trap finish EXIT

start()
{
    local word=

    rm -f "$work/ready"
    mkfifo "$work/ready"
    # Not by on(): the process to kill is the daemon itself.
    "$serai" site run --site "$work/$1" >"$work/ready" 2>>"$work/$1.log" &
    daemons[$1]=$!
    read -r -t 10 word <"$work/ready" || true
    [ "$word" = ready ] || fail "site $1 does not start"
}

# shellcheck source=tests/e2e/free_port.sh
. "$(dirname "$0")/../../tests/e2e/free_port.sh"

# lay_cable LISTEN TARGET: a wire that can be cut, by `cut SECONDS` on its input.
lay_cable()
{
    local word=

    mkfifo "$work/cable.in" "$work/cable.out"
    python3 "$proxy_program" "$1" "$2" <"$work/cable.in" >"$work/cable.out" 2>"$work/cable.log" &
    cable=$!
    exec {cable_in}>"$work/cable.in"
    exec {cable_out}<"$work/cable.out" # stays open: it says more later
    read -r -t 10 word <&"$cable_out" || true
    [ "$word" = ready ] || fail "the cable does not lie"
}

# join SITE PEER PORT: the peer adds its link first, so that it knows the key that dials.
join()
{
    on "$2" link add "$1" --key "$(on "$1" site key)" --limit 1.00 >/dev/null
    on "$1" link add "$2" --key "$(on "$2" site key)" --limit 1.00 \
        --endpoint "tcp://127.0.0.1:$3" >/dev/null
}

# link SITE PEER KEY
link()
{
    on "$1" link show "$2" --json | jq -r ".$3"
}

is_up()
{
    [ "$(link "$1" "$2" state)" = up ]
}

is_quiet()
{
    [ "$(link "$1" "$2" outstanding)$(link "$2" "$1" outstanding)" = 00 ]
}

until_road_is_quiet()
{
    until_true "a and b are quiet" is_quiet a b
    until_true "b and c are quiet" is_quiet b c
    until_true "c and d are quiet" is_quiet c d
}

# since SITE PEER FIELD: nanos that moved since the mark.
since()
{
    nanos "$(on "$1" link show "$2" --since start --json | jq -r ".$3")"
}

# ---- agents ----

# deploy SITE NAME MODULE MONEY ARGS...: prints the agent's number.
deploy()
{
    local site=$1 name=$2 module=$3 money=$4
    shift 4
    on "$site" agent deploy "$examples/$module.wasm" --name "$name" --money "$money" --json "$@" \
        | jq -r .agent
}

log_of()
{
    on "$1" agent logs "$2" --limit 1000000 --json | jq -r .text
}

# said SITE AGENT PATTERN: wait until the agent's log has such a line, and print the last one.
said()
{
    local line=

    for _ in $(seq 200); do
        kill -0 "${daemons[$1]}" 2>/dev/null || fail "the daemon of $1 is gone"
        line=$(log_of "$1" "$2" | grep -- "$3" | tail -n 1) && break
        sleep 0.1
    done
    [ -n "$line" ] || fail "agent $2 at $1 never said \"$3\""
    say "$1: $line"
}

# newest SITE: the agent that was born there last, by its number.
newest()
{
    on "$1" agent ls --json | jq -s 'map(.id) | max // 0'
}

# field SITE AGENT KEY
field()
{
    on "$1" agent show "$2" --json | jq -r ".$3"
}

# "0.000065065" as 65065, "-0.5" as -500000000: shells count in whole numbers.
nanos()
{
    local digits=${1/./}

    if [ "${digits#-}" != "$digits" ]; then
        echo $((-10#${digits#-}))
    else
        echo $((10#$digits))
    fi
}

# moved SITE ACCOUNT SIDE CODE: nanos that an account was debited or credited for one reason.
moved()
{
    on "$1" ledger transfers --json --account "$2" --code "$4" \
        | jq -rs --arg name "$2" \
            "map(select(.$3 == \$name) | .amount | sub(\"\\\\.\"; \"\") | tonumber) | add // 0"
}

rounds()
{
    log_of a "$caravan" | grep 'source: round' | sed 's/.*round //'
}

# more_rounds N: the caravan has come that much further.
more_rounds()
{
    [ "$(rounds | tail -n 1 | cut -d: -f1)" -ge "$1" ]
}

# The caravan's rounds so far: each came back whole, and none is missing or there twice.
all_rounds_are_there()
{
    local last

    rounds >"$work/rounds"
    last=$(tail -n 1 "$work/rounds" | cut -d: -f1)
    holds "the rounds" "$(cut -d: -f1 "$work/rounds" | paste -sd' ')" \
        "$(seq -s' ' "$(head -n 1 "$work/rounds" | cut -d: -f1)" "$last")"
    holds "rounds with another sum" \
        "$(grep -cv '10000 nanos went out, 3435 came back' "$work/rounds" || true)" 0
    say "$last rounds, each 10000 nanos out and 3435 back: none twice, none lost"
}

verify()
{
    on "$1" audit verify --json >"$work/audit.json" || fail "the books of $1 do not verify"
    holds "the audit of the books of $1" "$(jq -r .ok "$work/audit.json")" true
}

# ---- the story ----

printf 'Four sites, and a road between them.\n'
for site in "${sites[@]}"; do
    "$serai" site init "$work/$site" --name "$site" >/dev/null
    if [ "$site" != a ]; then
        port[$site]=$(free_port)
        sed -i "s|^listen = .*|listen = \"tcp://127.0.0.1:${port[$site]}\"|" "$work/$site/site.toml"
    fi
    start "$site"
done
port[cable]=$(free_port)
lay_cable "${port[cable]}" "${port[b]}"
join a b "${port[cable]}"
join b c "${port[c]}"
join c d "${port[d]}"
for pair in "a b" "b a" "b c" "c b" "c d" "d c"; do
    # shellcheck disable=SC2086
    until_true "link $pair is up" is_up $pair
done
on a money in 1.00 >/dev/null
on c money in 0.10 >/dev/null
say "links a-b, b-c and c-d are up; 1.00 is brought in at a, and 0.10 at c"

act 1 "A scout goes from site to site"
on a link mark b --name birth >/dev/null
scout=$(deploy a scout scout 0.10 --args "hops=2 endowment=0.05 via=b,c")
said a "$scout" 'the channel is open'
said a "$scout" 'I am a scout now'
at_b=$(newest b)
said b "$at_b" 'became a scout'
said b "$at_b" 'I am a scout now'
at_c=$(newest c)
said c "$at_c" 'became a scout'
code=$(field a "$scout" code)
holds "the code at b" "$(field b "$at_b" code)" "$code"
holds "the code at c" "$(field c "$at_c" code)" "$code"
holds "what was born at b had" "$(moved b "agent:$at_b" credit 'birth endowment')" 50000000
holds "what was born at c had" "$(moved c "agent:$at_c" credit 'birth endowment')" 25000000
until_true "a-b is quiet" is_quiet a b
holds "what a paid b for it" \
    "$(nanos "$(on a link show b --since birth --json | jq -r .net)")" 50200000
say "b has been paid 0.0502: the endowment, and its fees of 0.0002"

act 2 "A number comes back along the road, and opens a service at its end"
outpost=$(deploy a outpost outpost 0.10 --args "hops=2 endowment=0.05 via=b,c price=0.0001")
said a "$outpost" 'the service is open, number'
number=$(log_of a "$outpost" | sed -n 's/.*number //p')
shop=$(newest c)
holds "who keeps the shop" "$(field c "$shop" code)" "$(field a "$outpost" code)"
customer=$(deploy c customer customer 0.02 --args "number=$number calls=20 price=0.0001")
said c "$customer" 'the number opened the service'
said c "$customer" '20 calls for'
said c "$customer" 'took the entry out'
said c "$shop" '20 calls answered'
holds "what the service earned" "$(moved c "agent:$shop" credit 'message money')" 2000000
holds "entries left in the heap of c" "$(on c heap ls --json | wc -l)" 0

act 3 "A thousand packets of 100 nanos over a-b-c-d, with tolls of 5 and 60"
source=$(deploy a toll forwarder 0.20 \
    --args "packets=1000 value=100 tolls=5,60 endowment=0.03 paused=1 via=b,c,d")
said a "$source" 'the way is open'
until_road_is_quiet
for pair in "a b" "b c" "c d"; do
    on "${pair% *}" link mark "${pair#* }" --name start >/dev/null
done
sink=$(newest d)
on a agent send "$source" "go" >/dev/null
said d "$sink" '1000 packets brought 35000 nanos, and wait'
holds "what moved over a-b" "$(since a b net)" 100000
holds "what moved over b-c" "$(since b c net)" 95000
holds "what moved over c-d" "$(since c d net)" 35000
say "the links have moved by 100000, 95000 and 35000 nanos"
on a agent send "$source" "and back" >/dev/null
said a "$source" '100000 nanos went out, 34935 came back'
holds "what moved over a-b" "$(since a b net)" 65065
holds "what moved over b-c" "$(since b c net)" 60060
holds "what moved over c-d" "$(since c d net)" 0
say "and, when d has sent 35000 back in one packet, by 65065, 60060 and 0"

act 4 "b is killed in the middle of paid traffic, and the wire a-b is cut"
caravan=$(deploy a caravan forwarder 0.20 \
    --args "packets=100 value=100 tolls=5,60 endowment=0.03 loop=1 via=b,c,d")
said a "$caravan" 'round 3:'
stop b KILL
say "kill -9 of b"
verify b
say "its books verify as they lie on the disk: frame $(jq -r .frames "$work/audit.json")"
start b
seen=$(rounds | tail -n 1 | cut -d: -f1)
until_true "the traffic goes on" more_rounds $((seen + 3))
said a "$caravan" 'source: round'
printf 'cut 3\n' >&"$cable_in"
say "the wire between a and b is cut for three seconds"
sleep 3
seen=$(rounds | tail -n 1 | cut -d: -f1)
until_true "the traffic goes on" more_rounds $((seen + 3))
said a "$caravan" 'source: round'
on a agent freeze "$caravan" >/dev/null
until_road_is_quiet
all_rounds_are_there

act 5 "b-c is bounded: packets leave before the disk has them; c is killed in the middle"
on b link set c --limit 2.00 --durability bounded >/dev/null
on c link set b --limit 2.00 --durability bounded >/dev/null
holds "the link at b" "$(link b c durability)" bounded
say "b: serai link set c --limit 2.00 --durability bounded, and c likewise"
on a agent thaw "$caravan" >/dev/null
was_ahead() { grep -q redo.applied "$work/c.log"; }
# Where in its round a kill falls is chance; a busy machine needs more of them.
for ((kills = 1; kills <= 60; kills++)); do
    seen=$(rounds | tail -n 1 | cut -d: -f1)
    until_true "the traffic goes on" more_rounds $((seen + 1))
    sleep "0.0$((RANDOM % 10))"
    stop c KILL
    start c
    ! was_ahead || break
done
was_ahead || fail "no kill came while packets were ahead of the disk"
say "kill -9 of c, $kills times: the last came while packets were ahead of its disk"
seen=$(rounds | tail -n 1 | cut -d: -f1)
until_true "the traffic goes on" more_rounds $((seen + 3))
said a "$caravan" 'source: round'
on a agent freeze "$caravan" >/dev/null
until_road_is_quiet
all_rounds_are_there
holds "what the kills cost" "$(link b c lost) $(link c b lost)" "0.000000000 0.000000000"

act 6 "A channel is sold; an agent runs out of money and goes on"
trader=$(deploy a trader scout 0.10 --args "hops=1 endowment=0.05 sell=1 via=b")
said a "$trader" 'sold the channel'
far=$(newest b)
said b "$far" 'the far end of my channel is gone'
holds "the deposit that came back" "$(moved a "agent:$trader" credit 'channel refund')" \
    "$(moved a "agent:$trader" debit 'channel deposit')"
# It holds 64 MiB of buffers, and has little to pay the rent of them with.
spender=$(deploy a spender spender 0.0005024 --args "mark=0.000001 every=1 work=1000 buffers=4")
on a agent send "$spender" "work" >/dev/null
said a "$spender" 'count=1$'
sent=1
while [ "$(field a "$spender" state)" != frozen ]; do
    [ "$sent" -lt 20 ] || fail "the spender never runs dry"
    sleep 0.8
    on a agent send "$spender" "work" >/dev/null
    sent=$((sent + 1))
done
say "frozen at $(field a "$spender" balance): $(field a "$spender" reason)"
on a agent fund "$spender" 0.0001 >/dev/null
said a "$spender" "count=$sent\$"
holds "its state" "$(field a "$spender" state)" running
say "topped up with 0.0001, it went on exactly where it stood"

act 7 "A laptop joins for an evening by invitation, earns, and leaves"
"$serai" site init "$work/e" --name laptop >/dev/null
start e
sites+=(e)
uri=$(on b link invite --limit 0.50 --for 1h --name laptop 2>/dev/null)
say "b: serai link invite --limit 0.50 --for 1h --name laptop"
say "e: serai link join ${uri%/*}/..."
on e link join "$uri" --name inn >/dev/null
until_true "b has the laptop" is_up b laptop
until_true "the laptop has b" is_up e inn
holds "what each may owe the other" "$(link b laptop limit) $(link e inn limit)" \
    "0.500000000 0.500000000"
evening=$(deploy a evening forwarder 0.20 \
    --args "packets=100 value=100 tolls=5 endowment=0.03 paused=1 via=b,laptop")
said a "$evening" 'the way is open'
guest=$(newest e)
on e link mark inn --name start >/dev/null
on a agent send "$evening" "go" >/dev/null
said e "$guest" '100 packets brought 9500 nanos, and wait'
holds "what the laptop got" "$(since e inn received)" 9500
on a agent send "$evening" "and back" >/dev/null
said a "$evening" '10000 nanos went out, 9495 came back'
owed=$(link e inn it_owes)
say "b owes the laptop $owed, for what was born there and its fees, and pays at the bar"
on b link set laptop --settle-by manual:CASH >/dev/null
settled=0
on b link settle laptop >/dev/null 2>&1 || settled=$?
holds "paying out what was never brought in" "$settled" 1
on b money in 0.10 >/dev/null
on b link settle laptop >/dev/null
has_claim() { on e link settlements inn --json | jq -e 'select(.state == "claimed")'; }
until_true "the laptop hears of it" has_claim >/dev/null
holds "the debt until its operator says that it came" "$(link e inn it_owes)" "$owed"
on e link settled inn 1 --reference bar-1 >/dev/null
is_paid() { [ "$(link b laptop we_owe)" = 0.000000000 ]; }
until_true "b owes nothing" is_paid
holds "what the laptop is owed then" "$(link e inn it_owes)" 0.000000000
say "e: serai link settled inn 1 --reference bar-1: nobody owes anything"
on e site drain --until 1h >/dev/null
say "e: serai site drain --until 1h"
late=$(deploy a late scout 0.08 --args "hops=2 endowment=0.03 via=b,laptop")
said a "$late" 'the channel is open'
at_b=$(newest b)
said b "$at_b" 'refus'
on e site drain --until 1s >/dev/null
say "e: serai site drain --until 1s: it moves the time"
gone=0
wait "${daemons[e]}" || gone=$?
unset "daemons[e]"
holds "how the laptop's daemon ended" "$gone" 0
leaves() { [ "$(link b laptop reason)" = "the peer was drained: its operator has stopped it" ]; }
until_true "b knows why" leaves
say "b: $(link b laptop reason)"
on e site drain --cancel --offline >/dev/null
start e
until_true "the laptop is back" is_up b laptop
is_quiet_laptop()
{
    [ "$(link b laptop outstanding)$(link e inn outstanding)" = 00 ]
}
until_true "b and the laptop are quiet" is_quiet_laptop

act 8 "a pays what it owes b through c, where both are customers"
join a c "${port[c]}"
until_true "a is up at c" is_up a c
for name in a b; do
    on c customer add "$name" --public "$(on "$name" site key)" >/dev/null
done
account=$(on c customer ls --json | jq -r 'select(.name == "a") | .account')
on c money in 0.50 --customer "$account" >/dev/null
owed=$(link a b we_owe)
on a link set b --settle-by clearing:c >/dev/null
on b link set a --settle-by clearing:c >/dev/null
on a link settle b >/dev/null
say "a: serai link settle b: a owes $owed, and orders c to pay it"
is_even() { [ "$(link a b we_owe)$(link b a it_owes)" = 0.0000000000.000000000 ]; }
until_true "a owes b nothing" is_even
holds "what b got at c" \
    "$(on c customer ls --json | jq -r 'select(.name == "b") | .balance')" "$owed"
say "c has moved it from a's account to b's; its receipt is b's proof, so no operator confirms it"
until_true "a and c are quiet" is_quiet a c

act 9 "A newspaper at b: a guest of a writes, a reviewer of a publishes, over a wire of agents"
on a money in 0.20 >/dev/null
on b money in 0.10 >/dev/null
wire=$(on a agent deploy "$build/sdk/wire/t.wasm" --name wire --money 0.10 --json | jq -r .agent)
say "a: $(on a agent call wire connect b 0.03)"
wire_b=$(newest b)
said b "$wire_b" '^door'
gazette=$(deploy b gazette spritely/review 0.05)
number() { log_of b "$gazette" | sed -n 's/^number //p' | sed -n "$1p"; }
has_numbers() { [ -n "$(number 3)" ]; }
until_true "the gazette has told its numbers" has_numbers
door=$(log_of a "$wire" | sed -n 's/^door //p')
prompt() { deploy a "$1" spritely/prompt 0.01 --args "at=$(number "$2") door=$door via=b"; }
ben=$(prompt ben 2)
rosa=$(prompt rosa 3)
# tells WHO WORDS ANSWER: an agent of a is told something, and writes what it hears from b.
tells()
{
    on a agent send "$1" "$2" >/dev/null
    said a "$1" "$3"
}
on a agent send "$ben" "update Spiders have-eight-legs" >/dev/null
tells "$ben" approve 'no method approve here'
tells "$rosa" read 'Spiders, by Ben: have-eight-legs'
tells "$rosa" "update Spiders have-six-legs" 'no method update here'
tells "$rosa" approve '^published'
tells "$ben" "update Spiders have-no-legs" 'access was revoked'
holds "what the gazette has" "$(on b agent call gazette read 0)" "Spiders, by Ben: have-eight-legs"
until_true "a and b are quiet" is_quiet a b
# bill SITE NAME AGENT: what a party got and paid, by what for, out of its lines; the rest is its
# balance.  Money that changed hands at a birth is not among it.
bill()
{
    local signed='def signed: (.amount | sub("\\."; "") | tonumber)
        * (if .credit == $name then 1 else -1 end);'

    on "$1" ledger transfers --json --account "agent:$3" >"$work/lines.jsonl"
    holds "the lines of agent $3 at $1" \
        "$(jq -rs --arg name "agent:$3" "$signed map(signed) | add" "$work/lines.jsonl")" \
        "$(nanos "$(field "$1" "$3" booked)")"
    say "$(jq -rs --arg name "agent:$3" --arg who "$2 ($1)" "$signed"'
        def kind: if test("^postage|^message") then "postage"
            elif test("event reserve") then "turns to come"
            elif test("^packet [sr]|over a link") then "packets"
            elif test("deposit|refund|burial") then "deposits"
            elif test("endowment|^birth|channel fee") then empty
            else "site" end;
        map({kind: (.code | kind), nanos: signed})
        | group_by(.kind) | map("\(.[0].kind) \(map(.nanos) | add)")
        | "\($who) in nanos: " + join(", ")' "$work/lines.jsonl")"
}
bill a Ben "$ben"
bill a Rosa "$rosa"
bill a "wire agent" "$wire"
bill b "wire agent" "$wire_b"
bill b gazette "$gazette"

act 10 "The books of all five are closed, and compared"
until_road_is_quiet
minted=0
for site in "${sites[@]}"; do
    stop "$site" TERM
    verify "$site"
    say "$site: $(jq -r '"\(.frames) frames, \(.lines) lines verify; minted \(.minted)"' \
        "$work/audit.json")"
    minted=$((minted + $(nanos "$(jq -r .minted "$work/audit.json")")))
    on "$site" ledger export --format jsonl >"$work/$site.jsonl"
    checked=0
    "$agrees" "$serai" "$work/$site" >"$work/checked" || checked=$?
    case $checked in
        0) say "$site: $(cat "$work/checked")" ;;
        77) say "$site: python3-lmdb is not there, so no independent checker reads its books" ;;
        *) fail "the independent checker does not agree about $site" ;;
    esac
done
for pair in "a b" "b c" "c d" "b e" "a c"; do
    "$serai" audit reconcile "$work/${pair% *}.jsonl" "$work/${pair#* }.jsonl" --json \
        >"$work/reconcile.json" || fail "the exports of $pair do not reconcile"
    holds "what is in flight between $pair" \
        "$(jq -c '[.a_to_b.in_flight, .b_to_a.in_flight]' "$work/reconcile.json")" "[0,0]"
    say "$(jq -r --arg pair "$pair" '"\($pair): \(.a_to_b.matched) messages with " +
        "\(.a_to_b.matched_sum) there, \(.b_to_a.matched) with \(.b_to_a.matched_sum) back: " +
        "all in both books"' "$work/reconcile.json")"
done
(cd "$work" && "$serai" audit network "${sites[@]}") | sed 's/^/   /'
(cd "$work" && "$serai" audit network "${sites[@]}" --json) >"$work/network.json"
sum=0
for part in customers agents deposits held revenue in_flight suspense unclaimed; do
    sum=$((sum + $(nanos "$(jq -r ".$part" "$work/network.json")")))
done
holds "the sum of all parts over all sites, in nanos" "$sum" "$minted"
holds "what is in flight" "$(jq -r .in_flight "$work/network.json")" 0.000000000

printf '\n%d figures hold, in %d s.\n' "$figures" $((SECONDS - begin))
