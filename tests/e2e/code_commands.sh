#!/usr/bin/env bash
# The bench of an agent's author: serai code check, run and disasm, which need no site and no key.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
unset SERAI_SITE CC
serai=$(realpath "$serai")
examples=$(realpath "$examples")
cd "$work"
: >"$daemon_log"

# module NAME: the text on stdin, with its names.
module()
{
    wat2wasm --debug-names -o "$1.wasm" -
}

# says FILTER EXPECTED COMMAND...: what jq finds in its JSON, whatever it exits with.
says()
{
    local filter=$1 expected=$2
    shift 2
    holds "$filter of $*" "$("$@" --json 2>/dev/null | jq -r "$filter")" "$expected"
}

module sums <<'WAT'
(module
  (memory (export "memory") 1 2)
  (global $count (mut i32) (i32.const 0))
  (table 2 funcref)
  (elem (i32.const 0) $add)
  (type $binary (func (param i32 i32) (result i32)))
  (func $add (export "add") (param i32 i32) (result i32)
    (i32.add (local.get 0) (local.get 1)))
  (func (export "long") (param i64) (result i64) (local.get 0))
  (func (export "single") (param f32) (result f32) (local.get 0))
  (func (export "half") (param f64) (result f64)
    (f64.mul (local.get 0) (f64.const 0.5)))
  (func $divide (export "divide") (param i32 i32) (result i32)
    (i32.div_s (local.get 0) (local.get 1)))
  (func $middle (param i32) (result i32) (call $divide (local.get 0) (i32.const 0)))
  (func $outer (export "outer") (param i32) (result i32) (call $middle (local.get 0)))
  (func (export "store") (param i32) (i32.store (i32.const 65532) (local.get 0)))
  (func (export "wild") (param i32) (i32.store (local.get 0) (i32.const 1)))
  (func (export "grow") (result i32) (memory.grow (i32.const 1)))
  (func (export "empty-entry") (result i32)
    (call_indirect (type $binary) (i32.const 1) (i32.const 2) (i32.const 1)))
  (func $spin (export "spin") (loop $again (br $again)))
  (func $deep (export "deep") (result i32) (i32.add (i32.const 1) (call $deep)))
  (func (export "quit") unreachable)
  (func (export "\1b[31m\22\e2\80\ae") nop))
WAT
module asks <<'WAT'
(module
  (import "serai" "log_append" (func $log (param i32 i32 i32) (result i64)))
  (memory 1 1)
  (func $turn (export "serai_turn") (param i32 i32 i32)
    (drop (call $log (i32.const 6) (i32.const 1024) (i32.const -5))))
  (export "log" (func $log)))
WAT

module begins <<'WAT'
(module
  (memory 1 1)
  (global $made (mut i32) (i32.const 0))
  (func (export "_initialize") (global.set $made (i32.const 7)))
  (func (export "made") (result i32) (global.get $made))
  (func (export "serai_turn") (param i32 i32 i32)))
WAT

# ---- check ----
exits 0 '^agent            yes' "$serai" code check "$examples/spender.wasm"
says .code "$(sha256sum <"$examples/spender.wasm" | cut -d' ' -f1)" \
    "$serai" code check "$examples/spender.wasm"
says .bytes "$(stat -c %s "$examples/spender.wasm")" "$serai" code check "$examples/spender.wasm"
exits 0 '^agent  *no: the module exports no function serai_turn' "$serai" code check sums.wasm
exits 0 'divide *i32, i32 -> i32' "$serai" code check sums.wasm
says '.accepted, .agent' $'true\nfalse' "$serai" code check sums.wasm
says '.memory | "\(.pages) \(.pages_max)"' '1 2' "$serai" code check sums.wasm
says '.imports[0] | "\(.order) \(.params | join(" ")) \(.results[0])"' \
    'log_append i32 i32 i32 i64' "$serai" code check asks.wasm
says '.functions[] | select(.name == "outer") | .params[0]' i32 "$serai" code check sums.wasm
# A charge is what a run of the same straight path costs.
says '.functions[] | select(.name == "add") | .straight_fuel' \
    "$("$serai" code run sums.wasm add 1 2 --json | jq .fuel)" "$serai" code check sums.wasm
# A name is data: no escape sequence reaches the terminal, and programs get it whole.
"$serai" code check sums.wasm >table
grep -q '\\x1b\[31m"\\u{202e}' table || fail "the wild name is not told: $(cat table)"
! grep -q $'\033' table || fail "an escape sequence of the module comes through"
says '.exports[-1].name' $'\033[31m"\u202e' "$serai" code check sums.wasm

head -c 100 sums.wasm >cut.wasm
printf 'hello' >text.wasm
: >empty.wasm
head -c 1048577 /dev/zero >huge.wasm
echo '(module (func $f) (start $f))' | module start
echo '(module (memory 1))' | module endless
echo '(module (import "env" "printf" (func (param i32))))' | module printf
echo '(module (func (result v128) (v128.const i32x4 0 0 0 0)))' | module simd
for command in check disasm; do
    exits 65 'cut.wasm is refused: .*at byte 0x' "$serai" code $command cut.wasm
    exits 65 'text.wasm is refused' "$serai" code $command text.wasm
    exits 65 'the file is empty' "$serai" code $command empty.wasm
    exits 65 'a module has at most 1048576 bytes' "$serai" code $command huge.wasm
    exits 66 'none.wasm' "$serai" code $command none.wasm
    exits 74 'directory' "$serai" code $command "$work"
    exits 65 'start' "$serai" code $command start.wasm
    exits 64 'usage: serai code' "$serai" code $command
    exits 64 'has no option --site' "$serai" code $command sums.wasm --site x
done
exits 65 'maximum' "$serai" code check endless.wasm
exits 65 'serai' "$serai" code check printf.wasm
exits 65 'simd\|v128' "$serai" code check simd.wasm
says .accepted false "$serai" code check simd.wasm
says '.offset > 8 and (.reason | length > 8)' true "$serai" code check simd.wasm
says '.code' "$(sha256sum <simd.wasm | cut -d' ' -f1)" "$serai" code check simd.wasm

# ---- what is run before the first turn ----
exits 0 'yes: its turns enter f2; before the first, _initialize (f0) is run' \
    "$serai" code check begins.wasm
says '.initialize' 0 "$serai" code check begins.wasm
exits 0 'result           i32 7' "$serai" code run begins.wasm made
exits 0 'of it            6 of _initialize (f0), which is run first' \
    "$serai" code run begins.wasm made
says '"\(.fuel) \(.initialize_fuel)"' '11 6' "$serai" code run begins.wasm made
says '"\(.fuel) \(.initialize_fuel)"' '6 null' "$serai" code run begins.wasm _initialize
exits 65 'export it as _initialize' "$serai" code check start.wasm
# A length that no memory has is told as what it is, not as lack of fuel.
module bulk <<'WAT'
(module (memory 1 1)
  (func (export "fill") (param i32) (memory.fill (i32.const 0) (i32.const 0) (local.get 0))))
WAT
for tier in 0 1; do
    says '"\(.outcome) \(.fuel)"' 'memory 17' "$serai" code run bulk.wasm fill -1 --tier $tier
done

# ---- run: values to the bit ----
run=("$serai" code run sums.wasm)
exits 0 'result           i32 -2, bits 0xfffffffe' "${run[@]}" add -3 1
says '.results[0] | "\(.type) \(.value) \(.bits)"' 'i32 5 0x00000005' "${run[@]}" add 0x2 +3
says '.results[0].value' -1 "${run[@]}" long 18446744073709551615
says '.results[0].bits' 0x8000000000000000 "${run[@]}" long -9223372036854775808
says '.results[0] | "\(.value) \(.bits)"' '0.1 0x3dcccccd' "${run[@]}" single 0.1
says '.results[0].bits' 0x7fc00000 "${run[@]}" single nan
says '.results[0] | "\(.value) \(.bits)"' '1 0x3ff0000000000000' "${run[@]}" half 0x1p1
says '.results[0].value' -inf "${run[@]}" half -inf
says '.results[0].bits' 0x0000000000000000 "${run[@]}" half f64:0x0000000000000001
for bad in 1.5 4294967296 -2147483649 ten '' f32:0x1 i32:9 ' 1'; do
    exits 64 'argument 2: .* i32' "${run[@]}" add 1 "$bad"
done
exits 64 'argument 1: .* f64' "${run[@]}" half 1,5
exits 64 'takes 2 arguments (i32, i32 -> i32), and 1 are given' "${run[@]}" add 1
exits 64 'takes 2 arguments' "${run[@]}" add 1 2 3
exits 66 'exports no function "moon"' "${run[@]}" moon
exits 66 'exports no function "memory"' "${run[@]}" memory
exits 64 'neither 0 (interpreter) nor 1' "${run[@]}" add 1 2 --tier 2
exits 64 'is not a number' "${run[@]}" add 1 2 --fuel lots
exits 65 'cut.wasm is refused' "$serai" code run cut.wasm add 1 2
exits 66 'none.wasm' "$serai" code run none.wasm add 1 2
exits 1 'is the order log_append' "$serai" code run asks.wasm log

# ---- run: fuel, traps and memory, in both tiers ----
tiers=(0)
if command -v cc >/dev/null; then
    tiers+=(1)
fi
offset=$("$serai" code disasm sums.wasm divide --json |
    jq 'select(.text | test("div_s")) | .offset')
zeroes=$(head -c 65536 /dev/zero | sha256sum | cut -d' ' -f1)
stored=$({ head -c 65532 /dev/zero && printf '\104\103\102\101'; } | sha256sum | cut -d' ' -f1)
for tier in "${tiers[@]}"; do
    run=("$serai" code run sums.wasm --tier "$tier")
    says '"\(.outcome) \(.tier) \(.results[0].value)"' "done $tier 42" "${run[@]}" add 40 2
    says '"\(.outcome) \(.fuel)"' 'out-of-fuel 0' "${run[@]}" add 1 2 --fuel 0
    says '"\(.outcome) \(.fuel)"' 'out-of-fuel 12345' "${run[@]}" spin --fuel 12345
    exits 1 'outcome          out of fuel' "${run[@]}" spin --fuel 12345
    says .memory_sha256 "$zeroes" "${run[@]}" add 1 2
    says '"\(.memory_sha256) \(.cards)"' "$stored 1" "${run[@]}" store 0x41424344
    says '"\(.memory_pages) \(.results[0].value)"' '2 1' "${run[@]}" grow
    says .outcome memory "${run[@]}" wild 65533
    says .outcome memory "${run[@]}" wild -1
    says .outcome integer-overflow "${run[@]}" divide 0x80000000 -1
    says .outcome table "${run[@]}" empty-entry
    says .outcome unreachable "${run[@]}" quit
    says .outcome stack "${run[@]}" deep
    says '.backtrace[0] | "\(.name) \(.offset)"' "divide $offset" "${run[@]}" outer 7
    exits 1 "^at .* f[0-9]* divide, byte 0x$(printf %x "$offset")" "${run[@]}" outer 7
    says '"\(.outcome) \(.order)"' 'stopped log_append' "$serai" code run asks.wasm \
        --tier "$tier" serai_turn 1 0 0
    exits 1 'stopped.*: order log_append(6, 1024, -5) needs a site' "$serai" code run asks.wasm \
        --tier "$tier" serai_turn 1 0 0
done
run=("$serai" code run sums.wasm)
says '[.backtrace[].name] | join(" ")' 'divide middle outer' "${run[@]}" outer 7
says '.depth > 100 and (.backtrace | length) == 16' true "${run[@]}" deep
for words in 'add 1 2' 'outer 7' 'deep' 'store 7' 'grow' 'spin --fuel 999'; do
    for tier in "${tiers[@]}"; do
        # shellcheck disable=SC2086 # words of a command line
        "${run[@]}" --tier "$tier" $words --json |
            jq 'del(.tier, .depth) | .backtrace |= .[0:1]' >"tier$tier" || true
    done
    [ "${#tiers[@]}" = 1 ] || holds "tier 1 of $words" "$(cat tier1)" "$(cat tier0)"
done
exits 69 'needs a C compiler, and there is no "/none/cc"' \
    env CC=/none/cc "${run[@]}" add 1 2 --tier 1
printf '#!/bin/sh\necho "out of paper" >&2\nexit 3\n' >paper
chmod +x paper
exits 1 'out of paper' env CC="$work/paper" "${run[@]}" add 1 2 --tier 1
exits 0 '' env CC=/none/cc "${run[@]}" add 1 2 --tier 0
mkdir tmp
TMPDIR=$work/tmp "${run[@]}" add 1 2 --tier 1 >/dev/null 2>&1 || [ "${#tiers[@]}" = 1 ]
holds "what tier 1 leaves behind" "$(ls -A tmp)" ""

# ---- disasm ----
"$serai" code disasm sums.wasm >listing
grep -q '^f4 divide: i32, i32 -> i32, export "divide"' listing || fail "no header: $(cat listing)"
grep -q "^ *$(printf %x "$offset") .*i32.div_s" listing || fail "no i32.div_s where it is"
! grep -q $'\033' listing || fail "an escape sequence of the module comes through"
exits 0 'f1 *turn: ' "$serai" code disasm asks.wasm
exits 0 'f0: order log_append, i32, i32, i32 -> i64' "$serai" code disasm asks.wasm
for name in divide f4 4; do
    exits 0 'i32.div_s' "$serai" code disasm sums.wasm "$name"
done
exits 0 '^f[0-9]* "quit": nothing' "$serai" code disasm sums.wasm quit
exits 66 'no function "moon"' "$serai" code disasm sums.wasm moon
exits 66 'no function "99"' "$serai" code disasm sums.wasm 99
exits 66 'is the order log_append' "$serai" code disasm asks.wasm 0
# Each byte of a body is in one line, in order; the fuel of one block is its function's charge.
"$serai" code disasm sums.wasm add --json >lines
holds "gaps in the listing" "$(jq -s '[range(1; length) as $i |
    select(.[$i].offset != .[$i - 1].offset + .[$i - 1].size)] | length' lines)" 0
holds "fuel of the lines of add" "$(jq -s 'map(.fuel) | add' lines)" \
    "$("$serai" code check sums.wasm --json | jq '.functions[0].straight_fuel')"

# ---- wild modules are refused or shown, and nothing else ----
size=$(stat -c %s sums.wasm)
for seed in $(seq 40); do
    cp sums.wasm mutant.wasm
    for byte in 1 2 3; do
        # shellcheck disable=SC2059 # the format is the byte
        printf "\\$(printf %o $((seed * 83 * byte % 256)))" | dd of=mutant.wasm bs=1 conv=notrunc \
            seek=$((8 + (seed * 7919 + byte * 104729) % (size - 8))) status=none
    done
    for command in check disasm; do
        code=0
        "$serai" code $command mutant.wasm --json >said 2>&1 || code=$?
        [ "$code" = 0 ] || [ "$code" = 65 ] ||
            fail "mutant $seed: $command exits $code: $(cat said)"
        checks=$((checks + 1))
    done
done
passed
