#!/usr/bin/env bash
# A neighbour that is dead, stopped or cut off is down within seconds, on the side that dials and on
# the one that is dialled, with one line of the log and the reason; and is up again when it is back.
# link_states.sh BUILD
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/links_lib.sh
. "$(dirname "$0")/links_lib.sh"

make_site a
make_site b "$(free_port)"
between=$(free_port)
start_proxy "$between" "${ports[b]}"

# changes SITE STATE: how many lines of its log tell of that
changes() { grep -c "link.state .*state=$2" "$work/$1.log" || true; }

both()
{
    until_holds 15 "$1 at A" is_state a b "$1"
    until_holds 15 "$1 at B" is_state b a "$1"
}

run_named a
run_named b
add_link b a
add_link a b "$between"
both up

# The one that is dialled dies.
end_named b KILL
until_holds 10 "A is down" is_state a b down
holds "what A tells of it" "$(changes a down)" 1
holds "how many are up" "$(on a site status --json | jq -c '[.links_up, .links_down]')" '[0,1]'
exits 0 '^unchanged s  *[0-9]' on a link show b
exits 0 '^reason  *no handshake\|^reason  *the connection was closed' on a link show b
run_named b
both up

# The one that dials dies.
end_named a KILL
until_holds 10 "B is down" is_state b a down
holds "what B tells of it" "$(changes b down)" 1
exits 0 '^reason  *the connection was closed' on b link show a
run_named a
both up

# Each stands still.
for name in a b; do
    other=$([ "$name" = a ] && echo b || echo a)
    kill -STOP "${pids[$name]}"
    until_holds 12 "$other is down" is_state "$other" "$name" down
    exits 0 '^reason  *no answer' on "$other" link show "$name"
    kill -CONT "${pids[$name]}"
    both up
done

# The cable between them is pulled: no connection breaks.
a_down=$(changes a down) b_down=$(changes b down)
say swallow 1
both down
holds "what A tells of it" "$(changes a down)" $((a_down + 1))
holds "what B tells of it" "$(changes b down)" $((b_down + 1))
say swallow 0
both up

# One that ends in order.
end_named b TERM
until_holds 10 "A is down" is_state a b down
run_named b
both up
end_named a TERM
end_named b TERM
passed
