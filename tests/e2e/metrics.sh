#!/usr/bin/env bash
# Figures of a running site: right to the nano, as Prometheus wants them, and nobody waits for who
# reads them.
source "$(dirname "$0")/lib.sh"

port=$(free_port)
base=http://127.0.0.1:$port

setting()
{
    sed -i "/^\[metrics\]/,/^\[/ s|^\(# \)*$1 = \"[^\"]*\"|$1 = \"$2\"|" "$SERAI_SITE/site.toml"
}

# ask PATH [CURL OPTIONS]: the body, and the status in $code.
ask()
{
    local path=$1
    shift
    code=$(curl -sS -m 10 -o "$work/body" -w '%{http_code}' "$@" "$base$path")
}

# asked STATUS WORDS PATH [CURL OPTIONS]
asked()
{
    local status=$1 words=$2
    shift 2
    ask "$@"
    checks=$((checks + 1))
    [ "$code" = "$status" ] || fail "$* is answered $code, and should be $status"
    grep -q -- "$words" "$work/body" || fail "$* does not say \"$words\": $(cat "$work/body")"
}

scrape()
{
    ask /metrics
    holds "the status of a scrape" "$code" 200
    cp "$work/body" "$work/figures"
}

# figure SAMPLE: its number in the last scrape.
figure()
{
    awk -v sample="$1" \
        'substr($0, 1, length($0) - length($NF) - 1) == sample { print $NF }' "$work/figures"
}

# nanos AMOUNT: "0.020000000" as whole nanos.
nanos()
{
    local digits=${1/./}

    digits=${digits#"${digits%%[!0]*}"}
    printf '%s' "${digits:-0}"
}

# settle: scrape until the figures are those of the last frame, and take the accounts at that frame.
settle()
{
    local n

    for n in {1..100}; do
        scrape
        "$serai" ledger accounts --json >"$work/accounts"
        [ "$(figure serai_frames_total)" != \
            "$("$serai" site status --json | jq -r .frame)" ] || break
        [ "$n" -lt 100 ] || fail "the figures do not come to the last frame"
        sleep 0.1
    done
}

# of_account NAME FIELD: whole nanos, by the store.
of_account()
{
    nanos "$(jq -r "select(.name == \"$1\") | .$2" "$work/accounts")"
}

# ---- refused before anything is opened ----
new_site
setting listen 0.0.0.0:9464
exits 78 "metrics.remote" "$serai" site run --check-config
setting listen localhost:9464
exits 78 "metrics.listen: wants" "$serai" site run --check-config
setting listen unix:prices.toml
exits 78 "metrics.listen" "$serai" site run --check-config
setting listen "127.0.0.1:$port"
exits 0 "the configuration is good" "$serai" site run --check-config
python3 -c "import socket, time
taken = socket.socket()
taken.bind(('127.0.0.1', $port))
taken.listen()
print('taken', flush=True)
time.sleep(60)" >"$work/taken" &
holder=$!
until grep -q taken "$work/taken"; do sleep 0.05; done
exits 75 "metrics.listen: 127.0.0.1:$port is in use" timeout 20 "$serai" site run
kill "$holder"
wait "$holder" 2>/dev/null || true

# ---- the protocol ----
start_site
for _ in {1..50}; do
    ask /readyz
    [ "$code" != 200 ] || break
    sleep 0.1
done
asked 200 '^ready$' /readyz
asked 200 '^alive$' /healthz
asked 404 "nothing" /
asked 405 "GET" /metrics -X POST -d x=1
asked 405 "GET" /metrics -X DELETE
asked 403 "localhost" /metrics -H 'Host: evil.example'
asked 200 serai_build_info /metrics -H "Host: localhost:$port"
holds "a HEAD" "$(curl -sS -m 10 -I "$base/healthz" | tr -d '\r' | head -n 1)" "HTTP/1.1 200 OK"
scrape
holds "the version" "$(figure "serai_build_info{version=\"$("$serai" --version --json |
    jq -r .serai)\"}")" 1
if command -v promtool >/dev/null; then
    exits 0 "" promtool check metrics <"$work/figures"
    [ ! -s "$work/said" ] || fail "promtool: $(cat "$work/said")"
fi

# ---- money, to the nano ----
"$serai" money in 1000 >/dev/null
shop=$(deploy shop "$examples/service.wasm" 1)
other=$(deploy other "$examples/service.wasm" 1)
settle
for resource in compute orders memory buffers code packets channels births logs links flushes; do
    holds "revenue of $resource" "$(figure "serai_revenue_nanos_total{resource=\"$resource\"}")" \
        "$(of_account "revenue:$resource" credits)"
done
for account in treasury suspense unclaimed held:message held:reserve deposit:burial; do
    holds "debits of $account" \
        "$(figure "serai_account_debits_nanos_total{account=\"$account\"}")" \
        "$(of_account "$account" debits)"
    holds "credits of $account" \
        "$(figure "serai_account_credits_nanos_total{account=\"$account\"}")" \
        "$(of_account "$account" credits)"
done
holds "what was brought in" "$(figure 'serai_account_debits_nanos_total{account="treasury"}')" \
    1000000000000
holds "the burial deposits" "$(figure 'serai_deposit_nanos{kind="burial"}')" \
    "$(of_account deposit:burial balance)"
owed=0
while read -r amount; do
    owed=$((owed + $(nanos "$amount")))
done < <(jq -r 'select(.name | test("^(customer|agent):")) | .balance' "$work/accounts")
holds "the liabilities" "$(figure serai_liabilities_nanos)" "$owed"
before=$(figure 'serai_revenue_nanos_total{resource="births"}')
frame=$(figure serai_frames_total)
deploy third "$examples/service.wasm" 1 >/dev/null
settle
lines=0
while read -r amount; do
    lines=$((lines + $(nanos "$amount")))
done < <("$serai" ledger transfers --account revenue:births --since $((frame + 1)) --json |
    jq -r .amount)
[ "$lines" -gt 0 ] || fail "the birth has no line"
holds "the birth fee that was added" \
    "$(($(figure 'serai_revenue_nanos_total{resource="births"}') - before))" "$lines"

# ---- turns and agents ----
turns=$("$serai" site status --json | jq -r .turns)
holds "turns" "$(figure serai_turns_total)" "$turns"
holds "births" "$(figure serai_births_total)" \
    "$("$serai" ledger transfers --code "birth fee" --json | wc -l)"
[ "$(figure serai_turn_seconds_count)" -gt 0 ] || fail "no turn was timed"
[ "$(figure serai_frame_durable_seconds_count)" -gt 0 ] || fail "no frame was timed"
"$serai" agent freeze "$other" >/dev/null
settle
holds "running agents" "$(figure 'serai_agents{state="running"}')" \
    "$("$serai" agent ls --json | jq -r 'select(.state == "running") | .agent' | wc -l)"
# The operator is its customer, and both may freeze it: the reason says which of them it was.
by=$(field "$other" reason | sed 's/.* by the operator/site/; s/.* by its customer/customer/')
holds "frozen ones" "$(figure "serai_agents{state=\"frozen_by_$by\"}")" 1
"$serai" agent thaw "$other" >/dev/null

# ---- a link, which is down ----
peer=$(sed -n 's/^public //p' "$SERAI_SITE/operator.pub") # any key that is not the site's own
"$serai" link add north --key "$peer" --limit 5 >/dev/null
settle
holds "the link's state" "$(figure 'serai_link_state{link="north",state="down"}')" 1
holds "the link's limit" "$(figure 'serai_link_limit_nanos{link="north",by="peer"}')" 5000000000

# ---- slow clients ----
exec 7<>"/dev/tcp/127.0.0.1/$port" 8<>"/dev/tcp/127.0.0.1/$port"
printf 'GET /metr' >&7
printf 'GET /metrics HTTP/1.1\r\nHost: localhost\r\n' >&8
asked 200 '^alive$' /healthz
exits 0 "" "$serai" agent send "$shop" hello
settle
exec 7>&- 8>&-

# ---- while the process stands, and after ----
kill -STOP "$daemon"
checks=$((checks + 1))
! curl -sS -m 1 "$base/healthz" >/dev/null 2>&1 || fail "a process that stands answers"
kill -CONT "$daemon"
asked 200 '^alive$' /healthz

# ---- over a restart, on a unix socket ----
settle
frames=$(figure serai_frames_total)
turns=$(figure serai_turns_total)
stop_site TERM
holds "the end" "$ended" 0
checks=$((checks + 1))
! curl -sS -m 2 "$base/healthz" >/dev/null 2>&1 || fail "a site that has stopped answers"
setting listen unix:metrics.sock
setting mode 0660
start_site
holds "the socket's mode" "$(stat -c %a "$SERAI_SITE/metrics.sock")" 660
for _ in {1..50}; do
    curl -sS -m 10 --unix-socket "$SERAI_SITE/metrics.sock" http://x/metrics >"$work/figures"
    [ -z "$(figure serai_frames_total)" ] || break
    sleep 0.1
done
[ "$(figure serai_frames_total)" -ge "$frames" ] || fail "frames fell over a restart"
[ "$(figure serai_turns_total)" -ge "$turns" ] || fail "turns fell over a restart"
stop_site TERM
[ ! -e "$SERAI_SITE/metrics.sock" ] || fail "the socket is left"

# A daemon that is killed leaves its socket, and the next one takes its place.
start_site
stop_site KILL
start_site
holds "the socket after a kill" "$(curl -sS -m 10 --unix-socket "$SERAI_SITE/metrics.sock" \
    http://x/healthz | cut -d : -f 1)" alive
stop_site TERM
verify
passed
