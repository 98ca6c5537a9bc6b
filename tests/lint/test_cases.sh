#!/usr/bin/env bash
# tests/cases.sh tells right from wrong from what cannot be tried.  test_cases.sh BUILD
set -euo pipefail

build=${1:?usage: $0 BUILD}
cases=$(cd "$(dirname "$0")/.." && pwd)/cases.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail()
{
    echo "FAILED: $*" >&2
    cat "$work/said" >&2
    exit 1
}

make_case() # NAME SCRIPT
{
    mkdir -p "$work/$1"
    echo "$2" >"$work/$1/run.sh"
}

# tries CODE ARG...: cases.sh ends so; what it says is left in said.
tries()
{
    local expected=$1 code=0
    shift
    "$cases" "$@" >"$work/said" 2>&1 || code=$?
    [ "$code" -eq "$expected" ] || fail "$* exits $code, and should exit $expected"
}

says()
{
    grep -qx -- "$1" "$work/said" || fail "it does not say \"$1\""
}

tries 64
says 'say where the cases are: make cases CASES=DIR, .*'
tries 64 "$build" "$work/nowhere"
says "cases: there is no $work/nowhere/\*/run.sh"

# shellcheck disable=SC2016 # the case expands them
make_case fine 'test -x "$SERAI" && test -x "$SERAI_CC" && test "$PORT" -gt 1023 || exit 1
echo "right: ok"'
make_case missing 'echo "no tool for it" >&2; exit 2'
tries 0 "$build" "$work"
says 'right   fine: ok'
says 'CANNOT  missing: no tool for it'
says 'cases: 2 in all: 1 right, 0 wrong, 1 that cannot be tried'

make_case bad 'echo before; echo "WRONG: 3 for 4"; echo noise >&2; exit 1'
tries 1 "$build" "$work"
says 'WRONG   bad: 3 for 4'
says 'cases: 3 in all: 1 right, 1 wrong, 1 that cannot be tried'
says 'wrong: bad'

rm -r "$work"/*/
make_case slow 'echo waits; sleep 60'
CASES_SECONDS=2 tries 0 "$build" "$work"
says 'CANNOT  slow: not done in 2 s; waits'
