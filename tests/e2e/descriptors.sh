#!/usr/bin/env bash
# Descriptors that are closed, full or read by nobody: what a daemon and a command make of them.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

# ---- a daemon without some of 0, 1 and 2; its log is long enough to do harm ----
new_site
start_site
"$serai" money in 5 >/dev/null
stop_site TERM
for closed in '<&-' '>&-' '2>&-' '<&- >&-' '<&- 2>&-' '>&- 2>&-' '<&- >&- 2>&-'; do
    eval "\"\$serai\" site run $closed &"
    daemon=$!
    tries=100
    until "$serai" agent ls >/dev/null 2>&1; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || fail "a daemon started with $closed does not serve"
        sleep 0.05
    done
    kill -HUP "$daemon" # logged
    "$serai" money in 1 >/dev/null
    stop_site TERM
    holds "the exit code of a daemon with $closed" "$ended" 0
    verify
done
if grep -q ' site\.' "$SERAI_SITE"/store/*; then fail "the log went into the books"; fi

# ---- a number that is nobody's ----
exits 64 'descriptor 7' "$serai" site run --ready-fd 7
exits 64 'not open for writing' sh -c "exec 7<'$SERAI_SITE/site.toml'; \
    exec '$serai' site run --ready-fd 7"

# ---- one that is a file of the site itself: by any name, for the daemon and for commands ----
# kept REDIRECTION COMMAND...: ends with 64 and leaves the site's files as they are.
files()
{
    (cd "$SERAI_SITE" && find . -type f ! -name lock.mdb -exec sha256sum {} + | sort)
}
kept()
{
    local redirection=$1 code=0
    shift
    files >"$work/before"
    eval "timeout 10 \"\$@\" $redirection" >"$work/said" 2>&1 || code=$?
    holds "the exit code of $* $redirection" "$code" 64
    files >"$work/after"
    cmp -s "$work/before" "$work/after" || fail "$* $redirection changes a file of the site"
}
mkdir "$SERAI_SITE/compiled"
echo >"$SERAI_SITE/compiled/object"
ln "$SERAI_SITE/store/data.mdb" "$work/another-name"
for file in store/data.mdb store/lock site.toml prices.toml site.key site.pub operator.key \
    operator.key.number operator.pub marker compiled/object; do
    kept ">>'$SERAI_SITE/$file'" "$serai" site run
    grep -q "standard output is $file" "$work/said" || fail "$file is not named"
done
kept "2>>'$SERAI_SITE/store/data.mdb'" "$serai" site run
kept "2>>'$work/another-name'" "$serai" site run
kept "<>'$SERAI_SITE/store/data.mdb'" "$serai" site run
kept "2>>'$SERAI_SITE/store/data.mdb'" "$serai" no such command
kept ">>'$SERAI_SITE/store/data.mdb'" "$serai" --help
kept ">>'$SERAI_SITE/store/data.mdb'" "$serai" price show
kept ">>'$SERAI_SITE/store/data.mdb'" env -u SERAI_SITE "$serai" price show --site "$SERAI_SITE"
kept ">>'$SERAI_SITE/store/data.mdb'" env -u SERAI_SITE "$serai" audit network "$SERAI_SITE"
kept "7>>'$SERAI_SITE/store/data.mdb'" "$serai" site run --ready-fd 7
cp "$SERAI_SITE/operator.key" "$work/ada.key"
sum=$(sha256sum "$work/ada.key")
exits 64 '' sh -c "exec '$serai' money in 1 --key '$work/ada.key' 1>>'$work/ada.key' 2>&1"
holds "the key file" "$(sha256sum "$work/ada.key")" "$sum"
# Files beside them are anybody's.
exits 0 '' sh -c "'$serai' ledger accounts >>'$SERAI_SITE/accounts.txt'"
exits 0 '' sh -c "'$serai' code check /dev/stdin <'$examples/spender.wasm'"
verify

# ---- the answer of a command that cannot be shown ----
start_site
for command in 'price show' 'site status' 'ledger accounts' 'site key' 'customer ls' '--help'; do
    # shellcheck disable=SC2086
    exits 74 'output' sh -c "'$serai' $command >&-"
    exits 74 'output' sh -c "'$serai' $command >/dev/full"
done
exits 74 'output' bash -c "set -o pipefail; ( sleep 0.2; '$serai' price show ) | true"
stop_site TERM

# ---- fewer than it takes, and few ----
exits 78 'are allowed.* the least is 48' sh -c "ulimit -n 40; exec '$serai' site run"
port=$(free_port)
sed -i "s|^listen = \"\"|listen = \"tcp://127.0.0.1:$port\"|" "$SERAI_SITE/site.toml"
for limit in 48 128; do
    python3 - "$serai" "$SERAI_SITE" "$limit" "$port" <<'PY'
import os, resource, socket, subprocess, sys, time

serai, site, limit, port = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
log = open(site + "/log", "w+")
few = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
daemon = subprocess.Popen([serai, "site", "run", "--site", site], stdout=subprocess.PIPE,
                          stderr=log, preexec_fn=few)


def busy():
    fields = open(f"/proc/{daemon.pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def said():
    return open(site + "/log").read()


try:
    assert daemon.stdout.readline() == b"ready\n", said()
    assert f"limits.descriptors allowed={limit} wanted=4096 connections=" in said(), said()
    strangers = []
    for number in range(100):  # half of them begin to speak, which costs more
        stranger = socket.socket()
        stranger.settimeout(0.01)
        try:
            stranger.connect(("127.0.0.1", port))
            if number % 2:
                stranger.send(b"\xff\0\0\0\0\0\0\0\1\x7f\3")
        except OSError:
            pass  # it waits, or was shown out: both are fine
        strangers.append(stranger)
        opened = len(os.listdir(f"/proc/{daemon.pid}/fd"))
        assert opened <= limit - 4, f"{limit}: {opened} descriptors are open"
    before = busy()
    time.sleep(1)
    spent = busy() - before
    assert spent < 0.5, f"{limit}: it was busy for {spent} s of one second"
    asked = subprocess.run([serai, "money", "in", "1", "--site", site], timeout=20,
                           stdout=subprocess.DEVNULL)
    assert asked.returncode == 0, said()
    for stranger in strangers:
        stranger.close()
    daemon.terminate()
    assert daemon.wait(10) == 0, said()
finally:
    daemon.kill()
PY
done
sed -i 's|^listen = "tcp.*|listen = ""|' "$SERAI_SITE/site.toml"

# ---- a log that nobody reads, and then somebody does ----
python3 - "$serai" "$SERAI_SITE" <<'PY'
import fcntl, os, signal, subprocess, sys, time

serai, site = sys.argv[1:]
reader, writer = os.pipe()
fcntl.fcntl(writer, 1031, 4096)  # F_SETPIPE_SZ
daemon = subprocess.Popen([serai, "site", "run", "--site", site], stdout=subprocess.PIPE,
                          stderr=writer)
try:
    assert daemon.stdout.readline() == b"ready\n"
    for _ in range(200):  # a line each
        daemon.send_signal(signal.SIGHUP)
        time.sleep(0.01)
    asked = subprocess.run([serai, "agent", "ls", "--site", site], timeout=10)
    assert asked.returncode == 0
    assert fcntl.fcntl(writer, fcntl.F_GETFL) & os.O_NONBLOCK == 0, "our pipe's flags changed"
    os.set_blocking(reader, False)
    said = b""
    for _ in range(50):
        try:
            said += os.read(reader, 65536)
        except BlockingIOError:
            pass
        if b"log.untaken left_out=" in said:
            break
        time.sleep(0.1)
    assert b"log.untaken left_out=" in said, said
    # Nobody at all: the write end alone is left to it.
    os.close(reader)
    daemon.stdout.close()
    asked = subprocess.run([serai, "money", "in", "1", "--site", site], timeout=10,
                           stdout=subprocess.DEVNULL)
    assert asked.returncode == 0
    daemon.terminate()
    assert daemon.wait(10) == 0
finally:
    daemon.kill()
PY
verify
passed
