#!/usr/bin/env bash
# serai support bundle: it has what helps, of a site that runs or does not, and no secret in any
# form; what it took it lists.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

# has PATTERN FILE: an item of the bundle that was unpacked last
has()
{
    checks=$((checks + 1))
    grep -q -- "$1" "$work/out/serai-support/$2" || {
        cat "$work/out/serai-support/$2" >&2
        fail "$2 does not have \"$1\""
    }
}

unpack()
{
    rm -rf "$work/out"
    mkdir "$work/out"
    tar -xf "$1" -C "$work/out"
}

# holds_no_secret DIR: nothing below it has a secret key of the site, in any form
holds_no_secret()
{
    checks=$((checks + 1))
    python3 - "$1" "$SERAI_SITE"/{site,operator}.key <<'PY' || fail "a secret is out"
import base64, os, re, sys
needles = []
for path in sys.argv[2:]:
    seed = bytes.fromhex(re.search(r"^secret ([0-9a-f]{64})", open(path).read(), re.M)[1])
    needles += [seed, seed.hex().encode(), seed.hex().upper().encode()]
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        needles += [encode(b"\0" * n + seed)[n + (n > 0):-4] for n in range(3)]
assert len(needles) == 18
for folder, _, names in os.walk(sys.argv[1]):
    for name in names:
        data = open(os.path.join(folder, name), "rb").read()
        for needle in needles:
            if needle in data:
                sys.exit(f"{name} has {needle!r}")
PY
}

new_site
metrics=$(free_port)
sed -i "s/^# listen = .*/listen = \"127.0.0.1:$metrics\"/" "$SERAI_SITE/site.toml"
echo '# a comment that nobody is to see: hunter2' >>"$SERAI_SITE/site.toml"
start_site
"$serai" money in 100 >/dev/null
agent=$(deploy parrot "$guests/parrot.wasm" 1)
"$serai" agent send "$agent" 'word of an agent' >/dev/null
sleep 0.5

export TMPDIR=$work/tmp
mkdir "$TMPDIR"
"$serai" support bundle "$work/one.tar.gz" --log "$daemon_log" >"$work/said"
holds "who may read it" "$(stat -c %a "$work/one.tar.gz")" 600
holds "what is left behind" "$(find "$TMPDIR" -mindepth 1 | wc -l)" 0
unpack "$work/one.tar.gz"
holds "what it has" "$(cd "$work/out/serai-support" && echo *)" \
    "doctor.txt figures.json frames.jsonl log.txt machine.txt manifest.txt metrics.txt \
settings.txt status.json version.txt"
holds_no_secret "$work/out"
for name in "$work/out/serai-support/"*; do
    grep -q "^$(basename "$name") " "$work/said" || fail "it does not say that it took $name"
done
has '^serai  *[0-9]' version.txt
has 'metrics.listen = "127.0.0.1:' settings.txt
has 'memory.rent = "' settings.txt
has '^ok    control' doctor.txt
has '^serai_frames_total ' metrics.txt
has "Max open files" machine.txt
has 'site.key' machine.txt
has 'info site.ready' log.txt
has 'Never taken: secret keys' manifest.txt
holds "the status" "$(jq .agents "$work/out/serai-support/status.json")" 1
holds "the figures" "$(jq .state "$work/out/serai-support/figures.json")" '"running"'
holds "a frame" "$(jq -s '.[0] | has("head") and has("lines")' \
    "$work/out/serai-support/frames.jsonl")" true
checks=$((checks + 1))
! grep -rq 'hunter2\|word of an agent' "$work/out" || fail "a comment or a message is out"

# ---- bad input ----
exits 1 'File exists' "$serai" support bundle "$work/one.tar.gz"
exits 65 'ends with .tar.gz' "$serai" support bundle "$work/two.zip"
exits 74 'No such file' "$serai" support bundle "$work/nowhere/two.tar.gz"
exits 64 'usage' "$serai" support bundle
exits 74 'tar is not installed' env PATH=/nowhere "$serai" support bundle "$work/two.tar.gz"
holds "no half a bundle is left" "$(find "$work" -maxdepth 1 -name 'two*' | wc -l)" 0

# ---- a log that has a key in it ----
chmod 0644 "$SERAI_SITE/site.key" # a secret all the same
for key in site.key operator.key; do
    sed -n 's/^secret /leaked=/p' "$SERAI_SITE/$key" >"$work/leak.log"
    exits 1 'log.txt holds a secret key' "$serai" support bundle "$work/two.tar.gz" \
        --log "$work/leak.log"
done
base64 -w 0 "$SERAI_SITE/site.key" >"$work/leak.log"
exits 1 'log.txt holds a secret key' "$serai" support bundle "$work/two.tar.gz" \
    --log "$work/leak.log"
chmod 0600 "$SERAI_SITE/site.key"
holds "no bundle was made of a key" "$(find "$work" -maxdepth 1 -name 'two*' | wc -l)" 0
holds "and nothing is left behind" "$(find "$TMPDIR" -mindepth 1 | wc -l)" 0

# ---- in one word, of a site that is down, and of one that is broken ----
stop_site TERM
"$serai" support-bundle "$work/four.tar" --json >"$work/json"
holds "the object" "$(jq -r '[.file, (.items | length), (.bytes > 0)] | join(" ")' "$work/json")" \
    "$work/four.tar 10 true"
holds "what a site that is down lacks" \
    "$(jq -r '.items[] | select(.why) | .name' "$work/json" | xargs)" \
    "status.json figures.json metrics.txt log.txt"
unpack "$work/four.tar"
holds_no_secret "$work/out"
has 'no daemon runs' doctor.txt
rm "$SERAI_SITE/store/data.mdb"
echo 'x = 1' >>"$SERAI_SITE/site.toml"
exits 0 'settings.txt .*not there' "$serai" support bundle "$work/five.tar.gz"
unpack "$work/five.tar.gz"
holds_no_secret "$work/out"
has 'site.toml:' doctor.txt
if command -v zstd >/dev/null; then
    exits 0 'written' "$serai" support bundle "$work/six.tar.zst"
    unpack "$work/six.tar.zst"
fi
passed
