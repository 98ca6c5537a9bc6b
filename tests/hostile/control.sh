#!/usr/bin/env bash
# Who asks a daemon is answered within a second, whatever its agents do.  control.sh BUILD [SECONDS]
# Each attack has a site of its own; what is told is how long `site status` took, in milliseconds.
# A machine that takes long to answer for a site with nothing to do, or that more wait for than it
# has processors before this begins, is busy with other work: then the figures are told and judge
# nothing.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"
seconds=${2:-4}
most_ms=1000
idle_ms=60
slow=
busy=$(awk -v most="$(nproc)" '$1 > most { print "yes" }' /proc/loadavg)

# What so many agents of a customer with much money do (tests/agents/guests/hog.c).
attacks=(
    '1 do=idle'
    '1 do=crowd n=400'
    '40 do=big mib=15'
    '4 do=wakes'
    '4 do=rooms'
    '8 do=messages n=200'
    '8 do=bytes n=8'
    '4 do=births n=100'
    '4 do=marks n=500'
    '4 do=heap n=500'
    '8 do=hoard'
    '1 do=loop n=0'
)

now_ms()
{
    echo $((${EPOCHREALTIME/./} / 1000))
}

# Milliseconds of each answer, one a line.
ask_for_a_while()
{
    local end=$((SECONDS + seconds)) start

    while [ "$SECONDS" -lt "$end" ]; do
        start=$(now_ms)
        "$serai" site status >/dev/null || fail "no answer"
        echo $(($(now_ms) - start))
        sleep 0.05
    done
}

attack()
{
    local count=$1 args=$2 name

    new_site
    start_site
    "$serai" money in 10000 >/dev/null
    for ((name = 0; name < count; name++)); do
        deploy "hog$name" "$guests/hog.wasm" 100 --args "$args" --give spawner,timer \
            >/dev/null && continue
        # Those before it may have taken all that their customer may have.
        [ "$name" -gt 0 ] || fail "nobody attacks"
        break
    done
    sleep 0.5
    ask_for_a_while | sort -n >"$work/times"
    turns=$("$serai" site status --json | jq .turns)
    stop_site TERM
    holds "the end of a site under $args" "$ended" 0
    awk -v what="$count agents, $args" -v turns="$turns" -v most="$most_ms" '
        { ms[NR] = $1 }
        END {
            printf "  %-32s %3d answers, median %4d ms, slowest %4d ms; %d turns\n", what, NR,
                ms[int((NR + 1) / 2)], ms[NR], turns
            exit ms[NR] > most
        }' "$work/times" || slow="$slow; $args"
    if [ "$args" = do=idle ] && [ "$(sed -n "$((($(wc -l <"$work/times") + 1) / 2))p" \
        "$work/times")" -gt "$idle_ms" ]; then
        busy=yes
    fi
    verify
}

for one in "${attacks[@]}"; do
    attack "${one%% *}" "${one#* }"
done
if [ -n "$busy" ]; then
    echo "  the machine is busy: nothing is judged${slow:+; over $most_ms ms:${slow#;}}"
elif [ -n "$slow" ]; then
    fail "an answer took more than $most_ms ms under ${slow#; }"
fi
passed
