#!/bin/sh
# serai-cc builds an agent from one file, from its place in the source tree and from an installed
# one, and what it refuses it refuses by name.  usage: test_serai_cc.sh SDK_FOLDER
set -eu

sdk=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
failed=0

fail() {
    echo "failed: $*"
    failed=1
}

# expect STATUS WORDS COMMAND...: the status, and words of what it says
expect() {
    want=$1
    words=$2
    shift 2
    status=0
    "$@" >"$folder/said" 2>&1 || status=$?
    if [ "$status" -ne "$want" ]; then
        fail "status $status, not $want, of: $*"
        cat "$folder/said"
    fi
    if ! grep -q -e "$words" "$folder/said" && [ -n "$words" ]; then
        fail "nothing of \"$words\" is said by: $*"
        cat "$folder/said"
    fi
}

cat >"$folder/hello world.c" <<'END'
#include <serai.h>
void serai_turn(int32_t kind, int32_t slot, int32_t size)
{
    (void)slot;
    (void)size;
    if (kind == SERAI_EVENT_BORN)
        serai_log_values("hello %d", GREETING);
}
END
cat >"$folder/printf.c" <<'END'
#include <serai.h>
#include <stdio.h>
void serai_turn(int32_t kind, int32_t slot, int32_t size)
{
    printf("%d", (int)(kind + slot + size));
}
END
cat >"$folder/mute.c" <<'END'
#include <serai.h>
END
cat >"$folder/missing.c" <<'END'
#include <serai.h>
void elsewhere(void);
void serai_turn(int32_t kind, int32_t slot, int32_t size)
{
    (void)kind, (void)slot, (void)size;
    elsewhere();
}
END

cat >"$folder/late.c" <<'END'
#include <serai.h>
#include <assert.h>
#include <time.h>
void serai_turn(int32_t kind, int32_t slot, int32_t size)
{
    (void)slot, (void)size;
    assert(kind != 3);
    serai_log_values("%d", time(NULL));
}
END
cat >"$folder/main.c" <<'END'
#include <serai.h>
int main(void)
{
    return 0;
}
END
cat >"$folder/two.c" <<'END'
#include <serai.h>
int main(void)
{
    return 0;
}
void serai_turn(int32_t kind, int32_t slot, int32_t size)
{
    (void)kind, (void)slot, (void)size;
}
END
cat >"$folder/signature.c" <<'END'
int serai_turn(int kind)
{
    return kind;
}
END
cat >"$folder/threads.c" <<'END'
#include <serai.h>
static _Thread_local int64_t turns;
static char large[200000];
__attribute__((destructor)) static void gone(void)
{
    turns = 0;
}
void serai_turn(int32_t kind, int32_t slot, int32_t size)
{
    (void)slot, (void)size;
    large[kind] = 1;
    serai_log_values("turn %d", ++turns);
}
END
cat >"$folder/object.cpp" <<'END'
#include <serai.h>
struct counter {
    int64_t value;
    explicit counter(int64_t first) : value(first) {}
};
static volatile int64_t seed = 6;
static counter made(seed);
void serai_turn(int32_t kind, int32_t slot, int32_t size)
{
    (void)kind, (void)slot, (void)size;
    serai_log_values("%d of %m", made.value++, 5);
}
END
cat >"$folder/throw.cpp" <<'END'
#include <serai.h>
void serai_turn(int32_t kind, int32_t, int32_t)
{
    if (kind == 3)
        throw kind;
}
END

cc=$sdk/serai-cc
expect 0 '' "$cc" -o "$folder/hello.wasm" -DGREETING=5 "$folder/hello world.c"
[ -s "$folder/hello.wasm" ] || fail "no module"
expect 0 '' "$cc" -DGREETING=5 "$folder/hello world.c" -o "$folder/again.wasm"
cmp "$folder/hello.wasm" "$folder/again.wasm" || fail "two builds differ"
# -g: the same code with names, and the lines beside it; a build without it leaves neither.
expect 0 '' "$cc" -g -DGREETING=5 -o "$folder/named.wasm" "$folder/hello world.c"
grep -q __wasm_call_ctors "$folder/named.wasm" || fail "no names"
grep -q debug_line "$folder/named.wasm" && fail "lines in the module"
grep -q debug_line "$folder/named.wasm.debug" || fail "no lines beside it"
grep -q __wasm_call_ctors "$folder/hello.wasm" && fail "names that nobody asked for"
if command -v wasm-objdump >/dev/null; then
    for module in hello named; do
        wasm-objdump -s -j Code "$folder/$module.wasm" | tail -n +4 >"$folder/$module.code"
    done
    cmp "$folder/hello.code" "$folder/named.code" || fail "-g changes the code"
    wasm-objdump -s -j Code "$folder/named.wasm.debug" | tail -n +4 | cmp - "$folder/named.code" ||
        fail "the lines are of other code"
fi
expect 1 'there is no main()' "$cc" -g -o "$folder/named.wasm" "$folder/main.c"
[ ! -e "$folder/named.wasm.debug" ] || fail "lines of a build before are left behind"
expect 1 'wasi_snapshot_preview1.fd_write' "$cc" -o "$folder/printf.wasm" "$folder/printf.c"
[ ! -e "$folder/printf.wasm" ] || fail "a refused module is left behind"
expect 1 'calls printf(),' "$cc" -o "$folder/printf.wasm" "$folder/printf.c"
expect 1 'calls time(), assert(), which need an operating system' \
    "$cc" -o "$folder/late.wasm" "$folder/late.c"
expect 1 'wasi_snapshot_preview1.clock_time_get' "$cc" -o "$folder/late.wasm" "$folder/late.c"
expect 1 'clock_now()' "$cc" -o "$folder/late.wasm" "$folder/late.c"
expect 1 'there is no main()' "$cc" -o "$folder/main.wasm" "$folder/main.c"
expect 1 'main() is never called' "$cc" -o "$folder/two.wasm" "$folder/two.c"
[ ! -e "$folder/two.wasm" ] || fail "a module whose main() is never called is left behind"
expect 1 'serai_turn has another signature' "$cc" -o "$folder/x.wasm" "$folder/signature.c"
expect 1 'shared, of 64 bits or without a maximum' \
    "$cc" -pthread -o "$folder/x.wasm" "$folder/hello world.c" -DGREETING=5
expect 0 'note: destructors .* are never run' "$cc" -O0 -o "$folder/x.wasm" "$folder/threads.c"
expect 1 '[1-9][0-9]* bytes needed' \
    "$cc" -O0 --max-memory 131072 -o "$folder/x.wasm" "$folder/threads.c"
expect 0 '' "$cc" -o "$folder/object.wasm" "$folder/object.cpp"
expect 1 'exceptions' "$cc" -o "$folder/x.wasm" "$folder/throw.cpp"
expect 64 'wasm32' "$cc" -m64 -o "$folder/x.wasm" "$folder/mute.c"
expect 64 'one step' "$cc" -c -o "$folder/x.o" "$folder/mute.c"
expect 1 'serai_turn' "$cc" -o "$folder/mute.wasm" "$folder/mute.c"
expect 1 'elsewhere' "$cc" -o "$folder/missing.wasm" "$folder/missing.c"
expect 1 'GREETING' "$cc" -o "$folder/x.wasm" "$folder/hello world.c"
expect 64 'usage' "$cc"
expect 64 'usage' "$cc" "$folder/mute.c"
expect 64 '-o wants a value' "$cc" "$folder/mute.c" -o
expect 64 'multiple of 65536' "$cc" -o "$folder/x.wasm" --max-memory 70000 "$folder/mute.c"
expect 64 'not a number' "$cc" -o "$folder/x.wasm" --max-memory 1M "$folder/mute.c"
expect 64 'up to 16777216' "$cc" -o "$folder/x.wasm" --max-memory 16842752 "$folder/mute.c"
expect 69 'apt install' env SERAI_CLANG=no-such-clang "$cc" -o "$folder/x.wasm" "$folder/mute.c"
expect 0 'usage' "$cc" --help

# An agent of objects, and what is said when their library is not asked for.
cat >"$folder/objects.c" <<'END'
#include <vat/behaviours.h>
static void born(struct vat_call *call)
{
    (void)call;
    vat_front(vat_cell(5));
}
VAT_PROGRAM(.born = born)
END
expect 0 '' "$cc" --vat -o "$folder/objects.wasm" "$folder/objects.c"
expect 1 'undefined symbol: vat_' "$cc" -o "$folder/x.wasm" "$folder/objects.c"
expect 0 '' "$cc" --vat -DVAT_OBJECTS_MAX=1000 -o "$folder/x.wasm" "$folder/objects.c"
# A type that is not what it says, or does not fit, is no program.
cat >"$folder/types.c" <<'END'
#include <vat/vat.h>
struct thing { FIELDS };
static void NAME(struct vat_call *call) { (void)call; }
#define TYPE(word, refs) VAT_TYPE(word, refs)
#define MAKE(word) vat_new(word)
TYPE(NAME, 1);
static void born(struct vat_call *call) { (void)call; vat_front(MAKE(NAME)); }
VAT_PROGRAM(.born = born)
END
one="-DFIELDS=struct vat_ref one;"
expect 0 '' "$cc" --vat -o "$folder/x.wasm" -DNAME=thing "$one" "$folder/types.c"
expect 1 'fewer references' "$cc" --vat -o "$folder/x.wasm" -DNAME=thing \
    -DFIELDS='int32_t none;' "$folder/types.c"
expect 1 'too large' "$cc" --vat -o "$folder/x.wasm" -DNAME=thing "$one char text[121];" \
    "$folder/types.c"
expect 1 'name is too long' "$cc" --vat -o "$folder/x.wasm" "$one" \
    -Dthing=a_name_that_no_portrait_has_any_room_for \
    -DNAME=a_name_that_no_portrait_has_any_room_for "$folder/types.c"

mkdir -p "$folder/prefix/bin" "$folder/prefix/share/serai/sdk"
cp "$cc" "$folder/prefix/bin/"
cp "$sdk"/*.h "$folder/prefix/share/serai/sdk/"
cp -r "$sdk/vat" "$folder/prefix/share/serai/sdk/"
expect 0 '' "$folder/prefix/bin/serai-cc" -o "$folder/again.wasm" -DGREETING=5 \
    "$folder/hello world.c"
cmp "$folder/hello.wasm" "$folder/again.wasm" || fail "the installed one builds something else"
expect 0 '' "$folder/prefix/bin/serai-cc" --vat -o "$folder/again.wasm" "$folder/objects.c"
cmp "$folder/objects.wasm" "$folder/again.wasm" || fail "the installed one builds other objects"
rm "$folder/prefix/share/serai/sdk/serai.h"
expect 69 'cannot find serai.h' "$folder/prefix/bin/serai-cc" -o "$folder/x.wasm" "$folder/mute.c"

exit $failed
