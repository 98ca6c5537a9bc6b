#!/usr/bin/env bash
# docs/deploy.md does what it says, from nothing to an agent that was upgraded and has ended.
# deploy_page.sh BUILD
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
tree=$(cd "$(dirname "$0")/../.." && pwd)
build=$(cd "$build" && pwd)

unset SERAI_SITE # the page sets it
mkdir "$work/page"
python3 "$tree/tests/e2e/do_page.py" "$tree" "$build" "$tree/docs/deploy.md" "$work/page"
export SERAI_SITE=$work/page/my-site
verify
passed
