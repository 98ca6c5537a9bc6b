#!/usr/bin/env bash
# What two sites sign about their link: it is kept over a kill, goes into exports, and shows which
# of two books was changed afterwards.  statements.sh BUILD
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/links_lib.sh
. "$(dirname "$0")/links_lib.sh"

make_site a
make_site b "$(free_port)"
run_named a
run_named b
on a money in 10 >/dev/null
add_link b a
add_link a b "${ports[b]}"
until_holds 10 "A is up" is_state a b up
load a source "packets=50 value=1000 tolls= endowment=0.5 via=b" >/dev/null
settle a b

covers() # SITE PEER: the statement is of all that the link has
{
    [ "$(shown "$1" "$2" '[.signed_received, .signed_sent] == [.sent, .received]')" = true ]
}

on a link ack b >/dev/null
until_holds 10 "A has what B signed" covers a b
until_holds 10 "B has what A signed" covers b a
[ "$(shown a b .signed_received_total)" != 0.000000000 ] || fail "nothing was signed for"

# A kill takes nothing of it, once a second has passed.
sleep 2
end_named a KILL
run_named a
until_holds 10 "A has it after a kill" covers a b
until_holds 10 "A is up again" is_state a b up
settle a b
on a link ack b >/dev/null
sleep 2

on a ledger export --format jsonl >"$work/a.jsonl"
on b ledger export --format jsonl >"$work/b.jsonl"
exits 0 'B signed  .*both books agree' "$serai" audit reconcile "$work/a.jsonl" "$work/b.jsonl"
exits 0 'A signed  .*both books agree' "$serai" audit reconcile "$work/a.jsonl" "$work/b.jsonl"
exits 0 'both books agree' "$serai" audit reconcile "$work/a" "$work/b"

# Both books lose the same message: they agree with each other, and not with what was signed.
seq=$(grep -m 1 '"sent over a link"' "$work/a.jsonl" | jq -r .object)
sed "/sent over a link.*\"object\":\"$seq\"/d" "$work/a.jsonl" >"$work/a.changed"
sed "/received over a link.*\"object\":\"$seq\"/d" "$work/b.jsonl" >"$work/b.changed"
cmp -s "$work/a.jsonl" "$work/a.changed" && fail "nothing was changed"
exits 1 'what A signed: what it sent up to message' \
    "$serai" audit reconcile "$work/a.changed" "$work/b.changed"
# One book gains a message that nobody signed for: it is named.
line=$(grep -m 1 '"sent over a link"' "$work/a.jsonl" | sed 's/"object":"[0-9]*"/"object":"0"/')
{ cat "$work/a.jsonl"; printf '%s\n' "$line"; } >"$work/a.changed"
exits 1 'the book of A has message 0 of' "$serai" audit reconcile "$work/a.changed" "$work/b.jsonl"

# The head of the books that was signed has every line before it, also those of no link.
frame=$("$serai" audit reconcile "$work/a.jsonl" "$work/b.jsonl" --json |
    jq -r '.signed[] | select(.signer == "A") | .frame')
head=$(jq -r "select(.type == \"frame\" and .frame == $frame) | .head" "$work/a.jsonl")
holds "the head that B keeps of A's books" "$(on b link show a --json | jq -r .signed_head)" "$head"
sed "s/\"frame\":$frame,\"head\":\"..../\"frame\":$frame,\"head\":\"ffff/" "$work/a.jsonl" \
    >"$work/a.changed"
exits 1 "what A signed: the head of its books at frame $frame is ${head:0:16}.*has ffff" \
    "$serai" audit reconcile "$work/a.changed" "$work/b.jsonl"
grep -v '"type":"frame"' "$work/a.jsonl" >"$work/a.changed" # as of an older program
exits 0 'A signed  .*both books agree' "$serai" audit reconcile "$work/a.changed" "$work/b.jsonl"
sed "/\"type\":\"frame\",\"frame\":$frame,/d" "$work/a.jsonl" >"$work/a.changed"
exits 65 "frame $((frame + 1)) is not the next" \
    "$serai" audit reconcile "$work/a.changed" "$work/b.jsonl"

# What the peer signed is changed, or cut out of another link.
sed 's/"signature":"../"signature":"00/' "$work/a.jsonl" >"$work/a.changed"
exits 1 'what B signed: the signature in the book of A is false' \
    "$serai" audit reconcile "$work/a.changed" "$work/b.jsonl"
sed 's/"signed":"..../"signed":"ffff/' "$work/a.jsonl" >"$work/a.changed"
exits 65 'what the peer signed is no statement' \
    "$serai" audit reconcile "$work/a.changed" "$work/b.jsonl"
holds "the verdict in JSON" \
    "$("$serai" audit reconcile "$work/a.jsonl" "$work/b.jsonl" --json |
        jq -c '[.ok, (.signed | map(.signer)), (.signed | map(.faults | length))]')" \
    '[true,["B","A"],[0,0]]'
passed
