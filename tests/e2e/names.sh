#!/usr/bin/env bash
# Names are never read as numbers, a kind before a name or number means what it says, and what is
# not there is told.  names.sh BUILD
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

idle=$guests/parrot.wasm
key=58$(printf '66%.0s' {1..31}) # the generator: no key is taken that is no point

new_site
other=$(sed -n 's/^public //p' "$SERAI_SITE/operator.pub")
start_site
"$serai" money in 10 >/dev/null
first=$(deploy first "$idle" 0.1)

# ---- names that could be numbers, by the site and not only by the command ----
for name in 4097 "$first" 007 0x10 1e3 -5 +5 .5 '#4097' _1 agent:4097; do
    exits 65 'taken for a number' "$serai" agent deploy "$idle" "--name=$name" --money 0.1
    exits 65 'taken for a number' "$serai" customer add --public "$key" -- "$name"
done
"$serai" link add north --key "$key" --limit 1 >/dev/null
exits 1 'begins with a letter' "$serai" link add 7 --key "$other" --limit 1
exits 65 'cannot be called agent' "$serai" link add agent --key "$other" --limit 1
exits 65 'taken for a number' "$serai" link mark north --name 2026
exits 65 '' "$serai" site init --name 4097 "$work/numbered"

# ---- kinds ----
"$serai" customer add ada --public "$key" >/dev/null
ada=$("$serai" customer ls --json | jq -r 'select(.name == "ada") | .account')
exits 0 '' "$serai" agent fund agent:first 0.01
exits 0 '' "$serai" agent fund "agent:$first" 0.01
exits 0 "customer *$ada" "$serai" money in 1 --customer customer:ada
exits 0 "customer *$ada" "$serai" money in 1 --customer "customer:$ada"
exits 64 'is no agent' "$serai" agent fund customer:ada 0.01
exits 64 'is no customer' "$serai" money in 1 --customer agent:first
exits 66 'no customer' "$serai" money in 1 --customer "$first"
exits 66 'no customer' "$serai" money in 1 --customer 0
exits 66 'no agent' "$serai" agent fund "$ada" 0.01
exits 66 'no agent' "$serai" agent fund "0$first" 0.01
exits 66 'no agent' "$serai" agent show agent:nobody
exits 0 '^name *north' "$serai" link show link:north
exits 0 '^name *north' "$serai" link show link:1
exits 66 'no link:2' "$serai" link freeze link:2
exits 64 'is no link' "$serai" link freeze agent:first

# ---- one name, one agent: of a customer ----
exits 1 "agent $first of customer 4096 is called \"first\" already" \
    "$serai" agent deploy "$idle" --name first --money 0.1
other_name=$(deploy other "$idle" 0.1)
exits 1 'is called "first" already' "$serai" agent rename other first
exits 0 '^name *renamed' "$serai" agent rename other renamed
exits 0 '' "$serai" agent rename renamed renamed
holds "who is called so" "$(field renamed id)" "$other_name"
exits 66 'no agent "other"' "$serai" agent show other
exits 65 'taken for a number' "$serai" agent rename renamed 4097
exits 65 'a-z, 0-9' "$serai" agent rename renamed renamed/1
exits 64 'at most 40 bytes' "$serai" agent rename renamed "$(printf 'n%.0s' {1..41})"
exits 66 'no agent' "$serai" agent rename nobody somebody
exits 0 '' deploy other "$idle" 0.1
stop_site TERM
start_site
exits 1 'is called "renamed" already' "$serai" agent deploy "$idle" --name renamed --money 0.1
"$serai" agent end renamed >/dev/null
exits 0 '' "$serai" agent rename other renamed
exits 0 '' "$serai" agent end renamed
# A child is called after its parent, and counts on after one has gone.
service=$examples/service.wasm
deploy service "$service" 0.2 --with "$examples/customer.wasm" \
    --args "price=0.0001 calls=2 endowment=0.03" >/dev/null
for _ in {1..100}; do
    ! "$serai" agent show service/1 >/dev/null 2>&1 || break
    sleep 0.1
done
holds "whose child it is" "$(field service/1 parent)" "$(field service id)"
exits 0 '' "$serai" agent rename service/1 buyer
exits 66 'no agent' "$serai" agent show service/1
"$serai" agent end buyer >/dev/null
"$serai" agent end service >/dev/null

# ---- two of one name, of two customers; whose are whose ----
"$serai" customer add bob --new "$work/bob.key" >/dev/null
"$serai" money in 1 --customer bob >/dev/null
second=$(deploy first "$idle" 0.1 --key "$work/bob.key")
holds "the operator's own" "$("$serai" agent ls --mine --json | jq -r .id | tr '\n' ' ')" "$first "
holds "all" "$("$serai" agent ls --json | jq -s length)" 2
holds "bob's" "$("$serai" agent ls --mine --json --key "$work/bob.key" | jq -r .id)" "$second"
for command in show logs statement freeze; do
    exits 64 "agent:$first, agent:$second" "$serai" agent "$command" first
done
exits 64 "agent:$first, agent:$second" "$serai" agent fund agent:first 1
exits 0 '' "$serai" agent fund "$second" 0.01

# ---- amounts and options ----
for amount in -1 +1 1,5 1e3 0x1 1.0000000001 18446744073709551616 ' 1' 1_000 '' .; do
    exits 64 '' "$serai" money in -- "$amount"
done
exits 64 'given twice' "$serai" money in 1 --customer ada --customer ada
exits 64 'no option' "$serai" money in 1 --custmer ada
exits 64 'is not a number' "$serai" agent logs "$first" --limit 99999999999999999999
exits 64 'is not a number' "$serai" agent logs "$first" --limit -1

# ---- the books ----
transfers() { "$serai" ledger transfers "$@" --json | jq -s length; }
holds "money that ada got" "$(transfers --account customer:ada)" 2
for name in ada "$ada" "customer:$ada"; do
    holds "the same by $name" "$(transfers --account "$name")" 2
done
exits 66 'NOBODY' "$serai" ledger transfers --account NOBODY
exits 66 '4999' "$serai" ledger transfers --account 4999
exits 66 'agent' "$serai" ledger transfers --account agent:ada
exits 64 'say which' "$serai" ledger transfers --account first
exits 66 'bribe' "$serai" ledger transfers --code bribe
# A link's accounts open after those of customers: each still has its own name.
holds "accounts that nobody knows" "$("$serai" ledger transfers | grep -c 'account:')" 0
stop_site TERM
holds "what ada got, with the site down" "$(transfers --account "customer:$ada")" 2
exits 66 'while the site runs' "$serai" ledger transfers --account ada
passed
