#!/usr/bin/env bash
# Agents are watched: logs and life events as they come, from a cursor, by the calendar; what became
# of a message and of a deployment is said; a statement adds up.  watch.sh BUILD
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

key=$work/ada.key

# wait_lines FILE N: until a file that is being written has so many lines
wait_lines()
{
    for _ in {1..100}; do
        [ "$(wc -l <"$1")" -lt "$2" ] || return 0
        sleep 0.05
    done
    fail "$1 has $(wc -l <"$1") lines, and should have $2"
}

new_site
start_site
"$serai" money in 5 >/dev/null
"$serai" customer add ada --new "$key" >/dev/null
"$serai" money in 1 --customer ada >/dev/null

# ---- what became of a message ----
deploy parrot "$guests/parrot.wasm" 0.1 --args hello >/dev/null
exits 0 '' "$serai" agent send parrot one
holds "what a good turn says" "$(cat "$work/said")" ""
holds "its state" "$("$serai" agent send parrot two --json | jq -r .state)" done
exits 84 'turn undone: unreachable executed' "$serai" agent send parrot trap
exits 84 'why.*2J' "$serai" agent send parrot fail
holds "the state of an undone one" \
    "$("$serai" agent send parrot trap --json 2>/dev/null | jq -r .state || true)" undone
"$serai" agent freeze parrot >/dev/null
exits 0 'waits for its turn: the agent is frozen, frozen by the operator' \
    "$serai" agent send parrot later
"$serai" agent thaw parrot >/dev/null
exits 64 'at most' "$serai" agent send parrot x --timeout 99999999

# ---- a deployment whose first turn is undone ----
before=$(customer_balance operator)
exits 84 'it has ended, and what was left' "$serai" agent deploy "$guests/parrot.wasm" \
    --name bad --money 0.5 --args trap
exits 66 'no agent' "$serai" agent show bad
after=$(customer_balance operator)
holds "what it cost, in ten thousandths" "$(jq -n "($before - $after) * 10000 | round")" 1
bad=$(jq -r .agent < <("$serai" agent deploy "$guests/parrot.wasm" --name bad --money 0.5 \
    --args trap --json 2>/dev/null || true))
exits 0 'site   turn undone: unreachable' "$serai" agent logs "$bad"
exits 0 'ended' "$serai" agent statement "$bad"
exits 84 'undone' "$serai" agent deploy "$guests/parrot.wasm" --name kept --money 0.5 --args trap \
    --keep
exits 0 '^state *running' "$serai" agent show kept
exits 0 'site   turn undone' "$serai" agent logs kept

# ---- logs ----
today=$(date -u +%Y-%m-%dT)
"$serai" agent logs parrot >"$work/log"
holds "lines with the day" "$(grep -c "^$today..:..:..\.[0-9]*Z  " "$work/log")" \
    "$(wc -l <"$work/log")"
holds "the newest two" "$("$serai" agent logs parrot --tail 2)" "$(tail -n 2 "$work/log")"
line=$("$serai" agent logs parrot --tail 1 --json | jq .line)
wall=$("$serai" agent logs parrot --tail 1 --json | jq '.wall_us / 1000000 | floor')
[ $(($(date +%s) - wall)) -lt 60 ] || fail "the line was written at $wall"
"$serai" agent logs parrot --follow --after "$line" --timeout 20 >"$work/followed" &
follower=$!
"$serai" agent send parrot heard >/dev/null
"$serai" agent send parrot twice >/dev/null
wait_lines "$work/followed" 2
kill "$follower"
wait "$follower" 2>/dev/null || true
holds "what was followed" "$(sed 's/^[^ ]*  //' "$work/followed")" $'agent  heard\nagent  twice'
exits 0 '' "$serai" agent logs parrot --follow --tail 0 --timeout 1
holds "nothing new" "$(cat "$work/said")" ""
exits 64 'where to begin' "$serai" agent logs parrot --tail 2 --after 1
exits 64 'has no --limit' "$serai" agent logs parrot --follow --limit 1
exits 64 'is for --follow' "$serai" agent logs parrot --timeout 1
exits 66 'no agent' "$serai" agent logs nobody --follow
# The times are the frames' own, also after a restart.
before=$("$serai" agent logs parrot)
stop_site TERM
start_site
holds "the log after a restart" "$("$serai" agent logs parrot)" "$before"

# ---- events ----
hers=$(deploy hers "$guests/parrot.wasm" 0.1 --key "$key")
cursor=$("$serai" events --json | tail -n 1 | jq -r .cursor)
"$serai" events --follow --json --after "$cursor" --timeout 20 >"$work/events" &
follower=$!
"$serai" agent freeze parrot >/dev/null
"$serai" agent thaw parrot >/dev/null
"$serai" agent send hers trap --key "$key" >/dev/null 2>&1 || true
"$serai" agent end hers --key "$key" >/dev/null
wait_lines "$work/events" 4
kill "$follower"
wait "$follower" 2>/dev/null || true
holds "what was followed" "$(jq -r .event "$work/events" | tr '\n' ' ')" \
    "freeze thaw undone death "
holds "whose it was" "$(jq -r .agent "$work/events" | sort -u | wc -l)" 2
holds "each has a time" "$(jq -r 'select(.wall_us > 1700000000000000) | .event' \
    "$work/events" | wc -l)" 4
# A page from any cursor is the rest of the whole.
cursor=$(jq -rs '.[1].cursor' "$work/events")
holds "the rest" "$("$serai" events --json --after "$cursor" | jq -r .event | tr '\n' ' ')" \
    "undone death "
holds "the newest" "$("$serai" events --json --tail 1 | jq -r .event)" death
holds "of one agent" "$("$serai" events --json --agent "$hers" | jq -r .event | tr '\n' ' ')" \
    "birth undone death "
# A customer sees its own.
holds "hers" "$("$serai" events --json --key "$key" | jq -r .event | tr '\n' ' ')" \
    "birth undone death "
holds "how hers are numbered" \
    "$("$serai" events --json --key "$key" | jq -r .number | tr '\n' ' ')" "1 2 3 "
exits 64 'a cursor is as' "$serai" events --after 12
exits 64 'a cursor is as' "$serai" events --after x.y
exits 64 'give one' "$serai" events --after 1.1 --tail 1
exits 66 'no agent' "$serai" events --agent nobody
exits 0 'undone .*hers .*unreachable' "$serai" events
# A run that is over: the reader is told so, and goes on.
stop_site TERM
start_site
exits 0 'started again' "$serai" events --after "$cursor"
holds "a restart in JSON" "$("$serai" events --json --after "$cursor" | head -n 1 | jq -r .event)" \
    restart

# ---- how long money lasts ----
# Its rent alone would be paid for years; by what it uses it is dry within the hour.
"$serai" agent deploy "$guests/spin.wasm" --name spin --money 0.01 --keep >/dev/null 2>&1 || true
[ "$(field spin dry_in_s)" -gt 31536000 ] || fail "by rent, spin is dry in $(field spin dry_in_s) s"
for _ in {1..10}; do
    "$serai" agent send spin x >/dev/null 2>&1 || true
done
[ "$(field spin dry_in_s)" -lt 3600 ] || fail "spin is dry in $(field spin dry_in_s) s"
holds "what it used, in whole 10^-5" "$(jq -n "$(field spin burnt) * 100000 | round")" 10

# ---- a statement ----
agent=$("$serai" agent ls --json | jq -r 'select(.name == "parrot") | .id')
"$serai" agent fund parrot 0.01 >/dev/null
month=$(date -u +%Y-%m)
"$serai" agent statement parrot --month "$month" --json >"$work/statement"
holds "how it begins" "$(jq -r 'select(.opening) | .opening' "$work/statement")" 0.000000000
holds "the top-up" "$(jq -r 'select(.why == "funding" or .why == "fund") | .in' \
    "$work/statement")" 0.010000000
holds "what it adds up to, off by" "$(jq -rs '
    (map(select(.why)) | map(((.in | tonumber) - (.out | tonumber)) * 1e9) | add | round) -
    (map(select(.opening)) | .[0].closing | tonumber * 1e9 | round)' "$work/statement")" 0
holds "its lines" "$(jq -r 'select(.opening) | .lines' "$work/statement")" \
    "$("$serai" ledger transfers --account "agent:$agent" --json | jq -s length)"
holds "of a month before" "$("$serai" agent statement parrot --month 2020-01 --json 2>&1 |
    grep -c 'no agent')" 1
exits 0 'ended' "$serai" agent statement "$hers"
exits 0 '^closing  *0.000000000' "$serai" agent statement "$hers"
exits 64 'a month is as' "$serai" agent statement parrot --month 2026-13
exits 64 'a month is as' "$serai" agent statement parrot --month 12
exits 64 'leave out' "$serai" agent statement parrot --month 2026-12 --from 1
exits 66 'no agent' "$serai" agent statement 4096
stop_site TERM
verify
passed
