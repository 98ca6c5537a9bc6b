#!/usr/bin/env bash
# Each deliberate fault of tests/mutants fits the tree as it is: `make mutants` takes hours and is
# run seldom, and what does not fit is not tried.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
bad=0
count=0
for patch in "$root"/tests/mutants/*.patch; do
    count=$((count + 1))
    if ! said=$(patch -d "$root" -p1 -s -f --dry-run <"$patch" 2>&1); then
        echo "$(basename "$patch"): $said"
        bad=$((bad + 1))
    fi
done
[ "$count" -gt 0 ] || { echo "test_mutants.sh: there is no patch in $root/tests/mutants"; exit 1; }
[ "$bad" -eq 0 ] || { echo "test_mutants.sh: $bad of $count do not fit any more"; exit 1; }
echo "test_mutants.sh: all $count fit"
