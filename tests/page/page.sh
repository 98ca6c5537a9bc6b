#!/usr/bin/env bash
# The page in a browser: page.sh BUILD MODULES [hold].  MODULES has what npm brought (package.json),
# and pictures are left in it.  With `hold` the site is served until it is interrupted.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"
# shellcheck source=tests/e2e/links_lib.sh
. "$(dirname "$0")/../e2e/links_lib.sh"
# shellcheck source=tests/page/sites.sh
. "$(dirname "$0")/sites.sh"

modules=${2:?usage: $0 BUILD MODULES [hold]}
make_sites
settle_agents
if [ "${3:-}" = hold ]; then
    printf 'http://127.0.0.1:%s/\nsite %s\n' "$page_port" "$work/inn"
    while sleep 60; do :; done
fi
node "$(dirname "$0")/page.js" "http://127.0.0.1:$page_port" "$modules" "$modules"
for site in inn ferry; do
    end_named "$site" TERM
    holds "the end of $site" "$ended" 0
done
passed
