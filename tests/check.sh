#!/usr/bin/env bash
# The gate, `make check`: each step in turn, the first failure ends it.  Ends with CTest's own
# closing lines, so that what was run is seen and not believed.
set -euo pipefail
cd "$(dirname "$0")/.."

jobs=${JOBS:-$(nproc)}
log=build/check-log
mkdir -p "$log"
rm -f "$log"/*

# Tests that draw by chance take the commit's own number: each commit is tried with other draws,
# and whoever tries the same commit sees what others saw.  SEED=n chooses another.
commit=$(git rev-parse --verify --quiet HEAD || echo 1)
export SEED=${SEED:-$((16#${commit:0:7}))}
printf 'SEED=%d\n' "$SEED"

# step NAME TARGET: run `make TARGET`, quiet while it goes well.
step()
{
    local name=$1 target=$2 begin=$SECONDS

    printf '%-36s' "$name"
    if ! make JOBS="$jobs" "$target" >"$log/$target" 2>&1; then
        printf 'FAILED after %d s\n\n' $((SECONDS - begin))
        tail -n 150 "$log/$target"
        printf '\nmake check: FAILED at "%s" (make %s; the whole log is %s)\n' \
            "$name" "$target" "$log/$target" >&2
        exit 1
    fi
    printf 'ok %5d s\n' $((SECONDS - begin))
}

# The closing lines of CTest in a step's log; none of them is a failure of the step.
closing()
{
    local what=$1 target=$2

    sed -n "s/^\(.*tests passed.*\)$/$what: \1/p" "$log/$target"
    sed -n '/^The following tests did not run:/,/^$/p' "$log/$target"
}

step 'layout' format-check
step 'build, gcc' build
step 'every header alone' check-headers
step 'build, clang and sanitizers' check-clang
step 'same hashes, two builds' check-hashes
step 'clang-tidy' tidy
step 'cppcheck' cppcheck
# Each test runs once: under the sanitizers where it can, and else as gcc built it.
step 'tests, address + undefined' check-asan
step 'tests, thread' check-tsan
step 'tests and lints, gcc' check-rest

printf '\nmake check: all steps passed in %d s\n' "$SECONDS"
closing 'thread sanitizer' check-tsan
closing 'address and undefined sanitizers' check-asan
closing 'gcc' check-rest
