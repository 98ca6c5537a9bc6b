#!/usr/bin/env bash
# A library that nobody trusts, imported as a child: it reaches nothing, works for its budget, fails
# with a reason, and is recalled when it takes too long.  library.sh BUILD
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

new_site
start_site
"$serai" money in 5 >/dev/null
importer=$(deploy importer "$examples/importer.wasm" 0.1 --with "$examples/library.wasm" \
    --give spawner --args "budget=0.02")

says()
{
    "$serai" agent logs "$importer" --json | jq -r 'select(.by == "agent") | .text'
}

for _ in {1..100}; do
    says | matches 'it is dead' && break
    sleep 0.1
done
cat >"$work/expected" <<'END'
importer: the library has a budget of 0.020000000
library: 5 words; it can reach 0 things of the site
library: no answer, status 4096: there is nothing to count
keeper: news 3, code 4096
library: no answer, status 1
keeper: news 3, code 1
importer: recalled after 4 turns, 2 of them undone
keeper: it is dead, most of the budget is back
END
says >"$work/found"
diff "$work/expected" "$work/found" >&2 || fail "the importer says something else"
checks=$((checks + 1))
holds "agents that are left" "$("$serai" agent ls --json | jq -r .name | tr '\n' ' ')" "importer "
holds "what was recalled" "$("$serai" ledger export --format jsonl |
    jq -r 'select(.code == "estate of a dead agent") | .credit' | grep -c ":$importer")" 1
stop_site TERM
verify
passed
