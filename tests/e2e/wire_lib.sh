# What the tests of wire agents share.  Sourced after lib.sh and links_lib.sh.
# shellcheck shell=bash disable=SC2034,SC2154  # of lib.sh and links_lib.sh, and for the tests
t=$build/sdk/wire/t.wasm
transcripts=$(dirname "$0")/../sdk/spritely

# call SITE AGENT WORDS...: the answer of a call
call()
{
    local site=$1
    shift
    on "$site" agent call "$@" --timeout 20
}

lines() # SITE AGENT: what it has written
{
    on "$1" agent logs "$2" --json | jq -r .text
}

# number SITE AGENT [N]: the N-th number that an agent has published
number()
{
    lines "$1" "$2" | sed -n 's/^number //p' | sed -n "${3:-1}p"
}

door() # SITE AGENT
{
    lines "$1" "$2" | sed -n 's/^door //p'
}

# The wire agent that was born at a site: the one that has a door and no name of ours.
born_at() # SITE
{
    local agent

    for agent in $(on "$1" agent ls --json | jq -r .id); do
        if [ -n "$(door "$1" "$agent")" ]; then
            printf '%s\n' "$agent"
        fi
    done | tail -n 1
}

# plays TRANSCRIPT SERVER CLIENT [DOOR VIA]
plays()
{
    checks=$((checks + 1))
    python3 "$(dirname "$0")/transcript.py" "$serai" "$work" "$build" "$transcripts/$1.txt" \
        "${@:2}" >&2 || fail "$1 prints something else with its objects at $2 and $3"
}

# Sites a, b and c, each linked with both others, and money at each.
three_sites()
{
    local site pair from to

    for site in a b c; do
        make_site "$site" "$(free_port)"
        run_named "$site"
        on "$site" money in 100 >/dev/null
    done
    for pair in "a b" "b c" "a c"; do
        read -r from to <<<"$pair"
        add_link "$to" "$from"
        add_link "$from" "$to" "${ports[$to]}"
        until_holds 20 "$from and $to are linked" is_state "$from" "$to" up
    done
}

# They end as they should, and their books verify: the last line of a test.
three_sites_end()
{
    local site

    for site in a b c; do
        end_named "$site" TERM
        holds "the exit code of $site" "$ended" 0
        on "$site" audit verify >/dev/null || fail "the books of $site do not verify"
    done
    passed
}
