#!/usr/bin/env bash
# Run one fuzz target from its seeds.
#     tests/fuzz/run.sh PROGRAM CORPUS OPTION...
# PROGRAM: build/.../fuzz_NAME; CORPUS: a folder for what it finds, made if missing; OPTION: of
# libFuzzer, such as -runs=1000 or -max_total_time=20.  SEED=n chooses the draws.
# Exit status 0 only if nothing was found; an input that was is kept beside CORPUS and named.
set -euo pipefail

program=$1
corpus=$2
shift 2
name=$(basename "$program")
here=$(dirname "$0")
seeds=$here/corpus/$name
words=$here/$name.dict
options=("-seed=$((${SEED:-0} % 2147483648))" "-artifact_prefix=$(dirname "$corpus")/")
options+=(-error_exitcode=1) # libFuzzer's own is 77, which CTest takes for a test that was left out
[ ! -f "$words" ] || options+=("-dict=$words")
mkdir -p "$corpus"
folders=("$corpus")
[ ! -d "$seeds" ] || folders+=("$seeds")
exec "$program" "${options[@]}" "$@" "${folders[@]}"
