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

echo "price_book: $checks checks"
