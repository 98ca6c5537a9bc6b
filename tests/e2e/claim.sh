#!/usr/bin/env bash
# What an agent leaves abroad, its deployer claims there with her key: once, and nobody else does.
# claim.sh BUILD
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/links_lib.sh
. "$(dirname "$0")/links_lib.sh"

make_site a
make_site b "$(free_port)"
run_named a
run_named b
add_link b a
add_link a b "${ports[b]}"
until_holds 20 "A is up" is_state a b up

on a customer add ada --new "$work/ada.key" >/dev/null
on a customer add eve --new "$work/eve.key" >/dev/null
on a money in 1 --customer ada >/dev/null
scout=$(on a agent deploy "$examples/scout.wasm" --name scout --money 0.2 --key "$work/ada.key" \
    --args "hops=1 endowment=0.05 max_fee=0.01 via=b" --json | jq -r .agent)
is_heard() { on a agent logs "$scout" | matches 'I am a scout now'; }
until_holds 20 "the scout's child reports" is_heard
holds "the key that B was told" "$(on b customer ls --json | jq -r 'select(.name|test(":")).key')" \
    "$(on a customer ls --json | jq -r 'select(.name=="ada").key')"

child=$(on b agent ls --json | jq -r .id)
exits 77 'no customer has this key' on b customer claim --key "$work/eve.key"
exits 1 'comes to 0.000000000' on b customer claim --key "$work/ada.key"
on b agent end "$child" >/dev/null
left() { on b customer ls --json | jq -r 'select(.name|test(":")).balance'; }
estate=$(left)
exits 77 'no customer has this key' on b customer claim --key "$work/eve.key"
exits 66 'nothing was left' on b customer claim
holds "what ada claims" "$(on b customer claim --key "$work/ada.key" --json | jq -r .claimed)" \
    "$estate"
exits 66 'nothing was left' on b customer claim --key "$work/ada.key"
holds "what ada has at B" \
    "$(on b customer ls --json | jq -r 'select(.name|test("^key-")).balance')" "$estate"

# ---- once her key is a customer of B, her children there are hers to list, fund and end ----
on a money in 1 --customer ada >/dev/null
scout=$(on a agent deploy "$examples/scout.wasm" --name scout-again --money 0.2 \
    --key "$work/ada.key" --args "hops=1 endowment=0.05 max_fee=0.01 via=b" --json | jq -r .agent)
until_holds 20 "the second child reports" is_heard
child=$(on b agent ls --key "$work/ada.key" --json | jq -r .id)
holds "who else lives at B" "$(on b agent ls --json | jq -r .id)" "$child"
exits 0 '' on b agent logs "$child" --key "$work/ada.key"
exits 0 'balance' on b agent fund "$child" 0.001 --key "$work/ada.key"
has() { on b customer ls --json | jq -r 'select(.name|test("^key-")).balance'; }
before=$(has)
came=$(on b agent end "$child" --key "$work/ada.key" --json | jq -r .came_back)
holds "what came to her account at B, off by" \
    "$(jq -n "(($(has) - $before - $came) * 1e9) | round")" 0
exits 66 'nothing was left' on b customer claim --key "$work/ada.key"

end_named a TERM
end_named b TERM
books_agree a b
passed
