#!/usr/bin/env bash
# Who fills the control socket with slow connections, large requests that never end and refused
# ones keeps nobody out, and takes neither much memory nor disk.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

new_site
start_site
"$serai" money in 1.00 >/dev/null
python3 - "$SERAI_SITE/control.sock" "$work/full" "$work/leave" "$daemon" <<'PYTHON' &
import os, socket, struct, sys, time

path, full, leave, daemon = sys.argv[1:]


def resident():
    fields = open(f"/proc/{daemon}/statm").read().split()
    return int(fields[1]) * os.sysconf("SC_PAGE_SIZE")


def connected(announced, said):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(5)
    s.connect(path)
    try:
        s.sendall(struct.pack(">I", announced) + bytes(said))
    except OSError:
        pass  # it had to go already
    return s


before = resident()
crowd = [connected(2 << 20, (2 << 20) - 1) for _ in range(64)]
grown = resident() - before
assert grown < 80 << 20, f"{grown} bytes are held for requests that are not whole"
crowd += [connected(100, 1) for _ in range(64)]
open(full, "w").write("yes\n")
while not os.path.exists(leave):
    time.sleep(0.05)
PYTHON
crowd=$!
for _ in $(seq 200); do
    [ -s "$work/full" ] && break
    kill -0 "$crowd" || fail "the crowd finds no site"
    sleep 0.1
done
slowest=0
for _ in 1 2 3 4 5; do
    since=$((${EPOCHREALTIME/./} / 1000))
    timeout 5 "$serai" site status >/dev/null || fail "nobody is let in beside the crowd"
    timeout 5 "$serai" money in 0.01 >/dev/null || fail "the operator does not get in"
    passed=$((${EPOCHREALTIME/./} / 1000 - since))
    slowest=$((passed > slowest ? passed : slowest))
done
tells_time 13 "a status and an order beside 128 slow connections" "never: 64 lock everybody out" \
    "$slowest" 2000 ms
agent=$(deploy spender "$examples/spender.wasm" 0.1)
touch "$work/leave"
wait "$crowd" || fail "the crowd failed"

# ---- refusals ----
# Lines of the log that strangers cause, whatever they say.
python3 - "$SERAI_SITE/control.sock" <<'PYTHON'
import socket, sys

for _ in range(200):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(5)
    s.connect(sys.argv[1])
    s.send(b"\xff\xff\xff\xff")
    assert s.recv(1) != b""
    s.close()
PYTHON
holds "the lines that tell of 200 refused messages" "$(grep -c control.refused "$daemon_log")" 1
[ "$(grep -c control.crowded "$daemon_log")" -le 2 ] || fail "the log tells of each who had to go"

frame() { "$serai" site status --json | jq -r .frame; }
before=$(frame)
for _ in 1 2 3 4 5; do
    exits 1 'has' "$serai" agent fund "$agent" 1000
done
holds "the frame after refused requests" "$(frame)" "$before"
stop_site TERM
verify
passed
