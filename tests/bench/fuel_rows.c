#include "tests/bench/fuel_rows.h"

#include <stdio.h>
#include <string.h>

#include "engine/code.h"
#include "engine/ops.h"
#include "tests/bench/bench.h"
#include "tests/bench/cold_rows.h"
#include "tests/engine/assembler.h"

enum { ROWS_MAX = 256, UNITS = 100, PAGES = 16 };

/* Locals of "f": its parameter, then two of each type, then a free one. */
enum { N = 0, I1 = 1, I2, L1, L2, F1, F2, D1, D2, P };

enum { GET = 0x20, SET = 0x21, TEE = 0x22, I32_CONST = 0x41, DROP = 0x1a, BR_IF = 0x0d };
enum { F_ECHO = 0, F_MAIN = 1, F_CALLEE = 2 };

const struct engine_imports fuel_imports = {
    .module = "serai", .items = &(struct engine_import){"echo", "i"}, .count = 1};

static struct fuel_row rows[ROWS_MAX];
static size_t rows_count;

/* ---- rows ---- */

static struct fuel_row *row_add(const char *name)
{
    struct fuel_row *row = &rows[rows_count++];

    INVARIANT(rows_count <= ROWS_MAX);
    (void)snprintf(row->name, sizeof row->name, "%s", name);
    row->units = UNITS;
    row->pages = PAGES;
    return row;
}

/* "I32_ADD" as people write it, "i32.add". */
static struct fuel_row *row_named(const char *constant)
{
    struct fuel_row *row = row_add(constant);

    for (char *c = row->name; *c != '\0'; c++)
        *c = *c >= 'A' && *c <= 'Z' ? (char)(*c + ('a' - 'A')) : *c;
    row->name[3] = '.';
    return row;
}

static void put(uint8_t *to, uint8_t *size, size_t count, const uint8_t *bytes)
{
    INVARIANT(*size + count <= FUEL_ROW_BYTES);
    memcpy(to + *size, bytes, count);
    *size = (uint8_t)(*size + count);
}
#define PUT(row, part, ...)                                                                        \
    put((row)->part, &(row)->part##_bytes, sizeof((const uint8_t[]){__VA_ARGS__}),                 \
        (const uint8_t[]){__VA_ARGS__})

static void put_code(struct fuel_row *row, uint32_t code)
{
    if (code >= 0x100)
        PUT(row, unit, 0xfc, (uint8_t)(code - 0x100));
    else
        PUT(row, unit, (uint8_t)code);
}

static uint8_t local_of(uint8_t type, uint8_t which)
{
    return (uint8_t)((type == TYPE_I32   ? I1
                      : type == TYPE_I64 ? L1
                      : type == TYPE_F32 ? F1
                                         : D1) +
                     which);
}

static void add_binary(const char *name, uint32_t code, uint8_t in, uint8_t out)
{
    struct fuel_row *row = row_named(name);

    if (in == out) { /* each result is the next one's left operand */
        PUT(row, before, GET, local_of(in, 0));
        PUT(row, unit, GET, local_of(in, 1));
        put_code(row, code);
        PUT(row, after, DROP);
        return;
    }
    PUT(row, unit, GET, local_of(in, 0), GET, local_of(in, 1));
    put_code(row, code);
    PUT(row, unit, DROP);
}

static void add_unary(const char *name, uint32_t code, uint8_t in, uint8_t out)
{
    struct fuel_row *row = row_named(name);

    if (in == out) {
        PUT(row, before, GET, local_of(in, 0));
        put_code(row, code);
        PUT(row, after, DROP);
        return;
    }
    PUT(row, unit, GET, local_of(in, 0));
    put_code(row, code);
    PUT(row, unit, DROP);
}

/* Each result is the next one's divisor, so that no division is an easy one; rem would reach 0. */
static void add_divide(const char *name, uint32_t code, uint8_t in, bool division)
{
    struct fuel_row *row = row_named(name);

    if (!division) {
        PUT(row, unit, GET, local_of(in, 0), GET, local_of(in, 1));
        put_code(row, code);
        PUT(row, unit, DROP);
        return;
    }
    PUT(row, below, GET, local_of(in, 0));
    PUT(row, before, GET, local_of(in, 1));
    put_code(row, code);
    PUT(row, after, DROP);
}

static void add_load(const char *name, uint32_t code)
{
    struct fuel_row *row = row_named(name);

    PUT(row, unit, GET, P);
    put_code(row, code);
    PUT(row, unit, 0, 8, DROP);
}

static void add_store(const char *name, uint32_t code, uint8_t in)
{
    struct fuel_row *row = row_named(name);

    PUT(row, unit, GET, P, GET, local_of(in, 0));
    put_code(row, code);
    PUT(row, unit, 0, 8);
}

static void add_operators(void)
{
#define X(name, code, in, out, ...) add_binary(#name, code, TYPE_##in, TYPE_##out);
    OPS_INTEGER(X)
    OPS_FLOAT(X)
#undef X
#define X(name, code, in, out, ...) add_unary(#name, code, TYPE_##in, TYPE_##out);
    OPS_UNARY(X)
    OPS_TRUNCATE(X)
#undef X
#define X(name, code, in, ...)                                                                     \
    add_divide(#name, code, TYPE_##in,                                                             \
               (code) == 0x6d || (code) == 0x6e || (code) == 0x7f || (code) == 0x80);
    OPS_DIVIDE(X)
#undef X
#define X(name, code, ...) add_load(#name, code);
    OPS_LOAD(X)
#undef X
#define X(name, code, in, ...) add_store(#name, code, TYPE_##in);
    OPS_STORE(X)
#undef X
}

/* ---- what numbers and memory can do to a processor ---- */

static void add_subnormal(const char *name, uint8_t code)
{
    struct fuel_row *row = row_add(name);

    /* D2 is the least number, D1 0.75: what comes of them is subnormal again and again. */
    PUT(row, before, GET, D2);
    PUT(row, unit, GET, D1, code);
    PUT(row, after, DROP);
}

/* Each load waits for the one before it, and no prefetcher foresees the next line. */
static void add_walk(const char *name, uint32_t pages)
{
    struct fuel_row *row = row_add(name);

    row->pages = pages;
    row->walks = true;
    /* Where the last run stopped stands at address 4. */
    PUT(row, before, I32_CONST, 0, 0x28, 0, 4);
    PUT(row, unit, 0x28, 0, 0);
    PUT(row, after, SET, P, I32_CONST, 0, GET, P, 0x36, 0, 4);
}

static void add_memory(void)
{
    struct fuel_row *row = NULL;

    add_walk("i32.load, a walk of 1 MiB", 16);
    add_walk("i32.load, a walk of 2 MiB", 32);
    add_walk("i32.load, a walk of 4 MiB", 64);
    add_walk("i32.load, a walk of 16 MiB", 256);
    row = row_add("a page touched first");
    row->units = 16;
    row->turns_max = 15;
    row->fresh_cards = true;
    PUT(row, unit, GET, P, GET, P, 0x36, 0, 8, GET, P, I32_CONST, 0x80, 0x20, 0x6a, SET, P);
    add_subnormal("f64.mul, subnormal", 0xa2);
    row = row_add("f64.add, subnormal");
    PUT(row, before, GET, D2);
    PUT(row, unit, GET, D2, 0xa0);
    PUT(row, after, DROP);
    row = row_add("f64.sqrt of subnormal");
    PUT(row, unit, GET, D2, 0x9f, DROP);
    row = row_add("f64.div, subnormal");
    PUT(row, unit, GET, D2, GET, D1, 0xa3, DROP);
    row = row_add("f32.demote_f64 of subnormal");
    PUT(row, unit, GET, D2, 0xb6, DROP);
}

static void add_bulk(const char *name, uint8_t code, uint32_t size)
{
    struct fuel_row *row = row_add(name);
    uint8_t bytes[4];

    row->units = 4;
    row->pages = 64;
    for (uint32_t i = 0; i < 4; i++)
        bytes[i] = (uint8_t)((size >> (7 * i) & 0x7f) | (i < 3 ? 0x80 : 0));
    PUT(row, unit, I32_CONST, 0x80, 0x10, I32_CONST, 0x80, 0x80, 0x80, 0x01, I32_CONST);
    put(row->unit, &row->unit_bytes, sizeof bytes, bytes);
    PUT(row, unit, 0xfc, code, 0);
    if (code == 10)
        PUT(row, unit, 0);
}

/* ---- control, calls, and the rest ---- */

static void add_control(void)
{
    struct fuel_row *row = row_add("loop, empty, with br_if");

    row->units = 1;
    row = row_add("select");
    PUT(row, before, GET, I1);
    PUT(row, unit, GET, I2, GET, P, 0x1b);
    PUT(row, after, DROP);
    row = row_add("local.get, local.set");
    PUT(row, unit, GET, I1, SET, I2, GET, P, SET, I1);
    row = row_add("i32.const, local.set");
    PUT(row, unit, I32_CONST, 5, SET, I2);
    row = row_add("global.get, global.set");
    PUT(row, unit, 0x23, 0, 0x24, 0);
    row = row_add("memory.size, drop");
    PUT(row, unit, 0x3f, 0, DROP);
    row = row_add("block, br, end");
    PUT(row, unit, 0x02, 0x40, 0x0c, 0, 0x0b);
    row = row_add("block, br_if taken, end");
    PUT(row, unit, 0x02, 0x40, GET, I1, BR_IF, 0, 0x0b);
    row = row_add("block, br_if not taken, end");
    PUT(row, unit, 0x02, 0x40, GET, P, BR_IF, 0, 0x0b);
    row = row_add("if, else, end");
    PUT(row, unit, GET, I1, 0x04, 0x40, 0x05, 0x0b);
    /* A branch that nobody foresees: a bit of a congruential generator. */
    row = row_add("if by chance, with its generator");
    PUT(row, unit, GET, I1, I32_CONST, 0x8d, 0xcc, 0xe5, 0x00, 0x6c, I32_CONST, 0x2f, 0x6a, TEE,
        I1);
    PUT(row, unit, I32_CONST, 0x1f, 0x76, 0x04, 0x40, 0x05, 0x0b);
    row = row_add("br_table of 3");
    PUT(row, unit, 0x02, 0x40, 0x02, 0x40, GET, P, 0x0e, 2, 0, 1, 0, 0x0b, 0x0b);
    row = row_add("br_table by chance");
    PUT(row, unit, 0x02, 0x40, 0x02, 0x40, GET, I1, I32_CONST, 0x8d, 0xcc, 0xe5, 0x00, 0x6c);
    PUT(row, unit, I32_CONST, 0x2f, 0x6a, TEE, I1, I32_CONST, 0x1f, 0x76, 0x0e, 1, 0, 1, 0x0b,
        0x0b);
}

static void add_calls(void)
{
    static const uint32_t locals[] = {0, 64, 512, 4096};
    char name[sizeof((struct fuel_row *)NULL)->name];
    struct fuel_row *row;

    for (size_t i = 0; i < sizeof locals / sizeof locals[0]; i++) {
        (void)snprintf(name, sizeof name, "call, %u locals", locals[i]);
        row = row_add(name);
        row->locals = locals[i];
        PUT(row, unit, 0x10, F_CALLEE);
    }
    row = row_add("call_indirect");
    PUT(row, unit, GET, P, 0x11, 1, 0);
    row = row_add("call of the host");
    PUT(row, unit, GET, P, 0x10, F_ECHO, DROP);
    row = row_add("memory.grow by 0");
    PUT(row, unit, GET, P, 0x40, 0, DROP);
    row = row_add("memory.grow refused");
    PUT(row, unit, GET, I2, 0x40, 0, DROP);
}

/*
 * Two stores lie between the places (a line or two of memory) or so many that each is in a page of
 * its own in tier 0.
 */
static void add_cold(const char *how, enum cold_kind kind, uint32_t skip)
{
    static const uint32_t kib[] = {64, 256, 1024};
    char name[sizeof((struct fuel_row *)NULL)->name];

    for (size_t i = 0; i < sizeof kib / sizeof kib[0]; i++) {
        struct fuel_row *row;

        (void)snprintf(name, sizeof name, "cold %s, %u KiB", how, kib[i]);
        row = row_add(name);
        row->code_bytes = kib[i] * 1024;
        row->cold = (uint8_t)kind;
        row->skip = skip;
    }
}

const struct fuel_row *fuel_rows(size_t *count)
{
    if (rows_count == 0) {
        add_operators();
        add_memory();
        add_bulk("memory.fill of 0", 11, 0);
        add_bulk("memory.fill of 64", 11, 64);
        add_bulk("memory.fill of 4 KiB", 11, 4096);
        add_bulk("memory.fill of 512 KiB", 11, 1U << 19);
        add_bulk("memory.copy of 0", 10, 0);
        add_bulk("memory.copy of 64", 10, 64);
        add_bulk("memory.copy of 4 KiB", 10, 4096);
        add_bulk("memory.copy of 512 KiB", 10, 1U << 19);
        add_control();
        add_calls();
        add_cold("call", COLD_CALL, 14);
        add_cold("call_indirect", COLD_CALL_INDIRECT, 14);
        add_cold("br_table", COLD_BR_TABLE, 2);
        add_cold("br_table, next known", COLD_BR_KNOWN, 2);
        add_cold("jump over 80 bytes", COLD_JUMP, 12);
        add_cold("jump over 700 bytes", COLD_JUMP, 100);
    }
    *count = rows_count;
    return rows;
}

/* ---- the module ---- */

static void section(struct bytes *out, uint8_t id, struct bytes *body)
{
    put_section(out, id, body->data, body->size);
    bytes_clear(body);
}

static void put_f64(struct bytes *out, uint8_t local, uint64_t bits)
{
    uint8_t raw[8];

    le64_put(raw, bits);
    put_byte(out, 0x44);
    bytes_append(out, raw, 8);
    put_byte(out, SET);
    put_byte(out, local);
}

static void put_f32(struct bytes *out, uint8_t local, uint32_t bits)
{
    uint8_t raw[4];

    le32_put(raw, bits);
    put_byte(out, 0x43);
    bytes_append(out, raw, 4);
    put_byte(out, SET);
    put_byte(out, local);
}

static void put_main(struct bytes *out, const struct fuel_row *row)
{
    static const uint8_t integers[] = {5,    2,    0x7f, 2,   0x7e, 2,    0x7d, 2,    0x7c, 1,
                                       0x7f,                      /* the locals */
                                       0x41, 0xfb, 0x00, SET, I1, /* 123 */
                                       0x41, 3,    SET,  I2,  0x42, 0xf3, 0xb1, 0xdc, 0xd9, 0xf6,
                                       0xa1, 0xd1, 0x3a, SET, L1,   0x42, 3,    SET,  L2};
    static const uint8_t turn[] = {GET, N, I32_CONST, 1, 0x6b, TEE, N, BR_IF, 0, 0x0b, 0x0b};

    bytes_append(out, integers, sizeof integers);
    put_f32(out, F1, 0x3f400000);
    put_f32(out, F2, 0x3f800001);
    put_f64(out, D1, 0x3fe8000000000000);
    put_f64(out, D2,
            row->name[0] == 'f' && strstr(row->name, "subnormal") != NULL ? 0x0008000000000001
                                                                          : 0x3ff0000000000001);
    bytes_append(out, (const uint8_t[]){0x03, 0x40}, 2);
    for (uint32_t i = 0; i < row->units; i++)
        bytes_append(out, row->below, row->below_bytes);
    bytes_append(out, row->before, row->before_bytes);
    for (uint32_t i = 0; i < row->units; i++)
        bytes_append(out, row->unit, row->unit_bytes);
    bytes_append(out, row->after, row->after_bytes);
    bytes_append(out, turn, sizeof turn);
}

static void put_body(struct bytes *out, const struct bytes *body)
{
    put_u32(out, (uint32_t)body->size);
    bytes_append(out, body->data, body->size);
}

void fuel_module(struct bytes *out, const struct fuel_row *row, uint32_t *units)
{
    struct bytes body = {0};
    struct bytes function = {0};

    *units = row->units;
    if (row->code_bytes > 0) {
        cold_module(out, (enum cold_kind)row->cold, row->code_bytes, row->skip, units);
        return;
    }
    put_header(out);
    /* (i) -> (), () -> (), (i) -> l */
    bytes_append(&body, (const uint8_t[]){3, 0x60, 1, 0x7f, 0, 0x60, 0, 0, 0x60, 1, 0x7f, 1, 0x7e},
                 13);
    section(out, 1, &body);
    put_u32(&body, 1);
    put_name(&body, "serai");
    put_name(&body, "echo");
    bytes_append(&body, (const uint8_t[]){0, 2}, 2);
    section(out, 2, &body);
    bytes_append(&body, (const uint8_t[]){2, 0, 1}, 3);
    section(out, 3, &body);
    bytes_append(&body, (const uint8_t[]){1, 0x70, 0, 1}, 4);
    section(out, 4, &body);
    bytes_append(&body, (const uint8_t[]){1, 1}, 2);
    put_u32(&body, row->pages);
    put_u32(&body, row->pages);
    section(out, 5, &body);
    bytes_append(&body, (const uint8_t[]){1, 0x7e, 1, 0x42, 0, 0x0b}, 6);
    section(out, 6, &body);
    put_u32(&body, 1);
    put_name(&body, "f");
    bytes_append(&body, (const uint8_t[]){0, F_MAIN}, 2);
    section(out, 7, &body);
    bytes_append(&body, (const uint8_t[]){1, 0, 0x41, 0, 0x0b, 1, F_CALLEE}, 7);
    section(out, 9, &body);
    put_u32(&body, 2);
    put_main(&function, row);
    put_body(&body, &function);
    bytes_clear(&function);
    put_u32(&function, 1);
    put_u32(&function, row->locals);
    bytes_append(&function, (const uint8_t[]){0x7e, 0x0b}, 2);
    put_body(&body, &function);
    section(out, 10, &body);
    if (out->failed || body.failed || function.failed)
        bench_die("memory", NULL);
    bytes_fini(&body);
    bytes_fini(&function);
}
