#!/usr/bin/env bash
# The log in both forms: what becomes of agents and links has a line, the same keys in both, and an
# agent that traps as often as it can does not fill the disk with it.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

# live: what both daemons see; the log is in $daemon_log
live()
{
    local n

    "$serai" money in 100 >/dev/null
    agent=$(deploy parrot "$guests/parrot.wasm" 1)
    "$serai" agent freeze "$agent" >/dev/null
    "$serai" agent thaw "$agent" >/dev/null
    for n in {1..30}; do
        exits 84 "turn undone" "$serai" agent send "$agent" trap
    done
    for n in {1..100}; do
        [ "$(field "$agent" traps)" -lt 30 ] || break
        sleep 0.1
    done
    holds "the turns that were undone" "$(field "$agent" traps)" 30
    "$serai" agent end "$agent" >/dev/null
    "$serai" link add north --key "$peer" --limit 5 >/dev/null
    "$serai" link freeze north >/dev/null
    stop_site TERM
}

new_site
"$serai" site init "$work/peer" --name peer >/dev/null
peer=$("$serai" site key --site "$work/peer" | grep -oE '[0-9a-f]{64}')

# ---- text ----
start_site
live
for event in agent.frozen agent.thawed agent.died; do
    holds "lines of $event" "$(grep -c " info $event agent=$agent name=parrot" "$daemon_log")" 1
done
holds "lines of undone turns" "$(grep -c " info agent.undone agent=$agent name=parrot \
reason=\"turn undone: " "$daemon_log")" 1
holds "the link that was frozen" "$(grep -c ' link.state link=north state=frozen ' "$daemon_log")" 1

# ---- JSON ----
new_site
: >"$daemon_log"
run_site "$serai" site run --log json || fail "the site does not start"
live
checks=$((checks + 1))
jq -e -s 'all(.[]; (.time | test("^[0-9T:.-]*Z$")) and (.event | test("^[a-z0-9.-]+$")) and
    (.level | IN("error", "warn", "info", "debug")))' "$daemon_log" >/dev/null ||
    fail "a line is no object of the log"
# of EVENT FIELD
of()
{
    jq -r "select(.event == \"$1\") | $2" "$daemon_log"
}
holds "the start" "$(of site.ready .agents)" 0
holds "one that was frozen" "$(of agent.frozen .agent) $(of agent.frozen .name)" "$agent parrot"
holds "and why" "$(of agent.frozen .reason)" "frozen by the operator"
holds "the agent, a number" "$(jq -r 'select(.event == "agent.died") | .agent | type' \
    "$daemon_log")" number
holds "undone turns" "$(of agent.undone .agent)" "$agent"
holds "the link" "$(of link.state 'select(.state == "frozen") | .link' | tail -n 1)" north
exits 64 'neither text nor json' "$serai" site run --log xml
exits 64 '--log wants' "$serai" site run --log
passed
