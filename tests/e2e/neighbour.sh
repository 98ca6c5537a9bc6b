#!/usr/bin/env bash
# A neighbour that speaks well and says only what costs it nothing: what it makes the daemon keep is
# bounded, and another neighbour goes on.  And one that dials at each moment of a start, which is
# never taken for a stranger.  neighbour.sh BUILD
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/links_lib.sh
. "$(dirname "$0")/links_lib.sh"
rogue=$build/tests/e2e/rogue
starts=4

status_of_b() { on b site status --json | jq -r ".$1"; }

# speak WHAT MS: as A, for so long; the messages that were taken are left in $taken, the bytes that
# were said in $said.
speak()
{
    read -r taken said < <(timeout 30 "$rogue" speak "$endpoint" "${keys[b]}" "$work/a" "$1" \
        "$2") ||
        fail "A does not get to say $1"
}

# flood WHAT TEXT MS MB: then B has so much less room on its disk, and not one customer more.
flood()
{
    local free customers

    free=$(status_of_b disk_free_bytes)
    customers=$(status_of_b customers)
    speak "$1" "$3"
    free=$((free - $(status_of_b disk_free_bytes)))
    tells 10 "$2, $3 ms, a daemon" "63 MB a second" \
        "$(awk -v b="$free" 'BEGIN { printf "%.2f", (b < 0 ? 0 : b) / 1e6 }')" "$4" \
        "MB, of $((said / 1000)) kB said"
    holds "the customers of B after $1" "$(status_of_b customers)" "$customers"
}

ups_of_a() { grep -c 'link\.state link=a state=up' "$work/b.log"; }

refusals() { grep -c -e 'link\.refused' -e 'link\.strangers' "$work/b.log"; }

a_was_answered() # TIMES: it was let in oftener than that, or refused
{
    [ "$(ups_of_a)" -gt "$1" ] || [ "$(refusals)" -gt 0 ]
}

attacked_by_a

# ---- what costs nothing ----
flood refunds "births whose money comes back" 1000 12
[ "$taken" -ge 4096 ] || fail "only $taken births were heard"
tells 11 "rows of its customers, by a daemon" "32,766 in 2 s" \
    "$(on b customer ls --json | grep -c '"name":"a:' || true)" 0 rows
flood closed "answers to closes that were not said" 300 4
flood hellos "HELLO" 300 4
holds "the links that B has frozen" "$(grep -c link.frozen "$work/b.log" || true)" 0
flood credit "credit that grants nothing" 300 1
holds "the state of A's link" "$(link_field b a state)" frozen
on b link resume a >/dev/null

# ---- who keeps to the rules goes on ----
on b money in 5 >/dev/null
on c money in 20 >/dev/null
load c many "packets=300 value=100 tolls= endowment=0.5 loop=1 via=b" >/dev/null
speak births 2000 &
speaker=$!
goes_on c b
wait "$speaker" || fail "A does not get to say births beside C"
holds "how often C was cut off" "$(grep -c 'link.state.*down' "$work/c.log")" 0
tells 12 "held of all that, by a daemon" "2 GiB and more" $(($(most_kb) - before_kb)) 16000 kB

# ---- at each moment of a start ----
"$rogue" dial "$endpoint" "${keys[b]}" "$work/a" 30 &
dialler=$!
before=$(ups_of_a)
for ((start = 0; start < starts; start++)); do
    end_named b KILL
    run_named b
    until_holds 5 "A is let in" a_was_answered $((before + start))
done
kill "$dialler"
wait "$dialler" 2>/dev/null || true
tells 17 "refused of a neighbour that dials at each of $starts starts" "at times" \
    "$(refusals || true)" 0 times
until_holds 10 "C is up" is_state c b up
for name in b c; do
    end_named "$name" TERM
    holds "the exit code of $name" "$ended" 0
done
on b audit verify --json >"$work/b.audit" || fail "the books of B do not verify"
passed
