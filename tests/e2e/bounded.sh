#!/usr/bin/env bash
# Two sites whose link is bounded at both ends, in traffic: kill -9 of either loses nothing, and a
# loss of power, for which the redo log is taken away, costs no more than the flush amount and is
# taken over, so that the books of both still agree.
# bounded.sh BUILD [KILLS [LOSSES]]; SEED=n replays the moments.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/links_lib.sh
. "$(dirname "$0")/links_lib.sh"
kills=${2:-6}
losses=${3:-6}
seed=${SEED:-$RANDOM}
printf 'SEED=%d\n' "$seed"
RANDOM=$seed
flush=2.50
most=30 # of each, until one of them came at the right moment

seen() # LINE: how often the logs have it
{
    cat "$work"/[ab].log | grep -c "$1" || true
}

make_site a
make_site b "$(free_port)"
run_named a
run_named b
join_in_traffic "${ports[b]}"
exits 1 "raise the limit by as much" on a link set b --durability bounded \
    --flush-amount "$flush"
for name in a b; do
    far=$([ "$name" = a ] && echo b || echo a)
    on "$name" link set "$far" --limit 1100 --durability bounded --flush-amount "$flush" \
        --flush-ms 400 >/dev/null
    holds "the link of $name is" "$(link_field "$name" "$far" durability)" bounded
done
goes_on a b

# ---- the process is killed ----
for ((kill = 1; kill <= kills || (kill < most && $(seen redo.applied) == 0); kill++)); do
    victim=$( ((kill % 2)) && echo a || echo b)
    some_time 500
    end_named "$victim" KILL
    run_named "$victim"
    until_holds 20 "A is up after kill $kill" is_state a b up
done
goes_on a b
holds "what kills cost A" "$(link_field a b lost)" 0.000000000
holds "what kills cost B" "$(link_field b a lost)" 0.000000000
checks=$((checks + 1))
grep -q redo.applied "$work/a.log" "$work/b.log" || fail "no kill left anything in a redo log"

# ---- the power is lost ----
for ((loss = 1; loss <= losses || (loss < most && $(seen link.lost-power) == 0); loss++)); do
    victim=$( ((loss % 2)) && echo a || echo b)
    some_time 500
    end_named "$victim" KILL
    rm "$work/$victim/redo"
    run_named "$victim"
    until_holds 20 "A is up after loss $loss" is_state a b up
done
goes_on a b
checks=$((checks + 1))
grep -q link.lost-power "$work/a.log" "$work/b.log" || fail "no loss of power took anything"

# ---- and the books ----
on b agent freeze "$at_b" >/dev/null
settle a b
lost_a=$(link_field a b lost)
lost_b=$(link_field b a lost)
end_named a TERM
end_named b TERM
books_agree a b
minted=$(jq -s 'map(.minted | tonumber) | add' "$work/a.audit" "$work/b.audit")
holds "what was brought in at both" "$minted" 40
for amount in "$lost_a" "$lost_b"; do
    checks=$((checks + 1))
    awk -v lost="$amount" -v most="$flush" 'BEGIN { exit lost + 0 <= most + 0 ? 0 : 1 }' ||
        fail "$amount was lost, and $flush is the most"
done
passed
