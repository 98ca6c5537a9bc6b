#!/usr/bin/env bash
# A site is put back to an older copy of its books, and both operators accept what that lost: the
# link goes on, the money in question is in suspense, and audits say so.  accept_loss.sh BUILD
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/links_lib.sh
. "$(dirname "$0")/links_lib.sh"

make_site a
make_site b "$(free_port)"
run_named a
run_named b
join_in_traffic "${ports[b]}"

# A copy of B's books is made while it does not run; then traffic goes on, both ways.
end_named b TERM
cp -r "$work/b" "$work/copy"
run_named b
goes_on a b
goes_on a b
end_named b KILL
rm -rf "$work/b"
mv "$work/copy" "$work/b"
run_named b
until_holds 20 "A has frozen the link, or B has" one_has_frozen a b
on a link freeze b >/dev/null
on b link freeze a >/dev/null

# Each states where it stands; neither alone can accept.
on a link accept-loss b --json >"$work/said"
holds "what A's operator is told" "$(jq -r .loss "$work/said")" \
    "this site has stated where it stands"
exits 75 'the peer has not stated' on a link accept-loss b --accept 0000
on b link accept-loss a >/dev/null
until_holds 20 "A has B's position" has_pair a b
until_holds 20 "B has A's position" has_pair b a
code=$(shown a b .loss_pair)
holds "both name the same pair" "$(shown b a .loss_pair)" "$code"
[ "$(shown b a '.loss_of_sent + .loss_of_received')" -gt 0 ] || fail "nothing was lost"
exits 1 'what can be accepted now is' on a link accept-loss b --accept 0000

# A accepts, and is killed; nothing changes for it until B accepts as well.
on a link accept-loss b --accept "$code" >/dev/null
end_named a KILL
run_named a
exits 1 'the peer may have counted by it' on a link resume b
on b link accept-loss a --accept "$code" >/dev/null
end_named b KILL
run_named b
until_holds 30 "A is up again" is_state a b up
until_holds 30 "B is up again" is_state b a up
holds "what A shows" "$(shown a b .loss)" "accepted by both"

# The channels have ended; new ones are bought, and money crosses again.
sources=("$(load a again "packets=200 value=1000 tolls= endowment=0.5 loop=1 via=b")")
back=$(load b again "packets=200 value=300 tolls= endowment=0.5 loop=1 via=a")
goes_on a b
on b agent freeze "$back" >/dev/null
settle a b
end_named a TERM
end_named b TERM
books_agree a b
grep -q 'accepted  *[1-9]' "$work/said" || fail "reconcile does not name what was accepted"
exits 0 '= minted  *40.0' "$serai" audit network "$work/a" "$work/b"

# The record is signed by both: a changed one is found.
on a ledger export --format jsonl >"$work/a.jsonl"
on b ledger export --format jsonl >"$work/b.jsonl"
exits 0 'accepted' "$serai" audit reconcile "$work/a.jsonl" "$work/b.jsonl"
sed 's/"loss_acceptance":"../"loss_acceptance":"00/' "$work/a.jsonl" >"$work/a.changed"
cmp -s "$work/a.jsonl" "$work/a.changed" && fail "nothing was changed"
exits 1 'the signature of an acceptance is false' \
    "$serai" audit reconcile "$work/a.changed" "$work/b.jsonl"
# A message that only one book has, after the loss, is a fault as ever.
seq=$(grep '"sent over a link"' "$work/a.jsonl" | tail -n 1 | jq -r .object)
sed "/sent over a link.*\"object\":\"$seq\"/d" "$work/a.jsonl" >"$work/a.changed"
exits 1 'received and never sent' "$serai" audit reconcile "$work/a.changed" "$work/b.jsonl"
# Before it, a sum that does not fit.
seq=$(grep -m 1 '"sent over a link"' "$work/a.jsonl" | jq -r .object)
sed "/sent over a link.*\"object\":\"$seq\"/d" "$work/a.jsonl" >"$work/a.changed"
exits 1 'the sums up to the loss that both accepted differ' \
    "$serai" audit reconcile "$work/a.changed" "$work/b.jsonl"
passed
