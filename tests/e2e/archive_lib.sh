# What the tests of archives share; sourced behind lib.sh.
# shellcheck shell=bash
# lib.sh sets what is used here, and who sources this what is set here.
# shellcheck disable=SC2034,SC2154
archive=$work/archive
second=2100-01-01 # every segment ended before it

# small_segments: a new site whose journal is cut every 64 KiB, and whose log is soon full
small_segments()
{
    new_site
    sed -i 's/^segment_bytes = .*/segment_bytes = "64KiB"/' "$SERAI_SITE/site.toml"
    sed -i 's/^log_bytes = "[^"]*"/log_bytes = "1MiB"/' "$SERAI_SITE/site.toml"
    mkdir -p "$archive"
}

# busy FRAMES: an agent that sends itself messages, until there are so many frames more
busy()
{
    local until=$(($(frame) + $1))

    "$serai" agent thaw worker >/dev/null 2>&1 || true # it was just deployed
    while [ "$(frame)" -lt "$until" ]; do sleep 0.05; done
    "$serai" agent freeze worker >/dev/null
}

frame()
{
    "$serai" site status --json | jq -r .frame
}

# archives OPTIONS...: archive all that can be
archives()
{
    "$serai" ledger archive --before "$second" --to "$archive" "$@"
}

# gone: wait until all rows of dropped frames are
gone()
{
    until [ "$("$serai" site status --json | jq -r .frames_leaving)" = 0 ]; do sleep 0.05; done
}

# first_frame: with which the store's journal begins, as the audit says, which also checks it
first_frame()
{
    "$serai" audit verify --json | jq -r .first_frame
}

# The checker in Python agrees, if python3-lmdb is there.
agrees()
{
    local code=0

    "$(dirname "${BASH_SOURCE[0]}")/../audit/agrees.sh" "$serai" "$SERAI_SITE" >/dev/null || code=$?
    [ "$code" -eq 0 ] || [ "$code" -eq 77 ] || fail "the checker in Python does not agree"
}
