#!/usr/bin/env bash
# An event that crashes the site twice puts its agent in quarantine, and the site starts.  Other
# agents of its customer that die of the same order follow at once, and after three all it has.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
crashy=$build/tests/e2e/crashy
agents=()

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
field "$bad" reason | matches quarantine || fail "the reason is not told"
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

# ---- agents of one customer that die of the same order ----
new_site
start_site
"$serai" money in 2.00 >/dev/null
"$serai" customer add ada --new "$work/ada.key" >/dev/null
"$serai" money in 1.00 --customer ada >/dev/null
for name in a b c d; do
    agents[${#agents[@]}]=$(deploy $name "$examples/spender.wasm" 0.1 --args "every=1")
done
hers=$(deploy hers "$examples/spender.wasm" 0.1 --args "every=1" --key "$work/ada.key")
stop_site TERM

# dies AGENT: its message is said, or said again, and the daemon dies of it.
dies()
{
    run_site "$crashy" log_append || fail "the site does not start"
    "$serai" agent send "$1" one >/dev/null 2>&1 || "$serai" agent send "$1" one --retry \
        >/dev/null 2>&1 || true
    wait_site
    holds "the exit code of the crash" "$ended" $((128 + 11))
}
# stands AGENT PATTERN: after the next start it is frozen, and the reason says PATTERN.
stands()
{
    holds "the state of agent $1" "$(field "$1" state)" frozen
    field "$1" reason | matches "$2" || fail "the reason is \"$(field "$1" reason)\""
}
dies "${agents[0]}"
dies "${agents[0]}"
run_site "$crashy" log_append || fail "the site does not start"
stands "${agents[0]}" 'in the order log_append; deaths: 2'
holds "the state of the next agent" "$(field "${agents[1]}" state)" running
stop_site TERM
"$serai" agent send "${agents[0]}" --forget >/dev/null 2>&1 || true

dies "${agents[1]}" # once is enough for it
"$serai" agent send "${agents[1]}" --forget >/dev/null 2>&1 || true
run_site "$crashy" log_append || fail "the site does not start"
stands "${agents[1]}" 'in the order log_append; deaths: 1'
holds "the state of an agent that did nothing" "$(field "${agents[3]}" state)" running
stop_site TERM

dies "${agents[2]}" # and of these three are enough for all
"$serai" agent send "${agents[2]}" --forget >/dev/null 2>&1 || true
run_site "$crashy" log_append || fail "the site does not start"
stands "${agents[2]}" 'in the order log_append; deaths: 1'
stands "${agents[3]}" '3 agents of its customer ended the site in the order log_append'
holds "the state of another customer's agent" "$(field "$hers" state)" running
grep -q 'customer.quarantined' "$daemon_log" || fail "the log does not tell of the customer"
"$serai" agent thaw "${agents[3]}" >/dev/null
holds "the state of what was thawed" "$(field "${agents[3]}" state)" running
stop_site TERM
verify
passed
