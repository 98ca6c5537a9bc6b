#!/usr/bin/env bash
# Three sites whose objects are joined by wire agents: the paper's programs print what they print on
# one site, an object is the same by whatever way it comes, money goes there and comes back, what is
# far becomes near where there is a link, nothing is lost by kill -9, and a wire that ends is heard
# of.  wire.sh BUILD
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/links_lib.sh
. "$(dirname "$0")/links_lib.sh"
# shellcheck source=tests/e2e/wire_lib.sh
. "$(dirname "$0")/wire_lib.sh"

three_sites

# ---- the road a - b - c ----
on a agent deploy "$t" --name t --money 1 >/dev/null
holds "joining b" "$(call a t connect b)" "joined with ${keys[b]:0:16}"
call a t site b --as bdoor >/dev/null
holds "joining c, by way of b" "$(call a @bdoor connect c --money 0.05)" \
    "joined with ${keys[c]:0:16}"
exits 81 'joined with that one already' on a agent call t connect b
exits 81 'no link of that name' on a agent call t connect nowhere
exits 81 'wants 0.01 at least' on a agent call @bdoor connect a --money 0.001
exits 81 'nothing has that number' on a agent call @bdoor fetch 0123456789abcdef01234567

a_door=$(door a t)
for program in far broken_bob car_factory post_editor blog newspaper logged review; do
    plays "$program" a a             # across agents of one site
    plays "$program" b a "$a_door" b # across two sites
    plays "$program" c a "$a_door" b,c
done

# ---- an object is the same, whichever way it comes ----
on a agent deploy "$guests/shelf.wasm" --name near --money 0.2 >/dev/null
for site in b c; do
    on "$site" agent deploy "$guests/shelf.wasm" --name far --money 0.2 >/dev/null
done
call a @bdoor site c --as cdoor >/dev/null
call a @bdoor fetch "$(number b far)" --as shelf_b >/dev/null
call a @cdoor fetch "$(number c far)" --as shelf_c >/dev/null
call a @bdoor fetch "$(number b far)" --as shelf_b2 >/dev/null
holds "one object, fetched twice" "$(call a near same @shelf_b @shelf_b2)" yes
holds "two objects" "$(call a near same @shelf_b @shelf_c)" no
# One's own comes home as itself, from next door and from further.
on a agent deploy "$guests/shelf.wasm" --name mine --money 0.2 >/dev/null
call a t door --as adoor >/dev/null
call a @adoor fetch "$(number a mine)" --as mine >/dev/null
for far in shelf_b shelf_c; do
    call a "@$far" put @mine >/dev/null
    call a "@$far" get --as "home_$far" >/dev/null
    holds "one's own that comes home from $far" "$(call a near same @mine "@home_$far")" yes
done
# An object of c that is put at b and fetched there is the object of c.
call a @shelf_b put @shelf_c >/dev/null
call a @shelf_b get --as c_by_b >/dev/null
holds "an object of c, by way of b" "$(call a near same @shelf_c @c_by_b)" yes

# ---- money goes there, and comes back ----
holds "a sale next door" "$(call a @shelf_b sell --money 0.25)" "sold for 0.250000000"
holds "a sale further away" "$(call a @shelf_c sell --money 0.125)" "sold for 0.125000000"
wire_before=$(on a agent show t --json | jq -r .balance)
exits 81 'code 4201: it is not for sale' on a agent call @shelf_c refuse --money 0.5 --timeout 20
grep -q '0.500000000' "$work/said" || fail "the call does not say that the money is back"
holds "the wire agent has none of it" \
    "$(jq -n --argjson now "$(on a agent show t --json | jq -r .balance)" \
        --argjson before "$wire_before" '$now - $before | . > -0.001 and . < 0.001')" true

# ---- what is far is nearer where there is a link ----
call a t connect c >/dev/null
held() # SITE AGENT KEY: objects of that site which it has
{
    call "$1" "$2" status | sed -n "s/.*${3:0:16}: [0-9]* exports, \([0-9]*\) imports.*/\1/p"
}
before=$(held a t "${keys[c]}")
call a @shelf_b get --as c_by_gift >/dev/null
holds "an object of c, given by b" "$(call a @c_by_gift sell --money 0.001)" "sold for 0.001000000"
holds "objects of c that a has from c itself" "$(held a t "${keys[c]}")" $((before + 1))
# A cycle of three: what is a's own comes home by b, by c, and by both.
call a t site c --as cdoor_direct >/dev/null
call a @cdoor_direct fetch "$(number c far)" --as c_direct >/dev/null
holds "an object of c, by a gift and directly" "$(call a near same @c_direct @c_by_gift)" yes
call a @c_direct put @mine >/dev/null
call a @shelf_b put @c_direct >/dev/null
call a @c_direct get --as home_by_c >/dev/null
holds "one's own, over a cycle" "$(call a near same @mine @home_by_c)" yes

# ---- two wires between one pair: one session, and an object is the same by both ----
holds "one more wire" "$(call a t connect b 0.05 again)" "joined with ${keys[b]:0:16}"
call a @bdoor fetch "$(number b far)" --as shelf_b3 >/dev/null
holds "one object, after another wire" "$(call a near same @shelf_b @shelf_b3)" yes
holds "sites that a is joined with" "$(call a t status | grep -o 'joined with' | wc -l)" 2
b_agent=$(born_at b)
holds "the wire agents of b" "$(for agent in $(on b agent ls --json | jq -r .id); do
    door b "$agent"
done | wc -l)" 1

# ---- what is asked of an answer that has not come waits where that will be ----
says() # SITE AGENT LINE: its last line
{
    [ "$(lines "$1" "$2" | tail -n 1)" = "$3" ]
}
for far in shelf_b shelf_c; do
    call a near put "@$far" >/dev/null
    call a "@$far" put @mine >/dev/null
    call a near chain refuse >/dev/null
    call a "@$far" settle >/dev/null
    until_holds 10 "the object of a answers what was asked at $far" \
        says a near "caught 4201: it is not for sale"
    call a near chain sell >/dev/null
    call a "@$far" spoil >/dev/null
    until_holds 10 "what was asked of nothing fails" says a near "caught 4202: it was spoiled"
done

# ---- nothing is lost by kill -9 ----
# sells_through N: so many sales, each once, whatever is killed meanwhile.  What `agent call` exits
# with says how to go on: ask for the answer of the request, wait for that of the call, or ask.
sells_through()
{
    local n tries code how

    for ((n = 0; n < $1; n++)); do
        how=(@shelf_c sell --money 0.01)
        for ((tries = 0; tries < 100; tries++)); do
            code=0
            on a agent call "${how[@]}" --timeout 20 >"$work/sold" 2>>"$work/sales" || code=$?
            case $code in
            0) break ;;
            79 | 80) how=(--retry) ;;
            83) how=(--again "$(on a call ls --json | jq -r .call | tail -n 1)") ;;
            *) how=(@shelf_c sell --money 0.01) ;;
            esac
            sleep 0.1
        done
        grep -q 'sold for 0.010000000' "$work/sold" || return 1
    done
}
for ((round = 0; round < 6; round++)); do
    sells_through 4 &
    seller=$!
    some_time 300
    sites=(a b c)
    victim=${sites[round % 3]}
    end_named "$victim" KILL
    run_named "$victim"
    checks=$((checks + 1))
    wait "$seller" || {
        tail -n 5 "$work/sales" >&2
        fail "a sale is lost with the death of $victim"
    }
done
until_holds 20 "b and c are linked again" is_state b c up
until_holds 20 "a and b are linked again" is_state a b up
until_holds 20 "a and c are linked again" is_state a c up
holds "a sale after five kills" "$(call a @shelf_c sell --money 0.02)" "sold for 0.020000000"

# ---- a wire ends: whoever waits hears it, and what came over it is gone ----
on a agent call @shelf_b later --timeout 30 >"$work/waits" 2>&1 &
waiting=$!
has_question()
{
    call a t status | matches ', 1 questions'
}
until_holds 10 "b has the question" has_question
on b agent end "$b_agent" >/dev/null
code=0
wait "$waiting" || code=$?
holds "the exit code of who waited" "$code" 81
grep -q 'the wire to that site has closed' "$work/waits" || fail "who waited hears another reason"
exits 1 'shelf_b is dead' on a agent call @shelf_b sell --timeout 20
holds "an object of c, which is joined still" "$(call a @c_direct sell --money 0.001)" \
    "sold for 0.001000000"
holds "b is joined again" "$(call a t connect b)" "joined with ${keys[b]:0:16}"
call a t site b --as bdoor_again >/dev/null
call a @bdoor_again fetch "$(number b far)" --as shelf_again >/dev/null
holds "an object of b" "$(call a @shelf_again sell --money 0.001)" "sold for 0.001000000"

three_sites_end
