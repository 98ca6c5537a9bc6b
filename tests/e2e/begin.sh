#!/usr/bin/env bash
# Constructors run once before BORN, and once more after BECAME, also when the daemon was killed in
# between.  begin.sh BUILD
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

# logged N LINE: the newest of N lines of the agent, once there are so many.
logged()
{
    local lines=

    for _ in {1..100}; do
        lines=$("$serai" agent logs ready)
        [ "$(wc -l <<<"$lines")" -lt "$1" ] || break
        sleep 0.1
    done
    holds "line $1 of the log" "$(tail -n 1 <<<"$lines" | sed 's/.*ready: //')" "$2"
}

new_site
start_site
"$serai" money in 1 >/dev/null
deploy ready "$guests/ready.wasm" 0.1 >/dev/null
logged 1 "abc, turn 1"
stop_site KILL
start_site
"$serai" agent send ready go >/dev/null
logged 2 "abc, turn 2" # not again
"$serai" agent send ready become >/dev/null
logged 4 "abc, turn 1" # in its new memory
"$serai" agent send ready go >/dev/null
logged 5 "abc, turn 2"
stop_site TERM
verify
passed
