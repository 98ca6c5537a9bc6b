#!/usr/bin/env bash
# wabt's interpreter (the one of wasm-interp) beside the engine: interp.sh MODULE NAME N SECONDS
# prints the seconds that it computes for one call, its start included.
set -euo pipefail

script=$(mktemp --suffix=.json)
trap 'rm -f "$script"' EXIT
module=$(realpath --relative-to="$(dirname "$script")" "$1")
cat >"$script" <<JSON
{"source_filename": "bench", "commands": [
  {"type": "module", "line": 1, "filename": "$module"},
  {"type": "action", "line": 2,
   "action": {"type": "invoke", "field": "$2", "args": [{"type": "i32", "value": "$3"}]},
   "expected": [{"type": "i64"}]}]}
JSON
TIMEFORMAT='%3U'
{ time spectest-interp "$script" >/dev/null; } 2>&1
