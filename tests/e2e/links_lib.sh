# What the tests of links share: several sites, each with a name.  Sourced after lib.sh.
# shellcheck shell=bash disable=SC2034,SC2154  # of lib.sh, and for the tests
declare -A pids keys ports
proxy=

finish()
{
    local code=${1:-$?} name

    for name in "${!pids[@]}"; do
        kill -KILL "${pids[$name]}" 2>/dev/null || true
        wait "${pids[$name]}" 2>/dev/null || true
    done
    if [ -n "$proxy" ]; then
        kill -KILL "$proxy" 2>/dev/null || true
        wait "$proxy" 2>/dev/null || true
    fi
    if [ "$code" -ne 0 ]; then
        for name in "${!keys[@]}"; do
            printf -- '--- log of %s\n' "$name" >&2
            tail -n 15 "$work/$name.log" >&2 || true
        done
    fi
    if [ -n "${KEEP:-}" ]; then printf 'kept: %s\n' "$work" >&2; else rm -rf "$work"; fi
    exit "$code"
}

# on SITE COMMAND...
on()
{
    local name=$1
    shift
    "$serai" "$@" --site "$work/$name"
}

# make_site SITE [PORT]: with a port it listens there.
make_site()
{
    "$serai" site init "$work/$1" --name "$1" >/dev/null
    if [ -n "${2:-}" ]; then
        ports[$1]=$2
        sed -i "s|^listen = \"\"|listen = \"tcp://127.0.0.1:$2\"|" "$work/$1/site.toml"
    fi
    keys[$1]=$(on "$1" site key --json | jq -r .site)
}

# run_named SITE: start its daemon and wait until it is ready.
run_named()
{
    local name=$1 word=

    rm -f "$work/ready"
    mkfifo "$work/ready"
    "$serai" site run --site "$work/$name" >"$work/ready" 2>>"$work/$name.log" &
    pids[$name]=$!
    read -r -t 20 word <"$work/ready" || true
    [ "$word" = ready ] || fail "site $name does not start"
}

# end_named SITE SIGNAL: the exit code is left in $ended.
end_named()
{
    ended=0
    kill "-$2" "${pids[$1]}"
    wait "${pids[$1]}" 2>/dev/null || ended=$?
    unset "pids[$1]"
}

# add_link SITE NEIGHBOUR [PORT]: with a port it dials.
add_link()
{
    if [ -n "${3:-}" ]; then
        on "$1" link add "$2" --key "${keys[$2]}" --limit 1000 \
            --endpoint "tcp://127.0.0.1:$3" >/dev/null
    else
        on "$1" link add "$2" --key "${keys[$2]}" --limit 1000 >/dev/null
    fi
}

# load SITE NAME ARGS: deploy a forwarder there; prints its number.
load()
{
    on "$1" agent deploy "$examples/forwarder.wasm" --name "$2" --money 3 --args "$3" --json |
        jq -r .agent
}

# link_field SITE NEIGHBOUR KEY
link_field()
{
    on "$1" link ls --json | jq -r "select(.name == \"$2\") | .$3"
}

# shown SITE NEIGHBOUR FIELD: of `link show`, by a filter of jq.
shown()
{
    on "$1" link show "$2" --json | jq -r "$3"
}

is_shown() # SITE NEIGHBOUR FIELD VALUE
{
    [ "$(shown "$1" "$2" "$3")" = "$4" ]
}

# until_holds SECONDS WHAT COMMAND...: the command comes true in time.
until_holds()
{
    local tries=$(($1 * 10)) what=$2
    shift 2
    checks=$((checks + 1))
    until "$@"; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || fail "$what: it never came true"
        sleep 0.1
    done
}

is_state() # SITE NEIGHBOUR STATE
{
    [ "$(link_field "$1" "$2" state)" = "$3" ]
}

one_has_frozen() # SITE NEIGHBOUR: the link, at either end
{
    is_state "$1" "$2" frozen || is_state "$2" "$1" frozen
}

has_pair() # SITE NEIGHBOUR: a loss that both have stated
{
    [ "$(shown "$1" "$2" '.loss_pair // ""')" != "" ]
}

is_quiet() # SITE NEIGHBOUR
{
    [ "$(link_field "$1" "$2" outstanding)" = 0 ]
}

has_received() # SITE NEIGHBOUR COUNT: more messages than that
{
    [ "$(link_field "$1" "$2" received)" -gt "$3" ]
}

# held_kb PID: the memory that the process holds of its own.  Pages of the store's file are in its
# map as well, as many as the kernel likes: they are the disk's, and no peer makes it hold them.
held_kb()
{
    awk '/RssAnon/ {print $2}' "/proc/$1/status" 2>/dev/null
}

# memory_watched PID FILE: the most that the process holds, in FILE, until it ends.  The kernel
# keeps the greatest sum only, with the pages of files in it.
memory_watched()
{
    local most=0 now

    while now=$(held_kb "$1") && [ -n "$now" ]; do
        if [ "$now" -gt "$most" ]; then
            most=$now
            echo "$most" >"$2"
        fi
        sleep 0.02
    done
}

most_kb() # the most memory that B held since it was attacked
{
    cat "$work/most_kb"
}

# attacked_by_a: B runs and listens at $endpoint, C is its neighbour and up, and A, whose link B
# has, does not run: a program that has A's key may speak for it.  B's memory is in $before_kb, and
# watched from here on.
attacked_by_a()
{
    make_site a
    make_site b "$(free_port)"
    make_site c
    # What others write to the disk is not to count.
    sed -i 's/^max_bytes = .*/max_bytes = "4GiB"/' "$work/b/site.toml"
    run_named b
    run_named c
    add_link b a
    add_link b c
    add_link c b "${ports[b]}"
    until_holds 10 "C is up" is_state c b up
    endpoint=tcp://127.0.0.1:${ports[b]}
    before_kb=$(held_kb "${pids[b]}")
    memory_watched "${pids[b]}" "$work/most_kb" &
}

# goes_on A B: messages still arrive at both ends.
goes_on()
{
    local there back

    there=$(link_field "$2" "$1" received)
    back=$(link_field "$1" "$2" received)
    until_holds 20 "messages arrive at $2" has_received "$2" "$1" "$there"
    until_holds 20 "messages arrive at $1" has_received "$1" "$2" "$back"
}

# join_in_traffic WIRE: link `a`, by way of WIRE, and `b`, which both run; both ends begin traffic,
# with births next door in it.  Sets `sources`, the agents at `a` that settle() freezes, and `at_b`.
join_in_traffic()
{
    add_link a b "$1"
    add_link b a
    on a money in 20 >/dev/null
    on b money in 20 >/dev/null
    until_holds 20 "A is up" is_state a b up
    sources=()
    sources+=("$(load a few "packets=20 value=1000 tolls= endowment=0.5 loop=1 via=b")")
    sources+=("$(load a many "packets=300 value=100 tolls= endowment=0.5 loop=1 via=b")")
    sources+=("$(load a through "packets=40 value=700 tolls=9 endowment=0.4 loop=1 via=b,a")")
    at_b=$(load b back "packets=50 value=300 tolls= endowment=0.5 loop=1 via=a")
    goes_on a b
}

# start_proxy LISTEN TARGET: commands go to `say`.
start_proxy()
{
    local word=

    rm -f "$work/proxy.in" "$work/proxy.out"
    mkfifo "$work/proxy.in" "$work/proxy.out"
    python3 "$(dirname "${BASH_SOURCE[0]}")/proxy.py" "$1" "$2" \
        <"$work/proxy.in" >"$work/proxy.out" 2>>"$work/proxy.log" &
    proxy=$!
    exec {proxy_in}>"$work/proxy.in"
    exec {proxy_out}<"$work/proxy.out"
    read -r -t 10 word <&"$proxy_out" || true
    [ "$word" = ready ] || fail "the proxy does not start"
}

say()
{
    printf '%s\n' "$*" >&"$proxy_in"
}

# settle A B: freeze the sources at A, wait until nothing is under way, and compare both ends.
settle()
{
    local agent

    for agent in "${sources[@]}"; do
        on "$1" agent freeze "$agent" >/dev/null
    done
    until_holds 30 "$1 has nothing under way" is_quiet "$1" "$2"
    until_holds 30 "$2 has nothing under way" is_quiet "$2" "$1"
    until_holds 30 "$1 has nothing under way" is_quiet "$1" "$2"
    same_totals "$1" "$2"
}

same_totals()
{
    local key

    for key in "" _total; do
        holds "what $2 received of $1 ($key)" "$(link_field "$2" "$1" "received$key")" \
            "$(link_field "$1" "$2" "sent$key")"
        holds "what $1 received of $2 ($key)" "$(link_field "$1" "$2" "received$key")" \
            "$(link_field "$2" "$1" "sent$key")"
    done
}

# books_agree A B: both verify and reconcile, with no daemon.
books_agree()
{
    local name

    for name in "$1" "$2"; do
        on "$name" audit verify --json >"$work/$name.audit" ||
            fail "the books of $name do not verify"
        holds "the verdict on the books of $name" "$(jq -r .ok "$work/$name.audit")" true
    done
    checks=$((checks + 1))
    "$serai" audit reconcile "$work/$1" "$work/$2" >"$work/said" 2>&1 || {
        cat "$work/said" >&2
        fail "the books of $1 and $2 do not reconcile"
    }
}
