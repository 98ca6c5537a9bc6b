/*
 * The beginning of each object's text: types and macros that its lines use.  The operators are
 * those of ops.h and numeric.h, printed, so a line of C computes what the interpreter does.
 */
#include <stdio.h>
#include <string.h>

#include "engine/limits.h"
#include "engine/native_text.h"
#include "engine/ops.h"

/* Two steps, so that NATIVE_SHARED is expanded before it becomes a string. */
#define TEXT_OF(...) #__VA_ARGS__
#define TEXT(...) TEXT_OF(__VA_ARGS__)

/* No header of the system: what numeric.h and the operators want of them. */
static const char types[] =
    /* What a frame may take decides whether it compiles (see native.c); a test may want to see. */
    "#ifndef ANY_FRAME\n"
    "#ifdef __clang__\n"
    "#pragma clang diagnostic error \"-Wframe-larger-than\"\n"
    "#else\n"
    "#pragma GCC diagnostic error \"-Wframe-larger-than=2048\"\n"
    "#endif\n"
    "#endif\n"
    "typedef __INT8_TYPE__ int8_t;\n"
    "typedef __INT16_TYPE__ int16_t;\n"
    "typedef __INT32_TYPE__ int32_t;\n"
    "typedef __INT64_TYPE__ int64_t;\n"
    "typedef __UINT8_TYPE__ uint8_t;\n"
    "typedef __UINT16_TYPE__ uint16_t;\n"
    "typedef __UINT32_TYPE__ uint32_t;\n"
    "typedef __UINT64_TYPE__ uint64_t;\n"
    "#define bool _Bool\n"
    "#define true 1\n"
    "#define false 0\n"
    "#define INT32_MIN (-__INT32_MAX__ - 1)\n"
    "#define INT64_MIN (-__INT64_MAX__ - 1)\n"
    "#define INT64_MAX __INT64_MAX__\n"
    "#define UINT32_MAX __UINT32_MAX__\n"
    "#define UINT64_MAX __UINT64_MAX__\n"
    /*
     * A float lives in a float variable, and a flag next to it says that it may be a NaN of the
     * machine's making, which stands for the one NaN: it is made so only where its bits are seen.
     */
    "#define F32(value) (value)\n"
    "#define F64(value) (value)\n"
    "#define RF32(value) (value)\n"
    "#define RF64(value) (value)\n";

static const char helpers[] =
    "#define IN static inline __attribute__((always_inline))\n"
    "#define RARE(x) __builtin_expect(!!(x), 0)\n"
    "IN float V32(uint32_t bits) { return num_f32(bits); }\n"
    "IN double V64(uint64_t bits) { return num_f64(bits); }\n"
    "IN float XF(float v, bool flag) { return RARE(flag && v != v) ? V32(0x7fc00000) : v; }\n"
    "IN double XD(double v, bool flag)\n"
    "{ return RARE(flag && v != v) ? V64(0x7ff8000000000000) : v; }\n"
    "IN uint32_t B32(float v, bool flag)\n"
    "{ uint32_t bits; v = XF(v, flag); __builtin_memcpy(&bits, &v, 4); return bits; }\n"
    "IN uint64_t B64(double v, bool flag)\n"
    "{ uint64_t bits; v = XD(v, flag); __builtin_memcpy(&bits, &v, 8); return bits; }\n"
    "#define ANY __attribute__((packed, may_alias))\n"
    "struct m1 { uint8_t v; } ANY;\n"
    "struct m2 { uint16_t v; } ANY;\n"
    "struct m4 { uint32_t v; } ANY;\n"
    "struct m8 { uint64_t v; } ANY;\n"
    "struct mf { float v; } ANY;\n"
    "struct md { double v; } ANY;\n"
    "struct rv { uint64_t fuel; };\n"
    "struct ri { uint64_t fuel; uint32_t v; };\n"
    "struct rl { uint64_t fuel; uint64_t v; };\n"
    "struct rf { uint64_t fuel; float v; };\n"
    "struct rd { uint64_t fuel; double v; };\n"
    "typedef struct native_context C;\n"
    "struct slot { uint32_t need; uint32_t type; };\n"
    "static __attribute__((noreturn, noinline, cold))\n"
    "void trap(C *c, uint64_t fuel, uint32_t outcome, uint32_t function, uint32_t offset)\n"
    "{ c->trap(c, fuel, outcome, function, offset); __builtin_unreachable(); }\n"
    /* Every body has c, fuel, room, memory, bytes, cards, g and SELF. */
    "#define TRAP(outcome, at) trap(c, fuel, outcome, SELF, at)\n"
    "#define CHARGE(k, at) \\\n"
    "    if (RARE(__builtin_sub_overflow(fuel, k, &fuel))) trap(c, 0, OUT_OF_FUEL, SELF, at);\n"
    "#define ADDRESS(m, base, offset, at) \\\n"
    "    const uint64_t address = (uint64_t)(base) + offset; \\\n"
    "    if (RARE(PAST(base, offset, sizeof(struct m)))) TRAP(TRAP_MEMORY, at);\n"
    "#define LOAD(to, op, m, base, offset, at) \\\n"
    "    { ADDRESS(m, base, offset, at) to = op(((const struct m *)(memory + address))->v); }\n"
    /*
     * A store crosses at most one border between cards, so its ends say it all; one whose address
     * is a multiple of its size crosses none.
     */
    "#define STORE(from, m, base, offset, at) \\\n"
    "    { ADDRESS(m, base, offset, at) \\\n"
    "      if (RARE(cards[address / CARD] == 0) || \\\n"
    "          (RARE((address & (sizeof(struct m) - 1)) != 0) && \\\n"
    "           RARE(cards[(address + sizeof(struct m) - 1) / CARD] == 0))) \\\n"
    "          fuel = c->mark(c, fuel, address, sizeof(struct m), SELF, at); \\\n"
    "      ((struct m *)(memory + address))->v = from; }\n"
    "#define DIVIDE(to, op, x, y, at) \\\n"
    "    if (RARE((y) == 0)) TRAP(TRAP_DIVIDE_BY_ZERO, at); \\\n"
    "    if (RARE(op##_OVER(x, y))) TRAP(TRAP_INTEGER_OVERFLOW, at); \\\n"
    "    to = op(x, y);\n"
    "#define TRUNCATE(to, op, from, at) { double x = (double)(from); \\\n"
    "    if (RARE(x != x)) TRAP(TRAP_BAD_CONVERSION, at); \\\n"
    "    if (RARE(!op##_FITS(x))) TRAP(TRAP_INTEGER_OVERFLOW, at); \\\n"
    "    to = op(x); }\n"
    "#define ENTER(need, at) uint32_t inner = room - need; \\\n"
    "    if (RARE(inner & GUARD)) TRAP(TRAP_STACK, at);\n"
    "#define FIND(index, wanted, at) \\\n"
    "    if (RARE(index >= TABLE)) TRAP(TRAP_TABLE, at); \\\n"
    "    if (RARE(slots[index].type != wanted)) \\\n"
    "        TRAP(slots[index].type == UINT32_MAX ? TRAP_TABLE : TRAP_SIGNATURE, at);\n"
    "#define PLACE(at) c->function = SELF; c->offset = at;\n";

/* What each operator does, in the words of ops.h. */
static const char operators[] =
#define X(name, code, in, out, price, expression) "#define " #name "(a, b) (" #expression ")\n"
    OPS_INTEGER(X) OPS_FLOAT(X)
#undef X
#define X(name, code, in, out, price, expression) "#define " #name "(a) (" #expression ")\n"
        OPS_UNARY(X)
#undef X
#define X(name, code, in, out, price, expression, overflow)                                        \
    "#define " #name "(a, b) (" #expression ")\n#define " #name "_OVER(a, b) (" #overflow ")\n"
            OPS_DIVIDE(X)
#undef X
#define X(name, code, in, out, price, expression, fits)                                            \
    "#define " #name "(x) (" #expression ")\n#define " #name "_FITS(x) (" #fits ")\n"
                OPS_TRUNCATE(X)
#undef X
#define X(name, code, out, bytes, expression) "#define " #name "(raw) (" #expression ")\n"
                    OPS_LOAD(X)
#undef X
    ;

static void prologue_put(struct bytes *text, const char *part)
{
    bytes_append(text, part, strlen(part));
}

/* A constant of the engine under the name that the macros use. */
static void prologue_put_number(struct bytes *text, const char *name, uint32_t number)
{
    char line[80];

    (void)snprintf(line, sizeof line, "#define %s 0x%xu\n", name, number);
    prologue_put(text, line);
}

void native_put_prologue(struct bytes *text)
{
    prologue_put(text, types);
    prologue_put(text, native_numeric);
    prologue_put(text, TEXT(NATIVE_SHARED) "\n");
    prologue_put_number(text, "CARD", ENGINE_CARD_BYTES);
    prologue_put_number(text, "GUARD", NATIVE_GUARD);
    prologue_put_number(text, "OUT_OF_FUEL", ENGINE_OUT_OF_FUEL);
    prologue_put_number(text, "TRAP_UNREACHABLE", ENGINE_TRAP_UNREACHABLE);
    prologue_put_number(text, "TRAP_MEMORY", ENGINE_TRAP_MEMORY);
    prologue_put_number(text, "TRAP_DIVIDE_BY_ZERO", ENGINE_TRAP_DIVIDE_BY_ZERO);
    prologue_put_number(text, "TRAP_INTEGER_OVERFLOW", ENGINE_TRAP_INTEGER_OVERFLOW);
    prologue_put_number(text, "TRAP_BAD_CONVERSION", ENGINE_TRAP_BAD_CONVERSION);
    prologue_put_number(text, "TRAP_TABLE", ENGINE_TRAP_TABLE);
    prologue_put_number(text, "TRAP_SIGNATURE", ENGINE_TRAP_SIGNATURE);
    prologue_put_number(text, "TRAP_STACK", ENGINE_TRAP_STACK);
    prologue_put(text, helpers);
    prologue_put(text, operators);
}

/* Cells have a guard bit above them and calls one above theirs. */
_Static_assert(LIMIT_STACK_CELLS < 1 << 17, "cells fit below their guard");
_Static_assert(LIMIT_CALLS < 1 << (30 - NATIVE_CALL_SHIFT), "calls fit below their guard");
_Static_assert(LIMIT_LOCALS + LIMIT_OPERANDS < 1 << 17, "one activation cannot pass the guard");
