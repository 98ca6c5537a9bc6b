#!/usr/bin/env bash
# The same seeds give the same final hashes in two builds: same_hashes.sh BUILD BUILD [SEEDS]
set -euo pipefail
[ $# -ge 2 ] || { sed -n 2p "$0" >&2; exit 64; }
seeds=${3:-6}

hashes()
{
    "$1/sim/serai-sim" --profile all --seed 7000 --seeds "$seeds" --steps 120 --hashes \
        | grep ' hash '
}

first=$(mktemp)
second=$(mktemp)
trap 'rm -f "$first" "$second"' EXIT
hashes "$1" >"$first"
hashes "$2" >"$second"
if ! diff "$first" "$second"; then
    echo "same_hashes: $1 and $2 differ"
    exit 1
fi
echo "same_hashes: $(wc -l <"$first") runs end the same in $1 and $2"
