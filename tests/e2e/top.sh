#!/usr/bin/env bash
# serai top: the snapshot agrees with the books, and the screen is what a person needs (top.py).
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
here=$(cd "$(dirname "$0")" && pwd)

new_site
start_site
"$serai" money in 100 >/dev/null
busy=$(deploy busy "$guests/metronome.wasm" 1 --give timer)
deploy idle "$guests/parrot.wasm" 2 >/dev/null
rich=$(deploy rich "$guests/parrot.wasm" 3)

# of TYPE FIELD: of the snapshot in $work/top
of()
{
    jq -r "select(.type == \"$1\")${3:+ | select($3)} | .$2" "$work/top"
}

# ---- the snapshot ----
"$serai" top --json --interval 0.5 >"$work/top"
holds "kinds of objects" "$(jq -r .type "$work/top" | sort -u | xargs)" "agent resource site"
holds "the agents" "$(of agent name | xargs)" "busy idle rich"
holds "who burns most" "$(jq -r 'select(.type == "agent") | .name' "$work/top" | head -n 1)" busy
holds "the balance is the site's" "$(of agent balance ".agent == $rich")" \
    "$(field "$rich" balance)"
"$serai" agent freeze "$busy" >/dev/null
"$serai" top --json --interval 0.2 >"$work/top"
holds "the revenue is that of the books" "$(of site revenue)" \
    "$("$serai" revenue --json | jq -r 'select(.total) | .total')"
for resource in compute orders births; do
    holds "the revenue of $resource" "$(of resource revenue ".resource == \"$resource\"")" \
        "$("$serai" revenue --json | jq -r "select(.account == \"revenue:$resource\") | .amount")"
done
holds "what the site owes" "$(of site liabilities)" \
    "$("$serai" revenue --json |
        jq -r 'select(.total) | .liabilities | "\(.customers) \(.agents)"' |
        awk '{ printf "%.9f\n", $1 + $2 }')"
holds "a frozen one" "$(of agent state ".agent == $busy")" frozen
"$serai" agent thaw "$busy" >/dev/null
"$serai" top --json --sort balance >"$work/top"
holds "the order" "$(of agent name | xargs)" "rich idle busy"
"$serai" top --json --filter ic >"$work/top"
holds "the filter" "$(of agent name | xargs)" rich
"$serai" top --once >"$work/text"
holds "the text has the agents" "$(grep -c -E ' (busy|idle|rich) ' "$work/text")" 3
holds "and no line is wider" "$(awk 'length > 80' "$work/text" | wc -l)" 0
COLUMNS=200 "$serai" top --once >"$work/text"
checks=$((checks + 1))
grep -q CUSTOMER "$work/text" || fail "200 columns do not show the customer"
LC_ALL=C "$serai" top --once | matches -P '[^\x20-\x7e\n]' && fail "more than ASCII in the locale C"

# ---- bad input ----
exits 64 "no number of seconds" "$serai" top --once --interval x
exits 64 "from 0.1" "$serai" top --once --interval 0.01
exits 64 "is not burn" "$serai" top --once --sort size
exits 64 "one word too many\|there is no" "$serai" top all
exits 64 "draws on a terminal" "$serai" top
exits 64 "at most" "$serai" top --once --filter "$(printf 'x%.0s' {1..60})"

# ---- by the socket alone: no books, so nobody knows who paid what ----
"$serai" top --json --site "$SERAI_SITE/control.sock" >"$work/top"
holds "without the books" "$(of agent paid_per_hour | sort -u)" null

# ---- the screen ----
(
    until [ -e "$work/mark.stop" ]; do sleep 0.1; done
    kill -TERM "$daemon"
    until [ -e "$work/mark.start" ]; do sleep 0.1; done
    exec "$serai" site run >/dev/null 2>>"$daemon_log"
) &
keeper=$!
trap 'kill "$keeper" 2>/dev/null || true; finish' EXIT
more=$(PYTHONDONTWRITEBYTECODE=1 python3 "$here/top.py" "$serai" "$work/mark") || fail "the screen"
checks=$((checks + more))
kill "$keeper"
wait "$keeper" || true
wait "$daemon" || true
daemon=
exits 69 "no site answers" "$serai" top --once
passed
