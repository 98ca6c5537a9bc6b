#!/usr/bin/env bash
# Native code on the real daemon: hot code is compiled in the jail, loaded, and pays the same; a
# compiler that hangs, steals or explodes leaves its agent in tier 0 and the daemon well.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
badcc=$build/tests/site/compiler/badcc

# set_engine KEY VALUE...: in site.toml
set_engine()
{
    while [ $# -gt 0 ]; do
        sed -i "s|^$1 = \"[^\"]*\"|$1 = \"$2\"|" "$SERAI_SITE/site.toml"
        shift 2
    done
}

status_of()
{
    "$serai" site status --json | jq -r ".$1"
}

# becomes KEY VALUE: the status does, within some seconds
becomes()
{
    checks=$((checks + 1))
    for ((step = 0; step < 200; step++)); do
        [ "$(status_of "$1")" != "$2" ] || return 0
        sleep 0.2
    done
    fail "$1 is \"$(status_of "$1")\", and should become \"$2\""
}

says()
{
    checks=$((checks + 1))
    for ((step = 0; step < 200; step++)); do
        ! grep -q -- "$1" "$daemon_log" || return 0
        sleep 0.05
    done
    fail "the log does not say \"$1\""
}

messages()
{
    for ((message = 0; message < $1; message++)); do
        "$serai" agent send worker go >/dev/null
    done
}

fuel_of_turns()
{
    "$serai" ledger transfers --account "agent:$worker" --code compute --json | jq .quantity
}

# fresh KEY VALUE...: a new site with these settings that runs, and an agent
fresh()
{
    : >"$daemon_log"
    new_site
    set_engine hot_fuel 5000 effort_fuel 0 "$@"
    start_site
    "$serai" money in 1.00 >/dev/null
    worker=$(deploy worker "$examples/spender.wasm" 0.5 --args "work=500 every=3")
}

stop_well()
{
    stop_site TERM
    holds "the exit code after SIGTERM" "$ended" 0
    verify
}

# Off, as a site is made: nothing is started, nothing is kept.
fresh
holds "the tier of a new site" "$(status_of tier1)" off
messages 8
fuel_of_turns >"$work/fuel0"
code=$(field worker code)
holds "processes beside the daemon" "$(pgrep -c -P "$daemon" || true)" 0
stop_well
[ ! -e "$SERAI_SITE/compiled" ] || fail "a site without tier 1 keeps objects"

# On: the same messages cost the same, the first ones in tier 0 and the last in tier 1.
fresh tier1 all
says 'tier1.ready\|tier1.unavailable'
if grep -q 'tier1.unavailable.*Landlock' "$daemon_log"; then
    echo "skipped: this kernel has no Landlock"
    exit 77
fi
messages 4
becomes tier1_loaded 1
messages 4
holds "the tier of the code" \
    "$("$serai" code ls --json | jq -r "select(.code == \"$code\") | .tier")" 1
fuel_of_turns >"$work/fuel1"
cmp "$work/fuel0" "$work/fuel1" || fail "the tiers charge differently"
holds "turns that were booked" "$(wc -l <"$work/fuel1")" 9
grep -q "code.tier1 code=$code .*kept=no" "$daemon_log" || fail "the log does not tell"
stop_well

# What was compiled before is taken as soon as it is hot, whatever a compile would be worth.
set_engine effort_fuel 1000000000
start_site
messages 4
becomes tier1_loaded 1
grep -q "code.tier1 code=$code .*kept=yes" "$daemon_log" || fail "what was kept was not taken"
stop_well
# What was not is compiled when its agents have used that, and the list says how far they are.
rm "$SERAI_SITE"/compiled/*.so
start_site
messages 4
says tier1.ready
messages 1
becomes tier1_compiling 0
"$serai" code ls | matches "used [0-9]* of [0-9]* fuel, which a compile of it is worth" ||
    fail "the list does not say how far the code is"
holds "codes in tier 1 that have not paid" "$(status_of tier1_loaded)" 0
stop_well
set_engine effort_fuel 10
start_site
messages 40
becomes tier1_loaded 1
stop_well
: >"$daemon_log"

# The next start takes it from the cache, unless it was damaged there.
start_site
messages 4
becomes tier1_loaded 1
grep -q "code.tier1 code=$code .*kept=yes" "$daemon_log" || fail "it was compiled again"
stop_well
printf 'damaged' | dd of="$(echo "$SERAI_SITE"/compiled/*.so)" bs=1 seek=2000 conv=notrunc \
    status=none
start_site
messages 4
becomes tier1_loaded 1
says "tier1.object-damaged code=$code"

# The service is killed: what is compiled stays, the site goes on.
service=$(pgrep -P "$daemon")
kill -KILL "$service"
says tier1.service-died
messages 2
holds "codes in tier 1 without the service" "$(status_of tier1_loaded)" 1
status_of tier1_reason | matches "service died" || fail "the status does not tell"
stop_well

# Named: only what is named.
fresh tier1 named codes "$(printf 'ab%.0s' {1..32})"
messages 6
says tier1.ready
messages 1
becomes tier1_compiling 0
holds "codes in tier 1 that are not named" "$(status_of tier1_loaded)" 0
"$serai" code ls | matches "engine.codes does not name it" || fail "the list does not say why"
stop_well
set_engine codes "$(printf 'ab%.0s' {1..32}) $code"
start_site
messages 4
becomes tier1_loaded 1
stop_well

# No compiler: tier 0 serves and says so.
fresh tier1 all compiler no-such-compiler
says 'tier1.unavailable.*there is no compiler'
messages 4
holds "codes in tier 1 without a compiler" "$(status_of tier1_loaded)" 0
status_of tier1_reason | matches "there is no compiler" || fail "the status does not tell"
stop_well

# Compilers that mean no good.
for what in key fork; do
    cp "$badcc" "$work/badcc-$what"
    fresh tier1 all compiler "$work/badcc-$what" compile_seconds 1 compile_memory 256MiB
    says tier1.ready
    messages 4
    becomes tier1_failed 1
    messages 2
    holds "codes in tier 1 by a compiler that tries $what" "$(status_of tier1_loaded)" 0
    holds "the agent's state" "$(field worker state)" running
    holds "lines that tell" "$(grep -c code.tier0 "$daemon_log")" 1
    holds "files left of the compile" "$(find "$SERAI_SITE/compiled/job" -type f | wc -l)" 0
    stop_well
done
says 'too many processes'
# It is not tried again for ever: the next start remembers.
start_site
messages 4
becomes tier1_failed 1
holds "what is remembered" "$(find "$SERAI_SITE/compiled" -name "$code-*.failed" | wc -l)" 1
stop_well
# ... and the same trick by a compiler that is let through would have shown.
cp "$badcc" "$work/badcc-nothing"
fresh tier1 all compiler "$work/badcc-nothing"
messages 4
becomes tier1_loaded 1
stop_well
passed
