#!/usr/bin/env bash
# Each fault that the simulator can plant in itself is caught within 60 seeds: planted.sh SERAI-SIM
set -euo pipefail
[ $# -eq 1 ] || { sed -n 2p "$0" >&2; exit 64; }

# caught SERAI-SIM FAULT PROFILE
caught()
{
    local words

    if words=$("$1" --plant "$2" --profile "$3" --seeds 60 --steps 150); then
        echo "$2: nobody saw it"
        return 1
    fi
    grep -q "^again: serai-sim .*--plant $2" <<<"$words" || { echo "$words"; return 1; }
    echo "$2: seed $(sed -n 's/^FAILED: .*seed //p' <<<"$words"), $(head -n 1 <<<"$words")"
}

for fault in early-replies early-parcels lost-frame lost-row made-money double-request; do
    caught "$1" "$fault" network
done
caught "$1" stale-disk disk
