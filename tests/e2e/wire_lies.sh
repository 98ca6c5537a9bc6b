#!/usr/bin/env bash
# Three sites joined by wire agents, and at one of them an agent that lies to the wire agent of
# another one about indices, counts, money and who it is.  Each lie ends in a refusal that is told,
# in the end of its own session, or in nothing; what the others have goes on, and the honest wire
# agent loses no more than its fees.  wire_lies.sh BUILD
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/links_lib.sh
. "$(dirname "$0")/links_lib.sh"
# shellcheck source=tests/e2e/wire_lib.sh
. "$(dirname "$0")/wire_lib.sh"

has_line() # SITE AGENT MARK PATTERN: after that line
{
    on "$1" agent logs "$2" --json | jq -r "select(.line > $3) | .text" >"$work/lines"
    grep -q -- "$4" "$work/lines"
}

mark() # SITE AGENT
{
    on "$1" agent logs "$2" --json | jq -s 'map(.line) | max // 0'
}

# comes WHAT SITE AGENT PATTERN WORDS...: the liar is told that, and then the agent writes this
comes()
{
    local what=$1 site=$2 agent=$3 pattern=$4 at
    shift 4
    at=$(mark "$site" "$agent")
    call a liar "$@" >/dev/null
    until_holds 20 "$what" has_line "$site" "$agent" "$at" "$pattern"
}

# joins [KEY]: the liar has a wire to the wire agent of b, and has not said anything.
joins()
{
    comes "the liar has a wire" a liar 'loaded: 1' connect b "$family" "${1:-${keys[a]}}"
}

greets()
{
    joins
    comes "the wire agent of b says hello" a liar 'came hello' say hello
}

# hears WHAT PATTERN WORDS...: the liar says that, and this comes
hears()
{
    comes "$1" a liar "$2" "${@:3}"
}

# refused WHAT PATTERN WORDS...: the liar says that, and the wire agent of b writes this and closes
# the wire
refused()
{
    local closed
    closed=$(mark a liar)
    comes "$1 is refused" b t "$2" "${@:3}"
    until_holds 20 "$1: the wire is closed" has_line a liar "$closed" closed
}

# ends WHAT PATTERN WORDS...: the liar says that, and its session ends for this reason
ends()
{
    refused "$1" "a site is no longer joined: $2" "${@:3}"
    greets
}

others_go_on()
{
    holds "a sale at c" "$(call b @shelf_c sell --money 0.001)" "sold for 0.001000000"
    holds "a sale from c" "$(call c @shelf_b sell --money 0.001)" "sold for 0.001000000"
}

balance() # SITE AGENT, in nanos
{
    on "$1" agent show "$2" --json | jq '.balance | tonumber * 1000000000 | round'
}

counts() # of b with a site: KEY
{
    call b t status | tr ';' '\n' | sed -n "s/.*joined with ${1:0:16}: //p"
}

debug()
{
    for site in a b; do
        for agent in $(on "$site" agent ls --json | jq -r .id); do
            echo "--- $site $agent"; lines "$site" "$agent" | tail -n 12
        done
    done >&2
}
trap 'code=$?; [ $code -eq 0 ] || debug; finish $code' EXIT
three_sites

family=5e1a1c0ffee5e1a1c0ffee00
on b agent deploy "$t" --name t --money 1 --args "family=$family" >/dev/null
for site in b c; do
    on "$site" agent deploy "$guests/shelf.wasm" --name shelf --money 0.2 >/dev/null
done
holds "joining c" "$(call b t connect c)" "joined with ${keys[c]:0:16}"
call b t site c --as cdoor >/dev/null
call b @cdoor fetch "$(number c shelf)" --as shelf_c >/dev/null
call b t door --as door >/dev/null
call b @door fetch "$(number b shelf)" --as shelf_b >/dev/null
call b @shelf_c put @shelf_b >/dev/null
call c shelf get --as shelf_b >/dev/null
others_go_on
on a agent deploy "$guests/liar.wasm" --name liar --money 3 --with "$t" >/dev/null

wire_field() # NAME: of what b shows of its wire agent
{
    on b agent show t --json | jq ".$1"
}
fetches() # a session that is like new: door and shelf
{
    hears "the door answers" 'came answer q=1 .*object:1:' \
        say deliver t=yours:0 q=1 pay=5000 "b=fetch $(number b shelf)"
    call a liar say gc-answer q=1 >/dev/null
}
# begins_anew ends WHAT...: and the next one finds a shelf again
begins_anew()
{
    "$@"
    fetches
}
nobody=$(printf 'ee%.0s' {1..32})
slots=$(wire_field slots)
facets=$(wire_field facets)
with_c=$(counts "${keys[c]}")
money=$(balance b t)

# ---- who it is ----
joins
refused "a message of who has not said who he is" 'did not say who it is' \
    say deliver t=yours:0 q=1 pay=5000 b=status
joins
refused "another version" 'another version' say hello v=2
joins
refused "another site than it was to be" 'another version, or is another site' say hello "k=$nobody"
joins
refused "no operation at all" 'a packet that is no operation' raw 00ff00ff
at=$(mark a liar)
joins "${keys[c]}"
refused "who says that he is another site" 'cannot prove that it is the site' say hello \
    "k=${keys[c]}"
joins "${keys[c]}"
refused "who says so with a secret of his own" 'cannot prove that it is the site' say hello \
    "k=${keys[c]}" p=070000000000000000000000
checks=$((checks + 1))
if has_line a liar "$at" 'came hello'; then fail "a stranger is told what c alone is to know"; fi
others_go_on

# ---- indices ----
greets
fetches
q=1
for target in yours:9999 yours:4294967295 yours:7 answer:200 answer:9999 object:3 promise:3; do
    q=$((q + 1))
    hears "a message to $target" "came break q=$q m=0 e=-" \
        say deliver "t=$target" "q=$q" pay=5000 b=get
done
for caps in yours:9999 yours:7 answer:99 answer:9999 object:4000 promise:4000 \
    "gift:4000:600:1:$nobody" object:4+yours:9; do
    q=$((q + 1))
    hears "an object that is not there, $caps" "came break q=$q m=5 e=-.* pay=5$" \
        say deliver t=yours:1 "q=$q" m=5 pay=5005 "c=$caps" "b=[3'put<3'cap0+>]"
done
for index in 0 1 7 9999; do
    q=$((q + 1))
    hears "listening to $index, which is no promise" "came [ab].* q=$q " \
        say listen "i=$index" "q=$q"
done
for target in yours:9999 answer:77 object:1; do
    hears "an order over $target" 'came synced q=3' say sync "t=$target" q=3
done
call a liar say synced q=3 >/dev/null
call a liar say synced q=9999 >/dev/null
call a liar say synced q=257 >/dev/null
call a liar say gift-end g=55 >/dev/null
hears "after what has no effect" "came answer q=99 " say deliver t=yours:1 q=99 pay=5000 b=sell
begins_anew ends "more caps than a message has" 'a packet that is no operation' \
    raw "$(printf "<10'op:deliver<11'desc:export0+>0+0+[%s]0:>" \
        "$(printf "<11'desc:export0+>%.0s" {1..9})" | od -An -tx1 | tr -d ' \n')"
begins_anew ends "too large a body" 'a packet that is no operation' huge 60001
for ask in 0 599 10000001; do
    begins_anew ends "an object that asks $ask" 'a packet that is no operation' \
        say deliver t=yours:1 q=2 pay=5000 "c=object:4:$ask" b=get
done
begins_anew ends "a question of no number" 'a question of a number that is not free' \
    say listen i=1 q=0
for q in 256 4294967295; do
    begins_anew ends "a question of the number $q" 'a question of a number that is not free' \
        say deliver t=yours:1 q=$q pay=5000 b=get
done
begins_anew ends "a question twice" 'a question of a number that is not free' \
    say deliver t=yours:1 q=5 pay=5000 times=2 b=later
for q in 0 3 256 4294967295; do
    begins_anew ends "an answer to $q, which nobody asked" 'an answer that nobody has asked for' \
        say answer q=$q
done
begins_anew ends "a failure of what nobody asked" 'an answer that nobody has asked for' \
    say break q=9 e=5000 b=bad

# ---- counts ----
for let_go in 'i=1 n=2' 'i=1 n=4294967295' 'i=1 n=0' 'i=7 n=0' 'i=0 n=1' 'i=9999 n=1'; do
    # shellcheck disable=SC2086
    begins_anew ends "letting go of $let_go" 'more was let go than was given' say gc-export $let_go
done
for q in 2 9999; do
    begins_anew ends "letting go of the answer $q" 'an answer was let go that has not come' \
        say gc-answer q=$q
done
call a liar say deliver t=yours:1 q=6 pay=5000 b=later >/dev/null
begins_anew ends "letting go of an answer before it comes" 'an answer was let go that has not' \
    say gc-answer q=6
for index in 7 9999; do
    begins_anew ends "a gift of $index" 'a gift of what it does not have' \
        say gift i=$index g=1 "k=$nobody"
done
begins_anew ends "a gift twice" 'a gift of what it does not have' \
    say gift i=1 g=1 "k=$nobody" times=2
hears "fetching what nobody could leave" 'came break q=2 .*nothing was left here' \
    say withdraw "k=$nobody" g=1 q=2
call a liar say gc-answer q=2 >/dev/null

# ---- money ----
begins_anew ends "less money than it says" 'a message with less money than it says' \
    say deliver t=yours:1 q=2 m=5000 pay=4999 b=get
begins_anew ends "a message without the fee" 'a message with less money than it says, or without' \
    say deliver t=yours:1 q=2 m=5000 pay=5599 b=get
begins_anew ends "money that there is not" 'a packet that is no operation' \
    raw "$(printf "<10'op:deliver<11'desc:export0+>2+1-[]0:>" | od -An -tx1 | tr -d ' \n')"
hears "a message that brings too little" 'came break q=2 m=0 e=-.* a=709 ' \
    say deliver t=yours:1 q=2 pay=600 b=get
hears "money that is refused" 'came break q=3 m=3000000 e=4201 .* pay=3000000$' \
    say deliver t=yours:1 q=3 m=3000000 pay=3005000 b=refuse

# ---- what it answers ----
# offers ASK: an object of the liar's is on the shelf of b, and its customer has it as `lied`
offers()
{
    hears "an object of the liar's" 'came answer q=7 ' \
        say deliver t=yours:1 q=7 pay=5000 "c=object:5:$1" "b=[3'put<3'cap0+>]"
    call a liar say gc-answer q=7 >/dev/null
    on b cap drop lied >/dev/null 2>&1 || true
    call b shelf get --as lied >/dev/null
}
# asks: a tenant of b asks that with money; the number of the question is left in $asked
asks()
{
    local at
    at=$(mark a liar)
    on b agent call @lied hello --money 0.001 --timeout 30 >"$work/tenant" 2>&1 &
    tenant=$!
    until_holds 20 "the liar is asked" has_line a liar "$at" 'came deliver t=yours:5:0 q='
    asked=$(lines a liar | sed -n 's/^came deliver .* q=\([0-9]*\) .*/\1/p' | tail -n 1)
}
tenant_hears() # PATTERN
{
    wait "$tenant" || true
    checks=$((checks + 1))
    grep -q -- "$1" "$work/tenant" || {
        cat "$work/tenant" >&2
        fail "the tenant does not hear $1"
    }
}
offers 600
asks
call a liar say break "q=$asked" m=1000000 e=-21 pay=1000000 >/dev/null
tenant_hears '0.001000000'
for code in 5000 2147483647 -2147483648 0 7; do
    asks
    call a liar say break "q=$asked" m=1000000 e=$code pay=1000000 b=lies >/dev/null
    tenant_hears '0.001000000'
done
for caps in yours:9999 yours:7 answer:99 "gift:4000:600:1:$nobody"; do
    asks
    call a liar say answer "q=$asked" m=1000000 pay=1000000 "c=$caps" b=lies >/dev/null
    tenant_hears '0.001000000'
done
asks
begins_anew ends "an answer with less money than it says" \
    'an answer that nobody has asked for, or less money' \
    say answer "q=$asked" m=1000000 pay=999999 b=lies
tenant_hears 'the wire to that site has closed'
offers 600
asks
begins_anew ends "an answer that comes twice" 'an answer that nobody has asked for' \
    say answer "q=$asked" times=2 b=lies
tenant_hears lies
offers 10000000
exits 83 '' on b agent call @lied hello --timeout 1
holds "the most that an object of another site can ask" \
    "$(lines a liar | grep 'came deliver' | tail -n 1 | sed 's/.*pay=//')" 10000000
begins_anew ends "who ends it himself" 'the other side has ended it' say abort b=enough
exits 1 'lied is dead' on b agent call @lied hello --timeout 20

# ---- without end ----
others_go_on
begins_anew ends "questions without end" 'a question of a number that is not free' \
    say deliver t=yours:1 q=2 pay=5000 times=300 up=1 b=later
hears "objects without end" 'came break q=.* e=-' say deliver t=yours:1 q=2 pay=9000 times=70 up=1 \
    c=object:8+object:9+object:10+object:11+object:12+object:13+object:14+object:15 b=get
others_go_on
call a liar close >/dev/null
greets
fetches
hears "promises without end" 'came listen .* q=255 ' say deliver t=yours:1 q=2 pay=9000 times=40 \
    up=1 c=promise:8+promise:9+promise:10+promise:11+promise:12+promise:13+promise:14+promise:15 \
    b=later
others_go_on
call a liar close >/dev/null
greets
fetches
call a liar deaf >/dev/null
at=$(mark b t)
call a liar say sync t=yours:1 q=3 times=4000 >/dev/null
until_holds 60 "who does not listen is not waited for" has_line b t "$at" \
    'more packets wait than there is room for'
others_go_on

# ---- nobody else has paid, and nothing is left ----
has_let_go()
{
    [ "$(wire_field slots)" -le "$slots" ] && [ "$(wire_field facets)" -le "$facets" ]
}
is_alone()
{
    [ -z "$(counts "${keys[a]}")" ]
}
until_holds 20 "no site is joined but c" is_alone
on b cap drop lied >/dev/null 2>&1 || true
until_holds 20 "the wire agent holds no more than before" has_let_go
holds "what it has with c" "$(counts "${keys[c]}")" "$with_c"
spent=$((money - $(balance b t)))
printf 'the wire agent of b has spent %d nanos\n' "$spent" >&2
checks=$((checks + 1))
[ "$spent" -lt 1000000 ] || fail "the wire agent of b has spent $spent nanos"
holds "turns of the wire agent that were undone" "$(wire_field traps)" 0
three_sites_end
