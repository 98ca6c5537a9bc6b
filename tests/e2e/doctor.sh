#!/usr/bin/env bash
# serai doctor: it finds what is wrong with a site that runs or does not, says the next command, and
# changes nothing.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

sets()
{
    sed -i "0,/^$1 = \"[^\"]*\"/s||$1 = \"$2\"|" "$SERAI_SITE/site.toml"
}

# every file but those that a daemon writes and LMDB's table of readers
digest()
{
    find "$SERAI_SITE" -type f ! -name '*.mdb' ! -name marker ! -name redo \
        -printf '%p %m %s %T@ ' -exec sha256sum {} \; | sort | sha256sum
}

# finds LEVEL AREA PATTERN [NEXT]: one finding is of that level and area, its text fits the
# pattern, and its next command is as NEXT; the exit code is right; the site stays as it was
finds()
{
    local code=0 wrong before
    before=$(digest)
    "$serai" doctor --json >"$work/found" || code=$?
    checks=$((checks + 1))
    jq -e --arg level "$1" --arg area "$2" --arg what "$3" --arg next "${4:-}" -s '
        any(.[]; .type == "finding" and .level == $level and .area == $area
            and (.what | test($what)) and (.next // "" | test($next)))' \
        "$work/found" >/dev/null || {
        cat "$work/found" >&2
        fail "no $1 of $2 says \"$3\" and then \"${4:-}\""
    }
    wrong=$(jq -s 'any(.[]; .level == "warn" or .level == "fault") | if . then 1 else 0 end' \
        "$work/found")
    holds "the exit code" "$code" "$wrong"
    holds "the site after a look" "$(digest)" "$before"
}

# well: nothing is wrong
well()
{
    "$serai" doctor >"$work/found" || {
        cat "$work/found" >&2
        fail "the doctor finds something wrong"
    }
    checks=$((checks + 1))
}

# ---- a site that does not run ----
new_site
well
finds note daemon 'no daemon runs' 'serai site run --site'
finds note books 'checked last' 'serai audit verify --site'
finds ok start 'nothing wrong'
chmod 0644 "$SERAI_SITE/site.key"
finds fault files 'site.key: others may read it .mode 0644' 'chmod 600 .*/site.key'
chmod 0600 "$SERAI_SITE/site.key"
chmod 0660 "$SERAI_SITE/site.toml"
finds fault files 'site.toml: others may write it' 'chmod 600'
chmod 0644 "$SERAI_SITE/site.toml"
chmod 0755 "$SERAI_SITE"
finds warn files 'others may read it' 'chmod 700'
chmod 0700 "$SERAI_SITE"
mv "$SERAI_SITE/site.key" "$work/away"
finds fault files 'site.key: No such file' 'restore'
mv "$work/away" "$SERAI_SITE/site.key"
mv "$SERAI_SITE/operator.pub" "$work/away"
finds fault keys 'operator.pub' 'put back'
mv "$work/away" "$SERAI_SITE/operator.pub"
echo 'x = 1' >>"$SERAI_SITE/site.toml"
finds fault config 'site.toml:[0-9]+:[0-9]+: ' '\$EDITOR .*/site.toml'
sed -i '$d' "$SERAI_SITE/site.toml"
cp -r "$SERAI_SITE" "$work/damaged"
printf 'xxxx' >"$work/damaged/store/data.mdb"
exits 1 'fault books .*\(short\|not LMDB\|corrupt\|damaged\)' "$serai" doctor --site "$work/damaged"
sets disk_low 90%
max_bytes 16GiB
free=$(($(df --output=avail -B1 "$work" | tail -n 1) / 1048576))
if [ "$free" -lt 14000 ]; then
    finds warn disk 'below store.disk_low' 'df -h'
else
    max_bytes "$((free * 2))MiB"
    well
fi
max_bytes ""
sets disk_low 30%
exits 1 'fault config' "$serai" doctor --site "$work/nowhere"
well

# ---- one that runs ----
metrics=$(free_port)
sed -i "s/^# listen = .*/listen = \"127.0.0.1:$metrics\"/" "$SERAI_SITE/site.toml"
start_site
"$serai" money in 100 >/dev/null
agent=$(deploy scout "$examples/scout.wasm" 1)
well
finds ok daemon "process $daemon has run for"
finds ok control 'it answers at'
finds ok metrics "port $metrics"
finds ok agents '^1, and none'
# A limit of the process that runs, not of this shell.
(ulimit -n 512 && "$serai" doctor >/dev/null) || fail "limits of the shell are taken for the site's"
other=$(free_port)
sed -i "s/:$metrics\"/:$other\"/" "$SERAI_SITE/site.toml"
finds fault metrics 'no answer at .* refused' 'restart'
sed -i "s/:$other\"/:$metrics\"/" "$SERAI_SITE/site.toml"

"$serai" site init "$work/peer" --name peer >/dev/null
peer=$("$serai" site key --site "$work/peer" | grep -oE '[0-9a-f]{64}')
nobody=$(free_port)
"$serai" link add north --key "$peer" --endpoint "tcp://127.0.0.1:$nobody" --limit 5 >/dev/null
finds warn links '^north: down for' 'serai link show north'
"$serai" link freeze north >/dev/null
finds fault links '^north: frozen for' 'serai link show north'
"$serai" link resume north >/dev/null
"$serai" link remove north >/dev/null

# A rent at which the agent has money for hours.
rent=$(grep -n '^rent' "$SERAI_SITE/prices.toml" | head -n 1)
sed -i 's/^rent = "[^"]*"/rent = "900.0"/' "$SERAI_SITE/prices.toml"
"$serai" site reload >/dev/null || fail "the rent cannot be set: $rent"
finds warn agents "^agent:$agent scout has rent for" "serai agent fund $agent"
"$serai" agent end "$agent" >/dev/null

# A daemon that stands still holds nobody up for long.
kill -STOP "$daemon"
finds fault control 'no answer' 'log'
kill -CONT "$daemon"
stop_site KILL
finds note daemon 'no daemon runs'
passed
