#!/usr/bin/env bash
# `site run --check-config` finds what a start would find, with the same exit code, and changes
# nothing of the site.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

sets()
{
    sed -i "0,/^$1 = \"[^\"]*\"/s||$1 = \"$2\"|" "$SERAI_SITE/site.toml"
}

# digest [NAME]: every file of the site but NAME, with its mode and times of change; not LMDB's
# table of readers
digest()
{
    (cd "$SERAI_SITE" && find . ! -name lock.mdb ! -name "${1:-}" -printf '%p %m %s %T@ %i\n' |
        sort | sha256sum
        find . -type f ! -name lock.mdb ! -name "${1:-}" -exec sha256sum {} + | sort | sha256sum)
}

# finds CODE PATTERN [COMMAND...]: the check says PATTERN and exits with CODE, as a start does, and
# leaves the site as it is
finds()
{
    local code=$1 pattern=$2 before
    shift 2
    before=$(digest)
    exits "$code" "$pattern" "$@" "$serai" site run --check-config
    holds "the site after a check" "$(digest)" "$before"
    exits "$code" "$pattern" "$@" timeout 20 "$serai" site run
}

new_site
start_site
"$serai" money in 5 >/dev/null
deploy scout "$examples/scout.wasm" 1 >/dev/null
before=$(digest data.mdb) # which the daemon writes meanwhile
exits 0 'the configuration is good' "$serai" site run --check-config
grep -q "a daemon runs this site.*$daemon" "$work/said" || fail "it does not say that a daemon runs"
holds "the site that runs, after a check" "$(digest data.mdb)" "$before"
stop_site TERM
before=$(digest)
exits 0 'the configuration is good' "$serai" site run --check-config
holds "the site after a good check" "$(digest)" "$before"

# ---- keys ----
chmod 0644 "$SERAI_SITE/site.key"
finds 70 'others may read the key .*site.key'
chmod 0600 "$SERAI_SITE/site.key"
mv "$SERAI_SITE/site.key" "$work/away"
finds 74 'site.key'
cp "$SERAI_SITE/operator.key" "$SERAI_SITE/site.key"
finds 78 'site.key is not the key of site.pub'
echo nothing >"$SERAI_SITE/site.key"
finds 78 'site.key'
mv "$work/away" "$SERAI_SITE/site.key"
mv "$SERAI_SITE/operator.pub" "$work/away"
finds 78 'operator.pub'
mv "$work/away" "$SERAI_SITE/operator.pub"

# ---- where it listens ----
python3 -c '
import socket, sys, time
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
time.sleep(60)' >"$work/port" &
other=$!
for n in {1..100}; do
    [ ! -s "$work/port" ] || break
    sleep 0.05
done
sets listen "tcp://127.0.0.1:$(cat "$work/port")"
finds 74 'link.listen .*in use'
kill "$other"
wait "$other" 2>/dev/null || true
exits 0 'good' "$serai" site run --check-config
sets listen 'tcp://192.0.2.1:9901'
finds 74 'link.listen .*annot assign'
sets listen 'tcp://none0:9901'
finds 74 'no network interface of this machine has that name'
sets listen ''
sets socket "$work/nowhere/sock"
finds 78 'there is no directory'
sets socket control.sock

# ---- the system, the books, the prices; several at once ----
finds 78 'too few file descriptors' bash -c 'ulimit -n 40; exec "$@"' -
finds 78 'bytes of address space' bash -c 'ulimit -v 2000000; exec "$@"' -
sed -i '0,/^currency = .*/s//currency = "JPY"/' "$SERAI_SITE/prices.toml"
chmod 0640 "$SERAI_SITE/site.key"
exits 70 'others may read' "$serai" site run --check-config
grep -q 'count in SRI' "$work/said" || fail "only the first fault is named"
chmod 0600 "$SERAI_SITE/site.key"
finds 78 'count in SRI since their first frame'
sed -i '0,/^currency = .*/s//currency = "SRI"/' "$SERAI_SITE/prices.toml"
cp -p "$SERAI_SITE/store/data.mdb" "$work/data.mdb"
truncate -s 8192 "$SERAI_SITE/store/data.mdb"
finds 74 'cut short'
cp -p "$work/data.mdb" "$SERAI_SITE/store/data.mdb"
mv "$SERAI_SITE/store" "$work/store"
finds 74 'store'
mv "$work/store" "$SERAI_SITE/store"
exits 0 'good' "$serai" site run --check-config
start_site
stop_site TERM
verify
passed
