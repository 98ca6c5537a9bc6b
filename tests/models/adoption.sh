#!/usr/bin/env bash
# Check the model of losses of power exhaustively within small bounds, and that deliberate faults in
# it are found: some of them; `adoption.sh deep` takes all, and higher bounds, and minutes.
set -euo pipefail
# shellcheck source=tests/models/lib.sh
. "$(dirname "$0")/lib.sh"
models_begin adoption
what=${1:-quick}
# shellcheck disable=SC2034 # lib.sh reads them
table_bits=18 vector_bytes=2048 memory_mb=6000

# A search for cycles sees assertions as well.
holds safety FLUSH_0=2 POWER_0=2
holds cycles KILLS=1 PACKETS_0=1
if [ "$what" = deep ]; then
    # shellcheck disable=SC2034 # lib.sh reads them
    optimise=-O1 table_bits=24 steps_max=1000000
    holds safety LIAR=2 FLUSH_0=2
    holds safety CLOSES=1 FLUSH_0=2 POWER_0=2 PACKETS_0=3
    holds safety LATE=1 LOSSES=1
    holds safety LATE=1 REPEATS=1
    holds safety KILLS=1
    holds safety KILLS=1 REPEATS=1 PACKETS_0=1
    holds safety CUTS=2 FLUSH_0=2
    holds safety CUTS=1 REPEATS=1 LOSSES=1 PACKETS_0=1
    holds safety POWER_1=1 FLUSH_0=2
    holds safety FLUSH_1=1 POWER_1=1 PACKETS_0=1 PACKETS_1=1
    holds safety LIAR=2 FLUSH_0=2 POWER_0=2 PACKETS_0=3
    holds cycles CUTS=1 LOSSES=1 REPEATS=1 PACKETS_0=1
    holds cycles KILLS=1 POWER_1=1 PACKETS_0=1
fi

broken 'adopt twice' safety BROKEN=1 REPEATS=1
broken 'a loss is not counted' safety BROKEN=6 POWER_0=2
broken 'a loss is stale' safety BROKEN=18 KILLS=1 PACKETS_0=1
if [ "$what" = deep ]; then
    broken 'forget what is acknowledged' safety BROKEN=2
    broken 'answer before durable' safety BROKEN=4 FLUSH_1=1 POWER_1=1
    broken 'leave before bounded' safety BROKEN=7 LATE=1
    broken 'adopt any amount' safety BROKEN=8 LIAR=2
    broken 'number at once' safety BROKEN=10
    broken 'always answer' cycles BROKEN=16
    broken 'close before durable' safety BROKEN=3 CLOSES=1
    broken 'ask in the same epoch' safety BROKEN=5
    broken 'take an old answer' safety BROKEN=9 CUTS=1
    broken 'leave without bound' safety BROKEN=11
    broken 'ack before durable' safety BROKEN=12 FLUSH_1=1 POWER_1=1
    broken 'epoch before durable' safety BROKEN=13 CUTS=1
    broken 'no reminders' safety BROKEN=14 LOSSES=1
    broken 'adopt without the ends' safety BROKEN=15
    broken 'bounded by a HELLO before' safety BROKEN=17 LATE=1 LOSSES=1
    broken 'what is adopted is old' safety BROKEN=19 KILLS=1 REPEATS=1 PACKETS_0=1
fi
echo 'adoption.sh: the model holds, and each deliberate fault that was asked for was found'
