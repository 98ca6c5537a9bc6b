#!/usr/bin/env bash
# The checker tests/audit/check.py, written from docs/records.md alone, agrees with the program on
# every nano and every line of two sites, and refuses books that were changed by one who knows the
# format.  check_books.sh BUILD
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/links_lib.sh
. "$(dirname "$0")/links_lib.sh"
audit=$(dirname "$0")/../audit

# agrees SITE [lines]
agrees()
{
    local code=0

    checks=$((checks + 1))
    "$audit/agrees.sh" "$serai" "$work/$1" "${2:-}" || code=$?
    [ "$code" -ne 77 ] || { printf 'python3-lmdb is not there\n'; finish 77; }
    [ "$code" -eq 0 ] || fail "the checker and the program do not agree about $1"
}

# ---- two sites with traffic of many kinds ----
make_site a
make_site b "$(free_port)"
# A log this small is swept while the test runs: tables and log are both read.
sed -i 's/^log_bytes = "[^"]*"/log_bytes = "1MiB"/' "$work"/[ab]/site.toml
run_named a
run_named b
add_link b a
add_link a b "${ports[b]}"
on a money in 20 >/dev/null
on b money in 5 >/dev/null
on a money out 1 >/dev/null
until_holds 10 "A is up" is_state a b up

born() # SITE NAME MODULE MONEY [OPTIONS]: prints the agent's number
{
    local site=$1 name=$2 module=$3 money=$4
    shift 4
    on "$site" agent deploy "$module" --name "$name" --money "$money" --json "$@" | jq -r .agent
}

wrote() # SITE AGENT PATTERN
{
    on "$1" agent logs "$2" --limit 1000 --json | matches -- "$3"
}

# Births and channels over a link and within a site, buffers, packets, a sale.
born a scout "$examples/scout.wasm" 0.1 --args "hops=1 endowment=0.02 via=b" >/dev/null
trader=$(born a trader "$examples/scout.wasm" 0.05 --args "hops=1 endowment=0.02 sell=1")
# Messages that are paid for, an entry in the heap, code that is kept.
service=$(born a service "$examples/service.wasm" 0.1 --with "$examples/customer.wasm" \
    --args "price=0.0001 calls=20 endowment=0.03")
# Packets with money over the link and within the site.
distant=$(load a distant "packets=20 value=100 tolls= endowment=0.5 loop=1 via=b")
near=$(load a near "packets=200 value=100 tolls=5,60 endowment=0.03")
until_holds 20 "a sale" wrote a "$trader" 'sold the channel'
until_holds 20 "twenty calls" wrote a "$service" 'calls'
until_holds 20 "packets within the site" wrote a "$near" 'came back'
until_holds 20 "packets over the link" wrote a "$distant" 'round 1:'
on a agent freeze "$distant" >/dev/null
for site in a b; do
    "$audit/check.py" "$work/$site" || fail "the checker refuses $site while it runs"
done

# Other prices, a soft limit, a purse that runs dry, a death, and a kill between frames.
sed -i '0,/^price = "0.001000000"/s//price = "0.001234567"/' "$work/a/prices.toml"
sed -i '0,/^strict_packet = .*/s//strict_packet = "0.000000003"/' "$work/a/prices.toml"
kill -HUP "${pids[a]}"
has_second_book() { on a price ls --json | jq -e 'select(.id == 2)' >/dev/null; }
until_holds 10 "a second book" has_second_book
on a link set b --soft-limit 0.000001 >/dev/null
load a toll "packets=20 value=100000 tolls= endowment=0.5 via=b" >/dev/null
poor=$(born a poor "$examples/spender.wasm" 0.0005024 --args "every=1 work=1000 buffers=4")
on a agent send "$poor" work >/dev/null
on a agent withdraw "$near" 0.1 >/dev/null
on a agent end "$trader" >/dev/null
sleep 1
end_named a KILL
agrees a
run_named a
until_holds 10 "A is up again" is_state a b up
until_holds 20 "A is quiet" is_quiet a b
until_holds 20 "B is quiet" is_quiet b a
end_named a TERM
end_named b TERM
agrees a lines
agrees b lines
swept=$(/usr/bin/python3 -c 'import lmdb, sys
store = lmdb.open(sys.argv[1], readonly=True, max_dbs=20)
with store.begin() as reading:
    table = store.open_db(b"account", reading, create=False)
    print(reading.stat(table)["entries"])' "$work/a/store")
[ "$swept" -gt 0 ] || fail "the log of A was never swept to its tables"
codes=$(on a ledger transfers --json --limit 100000000 | jq -r .code | sort -u | wc -l)
[ "$codes" -ge 25 ] || fail "only $codes codes of transfers occurred"
printf '%s codes of transfers at A\n' "$codes"

# ---- the same store, changed ----
# refused WHAT PATTERN: the checker names the place, where FRAME is what tests/audit/spoil.py says.
refused()
{
    local frame

    rm -rf "$work/bad"
    cp -r "$work/b" "$work/bad"
    frame=$("$audit/spoil.py" "$work/bad" "$1") || fail "$1 was not changed"
    exits 1 "${2//FRAME/$frame}" "$audit/check.py" "$work/bad"
    # A row of the log that the sweep has passed is read by the checker alone.
    [ "$1" != account ] || return 0
    on bad audit verify >/dev/null 2>&1 && fail "the program takes $1"
    checks=$((checks + 1))
}

refused rot 'journal 0*FRAME00000001: the row does not fit its hash'
refused amount 'frame FRAME: the head in it is not that of the frame before'
refused chain 'account 1: the row of treasury has'
refused encoding 'frame FRAME chunk 1: a spare byte'
refused lost 'frame FRAME: its header has'
refused account 'account 1: the row of treasury has'
exits 1 'No such file' "$audit/check.py" "$work/nowhere"
exits 2 'usage' "$audit/check.py"
passed
