#!/usr/bin/env bash
# Objects of the paper against the daemon: a greeter counts through kill -9, the count of a broken
# one is 0 again, its failure has its reason in the log, and objects outlive the program that made
# them.  objects.sh BUILD; SEED=n replays.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
seed=${SEED:-$RANDOM}
printf 'SEED=%d\n' "$seed"
RANDOM=$seed
spritely=$examples/spritely

# says AGENT LINE: wait until its last line is this one.
says()
{
    local n last=

    for n in {1..100}; do
        last=$("$serai" agent logs "$1" --json | jq -r .text | tail -n 1)
        [ "$last" != "$2" ] || break
        sleep 0.1
    done
    holds "the last line of $1" "$last" "$2"
}

new_site
start_site
"$serai" money in 10 >/dev/null
deploy julius "$spritely/cgreeter.wasm" 0.5 >/dev/null
deploy horatio "$spritely/borked.wasm" 0.5 >/dev/null

greeted=0
for ((kill = 1; kill <= 4; kill++)); do
    for ((i = 0; i < 3; i++)); do
        "$serai" agent send julius "greet Gaius" >/dev/null
        "$serai" agent send horatio "greet Gaius" >/dev/null 2>&1 || [ $? -eq 84 ]
        greeted=$((greeted + 1))
    done
    some_time 20
    stop_site KILL
    verify
    start_site
    "$serai" agent send julius "get-times-called" >/dev/null
    says julius "$greeted"
done
"$serai" agent logs julius --json | jq -r .text >"$work/julius"
holds "the last greeting" "$(grep Hello "$work/julius" | tail -n 1)" \
    "[$greeted] Hello Gaius, my name is Julius!"
"$serai" agent send horatio "get-times-called" >/dev/null
says horatio 0
"$serai" agent logs horatio --json | jq -r .text >"$work/horatio"
holds "greetings that broke" "$(grep -c 'Yikes, I broke!' "$work/horatio")" "$greeted"
# A person holds an object of an agent, and speaks to it in words.
deploy zoo "$guests/zoo.wasm" 0.5 >/dev/null
holds "what the bell comes as" "$("$serai" agent call zoo bell --as bell)" \
    "$(printf 'an object\n@bell  facet')"
holds "the first ring" "$("$serai" agent call @bell ring)" 1
exits 81 'code 4096: there is no method sing here' "$serai" agent call @bell sing
holds "the second ring, by the zoo" "$("$serai" agent call zoo ring)" 2
"$serai" agent call zoo another >/dev/null
holds "the bell, which nobody else has" "$("$serai" agent call @bell ring)" 3
exits 0 '' "$serai" cap drop @bell

# The objects of a program go over to the next one, and stay where they are if that one fails.
upgrades() # AGENT MODULE CODE: exit code
{
    exits "$3" '' "$serai" agent upgrade "$1" "$guests/$2.wasm" --try
}
deploy heir "$guests/heir1.wasm" 0.5 >/dev/null
for i in 1 2 3; do "$serai" agent call heir count >/dev/null; done
upgrades heir heir3 0
holds "the count of the next program" "$("$serai" agent call heir show)" "version 3: 3"
stop_site KILL
verify
start_site
upgrades heir heir2 81 # it knows an older version only
holds "what was kept" "$("$serai" agent call heir show)" "version 3: 3"
deploy younger "$guests/heir2.wasm" 0.5 >/dev/null
"$serai" agent call younger count >/dev/null
upgrades younger heir_traps 81
holds "what was kept" "$("$serai" agent call younger show)" "version 2: 1"
upgrades younger heir3 0
holds "the count after all" "$("$serai" agent call younger show)" "version 3: 1"
stop_site TERM
holds "the exit code after SIGTERM" "$ended" 0
verify
passed
