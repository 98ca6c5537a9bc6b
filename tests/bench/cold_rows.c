/*
 * Nothing here runs the same line of memory twice in a row.  What lies between two places are
 * stores of constants, of all small operators those that make most words for tier 0 and much code
 * for tier 1; branches over them wait for globals, which no compiler knows.
 */
#include "tests/bench/cold_rows.h"

#include "tests/bench/bench.h"
#include "tests/engine/assembler.h"

enum {
    STORE_BYTES = 7,
    GLOBALS = 100,     /* 0 is the counter of the places, the others are 1 */
    HEAD_BYTES = 2000, /* of a module, beside its functions */
    JUMP_BYTES = 9000, /* of a function that jumps: as much as tier 1 takes of one */
    PLACES = 512,      /* of a br_table, each in its own block */
    VISITS = 64,       /* of these, before the next function has its turn */
    CALLS = 1000,      /* that one function makes */
    FUNCTIONS_MAX = 16384,
    STEP = 7919, /* prime, and more than a page's worth of functions: no prefetcher follows */
};

struct cold {
    struct bytes bodies; /* with their sizes */
    uint32_t count;
    uint32_t targets; /* the first so many are in the table */
};

static void body_end(struct cold *cold, struct bytes *body)
{
    put_byte(body, 0x0b);
    put_u32(&cold->bodies, (uint32_t)body->size);
    bytes_append(&cold->bodies, body->data, body->size);
    if (body->failed || cold->bodies.failed)
        bench_die("memory", NULL);
    bytes_clear(body);
    cold->count++;
}

static void put_stores(struct bytes *body, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        bytes_append(body, BYTES(0x41, 0, 0x41, 1, 0x36, 2, 0));
}

/* A branch that is always taken. */
static void put_branch(struct bytes *body, uint32_t number, uint8_t label)
{
    put_byte(body, 0x23);
    put_u32(body, 1 + number % (GLOBALS - 1));
    bytes_append(body, BYTES(0x0d, label));
}

/* Index 0 += STEP, mod a power of two; left on the stack. */
static void put_next(struct bytes *body, uint32_t count)
{
    bytes_append(body, BYTES(0x23, 0, 0x41));
    put_s64(body, STEP);
    bytes_append(body, BYTES(0x6a, 0x41));
    put_s64(body, (int64_t)count - 1);
    bytes_append(body, BYTES(0x71, 0x22, 1, 0x24, 0, 0x20, 1));
}

/* ---- functions ---- */

/* Leaves at once: what follows is never run, and lies between it and the next one. */
static void add_leaf(struct cold *cold, struct bytes *body, uint32_t skip)
{
    put_byte(body, 0);
    put_branch(body, cold->count, 0);
    put_stores(body, skip);
    body_end(cold, body);
}

static void add_jumps(struct cold *cold, struct bytes *body, uint32_t skip, uint32_t *units)
{
    put_byte(body, 0);
    while (body->size < JUMP_BYTES) {
        bytes_append(body, BYTES(0x02, 0x40));
        put_branch(body, *units, 0);
        put_stores(body, skip);
        put_byte(body, 0x0b);
        ++*units;
    }
    body_end(cold, body);
}

static void put_places(struct bytes *body, uint32_t skip, bool known)
{
    for (uint32_t i = 0; i < PLACES; i++)
        bytes_append(body, BYTES(0x02, 0x40));
    if (known) {
        bytes_append(body, BYTES(0x20, 1));
    } else {
        bytes_append(body, BYTES(0x20, 0, 0x41, 1, 0x6b, 0x22, 0, 0x45, 0x0d));
        put_u32(body, PLACES + 1); /* all done: out of the function */
        put_next(body, PLACES);
    }
    put_byte(body, 0x0e);
    put_u32(body, PLACES - 1);
    for (uint32_t i = 0; i < PLACES; i++)
        put_u32(body, i);
    for (uint32_t i = 0; i < PLACES; i++) {
        uint32_t next = (i + STEP) % PLACES; /* of a prime: all of them come, in turns of VISITS */

        put_byte(body, 0x0b);
        if (known) {
            put_byte(body, 0x41);
            put_s64(body, next);
            bytes_append(body, BYTES(0x21, 1));
        }
        put_byte(body, 0x23);
        put_u32(body, 1 + i % (GLOBALS - 1));
        put_byte(body, 0x0d);
        put_u32(body,
                PLACES - 1 - i + (known && next % VISITS == 0)); /* back to the loop, or out */
        put_stores(body, skip);
    }
}

static void add_places(struct cold *cold, struct bytes *body, uint32_t skip, bool known,
                       uint32_t *units)
{
    /* Locals: the visits that are left, the next place. */
    bytes_append(body, BYTES(1, 2, 0x7f, 0x41));
    put_s64(body, VISITS);
    bytes_append(body, BYTES(0x21, 0));
    if (known) { /* where this round begins */
        bytes_append(body, BYTES(0x23, 0, 0x41));
        put_s64(body, VISITS);
        bytes_append(body, BYTES(0x6c, 0x41));
        put_s64(body, PLACES - 1);
        bytes_append(body, BYTES(0x71, 0x21, 1));
    }
    bytes_append(body, BYTES(0x03, 0x40));
    put_places(body, skip, known);
    put_byte(body, 0x0b);
    body_end(cold, body);
    *units += VISITS;
}

/* Calls of `count` functions from `first` on, in no order. */
static void add_caller(struct cold *cold, struct bytes *body, uint32_t at, uint32_t count,
                       uint32_t all)
{
    put_byte(body, 0);
    for (uint32_t i = at; i < at + count; i++) {
        put_byte(body, 0x10);
        put_u32(body, (uint32_t)((uint64_t)i * STEP % all));
    }
    body_end(cold, body);
}

/* The export: a loop around calls of the functions from `first` to the last one. */
static void add_main(struct cold *cold, struct bytes *body, uint32_t first)
{
    uint32_t last = cold->count;

    bytes_append(body, BYTES(0, 0x03, 0x40, 0x23, 0, 0x41, 1, 0x6a, 0x24, 0));
    for (uint32_t i = first; i < last; i++) {
        put_byte(body, 0x10);
        put_u32(body, i);
    }
    bytes_append(body, BYTES(0x20, 0, 0x41, 1, 0x6b, 0x22, 0, 0x0d, 0, 0x0b));
    body_end(cold, body);
}

static uint32_t add_indirect(struct cold *cold, struct bytes *body, uint32_t all)
{
    const uint32_t calls = 256;

    bytes_append(body, BYTES(1, 2, 0x7f));
    for (uint32_t i = 0; i < calls; i++) {
        put_next(body, all);
        bytes_append(body, BYTES(0x11, 0, 0));
    }
    body_end(cold, body);
    return calls;
}

/* ---- the module ---- */

static uint32_t fill(struct cold *cold, enum cold_kind kind, uint32_t bytes, uint32_t skip)
{
    struct bytes body = {0};
    uint32_t units = 0;
    uint32_t all = 1;

    switch (kind) {
    case COLD_CALL:
    case COLD_CALL_INDIRECT:
        /* A power of two, and each as long as fits. */
        while (all * 2 * (STORE_BYTES * skip + 16) <= bytes && all < FUNCTIONS_MAX / 2)
            all *= 2;
        for (uint32_t i = 0; i < all; i++)
            add_leaf(cold, &body, skip);
        cold->targets = all;
        if (kind == COLD_CALL_INDIRECT) {
            units = add_indirect(cold, &body, all);
        } else {
            for (uint32_t i = 0; i < all; i += CALLS)
                add_caller(cold, &body, i, all - i < CALLS ? all - i : CALLS, all);
            units = all;
        }
        add_main(cold, &body, all);
        break;
    case COLD_BR_TABLE:
    case COLD_BR_KNOWN:
        while (cold->bodies.size + PLACES * (STORE_BYTES * skip + 14) < bytes)
            add_places(cold, &body, skip, kind == COLD_BR_KNOWN, &units);
        add_main(cold, &body, 0);
        break;
    case COLD_JUMP:
        while (cold->bodies.size + JUMP_BYTES < bytes)
            add_jumps(cold, &body, skip, &units);
        add_main(cold, &body, 0);
        break;
    }
    bytes_fini(&body);
    return units;
}

static void section(struct bytes *out, uint8_t id, struct bytes *body)
{
    put_section(out, id, body->data, body->size);
    bytes_clear(body);
}

void cold_module(struct bytes *out, enum cold_kind kind, uint32_t bytes, uint32_t skip,
                 uint32_t *units)
{
    struct cold cold = {0};
    struct bytes body = {0};

    *units = fill(&cold, kind, bytes - HEAD_BYTES, skip);
    put_header(out);
    bytes_append(&body, BYTES(2, 0x60, 0, 0, 0x60, 1, 0x7f, 0));
    section(out, 1, &body);
    put_u32(&body, cold.count);
    for (uint32_t i = 0; i < cold.count; i++)
        put_byte(&body, i + 1 == cold.count);
    section(out, 3, &body);
    bytes_append(&body, BYTES(1, 0x70, 0));
    put_u32(&body, cold.targets + 1);
    section(out, 4, &body);
    bytes_append(&body, BYTES(1, 1, 1, 1));
    section(out, 5, &body);
    put_u32(&body, GLOBALS);
    for (uint32_t i = 0; i < GLOBALS; i++)
        bytes_append(&body, BYTES(0x7f, 1, 0x41, i > 0, 0x0b));
    section(out, 6, &body);
    put_u32(&body, 1);
    put_name(&body, "f");
    put_byte(&body, 0);
    put_u32(&body, cold.count - 1);
    section(out, 7, &body);
    bytes_append(&body, BYTES(1, 0, 0x41, 0, 0x0b));
    put_u32(&body, cold.targets);
    for (uint32_t i = 0; i < cold.targets; i++)
        put_u32(&body, i);
    section(out, 9, &body);
    put_u32(&body, cold.count);
    bytes_append(&body, cold.bodies.data, cold.bodies.size);
    section(out, 10, &body);
    if (out->failed || body.failed)
        bench_die("memory", NULL);
    bytes_fini(&body);
    bytes_fini(&cold.bodies);
}
