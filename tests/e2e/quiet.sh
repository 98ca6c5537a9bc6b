#!/usr/bin/env bash
# Agents that have themselves woken as soon as can be make few commits, however many they are, while
# nobody waits for a frame.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

# count KEY: a number of the site's status or clock
count() { "$serai" site status --json | jq -r ".$1"; }

new_site
start_site
"$serai" money in 9.00 >/dev/null
for name in one two three; do
    last=$(deploy $name "$guests/metronome.wasm" 0.5 --give timer)
done
frames=$(count frame)
since=$(count site_time_us)
turns=$(field "$last" turns)
sleep 2
passed_us=$(($(count site_time_us) - since))
frames=$(($(count frame) - frames))
turns=$(($(field "$last" turns) - turns))
# One each 100 ms, and one for each time that we asked.
most=$((passed_us / 100000 + 6))
[ "$frames" -le "$most" ] || fail "$frames frames in $passed_us us, and should be $most at most"
[ "$turns" -ge 5 ] || fail "only $turns turns in $passed_us us: the timers stand still"

stop_site TERM
holds "the exit code after SIGTERM" "$ended" 0
verify
passed
