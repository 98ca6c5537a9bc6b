#!/usr/bin/env bash
# What hostile guests get for their money, with what the clock measures.  run.sh BUILD
# BUILD is an optimised build.  The trials print what each attack once got, what it gets now and
# the bound; then come the jail of the compiler, the answers of a daemon under attack, and how many
# times the plain loop's time each order takes for its fuel: interleaved with it, medians, and at
# most 3 in tier 0.  How busy the machine was is told, for the figures mean little on a busy one.
set -euo pipefail

build=${1:?usage: run.sh BUILD}
here=$(dirname "$0")
times_max=3
bad=0

printf 'load of the machine: %s\n' "$(cut -d ' ' -f 1-3 /proc/loadavg)"
echo "trials:"
"$build/tests/hostile/test_hostile" || bad=1
echo "row 14, the compiler's jail:"
"$build/tests/site/compiler/test_compiler_jail" || bad=1
echo "answers of a daemon under attack:"
"$here/control.sh" "$build" || bad=1
echo "row 5, time for fuel:"
"$build/tests/bench/bench_orders" | tee /dev/stderr | awk -v most="$times_max" '
    /^orders,/ { judged = /frames in RAM, tier 0/ }
    judged && /: [0-9.]+ times$/ && $(NF - 1) > most { print "over the bound:" $0; bad = 1 }
    END { exit bad }' || bad=1
"$build/tests/bench/bench_hostile" | grep -e worst
printf 'load of the machine: %s\n' "$(cut -d ' ' -f 1-3 /proc/loadavg)"
exit "$bad"
