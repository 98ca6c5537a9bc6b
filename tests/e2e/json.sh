#!/usr/bin/env bash
# Each command prints with --json what docs/json.md says, and each row of that document is tried.
# json.sh BUILD; with DRAFT=1 it prints rows as they are seen instead.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/links_lib.sh
. "$(dirname "$0")/links_lib.sh"

here=$(cd "$(dirname "$0")" && pwd)
document=$here/../../docs/json.md
: >"$work/checked"

# shape COMMAND SITE WORDS...: what it prints with --json has the form of that command.
shape()
{
    local command=$1 site=$2
    shift 2
    shape_of "$command" 0 on "$site" "$@" --json
}

# shape_of COMMAND CODE WORDS...: the same of any command, which exits with CODE.
shape_of()
{
    local command=$1 expected=$2 code=0
    shift 2
    checks=$((checks + 1))
    "$@" >"$work/json" 2>"$work/words" || code=$?
    [ "$code" -eq "$expected" ] || fail "$* exits $code: $(cat "$work/words")"
    if [ -n "${DRAFT:-}" ]; then
        "$here/json_shapes.py" draft "$command" <"$work/json"
    else
        "$here/json_shapes.py" check "$document" "$command" <"$work/json" || fail "its form"
    fi
    printf '%s\n' "$command" >>"$work/checked"
}

# its FIELD: of what was printed last.
its() { jq -r ".$1" "$work/json"; }

wrote() # SITE AGENT PATTERN
{
    on "$1" agent logs "$2" --limit 1000 --json | matches -- "$3"
}

shape 'site init' a site init
rm -rf "$work/a"
make_site a "$(free_port)"
make_site b "$(free_port)"
shape 'site key' a site key
run_named a
run_named b

# ---- money, customers, agents ----
shape 'money in' a money in 20
shape 'money out' a money out 1
shape 'customer add' a customer add ada --new "$work/ada.key"
shape 'customer share' a customer share ada 3
shape 'customer ls' a customer ls
on a customer add eve --new "$work/eve.key" >/dev/null
on a money in 1 --customer eve >/dev/null
on a agent deploy "$guests/parrot.wasm" --name hers --money 0.5 --key "$work/eve.key" >/dev/null
shape 'customer quota' a customer quota eve agents_max=10 memory_bytes_max=64MiB ends_max=book
shape 'customer show' a customer show eve
shape 'customer suspend' a customer suspend eve
shape 'customer resume' a customer resume eve
on a customer suspend eve >/dev/null
exits 1 'ends its 1 agents for good' on a customer evict eve
shape 'customer evict' a customer evict eve --yes
holds "what came back to her" "$(its balance)" \
    "$(on a customer ls --json | jq -r 'select(.name == "eve").balance')"
shape 'agent deploy --dry-run' a agent deploy "$guests/talker.wasm" --money 1 --dry-run
shape 'agent deploy' a agent deploy "$guests/talker.wasm" --name talker --money 1
talker=$(its agent)
born() # NAME MODULE MONEY OPTION...
{
    local name=$1 module=$2 money=$3
    shift 3
    on a agent deploy "$module" --name "$name" --money "$money" --json "$@" | jq -r .agent
}
born parrot "$guests/parrot.wasm" 0.5 >/dev/null
service=$(born service "$examples/service.wasm" 0.1 --with "$examples/customer.wasm" \
    --args "price=0.0001 calls=20 endowment=0.03")
born shop "$examples/service.wasm" 0.1 --args 'price=0.0001 calls=0' >/dev/null
born v "$guests/version1.wasm" 0.5 >/dev/null
until_holds 20 "twenty calls" wrote a "$service" calls
shape 'agent send' a agent send parrot hello
shape_of 'agent send' 84 on a agent send parrot trap --money 0.001 --json
until_holds 20 "the parrot's trap" wrote a parrot undone
shape 'agent ls' a agent ls
shape 'agent show' a agent show "agent:$service"
shape 'agent logs' a agent logs parrot
shape 'agent statement' a agent statement parrot
shape 'events show' a events
shape 'agent rename' a agent rename parrot polly
shape 'agent rename' a agent rename polly parrot
shape 'agent fund' a agent fund parrot 0.1
shape 'agent freeze' a agent freeze parrot
shape 'agent show' a agent show parrot
shape 'agent thaw' a agent thaw parrot
shape 'agent withdraw' a agent withdraw parrot 0.05
shape 'agent upgrade' a agent upgrade v "$guests/version2.wasm" --try
shape 'agent stop' a agent stop v
shape 'agent end' a agent end v

# ---- calls and capabilities ----
shape 'agent call' a agent call talker twin --as car
shape_of 'agent call' 81 on a agent call talker fail no way --json
shape_of 'agent call' 82 on a agent call talker silent --money 0.01 --json
shape_of 'agent call' 83 on a agent call talker later --timeout 0 --json
shape 'call ls' a call ls
shape 'call drop' a call drop "$(its call)"
shape 'cap ls' a cap ls
shape 'cap name' a cap name @car van
shape 'cap drop' a cap drop @van
shape 'heap ls' a heap ls
shape 'code ls' a code ls

# ---- modules, without a site ----
module=$guests/talker.wasm
shape_of 'agent test' 0 "$serai" agent test "$examples/shop.wasm" \
    "$here/../../sdk/examples/shop.test.json" --json
shape_of 'code check' 0 "$serai" code check "$module" --json
shape_of 'code disasm' 0 "$serai" code disasm "$module" --json
sums='(module (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add))'
wat2wasm -o "$work/sums.wasm" - <<<"$sums"
shape_of 'code where' 0 "$serai" code where "$module" \
    "$("$serai" code check "$module" --json | jq '.functions[0].offset')" --json
shape_of 'code run' 0 "$serai" code run "$work/sums.wasm" add 40 2 --json

# ---- links ----
make_site c
shape 'link add' a link add c --key "${keys[c]}" --limit 1
shape 'link remove' a link remove c
shape 'link invite' a link invite --limit 25 --name b
shape 'link join' b link join "$(its uri)" --name a
until_holds 10 "A is up" is_state a b up
shape 'link invites' a link invites
shape 'link invite' a link invite --limit 25
shape 'link revoke' a link revoke 2
shape 'link ls' a link ls
shape 'link show' a link show b
shape 'link mark' a link mark b --name noon
on a money in 1 --customer ada >/dev/null
scout=$(on a agent deploy "$examples/scout.wasm" --name scout --money 0.2 --key "$work/ada.key" \
    --args "hops=1 endowment=0.05 max_fee=0.01 via=b" --json | jq -r .agent)
load a source "packets=50 value=1000000 tolls= endowment=0.5 via=b" >/dev/null
until_holds 20 "the scout's child reports" wrote a "$scout" 'I am a scout now'
settle a b
shape 'link show' a link show b
shape 'link show --since' a link show b --since noon
shape 'link unmark' a link unmark b --name noon
shape 'link ack' a link ack b
shape 'link set' a link set b --settle-by manual:IBAN-OF-B
shape 'link settle' a link settle b
has_claim() { on b link settlements a --json | jq -e 'select(.state == "claimed")' >/dev/null; }
until_holds 10 "B has the claim" has_claim
shape 'link settlements' a link settlements b
shape 'link settlements' b link settlements a
shape 'link settled' b link settled a 1 --reference bank-4711
shape 'link freeze' a link freeze b
shape_of 'doctor run' 1 on a doctor --json # a frozen link is a fault
shape 'link accept-loss' a link accept-loss b
shape 'link resume' a link resume b

# ---- what is left abroad, and a link that goes ----
for child in $(on b agent ls --json | jq -r .id); do
    on b agent end "$child" >/dev/null
done
shape 'customer claim' b customer claim --key "$work/ada.key"

# ---- the books ----
shape 'site status' a site status
shape 'site reload' a site reload
shape 'price ls' a price ls
shape 'price show' a price show
shape 'price show --id' a price show --id 1
for by in resource customer agent; do
    shape 'revenue show' a revenue show --by "$by"
done
shape 'top show' a top
shape_of 'host ls' 0 "$serai" host ls "$work/a" "$work/b" "$work/c" --json
shape_of 'support bundle' 0 on a support bundle "$work/bundle.tar.gz" --json
shape 'ledger accounts' a ledger accounts
shape 'ledger transfers' a ledger transfers
shape 'audit verify' a audit verify
shape_of 'audit network' 0 "$serai" audit network "$work/a" "$work/b" --json
for site in a b; do
    on "$site" ledger export --format jsonl >"$work/$site.jsonl"
done
shape_of 'audit reconcile' 0 "$serai" audit reconcile "$work/a.jsonl" "$work/b.jsonl" --json
shape 'site backup' a site backup "$work/backup"
shape_of 'site restore' 0 "$serai" site restore "$work/backup" --site "$work/restored" \
    --keys-from "$work/a" --yes --json
shape 'site drain' a site drain --until 2h

# ---- a journal that is long enough for an archive ----
make_site d
sed -i 's/^segment_bytes = .*/segment_bytes = "64KiB"/' "$work/d/site.toml"
run_named d
on d money in 2 >/dev/null
on d agent deploy "$examples/spender.wasm" --name w --money 1 --args "burn=1" >/dev/null
has_segment() { [ "$(on d audit verify --json | jq .chunks)" -gt 100 ]; }
until_holds 20 "a whole segment" has_segment
mkdir "$work/archives"
shape 'ledger archive' d ledger archive --before 2100-01-01 --to "$work/archives"

# ---- and nothing is left out ----
"$serai" help >"$work/help"
[ -n "${DRAFT:-}" ] || "$here/json_shapes.py" missing "$document" "$work/help" "$work/checked" ||
    fail "a command is left out"
passed
