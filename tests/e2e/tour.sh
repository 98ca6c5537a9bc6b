#!/usr/bin/env bash
# The tour of README.md does what it says, on a fresh site.  tour.sh BUILD
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
tree=$(cd "$(dirname "$0")/../.." && pwd)
build=$(cd "$build" && pwd)

command -v hledger >/dev/null || exit 77
unset SERAI_SITE # the tour sets it
mkdir "$work/page"
python3 "$tree/tests/e2e/do_page.py" "$tree" "$build" "$tree/README.md" "$work/page"
export SERAI_SITE=$work/page/my-site
verify
passed
