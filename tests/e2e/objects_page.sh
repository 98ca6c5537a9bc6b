#!/usr/bin/env bash
# docs/objects.md does what it says: each program that it names is built from its text, each command
# is given, and what it prints is what the page shows.  objects_page.sh BUILD
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
tree=$(cd "$(dirname "$0")/../.." && pwd)
page=$tree/docs/objects.md
PATH=$(cd "$build/site" && pwd):$tree/sdk:$PATH
folder=$work/page
mkdir "$folder"

# A block of code after a line that is a file's name alone goes into that file.
awk -v folder="$folder" '
    /^`[a-z]+\.c`:$/ { file = folder "/" substr($0, 2, length($0) - 3) }
    /^```/ { if (inside) file = ""; inside = !inside && file != ""; next }
    inside { print >file }' "$page"

# Commands, and what each shows: NUMBER.do, NUMBER.shows
awk -v folder="$folder" '
    /^    \$ / {
        n++
        print substr($0, 7) >(folder "/" n ".do")
        printf "" >(folder "/" n ".shows")
        shows = 1
        next
    }
    /^    / && shows { print substr($0, 5) >(folder "/" n ".shows"); next }
    { shows = 0 }' "$page"

new_site
start_site
"$serai" money in 10 >/dev/null
commands=0
for ((n = 1; ; n++)); do
    [ -e "$folder/$n.do" ] || break
    line=$(cat "$folder/$n.do")
    [[ $line != export\ * ]] || continue # it names the site of the reader
    (cd "$folder" && bash -c "$line") >"$folder/$n.said" 2>&1 ||
        fail "$line fails: $(cat "$folder/$n.said")"
    [ ! -s "$folder/$n.shows" ] ||
        holds "what \"$line\" prints" "$(cat "$folder/$n.said")" "$(cat "$folder/$n.shows")"
    commands=$((commands + 1))
done
[ "$commands" -ge 12 ] || fail "only $commands commands are found in the page"
for file in "$folder"/*.c; do
    [ -e "${file%.c}.wasm" ] || fail "$file is shown and never built"
done
stop_site TERM
verify
passed
