#!/usr/bin/env bash
# Signed commands done in the books of a site that does not run: --offline.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
crashy=$build/tests/e2e/crashy

# events: how many there are in the journal
events()
{
    "$serai" audit verify --json | jq -r .events
}

new_site
start_site
"$serai" money in 1.00 >/dev/null
"$serai" customer add ada --new "$work/ada.key" >/dev/null
good=$(deploy good "$examples/spender.wasm" 0.1 --args "every=1")
bad=$(deploy bad "$examples/spender.wasm" 0.1 --args "every=1")
exits 75 'held by process .* without --offline' "$serai" agent freeze bad --offline
holds "the state of the bad agent" "$(field "$bad" state)" running
stop_site TERM

# An agent whose next event ends the daemon at each start.  What was sent to it waits for an answer,
# and gets it offline; then it is frozen, and the site starts.
run_site "$crashy" "$bad" 0 || fail "the site does not start"
"$serai" agent send "$bad" one >/dev/null 2>&1 || true
wait_site
holds "the exit code of the crash" "$ended" $((128 + 11))
exits 69 'site run' "$serai" agent freeze bad
exits 75 'agent send --retry --offline' "$serai" agent freeze bad --offline
exits 0 '' "$serai" agent send --retry --offline
exits 66 'no agent "worse"' "$serai" agent freeze worse --offline
exits 77 'denied' "$serai" agent freeze "$good" --offline --key "$work/ada.key"
exits 0 'state *frozen' "$serai" agent freeze bad --offline
verify

# A site that runs frozen shows who waits, and takes commands, but runs nothing.
exits 0 '' "$serai" agent send good meanwhile --offline
run_site "$serai" site run --frozen || fail "the site does not start frozen"
grep -q 'site.frozen' "$daemon_log" || fail "the log does not tell"
holds "the state of the good agent" "$(field "$good" state)" running
"$serai" agent send "$good" more >/dev/null
status()
{
    "$serai" site status --json | jq -r '"\(.turns) \(.site_time_us)"'
}
before=$(status)
sleep 0.3
holds "what waits for the good agent" "$(field "$good" inbox)" 2
holds "the turns that were run, and the site's time" "$(status)" "$before"
stop_site TERM
holds "the exit code of a site that ran frozen" "$ended" 0
verify

run_site "$crashy" "$bad" 0 || fail "the site does not start, with its agent frozen"
holds "the state of the bad agent" "$(field "$bad" state)" frozen
holds "the state of the good agent" "$(field "$good" state)" running
[ "$(field "$bad" inbox)" -ge 1 ] || fail "the event of the bad agent is gone"
stop_site TERM

# A frame each, in the journal as with a daemon; nothing runs before the site does.
before=$(events)
exits 0 'state *running' "$serai" agent thaw bad --offline
exits 0 '' "$serai" agent send good two --offline
exits 0 '' "$serai" money in 0.5 --offline
holds "the events in the journal" "$(events)" $((before + 2)) # a thaw moves no money
verify
start_site
holds "the state of the bad agent" "$(field "$bad" state)" running
holds "the balance of the operator" "$(customer_balance operator | cut -c1-4)" 1.29
for n in {1..50}; do
    [ "$(field "$bad" inbox)/$(field "$good" inbox)" != 0/0 ] || break
    [ "$n" -lt 50 ] || fail "the messages are not read"
    sleep 0.1
done
stop_site TERM

exits 0 'state *ended' "$serai" agent end bad --offline
verify
start_site
"$serai" agent ls --json >"$work/agents.json"
holds "the agents that are left" "$(jq -r .name "$work/agents.json")" good
stop_site TERM

# The quarantine that a start would bring is not lost when a command comes first.
for n in 1 2; do
    run_site "$crashy" "$good" 0 || true
    "$serai" agent send good one >/dev/null 2>&1 ||
        "$serai" agent send good --retry >/dev/null 2>&1 || true
    wait_site
    holds "the exit code of crash $n" "$ended" $((128 + 11))
done
"$serai" agent send good --forget >/dev/null 2>&1 || true
exits 66 '' "$serai" agent freeze worse --offline
start_site
holds "the state of the good agent" "$(field "$good" state)" frozen
field "$good" reason | matches quarantine || fail "the reason is not told"
exits 64 'is a socket' "$serai" agent thaw good --offline --site "$SERAI_SITE/control.sock"

# A command that signs several requests has one answer to each.
"$serai" money in 0.5 --customer ada >/dev/null
for name in one two; do
    deploy "$name" "$examples/spender.wasm" 0.1 --args "every=1" --key "$work/ada.key" >/dev/null
done
stop_site TERM
exits 0 'state *suspended' "$serai" customer suspend ada --offline
exits 0 'ended *2$' "$serai" customer evict ada --yes --offline
start_site
holds "the agents after an eviction" "$("$serai" agent ls --json | jq -r .name)" good
stop_site TERM
verify
passed
