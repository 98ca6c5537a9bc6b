#!/usr/bin/env bash
# Check the model of settlements exhaustively within small bounds, and that each deliberate fault in
# it is found.
set -euo pipefail
# shellcheck source=tests/models/lib.sh
. "$(dirname "$0")/lib.sh"
models_begin settlement

holds safety PAYMENTS=1 CRASHES=2
holds safety PAYMENTS=2 CRASHES=2
holds safety PAYMENTS=3 CRASHES=1
broken 'pay before durable' safety BROKEN=1
broken 'time-out is a refusal' safety BROKEN=2
broken 'the same number again' safety BROKEN=3
broken 'post without the sum' safety BROKEN=4
broken 'say before durable' safety BROKEN=5
broken 'count at once' safety BROKEN=6
echo 'settlement.sh: the model holds, and each deliberate fault was found'
