#!/usr/bin/env bash
# Questions to answers that are not there yet: a driver drives cars before they are made, hears what
# went wrong at the beginning of a pipe at its end, and a car that nobody holds is scrapped; also
# when the site is killed while the questions wait.  promises.sh BUILD
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

number=0123456789abcdef01234567

says()
{
    "$serai" agent logs "$1" --json | jq -r 'select(.by == "agent") | .text'
}

# waits_for AGENT WORDS
waits_for()
{
    for _ in {1..100}; do
        says "$1" | matches "$2" && return
        sleep 0.1
    done
    fail "agent $1 never says \"$2\""
}

cat >"$work/expected" <<'END'
driver: Vroom! I am a blue car.
driver: no car, nobody drives plaid
driver: Vroom! I am a red car.
END

new_site
start_site
"$serai" money in 5 >/dev/null
factory=$(deploy factory "$examples/factory.wasm" 0.1 --args "number=$number")
driver=$(deploy driver "$examples/driver.wasm" 0.1 --args "number=$number")
waits_for "$driver" red
diff <(says "$driver" | sort) <(sort "$work/expected") >&2 || fail "the driver says something else"
checks=$((checks + 1))
waits_for "$factory" "car 2 is scrapped"
# It asked in one turn, and heard three ends.
holds "turns of the driver" "$(field "$driver" turns)" 4

# The factory is frozen while it is asked, and the site is killed: nothing is lost of what waits.
"$serai" agent freeze "$factory" >/dev/null
second=$(deploy second "$examples/driver.wasm" 0.1 --args "number=$number")
for _ in {1..100}; do
    [ "$(field "$second" turns)" = 1 ] && break
    sleep 0.1
done
stop_site KILL
start_site
"$serai" agent thaw "$factory" >/dev/null
waits_for "$second" red
diff <(says "$second" | sort) <(sort "$work/expected") >&2 || fail "the second says something else"
checks=$((checks + 1))

# A driver that dies before it is answered: what it sent goes back, and nothing stays held.
"$serai" agent freeze "$factory" >/dev/null
third=$(deploy third "$examples/driver.wasm" 0.1 --args "number=$number")
for _ in {1..100}; do
    [ "$(field "$third" turns)" = 1 ] && break
    sleep 0.1
done
"$serai" agent end "$third" >/dev/null
"$serai" agent thaw "$factory" >/dev/null
held()
{
    "$serai" ledger accounts --json | jq -r 'select(.name == "held:message") | .balance'
}

for _ in {1..100}; do
    [ "$(held)" = 0.000000000 ] && break
    sleep 0.1
done
holds "what is held for messages" "$(held)" 0.000000000
stop_site TERM
verify
passed
