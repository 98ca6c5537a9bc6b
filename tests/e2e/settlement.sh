#!/usr/bin/env bash
# A debt between two sites that people pay: pending, claimed, confirmed, each over a kill; and a
# payment that is refused.  The books of both stay exact.  settlement.sh BUILD
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/links_lib.sh
. "$(dirname "$0")/links_lib.sh"

make_site a
make_site b "$(free_port)"
run_named a
run_named b
on a money in 20 >/dev/null
add_link b a
add_link a b "${ports[b]}"
until_holds 10 "A is up" is_state a b up
load a source "packets=50 value=1000000 tolls= endowment=0.5 via=b" >/dev/null
settle a b

todo() # SITE PEER STATE: the amount of the payment in that state
{
    on "$1" link settlements "$2" --json | jq -r "select(.state == \"$3\") | .amount"
}
has_claim() # SITE PEER
{
    [ -n "$(todo "$1" "$2" claimed)" ]
}

owed=$(shown a b .we_owe)
holds "B has the same debt" "$(shown b a .it_owes)" "$owed"
[ "$owed" != 0.000000000 ] || fail "nothing is owed"

# Without a way there is no settlement, and terms that cannot be are refused.
exits 1 'has no way to settle' on a link settle b
exits 65 'settles by none, manual' on a link set b --settle-by gold
exits 65 'settles by none, manual' \
    on a link set b --settle-by "manual:$(printf '%063d' 0)é" # 65 bytes, and the last by half
exits 1 'never reached: the peer lets this site owe' \
    on a link set b --settle-by manual --settle-threshold 1000
exits 1 'which is below --settle-threshold' \
    on a link set b --settle-by manual --settle-threshold 1 --settle-to 1
exits 64 'in a command of their own' on a link set b --settle-by manual --limit 2000

# An answer that is lost is asked for by the same command, and no other request is sent before.
kill -STOP "${pids[a]}"
timeout 1 "$serai" link set b --settle-by manual:IBAN-OF-B --site "$work/a" >/dev/null 2>&1 || true
kill -CONT "${pids[a]}"
exits 75 '`serai link set --retry`' on a link mark b
on a link set b --retry >/dev/null 2>&1
holds "the way to settle" "$(shown a b .settle_where)" IBAN-OF-B

# Pending at A, claimed at B; nothing is counted as paid by either.
on a link settle b >/dev/null
exits 1 'settlement 1 of link b is not decided' on a link settle b
until_holds 10 "B has the claim" has_claim b a
holds "what A has pending" "$(todo a b pending)" "$owed"
holds "what B is told" "$(todo b a claimed)" "$owed"
exits 0 'to IBAN-OF-B' on a link settlements b
holds "the debt while it is unknown" "$(shown a b .we_owe)" "$owed"
exits 1 'claims settlement 1, not settlement 7' on b link settled a 7 --reference bank-1
exits 64 'how the payment is found' on b link settled a 1

# Each is killed while the outcome is unknown; nothing is lost and nothing is paid twice.
end_named a KILL
run_named a
end_named b KILL
run_named b
until_holds 15 "A is up again" is_state a b up
holds "what A still has pending" "$(todo a b pending)" "$owed"
holds "what B still has to say" "$(todo b a claimed)" "$owed"

# B's operator says that it came, and B dies at once.
on b link settled a 1 --reference bank-4711 >/dev/null
end_named b KILL
run_named b
until_holds 15 "A knows that it is done" is_shown a b .paid_total "$owed"
holds "what B got" "$(shown b a .got_total)" "$owed"
holds "A owes" "$(shown a b .we_owe)" 0.000000000
holds "B is owed" "$(shown b a .it_owes)" 0.000000000
exits 1 'claims nothing now' on b link settled a 1 --reference bank-4711
until_holds 15 "A is up after it" is_state a b up # B may have said so just before it died
exits 1 'nothing to settle' on a link settle b
exits 0 'bank-4711' on b link settlements a --json

# An overpayment is the payer's credit, and one that never came is refused and comes back.
on a link settle b 0.25 >/dev/null
until_holds 10 "B has the second claim" has_claim b a
on b link settled a 2 --reference bank-4712 >/dev/null
until_holds 10 "A has credit" is_shown a b .it_owes 0.250000000
holds "B owes it" "$(shown b a .we_owe)" 0.250000000
before=$(on a audit verify --json | jq -r .minted)
on a link settle b 1 >/dev/null
until_holds 10 "B has the third claim" has_claim b a
on b link settled a 3 --refuse --reference never-came >/dev/null
is_void()
{
    [ "$(on a link settlements b --json |
        jq -r 'select(.payer == "this site") | .state')" = refused ]
}
until_holds 10 "A knows that it was refused" is_void
holds "what A has outside" "$(on a audit verify --json | jq -r .minted)" "$before"
holds "A's credit" "$(shown a b .it_owes)" 0.250000000

# After a refusal nothing begins by itself until one that the operator began is done.
on a link settle b 0.01 >/dev/null
until_holds 10 "B has the fourth claim" has_claim b a
on b link settled a 4 --reference bank-4713 >/dev/null
until_holds 10 "A knows of it" is_shown a b .it_owes 0.260000000

# By itself, past the threshold.
on a link set b --settle-by manual --settle-threshold 0.02 --settle-to 0.01 >/dev/null
load a more "packets=300 value=1000000 tolls= endowment=0.5 via=b" >/dev/null
until_holds 20 "B has a claim by itself" has_claim b a
index=$(on b link settlements a --json | jq -r 'select(.state == "claimed") | .settlement')
holds "the index, which is never used again" "$index" 5
on b link settled a "$index" --reference bank-4714 >/dev/null
settle a b
exits 1 'money that is owed\|owes' on a link remove b

# A site that is drained pays all that it owes in its last minute, whatever the threshold.
on a link set b --settle-by manual --settle-threshold 20 >/dev/null
load a last "packets=1 value=1000 tolls= endowment=1.5 via=b" >/dev/null # beyond its credit
settle a b
owed=$(shown a b .we_owe)
[ "$owed" != 0.000000000 ] || fail "nothing is owed before the drain"
on a site drain --until 5s >/dev/null
until_holds 10 "B has a claim of all that A owes" has_claim b a
holds "what B is told of it" "$(todo b a claimed)" "$owed"
wait "${pids[a]}"
unset "pids[a]"
"$serai" site drain --cancel --offline --site "$work/a" >/dev/null
run_named a
until_holds 15 "A is up after its drain" is_state a b up
on b link settled a 6 --reference bank-4715 >/dev/null
until_holds 10 "A owes nothing" is_shown a b .we_owe 0.000000000

end_named b TERM
end_named a TERM
exits 0 'ok\|over links' on a audit verify
exits 0 '' on b audit verify
exits 0 'both books agree' "$serai" audit reconcile "$work/a" "$work/b"
exits 0 '' "$serai" audit network "$work/a" "$work/b"
passed
