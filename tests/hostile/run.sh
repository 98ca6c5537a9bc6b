#!/usr/bin/env bash
# What attacks get for their money, row by row, with what the clock measures.  run.sh BUILD
# BUILD is an optimised build.  Each part prints lines of one table: what an attack got when it was
# first tried, what it gets now, and the bound; a part fails past a bound.  In the end the table is
# printed whole, and each row must be in it.  How busy the machine was is told, for figures of the
# clock mean little on a busy one.
# shellcheck disable=SC2317  # functions that part() calls
set -euo pipefail

build=${1:?usage: run.sh BUILD}
here=$(dirname "$0")
e2e=$here/../e2e
rows=18
times_max=3
bad=0
said=$(mktemp "${TMPDIR:-/tmp}/serai-hostile-XXXXXX")
trap 'rm -f "$said"' EXIT
export HOSTILE_CLOCK=1

# part WHAT COMMAND...: what it says is kept for the table.
part()
{
    echo "$1:"
    shift
    "$@" | tee -a "$said" || bad=1
}

# A line for what one order takes for its fuel, and one for the worst of all, in tier 0: the plain
# loop is interleaved with each, medians.
orders()
{
    "$build/tests/bench/bench_orders" | awk -v most="$times_max" '
        { print }
        /^orders,/ { judged = /frames in RAM, tier 0/ }
        judged && /: [0-9.]+ times$/ && !/^ *worst/ {
            times = $(NF - 1)
            name = $0
            sub(/^ */, "", name)
            sub(/ +[0-9.]+ fuel.*/, "", name)
            if (times > worst) { worst = times; at = name }
            if (name ~ /^(cap_kind|buffer_share, cap_drop|heap_get, cap_drop|random_bytes, 1)$/)
                figure[name] = times > figure[name] ? times : figure[name]
        }
        function row(what, now) {
            printf "  row 5   %-52s then %-34s now %s, at most %s times the plain loop\n", what,
                "10 to 53", now, most
        }
        END {
            for (name in figure) row(name ", for its fuel", figure[name])
            row("worst of all orders, full tables: " at, worst)
            exit worst == 0 || worst > most
        }'
}

# The jail needs Landlock.
jail()
{
    local code=0

    "$build/tests/site/compiler/test_compiler_jail" || code=$?
    if [ "$code" = 77 ]; then
        echo "  row 14  the kernel has no Landlock: nothing is compiled, and nothing was tried"
        return 0
    fi
    return "$code"
}

# The same for what code_put pays for a module, by the dearest shape, and for hostile runs.
worst_modules()
{
    "$build/tests/bench/bench_hostile" | awk -v most="$times_max" '
        /^  worst: / {
            times = $(NF - 4)
            name = $0
            sub(/^  worst: /, "", name)
            sub(/, [0-9.]+ times .*/, "", name)
            printf "  row 5   %-52s then %-34s now %s, at most %s times the plain loop\n",
                "a module put: " name, "15 (8 fuel a byte)", times, most
        }
        /^  worst of/ { print }
        END { exit times == 0 || times > most }'
}

load()
{
    printf 'load of the machine: %s\n' "$(cut -d ' ' -f 1-3 /proc/loadavg)"
}

load
part "trials on the core of a site" "$build/tests/hostile/test_hostile"
part "what messages bring is lent" "$build/tests/site/core/test_core_lent"
part "connections of neighbours" env CK_RUN_CASE=floods "$build/tests/site/daemon/test_callers"
part "the same against a daemon" "$e2e/link_floods.sh" "$build"
part "messages of a neighbour, against a daemon" "$e2e/neighbour.sh" "$build"
part "the control socket" "$e2e/crowd.sh" "$build"
part "the compiler's jail" jail
part "agents that wake themselves" "$e2e/quiet.sh" "$build"
part "secrets in memory" "$build/tests/site/daemon/test_secrets"
part "answers of a daemon under attack" "$here/control.sh" "$build"
part "time for fuel" orders
part "hostile modules" worst_modules
echo "the table:"
grep '^  row ' "$said" | sort -s -n -k 2,2
for ((row = 1; row <= rows; row++)); do
    grep -q "^  row $row " "$said" || {
        echo "row $row: no figure was told"
        bad=1
    }
done
load
exit "$bad"
