#!/usr/bin/env bash
# Check the model of settlements exhaustively within small bounds, and that each deliberate fault in
# it is found.
set -euo pipefail
model=$(cd "$(dirname "$0")" && pwd)/settlement.pml
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

command -v spin >/dev/null || { echo "settlement.sh: spin is not installed (make deps)"; exit 77; }

# verify BOUND...: 0 when nothing was found; what was checked is in `pan.log`.
verify()
{
    rm -f ./*.trail
    spin -a "${@/#/-D}" "$model" >spin.log 2>&1 || { cat spin.log; exit 1; }
    gcc -O1 -w -DSAFETY -DCOLLAPSE -DNOFAIR -DMEMLIM=2000 -o pan pan.c
    ./pan -n -m1000000 >pan.log 2>&1 || true
    if grep -q -e 'errors: [1-9]' pan.log; then
        return 1
    fi
    # A search that was cut short has shown nothing.
    if ! grep -q 'errors: 0' pan.log || grep -q -i -e 'truncated' -e 'out of memory' \
        -e 'max search depth too small' pan.log; then
        tail -n 30 pan.log
        exit 1
    fi
}

holds()
{
    if ! verify "$@"; then
        sed -n '/^pan:/p' pan.log
        ./pan -r -n | tail -n 40
        echo "settlement.sh: the model does not hold: $*"
        exit 1
    fi
    printf 'holds    %10s states  %s\n' \
        "$(sed -n 's/^ *\([0-9.e+]*\) states, stored.*/\1/p' pan.log)" "$*"
}

broken()
{
    if verify "${@:2}"; then
        echo "settlement.sh: not found: $*"
        exit 1
    fi
    printf 'found    %-22s %s\n' "$1" "$(sed -n 's/^pan:[0-9]*: //p' pan.log | head -n 1)"
}

holds PAYMENTS=1 CRASHES=2
holds PAYMENTS=2 CRASHES=2
holds PAYMENTS=3 CRASHES=1
broken 'pay before durable' BROKEN=1
broken 'time-out is a refusal' BROKEN=2
broken 'the same number again' BROKEN=3
broken 'post without the sum' BROKEN=4
broken 'say before durable' BROKEN=5
broken 'count at once' BROKEN=6
echo 'settlement.sh: the model holds, and each deliberate fault was found'
