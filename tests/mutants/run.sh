#!/usr/bin/env bash
# Deliberate faults ("mutants"): each patch here is one, planted in a copy of the tree; something
# must see it: the simulator or a test with random runs, or each test that the second line of the
# patch names (`tests: FOLDER/TEST ...`).  Prints the table of docs/simulation.md, and fails when a
# fault goes unseen.
#
#   run.sh DIRECTORY [NAME ...]   DIRECTORY holds the copy and its build, to be used again
#   SEEDS=100                     of each profile, at most, before the next one is asked
#   KEEP_TREE=1                   the copy is there and known to be good
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
[ $# -ge 1 ] || { sed -n 's/^# \?//p' "$0" | sed -n 2,9p >&2; exit 64; }
mkdir -p "$1"
work=$(cd "$1" && pwd)
shift
names=("$@")
seeds=${SEEDS:-100}
jobs=${JOBS:-$(nproc)}
export CK_TIMEOUT_MULTIPLIER=${CK_TIMEOUT_MULTIPLIER:-10} # a busy machine is no fault
tree=$work/tree
out=$work/out

profiles=(network calm disk resource liar)
tests=(links/test_link_simulation site/core/test_core_network site/core/test_core_property)

# The tests that a patch names; none: it is for the simulator to see.
named_tests()
{
    sed -n '2s/^tests: //p' "$1"
}

# What the tree holds, without what was built.  All of it is new to the build, or what was made of a
# planted file could stay; ccache has the rest.
copy_tree()
{
    rm -rf "$tree"
    mkdir -p "$tree"
    tar -C "$root" --exclude=./build --exclude=./.git --exclude=__pycache__ -cf - . \
        | tar -C "$tree" -xmf -
}

# build TEST...: with none of them, what the simulator's faults want.
build()
{
    local wanted=("${@##*/}")

    [ $# -gt 0 ] || wanted=(serai-sim "${tests[@]##*/}")
    CCACHE_BASEDIR=$work CCACHE_NOHASHDIR=1 \
        ninja -C "$out" -j "$jobs" "${wanted[@]}" >"$work/build.log" 2>&1
}

# All of the simulator's seeds pass: 0.  Else prints who saw it and after how many seeds.
ask_simulator()
{
    local profile=$1 seed

    timeout 300 "$out/sim/serai-sim" --profile "$profile" --seed 1 --seeds "$seeds" --steps 150 \
        --jobs "$jobs" >"$work/run.log" 2>&1 && return 0
    seed=$(sed -n 's/^FAILED: .*seed \([0-9]*\)$/\1/p' "$work/run.log" | sort -n | head -n 1)
    echo "serai-sim, $profile | ${seed:-1}"
    return 1
}

# The first line of a failed run that says what was wrong.
reason()
{
    { grep -v -e '^FAILED' -e '^again' -e '^ended by' -e ' warn ' -e ' error link\.' -e ' info ' \
        -e '^SEED=' -e '^Running' -e '^[0-9]*%' -e '^ *$' "$work/run.log" || true; } \
        | head -n 1 \
        | sed -e 's/|/\//g' -e "s|[^ ]*tree/||" -e 's/^[^ ]*:[FE]:[^:]*:[^:]*:[^:]*: //' \
        | cut -c 1-110
}

ask_test()
{
    local test=$1 seed

    for seed in $(seq "$(((seeds + 49) / 50))"); do
        SEED=$seed timeout 300 "$out/tests/$test" >"$work/run.log" 2>&1 && continue
        echo "${test##*/} | $seed"
        return 1
    done
}

# Whoever is the first to see it.
ask_all()
{
    local one

    for one in "${profiles[@]}"; do
        ask_simulator "$one" || return 1
    done
    for one in "${tests[@]}"; do
        ask_test "$one" || return 1
    done
}

# Each test that a fault names fails: false, and says so.  Else true, and says which was blind.
ask_named()
{
    local one

    for one in "$@"; do
        if seeds=1 ask_test "$one" >/dev/null; then
            echo "**not by ${one##*/}** | "
            return 0
        fi
    done
    echo "${*##*/} | 1"
    return 1
}

# One row of the table.  False: nobody saw it.
try()
{
    local patch=$1 name what seen named
    read -r -a named <<<"$(named_tests "$patch")"
    name=$(basename "$patch" .patch)
    what=$(head -n 1 "$patch")

    if ! patch -d "$tree" -p1 -s --no-backup-if-mismatch <"$patch" >"$work/patch.log" 2>&1; then
        echo "| \`$name\` | $what | the patch does not fit any more | |"
        copy_tree
        return 1
    fi
    if ! build "${named[@]}"; then
        seen='it does not build | '
    elif [ ${#named[@]} -gt 0 ]; then
        if ! seen=$(ask_named "${named[@]}"); then
            seen="$seen | $(reason)"
        fi
    elif seen=$(ask_all); then
        seen='**nobody** | '
    else
        seen="$seen | $(reason)"
    fi
    patch -d "$tree" -p1 -s -R --no-backup-if-mismatch <"$patch"
    echo "| \`$name\` | $what | $seen |"
    case $seen in it\ does* | \**) return 1 ;; esac
}

if [ -z "${KEEP_TREE:-}" ]; then
    copy_tree
fi
cmake -S "$tree" -B "$out" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo >"$work/cmake.log"
# The tree itself passes what the chosen faults are to fail.
chosen=()
all_named=()
simulates=
for patch in "$here"/*.patch; do
    name=$(basename "$patch" .patch)
    if [ ${#names[@]} -gt 0 ]; then
        case " ${names[*]} " in *" $name "* | *" ${name%%-*} "*) ;; *) continue ;; esac
    fi
    chosen+=("$patch")
    read -r -a named <<<"$(named_tests "$patch")"
    all_named+=("${named[@]}")
    [ ${#named[@]} -gt 0 ] || simulates=1
done
if [ -z "${KEEP_TREE:-}" ]; then
    if [ ${#all_named[@]} -gt 0 ]; then
        build "${all_named[@]}" || { tail -n 40 "$work/build.log"; exit 1; }
        for one in "${all_named[@]}"; do
            seeds=1 ask_test "$one" || { echo "mutants: the tree itself fails"; exit 1; }
        done
    fi
    if [ -n "$simulates" ]; then
        build || { tail -n 40 "$work/build.log"; exit 1; }
        if ! seen=$(seeds=5 && ask_all); then
            echo "mutants: the tree itself fails: $seen"
            tail -n 20 "$work/run.log"
            exit 1
        fi
    fi
fi

bad=0
echo '| fault | the site ... | seen by | after seeds | as |'
echo '|---|---|---|---|---|'
for patch in "${chosen[@]}"; do
    try "$patch" || bad=$((bad + 1))
done
[ "$bad" -eq 0 ] || { echo "mutants: $bad went unseen"; exit 1; }
