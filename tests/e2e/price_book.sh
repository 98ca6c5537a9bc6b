#!/usr/bin/env bash
# The price book of a real site: its currency.
source "$(dirname "$0")/lib.sh"

# price KEY VALUE: the first line of prices.toml with that key.
price()
{
    sed -i "0,/^$1 = .*/s//$1 = \"$2\"/" "$SERAI_SITE/prices.toml"
}

new_site
price currency EUR
exits 0 "the configuration is good" "$serai" site run --check-config
start_site
"$serai" money in 5 >/dev/null
price currency JPY
exits 78 "count in EUR since their first frame, and the price book in JPY" \
    "$serai" site run --check-config
stop_site TERM
exits 78 "count in EUR since their first frame, and the price book in JPY" "$serai" site run
holds "the export's currency" \
    "$("$serai" ledger export --format jsonl | jq -r 'select(.type == "site") | .currency')" EUR
holds "the commodity" "$("$serai" ledger export | grep -c '^commodity 1.000000000 EUR$')" 1
exits 0 "= minted .* EUR" "$serai" audit verify
price currency EUR
exits 0 "the configuration is good" "$serai" site run --check-config

# Each book that was ever in force is kept, and the export says which held when.
sed -i 's/^price = "0.001000000"/price = "0.123456789"/' "$SERAI_SITE/prices.toml"
start_site
"$serai" money in 1 >/dev/null
stop_site TERM
holds "the books of prices" "$("$serai" price ls --json | jq -r .id | tr '\n' ' ')" "1 2 "
holds "the first price" "$("$serai" price show --id 1 --json | jq -r '.values["compute.price"]')" \
    0.001000000
holds "the second" "$("$serai" price show --id 2 --json | jq -r '.values["compute.price"]')" \
    0.123456789
exits 66 "never a book of prices 3" "$serai" price show --id 3
"$serai" ledger export --format jsonl >"$work/export"
holds "the books in the export" \
    "$(jq -r 'select(.type == "prices") | .id' <"$work/export" | tr '\n' ' ')" "1 2 "
holds "the prices in comments" "$("$serai" ledger export | grep -c '^; Prices [12], in force')" 2
exits 0 "= minted" "$serai" audit verify

echo "price_book: $checks checks"
