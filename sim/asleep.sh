#!/usr/bin/env bash
# Agents that sleep at the end of each frame end as those that never do: asleep.sh SERAI-SIM [SEEDS]
set -euo pipefail
[ $# -ge 1 ] || { sed -n 2p "$0" >&2; exit 64; }
seeds=${2:-4}

hashes()
{
    "$1" --profile all --seed 9000 --seeds "$seeds" --steps 100 --awake "$2" --hashes \
        | grep ' hash '
}

never=$(mktemp)
always=$(mktemp)
trap 'rm -f "$never" "$always"' EXIT
hashes "$1" 1000000 >"$never"
for awake in 0 3; do
    hashes "$1" "$awake" >"$always"
    if ! diff "$never" "$always"; then
        echo "asleep: a site that lets all but $awake agents sleep ends otherwise"
        exit 1
    fi
done
echo "asleep: $(wc -l <"$never") runs end the same, whoever sleeps"
