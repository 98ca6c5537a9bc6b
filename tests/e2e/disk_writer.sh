#!/usr/bin/env bash
# An agent that does nothing but write, for a while: whenever the books come near their bound it is
# frozen, the file stays within what `disk_full` keeps, and everybody else goes on.  Then the
# operator makes room, thaws it, and it goes on writing.  disk_writer.sh BUILD [SECONDS] [STEP_MIB]
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
until_s=$((SECONDS + ${2:-15}))
step_mib=${3:-12}
bound_mib=$step_mib
rounds=0
turns=0

status()
{
    "$serai" site status --json | jq -r ".$1"
}

# What all others do, and that the writer's bytes are no more than they may be.
others_go_on()
{
    local free full before

    kill -0 "$daemon" || fail "the site ended"
    free=$(status disk_free_bytes)
    full=$(status disk_full_bytes)
    [ "$free" -ge $((full * 2 / 3)) ] || fail "$free bytes are free, and full is $full"
    [ "$(stat -c %s "$SERAI_SITE/store/data.mdb")" -le $((bound_mib * 1048576)) ] ||
        fail "the file is larger than its bound"
    before=$(field "$quiet" turns)
    "$serai" agent send "$quiet" x >/dev/null || fail "the quiet agent is sent nothing"
    "$serai" money in 0.01 >/dev/null || fail "there is no top-up"
    "$serai" agent fund "$quiet" 0.001 >/dev/null || fail "the quiet agent is not funded"
    for n in {1..50}; do
        [ "$(field "$quiet" turns)" -eq "$before" ] || return 0
        sleep 0.1
    done
    fail "after $n looks the quiet agent has not gone on"
}

writes_until_frozen()
{
    local before=$turns tries=6000

    until [ "$(field "$writer" state)" = frozen ]; do
        others_go_on
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || fail "the writer is never frozen"
        sleep 0.2
    done
    turns=$(field "$writer" turns)
    [ "$turns" -gt "$before" ] || fail "the writer wrote nothing in round $rounds"
    holds "the disk when the writer is frozen" "$(status disk)" full
    exits 75 "disk is nearly full" "$serai" agent deploy "$examples/spender.wasm" --name late \
        --money 0.1
}

new_site
max_bytes "${bound_mib}MiB"
start_site
"$serai" money in 2000 >/dev/null
"$serai" customer add eve --new "$work/eve.key" >/dev/null
"$serai" money in 1000 --customer eve >/dev/null
quiet=$(deploy quiet "$examples/spender.wasm" 2 --args "work=10")
writer=$(deploy writer "$examples/spender.wasm" 900 --args "burn=1 every=1000 work=1" \
    --key "$work/eve.key")
while [ "$rounds" -lt 2 ] || [ "$SECONDS" -lt "$until_s" ]; do
    writes_until_frozen
    # For a while nothing of it is written, whoever else writes.
    pause=$((SECONDS + 1 + ${2:-15} / 60))
    while [ "$SECONDS" -lt "$pause" ]; do
        others_go_on
        sleep 0.2
    done
    holds "the turns of the writer while it is frozen" "$(field "$writer" turns)" "$turns"
    holds "the quiet agent" "$(field "$quiet" state)" running
    rounds=$((rounds + 1))
    stop_site "$([ $((rounds % 2)) -eq 0 ] && echo TERM || echo KILL)"
    verify
    bound_mib=$((bound_mib + step_mib))
    max_bytes "${bound_mib}MiB"
    start_site
    holds "the writer after a restart" "$(field "$writer" state)" frozen
    "$serai" agent thaw "$writer" >/dev/null
done
stop_site TERM
holds "the exit code after SIGTERM" "$ended" 0
verify
printf 'rounds of the writer: %d, to %d MiB, with %d turns\n' "$rounds" "$bound_mib" "$turns"
passed
