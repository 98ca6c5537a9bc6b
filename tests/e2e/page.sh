#!/usr/bin/env bash
# The page of a running site, by its paths: what is served, to whom, how much of it; figures that
# are those of the command, to the nano; and nobody waits for who reads it.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

port=$(free_port)
base=http://127.0.0.1:$port

setting()
{
    sed -i "/^\[metrics\]/,/^\[/ s|^\(# \)*$1 = \"[^\"]*\"|$1 = \"$2\"|" "$SERAI_SITE/site.toml"
}

# ask PATH [CURL OPTIONS]: the body, the headers, and the status in $code.
ask()
{
    local path=$1
    shift
    : >"$work/body"
    code=$(curl -sS -m 20 -o "$work/body" -D "$work/headers" -w '%{http_code}' "$@" "$base$path")
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

# of FILTER PATH: what jq finds in an answer that is a success.
of()
{
    ask "$2"
    [ "$code" = 200 ] || fail "$2 is answered $code: $(cat "$work/body")"
    jq -r "$1" "$work/body"
}

header() # NAME
{
    tr -d '\r' <"$work/headers" | sed -n "s/^$1: //Ip"
}

# ---- off unless somebody says so, and never for other machines ----
new_site
setting listen "127.0.0.1:$port"
start_site
asked 200 alive /healthz
asked 404 nothing /
asked 404 nothing /api/overview
stop_site TERM
setting page yes
setting remote yes
exits 78 "metrics.page" "$serai" site run --check-config
setting remote no
exits 0 "the configuration is good" "$serai" site run --check-config
start_site

# ---- files ----
asked 200 '<html lang="en">' /
for word in "default-src 'none'" "script-src 'self'" "frame-ancestors 'none'"; do
    header Content-Security-Policy | matches "$word" || fail "the policy lacks $word"
done
holds "the type of the page" "$(header Content-Type)" "text/html; charset=utf-8"
holds "sniffing" "$(header X-Content-Type-Options)" nosniff
holds "the referrer" "$(header Referrer-Policy)" no-referrer
holds "other origins" "$(header Cross-Origin-Resource-Policy)" same-origin
checks=$((checks + 1))
! grep -qi '^access-control' "$work/headers" || fail "other origins may read it"
etag=$(header ETag)
ask / -H "If-None-Match: $etag"
holds "a page that is known" "$code $(stat -c %s "$work/body")" "304 0"
bytes=0
while read -r file; do
    ask "/$file"
    holds "$file" "$code" 200
    bytes=$((bytes + $(stat -c %s "$work/body")))
done < <(printf '\n'
    curl -sS "$base/" | grep -o '\(href\|src\)="[a-z.]*\.[a-z]*"' | cut -d '"' -f 2
    curl -sS "$base/page.js" | grep -o '"\./[a-z]*\.js"' | tr -d '"./' | sed 's/js$/.js/')
[ "$bytes" -gt 20000 ] && [ "$bytes" -lt 100000 ] || fail "the page has $bytes bytes"
asked 404 nothing /index.html
asked 404 nothing /../page.js --path-as-is

# ---- who may ask, and how ----
for path in / /api/agents /api/events; do
    asked 405 GET "$path" -X POST -d x=1
    asked 405 GET "$path" -X PUT -d x=1
    asked 403 localhost "$path" -H 'Host: evil.example'
done
asked 200 phase /api/overview -H "Host: localhost:$port"
asked 400 "too much" "/api/transfers?account=$(head -c 2000 /dev/zero | tr '\0' x)"
for wrong in 'transfers?account=nobody' 'transfers?code=nothing' 'transfers?limit=0' \
    'transfers?limit=201' 'transfers?limit=x' 'transfers?from=-1' 'transfers?before=1:2' \
    'history?account=' 'history?account=revenue' 'history?account=4096&before=x' \
    'burn?from=9&to=1' 'burn?from=0&to=4096' 'agents?after=x' 'agent' 'agent?id=' 'agent?id=1x' \
    'link' 'link?name='; do
    asked 400 '"error"' "/api/$wrong"
done
asked 404 '"error"' '/api/agent?id=4242'
asked 404 '"error"' '/api/history?account=agent:4242'
asked 404 '"error"' '/api/link?name=nobody'

# ---- figures are those of the command ----
"$serai" money in 1000 >/dev/null
shop=$(deploy shop "$examples/service.wasm" 1)
deploy other "$examples/service.wasm" 1 >/dev/null
holds "the agents" "$(of 'map(.id + " " + .name + " " + .balance) | join(";")' /api/agents)" \
    "$("$serai" agent ls --json | jq -rs 'map("\(.id) \(.name) \(.balance)") | join(";")')"
holds "an agent's balance" "$(of .balance "/api/agent?id=$shop")" "$(field "$shop" balance)"
holds "a page of agents" "$(of 'length' '/api/agents?after=0&limit=1')" 1
holds "the customers" "$(of '.[0].name' /api/customers)" operator
holds "a customer's agents" "$(of '.quotas[] | select(.key == "agents_max") | .used' \
    '/api/customer?id=4096')" "$("$serai" agent ls --json | wc -l)"
holds "a price" "$(of '.[] | select(.key == "memory.rent") | .price' /api/prices)" \
    "$("$serai" price show --json | jq -r 'select(.key == "memory.rent") | .price')"
holds "the log" "$(of '.[0].text' "/api/logs?id=$shop&after=0&limit=1")" \
    "$("$serai" agent logs "$shop" --json | head -n 1 | jq -r .text)"
ledger='[.frame, .event, .line, .debit, .credit, .amount, .code, .quantity]
    | map(tostring) | join(" ")'
holds "lines of an account" "$(of ".lines | map($ledger) | reverse | join(\";\")" \
    "/api/transfers?account=agent:$shop&limit=200")" \
    "$("$serai" ledger transfers --account "$shop" --json | jq -rs "map($ledger) | join(\";\")")"
holds "lines for a reason" "$(of '.lines | length' '/api/transfers?code=birth%20fee')" \
    "$("$serai" ledger transfers --code "birth fee" --json | wc -l)"
holds "the totals above them" "$(of '.account.debits' "/api/transfers?account=$shop")" \
    "$("$serai" ledger accounts --json | jq -r "select(.id == $shop) | .debits")"
holds "what an account paid" "$(of '[.points[].out | gsub("\\.";"") | tonumber] | add' \
    "/api/history?account=$shop")" "$(of '.account.debits | gsub("\\.";"") | tonumber' \
    "/api/history?account=$shop")"
until [ "$(of .frame /api/overview)" = "$("$serai" site status --json | jq -r .frame)" ]; do
    sleep 0.1
done
holds "revenue of births" \
    "$(of '.accounts[] | select(.name == "revenue:births") | .credits' /api/overview)" \
    "$("$serai" ledger accounts --json | jq -r 'select(.name == "revenue:births") | .credits')"

# ---- events ----
timeout 20 curl -sSN "$base/api/events" >"$work/events" &
stream=$!
until grep -q '^data: {' "$work/events"; do sleep 0.1; done
deploy third "$examples/service.wasm" 1 >/dev/null
until [ "$(grep -c '^data: {' "$work/events")" -ge 2 ]; do sleep 0.1; done
holds "the births in the last event" "$(grep '^data: {' "$work/events" | tail -n 1 | cut -c 7- |
    jq -r .births)" "$(of .births /api/overview)"
kill "$stream"
wait "$stream" 2>/dev/null || true

# Many streams that nobody reads, requests that are not whole, and searches at once: the site and
# its figures go on.
idle=()
for _ in {1..6}; do
    exec {fd}<>"/dev/tcp/127.0.0.1/$port"
    printf 'GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n' >&"$fd"
    idle+=("$fd")
done
for _ in {1..3}; do
    exec {fd}<>"/dev/tcp/127.0.0.1/$port"
    printf 'GET /api/trans' >&"$fd"
    idle+=("$fd")
done
asked 503 "too many streams" /api/events
searches=()
for n in {1..4}; do
    curl -sS -m 20 -o "$work/search$n" "$base/api/transfers?account=revenue&limit=200" &
    searches+=($!)
done
asked 200 '^alive$' /healthz
exits 0 "" "$serai" agent send "$shop" hello
for job in "${searches[@]}"; do wait "$job" || fail "a search is not answered"; done
holds "a search among them" "$(jq -r '.lines | length > 0' "$work/search4")" true
for fd in "${idle[@]}"; do exec {fd}>&-; done

# ---- while the core stands ----
asked 200 phase /api/overview
kill -STOP "$daemon"
checks=$((checks + 1))
! curl -sS -m 1 "$base/api/overview" >/dev/null 2>&1 || fail "a process that stands answers"
kill -CONT "$daemon"
asked 200 shop /api/agents

# ---- it ends with the site, streams and all ----
curl -sSN -m 20 "$base/api/events" >/dev/null 2>&1 &
stream=$!
sleep 0.5
stop_site TERM
holds "the end" "$ended" 0
wait "$stream" 2>/dev/null || true

# ---- a socket that only this user reaches, as `ssh -L` forwards it ----
setting listen unix:metrics.sock
start_site
holds "the socket's mode" "$(stat -c %a "$SERAI_SITE/metrics.sock")" 600
holds "the page on it" "$(curl -sS -m 10 --unix-socket "$SERAI_SITE/metrics.sock" \
    http://localhost:9464/ | head -n 1)" '<!doctype html>'
holds "another host on it" "$(curl -sS -m 10 --unix-socket "$SERAI_SITE/metrics.sock" \
    http://evil.example/ | head -n 1)" "ask by address or localhost"
stop_site TERM
verify
passed
