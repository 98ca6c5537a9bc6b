#!/usr/bin/env bash
# What the daemon tells the service manager: that it is ready, how it serves, the beat of the
# watchdog, a reload, its end, and why it could not start.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"
manager=$(dirname "$0")/manager.py
told=$work/told

# tells PATTERN [COUNT]: the manager was told so, COUNT times (1), within some seconds
tells()
{
    local n

    checks=$((checks + 1))
    for n in {1..200}; do
        [ "$(grep -c -- "$1" "$told")" -lt "${2:-1}" ] || return 0
        sleep 0.05
    done
    cat "$told" >&2
    fail "the manager is not told \"$1\" ${2:-1} times"
}

# begins WATCHDOG_USEC ABSTRACT
begins()
{
    : >"$told"
    run_site "$manager" "$told" "$1" "$2" "$serai" site run || fail "the site does not start"
}

new_site
begins 2000000 0
holds "what comes first" "$(head -n 1 "$told")" "STATUS=opening the books"
tells '^READY=1|STATUS=serving: 0 agents, frame 0$'
tells '^WATCHDOG=1|STATUS=serving: 0 agents, frame [0-9]*$' 3
"$serai" money in 1 >/dev/null
deploy scout "$examples/scout.wasm" 0.1 >/dev/null
tells '^WATCHDOG=1|STATUS=serving: 1 agents, frame [1-9]'
exits 0 'nothing has changed' "$serai" site reload
tells '^RELOADING=1|'
tells '^READY=1|' 2
kill -HUP "$daemon"
tells '^RELOADING=1|' 2
tells '^READY=1|' 3
holds "a reload ends as it began" "$(grep -o '^RELOADING\|^READY' "$told" | tr '\n' ' ')" \
    "READY RELOADING READY RELOADING READY "
stop_site TERM
holds "its end" "$ended" 0
tells '^STOPPING=1|STATUS=stopping$'

# No beat is wanted: none comes.  The socket may have a name without a path.
begins 0 1
tells '^READY=1|'
stop_site TERM
holds "beats that nobody wanted" "$(grep -c WATCHDOG "$told" || true)" 0

# Why it cannot run, on one line whatever it names.
printf 'garbage' >"$SERAI_SITE/site.key"
: >"$told"
exits 78 '' "$manager" "$told" 0 0 "$serai" site run
tells '^STATUS=.*site.key'
new_site

# A manager that is not there keeps no site from serving.
run_site env NOTIFY_SOCKET="$work/nowhere" "$serai" site run || fail "it wants a manager"
grep -q 'site.no-manager .*effect="the service manager is told nothing"' "$daemon_log" ||
    fail "the log does not say that nobody listens"
stop_site TERM
# A beat that is wanted of another process is not ours to give.
: >"$told"
WATCHDOG_PID=1 begins 400000 0
sleep 1
stop_site TERM
holds "beats for another" "$(grep -c WATCHDOG "$told" || true)" 0
passed
