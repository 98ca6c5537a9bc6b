# What the end-to-end tests share; sourced.  Usage of each: TEST.sh BUILD
# shellcheck shell=bash
set -euo pipefail

build=${1:?usage: $0 BUILD}
serai=$build/site/serai
examples=$build/sdk/examples
guests=$build/tests/agents/guests
work=$(mktemp -d "${TMPDIR:-/tmp}/serai-e2e-XXXXXX")
export SERAI_SITE=$work/site
daemon_log=$work/daemon.log
daemon=
checks=0

finish()
{
    local code=${1:-$?}

    if [ -n "$daemon" ]; then
        kill -KILL "$daemon" 2>/dev/null || true
        wait "$daemon" 2>/dev/null || true
    fi
    if [ "$code" -ne 0 ]; then
        tail -n 15 "$daemon_log" >&2 || true
    fi
    rm -rf "$work"
    exit "$code"
}
trap finish EXIT

fail()
{
    printf 'FAILED: %s\n' "$*" >&2
    exit 1
}

# shellcheck source=tests/e2e/free_port.sh
. "$(dirname "${BASH_SOURCE[0]}")/free_port.sh"

# holds WHAT FOUND EXPECTED
holds()
{
    checks=$((checks + 1))
    [ "$2" = "$3" ] || fail "$1 is \"$2\", and should be \"$3\""
}

# matches PATTERN: as `grep -q` does behind a pipe, but reads to the end: a program that writes to
# who has gone fails, and the pipe with it.
matches()
{
    local code=0

    grep -q "$@" || code=$?
    cat >/dev/null
    return "$code"
}

# exits CODE PATTERN COMMAND...: the command ends with CODE and says PATTERN (a basic regex, or
# empty for anything).
exits()
{
    local expected=$1 pattern=$2 code=0
    shift 2
    checks=$((checks + 1))
    "$@" >"$work/said" 2>&1 || code=$?
    [ "$code" -eq "$expected" ] || {
        cat "$work/said" >&2
        fail "$* exits $code, and should exit $expected"
    }
    [ -z "$pattern" ] || grep -q -- "$pattern" "$work/said" || {
        cat "$work/said" >&2
        fail "$* does not say \"$pattern\""
    }
}

# run_site COMMAND...: start a daemon and wait until it is ready; 1 when it ends before.
run_site()
{
    local word=

    rm -f "$work/ready"
    mkfifo "$work/ready"
    "$@" >"$work/ready" 2>>"$daemon_log" &
    daemon=$!
    read -r -t 20 word <"$work/ready" || true
    [ "$word" = ready ]
}

start_site()
{
    run_site "$serai" site run || fail "the site does not start"
}

# stop_site SIGNAL: prints nothing; the exit code is left in $ended.
stop_site()
{
    ended=0
    kill "-$1" "$daemon"
    wait "$daemon" 2>/dev/null || ended=$?
    daemon=
}

# wait_site: wait for a daemon that ends by itself, for half a minute at most.
wait_site()
{
    local n

    for n in {1..300}; do
        kill -0 "$daemon" 2>/dev/null || break
        [ "$n" -lt 300 ] || fail "the site does not end"
        sleep 0.1
    done
    ended=0
    wait "$daemon" 2>/dev/null || ended=$?
    daemon=
}

new_site()
{
    rm -rf "$SERAI_SITE"
    "$serai" site init >/dev/null
}

# max_bytes SIZE: how large the books may grow, from the next start on
max_bytes()
{
    sed -i "s/^max_bytes = .*/max_bytes = \"$1\"/" "$SERAI_SITE/site.toml"
}

# some_time MS: wait for up to so long.  A script that has set RANDOM draws the same moments again,
# as long as no subshell draws one: there RANDOM begins anew.
some_time()
{
    local ms=$((RANDOM % $1)) moment

    printf -v moment '%d.%03d' $((ms / 1000)) $((ms % 1000))
    sleep "$moment"
}

deploy()
{
    local name=$1 module=$2 money=$3
    shift 3
    "$serai" agent deploy "$module" --name "$name" --money "$money" --json "$@" | jq -r .agent
}

# field AGENT KEY
field()
{
    "$serai" agent show "$1" --json | jq -r ".$2"
}

# tell ROW WHAT THEN NOW BOUND UNIT: a line of the table that `make hostile` prints, as
# tests/figure.h has it.
tell()
{
    checks=$((checks + 1))
    printf '  row %-2d  %-52s then %-34s now %s, at most %s %s\n' "$@"
}

# tells ...: the same, and NOW may be no more than BOUND.
tells()
{
    tell "$@"
    awk -v now="$4" -v bound="$5" 'BEGIN { exit now > bound }' ||
        fail "row $1: $2: $4 $6, and at most $5 are right"
}

# tells_time ...: the same with what the clock measured, which `make hostile` alone judges.
tells_time()
{
    if [ -n "${HOSTILE_CLOCK:-}" ]; then tells "$@"; else tell "$@"; fi
}

customer_balance()
{
    "$serai" customer ls --json | jq -r "select(.name == \"$1\") | .balance"
}

verify()
{
    "$serai" audit verify --json >"$work/audit.json" || fail "the books do not verify"
    holds "the verdict on the books" "$(jq -r .ok "$work/audit.json")" true
}

passed()
{
    printf '%s: %d checks passed\n' "$(basename "$0")" "$checks"
}
