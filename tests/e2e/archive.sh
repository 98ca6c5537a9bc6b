#!/usr/bin/env bash
# Archives of the journal: old segments leave the store, and all that read the books have them as
# before.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/archive_lib.sh
. "$(dirname "$0")/archive_lib.sh"

# as_before WHAT COMMAND...: what it prints begins with what it printed before, in $work/WHAT
as_before()
{
    local what=$1
    shift
    "$@" >"$work/now"
    checks=$((checks + 1))
    cmp -n "$(stat -c %s "$work/$what")" "$work/$what" "$work/now" >&2 ||
        fail "$what is not what it was"
}

store_bytes()
{
    stat -c %s "$SERAI_SITE/store/data.mdb"
}

small_segments
start_site
"$serai" money in 10.00 >/dev/null
deploy worker "$examples/spender.wasm" 5 --args "burn=1 work=3000 every=100000" >/dev/null
busy 6

# Nothing is archived without a place, of a moment that is too early, by who is not the operator, or
# of a segment that is not whole.
exits 64 'ledger archive --before MOMENT --to DIR' "$serai" ledger archive --to "$archive"
exits 66 'No such file' "$serai" ledger archive --before "$second" --to "$work/nowhere"
exits 64 'neither\|--before' "$serai" ledger archive --before yesterday --to "$archive"
exits 0 '0 segments archived; the store begins with frame 1' \
    "$serai" ledger archive --before 2020-01-01 --to "$archive"
"$serai" customer add ada --new "$work/ada.key" >/dev/null
exits 77 "the operator" "$serai" ledger archive --before "$second" --to "$archive" \
    --key "$work/ada.key"
holds "the first frame after refusals" "$(first_frame)" 1
rm -f "$archive"/*

"$serai" ledger transfers --json >"$work/transfers"
"$serai" ledger export --format jsonl >"$work/jsonl"
"$serai" ledger export >"$work/hledger"
sed -i '/^....-..-.. balances after frame/,$d' "$work/hledger"
"$serai" revenue --json >"$work/revenue"

archives >"$work/first"
grep -q 'written and read back' "$work/first" || fail "the command does not tell what it did"
begins=$(first_frame)
[ "$begins" -gt 3 ] || fail "the store begins with frame $begins"
grep -q "the store begins with frame $begins" "$work/first" || fail "it tells another first frame"
[ "$(find "$archive" -name 'journal-*.serai' | wc -l)" -gt 2 ] || fail "there are too few files"
holds "leftovers" "$(find "$archive" -name '*.new')" ""
agrees

as_before transfers "$serai" ledger transfers --json --archive "$archive"
as_before jsonl "$serai" ledger export --format jsonl --archive "$archive"
as_before hledger "$serai" ledger export --archive "$archive"
holds "the revenue" "$("$serai" revenue --json --archive "$archive" | head -n -1)" \
    "$(head -n -1 "$work/revenue")"
"$serai" audit verify --archive "$archive" --json >"$work/all"
holds "the first frame with archives" "$(jq -r .first_frame "$work/all")" 1
holds "the frames with archives" "$(jq -r .frames "$work/all")" "$(jq -r .last_frame "$work/all")"

# Without them nothing is shorter in silence.
exits 0 "frames 1 to $((begins - 1)) were not checked" "$serai" audit verify
exits 66 "frames 1 to $((begins - 1)) are in archives" "$serai" ledger export
exits 66 "frames 1 to $((begins - 1)) are in archives" "$serai" revenue
exits 0 "frames 1 to $((begins - 1)) are in archives, and not shown" "$serai" ledger transfers
busy 2
"$serai" ledger transfers --since "$begins" >"$work/now" 2>"$work/said"
holds "what is said of lines that are all there" "$(cat "$work/said")" ""
grep -q 'agent:' "$work/now" || fail "accounts from before have lost their names"
exits 66 'archive-a' "$serai" audit reconcile "$SERAI_SITE" "$work/jsonl"

# Files that are wrong, each in its way.
mapfile -t files < <(find "$archive" -name 'journal-*.serai' | sort)
cp "${files[1]}" "$work/good"
truncate -s -1 "${files[1]}"
exits 65 "${files[1]}.*cut" "$serai" audit verify --archive "$archive"
cp "$work/good" "${files[1]}"
printf 'xyzw' | dd of="${files[1]}" bs=1 seek=200 conv=notrunc status=none
exits 1 "${files[1]}, frames .* damaged" "$serai" audit verify --archive "$archive"
cp "${files[0]}" "${files[1]}"
exits 65 'it has the name of another' "$serai" audit verify --archive "$archive"
rm "${files[1]}"
exits 66 'no archive of frames' "$serai" ledger transfers --archive "$archive"
exits 66 "$work/none" "$serai" ledger transfers --archive "$work/none"
cp "$work/good" "${files[1]}"
other=$work/other
"$serai" site init "$other" >/dev/null
cp "$SERAI_SITE/site.pub" "$work/site.pub"
cp "$other/site.pub" "$SERAI_SITE/site.pub"
exits 65 'is of another site' "$serai" audit verify --archive "$archive"
cp "$work/site.pub" "$SERAI_SITE/site.pub"
exits 0 '' "$serai" audit verify --archive "$archive"

# What was dropped makes room for what comes: the file of the store hardly grows any more.
archived_bytes()
{
    find "$archive" -name '*.serai' -printf '%s\n' | jq -s add
}

for _ in 1 2 3 4; do # as large as it becomes
    busy 5
    archives >/dev/null
    gone
done
before=$(store_bytes)
archived=$(archived_bytes)
for _ in 1 2 3 4 5 6 7 8; do
    busy 4
    archives >/dev/null
    gone
done
archived=$(($(archived_bytes) - archived)) # less than half of the journal that was written
grown=$(($(store_bytes) - before))
checks=$((checks + 1))
[ "$grown" -le $((archived / 2)) ] ||
    fail "the store grew by $grown bytes, while $archived went to archives"

# Of a site that writes faster than this archives, it takes what was there when it began.
"$serai" agent thaw worker >/dev/null
timeout 60 "$serai" ledger archive --before "$second" --to "$archive" >/dev/null ||
    fail "the command does not end while the site writes"
"$serai" agent freeze worker >/dev/null

# Over restarts, killed or not; and without a daemon.
stop_site KILL
start_site
begins=$(first_frame)
"$serai" audit verify --archive "$archive" >/dev/null || fail "the books with archives"
busy 4
stop_site TERM
agrees
archives --offline >"$work/said"
[ "$(first_frame)" -gt "$begins" ] || fail "nothing was dropped offline"
"$serai" audit verify --archive "$archive" >/dev/null || fail "the books after --offline"
agrees
start_site
busy 1

# A backup begins where the store does.
"$serai" site backup "$work/backup" >"$work/said"
grep -q "verified *all lines, from frame $(first_frame)" "$work/said" || fail "the backup's words"
stop_site TERM
passed
