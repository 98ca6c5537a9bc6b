#!/usr/bin/env bash
# Leaving with ease: a laptop sells its evening.  It is drained while a peer's agents live on it: it
# bears nothing, tells the agents that asked, stops by itself at its time with 0, stands still when
# it is started again, and goes on when that is called off.
# drain.sh BUILD
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/links_lib.sh
. "$(dirname "$0")/links_lib.sh"

make_site inn "$(free_port)"
make_site laptop
run_named inn
run_named laptop
uri=$(on inn link invite --limit 25 --name laptop 2>/dev/null)
on laptop link join "$uri" --name inn >/dev/null
until_holds 10 "the laptop is up" is_state laptop inn up
on laptop money in 5 >/dev/null
on inn money in 5 >/dev/null

# leaver NAME [ARGS]: an agent of the laptop that asks to be told.
leaver()
{
    on laptop agent deploy "$guests/leaver.wasm" --name "$1" --money 0.2 --args "${2:-}" --json |
        jq -r .agent
}

drain_field() { on laptop site status --json | jq -r ".$1"; }
logs_of() { on laptop agent logs "$1" --json | jq -r .text; }
is_told() { logs_of "$1" | matches 'leaving in [0-9]* s, badge 7'; }
is_gone() { ! on laptop agent show "$1" >/dev/null 2>&1; }

exits 64 'one of the two' on laptop site drain
exits 64 'one of the two' on laptop site drain --until 2h --cancel
exits 64 'a time is as' on laptop site drain --until never
exits 64 'a time to come' on laptop site drain --until 2020-01-01T10:00Z
exits 1 'is not being drained' on laptop site drain --cancel
on laptop customer add ada --new "$work/ada.key" >/dev/null
exits 77 'operator' on laptop site drain --until 2h --key "$work/ada.key"
holds "before" "$(drain_field drain)" no

goes=$(leaver goes)
stays=$(leaver stays stay)
on laptop site drain --until 2h >/dev/null
holds "while it is drained" "$(drain_field drain)" leaving
until_holds 10 "one is told" is_told "$stays"
until_holds 10 "the other has gone home" is_gone "$goes"
exits 1 'is being drained' on laptop agent deploy "$guests/leaver.wasm" --name late --money 0.2

# A peer's agent finds no birth there; what it offered comes back.
scout=$(on inn agent deploy "$examples/scout.wasm" --name scout --money 0.2 \
    --args "hops=1 endowment=0.05 max_fee=0.01 via=laptop" --json | jq -r .agent)
is_refused() { on inn agent logs "$scout" | matches 'refus'; }
until_holds 20 "the scout is refused" is_refused
until_holds 10 "nothing is under way" is_quiet inn laptop
holds "the debt" "$(link_field inn laptop we_owe)" 0.000000000

# Over a kill it is still drained; called off, and drained again.
end_named laptop KILL
run_named laptop
holds "after a kill" "$(drain_field drain)" leaving
on laptop site drain --cancel >/dev/null
holds "called off" "$(drain_field drain)" no
on laptop agent deploy "$guests/leaver.wasm" --name again --money 0.2 --args stay >/dev/null
on laptop site drain --until 2s >/dev/null
for n in {1..100}; do
    kill -0 "${pids[laptop]}" 2>/dev/null || break
    sleep 0.1
done
checks=$((checks + 1))
[ "$n" -lt 100 ] || fail "the laptop does not stop"
ended=0
wait "${pids[laptop]}" || ended=$?
unset "pids[laptop]"
holds "how it stopped" "$ended" 0
exits 0 '' grep -q 'site.drained' "$work/laptop.log"
exits 0 '' grep -q 'site.stopping reason="it was drained"' "$work/laptop.log"
on laptop audit verify >/dev/null

until_holds 10 "the inn sees it down" is_state inn laptop down
sleep 1
holds "and why" "$(link_field inn laptop reason)" \
    "the peer was drained: its operator has stopped it"

# Started again it stands still; agents may be looked at and ended.
run_named laptop
holds "started again" "$(drain_field drain)" over
exits 0 '' grep -q 'site.is-drained' "$work/laptop.log"
exits 1 'is being drained' on laptop agent deploy "$guests/leaver.wasm" --name late --money 0.2
exits 1 'opens it again' on laptop site drain --until 2h
on laptop agent end "$stays" >/dev/null
before=$(on laptop site status --json | jq -r .site_time_us)
sleep 0.5
holds "its time" "$(on laptop site status --json | jq -r .site_time_us)" "$before"
end_named laptop TERM
on laptop site drain --cancel --offline >/dev/null
run_named laptop
holds "opened again" "$(drain_field drain)" no
leaver next >/dev/null
until_holds 10 "the laptop is up again" is_state laptop inn up
end_named laptop TERM
end_named inn TERM
books_agree inn laptop
passed
