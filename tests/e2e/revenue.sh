#!/usr/bin/env bash
# What the site earned, by resource, customer and agent, is the same money each time, to the nano,
# and so is what it owes.  revenue.sh BUILD
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

total() { jq -r 'select(.total != null) | .total'; }
nanos()
{
    jq -r 'select(.account != null) | .amount | gsub("\\."; "") | tonumber' | paste -sd+ | bc
}
revenue() { "$serai" revenue --json "$@"; }

new_site
holds "what a new site has earned" "$(revenue | total)" 0.000000000
start_site
"$serai" money in 10 >/dev/null
"$serai" customer add bob --new "$work/bob.key" >/dev/null
"$serai" money in 2 --customer bob >/dev/null
pair=$("$serai" agent deploy "$examples/spender.wasm" --name mine --money 0.5 --json |
    jq -r .agent)
"$serai" agent deploy "$examples/spender.wasm" --name his --money 0.5 --key "$work/bob.key" \
    >/dev/null
"$serai" agent send "$pair" hello >/dev/null
stop_site TERM

# ---- one sum, four ways ----
"$serai" audit verify --json >"$work/audit"
sum=$(revenue | total)
holds "revenue by the audit" "$(jq -r .revenue "$work/audit")" "$sum"
[ "$sum" != 0.000000000 ] || fail "nothing was earned"
for by in resource customer agent; do
    holds "the total by $by" "$(revenue --by $by | total)" "$sum"
    holds "the sum by $by" "$(revenue --by $by | nanos)" "$(echo "$sum" | tr -d . | sed 's/^0*//')"
done
holds "revenue of compute" \
    "$(revenue | jq -r 'select(.account == "revenue:compute") | .amount')" \
    "$("$serai" ledger accounts --json | jq -r 'select(.name == "revenue:compute") | .balance')"
holds "who paid" "$(revenue --by customer | jq -r 'select(.account != null) | .account' | sort |
    paste -sd' ')" "customer:4096 customer:4097"
holds "agents that paid" "$(revenue --by agent | jq -r 'select(.account == "agent:'"$pair"'") |
    .lines > 0')" true
for part in customers agents deposits held unclaimed; do
    holds "what is owed to $part" \
        "$(revenue | jq -r "select(.total != null) | .liabilities.$part")" \
        "$(jq -r ".$part" "$work/audit")"
done
exits 0 'owed by the site after frame' "$serai" revenue
exits 0 '^agent:' "$serai" revenue show --by agent

# ---- from and to: parts of the same ----
last=$(revenue | jq -r 'select(.frame != null) | .frame')
cut=$((last / 2))
first=$(revenue --to $cut | total | tr -d .)
rest=$(revenue --from $((cut + 1)) | total | tr -d .)
holds "both parts together" $((10#$first + 10#$rest)) $((10#$(echo "$sum" | tr -d .)))
holds "the frame that a part ends with" \
    "$(revenue --to $cut | jq -r 'select(.frame != null) | .frame')" "$cut"
holds "what was earned before there was anything" "$(revenue --to 1999-12-31 | total)" 0.000000000
holds "what was earned since then" "$(revenue --from 2000-01-01 | total)" "$sum"
exits 64 'not resource, customer or agent' "$serai" revenue --by colour
exits 64 'a frame.s number' "$serai" revenue --from yesterday
passed
