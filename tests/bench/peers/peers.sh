# Other engines that the engine's bench is held against, as far as the machine has them; sourced.
# shellcheck shell=bash

# find_peers BUILD WORK: exports what bench_engine asks for; programs are built in WORK.
find_peers()
{
    local module=$1/tests/bench/bench_kernels.wasm work=$2 here
    here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
    if command -v node >/dev/null; then
        export BENCH_V8="node $here/v8.js $module"
    fi
    if command -v spectest-interp >/dev/null; then
        export BENCH_INTERP="$here/interp.sh $1/tests/bench/bench_loops.wasm"
    fi
    if command -v wasm2c >/dev/null && build_wasm2c "$module" "$work" "$here"; then
        export BENCH_WASM2C=$work/wasm2c
    fi
    if command -v clang >/dev/null && build_clang "$work" "$here"; then
        export BENCH_CLANG=$work/clang
    fi
}

build_clang()
{
    local work=$1 root=$2/../../..
    clang -O2 -I "$root" -o "$work/clang" "$2/native.c" "$2/program.c" "$2/../host.c" \
        "$2/../guests/turns.c" "$root/tests/engine/kernels.c"
}

build_wasm2c()
{
    local module=$1 work=$2 here=$3 runtime
    for runtime in /usr/share/wabt/wasm2c /usr/local/share/wabt/wasm2c; do
        [ -e "$runtime/wasm-rt-impl.c" ] || continue
        wasm2c -n kernels "$module" -o "$work/kernels.c" &&
            "${CC:-cc}" -O2 -w -I "$work" -I "$here/../../.." -o "$work/wasm2c" \
                "$here/wasm2c.c" "$here/program.c" "$here/../host.c" "$work/kernels.c" \
                "$runtime/wasm-rt-impl.c" -lm
        return
    done
    return 1
}
