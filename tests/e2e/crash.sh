#!/usr/bin/env bash
# kill -9 at random moments under load: after each the books verify, the daemon starts, and what was
# answered is there.  crash.sh BUILD [KILLS]; SEED=n replays the moments.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
kills=${2:-12}
seed=${SEED:-$RANDOM}
printf 'SEED=%d\n' "$seed"
RANDOM=$seed

new_site
start_site
"$serai" money in 10.00 >/dev/null
brought=10000000000

# Traffic of every kind: packets round and round, a paid service, a self-feeding spender, a scout.
deploy ring "$examples/forwarder.wasm" 2 \
    --args "packets=20 value=1000 tolls=50,600 endowment=0.2 loop=1" >/dev/null
deploy wide "$examples/forwarder.wasm" 2 \
    --args "packets=200 value=100 tolls=5 endowment=0.2 loop=1" >/dev/null
deploy burner "$examples/spender.wasm" 0.5 --args "burn=1 every=1000 work=100" >/dev/null

for ((kill = 1; kill <= kills; kill++)); do
    # Births, deaths of channels and requests are in the middle of things too.
    deploy "scout$kill" "$examples/scout.wasm" 0.05 \
        --args "hops=1 endowment=0.02 sell=$((RANDOM % 2))" >/dev/null
    deploy "shop$kill" "$examples/service.wasm" 0.05 --with "$examples/customer.wasm" \
        --args "price=0.00001 calls=30 endowment=0.02" >/dev/null
    some_time 150
    "$serai" money in 0.01 >/dev/null
    brought=$((brought + 10000000))
    # One more request may be under way when the end comes; it is asked for again below.
    ("$serai" money in 0.01 >/dev/null 2>&1 || true) &
    asking=$!
    some_time 60
    stop_site KILL
    wait "$asking" || true
    verify
    start_site
    if [ -e "$SERAI_SITE/operator.key.pending" ]; then
        "$serai" money in --retry >/dev/null || fail "the unanswered request gets no answer"
    elif [ "$(jq -r .minted "$work/audit.json" | tr -d .)" -eq "$brought" ]; then
        # It was never sent: the daemon was gone first.
        brought=$((brought - 10000000))
    fi
    brought=$((brought + 10000000))
    holds "what was brought in" \
        "$(("10#$("$serai" site status --json | jq -r .minted | tr -d .)"))" "$brought"
done

# All agents are as they were: none in quarantine, and the traffic goes on.
holds "agents that are frozen for crashes" \
    "$("$serai" agent ls --json | jq -r 'select(.reason | test("quarantine")) | .id' | wc -l)" 0
turns=$("$serai" site status --json | jq .turns)
sleep 0.5
[ "$("$serai" site status --json | jq .turns)" -gt "$turns" ] || fail "the traffic has stopped"
stop_site TERM
holds "the exit code after SIGTERM" "$ended" 0
verify
passed
