# What the scripts of this folder share; sourced, after `set -euo pipefail`.
# shellcheck shell=bash
#
#   models_begin NAME        check NAME.pml, in a directory of its own
#   holds MODE BOUND...      ends the script unless the model holds within the bounds
#   broken WHAT MODE BOUND...    ends it unless the fault that the bounds name is found
#
# MODE is `safety`, assertions and ends; or `cycles`, that there is no endless run, and assertions.
# A script may set before each call what the search gets:
optimise=-O0      # of the compiler; -O1 pays once the search takes longer than the compiler
steps_max=10000   # depth of the search
table_bits=16     # the table has 2^n places, for about as many states
memory_mb=2000    # the most that the states take
vector_bytes=1024 # of one state, at most

models_begin()
{
    name=$1
    model=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/$name.pml
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    cd "$work" || exit 1
    command -v spin >/dev/null || { echo "$name.sh: spin is not installed (make deps)"; exit 77; }
}

# verify MODE BOUND...: 0 when nothing was found; what was checked is in `pan.log`.
verify()
{
    local mode=$1 flags search=()
    shift
    case $mode in
    safety) flags=-DSAFETY ;;
    cycles) flags=-DNP search=(-l) ;;
    *) echo "$name.sh: unknown mode: $mode"; exit 64 ;;
    esac
    rm -f ./*.trail
    spin -a "${@/#/-D}" "$model" >spin.log 2>&1 || { cat spin.log; exit 1; }
    gcc "$optimise" -w "$flags" -DCOLLAPSE -DNOFAIR "-DVECTORSZ=$vector_bytes" \
        "-DMEMLIM=$memory_mb" -o pan pan.c || exit 1 # errexit is off in a condition
    ./pan -n "-m$steps_max" "-w$table_bits" "${search[@]}" >pan.log 2>&1 || true
    if grep -q -e 'errors: [1-9]' pan.log; then
        return 1
    fi
    # A search that was cut short, by depth or by memory, has shown nothing.
    if ! grep -q 'errors: 0' pan.log || grep -q -i -e 'truncated' -e 'out of memory' \
        -e 'max search depth too small' -e 'search not completed' pan.log; then
        tail -n 30 pan.log
        echo "$name.sh: the search was cut short: $*"
        exit 1
    fi
}

holds()
{
    local begin=$SECONDS

    if ! verify "$@"; then
        sed -n '/^pan:/p' pan.log
        ./pan -r -n | tail -n 40
        echo "$name.sh: the model does not hold: $*"
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
        echo "$name.sh: not found: $*"
        exit 1
    fi
    printf 'found    %-22s %s\n' "$1" "$(sed -n 's/^pan:[0-9]*: //p' pan.log | head -n 1)"
}
