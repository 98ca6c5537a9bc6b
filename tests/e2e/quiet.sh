#!/usr/bin/env bash
# Agents that have themselves woken as soon as can be make few commits, however many they are, while
# nobody waits for a frame.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

# look: sets $frame and $time_us, as of one answer of the site, and the bytes written until then.
look()
{
    read -r frame time_us < <("$serai" site status --json | jq -r '"\(.frame) \(.site_time_us)"')
    bytes=$(written)
}

# Bytes that the daemon has handed to files: the store's, beside a few lines of its log.
written() { awk '/^wchar/ {print $2}' "/proc/$daemon/io"; }

new_site
start_site
"$serai" money in 9.00 >/dev/null
for name in one two three; do
    last=$(deploy $name "$guests/metronome.wasm" 0.5 --give timer)
done
turns=$(field "$last" turns)
look
frames=$frame since=$time_us before=$bytes
sleep 2
look
frames=$((frame - frames)) passed_us=$((time_us - since)) bytes=$((bytes - before))
turns=$(($(field "$last" turns) - turns))
# One each 100 ms, and one for each time that we asked.
most=$((passed_us / 100000 + 3))
tells 16 "commits in $((passed_us / 1000)) ms, agents wake themselves" \
    "one for each wake: 176 a second" "$frames" "$most" frames
tells_time 16 "... bytes handed to the disk a second" "14.4 MB, 14 times its rows" \
    "$(awk -v b="$bytes" -v us="$passed_us" 'BEGIN { printf "%.2f", b / us }')" 2 MB
[ "$turns" -ge 5 ] || fail "only $turns turns in $passed_us us: the timers stand still"

stop_site TERM
holds "the exit code after SIGTERM" "$ended" 0
verify
passed
