#!/usr/bin/env bash
# Try cases, each a script of its own, on the program as it is built.
#
#     tests/cases.sh BUILD DIR       runs `sh run.sh` of each DIR/*/run.sh, one after the other
#     CASES_SECONDS=150              a case that takes longer is ended
#
# A case finds the program in SERAI, the agents' compiler in SERAI_CC and a free port in PORT.  It
# exits with 0 when the program does right and with 1 when it does wrong; any other code says that
# the case could not be tried.  Its last line says what it saw.
#
# Prints a line for each, then how many there were of each kind.  Exits with 1 when any is wrong,
# and with 64 when there is nothing to try.
set -euo pipefail

build=${1:-}
dir=${2:-}
limit=${CASES_SECONDS:-150}
if [ -z "$build" ] || [ -z "$dir" ]; then
    echo "say where the cases are: make cases CASES=DIR, where each DIR/*/run.sh is a case" >&2
    exit 64
fi
root=$(cd "$(dirname "$0")/.." && pwd)
SERAI=$(realpath "$build")/site/serai
SERAI_CC=$root/sdk/serai-cc
export SERAI SERAI_CC
unset SERAI_SITE
work=$(mktemp -d "${TMPDIR:-/tmp}/serai-cases-XXXXXX")
trap 'rm -rf "$work"' EXIT

# shellcheck source=tests/e2e/free_port.sh
. "$root/tests/e2e/free_port.sh"

# What the case said last, in one line of plain characters and without its own verdict before it.
last_line()
{
    local line=

    line=$(tail -n 1 "$work/out")
    [ -n "$line" ] || line=$(tail -n 1 "$work/err")
    printf '%s' "$line" | tr -d '\000-\037\177' | sed 's/^\(right\|WRONG\|CANNOT\): *//'
}

[ -x "$SERAI" ] || { echo "cases: there is no $SERAI; run make build" >&2; exit 64; }
shopt -s nullglob
scripts=("$dir"/*/run.sh)
[ ${#scripts[@]} -gt 0 ] || { echo "cases: there is no $dir/*/run.sh" >&2; exit 64; }

right=0
wrong=()
cannot=0
for script in "${scripts[@]}"; do
    name=$(basename "$(dirname "$script")")
    code=0
    PORT=$(free_port) timeout -k 5 "$limit" sh "$script" \
        </dev/null >"$work/out" 2>"$work/err" || code=$?
    said=$(last_line)
    case $code in
    0)
        verdict=right
        right=$((right + 1))
        ;;
    1)
        verdict=WRONG
        wrong+=("$name")
        ;;
    *)
        verdict=CANNOT
        cannot=$((cannot + 1))
        [ "$code" -ne 124 ] || said="not done in $limit s${said:+; $said}"
        [ -n "$said" ] || said="exit $code"
        ;;
    esac
    printf '%-6s  %s: %s\n' "$verdict" "$name" "$said"
done

printf 'cases: %d in all: %d right, %d wrong, %d that cannot be tried\n' \
    ${#scripts[@]} "$right" ${#wrong[@]} "$cannot"
[ ${#wrong[@]} -gt 0 ] || exit 0
printf 'wrong: %s\n' "${wrong[*]}"
exit 1
