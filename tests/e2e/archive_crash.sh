#!/usr/bin/env bash
# Killed at each step of an archive: the books are good, and the same command goes on.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/archive_lib.sh
. "$(dirname "$0")/archive_lib.sh"
die_at=$build/tests/e2e/libdie_at.so

# The sanitizers want to be the first library.
case $(ldd "$serai") in *libasan*|*libtsan*) exit 77 ;; esac


files()
{
    find "$archive" -name "$1" | wc -l
}

small_segments
start_site
"$serai" money in 10.00 >/dev/null
deploy worker "$examples/spender.wasm" 5 --args "burn=1 work=3000 every=100000" >/dev/null
busy 8

# The file has not got its name; then it has, and nothing was dropped.
unset DIE_AFTER
LD_PRELOAD=$die_at DIE_AT=fsync:1 archives >/dev/null 2>&1 && fail "it is not killed"
holds "files, after a kill in the first sync" "$(files '*.serai')" 0
LD_PRELOAD=$die_at DIE_AT=rename:1 archives >/dev/null 2>&1 && fail "it is not killed"
holds "files, before the first rename" "$(files '*.serai') $(files '*.new')" "0 1"
holds "the first frame" "$(first_frame)" 1
export DIE_AFTER=1
LD_PRELOAD=$die_at DIE_AT=rename:1 archives >/dev/null 2>&1 && fail "it is not killed"
holds "files, after the first rename" "$(files '*.serai') $(files '*.new')" "1 0"
holds "the first frame" "$(first_frame)" 1
LD_PRELOAD=$die_at DIE_AT=fsync:2 archives >/dev/null 2>&1 || true
unset DIE_AFTER
archives >"$work/said" || fail "the command does not go on"
[ "$(files '*.new')" -eq 0 ] || fail "a half file is left"
[ "$(first_frame)" -gt 3 ] || fail "nothing was dropped"
"$serai" audit verify --archive "$archive" >/dev/null || fail "the books with archives"

# A file that is there and is right is not written again; one that is not stops all.
busy 3
LD_PRELOAD=$die_at DIE_AT=rename:1 DIE_AFTER=1 archives >/dev/null 2>&1 && fail "it is not killed"
archives >"$work/said"
grep -q 'was there and is right' "$work/said" || fail "the file is written again"
busy 3
LD_PRELOAD=$die_at DIE_AT=rename:1 DIE_AFTER=1 archives >/dev/null 2>&1 && fail "it is not killed"
newest=$(find "$archive" -name '*.serai' | sort | tail -n 1)
cp "$newest" "$work/good"
printf 'xyzw' | dd of="$newest" bs=1 seek=100 conv=notrunc status=none
begins=$(first_frame)
exits 65 'was there already, so nothing was dropped' archives
holds "the first frame" "$(first_frame)" "$begins"
cp "$work/good" "$newest"
archives >/dev/null

# The site is killed while rows go: in each of the first commits after the request.
stop_site TERM
for n in 1 2 3 5 8; do
    run_site "$serai" site run || fail "the site does not start"
    busy 3
    stop_site TERM
    rm -f "$work/now"
    export DIE_IF=$work/now
    LD_PRELOAD=$die_at DIE_AT=fdatasync:$n run_site "$serai" site run ||
        fail "the site does not start"
    unset DIE_IF
    touch "$work/now"
    archives >/dev/null 2>&1 || true
    wait_site
    holds "the exit code of the site" "$ended" 137
    "$serai" audit verify >/dev/null || fail "the books, after a kill in commit $n"
    agrees
    start_site
    "$serai" ledger archive --forget >/dev/null 2>&1 || true
    archives >/dev/null || fail "the command does not go on"
    "$serai" audit verify --archive "$archive" >/dev/null || fail "the books with archives"
    stop_site TERM
    agrees
done
passed
