#!/usr/bin/env bash
# Every command that README.md and docs/ show is one: its words and options are known to the
# program.  Whether it does what the page says is for tour.sh and those like it.  spelled.sh BUILD
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
tree=$(cd "$(dirname "$0")/../.." && pwd)
serai=$(realpath "$serai")

key=58$(printf '66%.0s' {1..31})
# No site is there, so a command that is spelled right ends with another code than 64.
SERAI_SITE=$work/none
mkdir "$work/here"
cd "$work/here"
while IFS= read -r line; do
    [[ $line != *'serai site run'* && $line != *'serai site init'* ]] || continue
    line=${line%%[|>&#]*}
    line=${line%%   *} # what it does may stand behind it
    code=0
    # A word such as AMOUNT stands for an amount; a number will do for most.
    line=$(sed -E "s/\bAMOUNT(\|all)?\b/1/; s/\b(ID|CALL|NUMBER|LINK|FRAME)\b/1/g; s/[][]//g;
        s/\b[0-9a-f]{4}\.\.\./$key/" <<<"$line")
    bash -c "${line/#serai/$serai}" >"$work/said" 2>&1 </dev/null || code=$?
    checks=$((checks + 1))
    # What is right and wants a terminal says so.
    [ "$code" -ne 64 ] || matches terminal <"$work/said" || {
        cat "$work/said" >&2
        fail "a page shows \"$line\", which is no command"
    }
done < <(cat "$tree/README.md" "$tree"/docs/*.md | sed -E ':a; /\\$/ { N; s/\\\n *//; ta }' |
    sed -nE 's/^    (\$ )?(sudo -u serai )?(serai [a-z])/\3/p')
[ "$checks" -ge 80 ] || fail "only $checks commands are found in the pages"
passed
