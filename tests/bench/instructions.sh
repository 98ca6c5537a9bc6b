#!/usr/bin/env bash
# What each paid local message, or each paid packet over a link with both of its sites, costs by
# count: instructions, calls of malloc() and its kin, and hashes, as valgrind counts them.  A busy
# machine does not change these figures.  The difference of two runs leaves out what a start and an
# end take.
#
#     tests/bench/instructions.sh BUILD [WHAT]   BUILD: an optimised build, such as build/release,
#                                                with bench_messages, bench_packets and
#                                                bench_restart; WHAT: 0 or 1 (1), messages in that
#                                                tier; strict or bounded, packets over a link of
#                                                that kind; restart, an agent that sleeps when a
#                                                site of 20,000 ends and starts
#     INSTRUCTIONS_OUT=/tmp/cg                   keep callgrind's files, for callgrind_annotate
set -euo pipefail

build=${1:?usage: instructions.sh BUILD [0|1|strict|bounded|restart]}
what=${2:-1}
few=20000
many=60000
first=$what # argument of the bench
each_of=1   # items in what is counted
case $what in
0 | 1) bench=bench_messages item=message ;;
strict | bounded) bench=bench_packets item=packet ;;
restart) bench=bench_restart item=agent few=1 many=3 first=20000 each_of=20000 ;;
*) echo "instructions: no such thing to count: $what" >&2; exit 64 ;;
esac
bench=$build/tests/bench/$bench
[ -x "$bench" ] || { echo "instructions: $bench is not built" >&2; exit 1; }
command -v valgrind >/dev/null || { echo "instructions: no valgrind" >&2; exit 1; }

out=${INSTRUCTIONS_OUT:-}
if [ -z "$out" ]; then
    out=$(mktemp -d)
    trap 'rm -rf "$out"' EXIT
fi

# Run with that many items; the profile is $out/WHAT.ITEMS.out.
count()
{
    valgrind --tool=callgrind --callgrind-out-file="$out/$what.$1.out" "$bench" "$first" "$1" \
        >"$out/$what.$1.log" 2>&1 || {
        tail -n 5 "$out/$what.$1.log" >&2
        echo "instructions: $bench $what $1 failed" >&2
        exit 1
    }
}

# How often a profile has each function called, one "NAME COUNT" a line; Ir: all instructions.
calls()
{
    awk '
        /^summary:/ { print "Ir", $2 }
        /^c?fn=/ {
            id = $1; sub(/^c?fn=/, "", id)
            if (NF > 1) { name[id] = $2 }
            if (/^cfn=/) { called = id }
        }
        /^calls=/ { n = $1; sub(/^calls=/, "", n); count[called] += n }
        END { for (id in count) print name[id], count[id] }
    ' "$out/$what.$1.out"
}

# The share of each item in all calls of these functions.
each()
{
    awk -v names="$1" -v items=$(((many - few) * each_of)) '
        BEGIN { split(names, list, " "); for (i in list) wanted[list[i]] = 1 }
        ($1 in wanted) { sum += FILENAME == ARGV[1] ? -$2 : $2 }
        END { printf "%.3f", sum / items }
    ' <(calls $few) <(calls $many)
}

count $few
count $many
printf '%s: for each %s %.0f instructions, taken memory %s times, given back %s, hashes %s\n' \
    "$what" "$item" "$(each Ir)" "$(each 'malloc calloc realloc')" "$(each free)" \
    "$(each SHA256_Final)"
