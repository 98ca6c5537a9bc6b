#!/usr/bin/env bash
# Two sites that their wire agents have joined, an agent at the first with a server next to it and
# one with a server at the second, and then bench_wires on them, over a strict link and then over a
# bounded one.  wires.sh BUILD
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"
# shellcheck source=tests/e2e/links_lib.sh
. "$(dirname "$0")/../e2e/links_lib.sh"
here=$(cd "$(dirname "$0")" && pwd)
bench=$build/tests/bench

# npm brings what is compared with into the build folder, once for each package.json.  The mark of
# that is made last, so that an install that was cut off is done again.
find_captp()
{
    local place=$bench/captp

    if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
        echo "bench: no node and npm: not compared with CapTP" >&2
        return
    fi
    mkdir -p "$place"
    if ! cmp -s "$here/captp/package.json" "$place/installed.json"; then
        rm -rf "$place"
        mkdir "$place"
        cp "$here/captp/package.json" "$place/package.json"
        (cd "$place" && npm install --ignore-scripts --no-audit --no-fund --no-package-lock) \
            >"$work/npm.log" 2>&1 || {
            rm -rf "$place"
            tail -n 3 "$work/npm.log" >&2
            echo "bench: npm does not bring it: not compared with CapTP" >&2
            return
        }
        cp "$here/captp/package.json" "$place/installed.json"
    fi
    cp "$here/captp/chain.js" "$place/chain.js"
    export BENCH_CAPTP="node '$place/chain.js'"
}

pipe() # SITE NAME ARGS [OPTIONS]: prints its number
{
    local site=$1 name=$2 args=$3
    shift 3
    on "$site" agent deploy "$bench/bench_pipe.wasm" --name "$name" --money 10 --args "$args" \
        "$@" --json | jq -r .agent
}

has_logged() # SITE AGENT WORDS
{
    on "$1" agent logs "$2" | { grep -q "$3" && cat >/dev/null; } # to the end, or who writes fails
}

balance_nanos() # AGENT
{
    on a agent show "$1" --json | jq -r '.balance | sub("[.]"; "") | tonumber'
}

find_captp
make_site a
make_site b "$(free_port)"
run_named a
run_named b
for name in a b; do
    on "$name" money in 100 >/dev/null
done
add_link b a
add_link a b "${ports[b]}"
until_holds 10 "A is up" is_state a b up
until_holds 10 "B is up" is_state b a up
on a agent deploy "$build/sdk/wire/t.wasm" --name t --money 2 >/dev/null
on a agent call t connect b --timeout 30 >/dev/null
pipe b server serve=1 >/dev/null
until_holds 10 "the server is there" has_logged b server number
number=$(on b agent logs server --json | jq -r .text | sed -n 's/^number //p')
door=$(on a agent call t status | sed -E 's/^door ([0-9a-f]+).*/\1/')
far=$(pipe a far "object=$number door=$door via=b" --give clock)
near=$(pipe a near "" --give clock,spawner)
until_holds 10 "the server is found" has_logged a "$far" "the server is found"

measure()
{
    printf '%s link\n' "$1"
    "$bench/bench_wires" "$serai" "$work/a" "${pids[a]}" "$work/b" "${pids[b]}" "$far" "$near"
}

measure strict
on a link set b --limit 1100 --durability bounded >/dev/null
on b link set a --limit 1100 --durability bounded >/dev/null
measure bounded
before=$(balance_nanos "$far")
on a agent call "$far" "3 100" --timeout 60 >/dev/null
printf 'a chain to another site costs its asker %d nanos\n' \
    $(((before - $(balance_nanos "$far")) / 100))
