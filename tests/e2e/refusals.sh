#!/usr/bin/env bash
# What a daemon refuses, and how: each with its exit code, its reason and the place.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

# ---- the command line ----
exits 64 'there is no "frob"' "$serai" frob
exits 64 'has no option --frob' "$serai" site status --frob
exits 64 'usage: serai money in AMOUNT' "$serai" money in
exits 0 '^  --money AMOUNT' "$serai" agent deploy --help
exits 66 'operator.key' "$serai" money in 1
exits 69 'start it: serai site run' "$serai" site status
exits 78 'serai site init' "$serai" site run

# ---- a site ----
new_site
holds "the mode of the site" "$(stat -c %a "$SERAI_SITE")" 700
holds "the mode of its keys" "$(stat -c %a "$SERAI_SITE"/*.key | sort -u)" 600
exits 1 'there is a site' "$serai" site init "$SERAI_SITE"
start_site
holds "the mode of the socket" "$(stat -c %a "$SERAI_SITE/control.sock")" 600

# ---- a second daemon ----
first=$daemon
exits 75 "process $first" "$serai" site run
daemon=$first
exits 0 '^frame' "$serai" site status

# ---- money ----
exits 64 'amount "1.0000000001"' "$serai" money in 1.0000000001
exits 64 'amount "-1"' "$serai" money in -1
exits 64 'amount "1e3"' "$serai" money in 1e3
"$serai" money in 1.00 >/dev/null
exits 1 'refused' "$serai" money out 2
holds "what the operator has" "$(customer_balance operator)" 1.000000000
"$serai" customer add bob --new "$work/bob.key" >/dev/null
exits 77 "operator" "$serai" money in 5 --key "$work/bob.key"
exits 1 'refused' "$serai" customer add bob2 --new "$work/bob.key"
"$serai" money in 0.5 --customer bob >/dev/null
holds "what bob has" "$(customer_balance bob)" 0.500000000
exits 66 'nobody' "$serai" money in 1 --customer nobody

# ---- agents ----
head -c 100 "$examples/scout.wasm" >"$work/cut.wasm"
printf 'hello' >"$work/text.wasm"
: >"$work/empty.wasm"
exits 65 '' "$serai" agent deploy "$work/cut.wasm" --money 0.1
exits 65 '' "$serai" agent deploy "$work/text.wasm" --money 0.1
exits 65 'empty' "$serai" agent deploy "$work/empty.wasm" --money 0.1
exits 66 'none.wasm' "$serai" agent deploy "$work/none.wasm" --money 0.1
exits 64 '--money' "$serai" agent deploy "$examples/scout.wasm"
exits 64 'there is no "moon"' "$serai" agent deploy "$examples/scout.wasm" --money 0.1 --give moon
exits 1 'refused' "$serai" agent deploy "$examples/scout.wasm" --money 0.000001
exits 1 'refused' "$serai" agent deploy "$examples/scout.wasm" --money 100
holds "agents after all this" "$("$serai" agent ls --json | wc -l)" 0
agent=$(deploy counter "$examples/spender.wasm" 0.1)
exits 77 '' "$serai" agent freeze "$agent" --key "$work/bob.key"
exits 66 '' "$serai" agent show 99999
exits 66 'no agent "nobody"' "$serai" agent show nobody
exits 1 'refused' "$serai" agent fund "$agent" 100
exits 1 'refused' "$serai" agent send "$agent" hello --money 100
exits 0 '' "$serai" agent freeze counter
holds "its state" "$(field counter state)" frozen
exits 0 '' "$serai" agent thaw "agent:$agent"
holds "its state" "$(field counter state)" running

exits 77 'another customer' "$serai" agent end "$agent" --key "$work/bob.key"
exits 1 'can be taken' "$serai" agent withdraw counter 5
exits 0 '^taken *0.010000000' "$serai" agent withdraw counter 0.01
exits 77 'another customer' "$serai" agent stop "$agent" --key "$work/bob.key"
exits 0 '^left *0.000000000' "$serai" agent stop counter
holds "its state" "$(field counter state)" frozen
exits 1 'fund it first' "$serai" agent thaw counter
exits 0 '^taken *0.000000000' "$serai" agent stop counter
exits 0 '' "$serai" agent fund counter 0.05
exits 0 '^state *running' "$serai" agent thaw counter
had=$(customer_balance bob)
other=$(deploy mayfly "$examples/spender.wasm" 0.1 --key "$work/bob.key")
exits 0 '^state *ended' "$serai" agent end mayfly
# Its entry of the heap stays, with the deposit of 0.002.
holds "what bob lost by a birth and an end, but for some nanos" \
    "$(jq -n "(($had - $(customer_balance bob)) * 1000000 | floor)")" 2100
exits 66 '' "$serai" agent show "$other"

# ---- requests: forged, replayed, for another site ----
key=$SERAI_SITE/operator.key
# The daemon stands still while the request is sent, so its answer is not waited for.
kill -STOP "$daemon"
timeout 1 "$serai" money in 0.25 >/dev/null 2>&1 || true
[ -e "$key.pending" ] || fail "an unanswered request is not kept"
cp "$key.pending" "$work/envelope"
kill -CONT "$daemon"
exits 64 'money.in' "$serai" money out --retry 1
exits 0 'balance' "$serai" money in 0.25 --retry
after=$(customer_balance operator)
cp "$work/envelope" "$key.pending"
exits 0 'balance' "$serai" money in --retry
holds "what the operator has after the second answer" "$(customer_balance operator)" "$after"
exits 66 'no request' "$serai" money in --retry
# What is kept and was overtaken: a denial settles nothing, and nothing new goes out beside it.
"$serai" money in 0.01 >/dev/null
cp "$work/envelope" "$key.pending"
exits 77 'still kept' "$serai" money in --retry
exits 75 'money.in 0 0.250000000' "$serai" money in 0.01
exits 0 'may have been done' "$serai" money in --forget
exits 66 'no request' "$serai" money in --forget
# Whatever the command, its other words may be missing then.
for command in 'link add' 'link set' 'link mark' 'link unmark' 'link freeze' 'link resume' \
    'link remove' 'money out' 'customer add' 'customer share' 'agent deploy' 'agent fund' \
    'agent send' 'agent freeze' 'agent thaw' 'agent withdraw' 'agent stop' 'agent end'; do
    read -ra words <<<"$command"
    exits 66 'no request' "$serai" "${words[@]}" --retry
    exits 66 'no request' "$serai" "${words[@]}" --forget
done
# One byte of the signature is changed.
size=$(stat -c %s "$work/envelope")
{ head -c $((size - 1)) "$work/envelope" && printf '\377'; } >"$key.pending"
exits 65 'signature' "$serai" money in --retry
printf 'noise' >"$key.pending"
exits 65 'operator.key.pending is damaged' "$serai" money in --retry
exits 65 'operator.key.pending is damaged' "$serai" money in 0.01
rm "$key.pending"
holds "what was brought in" "$("$serai" site status --json | jq -r .minted)" 1.760000000
cp "$SERAI_SITE/site.pub" "$work/site.pub"
sed "s/^public .*/public $(printf '%064d' 7)/" "$work/site.pub" >"$SERAI_SITE/site.pub"
exits 77 '' "$serai" money in 1
cp "$work/site.pub" "$SERAI_SITE/site.pub"
printf '0\n' >"$key.number"
exits 65 'operator.key.number is damaged' "$serai" money in 1
rm "$key.number"
chmod 644 "$work/bob.key"
exits 77 'chmod 600' "$serai" agent fund "$agent" 0.1 --key "$work/bob.key"

verify
stop_site TERM
holds "the exit code after SIGTERM" "$ended" 0

# ---- configuration ----
cp "$SERAI_SITE/prices.toml" "$work/prices.toml"
exits 0 'good' "$serai" site run --check-config
sed -i 's/^deposit = "0.002000000"/deposit = 0.002/' "$SERAI_SITE/prices.toml"
line=$(grep -n '^deposit = 0.002' "$SERAI_SITE/prices.toml" | cut -d: -f1)
exits 78 "prices.toml:$line:[0-9]*: " "$serai" site run --check-config
# All errors are told, not only the first.
printf '\n[heaps]\ndeposit = "1"\n' >>"$SERAI_SITE/prices.toml"
exits 78 "prices.toml:$line:[0-9]*: " "$serai" site run --check-config
exits 78 'heaps' "$serai" site run --check-config
cp "$work/prices.toml" "$SERAI_SITE/prices.toml"
sed -i 's/^\[memory\]/[memory]\nrant = "1"/' "$SERAI_SITE/prices.toml"
exits 78 'rant' "$serai" site run
cp "$work/prices.toml" "$SERAI_SITE/prices.toml"
start_site
stop_site INT
holds "the exit code after SIGINT" "$ended" 0
passed
