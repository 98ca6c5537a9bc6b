#!/usr/bin/env bash
# A daemon that stands still in the middle of traffic (SIGSTOP, as by a debugger or a laptop's lid):
# who asks meanwhile waits and gets the one answer, time does not run away from the books, and an
# end that comes while it stands still is like any other.  stalls.sh BUILD [STALLS]
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
stalls=${2:-5}
seed=${SEED:-$RANDOM}
printf 'SEED=%d\n' "$seed"
RANDOM=$seed

minted()
{
    "$serai" site status --json | jq -r .minted
}

new_site
start_site
"$serai" money in 10.00 >/dev/null
deploy ring "$examples/forwarder.wasm" 2 \
    --args "packets=20 value=1000 tolls=50,600 endowment=0.2 loop=1" >/dev/null
deploy burner "$examples/spender.wasm" 0.5 --args "burn=1 every=1000 work=100" >/dev/null
brought=10

for ((stall = 1; stall <= stalls; stall++)); do
    some_time 100
    kill -STOP "$daemon"
    "$serai" money in 1.00 >/dev/null 2>"$work/asked" &
    asking=$!
    sleep 0.2
    some_time 300
    kill -0 "$asking" 2>/dev/null || fail "a daemon that stands still has answered"
    kill -CONT "$daemon"
    wait "$asking" || fail "who waited for a daemon that stood still got no answer"
    brought=$((brought + 1))
    holds "what was brought in after stall $stall" "$(minted)" "$brought.000000000"
done
turns=$("$serai" site status --json | jq .turns)
sleep 0.3
[ "$("$serai" site status --json | jq .turns)" -gt "$turns" ] || fail "the traffic has stopped"

# Killed while it stands still: the request that waited was never heard, or its answer was lost.
kill -STOP "$daemon"
("$serai" money in 1.00 >/dev/null 2>&1 || true) &
asking=$!
sleep 0.2
stop_site KILL
wait "$asking"
verify
start_site
if [ -e "$SERAI_SITE/operator.key.pending" ]; then
    "$serai" money in --retry >/dev/null || fail "the unanswered request gets no answer"
    brought=$((brought + 1))
fi
holds "what was brought in after the kill" "$(minted)" "$brought.000000000"
stop_site TERM
holds "the exit code after SIGTERM" "$ended" 0
verify
passed
