#!/bin/sh
# Each module given is valid for a site's profile by wabt's judgement, imports only orders, and
# exports its memory, serai_turn and _initialize, nothing else.
set -eu

if ! command -v wasm-validate >/dev/null || ! command -v wasm-objdump >/dev/null; then
    echo "skipped: wabt is not installed"
    exit 77
fi

bad=0
for module in "$@"; do
    if ! wasm-validate --disable-multi-value --disable-bulk-memory --disable-reference-types \
        --disable-simd "$module"; then
        echo "$module: not valid"
        bad=1
    fi
    foreign=$(wasm-objdump -x -j Import "$module" | grep '<-' | grep -v '<- serai\.' || true)
    if [ -n "$foreign" ]; then
        echo "$module: imports $foreign"
        bad=1
    fi
    exports=$(wasm-objdump -x -j Export "$module" | sed -n 's/.*-> "\(.*\)"/\1/p' | sort | xargs)
    if [ "$exports" != "_initialize memory serai_turn" ]; then
        echo "$module: exports $exports"
        bad=1
    fi
    if ! wasm-objdump -x -j Memory "$module" | grep -q 'pages: initial=.* max='; then
        echo "$module: declares no most memory"
        bad=1
    fi
done
exit $bad
