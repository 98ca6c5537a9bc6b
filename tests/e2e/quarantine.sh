#!/usr/bin/env bash
# An event that crashes the site twice puts its agent in quarantine, and the site starts.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
crashy=$build/tests/e2e/crashy

new_site
start_site
"$serai" money in 1.00 >/dev/null
good=$(deploy good "$examples/spender.wasm" 0.1 --args "every=1")
bad=$(deploy bad "$examples/spender.wasm" 0.1 --args "every=1")
stop_site TERM

# The next event of `bad` kills the daemon: first by its coming, then at once on the next start.
run_site "$crashy" "$bad" 0 || fail "the site does not start"
"$serai" agent send "$good" one >/dev/null
"$serai" agent send "$bad" one >/dev/null 2>&1 || true
wait_site
holds "the exit code of the first crash" "$ended" $((128 + 11))
verify
run_site "$crashy" "$bad" 0 || true
"$serai" agent send "$bad" one --retry >/dev/null 2>&1 || true
wait_site
holds "the exit code of the second crash" "$ended" $((128 + 11))

run_site "$crashy" "$bad" 0 || fail "the site does not start with its agent in quarantine"
"$serai" agent send "$bad" --retry >/dev/null 2>&1 || true
holds "the state of the bad agent" "$(field "$bad" state)" frozen
field "$bad" reason | grep -q quarantine || fail "the reason is not told"
grep -q 'agent.quarantined' "$daemon_log" || fail "the log does not tell"
holds "the state of the good agent" "$(field "$good" state)" running
"$serai" agent send "$good" two >/dev/null
stop_site TERM
holds "the exit code after SIGTERM" "$ended" 0
verify

# It stays so with a daemon that would not crash, until somebody thaws it.
start_site
holds "the state of the bad agent" "$(field "$bad" state)" frozen
"$serai" agent thaw "$bad" >/dev/null
holds "the state of the bad agent" "$(field "$bad" state)" running
stop_site TERM
verify
passed
