#!/usr/bin/env bash
# docs/write-an-agent.md does what it says: its programs are built from its text and each command
# prints what the page shows.  write_page.sh BUILD
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
tree=$(cd "$(dirname "$0")/../.." && pwd)
build=$(cd "$build" && pwd)

mkdir "$work/page"
SERAI_SITE=$work/page/my-site
new_site
start_site
"$serai" money in 1 >/dev/null
python3 "$tree/tests/e2e/do_page.py" "$tree" "$build" "$tree/docs/write-an-agent.md" "$work/page"
stop_site TERM
verify
passed
