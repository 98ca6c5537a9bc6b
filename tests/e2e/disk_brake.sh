#!/usr/bin/env bash
# Books with little room, and an agent that fills them: the site freezes it and goes on.  First
# they have a bound; then, where a tmpfs can be mounted (as root), their disk has an end.
# disk_brake.sh BUILD
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

# says WHAT: wait until the log has it.
says()
{
    local n=0

    until grep -q "$1" "$daemon_log"; do
        n=$((n + 1))
        [ "$n" -lt 200 ] || fail "the log does not say $1"
        kill -0 "$daemon" || fail "the site ended before it said $1"
        sleep 0.1
    done
}

new_site
max_bytes 16MiB
start_site
"$serai" money in 20 >/dev/null
"$serai" customer add eve --new "$work/eve.key" >/dev/null
"$serai" money in 5 --customer eve >/dev/null
quiet=$(deploy quiet "$examples/spender.wasm" 2 --args "work=10")
busy=$(deploy busy "$examples/spender.wasm" 2 --args "burn=1 every=100 work=10" \
    --key "$work/eve.key")
says "disk.level level=\"low\""
says "disk.agent-frozen agent=$busy "
holds "the busy agent" "$(field "$busy" state)" frozen
case $(field "$busy" reason) in
    *"disk is nearly full and this agent writes most"*) ;;
    *) fail "the reason is $(field "$busy" reason)" ;;
esac
turns=$(field "$quiet" turns)
"$serai" agent send "$quiet" x >/dev/null
sleep 0.2
[ "$(field "$quiet" turns)" -gt "$turns" ] || fail "the quiet agent does not go on"
holds "the quiet agent" "$(field "$quiet" state)" running
holds "the disk in status" "$("$serai" site status --json | jq -r .disk)" full
holds "where it is full" "$("$serai" site status --json | jq -r .disk_full_bytes)" \
    2516580 # of 16 MiB 15 %
exits 75 "disk is nearly full, so agent.deploy is not done now; its operator makes room" \
    "$serai" agent deploy "$examples/spender.wasm" --name late --money 1
# Top-ups, also of who is frozen, and reads go on.
exits 0 "" "$serai" money in 1
exits 0 "" "$serai" agent fund "$quiet" 0.1
exits 0 "" "$serai" agent fund "$busy" 0.1 --key "$work/eve.key"
holds "the busy agent after a top-up" "$(field "$busy" state)" frozen
exits 0 "spender" "$serai" agent logs "$quiet"
exits 0 "" "$serai" ledger export --format jsonl
stop_site TERM
holds "the exit code after SIGTERM" "$ended" 0
verify

# The last frames of a full disk have room for this one, too.
exits 0 "state *frozen" "$serai" agent freeze "$quiet" --offline
verify
start_site
holds "the busy agent after a restart" "$(field "$busy" state)" frozen
holds "the quiet agent, which was frozen meanwhile" "$(field "$quiet" state)" frozen
exits 0 "state *running" "$serai" agent thaw "$quiet"
stop_site KILL
max_bytes 64MiB
start_site
exits 0 "" "$serai" agent thaw "$busy"
turns=$(field "$busy" turns)
sleep 0.3
[ "$(field "$busy" turns)" -gt "$turns" ] || fail "with more room the busy agent does not go on"
stop_site TERM
verify

# ---- a disk with an end, and books without a bound ----
disk=$work/disk
mkdir "$disk"
if [ "$(id -u)" -ne 0 ] || ! mount -t tmpfs -o size=24m,mode=700 tmpfs "$disk" 2>/dev/null; then
    echo "disk_brake.sh: without a tmpfs, which takes the right to mount one (root)"
    passed
    exit
fi
# Lazily: the daemon may still have files open there.
trap 'code=$?; umount -l "$disk"; finish "$code"' EXIT
export SERAI_SITE=$disk/site
: >"$daemon_log"
new_site
start_site
"$serai" money in 20 >/dev/null
quiet=$(deploy quiet "$examples/spender.wasm" 2 --args "work=10")
busy=$(deploy busy "$examples/spender.wasm" 10 --args "burn=1 every=100 work=10")
says "disk.agent-frozen agent=$busy "
exits 75 "disk is nearly full" "$serai" agent deploy "$examples/spender.wasm" --name late --money 1
exits 0 "" "$serai" agent send "$quiet" x
holds "the quiet agent on a full disk" "$(field "$quiet" state)" running
mount -o remount,size=96m "$disk"
says 'disk.level level="roomy"' # within a second, and without a start
exits 0 "" "$serai" agent thaw "$busy"
exits 0 "" "$serai" agent deploy "$examples/spender.wasm" --name late --money 1
turns=$(field "$busy" turns)
sleep 0.3
[ "$(field "$busy" turns)" -gt "$turns" ] || fail "with a larger disk the busy agent does not go on"
stop_site TERM
holds "the exit code after SIGTERM" "$ended" 0
verify
passed
