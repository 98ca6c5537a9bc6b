#!/usr/bin/env bash
# Each test that docs/threat-model.md names is one that runs: test_threat_model.sh BUILD
set -euo pipefail
[ $# -eq 1 ] || { sed -n 2p "$0" >&2; exit 64; }
page=$(cd "$(dirname "$0")/../.." && pwd)/docs/threat-model.md

tests=$(ctest --test-dir "$1" -N | sed -n 's/^ *Test *#[0-9]*: //p')
named=$(grep -o -E '`(test|e2e|sim|lint)_[a-z0-9_]+`' "$page" | tr -d '`' | sort -u)
[ "$(wc -w <<<"$named")" -ge 20 ] || { echo "the page names too few tests: $named"; exit 1; }
unknown=$(grep -v -x -F -f <(echo "$tests") <<<"$named" || true)
if [ -n "$unknown" ]; then
    echo "docs/threat-model.md names tests that do not exist:"
    echo "$unknown"
    exit 1
fi
