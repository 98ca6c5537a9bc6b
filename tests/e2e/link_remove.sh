#!/usr/bin/env bash
# A link that is even can be taken away on the running site: its neighbour is told, and what stands
# against it is named.  Joined again, the two go on where they stood, whatever was sent meanwhile.
# link_remove.sh BUILD
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/links_lib.sh
. "$(dirname "$0")/links_lib.sh"

make_site a
make_site b "$(free_port)"
make_site c
run_named a
run_named b
names() { on "$1" link ls --json | jq -r '"\(.interface):\(.name)"' | paste -sd' '; }

# A slip: the key of another.  Its name is free again, and its interface is not used again.
on a link add b --key "${keys[c]}" --limit 9 >/dev/null
exits 66 'no link c' on a link remove c
on a customer add ada --new "$work/ada.key" >/dev/null
exits 77 'operator' on a link remove b --key "$work/ada.key"
on a link remove b >/dev/null
holds "the links of A" "$(names a)" ""
holds "the status" "$(on a site status --json | jq -c '[.links_down, .links]')" '[0,[]]'
exits 66 'no link b' on a link show b
exits 66 'no link b' on a link remove b
add_link b a
add_link a b "${ports[b]}"
holds "the links of A" "$(names a)" "2:b"
until_holds 20 "A is up" is_state a b up
until_holds 20 "B is up" is_state b a up

# What was not sent back stands against it.
on a money in 1 >/dev/null
scout=$(on a agent deploy "$examples/scout.wasm" --name scout --money 0.2 \
    --args "hops=1 endowment=0.05 max_fee=0.01 via=next" --json | jq -r .agent)
is_heard() { on a agent logs "$scout" | matches 'I am a scout now'; }
until_holds 20 "the scout's child reports" is_heard
until_holds 20 "all is acknowledged" is_quiet a b
exits 1 "channels that agents have: 1, one is of agent $scout .*this site owes it 0.05" \
    on a link remove b
on a agent end "$scout" >/dev/null
has_no_ends() { [ "$(on "$1" site status --json | jq .channel_ends)" = 0 ]; }
until_holds 10 "A has no ends" has_no_ends a
on b agent end "$(on b agent ls --json | jq .id)" >/dev/null
until_holds 10 "B has no ends" has_no_ends b
exits 1 'cannot be removed yet; this site owes it 0.050200000 (it is even when' on a link remove b
exits 1 'cannot be removed yet; it owes this site 0.050200000' on b link remove a
holds "the links of A" "$(names a)" "2:b"

# An even one: the neighbour hears of it at once, and whoever restarts finds it as it was.
run_named c
add_link c b "${ports[b]}"
add_link b c
until_holds 20 "C is up" is_state c b up
until_holds 20 "B is up to C" is_state b c up
on b link mark c --name once >/dev/null
on c link remove b >/dev/null
until_holds 5 "B hears that C left" is_state b c down
exits 0 '^reason  *the peer has removed its link to this site' on b link show c
end_named c TERM
run_named c
holds "the links of C" "$(names c)" ""
exits 1 'with a limit of 1000.000000000' on c link add b --key "${keys[b]}" --limit 1
on c link add bee --key "${keys[b]}" --limit 1001 \
    --endpoint "tcp://127.0.0.1:${ports[b]}" >/dev/null
holds "the links of C" "$(names c)" "1:bee"
until_holds 20 "C is up again" is_state c bee up
until_holds 20 "B is up to C again" is_state b c up

# The one that is dialled takes it away: the other is told, and refused when it dials again.
on b link remove c >/dev/null
until_holds 5 "C is down" is_state c bee down
is_refused() { on c link show bee | matches "the peer does not know this site's key"; }
until_holds 10 "C is refused" is_refused
end_named c TERM
on c audit verify >/dev/null || fail "the books of C do not verify"
end_named b TERM
run_named b
holds "the links of B" "$(names b)" "1:a"
add_link b c
holds "the marks that came back" "$(on b link show c --json | jq -r '.marks[].mark')" once
until_holds 20 "A is up" is_state a b up

end_named a TERM
end_named b TERM
books_agree a b
books_agree b c
holds "what the export tells of the slip" \
    "$(on a ledger export --format jsonl | grep '"interface":1,' | jq -c '[.name, .removed]')" \
    '["b",true]'
passed
