#!/usr/bin/env bash
# People talk to agents: `agent call` asks and prints what comes back, each end of a question has
# its exit code, what is kept is used again, and nothing is lost or paid twice by a `kill -9` of the
# daemon or of the command.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

call()
{
    "$serai" agent call "$@"
}

# says TEXT COMMAND...: the command ends well and prints TEXT and nothing else.
says()
{
    local expected=$1
    shift
    holds "$*" "$("$@")" "$expected"
}

new_site
start_site
"$serai" money in 5 >/dev/null
talker=$(deploy talker "$guests/talker.wasm" 0.1)

# ---- what comes back ----
says "hello world" call talker say hello world
says "1" call talker count
holds "odd bytes as JSON" "$(call talker odd --json | jq -r '.bytes + " " + .state')" \
    "6e756c0020616e6420ff answered"
says 'nul\x00 and \xff' call talker odd
says '@x @@' call talker say @@x @@@
before=$(customer_balance operator)
says "$(printf 'here\n0.500000000 SRI')" call talker back --money 0.5
holds "what that cost: the postage" \
    "$(awk -v a="$before" -v b="$(customer_balance operator)" 'BEGIN { printf "%.9f", a - b }')" \
    0.000000109

# ---- what is kept ----
says "$(printf 'one\n@car  facet')" call talker twin --as car
says "badge 1" call @car hi
says "$(printf 'two\n@cap  facet\n@cap-2  facet')" call talker pair
says "badge 1" call talker tell @car hey
holds "the capabilities" "$("$serai" cap ls --json | jq -c '[.name, .kind]' | tr -d '\n')" \
    '["car","facet"]["cap","facet"]["cap-2","facet"]'
exits 1 'has a capability car already.*another name' call talker twin --as car
number=$("$serai" call ls --json | jq -r .call)
exits 65 'begins with a letter' call --again "$number" --as 7up
says "$(printf 'one\n@bus  facet')" call --again "$number" --as bus
exits 66 'no call' call --again "$number"
exits 0 '' "$serai" cap name @bus van
exits 0 'dropped' "$serai" cap drop @van
exits 66 'no capability van' call @van
exits 66 'no capability van' "$serai" cap drop van

# ---- how a question can end ----
exits 82 'SILENT' call talker silent
exits 81 'TRAP: unreachable' call talker trap
holds "the state of a trap" "$(call talker trap --json | jq -r '.state + " " + .failure')" \
    "broken TRAP"
exits 81 'failed: code 4103: Yikes, I broke!$' call talker fail Yikes, I broke!
exits 81 'failed: code 4104: it\\nbroke$' call talker break

# ---- and what of its money comes back ----
before=$(customer_balance operator)
exits 81 '0.500000000 SRI came back$' call talker trap --money 0.5
says "badge 1" call talker pass @car hey
exits 81 '0.250000000 SRI came back$' call talker pass @car trap --money 0.25
holds "what that cost: three times the postage" \
    "$(awk -v a="$before" -v b="$(customer_balance operator)" 'BEGIN { printf "%.9f", a - b }')" \
    0.000000327
holds "what came back as JSON" \
    "$(call talker pass @car trap --money 0.25 --json | jq -r '.state + " " + .money')" \
    "broken 0.250000000"
holds "what a silent agent keeps" \
    "$(call talker silent --money 0.01 --json | jq -r '.state + " " + .money')" \
    "silent 0.000000000"
holds "the code and the reason as JSON" \
    "$(call talker fail no way --json | jq -c '[.state, .failure, .code, .text]')" \
    '["broken","CODE",4103,"no way"]'
exits 83 '--again' call talker later --timeout 0
number=$("$serai" call ls --json | jq -r 'select(.state == "waiting") | .call')
exits 83 "call $number was made" call --again "$number" --timeout 1
holds "the state while it waits" \
    "$(call --again "$number" --timeout 0 --json 2>/dev/null || true)" \
    "{\"call\":$number,\"state\":\"waiting\"}"
says "done" call talker now
says "at last" call --again "$number"
exits 83 '' call talker later --timeout 0
number=$("$serai" call ls --json | jq -r .call)
exits 0 'dropped' "$serai" call drop "$number"
says "done" call talker now
holds "the calls that are left" "$("$serai" call ls --json | wc -l)" 0

# A question that comes back is answered once.
says "$(printf 'and you?\n@q  reply')" call talker ask --as q
says "" call @q fine thanks
exits 66 'no capability q' call @q
for _ in {1..50}; do
    "$serai" agent logs talker >"$work/log"
    grep -q 'answered: fine thanks' "$work/log" && break
    sleep 0.1
done
grep -q 'answered: fine thanks' "$work/log" || fail "the answer to its question did not come"

# ---- what is refused ----
exits 64 'usage' call
exits 64 'takes no words' call --again 7 talker
exits 64 'at most' call talker x --timeout 99999999999
exits 66 'no agent' call nobody hi
exits 66 'no capability' call talker say @nothing
exits 1 'needs' call talker say --money 100
desk=$("$serai" agent ls --json | jq -r 'select(.state == "desk") | .id')
exits 1 'desk' call "agent:$desk" hi
exits 1 'desk' "$serai" agent freeze "agent:$desk"
owner=$("$serai" customer ls --json | jq -r .account)
"$serai" customer add ada --new "$work/ada.key" >/dev/null
"$serai" money in 1 --customer ada >/dev/null
exits 77 'another customer' call "agent:$talker" say hi --key "$work/ada.key"
exits 66 'no capability car' call @car --key "$work/ada.key"
hers=$(deploy hers "$guests/talker.wasm" 0.1 --key "$work/ada.key")
holds "hers" "$(call "agent:$hers" say hi --key "$work/ada.key")" hi
holds "the calls that she is shown" "$("$serai" cap ls --json --key "$work/ada.key" | wc -l)" 0
exits 77 'its own' "$serai" cap ls --customer "$owner" --key "$work/ada.key"
holds "what the operator is shown of her" "$("$serai" cap ls --json --customer ada | wc -l)" 0

# ---- kill -9 between question and answer ----
exits 83 '' call talker later --timeout 0
number=$("$serai" call ls --json | jq -r .call)
stop_site KILL
exits 69 "call $number was made" call --again "$number"
start_site
says "waiting" jq -r .state <("$serai" call ls --json)
says "done" call talker now
stop_site KILL
start_site
before=$(customer_balance operator)
says "at last" call --again "$number"
holds "what taking it costs" "$(customer_balance operator)" "$before"

# The command dies after it has asked: the answer is taken by --again.
"$serai" agent call talker later --timeout 60 >/dev/null 2>&1 &
asking=$!
for _ in {1..100}; do
    number=$("$serai" call ls --json | jq -r .call)
    [ -n "$number" ] && break
    sleep 0.1
done
kill -9 "$asking"
wait "$asking" 2>/dev/null || true
says "done" call talker now
says "at last" call --again "$number"

# The command dies before it has its answer: --retry asks for what was done, and goes on.  Only a
# stopped daemon shows that moment for certain.
kill -STOP "$daemon"
"$serai" agent call "$talker" say again >/dev/null 2>&1 &
asking=$!
sleep 0.5
kill -9 "$asking"
wait "$asking" 2>/dev/null || true
kill -CONT "$daemon"
exits 75 'agent.call' call talker say other
says again call --retry
exits 66 'no request' call --retry

# An answer that no pipe takes is shown again.
code=0
call talker say piped >/dev/full 2>"$work/said" || code=$?
holds "the code of an answer that is not shown" "$code" 80
says piped call --retry

# ---- in the books of a site at rest ----
stop_site TERM
exits 83 'was made' call talker say later --offline
start_site
number=$("$serai" call ls --json | jq -r .call)
says "later" call --again "$number"

# ---- the end ----
exits 0 'ended' "$serai" agent end "agent:$desk"
exits 66 'no capability car' call @car
says "hello" call talker say hello
verify
holds "the number of a call in the books" \
    "$("$serai" ledger transfers --code 'postage held' --json | jq -s 'length > 20')" true
passed
