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
    while "link.rests" not in said():
        assert len(strangers) < 2000, said()
        stranger = socket.socket()
        stranger.setblocking(False)
        stranger.connect_ex(("127.0.0.1", port))
        strangers.append(stranger)
        time.sleep(0.002)
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
import fcntl, os, socket, subprocess, sys, time

serai, site = sys.argv[1:]
reader, writer = os.pipe()
fcntl.fcntl(writer, 1031, 4096)  # F_SETPIPE_SZ
daemon = subprocess.Popen([serai, "site", "run", "--site", site], stdout=subprocess.PIPE,
                          stderr=writer)
try:
    assert daemon.stdout.readline() == b"ready\n"
    for _ in range(100):  # a line each, up to 50 a second
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(5)
        client.connect(site + "/control.sock")
        client.send(b"\xff\xff\xff\xff")
        assert client.recv(1) != b""
        client.close()
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
