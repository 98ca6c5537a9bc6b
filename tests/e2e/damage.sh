#!/usr/bin/env bash
# Damage to the books: one row of each table, a cut file, a full disk.  A daemon that meets it stops
# with 74 and says where; nothing else stops it.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
damage=$build/tests/e2e/damage

# ---- a site with a row in every table ----
new_site
start_site
"$serai" money in 1.00 >/dev/null
deploy scout "$examples/scout.wasm" 0.1 --args "hops=1 endowment=0.02" >/dev/null
deploy service "$examples/service.wasm" 0.1 --args "calls=0" --with "$examples/customer.wasm" \
    >/dev/null
counter=$(deploy counter "$examples/spender.wasm" 0.1)
"$serai" agent freeze "$counter" >/dev/null
"$serai" agent send "$counter" hello >/dev/null
stop_site TERM
holds "the exit code after SIGTERM" "$ended" 0
verify
cp -r "$SERAI_SITE" "$work/good"

restore()
{
    rm -rf "$SERAI_SITE"
    cp -r "$work/good" "$SERAI_SITE"
}

# ---- each table ----
for table in meta journal account customer request code agent caps page inbox object heap log; do
    restore
    row=$("$damage" "$SERAI_SITE/store" "$table") || fail "the table $table has no row to damage"
    ended=0
    if run_site "$serai" site run; then
        # A row that is read only when it is asked for: then the audit must find it.
        stop_site TERM
        holds "the exit code with a damaged $table" "$ended" 0
        exits 1 "$table" "$serai" audit verify
    else
        wait_site
        holds "the exit code with a damaged $table" "$ended" 74
        tail -n 1 "$daemon_log" | matches "$table" || fail "the log does not name $table ($row)"
        exits 1 '' "$serai" audit verify
    fi
done

# ---- a charge that its price does not give, with all hashes right: compute, order, log ----
for code in 5 6 13; do
    restore
    "$damage" "$SERAI_SITE/store" forge "$code" || fail "no line of code $code is forged"
    exits 1 'at the prices 1 come to' "$serai" audit verify
done

# ---- a cut file ----
for cut in 0 100 5000 60%; do
    restore
    file=$SERAI_SITE/store/data.mdb
    size=$(stat -c %s "$file")
    case $cut in
        *%) truncate -s $((size * ${cut%\%} / 100)) "$file" ;;
        *) truncate -s "$cut" "$file" ;;
    esac
    if run_site "$serai" site run; then
        fail "a store cut to $cut starts"
    fi
    wait_site
    holds "the exit code with a store cut to $cut" "$ended" 74
    tail -n 1 "$daemon_log" | matches 'data.mdb' || fail "the log does not name the file"
    code=0
    "$serai" audit verify >/dev/null 2>&1 || code=$?
    [ "$code" -eq 1 ] || [ "$code" -eq 74 ] || fail "audit verify of a cut store exits $code"
done
restore
verify

# ---- a full disk: the file may not grow, then its bound ----
# The site rests before its last room is gone, or a commit fails and it ends with 74.
fills_up()
{
    local tries=300

    deploy busy "$examples/forwarder.wasm" 0.3 \
        --args "packets=1000 value=100 tolls=5 endowment=0.03 loop=1" >/dev/null 2>&1 || true
    until ! kill -0 "$daemon" 2>/dev/null ||
        "$serai" site status --json | jq -e '.disk | startswith("full")' >/dev/null; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || fail "nothing is said when $1"
        sleep 0.1
    done
    if kill -0 "$daemon" 2>/dev/null; then
        stop_site TERM
        holds "the exit code of a site that is held back when $1" "$ended" 0
        verify
        return
    fi
    wait_site
    holds "the exit code when $1" "$ended" 74
    tail -n 1 "$daemon_log" | matches 'store.commit-failed' || fail "the log does not say why"
    verify
    # With room again, it verifies the books and goes on from the last durable frame.
    start_site
    grep -q 'site.verified' "$daemon_log" || fail "the books were not verified after $1"
    holds "what was brought in" "$("$serai" site status --json | jq -r .minted)" 1.000000000
    stop_site TERM
    holds "the exit code with room again" "$ended" 0
    verify
}

restore
size=$(stat -c %s "$SERAI_SITE/store/data.mdb")
run_site bash -c "ulimit -f $((size / 1024 + 2048)); exec '$serai' site run" \
    || fail "the site does not start with little room"
fills_up "the file may not grow"

restore
max_bytes "$((size / 4096 * 4 + 2048))KiB"
start_site
max_bytes 1GiB
fills_up "the books have reached their bound"
passed
