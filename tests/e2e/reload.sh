#!/usr/bin/env bash
# `site reload` and SIGHUP: both files are read whole; what changed is in force when the answer
# comes, or is named as waiting for the next start; an error changes nothing and is named by line.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

# sets KEY VALUE: the first line of site.toml with that key
sets()
{
    sed -i "0,/^$1 = \"[^\"]*\"/s||$1 = \"$2\"|" "$SERAI_SITE/site.toml"
}

price()
{
    sed -i "0,/^$1 = \"[^\"]*\"/s||$1 = \"$2\"|" "$SERAI_SITE/prices.toml"
}

line_of()
{
    grep -n "^$2" "$SERAI_SITE/$1" | head -n 1 | cut -d : -f 1
}

# in_force KEY
in_force()
{
    "$serai" price show --json | jq -r "select(.key == \"$1\") | .price"
}

new_site
exits 69 '' "$serai" site reload
start_site
exits 0 '^nothing has changed$' "$serai" site reload

# Each kind of change, in one step: what is in force at once, and what waits.
sets level debug
sets mode 0660
sets group "$(id -g)"
sets disk_low 40%
sets log_bytes 128MiB
sets map_bytes 4096MiB
price price 0.002
"$serai" site reload >"$work/said"
diff - "$work/said" >&2 <<END || fail "the changes are others"
control.mode "0600" -> "0660"
control.group "" -> "$(id -g)"
log.level "info" -> "debug"
store.disk_low "30%" -> "40%"
store.log_bytes "256MiB" -> "128MiB", at the next start
compute.price "0.001000000" -> "0.002000000"
changed: 5; at the next start: 1
END
holds "the price in force" "$(in_force compute.price)" 0.002000000
holds "the socket's mode" "$(stat -c %a "$SERAI_SITE/control.sock")" 660
grep -q 'config.changed key=store.log_bytes .*effect="at the next start"' "$daemon_log" ||
    fail "the log does not say what waits"
# What waits is named again until the site is started again; the rest is no news.
holds "the second answer" \
    "$("$serai" site reload --json | jq -c '[.changed, .at_start, .items[0].key]')" \
    '[0,1,"store.log_bytes"]'

# The narrower way, too.
sets mode 0600
sets group ''
exits 0 '^control.mode "0660" -> "0600"$' "$serai" site reload
holds "the socket's mode" "$(stat -c %a "$SERAI_SITE/control.sock")" 600

# An error in either file changes nothing of both, and says where.
sets level loud
price price 0.003
exits 78 "site.toml:$(line_of site.toml 'level =').*log.level: wants" "$serai" site reload
holds "the price in force" "$(in_force compute.price)" 0.002000000
sets level info
price price cheap
exits 78 "prices.toml:$(line_of prices.toml 'price = "cheap"').*compute.price" "$serai" site reload
holds "the errors as JSON" \
    "$("$serai" site reload --json 2>/dev/null | jq -c '[.wrong, .changed, .items[0].file]')" \
    '[1,0,"prices.toml"]'
kill -HUP "$daemon"
for n in {1..100}; do
    ! grep -q 'site.not-reloaded .*errors=1' "$daemon_log" || [ "$n" -lt 3 ] || break
    sleep 0.05
done
holds "errors in the log" "$(grep -c 'prices.refused file=prices.toml line=' "$daemon_log")" 3
price price 0.003
price currency JPY
exits 78 'count in SRI since their first frame' "$serai" site reload
currency=$(in_force currency)
holds "the currency" "$currency" SRI
price currency SRI
mv "$SERAI_SITE/prices.toml" "$work/away"
exits 78 'prices.toml' "$serai" site reload
mv "$work/away" "$SERAI_SITE/prices.toml"
# A group that this user may not give it to; root may give it to any.
if [ "$(id -u)" -ne 0 ]; then
    sets group 0
    exits 78 'control.group' "$serai" site reload
    holds "the socket's mode" "$(stat -c %a "$SERAI_SITE/control.sock")" 600
    sets group ''
fi
exits 0 '^compute.price "0.002000000" -> "0.003000000"$' "$serai" site reload

# Who may ask: the daemon's user and the operator's key, and no customer.
"$serai" customer add ada --new "$work/ada.key" >/dev/null
exits 77 "the read reload is the operator's" "$serai" site reload --key "$work/ada.key"
exits 0 'nothing\|next start' "$serai" site reload --key "$SERAI_SITE/operator.key"

# Many at once: each is answered or told to try again, and the site serves on.
for n in {1..20}; do
    price price "0.00$((n % 7 + 1))"
    "$serai" site reload >/dev/null 2>&1 &
    kill -HUP "$daemon"
done
wait $(jobs -p | grep -vx "$daemon") || true
for n in {1..100}; do
    ! "$serai" site reload 2>/dev/null | matches '^changed: 0' || break
    sleep 0.05
done
holds "the price in the end" "$(in_force compute.price)" 0.007000000
stop_site TERM
holds "its end" "$ended" 0
start_site
exits 0 '^nothing has changed$' "$serai" site reload
stop_site TERM
verify
passed
