#!/usr/bin/env bash
# serai host ls: the sites of a machine, whatever state each is in; one that stands still holds the
# others up for no longer than a second.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
others=()
trap 'kill -KILL "${others[@]}" 2>/dev/null || true; finish' EXIT

# start NAME [OPTION...]: a daemon of the site of this name
start()
{
    local name=$1 dir=$work/$1
    shift
    [ -d "$dir" ] || "$serai" site init "$dir" --name "$name" >/dev/null
    SERAI_SITE=$dir run_site "$serai" site run "$@" || fail "$name does not start"
    others+=("$daemon")
    daemon=
}

# of SITE FIELD: in the last listing
of()
{
    jq -r "select(.site == \"$work/$1\") | .$2" "$work/list"
}

list()
{
    "$serai" host ls --json "$@" >"$work/list"
}

start runs
start stopped
start silent
start leaves
"$serai" site init "$work/new" --name new >/dev/null
"$serai" money in 7 --site "$work/runs" >/dev/null
"$serai" money in 9 --site "$work/stopped" >/dev/null
"$serai" agent deploy "$examples/scout.wasm" --name scout --money 1 --site "$work/stopped" \
    >/dev/null
"$serai" money in 1 --site "$work/leaves" >/dev/null
"$serai" site drain --until 1h --site "$work/leaves" >/dev/null
peer=$("$serai" site key --site "$work/new" | grep -oE '[0-9a-f]{64}')
"$serai" link add north --key "$peer" --limit 5 --site "$work/runs" >/dev/null
kill "${others[1]}"
wait "${others[1]}" || true
"$serai" revenue --site "$work/stopped" --json | jq 'select(.total)' >"$work/earned"
start frozen --frozen
kill -STOP "${others[2]}"
mkdir "$work/nothing"
cp -r "$work/stopped" "$work/broken"
printf 'xxxx' >"$work/broken/store/data.mdb"

all=("$work"/{runs,stopped,silent,leaves,new,frozen,nothing,broken,nowhere})
before=$(date +%s%N)
list "${all[@]}"
took_ms=$((($(date +%s%N) - before) / 1000000))
holds "how many" "$(wc -l <"$work/list")" 9
holds "one that runs" "$(of runs state)" running
holds "its money" "$(of runs liabilities)" 7.000000000
holds "its links" "$(of runs links_up)/$(of runs links)" 0/1
holds "one that is stopped" "$(of stopped state)" stopped
holds "what it owes" "$(of stopped liabilities)" \
    "$(jq -r '.liabilities | "\(.customers) \(.agents)"' "$work/earned" |
        awk '{ printf "%.9f", $1 + $2 }')"
holds "what it earned" "$(of stopped revenue)" "$(jq -r .total "$work/earned")"
holds "one that stands still" "$(of silent state)" silent
holds "one that leaves" "$(of leaves state)" draining
holds "one that never ran" "$(of new state)" stopped
holds "one without turns" "$(of frozen state)" frozen
holds "a directory without a site" "$(of nothing state)" broken
holds "damaged books" "$(of broken state)" broken
holds "no directory" "$(of nowhere state)" broken
checks=$((checks + 1))
[ -n "$(of broken why)" ] || fail "it does not say why the books are broken"
[ "$took_ms" -lt 10000 ] || fail "one that stands still held the list up for $took_ms ms"

# ---- which ----
SERAI_SITES=$work/runs::$work/new:$work/runs list
holds "the list of the environment" "$(jq -r .site "$work/list" | xargs)" "$work/runs $work/new"
list "$work/runs/control.sock"
holds "a socket" "$(jq -r '"\(.state) \(.liabilities)"' "$work/list")" "running 7.000000000"
"$serai" host ls "$work/runs" "$work/silent" >"$work/text"
holds "the table" "$(head -n 1 "$work/text" | grep -c 'SITE .*STATE .*REVENUE .*OWED .*LINKS')" 1
holds "its rows" "$(wc -l <"$work/text")" 3
exits 64 "too long" "$serai" host ls "/$(printf 'x%.0s' {1..600})"
if [ ! -e /var/lib/serai ] && [ ! -e /run/serai ]; then
    exits 66 "no site under" env -u SERAI_SITES "$serai" host ls
fi
kill -CONT "${others[2]}"
passed
