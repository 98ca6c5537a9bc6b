#!/usr/bin/env bash
# Paths that settings and commands name: what is not known to be ours stays as it is.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

setting() # TABLE KEY VALUE: alone in site.toml
{
    printf 'name = "site"\n[%s]\n%s = "%s"\n' "$1" "$2" "$3" >"$SERAI_SITE/site.toml"
}

digest()
{
    (cd "$SERAI_SITE" &&
        find . -type f ! -name lock.mdb ! -name site.toml -exec sha256sum {} + | sort)
}

# ---- site init ----
mkdir -m 755 "$work/full" "$work/empty"
echo keep >"$work/full/notes"
exits 1 'not empty' "$serai" site init "$work/full"
exits 65 'no name of a site' "$serai" site init "$work/empty" --name 'No Name'
exits 1 'no directory' "$serai" site init "$work/full/notes"
holds "the mode of what was refused" "$(stat -c %a "$work/full" "$work/empty" | sort -u)" 755
holds "what is in it" "$(ls "$work/full")" notes
exits 0 '' "$serai" site init "$work/empty"
holds "the mode of an empty directory that became a site" "$(stat -c %a "$work/empty")" 700

# ---- where the daemon listens ----
new_site
echo precious >"$SERAI_SITE/notes.txt"
mkdir "$SERAI_SITE/folder"
mkfifo "$SERAI_SITE/pipe"
ln -s notes.txt "$SERAI_SITE/link"
before=$(digest)
for path in notes.txt folder pipe link; do
    setting control socket "$path"
    exits 78 'is no socket' "$serai" site run --check-config
    exits 78 'is no socket' "$serai" site run
    setting link listen "ipc://$SERAI_SITE/$path"
    exits 78 'is no socket' "$serai" site run --check-config
    exits 78 'is no socket' "$serai" site run
done
for path in site.key operator.key.number marker store store/data.mdb store/new ./site.toml; do
    setting control socket "$path"
    exits 78 'file of the site itself' "$serai" site run --check-config
    setting link listen "ipc://$SERAI_SITE/$path"
    exits 78 'file of the site itself' "$serai" site run
done
setting control socket nowhere/control.sock
exits 78 'no directory' "$serai" site run --check-config
setting link listen "ipc:///tmp/$(printf 'x%.0s' {1..107})"
exits 78 'at most 107 bytes' "$serai" site run --check-config
holds "the site's files" "$(digest)" "$before"

# ---- a socket that somebody answers on, and one that nobody does ----
python3 - "$work/used" "$work/stale" <<'PY' &
import os, socket, sys
for path in sys.argv[1:]:
    answering = socket.socket(socket.AF_UNIX)
    answering.bind(path + ".new")
    answering.listen()
    if path.endswith("stale"):
        answering.close()
    else:
        kept = answering
    os.rename(path + ".new", path)
for _ in range(3):
    kept.accept()
PY
other=$!
for ((tries = 100; tries > 0; tries--)); do
    [ ! -S "$work/stale" ] || break
    sleep 0.05
done
setting control socket "$work/used"
exits 75 'in use' "$serai" site run --check-config
exits 75 'in use' "$serai" site run
setting link listen "ipc://$work/used"
exits 75 'in use' "$serai" site run
kill "$other" 2>/dev/null || true
wait "$other" 2>/dev/null || true
setting control socket "$work/stale"
start_site
exits 0 '' "$serai" site status
# What another program put there meanwhile is not removed at the end.
rm "$work/stale"
echo mine >"$work/stale"
stop_site TERM
holds "what was put in the socket's place" "$(cat "$work/stale")" mine
setting control socket control.sock
start_site
stop_site TERM
[ ! -e "$SERAI_SITE/control.sock" ] || fail "the socket is left after an orderly end"

# ---- keys ----
start_site
mkfifo "$work/pipe.key"
ln -s "$work/target" "$work/link.key"
exits 66 'link.key' "$serai" customer add ada --new "$work/link.key"
[ ! -e "$work/target" ] || fail "a key was written through a link"
exits 65 'no regular file' timeout 10 "$serai" customer add ada --new "$work/pipe.key"
exits 65 'no regular file' timeout 10 "$serai" money in 1 --key "$work/pipe.key"
"$serai" customer add ada --new "$work/ada.key" >/dev/null
echo precious >"$work/victim"
ln -s "$work/victim" "$work/ada.key.number.new"
exits 74 'in the way' "$serai" agent freeze 1 --key "$work/ada.key"
holds "what a link named" "$(cat "$work/victim")" precious
stop_site TERM
verify
passed
