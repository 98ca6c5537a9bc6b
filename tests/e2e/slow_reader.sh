#!/usr/bin/env bash
# Who reads the books and waits: an export that nobody takes holds no page of them; a process that
# was stopped in the middle is named in the log.  slow_reader.sh BUILD
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

# holds_a_snapshot PID: the table of readers, in lock.mdb, from byte 128 on: 64 bytes each, of which
# the first 8 are the transaction that is read (all ones: none), the next 4 the process.
holds_a_snapshot()
{
    python3 - "$SERAI_SITE/store/lock.mdb" "$1" <<'PY'
import struct, sys
data = open(sys.argv[1], "rb").read()
held = [1 for at in range(128, len(data) - 16, 64)
        if struct.unpack_from("<Qi", data, at)[1] == int(sys.argv[2])
        and struct.unpack_from("<Q", data, at)[0] != 2**64 - 1]
sys.exit(0 if held else 1)
PY
}

# stalls COMMAND...: it is started, its output is taken for a moment and then no more.
stalls()
{
    rm -f "$work/pipe"
    mkfifo "$work/pipe"
    "$serai" "$@" >"$work/pipe" 2>/dev/null &
    reader=$!
    exec 9<"$work/pipe"
    dd bs=100 count=1 <&9 >/dev/null 2>&1
    sleep 0.3
    kill -0 "$reader" || fail "$* did not wait for its output"
    if holds_a_snapshot "$reader"; then
        fail "$* holds a snapshot while it waits for its output"
    fi
    checks=$((checks + 1))
    exec 9<&-
    wait "$reader" || true
}

new_site
start_site
"$serai" money in 5 >/dev/null
# Short turns, and money for some thousand of them, so that the books are read soon.
deploy burner "$examples/spender.wasm" 0.00053 --args "burn=1 work=10 mark=0" >/dev/null
until [ "$("$serai" site status --json | jq .turns)" -gt 700 ]; do sleep 0.1; done
stalls ledger export --by-event
stalls ledger export --format jsonl
stalls ledger transfers --json
stop_site TERM
verify
passed
