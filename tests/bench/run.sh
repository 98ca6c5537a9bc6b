#!/usr/bin/env bash
# Measure, and print what was found, whatever it is; see docs/performance.md.
#
#     tests/bench/run.sh BUILD [BENCH ...]   BUILD: an optimised build, such as build/release;
#                                            BENCH: engine, fuel, hostile, orders, objects,
#                                            promises, agents, pages, ledger, books, control, links,
#                                            wires, priority, density (all)
#     BENCH_DIR=/tmp       where the books of the benches lie: the disk that is measured
#     BENCH_ONLY=births    measure only what has this in its name
#     BENCH_PATIENCE=15    rounds to try until 5 are good
#     BENCH_FOREIGN=0.5    the share of the CPU that others may use in a good round
#     BENCH_OTHER=COMMAND  another engine for the engine bench: "COMMAND NAME N SECONDS" prints the
#                          seconds of one call of that export of bench_loops.wasm
#     BENCH_ACCOUNTS=1000000   accounts of the ledger bench
#     BENCH_AGENTS=20000       idle agents; of density 1000000
set -euo pipefail

build=${1:?usage: run.sh BUILD [BENCH ...]}
shift
bench=$build/tests/bench
accounts=${BENCH_ACCOUNTS:-1000000}
agents=${BENCH_AGENTS:-20000}
here=$(dirname "$0")
[ -x "$bench/bench_agents" ] || { echo "bench: $bench is not built; run make release" >&2; exit 1; }

work=$(mktemp -d "${BENCH_DIR:-/tmp}/serai-bench-run-XXXXXX")
daemon=
finish()
{
    if [ -n "$daemon" ]; then
        kill "$daemon" 2>/dev/null || true
        wait "$daemon" 2>/dev/null || true
    fi
    rm -rf "$work"
}
trap finish EXIT
export BENCH_DIR=$work # so that all goes, even after a bench was stopped

if command -v erlc >/dev/null && erlc -o "$work" "$here/serai_bench.erl"; then
    export BENCH_ERLANG=$work
else
    echo "bench: no erlc (package erlang-base): compared with nothing" >&2
fi

# shellcheck source=tests/bench/peers/peers.sh
. "$here/peers/peers.sh"

bench_engine()
{
    find_peers "$build" "$work" || echo "bench: wasm2c's C does not compile here" >&2
    "$bench/bench_engine"
}

bench_control()
{
    local site=$work/site
    "$build/site/serai" site init "$site" >/dev/null
    SERAI_SITE=$site "$build/site/serai" site run >"$work/daemon.log" 2>&1 &
    daemon=$!
    for _ in $(seq 100); do
        grep -q '^ready' "$work/daemon.log" && break
        sleep 0.05
    done
    "$bench/bench_control" "$site/control.sock"
}

echo "machine: $(nproc) processors, $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)"
for name in "${@:-all}"; do
    case $name in
    all)
        "$0" "$build" engine fuel hostile orders objects promises agents pages ledger books \
            control links wires priority density
        ;;
    engine) bench_engine ;;
    fuel) "$bench/bench_fuel" ;;
    hostile) "$bench/bench_hostile" ;;
    orders) "$bench/bench_orders" ;;
    objects) "$bench/bench_objects" ;;
    agents) "$bench/bench_agents" "$agents" ;;
    promises) "$bench/bench_promises" ;;
    pages) "$bench/bench_pages" 1000 200000 ;;
    ledger)
        "$bench/bench_ledger" 10000
        "$bench/bench_ledger" "$accounts"
        ;;
    density) "$bench/bench_density" "${BENCH_AGENTS:-1000000}" ;;
    books) "$bench/bench_books" "$agents" ;;
    control) bench_control ;;
    priority) "$bench/bench_priority" ;;
    links) TMPDIR=$work "$here/links.sh" "$build" ;;
    wires) TMPDIR=$work "$here/wires.sh" "$build" ;;
    *)
        echo "bench: there is no bench $name" >&2
        exit 64
        ;;
    esac
done
