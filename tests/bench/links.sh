#!/usr/bin/env bash
# Two sites and the link between them, with agents that wait to be told how much to send, and then
# bench_links on them, over strict links and then over bounded ones.  links.sh BUILD
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"
# shellcheck source=tests/e2e/links_lib.sh
. "$(dirname "$0")/../e2e/links_lib.sh"
bench=$build/tests/bench

# A newborn gives some credit beside the window, so this is close to the most that there may be; and
# so many channels fill the window of the link, of which one customer has at most half.
window=1000
channels=4

pump() # NAME ARGS [OPTIONS]: prints its number
{
    local name=$1 args=$2
    shift 2
    on a agent deploy "$bench/bench_pump.wasm" --name "$name" --money 3 \
        --args "via=b window=$window $args" "$@" --json | jq -r .agent
}

is_loaded() # all newborns have said with their credit that they are what they shall be
{
    [ "$(on b agent ls --json | jq -s 'length')" -eq $((channels + 1)) ] && is_quiet a b &&
        is_quiet b a
}

make_site a
make_site b "$(free_port)"
if [ -n "${SATURATE_S:-}" ]; then # some 600 bytes of journal a packet, at each site
    sed -i 's/^map_bytes = .*/map_bytes = "64GiB"/' "$work"/[ab]/site.toml
fi
run_named a
run_named b
on a money in 100 >/dev/null
add_link a b "${ports[b]}"
add_link b a
until_holds 10 "A is up" is_state a b up
until_holds 10 "B is up" is_state b a up
on a customer add second --new "$work/second.key" >/dev/null
second=$(on a customer ls --json | jq -r 'select(.name == "second") | .account')
on a money in 100 --customer "$second" >/dev/null
agents=("$(pump trips trips=1)")
for name in $(seq 1 2 "$channels"); do
    agents+=("$(pump "pump-$name" "")")
    # As bench_links gives it to the command line.
    agents+=("$(pump "pump-$((name + 1))" "" --key "$work/second.key") --key $work/second.key")
done
until_holds 10 "all are loaded" is_loaded
measure()
{
    printf '%s links\n' "$1"
    "$bench/bench_links" "$serai" "$work/a" "${pids[a]}" "$work/b" "${pids[b]}" "${agents[@]}"
}

measure strict
on a link set b --limit 1100 --durability bounded >/dev/null
on b link set a --limit 1100 --durability bounded >/dev/null
measure bounded
