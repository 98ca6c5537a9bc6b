#!/usr/bin/env bash
# The engine gives the same to the last bit however it is compiled.
#
#     tests/engine/exact.sh BUILD [all]   two ways, or all: gcc and clang, -O0 to -O2
#
# Each way compiles the engine and exact.c anew, runs the same modules and prints one hash.
set -euo pipefail

build=${1:?usage: exact.sh BUILD [all]}
ways=("gcc -O0" "clang -O1")
[ "${2:-}" = all ] && ways=("gcc -O0" "gcc -O1" "gcc -O2" "clang -O0" "clang -O1" "clang -O2")
root=$(cd "$(dirname "$0")/../.." && pwd)
build=$(cd "$build" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

modules=("$build/tests/engine/semantics.wasm" "$build/tests/engine/kernels.wasm")
for text in "$root"/tests/spec/slice/*.wast; do
    name=$(basename "$text" .wast)
    wast2json "$text" -o "$work/$name.json"
    modules+=("$work/$name.0.wasm")
done

cd "$root"
hashes=()
for way in "${ways[@]}"; do
    read -r compiler level <<<"$way"
    if ! command -v "$compiler" >/dev/null; then
        echo "exact: no $compiler here: left out"
        continue
    fi
    "$compiler" "$level" -std=c11 -D_POSIX_C_SOURCE=200809L -I. -ffp-contract=off \
        -fno-strict-overflow -o "$work/exact" engine/*.c \
        "$build/engine/native_sources.c" base/*.c tests/engine/exact.c \
        -lcrypto -lsodium -lm -ldl -pthread
    hashes+=("$("$work/exact" "${modules[@]}")")
    echo "exact: ${hashes[-1]} $way"
done
for hash in "${hashes[@]}"; do
    [ "$hash" = "${hashes[0]}" ] || { echo "exact: they differ" >&2; exit 1; }
done
[ ${#hashes[@]} -gt 0 ]
