#!/usr/bin/env bash
# kill -9 of each of two linked sites at random moments under load, and a wire that breaks at
# random: after each kill the books verify, and in the end both agree on every message and all money
# is at one of the two.
# links_crash.sh BUILD [KILLS_OF_EACH]; SEED=n replays the moments.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/links_lib.sh
. "$(dirname "$0")/links_lib.sh"
kills=${2:-3}
seed=${SEED:-$RANDOM}
printf 'SEED=%d\n' "$seed"
RANDOM=$seed

make_site a
make_site b "$(free_port)"
wire=$(free_port)
start_proxy "$wire" "${ports[b]}"
run_named a
run_named b
join_in_traffic "$wire"
say random 2 "$seed"

for ((kill = 1; kill <= kills * 2; kill++)); do
    victim=$( ((kill % 2)) && echo b || echo a)
    # Births under way when it ends.
    on a agent deploy "$examples/scout.wasm" --name "scout$kill" --money 0.1 \
        --args "hops=1 endowment=0.02 via=b sell=$((RANDOM % 2))" >/dev/null
    some_time 400
    end_named "$victim" KILL
    on "$victim" audit verify >/dev/null ||
        fail "after kill $kill the books of $victim do not verify"
    some_time 200
    run_named "$victim"
done

say random 0 0
until_holds 20 "A is up after the last kill" is_state a b up
goes_on a b
on b agent freeze "$at_b" >/dev/null
settle a b
holds "agents of A that are in quarantine" \
    "$(on a agent ls --json | jq -r 'select(.reason // "" | test("quarantine")) | .id' | wc -l)" 0
end_named b TERM
end_named a TERM
books_agree a b

# All that was brought in is at one of the two: minted is the sum of what the audits found.
minted=$(jq -s 'map(.minted | tonumber) | add' "$work/a.audit" "$work/b.audit")
holds "what was brought in at both" "$minted" 40
passed
