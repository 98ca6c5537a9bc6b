#!/usr/bin/env bash
# Compare the engine with others on many random modules, in several processes.
#
#     tests/differential/run.sh BUILD MODULES SEED JOBS
#
# Prints the totals of each process at its end, and what differs as it is found.  The logs and the
# modules that differ are kept in BUILD/differential.
set -euo pipefail

build=${1:?usage: run.sh BUILD MODULES SEED JOBS}
modules=${2:-100000} seed=${3:-1} jobs=${4:-1}
keep=$build/differential
mapfile -t files <"$build/tests/differential/modules.txt"
mkdir -p "$keep"

each=$(((modules + jobs - 1) / jobs))
children=()
for job in $(seq 0 $((jobs - 1))); do
    first=$((seed + job * each))
    "$build/tests/differential/differential" --modules "$each" --seed "$first" --keep "$keep" \
        "${files[@]}" >"$keep/log-$first" 2>&1 &
    children+=($!)
done
failed=0
for child in "${children[@]}"; do
    wait "$child" || failed=1
done
for job in $(seq 0 $((jobs - 1))); do
    log=$keep/log-$((seed + job * each))
    grep -h -A 1 '^DIFFERENCE' "$log" || true
    tail -n 8 "$log"
done
for job in $(seq 0 $((jobs - 1))); do
    tail -n 1 "$keep/log-$((seed + job * each))"
done | awk '/^differential: / { modules += $2; alike += $4; differences += $10 }
    END { printf "all: %d modules, %d ran alike on every side, %d differences\n",
        modules, alike, differences }'
exit "$failed"
