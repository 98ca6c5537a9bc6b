#!/usr/bin/env bash
# serai agent test: the example of the documents, what it prints and exits with; no site is there.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
unset SERAI_SITE
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../..
serai=$(realpath "$serai")
examples=$(realpath "$examples")
cd "$work"
: >"$daemon_log"
shop_test=$root/sdk/examples/shop.test.json

# ---- the documents have the example as it is ----
python3 - "$root" <<'PY' || fail "docs/write-an-agent.md has another shop"
import sys
root = sys.argv[1]
text = open(root + "/docs/write-an-agent.md", encoding="utf-8").read()
blocks = text.split("```")[1::2]
shop = open(root + "/sdk/examples/shop.c", encoding="utf-8").read()
test = open(root + "/sdk/examples/shop.test.json", encoding="utf-8").read()
code = [block[2:].strip() for block in blocks if "open_shop" in block]
json = [block[5:].strip() for block in blocks if block.startswith("json\n")]
assert len(code) == 1 and code[0] in shop, "the code"
assert json == [test.strip()], "the test"
PY

# ---- it holds, and says the same each time ----
"$serai" agent test "$examples/shop.wasm" "$shop_test" >one
"$serai" agent test "$examples/shop.wasm" "$shop_test" >two
cmp -s one two || fail "two runs differ"
grep -q '^4 steps, 11 checks: all as expected$' one || fail "the sum: $(cat one)"
grep -q '^  turn   shop MESSAGE: [0-9]* fuel, 0\.[0-9]* (compute 0\.' one || fail "a turn"
"$serai" agent test "$examples/shop.wasm" "$shop_test" --json >report
holds "the report" "$(jq -r '.ok, .wrong, (.steps | length)' report | xargs)" "true 0 4"
holds "the cost of the shop" "$(jq -r '.paid.shop.cost' report)" \
    "$(sed -n 's/^shop paid SRI \([0-9.]*\) .*/\1/p' one)"

# ---- what is wrong ends with 1, and says what was found ----
sed 's/"2601/"2701/' "$shop_test" >wrong.json
exits 1 'WRONG  shop answer_hex: expected 27010000*, found 26010000*' \
    "$serai" agent test "$examples/shop.wasm" wrong.json
exits 1 '11 checks: 1 WRONG' "$serai" agent test "$examples/shop.wasm" wrong.json

# ---- prices: of a file, and a file that is wrong ----
printf '[orders]\nfacet_send = "0.01"\n' >dear.toml
exits 0 'orders 0.010000' "$serai" agent test "$examples/shop.wasm" "$shop_test" --prices dear.toml
printf '[orders]\nfacet_sent = "0.01"\n' >bad.toml
exits 78 'bad.toml:2:1: ' "$serai" agent test "$examples/shop.wasm" "$shop_test" --prices bad.toml
exits 66 'none.toml' "$serai" agent test "$examples/shop.wasm" "$shop_test" --prices none.toml

# ---- files that are wrong ----
printf '{"version": 1,\n "agent": oops}\n' >bad.json
exits 65 'bad.json:2:' "$serai" agent test "$examples/shop.wasm" bad.json
sed 's/"answer_hex"/"anwser"/' "$shop_test" >slip.json
exits 65 'slip.json: steps\[0\].expect.anwser: is no key that is known here' \
    "$serai" agent test "$examples/shop.wasm" slip.json
exits 66 'none.json' "$serai" agent test "$examples/shop.wasm" none.json
exits 66 'none.wasm' "$serai" agent test none.wasm "$shop_test"
printf 'no module' >text.wasm
exits 65 'text.wasm is refused' "$serai" agent test text.wasm "$shop_test"
printf '{"version":1,"agents":{"a":{"module":"gone.wasm","money":"1"}},
    "agent":{"money":"1"},"steps":[]}' >gone.json
exits 66 'gone.wasm' "$serai" agent test "$examples/shop.wasm" gone.json

# ---- agents that never rest ----
cat >spin.c <<'C'
#include <serai.h>
void serai_turn(int32_t kind, int32_t slot, int32_t size)
{
    static int32_t self = -1;

    (void)kind;
    (void)slot;
    (void)size;
    if (self < 0)
        self = (int32_t)self_facet(SERAI_SLOT_SELF, 1, 0);
    (void)serai_send(self, "on", 2, 0, 1000000, SERAI_SLOT_NONE);
}
C
"$root/sdk/serai-cc" -o spin.wasm spin.c
printf '{"version":1,"agent":{"money":"100"},"steps":[]}' >spin.json
exits 1 'after 10000 turns agents still have something to do' \
    "$serai" agent test spin.wasm spin.json

# ---- a neighbour, to which an agent sends itself ----
cat >scout.json <<'JSON'
{"version": 1, "neighbours": {"b": {}},
 "agent": {"name": "scout", "money": "0.2", "args": "hops=1 via=b",
           "expect": {"log_has": ["from the far end: I am a scout now"]}},
 "steps": [{"wait": "1h", "expect": {"agent": "b/child-1", "state": "running"}}]}
JSON
exits 0 '^  log    b/child-1: scout: became a scout$' \
    "$serai" agent test "$examples/scout.wasm" scout.json

# ---- names and lines of a trap: in the test, in code run, and of a byte that a log names ----
cat >trap.c <<'C'
#include <serai.h>
static int64_t __attribute__((noinline)) deep(int64_t x)
{
    if (x == SERAI_EVENT_MESSAGE)
        __builtin_trap(); /* line 5 */
    return x * 2;
}
__attribute__((export_name("try"))) int64_t try_it(int64_t x)
{
    return deep(x) + 1; /* line 10 */
}
void serai_turn(int32_t kind, int32_t slot, int32_t size)
{
    (void)slot, (void)size;
    serai_log_values("%d", try_it(kind));
}
C
"$root/sdk/serai-cc" -g -o trap.wasm trap.c
printf '{"version":1,"agent":{"money":"1"},
    "steps":[{"send":"agent","expect":{"undone":1}}]}' >trap.json
"$serai" agent test trap.wasm trap.json >said
grep -q '^         at f[0-9]* deep, byte 0x[0-9a-f]*, trap.c:5$' said ||
    fail "the trap: $(cat said)"
grep -q '^         called from f[0-9]* [a-z_]*, byte 0x[0-9a-f]*, trap.c:10$' said ||
    fail "its caller: $(cat said)"
byte=$(sed -n 's/.*(deep) at byte \(0x[0-9a-f]*\);.*/\1/p' said)
exits 0 "^f[0-9]* deep, byte $byte, trap.c:5\$" "$serai" code where trap.wasm "$byte"
exits 1 'deep, byte .*, trap.c:5$' "$serai" code run trap.wasm try 3
holds "the line" "$("$serai" code run trap.wasm try 3 --json | jq -r '.backtrace[0].line')" 5
holds "the file" "$("$serai" code where trap.wasm "$byte" --json | jq -r .file)" trap.c
exits 66 'no function of trap.wasm has the byte 0x1' "$serai" code where trap.wasm 1
exits 64 'is no byte of a module' "$serai" code where trap.wasm here
# The lines of another build are not believed; without any the byte is enough.
"$root/sdk/serai-cc" -g -O0 -o other.wasm trap.c
mv other.wasm.debug trap.wasm.debug
exits 0 'trap.wasm.debug is of another build than trap.wasm' "$serai" code where trap.wasm "$byte"
printf 'no module' >trap.wasm.debug
exits 0 'of another build' "$serai" code where trap.wasm "$byte"
rm trap.wasm.debug
exits 0 "^f[0-9]* deep, byte $byte\$" "$serai" code where trap.wasm "$byte"

passed
