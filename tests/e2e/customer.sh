#!/usr/bin/env bash
# A customer who is another user of the machine: she reaches the socket if site.toml says so, knows
# the site by its socket alone, and is shown what is hers.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

toml=$SERAI_SITE/site.toml
door=$work/door

set_control() # KEY VALUE
{
    sed -i "s|^$1 = .*|$1 = \"$2\"|" "$toml"
}

# ---- the settings ----
new_site
holds "the settings that a new site has" "$(grep -c -e '^mode = "0600"' -e '^group = ""' "$toml")" 2
for mode in 0777 0060 1660 rw 66666; do
    set_control mode "$mode"
    exits 78 'site.toml:[0-9]*:[0-9]*: control.mode' "$serai" site run --check-config
done
set_control mode 0660
set_control group no-such-group
exits 78 'site.toml:[0-9]*:[0-9]*: control.group: there is no group' "$serai" site run
set_control group 99999999999
exits 78 'control.group' "$serai" site run --check-config
set_control group "$(id -gn)"
exits 0 'good' "$serai" site run --check-config
mkdir -m 0755 "$door"
set_control socket "$door/sock"
start_site
holds "the mode and group of the socket" "$(stat -c '%a %g' "$door/sock")" "660 $(id -g)"
stop_site TERM

# ---- another user ----
if [ "$(id -u)" -ne 0 ] || ! command -v setpriv >/dev/null; then
    printf 'customer.sh: not root, or no setpriv: the part with a second user is left out\n'
    passed
    exit 0
fi
hers=$work/hers
chmod 711 "$work"
mkdir -m 0700 "$hers"
cp "$serai" "$work/serai"
cp "$examples/spender.wasm" "$hers/hers.wasm"
chmod 755 "$work/serai"
group=64123 # one that nobody here is in
user=64124

ada()
{
    setpriv --reuid "$user" --regid "$user" --groups "$group" "$work/serai" "$@"
}
stranger()
{
    setpriv --reuid "$user" --regid "$user" --clear-groups "$work/serai" "$@"
}

set_control group "$group"
start_site
holds "the mode and group of the socket" "$(stat -c '%a %g' "$door/sock")" "660 $group"
"$serai" money in 5 >/dev/null
"$serai" customer add ada --new "$hers/ada.key" >/dev/null
"$serai" customer add bob --new "$work/bob.key" >/dev/null
"$serai" money in 1 --customer ada >/dev/null
chown -R "$user:$user" "$hers"
bobs=$(deploy bobs "$examples/spender.wasm" 0.1)

exits 0 '^share *3' "$serai" customer share ada 3
exits 1 'from 1 to 100' "$serai" customer share ada 0
holds "the shares" "$("$serai" customer ls --json | jq -c '[.name, .share]' | tr '\n' ' ')" \
    '["operator",1] ["ada",3] ["bob",1] '

exits 77 'control.mode' stranger agent ls --site "$door/sock"
exits 77 'may not connect' ada agent ls --site "$SERAI_SITE"
exits 0 '^currency *SRI' ada site status --site "$door/sock"
exits 0 'compute.price' ada price show --site "$door/sock"
holds "what a stranger is told of the money" \
    "$(ada site status --json --site "$door/sock" | jq -r '.minted // "nothing"')" nothing
for list in 'agent ls' 'customer ls' 'heap ls' 'link ls' 'code ls' "agent show $bobs" \
    "agent logs $bobs"; do
    # shellcheck disable=SC2086 # words
    exits 77 'wants a signature.*--key' ada $list --site "$door/sock"
done

# Her key, her site by its socket, and what is hers.
hers() { SERAI_SITE=$door/sock ada "$@" --key "$hers/ada.key"; }
exits 0 'signs for site' hers customer ls
holds "the site that is kept" "$(grep -c "^public $("$serai" site key)" "$hers/ada.key.site")" 1
holds "the customers that she is shown" "$(hers customer ls --json | jq -r .name)" ada
exits 0 '^agent' hers agent deploy "$hers/hers.wasm" --money 0.2
holds "the agents that she is shown" "$(hers agent ls --json | jq -r .name)" hers
holds "the heap that she is shown" "$(hers heap ls --json | jq -s length)" 1
exits 0 '^id' hers agent show hers
exits 0 'SRI' hers agent fund hers 0.01
exits 0 '^taken *0.050000000' hers agent withdraw hers 0.05
exits 77 'another customer' hers agent show "$bobs"
exits 77 'another customer' hers agent logs "$bobs"
exits 77 "operator" hers link ls
exits 77 "operator" hers money in 1
exits 64 "directory" ada audit verify --site "$door/sock"
exits 77 "operator" ada ledger accounts
exits 0 '^state *ended' hers agent end hers
holds "the agents that the operator is shown" "$("$serai" agent ls --json | jq -r .name)" bobs
holds "the agents that the operator's key is shown" \
    "$("$serai" agent ls --json --key "$SERAI_SITE/operator.key" | jq -r .name)" bobs
# Another site at the same socket is noticed.
sed "s/^public .*/public $(printf '%064d' 7)/" "$hers/ada.key.site" >"$work/other"
cat "$work/other" >"$hers/ada.key.site"
exits 77 'another site answers' hers agent ls
exits 77 'another site' hers agent fund "$bobs" 0.001
exits 77 'another site answers' ada agent ls --site "$door/sock" --key "$hers/ada.key" \
    --site-key "$(printf '%064d' 9)"
exits 0 '' ada agent ls --site "$door/sock" --key "$hers/ada.key" --site-key "$("$serai" site key)"

# Whoever fills the places with strangers keeps nobody out: the slowest give theirs up.
python3 - "$door/sock" "$user" "$group" "$work/full" <<'PYTHON' &
import os, socket, sys, time
os.setgroups([int(sys.argv[3])])
full = open(sys.argv[4], "w")
os.setgid(int(sys.argv[2]))
os.setuid(int(sys.argv[2]))
kept = []
for i in range(100):
    s = socket.socket(socket.AF_UNIX)
    try:
        s.connect(sys.argv[1])
        s.send(b"\0")
    except OSError:
        pass
    kept.append(s)
full.write("yes\n")
full.close()
time.sleep(20)
PYTHON
crowd=$!
for _ in $(seq 100); do
    [ -s "$work/full" ] && break
    sleep 0.1
done
exits 0 '^currency' ada price show --site "$door/sock"
for _ in 1 2 3 4 5 6 7 8 9 10; do
    timeout 5 "$serai" site status >/dev/null || fail "the operator does not get in"
done
exits 0 'currency' timeout 5 setpriv --reuid "$user" --regid "$user" --groups "$group" \
    "$work/serai" site status --site "$door/sock"
kill "$crowd" || fail "the crowd left early"
wait "$crowd" 2>/dev/null || true
verify
passed
