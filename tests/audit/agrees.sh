#!/usr/bin/env bash
# check.py, written from docs/records.md alone, and the program agree on a site's books: on the
# head, on what is counted, and on both totals of every account.  The site may run if nothing moves.
#
#     agrees.sh SERAI SITE [lines]      lines: on every field of every line of the journal too
#
# Exit status: 0 they agree, and it is said; 1 they do not; 77 python3-lmdb is not there.
set -euo pipefail

serai=${1:?usage: agrees.sh SERAI SITE [lines]}
site=$2
check=$(dirname "$0")/check.py
/usr/bin/python3 -c 'import lmdb' 2>/dev/null || exit 77

fail()
{
    printf 'agrees.sh: %s: %s\n' "$site" "$*" >&2
    exit 1
}

# same WHAT FILE FILE
same()
{
    cmp "$2" "$3" >&2 || fail "the two differ in $1"
}

found=$(mktemp -d "${TMPDIR:-/tmp}/serai-agrees-XXXXXX")
trap 'rm -rf "$found"' EXIT
"$check" --json "$site" >"$found/checked" || fail "the checker refuses it"
"$serai" audit verify --site "$site" --json >"$found/verified" || fail "it does not verify"
counts='[.frames, .events, .lines, .head]'
jq -c "$counts" "$found/checked" >"$found/ours"
jq -c "$counts" "$found/verified" >"$found/theirs"
same "head or counts" "$found/ours" "$found/theirs"
jq -c '.accounts[]' "$found/checked" >"$found/ours"
"$serai" ledger accounts --site "$site" --json | jq -c 'del(.balance)' >"$found/theirs"
same "an account" "$found/ours" "$found/theirs"
if [ "${3:-}" = lines ]; then
    "$check" --lines "$site" >"$found/ours"
    "$serai" ledger export --site "$site" --format jsonl | jq -c 'select(.type == null)
        | del(.kind, .source, .wall_us, .debit, .credit, .code, .unit)' >"$found/theirs"
    same "a line" "$found/ours" "$found/theirs"
fi
jq -r '"an independent checker agrees: \(.accounts | length) accounts, \(.lines) lines, head " +
    .head[0:16]' "$found/checked"
