#!/usr/bin/env bash
# Books that begin in a map of 1 MiB and have no bound but their disk: the map grows under load,
# whoever reads beside the daemon goes on, and a daemon that is killed goes on in a larger map.
# disk_grows.sh BUILD
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

book=$SERAI_SITE/store/data.mdb

size_kb()
{
    echo $(($(stat -c %s "$book") / 1024))
}

# grows_to KB: wait until the books are so large.
grows_to()
{
    local n

    for n in {1..300}; do
        [ "$(size_kb)" -lt "$1" ] || return 0
        kill -0 "$daemon" || fail "the site ended when its books had $(size_kb) kB"
        sleep 0.1
    done
    fail "after $n looks the books have $(size_kb) kB, and not $1"
}

new_site
sed -i 's/^map_bytes = .*/map_bytes = "1MiB"/' "$SERAI_SITE/site.toml"
start_site
"$serai" money in 20 >/dev/null
busy=$(deploy busy "$examples/spender.wasm" 15 --args "burn=1 every=100 work=10")
grows_to 1536
# One that reads while the file outgrows the map that it had: it holds its place in a pipe.
mkfifo "$work/slow"
"$serai" ledger export --format jsonl >"$work/slow" &
export=$!
exec 3<"$work/slow"
head -c 1000 <&3 >/dev/null
grows_to 4096
"$serai" audit verify >/dev/null || fail "the books do not verify beside the daemon"
grows_to 10240
cat <&3 >/dev/null
exec 3<&-
wait "$export" || fail "the export beside the daemon failed"
holds "the disk in status" "$("$serai" site status --json | jq -r .disk)" roomy
holds "the busy agent" "$(field "$busy" state)" running

for _ in 1 2 3; do # the map is 1 MiB again at each start, and the file is larger
    stop_site KILL
    verify
    before=$(size_kb)
    start_site
    grows_to $((before + 2048))
done
stop_site TERM
holds "the exit code after SIGTERM" "$ended" 0
verify

# ---- little room: what is kept for the last frames is not a share of next to nothing ----
new_site
max_bytes 8MiB
start_site
holds "where books of 8 MiB are full" "$("$serai" site status --json | jq -r .disk_full_bytes)" \
    2097152
holds "where they are low" "$("$serai" site status --json | jq -r .disk_low_bytes)" \
    2516580 # 30 %
stop_site TERM

# ---- no addresses for more; sanitizers want terabytes of them for themselves ----
if ! grep -q -e __asan_init -e __tsan_init "$serai"; then
    new_site
    sed -i 's/^map_bytes = .*/map_bytes = "1MiB"/' "$SERAI_SITE/site.toml"
    run_site sh -c "ulimit -v 4600000; exec '$serai' site run" ||
        fail "the site does not start with as much as it wants"
    "$serai" money in 20 >/dev/null
    deploy busy "$examples/spender.wasm" 15 --args "burn=1 every=100 work=10" >/dev/null
    for n in {1..300}; do
        [ "$("$serai" site status --json | jq -r .disk)" != full ] || break
        [ "$n" -lt 300 ] || fail "the site takes no note that it has no addresses for more"
        sleep 0.1
    done
    grep -q 'store.map-held bytes=' "$daemon_log" || fail "the log does not tell of the map"
    grep -q 'disk.agent-frozen' "$daemon_log" || fail "the busy agent goes on"
    stop_site TERM
    holds "the exit code of a site without addresses" "$ended" 0
    verify
fi
passed
