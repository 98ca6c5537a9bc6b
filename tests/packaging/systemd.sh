#!/usr/bin/env bash
# The unit under systemd itself, in namespaces of its own with a copy of the machine's files: the
# real hardening, ready, reload, a reload that fails, the watchdog of a daemon that stands, the end.
# Needs root and a kernel that lets it (77: skipped).
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"
skip()
{
    echo "skipped: $*"
    rm -rf "$work"
    exit 77
}
[ "$(id -u)" -eq 0 ] || skip "this takes root"
[ -x /lib/systemd/systemd ] || skip "systemd is not there"
namespaces=(unshare --mount --pid --uts --ipc --cgroup --fork --propagation private)
mkdir "$work/try" "$work/out"
"${namespaces[@]}" sh -c "mount -t cgroup2 none '$work/try' && mkdir '$work/try/serai-try' &&
    rmdir '$work/try/serai-try'" 2>/dev/null || skip "no namespaces or no cgroup is allowed here"

# ---- what runs there, once the site does ----
cat >"$work/trial" <<'END'
export SERAI_SITE=/var/lib/serai/here
toml=$SERAI_SITE/site.toml
show() { systemctl show serai@here -P "$1"; }
# waits SECONDS PROPERTY PATTERN
waits()
{
    for ((n = 10 * $1; n > 0; n--)); do
        [[ $(show "$2") != $3 ]] || return 0
        sleep 0.1
    done
    echo "$2 is $(show "$2"), not $3"
    systemctl status serai@here --no-pager -l
    exit 1
}
waits 60 ActiveState active
waits 30 StatusText 'serving: 0 agents, frame *'
serai money in 1
sed -i 's/^level = "info"/level = "debug"/' $toml
systemctl reload serai@here || { echo "the reload fails"; exit 1; }
sed -i 's/^level = "debug"/level = "loud"/' $toml
! systemctl reload serai@here || { echo "a bad reload does not fail"; exit 1; }
journalctl --sync
journalctl -u serai@here -o cat | grep 'site.toml:[0-9]*:[0-9]*: log.level' ||
    { echo "the journal does not say where"; exit 1; }
sed -i 's/^level = "loud"/level = "info"/' $toml
waits 5 ActiveState active
serai agent deploy /scout.wasm --name scout --money 0.5
if journalctl -u serai@here -o cat | grep tier1.ready; then
    for ((n = 300; n > 0; n--)); do
        serai agent send scout go --money 0.001 >/dev/null
        [ "$(serai site status --json | jq .tier1_loaded)" = 0 ] || break
        sleep 0.1
    done
    [ "$n" -gt 0 ] || { echo "nothing is compiled"; serai site status; exit 1; }
fi
pid=$(show MainPID)
grep -q '^CapBnd:.*[1-9a-f]' /proc/$pid/status && { echo "it may have capabilities"; exit 1; }
[ "$(stat -c %U /proc/$pid)" = serai ] || [ "$(ps -o user= -p $pid)" = serai ] ||
    { echo "it is another user's"; exit 1; }
# The watchdog, set to three seconds: it is kept while the site serves, and ends one that stands.
sleep 4
[ "$(show MainPID)" = "$pid" ] || { echo "the watchdog ended a daemon that serves"; exit 1; }
kill -STOP $pid
waits 30 Result watchdog
waits 60 ActiveState active
[ "$(show MainPID)" != "$pid" ] || { echo "it was not started again"; exit 1; }
waits 30 StatusText 'serving: 1 agents, frame *'
systemctl stop serai@here
[ "$(show Result) $(show ExecMainStatus)" = 'success 0' ] ||
    { echo "it ends with $(show Result) $(show ExecMainStatus)"; exit 1; }
setpriv --reuid serai --regid serai --clear-groups serai audit verify >/dev/null ||
    { echo "the books do not hold"; exit 1; }
echo "all is well"
END

# ---- the machine that it runs on ----
cat >"$work/boot" <<'END'
set -eu
work=$1 build=$2
mkdir "$work/disk"
mount -t tmpfs tmpfs "$work/disk"
mkdir "$work/disk/up" "$work/disk/work" "$work/disk/root"
mount -t overlay overlay \
    -o "lowerdir=/,upperdir=$work/disk/up,workdir=$work/disk/work" "$work/disk/root"
cd "$work/disk/root"
DESTDIR=$PWD cmake --install "$build" --prefix /usr >/dev/null
cp "$build/sdk/examples/scout.wasm" scout.wasm
cp "$work/trial" trial
rm -f etc/machine-id
echo 0123456789abcdef0123456789abcdef >etc/machine-id
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 none sys/fs/cgroup
mkdir -p trial.d oldroot
mount --bind "$work/out" trial.d
mount -t tmpfs tmpfs run
mount -t tmpfs tmpfs tmp
mount -t tmpfs tmpfs dev
mkdir dev/shm dev/pts dev/mqueue dev/hugepages
for device in null zero full random urandom tty; do
    : >dev/$device
    mount --bind /dev/$device dev/$device
done
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
chroot . systemd-sysusers
chroot . systemd-tmpfiles --create /usr/lib/tmpfiles.d/serai.conf
chroot . setpriv --reuid serai --regid serai --clear-groups \
    serai site init /var/lib/serai/here --name here >/dev/null
sed -i 's/^tier1 = .*/tier1 = "all"/; s/^hot_fuel = .*/hot_fuel = "5000"/
    s/^effort_fuel = .*/effort_fuel = "0"/' var/lib/serai/here/site.toml
units=etc/systemd/system
mkdir -p $units/serai@here.service.d
cat >$units/serai@here.service.d/trial.conf <<'UNIT'
[Unit]
Wants=
After=
DefaultDependencies=no
[Service]
WatchdogSec=3
RestartSec=1
UNIT
cat >$units/trial.target <<'UNIT'
[Unit]
DefaultDependencies=no
Requires=systemd-journald.service
Wants=serai@here.service trial.service
UNIT
cat >$units/trial.service <<'UNIT'
[Unit]
DefaultDependencies=no
SuccessAction=exit-force
FailureAction=exit-force
[Service]
Type=oneshot
TimeoutStartSec=infinity
ExecStart=/bin/bash /trial
StandardOutput=file:/trial.d/said
StandardError=file:/trial.d/said
UNIT
pivot_root . oldroot
cd /
umount -l /oldroot
exec env -i PATH="$PATH" container=other /lib/systemd/systemd --unit=trial.target \
    --log-target=journal --show-status=0
END
timeout -k 5 240 "${namespaces[@]}" bash "$work/boot" "$work" "$(realpath "$build")" \
    >"$work/said" 2>&1 || true
cat "$work/said" "$work/out/said" 2>/dev/null | tail -n 40
[ -s "$work/out/said" ] || skip "systemd does not boot in namespaces here"
grep -q '^all is well$' "$work/out/said" || fail "the unit does not do what it should"
