#!/usr/bin/env bash
# Joining sites is a union: whoever begins (a with b, b with a), in whatever order (a with b, then
# c; b with c, then a), and however often, the objects of the three are one graph, and programs
# print the same.  wire_union.sh BUILD
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/links_lib.sh
. "$(dirname "$0")/links_lib.sh"
# shellcheck source=tests/e2e/wire_lib.sh
. "$(dirname "$0")/wire_lib.sh"

three_sites
for site in a b c; do
    on "$site" agent deploy "$guests/shelf.wasm" --name "shelf" --money 0.2 >/dev/null
done

# joins FIRST NEXT LAST: a new family of wire agents, begun at FIRST, which is joined with NEXT, and
# by way of that with LAST.
joins()
{
    on "$1" agent deploy "$t" --name "t-$1$2$3" --money 0.5 >/dev/null
    holds "$1 joins $2" "$(call "$1" "t-$1$2$3" connect "$2")" "joined with ${keys[$2]:0:16}"
    call "$1" "t-$1$2$3" site "$2" --as "door-$1$2$3" >/dev/null
    holds "$2 joins $3" "$(call "$1" "@door-$1$2$3" connect "$3" --money 0.05)" \
        "joined with ${keys[$3]:0:16}"
}

# newest_door SITE: that of the wire agent which began there last.
newest_door()
{
    door "$1" "$(born_at "$1")"
}

# is_one_graph WHAT: what a has by its newest wire agent, of itself, b and c.
is_one_graph()
{
    local from

    from=$(newest_door a)
    on a agent deploy "$examples/spritely/prompt.wasm" --name "eye-$1" --money 0.1 \
        --args "at=$(number c shelf) with=$(number c shelf) door=$from via=b,c" >/dev/null
    on a agent send "eye-$1" "same 0 1" >/dev/null
    until_holds 20 "$1: an object of c, asked for twice, is one" wrote "eye-$1" yes
    plays car_factory b a "$from" b
    plays car_factory c a "$from" b,c
    plays review c a "$from" b,c
}

wrote() # AGENT LINE: at a, its last one; what is asked before its answers are there says no
{
    [ "$(lines a "$1" | tail -n 1)" = "$2" ] && return
    on a agent send "$1" "same 0 1" >/dev/null
    return 1
}

joins a b c # (a b) c
is_one_graph abc
joins c b a # (c b) a: the other way round, and the other two first
is_one_graph cba

# b is joined with both, at once.
on b agent deploy "$t" --name t-b --money 0.5 >/dev/null
on b agent call t-b connect a --timeout 30 >"$work/first" &
first=$!
holds "b joins c" "$(call b t-b connect c)" "joined with ${keys[c]:0:16}"
wait "$first"
holds "b joins a" "$(cat "$work/first")" "joined with ${keys[a]:0:16}"
is_one_graph bac

# Once more is as good as once: another wire, the way round, and both ends at the same time.
holds "b joins a by one more wire" "$(call b t-b connect a 0.05 again)" \
    "joined with ${keys[a]:0:16}"
call b t-b site a --as door-a >/dev/null
call b @door-a connect c --money 0.05 >/dev/null
is_one_graph again
exits 81 'joined with that one already' on b agent call t-b connect c

three_sites_end
