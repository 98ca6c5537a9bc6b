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

# A running site reads its book again on SIGHUP: a wrong one changes nothing, and is named by line.
# hangs_up PATTERN...: SIGHUP, and wait until the log says each PATTERN once more than before.
hangs_up()
{
    local before n pattern

    before=$(wc -l <"$daemon_log")
    kill -HUP "$daemon"
    for pattern; do
        for n in {1..100}; do
            ! tail -n "+$((before + 1))" "$daemon_log" | grep "$pattern" >/dev/null || break
            [ "$n" -lt 100 ] || fail "the log does not say $pattern"
            sleep 0.05
        done
        checks=$((checks + 1))
    done
}

# has KEY VALUE: in the book in force.
has()
{
    holds "$1" "$("$serai" price show --json | jq -r "select(.key == \"$1\") | .price")" "$2"
}

start_site
: >"$daemon_log"
hangs_up prices.unchanged
sed -i 's/^price = "0.123456789"/price = "0.2"/' "$SERAI_SITE/prices.toml"
hangs_up 'prices.changed key=compute.price old="0.123456789" new="0.200000000"' \
    'prices.in-force id=3'
hangs_up prices.unchanged
has compute.price 0.200000000
holds "what has changed" "$(grep -c prices.changed "$daemon_log")" 1
"$serai" money in 1 >/dev/null
sed -i 's/^price = "0.2"/price = "dear"/' "$SERAI_SITE/prices.toml"
line=$(grep -n '^price = "dear"' "$SERAI_SITE/prices.toml" | cut -d : -f 1)
hangs_up "prices.refused file=prices.toml line=$line .*compute.price"
has compute.price 0.200000000
sed -i 's/^price = "dear"/price = "0.3"/' "$SERAI_SITE/prices.toml"
price currency JPY
hangs_up 'prices.refused .*count in EUR since their first frame, and the price book in JPY'
has compute.price 0.200000000
price currency EUR
hangs_up 'prices.in-force id=4'
"$serai" money in 1 >/dev/null
stop_site TERM
holds "the books of prices" "$("$serai" price ls --json | jq -r .id | tr '\n' ' ')" "1 2 3 4 "
exits 0 "= minted" "$serai" audit verify
start_site
has compute.price 0.300000000
stop_site TERM
holds "the books after a start" "$("$serai" price ls --json | jq -r .id | tail -n 1)" 4

echo "price_book: $checks checks"
