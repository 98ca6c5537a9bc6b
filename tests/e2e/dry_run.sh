#!/usr/bin/env bash
# serai agent deploy --dry-run: what a deployment would cost is what it costs, and nothing is done.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

new_site
start_site
"$serai" money in 10 >/dev/null
"$serai" customer add ada --new "$work/ada.key" >/dev/null
"$serai" money in 1 --customer ada >/dev/null

balance() { "$serai" customer ls --json | jq -r "select(.name == \"$1\") | .balance"; }
frame() { "$serai" ledger transfers --json | tail -n 1; }
would() # FIELD OPTION...: of a deployment of ada's
{
    local field=$1
    shift
    "$serai" agent deploy "$examples/service.wasm" --with "$examples/customer.wasm" \
        --args "calls=0" --key "$work/ada.key" --dry-run --json "$@" | jq -r ".$field"
}

before=$(balance ada)
last=$(frame)
left=$(would left --money 0.25)
own=$(would agent_balance --money 0.25)
holds "ada's balance" "$(balance ada)" "$before"
holds "the last line of the books" "$(frame)" "$last"
holds "the agents" "$("$serai" agent ls --json | wc -l)" 0
"$serai" agent deploy "$examples/service.wasm" --with "$examples/customer.wasm" \
    --args "calls=0" --key "$work/ada.key" --money 0.25 --json >"$work/deployed"
holds "what is left" "$(balance ada)" "$left"
holds "what the agent has" "$(jq -r .balance "$work/deployed")" "$own"

# What is missing is said, with the figures, and the status is that of the refusal.
exits 1 'would be refused: customer ada has' "$serai" agent deploy "$examples/service.wasm" \
    --name another --money 5 --key "$work/ada.key" --dry-run
holds "what is missing" "$(would missing --money 5 2>/dev/null || true)" \
    "$(jq -nr --arg left "$left" '5.0001 - ($left | tonumber) | . * 1000000 | round / 1000000' |
        xargs printf '%.9f')"
exits 1 'at least' "$serai" agent deploy "$examples/service.wasm" --name another \
    --money 0.000000001 --key "$work/ada.key" --dry-run
printf 'no module' >"$work/text.wasm"
exits 65 'the module is refused' "$serai" agent deploy "$work/text.wasm" --money 0.1 --dry-run
exits 0 'rent day' "$serai" agent deploy "$examples/service.wasm" --money 0.1 --dry-run

stop_site TERM
exits 0 '^missing  *0.000000000' "$serai" agent deploy "$examples/service.wasm" --money 0.1 \
    --dry-run --offline
"$serai" audit verify >/dev/null
passed
