#!/usr/bin/env bash
# A real file system that is full: a tmpfs of a few MiB under the site.  The daemon stops with 74
# and nothing is lost; it may be started while the disk is still full; with more room it verifies
# its books and goes on.  small_disk.sh BUILD
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

disk=$work/disk
mkdir "$disk"
if [ "$(id -u)" -ne 0 ] || ! mount -t tmpfs -o size=3m,mode=700 tmpfs "$disk" 2>/dev/null; then
    echo "small_disk.sh: skipped: it takes the right to mount a tmpfs (root)"
    exit 77
fi
# Lazily: the daemon may still have files open there.
trap 'code=$?; umount -l "$disk"; finish "$code"' EXIT
export SERAI_SITE=$disk/site

minted()
{
    "$serai" site status --json | jq -r .minted
}

# The site rests before its disk is full, so only requests still write; their key lies on another
# disk, or the client could not note what it signs.  Pages that the books have given up take some.
answered=0
fill_books()
{
    local n how

    for n in {1..400}; do
        how=1.00
        [ ! -e "$work/operator.key.pending" ] || how=--retry
        "$serai" money in "$how" --key "$work/operator.key" >/dev/null 2>&1 || return 0
        answered=$((answered + 1))
    done
    fail "$n answers came although the disk is full"
}

new_site
cp -p "$SERAI_SITE/operator.key" "$work/operator.key"
start_site
"$serai" money in 5.00 >/dev/null
# Traffic alone does not fill it: the site holds back before (disk_brake.sh).  Somebody else does.
deploy burner "$examples/spender.wasm" 2 \
    --args "burn=1 every=1000 work=100" >/dev/null 2>&1 || true
dd if=/dev/zero of="$disk/filler" bs=16k 2>/dev/null || true
fill_books
wait_site
holds "the exit code when the disk is full" "$ended" 74
tail -n 1 "$daemon_log" | matches 'store.commit-failed' || fail "the log does not say why"
[ "$(df --output=avail -k "$disk" | tail -n 1)" -lt 200 ] || fail "the disk was not full"
verify

# Still full: it verifies and starts, or says why not; and what it cannot write it does not answer.
if run_site "$serai" site run; then
    fill_books
    wait_site
fi
holds "the exit code while the disk is still full" "$ended" 74
verify

if grep -q 'site.died-in-turn' "$daemon_log"; then
    fail "an event is blamed for the full disk"
fi
mount -o remount,size=64m "$disk"
start_site
grep -q 'site.verified' "$daemon_log" || fail "the books were not verified"
if [ -e "$work/operator.key.pending" ]; then
    "$serai" money in --retry --key "$work/operator.key" >/dev/null ||
        fail "the unanswered request gets no answer"
    answered=$((answered + 1))
fi
# The brake may have frozen it before the disk was full.
if [ "$("$serai" site status --json | jq .frozen)" -gt 0 ]; then
    "$serai" agent thaw burner --key "$work/operator.key" >/dev/null
fi
turns=$("$serai" site status --json | jq .turns)
sleep 0.3
[ "$("$serai" site status --json | jq .turns)" -gt "$turns" ] || fail "the traffic has stopped"
brought=$(minted)
# Each answer stays, that of a request which was asked again too.
holds "what was brought in" "$brought" "$((5 + answered)).000000000"
"$serai" money in 1.00 --key "$work/operator.key" >/dev/null
holds "what was brought in with room again" "$(minted)" "$((${brought%%.*} + 1)).000000000"
stop_site TERM
holds "the exit code after SIGTERM" "$ended" 0
verify
passed
