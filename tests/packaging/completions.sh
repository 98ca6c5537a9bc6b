#!/usr/bin/env bash
# The completions that are installed: each shell takes them, and they have every command and every
# option that the program has.
set -euo pipefail
serai=${1:?usage: $0 BUILD}/site/serai
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
checks=0

fail()
{
    printf 'FAILED: %s\n' "$*" >&2
    exit 1
}

for shell in bash zsh fish; do
    installed=$1/site/completions/serai.$shell
    [ "$shell" != zsh ] || installed=$1/site/completions/_serai
    "$serai" completion "$shell" >"$dir/$shell"
    cmp -s "$dir/$shell" "$installed" ||
        fail "what is installed for $shell is not what the program prints"
    if command -v "$shell" >/dev/null; then
        "$shell" -n "$dir/$shell" || fail "$shell does not take its completions"
        checks=$((checks + 1))
    fi
done
for wrong in '' sh 'bash zsh'; do
    code=0
    # shellcheck disable=SC2086 # no word, one, or two
    "$serai" completion $wrong >/dev/null 2>&1 || code=$?
    [ "$code" -eq 64 ] || fail "completion $wrong exits $code"
done

# bash_offers WORD...: what is offered for the last word, one a line
bash_offers()
{
    bash --norc -c '
        . "$1"
        shift
        COMP_WORDS=(serai "$@")
        COMP_CWORD=$#
        _serai
        printf "%s\n" "${COMPREPLY[@]}"' - "$dir/bash" "$@"
}

# zsh_offers GROUP VERB: the specifications that its function hands to zsh
zsh_offers()
{
    zsh -f -c '
        file=$1
        words=(serai $2 $3 "")
        CURRENT=4
        _arguments() { print -l -- "$@" }
        . $file' - "$dir/zsh" "$@"
}

fish_offers()
{
    HOME=$dir fish --no-config -c '. $argv[1]; complete -C "serai $argv[2] "' "$dir/fish" "$1"
}

"$serai" help | sed -n 's/^  \([a-z]*\) \([a-z-]*\).*/\1 \2/p' >"$dir/commands"
[ "$(wc -l <"$dir/commands")" -ge 50 ] || fail "help lists too few commands"
while read -r group verb; do
    bash_offers "" | grep -x "$group" >/dev/null || fail "bash offers no group $group"
    bash_offers "$group" "" | grep -x -- "$verb" >/dev/null || fail "bash offers no $group $verb"
    "$serai" "$group" "$verb" --help | sed -n 's/^  --\([a-z-]*\).*/--\1/p' | sort -u \
        >"$dir/options"
    bash_offers "$group" "$verb" -- | sort -u | diff - "$dir/options" >&2 ||
        fail "bash offers other options of $group $verb"
    if command -v zsh >/dev/null; then
        zsh_offers "$group" "$verb" | sed -n 's/^\*\{0,1\}\(--[a-z-]*\).*/\1/p' | sort -u |
            diff - "$dir/options" >&2 || fail "zsh offers other options of $group $verb"
    fi
    checks=$((checks + 1))
done <"$dir/commands"
# Once for each group, as fish is slow to start.
if command -v fish >/dev/null; then
    cut -d ' ' -f 1 "$dir/commands" | sort -u | while read -r group; do
        fish_offers "$group" | cut -f 1 | sort -u >"$dir/offers"
        sed -n "s/^$group //p" "$dir/commands" | sort -u | diff "$dir/offers" - >&2 ||
            fail "fish offers other commands of $group"
    done
    fish_offers "link set --limit 1 --s" >/dev/null
    HOME=$dir fish --no-config -c '. $argv[1]; complete -C "serai link set --settle-"' "$dir/fish" |
        grep '^--settle-by' >/dev/null || fail "fish offers no option"
fi
# The value of an option is no option, and one that is a file completes to files.
[ -z "$(bash_offers money in --customer a)" ] || fail "bash offers something for a customer"
[ "$(cd "$dir" && bash_offers agent deploy --key ba)" = bash ] || fail "bash offers no file"
echo "completions: $checks checks passed"
