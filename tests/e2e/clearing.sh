#!/usr/bin/env bash
# A debt between two sites that a third one pays for them, at which both are customers by their site
# keys: ordered, receipted, claimed and posted by itself, with kills; and one that it refuses.
# clearing.sh BUILD
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/links_lib.sh
. "$(dirname "$0")/links_lib.sh"

state_of() # SITE PEER PAYER: of its last payment
{
    on "$1" link settlements "$2" --json | jq -rs "[.[] | select(.payer == \"$3\")][-1].state"
}
is_state_of() # SITE PEER PAYER STATE
{
    [ "$(state_of "$1" "$2" "$3")" = "$4" ]
}
balance() # CUSTOMER: at the house
{
    on house customer ls --json | jq -r "select(.name == \"$1\") | .balance"
}

make_site a
make_site b "$(free_port)"
make_site house "$(free_port)"
for name in a b house; do run_named $name; done
on a money in 20 >/dev/null
add_link b a
add_link a b "${ports[b]}"
for name in a b; do
    add_link house $name
    add_link $name house "${ports[house]}"
    on house customer add $name --public "${keys[$name]}" >/dev/null
done
until_holds 10 "A is up" is_state a b up
until_holds 10 "A is up at the house" is_state a house up
until_holds 10 "B is up at the house" is_state b house up
customer=$(on house customer ls --json | jq -r 'select(.name == "a") | .account')
on house money in 2 --customer "$customer" >/dev/null
load a source "packets=50 value=1000000 tolls= endowment=0.5 via=b" >/dev/null
settle a b
owed=$(shown a b .we_owe)

exits 1 'that is no other link of this site' on a link set b --settle-by clearing:b
exits 1 'that is no other link of this site' on a link set b --settle-by clearing:nobody
on a link set b --settle-by clearing:house >/dev/null

# B has not agreed to a house: the receipt alone posts nothing there.
on a link settle b >/dev/null
until_holds 15 "B has the claim" is_state_of b a "the peer" claimed
holds "what the house moved to B" "$(balance b)" "$owed"
sleep 2
holds "what B posted" "$(shown b a .got_total)" 0.000000000
# Each of the three is killed; nothing is paid again.
for name in a house b; do
    end_named $name KILL
    run_named $name
done
until_holds 15 "A is up again" is_state a b up
until_holds 15 "A is up at the house again" is_state a house up
sleep 4
holds "what the house moved to B, after the kills" "$(balance b)" "$owed"
on b link set a --settle-by clearing:house >/dev/null
until_holds 15 "B has posted it" is_shown b a .got_total "$owed"
until_holds 15 "A knows that it is done" is_shown a b .paid_total "$owed"
holds "A owes" "$(shown a b .we_owe)" 0.000000000

# By itself, and with the house away for a while: it is asked again, and pays once.
end_named house KILL
on a link settle b 0.25 >/dev/null
sleep 2
holds "the payment without the house" "$(state_of a b "this site")" pending
run_named house
until_holds 20 "A has credit" is_shown a b .it_owes 0.250000000
holds "B owes it" "$(shown b a .we_owe)" 0.250000000

# More than A has at the house: refused, booked back, and its number is gone.
before=$(on a audit verify --json | jq -r .minted)
paid=$(balance b)
on a link settle b 5 >/dev/null
until_holds 15 "A knows that it was refused" is_state_of a b "this site" refused
holds "what A has outside" "$(on a audit verify --json | jq -r .minted)" "$before"
holds "what the house moved to B, after the refusal" "$(balance b)" "$paid"
holds "A's credit" "$(shown a b .it_owes)" 0.250000000
on a link settle b 0.01 >/dev/null
until_holds 15 "the next payment is done" is_shown b a .got_index 4
until_holds 15 "A knows" is_shown a b .it_owes 0.260000000

for name in a b house; do end_named $name TERM; done
for name in a b house; do exits 0 '' on $name audit verify; done
exits 0 'both books agree' "$serai" audit reconcile "$work/a" "$work/b"
exits 0 '' "$serai" audit network "$work/a" "$work/b" "$work/house"
passed
