#!/usr/bin/env bash
# Instructions for each paid local message, as valgrind counts them: a figure that a busy machine
# does not change.  The difference of two runs leaves out what a start and an end take.
#
#     tests/bench/instructions.sh BUILD [TIER]   BUILD: an optimised build, such as build/release,
#                                                with bench_messages; TIER: 0 or 1 (1)
#     INSTRUCTIONS_OUT=/tmp/cg                   keep callgrind's files, for callgrind_annotate
set -euo pipefail

bench=${1:?usage: instructions.sh BUILD [TIER]}/tests/bench/bench_messages
tier=${2:-1}
few=20000
many=60000
[ -x "$bench" ] || { echo "instructions: $bench is not built" >&2; exit 1; }
command -v valgrind >/dev/null || { echo "instructions: no valgrind" >&2; exit 1; }

# Instructions of a run with that many messages.
instructions()
{
    local out=/dev/null
    [ -z "${INSTRUCTIONS_OUT:-}" ] || out=$INSTRUCTIONS_OUT/messages.$tier.$1.out
    valgrind --tool=callgrind --callgrind-out-file="$out" "$bench" "$tier" "$1" 2>&1 |
        sed -n 's/^==[0-9]*== Collected : //p'
}

less=$(instructions $few)
more=$(instructions $many)
echo "tier $tier: $(((more - less) / (many - few))) instructions a message"
