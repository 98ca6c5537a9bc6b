#!/usr/bin/env bash
# The way down and up again: an event that costs more than its agent has waits over a kill, and runs
# once when somebody pays for it.  ladder.sh BUILD
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

# of KEY: what `agent show` tells of the agent.
of()
{
    "$serai" agent show poor --json | jq -r ".$1"
}

# becomes KEY VALUE: within ten seconds.
becomes()
{
    for _ in {1..100}; do
        [ "$(of "$1")" != "$2" ] || break
        sleep 0.1
    done
    holds "the $1 of the agent" "$(of "$1")" "$2"
}

new_site
start_site
"$serai" money in 1 >/dev/null
# Some hundred nanos beside the burial reserve; an event of 240,000 fuel takes more than half of it.
deploy poor "$examples/spender.wasm" 0.0005004 --args "work=20000 every=1 mark=0" >/dev/null
becomes turns 1
"$serai" agent send poor go >/dev/null
becomes state frozen
holds "messages that wait" "$(of inbox)" 1
exits 0 'out of money in a turn: has .*, needs .* for its event' "$serai" agent show poor
exits 0 'turn undone: out of money; its event waits' "$serai" agent logs poor
"$serai" agent fund poor 0.0000001 >/dev/null # not all that it needs
holds "the state after too little" "$(of state)" frozen
holds "tries" "$(of turns)" 2
stop_site KILL
start_site
holds "the state after a kill" "$(of state)" frozen
holds "messages that wait after a kill" "$(of inbox)" 1
for _ in {1..9}; do # each try has twice the fuel
    [ "$(of state)" = frozen ] || break
    "$serai" agent fund poor "$(of needs)" >/dev/null
    sleep 0.2
done
becomes state running
becomes inbox 0
holds "how often the event ran" "$("$serai" agent logs poor | grep -c 'count=1$')" 1
stop_site TERM
verify
passed
