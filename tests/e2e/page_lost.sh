#!/usr/bin/env bash
# A page of an agent's memory rots on the disk while the daemon runs and has it no longer in RAM:
# the daemon ends with 74 when it is wanted, says which row, and nothing that was answered is lost.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
damage=$build/tests/e2e/damage
crashy=$build/tests/e2e/crashy
store=

# The daemon as it is, but with one page in RAM beside those of agents that are awake.
forgetful()
{
    run_site "$crashy" 0 0 1 || fail "the site does not start"
}

# Images are written, and what they hold is given up, as others change.
write_images()
{
    for ((message = 0; message < 10; message++)); do
        "$serai" agent send "$first" more >/dev/null
    done
}

# counted AGENT: what its memory says
counted()
{
    "$serai" agent logs "$1" --json | jq -r .text | sed -n 's/^spender: count=//p' | tail -n 1
}

new_site
store=$SERAI_SITE/store
forgetful
"$serai" money in 1.00 >/dev/null
first=$(deploy first "$examples/spender.wasm" 0.1 --args "every=1")
other=$(deploy other "$examples/spender.wasm" 0.1 --args "every=1")
victim=$(deploy victim "$examples/spender.wasm" 0.1 --args "every=1")
for agent in "$first" "$other" "$victim"; do
    "$serai" agent send "$agent" one >/dev/null
    "$serai" agent send "$agent" two >/dev/null
done
write_images
stop_site TERM
verify

# With good pages a daemon that has them no longer in RAM reads them again.
forgetful
"$serai" agent send "$victim" three >/dev/null
holds "what the agent counted" "$(counted "$victim")" 3
stop_site TERM
holds "the exit code after SIGTERM" "$ended" 0

# Its image comes out of the log, whose rows are in the daemon's memory, to its table.
forgetful
write_images
stop_site TERM
"$damage" "$store" settle

# The disk rots under the daemon.
forgetful
write_images
"$damage" "$store" page "$(printf '%016x' "$victim")" "$work/row" || fail "there is no page to rot"
"$serai" agent send "$other" three >/dev/null
holds "what another agent counted" "$(counted "$other")" 3
"$serai" money in 0.05 >/dev/null
before=$("$serai" site status --json | jq -r .minted)
code=0
"$serai" agent send "$victim" four >"$work/said" 2>&1 || code=$?
[ "$code" -ne 0 ] || fail "a message is answered that no turn can have read"
wait_site
holds "the exit code of a daemon that lost a page" "$ended" 74
tail -n 1 "$daemon_log" | matches 'store.page-lost' || fail "the log does not say what happened"
tail -n 1 "$daemon_log" | matches "table page, row $(printf '%016x' "$victim")" ||
    fail "the log does not name the row"
exits 1 "table page, row $(printf '%016x' "$victim")" "$serai" audit verify

# It does not start again on such books, and says so before it serves.
if run_site "$serai" site run; then
    fail "a site whose page is lost starts"
fi
wait_site
holds "the exit code of the next start" "$ended" 74
grep -q 'site.verifying' "$daemon_log" || fail "the books are not verified after a lost page"
tail -n 1 "$daemon_log" | matches "table page, row $(printf '%016x' "$victim")" ||
    fail "the next start does not name the row"

# The same disk with its bit back: all that was answered is there, and what was not is done once.
"$damage" "$store" again "$work/row"
start_site
grep -q 'site.verified' "$daemon_log" || fail "the books were not verified"
holds "what was brought in" "$("$serai" site status --json | jq -r .minted)" "$before"
holds "what another agent counted, after all" "$(counted "$other")" 3
"$serai" agent send "$victim" --retry >/dev/null || fail "the message cannot be asked for again"
for ((step = 0; step < 50; step++)); do
    [ "$(counted "$victim")" != 4 ] || break
    sleep 0.1
done
holds "what the agent counted in the end" "$(counted "$victim")" 4
"$serai" agent send "$victim" five >/dev/null
holds "what the agent counted after that" "$(counted "$victim")" 5
stop_site TERM
holds "the exit code in the end" "$ended" 0
verify
passed
