/* See generate_body.h: values of a type, and statements, each made of the others. */
#include "tests/differential/generate_body.h"

#include <string.h>

#include "engine/code.h"
#include "engine/operators.h"
#include "tests/differential/generate.h"

enum { NESTING_MAX = 9, OPERATORS = 0x10c /* to memory.fill, 0xfc 11 */, CALLS_MAX = 4 };

struct label {
    uint8_t type; /* what a branch to it carries */
    bool loop;
};

struct gen {
    struct bytes *out;
    struct rng *rng;
    const struct gen_module *module;
    const struct gen_type *type;
    uint32_t function;
    int32_t budget;
    uint32_t nesting;
    uint32_t calls;
    uint8_t locals[GEN_LOCALS_MAX]; /* those that anything may use */
    uint32_t locals_count;
    uint32_t counters; /* the first of the loops' counters */
    uint32_t loops;    /* around here */
    uint32_t scratch;  /* an f32, then an f64 */
    struct label labels[GEN_LABELS_MAX];
    uint32_t depth;
};

static uint64_t counts[OPERATORS];

/* Operators by the type that they leave. */
static uint16_t plain[4][OPERATORS];
static uint32_t plain_count[4];
static uint16_t loads[4][OPERATORS];
static uint32_t loads_count[4];
static uint16_t stores[OPERATORS];
static uint32_t stores_count;

static void value(struct gen *gen, uint8_t type);
static void statements(struct gen *gen, uint32_t most);

/* ---- bytes ---- */

uint64_t generate_count(uint32_t code)
{
    return code < OPERATORS ? counts[code] : 0;
}

void gen_byte(struct bytes *out, uint32_t byte)
{
    const uint8_t one = (uint8_t)byte;

    bytes_append(out, &one, 1);
}

void gen_u32(struct bytes *out, uint32_t value)
{
    while (value > 0x7f) {
        gen_byte(out, (value & 0x7f) | 0x80);
        value >>= 7;
    }
    gen_byte(out, value);
}

void gen_s64(struct bytes *out, int64_t value)
{
    while (value > 63 || value < -64) {
        gen_byte(out, ((uint64_t)value & 0x7f) | 0x80);
        value >>= 7;
    }
    gen_byte(out, (uint64_t)value & 0x7f);
}

static uint32_t below(struct gen *gen, uint32_t bound)
{
    return (uint32_t)rng_below(gen->rng, bound);
}

static bool chance(struct gen *gen, uint32_t in)
{
    return below(gen, in) == 0;
}

static void operator(struct gen *gen, uint32_t code)
{
    counts[code]++;
    gen->budget--;
    if (code >= 0x100) {
        gen_byte(gen->out, 0xfc);
        gen_u32(gen->out, code - 0x100);
    } else {
        gen_byte(gen->out, code);
    }
}

static void indexed(struct gen *gen, uint32_t code, uint32_t index)
{
    operator(gen, code);
    gen_u32(gen->out, index);
}

static void put_i32(struct gen *gen, int32_t number)
{
    operator(gen, 0x41);
    gen_s64(gen->out, number);
}

static void memory_index(struct gen *gen)
{
    gen_byte(gen->out, 0);
}

/* ---- constants ---- */

static uint64_t edgy_float(struct rng *rng, uint8_t type)
{
    static const double edges[] = {0.0,
                                   1.0,
                                   0.5,
                                   1.5,
                                   2.5,
                                   3.0,
                                   2147483647.0,
                                   2147483648.0,
                                   2147483649.0,
                                   4294967295.0,
                                   4294967296.0,
                                   9223372036854775808.0,
                                   18446744073709551616.0,
                                   9007199254740993.0,
                                   16777217.0,
                                   1e308,
                                   1e-308,
                                   3.4e38,
                                   1e-45,
                                   0.1};
    double number = edges[rng_below(rng, sizeof edges / sizeof edges[0])];
    float narrow = (float)number;
    uint64_t bits = 0;
    uint64_t sign = rng_below(rng, 2);

    if (type == TYPE_F32) {
        memcpy(&bits, &narrow, sizeof narrow);
        bits |= sign << 31;
    } else {
        memcpy(&bits, &number, sizeof number);
        bits |= sign << 63;
    }
    switch (rng_below(rng, 12)) {
    case 0: /* infinite */
        return type == TYPE_F32 ? 0x7f800000 | sign << 31 : 0x7ff0000000000000 | sign << 63;
    case 1: /* no number, of any kind */
        return type == TYPE_F32 ? 0x7f800001 | (rng_u64(rng) & 0x807fffff)
                                : 0x7ff0000000000001 | (rng_u64(rng) & 0x800fffffffffffff);
    case 2: /* anything */
        return type == TYPE_F32 ? rng_u64(rng) & UINT32_MAX : rng_u64(rng);
    default:
        return bits;
    }
}

void gen_constant(struct bytes *out, struct rng *rng, uint8_t type)
{
    uint64_t bits;
    uint8_t raw[8];

    if (type == TYPE_I32 || type == TYPE_I64) {
        bits = rng_below(rng, 2) == 0 ? rng_below(rng, 40) - 8 : rng_edgy(rng);
        counts[type == TYPE_I32 ? 0x41 : 0x42]++;
        gen_byte(out, type == TYPE_I32 ? 0x41 : 0x42);
        gen_s64(out, type == TYPE_I32 ? (int32_t)(uint32_t)bits : (int64_t)bits);
        return;
    }
    le64_put(raw, edgy_float(rng, type));
    counts[type == TYPE_F32 ? 0x43 : 0x44]++;
    gen_byte(out, type == TYPE_F32 ? 0x43 : 0x44);
    bytes_append(out, raw, type == TYPE_F32 ? 4 : 8);
}

uint8_t gen_type_any(struct rng *rng, const struct gen_module *module)
{
    return (uint8_t)(TYPE_I32 - rng_below(rng, module->integers ? 2 : 4));
}

/* ---- operands ---- */

static uint32_t place_of(uint8_t type)
{
    return (uint32_t)TYPE_I32 - type;
}

static void make_lists(void)
{
    for (uint32_t code = 0; code < OPERATORS; code++) {
        const struct operator_row *row = operator_row(code);
        uint32_t place = place_of(row->result);

        if (row->kind == OPERATOR_NONE)
            continue;
        if (row->kind == OPERATOR_STORE)
            stores[stores_count++] = (uint16_t)code;
        else if (row->kind == OPERATOR_LOAD)
            loads[place][loads_count[place]++] = (uint16_t)code;
        else
            plain[place][plain_count[place]++] = (uint16_t)code;
    }
}

static bool is_float(uint8_t type)
{
    return type == TYPE_F32 || type == TYPE_F64;
}

/* Make the value on top a NaN of the one kind if it is any. */
static void clean(struct gen *gen, uint8_t type)
{
    static const uint8_t nan_f32[] = {0, 0, 0xc0, 0x7f};
    static const uint8_t nan_f64[] = {0, 0, 0, 0, 0, 0, 0xf8, 0x7f};
    uint32_t scratch = gen->scratch + (type == TYPE_F64);

    if (!gen->module->strict || !is_float(type))
        return;
    indexed(gen, 0x22, scratch);
    operator(gen, type == TYPE_F32 ? 0x43 : 0x44);
    bytes_append(gen->out, type == TYPE_F32 ? nan_f32 : nan_f64, type == TYPE_F32 ? 4 : 8);
    indexed(gen, 0x20, scratch);
    indexed(gen, 0x20, scratch);
    operator(gen, type == TYPE_F32 ? 0x5b : 0x61);
    operator(gen, 0x1b);
}

static bool pick_local(struct gen *gen, uint8_t type, uint32_t *local)
{
    uint32_t start;

    if (gen->locals_count == 0)
        return false;
    start = below(gen, gen->locals_count);
    for (uint32_t i = 0; i < gen->locals_count; i++) {
        *local = (start + i) % gen->locals_count;
        if (gen->locals[*local] == type)
            return true;
    }
    return false;
}

static bool pick_global(struct gen *gen, uint8_t type, bool write, uint32_t *global)
{
    uint32_t count = gen->module->globals_count;
    uint32_t start = count == 0 ? 0 : below(gen, count);

    for (uint32_t i = 0; i < count; i++) {
        *global = (start + i) % count;
        if (gen->module->globals[*global].type == type &&
            (!write || gen->module->globals[*global].mutable))
            return true;
    }
    return false;
}

static void leaf(struct gen *gen, uint8_t type)
{
    uint32_t index;

    if (chance(gen, 8) && pick_global(gen, type, false, &index)) {
        indexed(gen, 0x23, index);
    } else if (!chance(gen, 3) && pick_local(gen, type, &index)) {
        indexed(gen, 0x20, index);
    } else {
        gen->budget--;
        gen_constant(gen->out, gen->rng, type);
    }
}

/* An address: mostly inside, at the ends of cards and of memory more often than chance has it. */
static void address(struct gen *gen)
{
    uint32_t end = gen->module->pages * ENGINE_WASM_PAGE_BYTES;

    switch (below(gen, 16)) {
    case 0:
        value(gen, TYPE_I32);
        return;
    case 1:
        put_i32(gen, (int32_t)(end - below(gen, 24)));
        return;
    case 2:
    case 3:
    case 4:
        put_i32(gen, (int32_t)(4096 * below(gen, 8) + 4096 - below(gen, 12)));
        return;
    case 5:
    case 6:
    case 7:
        put_i32(gen, (int32_t)below(gen, 256));
        return;
    default:
        value(gen, TYPE_I32);
        put_i32(gen, chance(gen, 4) ? 0x7fff : 0xff);
        operator(gen, 0x71);
    }
}

static void memory_argument(struct gen *gen, uint32_t bytes)
{
    static const uint32_t offsets[] = {4090,       65528,      65535,     65536,
                                       0x7fffffff, 0xfffffff8, UINT32_MAX};
    uint32_t align = 0;

    while (2U << align <= bytes && !chance(gen, 3))
        align++;
    gen_u32(gen->out, align);
    gen_u32(gen->out, chance(gen, 24)  ? offsets[below(gen, 7)]
                      : chance(gen, 2) ? 0
                                       : below(gen, 40));
}

static void load(struct gen *gen, uint8_t type)
{
    uint32_t place = place_of(type);
    uint32_t code = loads[place][below(gen, loads_count[place])];

    address(gen);
    operator(gen, code);
    memory_argument(gen, operator_row(code)->bytes);
}

static void store(struct gen *gen)
{
    const struct operator_row *row;
    uint32_t code;

    do {
        code = stores[below(gen, stores_count)];
        row = operator_row(code);
    } while (gen->module->integers && is_float(row->operand));
    address(gen);
    value(gen, row->operand);
    clean(gen, row->operand);
    operator(gen, code);
    memory_argument(gen, row->bytes);
}

/* The operands that let a trapping operator mostly not trap. */
static void safe_operands(struct gen *gen, const struct operator_row *row)
{
    if (row->kind == OPERATOR_UNARY) {
        value(gen, TYPE_I32);
        operator(gen, row->operand == TYPE_F32 ? 0xb3 : 0xb8); /* convert_i32_u */
        return;
    }
    value(gen, row->operand);
    value(gen, row->operand);
    if (row->operand == TYPE_I32) {
        put_i32(gen, 1);
        operator(gen, 0x72);
    } else {
        operator(gen, 0x42);
        gen_byte(gen->out, 1);
        operator(gen, 0x84);
    }
}

/* A plain operator that leaves the type at `place`. */
static uint32_t pick_plain(struct gen *gen, uint32_t place)
{
    uint32_t code;

    do
        code = plain[place][below(gen, plain_count[place])];
    while (gen->module->integers && is_float(operator_row(code)->operand));
    return code;
}

static void plain_operator_of(struct gen *gen, uint8_t type)
{
    uint32_t code = pick_plain(gen, place_of(type));
    const struct operator_row *row = operator_row(code);

    if (row->traps && !chance(gen, 12)) {
        safe_operands(gen, row);
        operator(gen, code);
        return;
    }
    value(gen, row->operand);
    if (code == 0xbc || code == 0xbd) /* reinterpret: the bits are seen */
        clean(gen, row->operand);
    if (row->kind != OPERATOR_UNARY) {
        value(gen, row->operand);
        if (code == 0x98 || code == 0xa6) /* copysign: the sign is seen */
            clean(gen, row->operand);
    }
    operator(gen, code);
}

/* ---- calls ---- */

static void arguments(struct gen *gen, const struct gen_type *type)
{
    for (uint32_t i = 0; i < type->params_count; i++) {
        if (type->params[i] == TYPE_I32 && chance(gen, 2))
            address(gen); /* hosts take pointers */
        else
            value(gen, type->params[i]);
    }
}

static bool indirect_call(struct gen *gen, uint32_t callee)
{
    uint32_t type = gen->module->functions[callee];

    if (gen->module->table_count == 0)
        return false;
    arguments(gen, &gen->module->types[type]);
    if (callee < gen->module->table_count && !chance(gen, 10))
        put_i32(gen, (int32_t)callee);
    else if (chance(gen, 2))
        put_i32(gen, (int32_t)below(gen, gen->module->table_count + 2));
    else
        value(gen, TYPE_I32);
    operator(gen, 0x11);
    gen_u32(gen->out, type);
    memory_index(gen);
    return true;
}

/* Call something that leaves `type`; TYPE_NONE: anything, and drop what it leaves. */
static bool call(struct gen *gen, uint8_t type)
{
    const struct gen_module *module = gen->module;
    uint32_t first = chance(gen, 12) ? 0 : gen->function + 1; /* back calls may never end */
    uint32_t start = below(gen, module->functions_count);
    uint8_t result;

    if (gen->calls >= CALLS_MAX || gen->loops > 1)
        return false;
    for (uint32_t i = 0; i < module->functions_count; i++) {
        uint32_t callee = (start + i) % module->functions_count;

        result = module->types[module->functions[callee]].result;
        if ((callee < first && callee >= module->imports_count) ||
            (type != TYPE_NONE && result != type))
            continue;
        gen->calls++;
        if (!chance(gen, 3) || !indirect_call(gen, callee)) {
            arguments(gen, &module->types[module->functions[callee]]);
            indexed(gen, 0x10, callee);
        }
        if (type == TYPE_NONE && result != TYPE_NONE)
            operator(gen, 0x1a);
        return true;
    }
    return false;
}

/* ---- blocks ---- */

static void open_label(struct gen *gen, uint32_t code, uint8_t type)
{
    operator(gen, code);
    gen_byte(gen->out, type == TYPE_NONE ? 0x40 : type);
    gen->labels[gen->depth++] =
        (struct label){.type = code == 0x03 ? TYPE_NONE : type, .loop = code == 0x03};
}

static void close_label(struct gen *gen)
{
    operator(gen, 0x0b);
    gen->depth--;
}

/* Code that cannot be reached: operators find whatever operands they ask for. */
static void dead(struct gen *gen)
{
    uint32_t place = below(gen, gen->module->integers ? 2 : 4);
    uint32_t local;

    switch (below(gen, 7)) {
    case 0:
        operator(gen, pick_plain(gen, place));
        operator(gen, 0x1a);
        break;
    case 1:
        operator(gen, 0x1a);
        break;
    case 2:
        operator(gen, 0x1b);
        operator(gen, 0x1a);
        break;
    case 3:
        if (pick_local(gen, TYPE_I64, &local))
            indexed(gen, 0x21, local);
        break;
    case 4:
        statements(gen, 1);
        break;
    case 5:
        if (gen->module->has_memory) {
            operator(gen, 0x37);
            memory_argument(gen, 8);
        }
        break;
    default:
        break;
    }
}

/* A label to branch to, seldom a loop's: how deep it is from here. */
static uint32_t pick_label(struct gen *gen)
{
    uint32_t depth = 0;

    for (uint32_t i = 0; i < 6; i++) {
        depth = below(gen, gen->depth);
        if (!gen->labels[gen->depth - 1 - depth].loop || chance(gen, 16))
            return depth;
    }
    return gen->depth - 1; /* the function's own */
}

static uint8_t label_type(const struct gen *gen, uint32_t depth)
{
    return gen->labels[gen->depth - 1 - depth].type;
}

static void branch(struct gen *gen)
{
    uint32_t depth = pick_label(gen);

    if (label_type(gen, depth) != TYPE_NONE)
        value(gen, label_type(gen, depth));
    if (depth == gen->depth - 1 && chance(gen, 2))
        operator(gen, 0x0f);
    else
        indexed(gen, 0x0c, depth);
}

static void branch_table(struct gen *gen)
{
    uint32_t last = pick_label(gen);
    uint8_t type = label_type(gen, last);
    uint32_t count = below(gen, chance(gen, 8) ? 40 : 5);

    if (type != TYPE_NONE)
        value(gen, type);
    value(gen, TYPE_I32);
    if (!chance(gen, 6)) {
        put_i32(gen, 7);
        operator(gen, 0x71);
    }
    operator(gen, 0x0e);
    gen_u32(gen->out, count);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t depth = pick_label(gen);

        gen_u32(gen->out, label_type(gen, depth) == type ? depth : last);
    }
    gen_u32(gen->out, last);
}

/* The end of a block that leaves `type`: a value, or a way out and what cannot be reached. */
static void finish(struct gen *gen, uint8_t type)
{
    if (!chance(gen, 10)) {
        if (type != TYPE_NONE)
            value(gen, type);
        return;
    }
    if (chance(gen, 40))
        operator(gen, 0x00);
    else if (chance(gen, 3))
        branch_table(gen);
    else
        branch(gen);
    for (uint32_t i = below(gen, 3); i > 0; i--)
        dead(gen);
}

static void block(struct gen *gen, uint32_t code, uint8_t type)
{
    if (code == 0x04)
        value(gen, TYPE_I32);
    open_label(gen, code, type);
    statements(gen, 2);
    finish(gen, type);
    if (code == 0x04 && (type != TYPE_NONE || chance(gen, 2))) {
        operator(gen, 0x05);
        statements(gen, 2);
        finish(gen, type);
    }
    close_label(gen);
}

/* A loop that counts down a local of its own. */
static void counted_loop(struct gen *gen)
{
    uint32_t counter = gen->counters + gen->loops;

    if (gen->loops == GEN_LOOPS_MAX)
        return;
    put_i32(gen, (int32_t)below(gen, gen->loops == 0 ? 12 : 4) + 1);
    indexed(gen, 0x21, counter);
    open_label(gen, 0x03, TYPE_NONE);
    gen->loops++;
    statements(gen, 3);
    gen->loops--;
    indexed(gen, 0x20, counter);
    put_i32(gen, 1);
    operator(gen, 0x6b);
    indexed(gen, 0x22, counter);
    indexed(gen, 0x0d, 0);
    close_label(gen);
}

/* ---- values ---- */

/* What only integers have; false: nothing. */
static bool special(struct gen *gen, uint8_t type)
{
    if (type == TYPE_I64)
        return call(gen, TYPE_I64); /* the host's results are i64 */
    if (type != TYPE_I32 || !gen->module->has_memory)
        return false;
    if (chance(gen, 3)) {
        if (chance(gen, 3))
            value(gen, TYPE_I32);
        else
            put_i32(gen, (int32_t)below(gen, 3));
        operator(gen, 0x40);
    } else {
        operator(gen, 0x3f);
    }
    memory_index(gen);
    return true;
}

static void select_of(struct gen *gen, uint8_t type)
{
    value(gen, type);
    value(gen, type);
    value(gen, TYPE_I32);
    operator(gen, 0x1b);
}

/* A value that is also given to whoever is branched to, when a label takes this type. */
static void value_or_branch(struct gen *gen, uint8_t type)
{
    uint32_t depth = pick_label(gen);

    value(gen, type);
    if (label_type(gen, depth) != type)
        return;
    value(gen, TYPE_I32);
    indexed(gen, 0x0d, depth);
}

static void compound(struct gen *gen, uint8_t type)
{
    uint32_t local;

    switch (below(gen, 22)) {
    case 0:
    case 1:
        select_of(gen, type);
        return;
    case 2:
    case 3:
        value(gen, type);
        if (pick_local(gen, type, &local))
            indexed(gen, 0x22, local);
        return;
    case 4:
        block(gen, 0x02, type);
        return;
    case 5:
        block(gen, 0x04, type);
        return;
    case 6:
        block(gen, 0x03, type);
        return;
    case 7:
    case 8:
        if (call(gen, type))
            return;
        break;
    case 9:
        if (special(gen, type))
            return;
        break;
    case 10:
        value_or_branch(gen, type);
        return;
    case 11:
    case 12:
    case 13:
        if (gen->module->has_memory) {
            load(gen, type);
            return;
        }
        break;
    default:
        break;
    }
    plain_operator_of(gen, type);
}

static void value(struct gen *gen, uint8_t type)
{
    if (gen->budget <= 0 || gen->nesting >= NESTING_MAX || gen->depth >= GEN_LABELS_MAX - 2 ||
        chance(gen, 4)) {
        leaf(gen, type);
        return;
    }
    gen->nesting++;
    compound(gen, type);
    gen->nesting--;
}

/* ---- statements ---- */

static uint8_t any_type(struct gen *gen)
{
    return gen_type_any(gen->rng, gen->module);
}

/* How many bytes: few, as a rule; about as many as memory has, or more than any. */
static void bulk_size(struct gen *gen)
{
    uint32_t end = gen->module->pages * ENGINE_WASM_PAGE_BYTES;

    switch (below(gen, 16)) {
    case 0:
        value(gen, TYPE_I32);
        return;
    case 1:
        put_i32(gen, (int32_t)(end + 4 - below(gen, 300)));
        return;
    case 2:
        put_i32(gen, -(int32_t)below(gen, 70000) - 1);
        return;
    case 3:
    case 4:
        put_i32(gen, (int32_t)below(gen, 9000));
        return;
    default:
        put_i32(gen, (int32_t)below(gen, 40));
    }
}

static void bulk(struct gen *gen)
{
    bool copy = chance(gen, 2);

    address(gen);
    if (copy)
        address(gen);
    else
        value(gen, TYPE_I32);
    bulk_size(gen);
    operator(gen, copy ? 0x10a : 0x10b);
    memory_index(gen);
    if (copy)
        memory_index(gen);
}

static void set_local(struct gen *gen)
{
    uint32_t local;

    if (gen->locals_count == 0)
        return;
    local = below(gen, gen->locals_count);
    value(gen, gen->locals[local]);
    indexed(gen, 0x21, local);
}

static void set_global(struct gen *gen)
{
    uint8_t type = any_type(gen);
    uint32_t global;

    if (!pick_global(gen, type, true, &global))
        return;
    value(gen, type);
    indexed(gen, 0x24, global);
}

static void branch_if(struct gen *gen)
{
    uint32_t depth = pick_label(gen);
    uint8_t type = label_type(gen, depth);

    if (type != TYPE_NONE)
        value(gen, type);
    value(gen, TYPE_I32);
    indexed(gen, 0x0d, depth);
    if (type != TYPE_NONE)
        operator(gen, 0x1a);
}

static void statement(struct gen *gen)
{
    switch (below(gen, 20)) {
    case 0:
    case 1:
    case 2:
    case 3:
        if (gen->module->has_memory)
            store(gen);
        return;
    case 4:
        if (gen->module->has_memory)
            bulk(gen);
        return;
    case 5:
    case 6:
        set_global(gen);
        return;
    case 7:
        value(gen, any_type(gen));
        operator(gen, 0x1a);
        return;
    case 8:
        block(gen, 0x02, TYPE_NONE);
        return;
    case 9:
        block(gen, 0x04, TYPE_NONE);
        return;
    case 10:
    case 11:
        counted_loop(gen);
        return;
    case 12:
        branch_if(gen);
        return;
    case 13:
        (void)call(gen, TYPE_NONE);
        return;
    case 14:
        operator(gen, 0x01);
        return;
    default:
        set_local(gen);
    }
}

static void statements(struct gen *gen, uint32_t most)
{
    for (uint32_t i = below(gen, most + 1); i > 0 && gen->budget > 0; i--) {
        if (gen->nesting >= NESTING_MAX || gen->depth >= GEN_LABELS_MAX - 2)
            return;
        gen->nesting++;
        statement(gen);
        gen->nesting--;
    }
}

/* ---- a body ---- */

static void declare_locals(struct gen *gen)
{
    uint32_t more = below(gen, 6);

    for (uint32_t i = 0; i < gen->type->params_count; i++)
        gen->locals[gen->locals_count++] = gen->type->params[i];
    gen_u32(gen->out, more + 3);
    for (uint32_t i = 0; i < more; i++) {
        uint32_t count = below(gen, 3);
        uint8_t type = any_type(gen);

        gen_u32(gen->out, count);
        gen_byte(gen->out, type);
        for (uint32_t k = 0; k < count; k++)
            gen->locals[gen->locals_count++] = type;
    }
    gen->counters = gen->locals_count;
    gen->scratch = gen->counters + GEN_LOOPS_MAX;
    gen_u32(gen->out, GEN_LOOPS_MAX);
    gen_byte(gen->out, TYPE_I32);
    gen_u32(gen->out, 1);
    gen_byte(gen->out, TYPE_F32);
    gen_u32(gen->out, 1);
    gen_byte(gen->out, TYPE_F64);
}

void gen_body(struct bytes *out, struct rng *rng, const struct gen_module *module,
              uint32_t function, uint32_t budget)
{
    struct bytes body = {0};
    struct gen gen = {.out = &body,
                      .rng = rng,
                      .module = module,
                      .type = &module->types[module->functions[function]],
                      .function = function,
                      .budget = (int32_t)budget,
                      .depth = 1};

    if (stores_count == 0)
        make_lists();
    gen.labels[0] = (struct label){.type = gen.type->result};
    declare_locals(&gen);
    while (gen.budget > 0 && !chance(&gen, 8))
        statement(&gen);
    finish(&gen, gen.type->result);
    operator(&gen, 0x0b);
    INVARIANT(!body.failed);
    gen_u32(out, (uint32_t)body.size);
    bytes_append(out, body.data, body.size);
    bytes_fini(&body);
}
