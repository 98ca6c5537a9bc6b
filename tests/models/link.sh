#!/usr/bin/env bash
# Check the model of the link exhaustively within small bounds, and that deliberate faults in it are
# found: some of them; `link.sh deep` takes all, and higher bounds, and minutes.
set -euo pipefail
model=$(cd "$(dirname "$0")" && pwd)/link.pml
what=${1:-quick}
optimise=-O1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

command -v spin >/dev/null || { echo "link.sh: spin is not installed (make deps)"; exit 77; }

# verify MODE BOUND...: 0 when nothing was found; what was checked is in `pan.log`.
# MODE: safety, assertions and ends; or cycles, that there is no endless run.
verify()
{
    local mode=$1 flags search=()
    shift
    case $mode in
    safety) flags=-DSAFETY ;;
    cycles) flags=-DNP search=(-l) ;;
    esac
    rm -f ./*.trail
    spin -a "${@/#/-D}" "$model" >spin.log 2>&1 || { cat spin.log; exit 1; }
    gcc "$optimise" -w "$flags" -DCOLLAPSE -DNOFAIR -DVECTORSZ=2048 -DMEMLIM=6000 -o pan pan.c
    ./pan -n -m1000000 "${search[@]}" >pan.log 2>&1 || true
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
    local begin=$SECONDS

    if ! verify "$@"; then
        sed -n '/^pan:/p' pan.log
        ./pan -r -n | tail -n 40
        echo "link.sh: the model does not hold: $*"
        exit 1
    fi
    printf '%-8s %10s states %4d s  %s\n' "$1" \
        "$(sed -n 's/^ *\([0-9.e+]*\) states, stored.*/\1/p' pan.log)" \
        $((SECONDS - begin)) "${*:2}"
}

# A fault is found within moments: the search costs less than the compiler's care for it.
broken()
{
    if optimise=-O0 verify "${@:2}"; then
        echo "link.sh: not found: $*"
        exit 1
    fi
    printf 'found    %-22s %s\n' "$1" "$(sed -n 's/^pan:[0-9]*: //p' pan.log | head -n 1)"
}

holds safety PACKETS=1 WIRE=2
holds cycles CRASHES_0=1 PACKETS=0 WIRE=1
if [ "$what" = deep ]; then
    holds safety CRASHES_1=1 LOSSES=1 PACKETS=0 WIRE=2
    holds cycles CUTS=1 LOSSES=1 PACKETS=0 WIRE=1
    holds safety CRASHES_0=1 PACKETS=0 WIRE=1 FINE=1
    holds safety CRASHES_1=1 PACKETS=0 WIRE=1 FINE=1
    holds safety CRASHES_0=1 CRASHES_1=1 PACKETS=0 WIRE=1
    holds safety CUTS=1 REPEATS=1 PACKETS=0 WIRE=1
    holds safety CRASHES_0=1 PACKETS=1 WIRE=1
    holds safety CRASHES_0=1 CRASHES_1=1 PACKETS=0 WIRE=1 FINE=1
    holds safety PACKETS=2 WIRE=2
    holds safety CRASHES_0=1 LOSSES=1 PACKETS=1 WIRE=1
    holds safety CRASHES_1=1 LOSSES=1 REPEATS=1 PACKETS=0 WIRE=2
    holds safety CUTS=1 LOSSES=1 REPEATS=1 PACKETS=0 WIRE=2
    holds safety CRASHES_0=1 CUTS=1 PACKETS=0 WIRE=1
    holds safety CRASHES_1=1 CUTS=1 PACKETS=0 WIRE=1
    holds safety CUTS=2 PACKETS=0 WIRE=1
fi

broken 'ack before durable' safety BROKEN=1 FINE=1 CRASHES_1=1 PACKETS=0
broken 'take gaps' safety BROKEN=7 CUTS=1 LOSSES=1 PACKETS=1
broken 'always answer' cycles BROKEN=11 PACKETS=0
if [ "$what" = deep ]; then
    broken 'send before durable' safety BROKEN=2 FINE=1 CRASHES_0=1 PACKETS=0
    broken 'epoch before durable' safety BROKEN=3 FINE=1 CRASHES_0=1 PACKETS=0
    broken 'forget the sequence' safety BROKEN=4 CUTS=1 PACKETS=1
    broken 'no retransmission' safety BROKEN=5 CUTS=1 LOSSES=1 PACKETS=1
    broken 'take repeats' safety BROKEN=6 CUTS=1 REPEATS=1 PACKETS=1
    broken 'cursor apart' safety BROKEN=8 FINE=1 CRASHES_1=1 PACKETS=0 WIRE=1
    broken 'answer apart' safety BROKEN=9 FINE=1 CRASHES_1=1 PACKETS=0 WIRE=1
    broken 'no reminders' safety BROKEN=10 LOSSES=1 PACKETS=0
fi
echo 'link.sh: the model holds, and each deliberate fault that was asked for was found'
