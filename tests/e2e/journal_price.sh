#!/usr/bin/env bash
# What stays for ever is paid for: an agent that sends itself messages pays the price of the bytes
# that its turns write, as they are counted, until its money is gone; and the books say so to who
# computes it again.  journal_price.sh BUILD
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
audit=$(cd "$(dirname "$0")/../audit" && pwd)

# journal_price VALUE: of a site that is down
journal_price()
{
    sed -i "/^\[journal\]/,/^price/s/^price = .*/price = \"$1\"/" "$SERAI_SITE/prices.toml"
}

fees() { "$serai" ledger export --format jsonl | jq -c 'select(.code == "journal fee")'; }

# The writer has so little that its next message is refused, or its turn.
until_spent()
{
    local n

    for n in {1..600}; do
        "$serai" agent logs "$writer" | matches 'cannot send the next message' && return 0
        [ "$(field "$writer" state)" != frozen ] || return 0
        sleep 0.1
    done
    fail "after $n looks the writer still has money"
}

# Sum of a field of the lines in a file, of amounts in nanos.
sum() { jq -r ".$1 | gsub(\"\\\\.\"; \"\")" "$2" | paste -sd+ | bc; }

new_site
holds "the price of a new site" \
    "$("$serai" site run --check-config >/dev/null && sed -n '/^\[journal\]/,/^price/p' \
        "$SERAI_SITE/prices.toml" | tail -n 1)" \
    'price = "0.000100000" # SRI per MiB, kept for ever'
journal_price 0.5
start_site
holds "the price in force" \
    "$("$serai" price show | awk '$1 == "journal.price" { print $2 }')" 0.500000000
"$serai" money in 10 >/dev/null
writer=$(deploy writer "$examples/spender.wasm" 0.2 --args "burn=1 every=0 work=1")
until_spent
stop_site TERM
verify
fees >"$work/fees"
turns=$(wc -l <"$work/fees")
[ "$turns" -gt 1000 ] || fail "the writer had $turns turns"
bytes=$(sum quantity "$work/fees")
nanos=$(sum amount "$work/fees")
rest=$(tail -n 1 "$work/fees" | jq -r .carry)
holds "what a MiB cost, with what is left of a nano" \
    "$(echo "$nanos * 1048576 + $rest" | bc)" "$(echo "$bytes * 500000000" | bc)"
holds "what the site earned by it" \
    "$("$serai" revenue --json | jq -r 'select(.account == "revenue:journal") | .amount' |
        tr -d . | sed 's/^0*//')" "$nanos"
# The count is near the truth: what the journal takes, all of it, other events and frames, too.
if /usr/bin/python3 -c 'import lmdb' 2>/dev/null; then
    real=$(/usr/bin/python3 -c 'import sys
sys.path.insert(0, sys.argv[1])
sys.dont_write_bytecode = True
from books.store import Store
print(sum(len(row) for _, row in Store(sys.argv[2]).rows("journal")))' "$audit" "$SERAI_SITE/store")
    checks=$((checks + 1))
    percent=$((bytes * 100 / real))
    if [ "$percent" -lt 80 ] || [ "$percent" -gt 150 ]; then
        fail "$turns turns pay for $bytes bytes, and the journal has $real"
    fi
    "$audit/agrees.sh" "$serai" "$SERAI_SITE" lines || fail "the checker does not agree"
fi

# A site of one's own may ask nothing.
journal_price 0
start_site
writer=$(deploy free "$examples/spender.wasm" 0.01 --args "burn=1 every=0 work=1")
for n in {1..100}; do
    [ "$(field "$writer" turns)" -le 100 ] || break
    sleep 0.1
done
[ "$(field "$writer" turns)" -gt 100 ] || fail "after $n looks it has had few turns"
stop_site TERM
verify
holds "turns that paid" "$(fees | wc -l)" "$turns"
passed
