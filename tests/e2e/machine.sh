#!/usr/bin/env bash
# Less of the machine than a site wants: it says so when it starts, with both numbers.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

new_site
sed -i 's/^map_bytes.*/map_bytes = "64MiB"/' "$SERAI_SITE/site.toml"

# ---- address space; sanitizers want terabytes of it for themselves ----
if ! grep -q -e __asan_init -e __tsan_init "$serai"; then
    exits 78 'gives [0-9]* bytes of address space, the least is 4630511616' \
        sh -c "ulimit -v 2000000; exec '$serai' site run"
    [ ! -e "$SERAI_SITE/marker" ] || fail "a site that was refused has a marker page"
    exits 70 'no 67108864 bytes of address space' \
        sh -c "ulimit -v 60000; exec '$serai' ledger accounts"
    run_site sh -c "ulimit -v 5000000; exec '$serai' site run" ||
        fail "the site does not start with as much as it wants"
    "$serai" money in 1 >/dev/null
    stop_site TERM
fi

# ---- a core file, in which the links' secret key would be ----
python3 - "$serai" <<'PY' || fail "a daemon that dies leaves its memory in a core file"
import os, resource, signal, subprocess, sys

any = lambda: resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY,) * 2)
daemon = subprocess.Popen([sys.argv[1], "site", "run"], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, preexec_fn=any)
assert daemon.stdout.readline() == b"ready\n"
os.kill(daemon.pid, signal.SIGSEGV)
status = os.waitpid(daemon.pid, 0)[1]
assert os.WTERMSIG(status) == signal.SIGSEGV and not os.WCOREDUMP(status), status
PY

# ---- locked memory, of which root has as much as it likes, unless that is taken away ----
without_it=()
if [ "$(id -u)" -eq 0 ]; then
    without_it=(setpriv --inh-caps -ipc_lock --bounding-set -ipc_lock)
fi
if [ "$(id -u)" -ne 0 ] || "${without_it[@]}" true 2>/dev/null; then
    : >"$daemon_log"
    run_site "${without_it[@]}" sh -c "ulimit -l 4; exec '$serai' site run" ||
        fail "the site does not start without locked memory"
    stop_site TERM
    holds "how often the log tells that the key may be written to swap" \
        "$(grep -c 'limits.locked-memory there=4096 wanted=65536 ' "$daemon_log")" 1
fi
passed
