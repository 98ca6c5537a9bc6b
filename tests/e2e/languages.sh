#!/usr/bin/env bash
# The examples in other languages are built by the commands of docs/languages.md, and each shop says
# in the same conversation the same as the shop in C.  languages.sh BUILD [LANGUAGE...]
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

shift
[ $# -gt 0 ] || set -- C++ Rust
root=$(cd "$(dirname "$0")/../.." && pwd)
sdk=$root/sdk
# Debian's rustc, which has the target that packages.txt names, before any other.
PATH=/usr/bin:$(cd "$build" && pwd)/site:$sdk:$PATH
export PATH CARGO_TERM_COLOR=never

# commands LANGUAGE: the commands of its section of docs/languages.md, with the SDK of this tree.
commands()
{
    sed -n "/^## $1\$/,/^## /p" "$root/docs/languages.md" | sed -n 's/^    \$ //p' |
        sed "s|/usr/share/serai/sdk|$sdk|g; s|/usr/share/serai/examples|$sdk/examples|g"
}

# heard AGENT: what it has in its log, without times and what is another for each agent
heard()
{
    "$serai" agent logs "$1" --limit 100 | sed -e 's/^ *[-0-9TZ:.]* *//' \
        -e 's/in function .* at byte 0x[0-9a-f]*/.../' -e 's/\(door is\) [0-9a-f]\{24\}$/\1 .../'
}

# asked AGENT WORDS [OPTIONS]: the answer of a call as one line, and its exit code
asked()
{
    local code=0

    "$serai" agent call "$@" --json >"$work/answer" 2>"$work/refusal" || code=$?
    printf '%s %s %s\n' "$code" \
        "$(jq -c 'del(.agent, .call, .fee, .command, .account, .balance)' "$work/answer")" \
        "$(sed "s/$1/AGENT/g" "$work/refusal")"
}

# talk LANGUAGE SHOP HELLO: deploy both; what they say goes to $work/LANGUAGE.said, and a line about
# size and fuel to $work/table.
talk()
{
    local short said=$work/$1.said before after shop hello

    short=$(tr "A-Z+" "a-zp" <<<"$1")
    shop=shop-$short hello=hello-$short

    exits 0 accepted "$serai" code check "$2"
    exits 0 accepted "$serai" code check "$3"
    deploy "$shop" "$2" 0.02 >/dev/null
    deploy "$hello" "$3" 0.02 >/dev/null
    {
        asked "$shop" abc --money 0.000001
        asked "$shop" abc
        before=$(field "$shop" fuel)
        asked "$shop" abc --money 0.000001
        after=$(field "$shop" fuel)
        asked "$shop" "$(printf '%4100s' z)" --money 0.5
        "$serai" agent send "$hello" "knock knock" >/dev/null
        "$serai" agent call "$hello" "knock knock" >/dev/null 2>&1 || echo "hello does not answer"
        heard "$shop"
        heard "$hello"
    } >"$said"
    printf '| %-14s | %8d | %8d | %8d |\n' "$1" "$(wc -c <"$3")" "$(wc -c <"$2")" \
        $((after - before)) >>"$work/table"
}

# built LANGUAGE: run the commands of its section, which make shop.wasm and hello.wasm
built()
{
    mkdir -p "$work/$1"
    commands "$1" >"$work/$1.sh"
    [ -s "$work/$1.sh" ] || fail "docs/languages.md has no commands for $1"
    (cd "$work/$1" && bash -euo pipefail "$work/$1.sh") >"$work/$1.out" 2>&1 || {
        cat "$work/$1.out" >&2
        fail "the commands of docs/languages.md for $1"
    }
    checks=$((checks + 1))
}

new_site
start_site
"$serai" money in 10 >/dev/null
printf '| %-14s | %8s | %8s | %8s |\n' language hello shop "a sale" >"$work/table"
talk C "$examples/shop.wasm" "$examples/hello.wasm"
holds "lines of the shop in C" "$(grep -c 'sold [123] for' "$work/C.said")" 3
holds "its sums" "$(grep -c '^0 ' "$work/C.said")" 3
holds "its refusal" "$(grep -c 'a sum costs 0.000001000' "$work/C.said")" 2

for language in "$@"; do
    built "$language"
    shop=$(find "$work/$language" -name shop.wasm -not -path '*/deps/*' | head -n 1)
    hello=$(find "$work/$language" -name hello.wasm -not -path '*/deps/*' | head -n 1)
    talk "$language" "$shop" "$hello"
    checks=$((checks + 1))
    diff "$work/C.said" "$work/$language.said" >&2 || fail "$language does not say what C says"
    case $language in
    Rust)
        mkdir -p "$work/odd/src" "$work/odd/.cargo"
        cp "$root/tests/agents/guests/odd.rs" "$work/odd/src/lib.rs"
        cp "$sdk/rust/config.toml" "$work/odd/.cargo/"
        printf '[package]\nname = "odd"\nversion = "0.1.0"\nedition = "2021"\n[dependencies]\n' \
            >"$work/odd/Cargo.toml"
        printf 'serai = { path = "%s", features = ["std"] }\n' "$sdk/rust" \
            >>"$work/odd/Cargo.toml"
        odd=$work/odd/target/wasm32-unknown-unknown/release/odd.wasm
        (cd "$work/odd" && cargo -q rustc --offline --release --crate-type cdylib)
        deploy odd "$odd" 0.1 >/dev/null
        exits 0 '^one$' "$serai" agent call odd one
        exits 0 '^one two$' "$serai" agent call odd two
        memory=$(field odd memory_bytes)
        for n in {1..20}; do "$serai" agent call odd "$n" >/dev/null; done
        holds "its memory, of which it gives back what it needs no more" \
            "$(field odd memory_bytes)" "$memory"
        exits 81 "panicked at 'no 5', src/lib.rs:18" "$serai" agent call odd panic
        cp "$sdk/rust/examples/parent.rs" "$work/odd/src/lib.rs"
        (cd "$work/odd" && cargo -q rustc --offline --release --crate-type cdylib)
        parent=$(deploy parent "$odd" 0.1)
        for n in {1..50}; do
            "$serai" agent logs "$parent" | matches 'my child says hello$' && break
            [ "$n" -lt 50 ] || fail "the parent in Rust hears nothing"
            sleep 0.1
        done
        checks=$((checks + 1))
        # Every order of the crate, in one module: the site knows each by its name and signature.
        orders=$(sed -n 's/^        pub fn \([a-z_]*\)(.*/\1/p' "$sdk/rust/src/abi.rs")
        {
            echo 'use serai::raw::*;'
            echo 'serai::agent!(turn);'
            echo 'fn turn(kind: i32, slot: i32, _size: i32) {'
            echo '    let all = ['
            for order in $orders; do echo "        $order as usize,"; done
            echo '    ];'
            echo '    assert!(all[kind as usize] == slot as usize);'
            echo '}'
        } >"$work/odd/src/lib.rs"
        (cd "$work/odd" && cargo -q rustc --offline --release --crate-type cdylib)
        exits 0 accepted "$serai" code check "$odd"
        holds "the orders of the crate" \
            "$("$serai" code check --json "$odd" |
                jq '.imports | length')" \
            "$(sed -n 's/.*SERAI_ORDER_COUNT = //p' "$sdk/abi.h")"
        cp -r "$sdk/rust" "$work/crate" # Cargo writes where its crate is
        exits 0 '' cargo --config "$sdk/rust/config.toml" build -q --offline --release --examples \
            --no-default-features --manifest-path "$work/crate/Cargo.toml"
        holds "what the compiler says of the crate and its examples" "$(cat "$work/said")" ""
        # The crate's own tests, on this machine.
        exits 0 'test result: ok' cargo test -q --offline --lib \
            --manifest-path "$work/crate/Cargo.toml"
        ;;
    AssemblyScript)
        cp "$root/tests/agents/guests/odd.ts" "$work/$language/"
        (cd "$work/$language" && serai/node_modules/.bin/asc odd.ts -o odd.wasm \
            --config serai/asconfig.json --path .)
        deploy odd-script "$work/$language/odd.wasm" 0.1 >/dev/null
        exits 0 'fünf 3' "$serai" agent call odd-script one
        exits 81 'Index out of range in ~lib/staticarray.ts:' "$serai" agent call odd-script three
        exits 81 'so not in odd.ts:9' "$serai" agent call odd-script throws
        ;;
    esac
done
cat "$work/table"
stop_site TERM
verify
passed
