#!/usr/bin/env bash
# Two linked sites under load, and all that the world does to them, in a random order: kill -9 of
# one or of both, pauses (SIGSTOP), a kill within a pause, cuts of the wire, a full disk (a small
# tmpfs; it takes root), steps of the wall clock and of monotonic time.  After each end the books
# verify; at last both agree on every message, and all money is at one of the two.
# hardship.sh BUILD [BLOWS]; SEED=n replays the order and the moments.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/links_lib.sh
. "$(dirname "$0")/links_lib.sh"
blows=${2:-9}
seed=${SEED:-$RANDOM}
printf 'SEED=%d\n' "$seed"
RANDOM=$seed
shim=$build/tests/e2e/libclock_step.so
declare -A suffered=() wall=([a]=0 [b]=0) monotonic=([a]=0 [b]=0)
mounts=()

unmount()
{
    local mount

    for mount in ${mounts[@]+"${mounts[@]}"}; do # lazily: a daemon may still have files open there
        umount -l "$mount" 2>/dev/null || true
    done
}
trap 'code=$?; unmount; finish "$code"' EXIT

# ---- sites with clocks and disks of their own ----

# set_clock SITE: its clocks are ahead of the system's by so many seconds.
set_clock()
{
    python3 -c 'import struct, sys
with open(sys.argv[1], "r+b") as file:
    file.write(struct.pack("<qq", *(int(word) * 10**9 for word in sys.argv[2:])))' \
        "$work/$1.clock" "${wall[$1]}" "${monotonic[$1]}"
}

prepare()
{
    mkdir -p "$work/$1"
    truncate -s 16 "$work/$1.clock"
    if [ "$(id -u)" -eq 0 ] &&
        mount -t tmpfs -o size=1g,mode=700 tmpfs "$work/$1" 2>/dev/null; then
        mounts+=("$work/$1")
    fi
}

start()
{
    LD_PRELOAD=$shim CLOCK_STEP_FILE=$work/$1.clock run_named "$1"
}

books_verify()
{
    on "$1" audit verify >/dev/null || fail "after $2 the books of $1 do not verify"
}

# ---- blows; each takes the site that it falls upon ----

blow_kill()
{
    end_named "$1" KILL
    books_verify "$1" "a kill"
    some_time 200
    start "$1"
}

blow_both()
{
    kill -KILL "${pids[a]}" "${pids[b]}"
    wait "${pids[a]}" "${pids[b]}" 2>/dev/null || true
    unset "pids[a]" "pids[b]"
    books_verify a "a kill of both"
    books_verify b "a kill of both"
    start "$1"
    some_time 200
    start "$([ "$1" = a ] && echo b || echo a)"
}

blow_pause()
{
    kill -STOP "${pids[$1]}"
    some_time 1500
    kill -CONT "${pids[$1]}"
}

blow_killed_paused()
{
    kill -STOP "${pids[$1]}"
    some_time 500
    blow_kill "$1"
}

blow_cut()
{
    say cut "0.$((RANDOM % 900 + 100))"
}

# No more room than is used.  The site notices, and freezes who writes or rests until there is more;
# or a commit fails before it can, and the daemon ends with 74.
blow_disk()
{
    local tries=20 used

    kill -STOP "${pids[$1]}" # or it uses more in the meantime
    used=$(df --output=used -k "$work/$1" | tail -n 1)
    mount -o "remount,size=$((used + 64))k" "$work/$1"
    kill -CONT "${pids[$1]}"
    until ! kill -0 "${pids[$1]}" 2>/dev/null || is_full "$1"; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || fail "site $1 neither holds back nor ends though its disk is full"
        sleep 0.1
    done
    if kill -0 "${pids[$1]}" 2>/dev/null; then
        mount -o remount,size=1g "$work/$1"
        goes_on "$1"
        return
    fi
    ended=0
    wait "${pids[$1]}" 2>/dev/null || ended=$?
    unset "pids[$1]"
    holds "the exit code of $1 when its disk is full" "$ended" 74
    books_verify "$1" "a full disk"
    mount -o remount,size=1g "$work/$1"
    start "$1"
}

# It looks at its room after each frame, so it takes a moment to see that there is more.
goes_on()
{
    local tries=50

    while is_full "$1"; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || fail "site $1 holds back though its disk has room again"
        sleep 0.1
    done
}

# Whether the site says that it holds back for want of room.
is_full()
{
    timeout 5 "$serai" site status --json --site "$work/$1" 2>/dev/null |
        jq -e '.disk | startswith("full")' >/dev/null
}

# Days forth or back, as when somebody sets the clock.
blow_wall()
{
    wall[$1]=$((wall[$1] + (RANDOM - 16384) * 50))
    set_clock "$1"
}

# Up to two hours at once: monotonic time never falls, but it may leap.
blow_monotonic()
{
    monotonic[$1]=$((monotonic[$1] + RANDOM % 7200))
    set_clock "$1"
}

# ---- the story ----

prepare a
prepare b
make_site a
make_site b "$(free_port)"
wire=$(free_port)
start_proxy "$wire" "${ports[b]}"
start a
start b
join_in_traffic "$wire"

kinds=(kill both pause killed_paused cut wall monotonic)
if [ "${#mounts[@]}" -eq 2 ]; then
    kinds+=(disk)
else
    echo "hardship.sh: without full disks: it takes the right to mount a tmpfs (root)"
fi

# Each kind once before any comes again.
order=()
for ((blow = 1; blow <= blows; blow++)); do
    if [ "${#order[@]}" -eq 0 ]; then order=("${kinds[@]}"); fi
    chosen=$((RANDOM % ${#order[@]}))
    kind=${order[chosen]}
    order=("${order[@]:0:chosen}" "${order[@]:chosen+1}")
    victim=a
    if ((RANDOM % 2)); then victim=b; fi
    on a agent deploy "$examples/scout.wasm" --name "scout$blow" --money 0.1 \
        --args "hops=1 endowment=0.02 via=b sell=$((RANDOM % 2))" >/dev/null
    some_time 400
    "blow_$kind" "$victim"
    suffered[$kind]=$((${suffered[$kind]:-0} + 1))
done
for kind in "${kinds[@]}"; do
    [ "$blows" -lt "${#kinds[@]}" ] || [ -n "${suffered[$kind]:-}" ] || fail "no $kind came"
done

until_holds 30 "A is up after the last blow" is_state a b up
goes_on a b
on b agent freeze "$at_b" >/dev/null
settle a b
holds "agents of A that are in quarantine" \
    "$(on a agent ls --json | jq -r 'select(.reason // "" | test("quarantine")) | .id' | wc -l)" 0
end_named b TERM
end_named a TERM
books_agree a b

# All that was brought in is at one of the two: minted is the sum of what the audits found.
minted=$(jq -s 'map(.minted | tonumber) | add' "$work/a.audit" "$work/b.audit")
holds "what was brought in at both" "$minted" 40
for kind in "${kinds[@]}"; do
    printf '%s %d  ' "$kind" "${suffered[$kind]:-0}"
done
echo
passed
