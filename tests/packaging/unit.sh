#!/usr/bin/env bash
# The unit: systemd's own tools take it and rate it, and the daemon, its compiler's jail too, works
# under the system calls and without the capabilities that it leaves.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"
command -v systemd-analyze >/dev/null || { echo "systemd-analyze is not there"; exit 77; }
analyze()
{
    SYSTEMD_COLORS=0 SYSTEMD_UNIT_PATH="$work/units:" systemd-analyze --no-pager "$@"
}

DESTDIR=$work/dest cmake --install "$build" --prefix /usr >/dev/null
unit=$work/units/serai@here.service
mkdir "$work/units"
sed "s|/usr/bin/serai|$work/dest&|" "$work/dest/usr/lib/systemd/system/serai@.service" >"$unit"

# ---- what systemd says of it ----
analyze verify --man=no "$unit" >"$work/said" 2>&1 || fail "verify: $(cat "$work/said")"
holds "what verify says of the unit" "$(grep serai "$work/said" || true)" ""
analyze security --offline=true "$unit" >"$work/said"
rating=$(sed -n 's/.*Overall exposure level.*: \([0-9.]*\) .*/\1/p' "$work/said")
awk -v rating="$rating" 'BEGIN { exit !(rating != "" && rating <= 2.0) }' ||
    fail "the unit is rated \"$rating\", and should be 2.0 or lower"
checks=$((checks + 2))
# It can fail: without its capabilities taken away it is rated worse.
sed -i '/^CapabilityBoundingSet=/d; /^SystemCallFilter=/d' "$unit"
analyze security --offline=true "$unit" | grep 'level.*: [3-9]' >/dev/null ||
    fail "a weaker unit is rated as well"

# ---- the calls that it leaves ----
property()
{
    sed -n "s/^$1=//p" "$work/dest/usr/lib/systemd/system/serai@.service"
}

# calls_of WORD...: the names of calls and of sets of them
calls_of()
{
    local word

    for word; do
        case $word in
        @*) calls_of $(analyze syscall-filter "$word" | sed -n 's/^  *\([^# ].*\)/\1/p') ;;
        *) echo "$word" ;;
        esac
    done
}

: >"$work/calls"
while read -r -a words; do
    case ${words[0]} in
    '~'*)
        words[0]=${words[0]#'~'}
        calls_of "${words[@]}" | sort -u >"$work/less"
        sort -u "$work/calls" | comm -23 - "$work/less" >"$work/rest"
        mv "$work/rest" "$work/calls"
        ;;
    *) calls_of "${words[@]}" >>"$work/calls" ;;
    esac
done < <(property SystemCallFilter)
families=$(property RestrictAddressFamilies |
    sed 's/AF_UNIX/1/; s/AF_INET6/10/; s/AF_INET/2/; s/AF_NETLINK/16/; s/ /,/g')
[[ $families =~ ^[0-9,]+$ ]] || fail "the families are $families"

under=("$build/tests/packaging/under_unit" "$work/calls" "$families")
if [ "$(id -u)" -eq 0 ]; then
    under=(setpriv --no-new-privs --bounding-set=-all --inh-caps=-all --ambient-caps=-all
        "${under[@]}")
fi
# It can fail: a call that no unit of ours leaves, and one that another family is for.
exits 1 'Operation not permitted' "${under[@]}" python3 -c 'import os; os.chroot("/")'
exits 1 'Operation not permitted' "${under[@]}" \
    python3 -c 'import socket; socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM)'

# starts LOG COMMAND...: the site with native code, until the log says what became of the compiler
starts()
{
    local n

    : >"$daemon_log"
    run_site "$@" "$serai" site run || { cat "$daemon_log" >&2; fail "the site does not start"; }
    for n in {1..200}; do
        ! grep -q 'tier1\.\(ready\|unavailable\)' "$daemon_log" || break
        [ "$n" -lt 200 ] || fail "nothing is said about the compiler"
        sleep 0.1
    done
}

# compiler_said: without what differs from run to run
compiler_said()
{
    sed -n 's/.*\(tier1\.[a-z]*\).*\(reason=.*\)/\1 \2/p; s/.*\(tier1\.ready\).*/\1/p' "$daemon_log"
}

new_site
sets()
{
    sed -i "s|^$1 = \"[^\"]*\"|$1 = \"$2\"|" "$SERAI_SITE/site.toml"
}
sets tier1 all
sets hot_fuel 5000
sets effort_fuel 0
sets mode 0660
sets group "$(id -g)"
sets listen "tcp://lo:$(free_port)"
starts
without=$(compiler_said)
stop_site TERM
rm -rf "$SERAI_SITE/compiled"
starts "${under[@]}"
holds "what the compiler's jail says under the unit" "$(compiler_said)" "$without"
"$serai" money in 1 >/dev/null
deploy scout "$examples/scout.wasm" 0.1 >/dev/null
exits 0 '' "$serai" site reload
if [ "$without" = tier1.ready ]; then
    for n in {1..150}; do
        "$serai" agent send scout go --money 0.001 >/dev/null
        [ "$("$serai" site status --json | jq .tier1_loaded)" = 0 ] || break
        [ "$n" -lt 150 ] || fail "nothing is compiled under the unit: $("$serai" site status)"
        sleep 0.1
    done
    checks=$((checks + 1))
fi
stop_site TERM
holds "its end" "$ended" 0
verify
printf 'rated %s; ' "$rating"
passed
