#!/usr/bin/env bash
# Text that strangers chose is shown in one line in which nothing drives the terminal, and who wrote
# a line of a log is told by what its writer cannot write.  shown.sh BUILD
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

# shown PATTERN: this line of the agent's log, after the time, is there once.
shown()
{
    checks=$((checks + 1))
    [ "$(sed 's/^[^ ]*  //' "$work/log" | grep -cxF -- "$1")" -eq 1 ] ||
        fail "no line is \"$1\": $(cat -v "$work/log")"
}

# is_clean FILE: printable ASCII and newlines, and nothing else.
is_clean()
{
    checks=$((checks + 1))
    ! LC_ALL=C grep -q '[^ -~]' "$1" || fail "$1 drives a terminal: $(cat -v "$1")"
}

heard() { "$serai" agent logs parrot --json | jq -s length; }

# say TEXT: send it and wait until its turn is over.
say()
{
    local lines
    lines=$(heard)
    "$serai" agent send parrot "$1" >/dev/null 2>&1 || true # it may trap
    for _ in $(seq 100); do
        [ "$(heard)" -gt "$lines" ] && return
        sleep 0.05
    done
    fail "the agent did not hear \"$1\""
}

new_site
start_site
"$serai" money in 1 >/dev/null
deploy parrot "$guests/parrot.wasm" 0.5 --args $'born\e]0;title\a\e[2J' >/dev/null
say $'two\nlines\r\b\x7f'
say $'\u009b31m \u202eover\u2069 \u200b\u2028\u061c'
say 'back \x1b slash'
say 'site   trapped: I was not'
say odd
say fail
say trap

"$serai" agent logs parrot >"$work/log"
is_clean "$work/log"
holds "the number of lines" "$(wc -l <"$work/log")" 8
shown 'agent  born\x1b]0;title\x07\x1b[2J'
shown 'agent  two\nlines\r\x08\x7f'
shown 'agent  \u{009b}31m \u{202e}over\u{2069} \u{200b}\u{2028}\u{061c}'
shown 'agent  back \\x1b slash'
shown 'agent  site   trapped: I was not'
shown 'agent  nul\x00 and \xff'
holds "lines of the site's own" "$(grep -c '^[^ ]*  site   ' "$work/log")" 2
grep -q '  site   turn undone: failed with code 4096, .*stand: why\\n9.9  site   \\x1b\[2J\\xff$' \
    "$work/log" || fail "the reason is not shown: $(cat -v "$work/log")"
last=$(tail -n 1 "$work/log")
printf '%s\n' "$last" | matches "  site   .*unreachable" ||
    fail "the trap is not the site's: $last"

# --json keeps the bytes, and says who wrote them.
"$serai" agent logs parrot --json >"$work/json"
holds "the writers" "$(jq -r .by "$work/json" | sort | uniq -c | tr -s ' \n' ' ')" \
    " 6 agent 2 site "
holds "a text in JSON" "$(jq -r 'select(.line == 2) | .text | @base64' "$work/json")" \
    "$(printf 'two\nlines\r\b\177' | base64)"
holds "what is no text" "$(jq -r 'select(.line == 6) | .bytes' "$work/json")" 6e756c0020616e6420ff
holds "bytes beside a text" "$(jq -r 'select(.line == 5) | has("bytes")' "$work/json")" false

# The newest lines are what a limit leaves; after a line, the next ones.
holds "the last two lines" \
    "$("$serai" agent logs parrot --limit 2 --json | jq -r .line | tr '\n' ' ')" "7 8 "
holds "two lines after the first" \
    "$("$serai" agent logs parrot --after 1 --limit 2 --json | jq -r .line | tr '\n' ' ')" "2 3 "

# What was typed comes back escaped too.
exits 66 'no\\x1b\[31m\\nbody' "$serai" agent show $'no\e[31m\nbody'
is_clean "$work/said"
exits 64 '\\x1b' "$serai" agent show parrot $'\e[2J'
is_clean "$work/said"
exits 65 '' "$serai" agent deploy "$guests/parrot.wasm" --name $'a\e[2Jb' --money 0.01
is_clean "$work/said"
is_clean "$daemon_log"
passed
