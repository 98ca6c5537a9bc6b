#!/usr/bin/env bash
# Check the model of the link exhaustively within small bounds, and that deliberate faults in it are
# found: some of them; `link.sh deep` takes all, and higher bounds, and minutes.
set -euo pipefail
# shellcheck source=tests/models/lib.sh
. "$(dirname "$0")/lib.sh"
models_begin link
what=${1:-quick}
# shellcheck disable=SC2034 # lib.sh reads them
optimise=-O1 steps_max=1000000 table_bits=24 memory_mb=6000 vector_bytes=2048

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
