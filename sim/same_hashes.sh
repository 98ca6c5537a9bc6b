#!/usr/bin/env bash
# The same seeds give the same final hashes in all builds: same_hashes.sh BUILD BUILD...; SEEDS=2
set -euo pipefail
[ $# -ge 2 ] || { sed -n 2p "$0" >&2; exit 64; }
seeds=${SEEDS:-2}

hashes()
{
    "$1/sim/serai-sim" --profile all --seed 7000 --seeds "$seeds" --steps 120 --hashes \
        | grep ' hash '
}

first=$(mktemp)
other=$(mktemp)
trap 'rm -f "$first" "$other"' EXIT
hashes "$1" >"$first"
for build in "${@:2}"; do
    hashes "$build" >"$other"
    if ! diff "$first" "$other"; then
        echo "same_hashes: $1 and $build differ"
        exit 1
    fi
done
echo "same_hashes: $(wc -l <"$first") runs end the same in $*"
