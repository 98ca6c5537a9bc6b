#!/usr/bin/env bash
# What the operator says of links: each command, what it refuses, and what a price of one link does.
# link_commands.sh BUILD
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/links_lib.sh
. "$(dirname "$0")/links_lib.sh"

make_site a
make_site b "$(free_port)"
{
    printf '\n[links]\nchannel_fee = "0.0003"\n'
    printf '[link.a]\nbirth_fee = "0.0007"\nstrict_packet = "0.00002"\n'
} >"$work/more"
sed -i '/^\[links\]/,/^$/d' "$work/b/prices.toml"
cat "$work/more" >>"$work/b/prices.toml"
run_named a
run_named b

holds "the key in words" "$(on a site key)" "${keys[a]}"
exits 66 'is there a site' "$serai" site key --site "$work/none"

exits 64 'a link wants --key' on a link add b
exits 64 'a link wants --key' on a link add b --key "${keys[b]}"
exits 64 '64 hex digits' on a link add b --key nonsense --limit 1
# A slip in the key, and one that libsodium knows for a point of small order.
for begin in ff 00 01; do
    wrong=$begin$(printf "${begin:0:1}%.0s" {1..62})
    exits 64 '^serai: --key: that is no site.s key' on a link add b --key "$wrong" --limit 1
done
exits 64 'not an amount\|amount' on a link add b --key "${keys[b]}" --limit much
exits 1 "own key" on a link add b --key "${keys[a]}" --limit 1
for wrong in nowhere http://x tcp://127.0.0.1 tcp://127.0.0.1:0 tcp://127.0.0.1:99999 tcp://:9901 \
    tcp://127.0.0.1:9901/path 'tcp://*:9901'; do
    exits 64 'wants tcp://HOST:PORT' \
        on a link add b --key "${keys[b]}" --limit 1 --endpoint "$wrong"
done
exits 1 'a name has' on a link add 'b c' --key "${keys[b]}" --limit 1
exits 64 '1 to 32 bytes' on a link add "$(printf 'x%.0s' {1..33})" --key "${keys[b]}" --limit 1
exits 66 'is there a\|No such\|no such\|open' \
    on a link add b --key "${keys[b]}" --limit 1 --sign-with "$work/none.key"
on a customer add ada --new "$work/ada.key" >/dev/null
exits 77 'operator' on a link add b --key "${keys[b]}" --limit 1 --sign-with "$work/ada.key"
holds "links so far" "$(on a link ls --json | wc -l)" 0

# A slip that looks right is mended on the running site.
add_link b a
add_link a b "$(free_port)"
exits 64 'nothing to set' on a link set b
exits 64 'the port' on a link set b --endpoint tcp://127.0.0.1:0
exits 66 'no link c' on a link set c --limit 1
exits 1 'can be raised only' on a link set b --limit 999
exits 77 'operator' on a link set b --limit 2000 --key "$work/ada.key"
on a link set b --endpoint "tcp://127.0.0.1:${ports[b]}" --limit 1001 >/dev/null
is_limit() { [ "$(on b link show a --json | jq -r .peer_limit)" = "$1" ]; }
until_holds 20 "B hears of the limit" is_limit 1001.000000000
on a link set b --limit 1002 >/dev/null
until_holds 5 "B hears of the next limit" is_limit 1002.000000000
exits 1 'is taken' on a link add b --key "${keys[b]}" --limit 1
exits 1 'is that of link b' on a link add c --key "${keys[b]}" --limit 1
until_holds 20 "A is up" is_state a b up
until_holds 20 "B is up" is_state b a up

# What drains the link, and how long its limits last.
exits 64 'not an amount\|amount' on a link set b --soft-limit much
exits 1 'has to be below 1000.000000000' on a link set b --soft-limit 1000
exits 77 'operator' on a link set b --soft-limit 1 --key "$work/ada.key"
on a link set b --soft-limit 0.01 >/dev/null
holds "the soft limit" "$(on a link show b --json | jq -c '[.soft_limit, .drain_step]')" \
    '["0.010000000",0]'
on a link set b --soft-limit none >/dev/null
holds "no soft limit" "$(on a link show b --json | jq -c .soft_limit)" null

holds "the status" "$(on a site status --json | jq -c '[.links_up, .links_down, .links_frozen]')" \
    '[1,0,0]'
exits 0 '^link  *b up$' on a site status
holds "what B charges A for a birth" \
    "$(on a link show b --json | jq -r .peer_birth_fee)" 0.000700000
holds "... and for a channel" "$(on a link show b --json | jq -r .peer_channel_fee)" 0.000300000
holds "what B's agents pay for a flush besides" \
    "$(on b link show a --json | jq -r .strict_packet_price)" 0.000020000
holds "... and A's" "$(on a link show b --json | jq -r .strict_packet_price)" 0.000000000
holds "what A charges B" "$(on b link show a --json | jq -r .peer_birth_fee)" 0.000100000

# Marks, and what moved since.
exits 66 'no link c' on a link mark c
exits 66 'no link c' on a link show c
exits 66 'has no mark "start"' on a link show b --since start
exits 64 '1 to 32 bytes' on a link mark b --name "$(printf 'x%.0s' {1..33})"
holds "the first mark" "$(on a link mark b --json | jq -r .mark)" mark-1
holds "the next" "$(on a link mark b --json | jq -r .mark)" mark-2
on a link mark b --name start >/dev/null
on b link mark a --name start >/dev/null
exits 1 'has a mark start already' on a link mark b --name start
exits 64 'the mark to forget' on a link unmark b
exits 66 'has no mark none' on a link unmark b --name none
exits 66 'no link c' on a link unmark c --name start
exits 77 'operator' on a link unmark b --name mark-1 --key "$work/ada.key"
on a link unmark b --name mark-1 >/dev/null
marks() { on a link show b --json | jq -r '.marks[].mark' | paste -sd' '; }
holds "the marks that are left" "$(marks)" "mark-2 start"
on a money in 1 >/dev/null
scout=$(on a agent deploy "$examples/scout.wasm" --name scout --money 0.2 \
    --args "hops=1 endowment=0.05 max_fee=0.01 via=b" --json | jq -r .agent)
is_heard() { on a agent logs "$scout" | matches 'I am a scout now'; }
until_holds 20 "the scout's child reports" is_heard
until_holds 20 "all is acknowledged" is_quiet a b
holds "what the child and its fees cost" \
    "$(on a link show b --since start --json | jq -c '[.sent, .received, .net]')" \
    '["0.060000000","0.009000000","0.051000000"]'
# Nobody sends anything back, so at this pace the limit there is reached one day.
holds "what went lately" "$(on a link show b --json | jq -r .net_sent)" 0.051000000
holds "how long that lasts" \
    "$(on a link show b --json | jq '.we_reach_peer_limit_in_s > 1000 and .pace_over_s < 600')" true
holds "the same at B" \
    "$(on b link show a --since start --json | jq -c '[.sent, .received, .net]')" \
    '["0.009000000","0.060000000","-0.051000000"]'
holds "the fee that the scout heard of" \
    "$(on a agent logs "$scout" --json | jq -r .text | grep -o 'fee was .*')" 'fee was 0.001000000'

# Stopped by hand, and let go on; a restart does not end a freeze.
exits 1 'not frozen' on a link resume b
on a link freeze b >/dev/null
exits 0 '^link  *b frozen: frozen by the operator$' on a site status
stopped=$(on a agent deploy "$examples/scout.wasm" --name second --money 0.1 \
    --args "hops=1 endowment=0.02 max_fee=0.01 via=b" --json | jq -r .agent)
is_refused() { on a agent logs "$stopped" | matches 'no channel, refusal'; }
until_holds 10 "a frozen link refuses a birth" is_refused
end_named a TERM
run_named a
holds "the state after a restart" "$(link_field a b state)" frozen
on a link resume b >/dev/null
until_holds 20 "A is up again" is_state a b up

end_named a TERM
end_named b TERM
books_agree a b
exits 0 '= minted  *1.000000000' "$serai" audit network "$work/a" "$work/b"
exits 0 'in flight  *0.000000000' "$serai" audit network "$work/a" "$work/b"
exits 1 'a peer is left out' "$serai" audit network "$work/b"
exits 64 'is given twice' "$serai" audit network "$work/a" "$work/a"
exits 66 '' "$serai" audit network "$work/a" "$work/none"
holds "over links, at A" "$(on a audit verify --json | jq -r .in_flight)" 0.051000000
holds "over links, at B" "$(on b audit verify --json | jq -r .in_flight)" -0.051000000
passed
