#!/usr/bin/env bash
# The gate itself: with a `make` that fails at one target, tests/check.sh must fail and name it;
# with one that never fails, it must pass and end with the line of CTest.
set -euo pipefail
gate=$(cd "$(dirname "$0")/.." && pwd)/check.sh
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/tests" "$dir/bin"
cp "$gate" "$dir/tests/check.sh"
cat >"$dir/bin/make" <<'END'
#!/bin/sh
for target; do :; done
echo "100% tests passed, 0 tests failed out of 3"
echo "$target" >>"$RAN"
[ "$target" != "$BROKEN" ]
END
chmod +x "$dir/bin/make"
export PATH="$dir/bin:$PATH" RAN="$dir/ran" JOBS=1

targets=$(sed -n "s/^step '.*' //p" "$gate")
[ "$(wc -w <<<"$targets")" -ge 9 ] || { echo "the gate has too few steps"; exit 1; }
for target in $targets; do
    if BROKEN=$target "$dir/tests/check.sh" >"$dir/out" 2>&1; then
        echo "passed although $target failed"
        exit 1
    fi
    grep -q "FAILED at .*make $target;" "$dir/out" || { cat "$dir/out"; exit 1; }
done
: >"$RAN"
BROKEN=none "$dir/tests/check.sh" >"$dir/out"
[ "$(cat "$RAN")" = "$targets" ]
[ "$(tail -n 1 "$dir/out")" = "gcc: 100% tests passed, 0 tests failed out of 3" ]
echo "the gate failed at each of its steps, and only then"
