#!/usr/bin/env bash
# Packets that land in a buffer of their receiver's, within a site and over a link, and a class of
# priority that is paid for and that an audit computes again.  landing.sh BUILD
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/links_lib.sh
. "$(dirname "$0")/links_lib.sh"
guests=$build/tests/agents/guests

make_site a
make_site b "$(free_port)"
run_named a
run_named b
on a money in 10 >/dev/null
add_link b a
add_link a b "${ports[b]}"
until_holds 10 "A is up" is_state a b up
until_holds 10 "B is up" is_state b a up

says() # AGENT WORDS
{
    on a agent logs "$1" | matches -- "$2"
}

for interface in '' b; do
    agent=$(on a agent deploy "$guests/lander.wasm" --name "lander$interface" --money 1 \
        --args "$interface" --json | jq -r .agent)
    until_holds 20 "the second packet, via '$interface'" says "$agent" 'it says: packet 2'
    says "$agent" 'landed at 0, with 0 in its event' || fail 'the first is not in the first place'
    says "$agent" 'it says: packet 1' || fail 'the first packet is not what was sent'
    says "$agent" 'landed at 64, with 0 in its event' || fail 'the second is not in the second'
    checks=$((checks + 3))
done

for name in a b; do
    end_named "$name" TERM
    holds "the exit code of $name" "$ended" 0
    on "$name" audit verify >/dev/null || fail "the books of $name do not verify"
done
# Over the link class 5: the line of a packet's fee has it above the interface, from bit 17 on.
holds "classes of packets that were paid" "$(on a ledger export --format jsonl |
    jq -r 'select(.code == "packet fee") | .object | tonumber / 131072 | floor' |
    sort -un | tr '\n' ' ')" "0 5 "
passed
