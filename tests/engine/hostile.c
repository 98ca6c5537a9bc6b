/* See hostile.h. */
#include "tests/engine/hostile.h"

#include <stdio.h>
#include <string.h>

#include "engine/limits.h"
#include "tests/engine/assembler.h"

enum { I32 = 0x7f, I64 = 0x7e, EMPTY = 0x40 };

/* ---- parts ---- */

static void take(struct bytes *out, uint8_t id, struct bytes *body)
{
    put_section(out, id, body->data, body->size);
    bytes_fini(body);
}

/* Type 0 takes and gives nothing. */
static void put_types(struct bytes *out)
{
    struct bytes body = {0};

    bytes_append(&body, BYTES(1, 0x60, 0, 0));
    take(out, 1, &body);
}

static void put_functions(struct bytes *out, uint32_t count)
{
    struct bytes body = {0};

    put_u32(&body, count);
    for (uint32_t i = 0; i < count; i++)
        put_u32(&body, 0);
    take(out, 3, &body);
}

static void put_export(struct bytes *out)
{
    struct bytes body = {0};

    put_u32(&body, 1);
    put_name(&body, "f");
    put_byte(&body, 0);
    put_u32(&body, 0);
    take(out, 7, &body);
}

static void put_memory(struct bytes *out, uint32_t pages, uint32_t most)
{
    struct bytes body = {0};

    put_u32(&body, 1);
    put_byte(&body, 1);
    put_u32(&body, pages);
    put_u32(&body, most);
    take(out, 5, &body);
}

/* A module of `count` functions with this body (its locals first), the first one exported. */
static void put_module(struct bytes *out, uint32_t count, const struct bytes *body)
{
    struct bytes code = {0};

    put_header(out);
    put_types(out);
    put_functions(out, count);
    put_memory(out, 1, 1);
    put_export(out);
    put_u32(&code, count);
    for (uint32_t i = 0; i < count; i++) {
        put_u32(&code, (uint32_t)body->size);
        bytes_append(&code, body->data, body->size);
    }
    take(out, 10, &code);
}

/* `times` these bytes, between a beginning (with the locals) and an end. */
static void put_repeated(struct bytes *out, uint32_t functions, const struct bytes *before,
                         const uint8_t *bytes, size_t size, uint32_t times,
                         const struct bytes *after)
{
    struct bytes body = {0};

    bytes_append(&body, before->data, before->size);
    for (uint32_t i = 0; i < times; i++)
        bytes_append(&body, bytes, size);
    bytes_append(&body, after->data, after->size);
    put_byte(&body, 0x0b);
    put_module(out, functions, &body);
    bytes_fini(&body);
}

static void put_simple(struct bytes *out, uint32_t functions, const uint8_t *bytes, size_t size,
                       uint32_t times)
{
    struct bytes none = {0};
    struct bytes locals = {0};

    put_byte(&locals, 0);
    put_repeated(out, functions, &locals, bytes, size, times, &none);
    bytes_fini(&locals);
}

/* ---- too much of a thing, or as much as there may be ---- */

static void nested(struct bytes *out, uint32_t depth, uint8_t operator)
{
    struct bytes before = {0};
    struct bytes after = {0};

    put_byte(&before, 0);
    for (uint32_t i = 0; i < depth; i++) {
        if (operator== 0x04)
            bytes_append(&before, BYTES(0x41, 1));
        put_byte(&before, operator);
        put_byte(&before, EMPTY);
    }
    put_repeated(out, 1, &before, BYTES(0x0b), depth, &after);
    bytes_fini(&before);
}

static void deep_blocks(struct bytes *out)
{
    nested(out, LIMIT_DEPTH - 1, 0x02);
}

static void deep_loops(struct bytes *out)
{
    nested(out, LIMIT_DEPTH - 1, 0x03);
}

static void deep_ifs(struct bytes *out)
{
    nested(out, LIMIT_DEPTH - 1, 0x04);
}

static void deeper_blocks(struct bytes *out)
{
    nested(out, LIMIT_DEPTH, 0x02);
}

static void deepest_blocks(struct bytes *out)
{
    nested(out, 40000, 0x02);
}

/* Straight code of 100 KB. */
static void long_function(struct bytes *out)
{
    put_simple(out, 1, BYTES(0x41, 1, 0x41, 2, 0x6a, 0x1a), 17000);
}

static void longer_function(struct bytes *out)
{
    put_simple(out, 1, BYTES(0x41, 1, 0x41, 2, 0x6a, 0x1a), 40000);
}

/* A megabyte of it. */
static void large_module(struct bytes *out)
{
    put_simple(out, 10, BYTES(0x41, 1, 0x41, 2, 0x6a, 0x1a), 17000);
}

/* Bytes that make the most words: a store of constants. */
static void most_words(struct bytes *out)
{
    put_simple(out, 10, BYTES(0x41, 0, 0x41, 1, 0x36, 2, 0), 14000);
}

void hostile_dense(struct bytes *out, size_t bytes)
{
    const uint8_t store[] = {0x41, 0, 0x41, 1, 0x36, 2, 0};
    const size_t most = 14000; /* of stores in a function */
    size_t stores = bytes / sizeof store + 1;
    uint32_t functions = (uint32_t)((stores + most - 1) / most);

    put_simple(out, functions, store, sizeof store, (uint32_t)(stores / functions));
}

/* 30,000 branches to one label, each of which waits for its end. */
static void branches_to_one_end(struct bytes *out)
{
    put_simple(out, 8, BYTES(0x41, 0, 0x0d, 0), 30000);
}

static void table_of(struct bytes *out, uint32_t functions, uint32_t entries, uint32_t times)
{
    struct bytes one = {0};

    bytes_append(&one, BYTES(0x02, EMPTY, 0x41, 0, 0x0e));
    put_u32(&one, entries);
    for (uint32_t i = 0; i <= entries; i++)
        put_byte(&one, 0);
    put_byte(&one, 0x0b);
    put_simple(out, functions, one.data, one.size, times);
    bytes_fini(&one);
}

static void million_of_br_table(struct bytes *out)
{
    struct bytes one = {0};
    struct bytes none = {0};
    struct bytes locals = {0};

    /* The count alone says it: there need not be so many. */
    bytes_append(&one, BYTES(0x41, 0, 0x0e));
    put_u32(&one, 1000000);
    put_byte(&locals, 0);
    put_repeated(out, 1, &locals, one.data, one.size, 1, &none);
    bytes_fini(&one);
    bytes_fini(&locals);
}

static void many_br_tables(struct bytes *out)
{
    table_of(out, 8, LIMIT_BR_TABLE, 30);
}

static void most_locals(struct bytes *out, uint32_t functions, uint32_t locals)
{
    struct bytes before = {0};
    struct bytes none = {0};

    put_byte(&before, 1);
    put_u32(&before, locals);
    put_byte(&before, I64);
    put_repeated(out, functions, &before, NULL, 0, 0, &none);
    bytes_fini(&before);
}

/* Five bytes of module ask for 4096 locals. */
static void locals_everywhere(struct bytes *out)
{
    most_locals(out, LIMIT_FUNCTIONS, LIMIT_LOCALS);
}

static void too_many_locals(struct bytes *out)
{
    most_locals(out, 1, UINT32_MAX);
}

static void functions_everywhere(struct bytes *out)
{
    put_simple(out, LIMIT_FUNCTIONS, NULL, 0, 0);
}

static void too_many_functions(struct bytes *out)
{
    put_simple(out, LIMIT_FUNCTIONS + 1, NULL, 0, 0);
}

/* A stack of 1,000 operands that stand for a local, which then changes. */
static void settling(struct bytes *out)
{
    struct bytes one = {0};

    for (uint32_t i = 0; i < 1000; i++)
        bytes_append(&one, BYTES(0x20, 0));
    bytes_append(&one, BYTES(0x41, 1, 0x21, 0));
    for (uint32_t i = 0; i < 1000; i++)
        put_byte(&one, 0x1a);
    {
        struct bytes before = {0};
        struct bytes none = {0};

        bytes_append(&before, BYTES(1, 1, I32));
        put_repeated(out, 8, &before, one.data, one.size, 40, &none);
        bytes_fini(&before);
    }
    bytes_fini(&one);
}

/* 1,000 operands lie below, and a local is set again and again. */
static void setting_above_a_stack(struct bytes *out)
{
    struct bytes before = {0};
    struct bytes after = {0};

    bytes_append(&before, BYTES(1, 2, I32));
    bytes_append(&before, BYTES(0x20, 1));
    for (uint32_t i = 0; i < 1000; i++)
        bytes_append(&before, BYTES(0x41, 1));
    for (uint32_t i = 0; i < 1001; i++)
        put_byte(&after, 0x1a);
    put_repeated(out, 8, &before, BYTES(0x20, 0, 0x41, 1, 0x21, 0, 0x1a), 15000, &after);
    bytes_fini(&before);
    bytes_fini(&after);
}

/* 1,000 operands lie below each of many blocks, which join. */
static void blocks_above_a_stack(struct bytes *out)
{
    struct bytes before = {0};
    struct bytes after = {0};

    bytes_append(&before, BYTES(1, 1, I32));
    for (uint32_t i = 0; i < 1000; i++)
        bytes_append(&before, BYTES(0x20, 0));
    for (uint32_t i = 0; i < 1000; i++)
        put_byte(&after, 0x1a);
    put_repeated(out, 8, &before, BYTES(0x02, EMPTY, 0x0b), 30000, &after);
    bytes_fini(&before);
    bytes_fini(&after);
}

/* `times` these bytes in each of 8 functions, between what they need before and after them. */
static void put_dense(struct bytes *out, const uint8_t *first, size_t first_size,
                      const uint8_t *bytes, size_t size, uint32_t times, const uint8_t *last,
                      size_t last_size)
{
    struct bytes before = {0};
    struct bytes after = {0};

    put_byte(&before, 0); /* locals */
    bytes_append(&before, first, first_size);
    bytes_append(&after, last, last_size);
    put_repeated(out, 8, &before, bytes, size, times, &after);
    bytes_fini(&before);
    bytes_fini(&after);
}

static void operators_of_a_byte(struct bytes *out)
{
    put_dense(out, BYTES(0x41, 0), BYTES(0x45), 120000, BYTES(0x1a));
}

/* None of them can be reached. */
static void operators_for_nothing(struct bytes *out)
{
    put_dense(out, BYTES(0x00), BYTES(0x45), 120000, BYTES(0x1a));
}

/* Each may trap, so its place in the module is kept. */
static void truncations(struct bytes *out)
{
    put_dense(out, BYTES(0x43, 0, 0, 0, 0), BYTES(0xa8, 0xb2), 60000, BYTES(0x1a));
}

/* Each ends a block of code. */
static void calls_after_calls(struct bytes *out)
{
    put_simple(out, 8, BYTES(0x10, 0), 60000);
}

/* Each puts a constant where its label wants it, and goes around that. */
static void branches_with_a_constant(struct bytes *out)
{
    put_dense(out, BYTES(0x02, I32, 0x41, 7), BYTES(0x41, 0, 0x0d, 0), 30000, BYTES(0x0b, 0x1a));
}

static void ifs_of_nothing(struct bytes *out)
{
    put_simple(out, 8, BYTES(0x41, 0, 0x04, EMPTY, 0x05, 0x0b), 20000);
}

static void loops_of_nothing(struct bytes *out)
{
    put_simple(out, 8, BYTES(0x03, EMPTY, 0x0b), 40000);
}

static void groups_of_a_local(struct bytes *out)
{
    struct bytes before = {0};
    struct bytes none = {0};

    put_u32(&before, LIMIT_LOCALS);
    for (uint32_t i = 0; i < LIMIT_LOCALS; i++)
        bytes_append(&before, BYTES(1, I32));
    put_repeated(out, 120, &before, NULL, 0, 0, &none);
    bytes_fini(&before);
}

/* Types that differ in their last parameter only, and names in their last letters. */
static void types_alike(struct bytes *out)
{
    struct bytes body = {0};

    put_header(out);
    put_u32(&body, LIMIT_TYPES);
    for (uint32_t i = 0; i < LIMIT_TYPES; i++) {
        put_byte(&body, 0x60);
        put_u32(&body, LIMIT_PARAMS);
        for (uint32_t k = 0; k < LIMIT_PARAMS; k++)
            put_byte(&body, k < LIMIT_PARAMS - 10 || (i >> (LIMIT_PARAMS - 1 - k) & 1) ? I32 : I64);
        put_byte(&body, 0);
    }
    take(out, 1, &body);
}

static void names_alike(struct bytes *out)
{
    static const uint8_t empty[] = {0x00, 0x0b};
    struct bytes body = {0};

    put_header(out);
    put_types(out);
    put_functions(out, 1);
    put_u32(&body, LIMIT_EXPORTS);
    for (uint32_t i = 0; i < LIMIT_EXPORTS; i++) {
        char name[LIMIT_NAME_BYTES + 1];

        memset(name, 'x', sizeof name - 1);
        (void)snprintf(name + LIMIT_NAME_BYTES - 4, 5, "%04u", i);
        put_name(&body, name);
        put_byte(&body, 0);
        put_u32(&body, 0);
    }
    take(out, 7, &body);
    put_byte(&body, 1);
    put_u32(&body, sizeof empty);
    bytes_append(&body, empty, sizeof empty);
    take(out, 10, &body);
}

static void huge_table(struct bytes *out)
{
    struct bytes body = {0};

    put_header(out);
    bytes_append(&body, BYTES(1, 0x70, 0));
    put_u32(&body, 100000000);
    take(out, 4, &body);
}

static void huge_memory(struct bytes *out)
{
    put_header(out);
    put_memory(out, 0, 65536);
}

/* 1,024 segments, each over most of a memory of 16 MiB: no, over what a module can hold. */
static void segments_over_each_other(struct bytes *out)
{
    static const uint8_t bytes[800] = {1};
    struct bytes body = {0};

    put_header(out);
    put_memory(out, 256, 256);
    put_u32(&body, LIMIT_DATA_SEGMENTS);
    for (uint32_t i = 0; i < LIMIT_DATA_SEGMENTS; i++) {
        bytes_append(&body, BYTES(0, 0x41));
        put_s64(&body, (int64_t)i * 16000);
        put_byte(&body, 0x0b);
        put_u32(&body, sizeof bytes);
        bytes_append(&body, bytes, sizeof bytes);
    }
    take(out, 11, &body);
}

/* A count that promises more than there is, in each section that has one. */
static void counts_without_things(struct bytes *out)
{
    put_header(out);
    put_section(out, 1, BYTES(0xff, 0xff, 0xff, 0xff, 0x0f));
}

static void bodies_without_end(struct bytes *out)
{
    put_header(out);
    put_types(out);
    put_functions(out, 1);
    put_section(out, 10, BYTES(1, 0xff, 0xff, 0xff, 0xff, 0x0f, 0));
}

/* ---- names ---- */

/* Exports and a name section that try to leave a comment, a string or a line of C. */
static void names_of_c(struct bytes *out)
{
    static const char *const names[] = {"*/ int caravan(void) { return 1; } /*",
                                        "\"; system(\"caravan\"); \"",
                                        "\\\n#include \"/etc/caravan\"\n",
                                        "caravan\?\?/\n",
                                        "'; DROP TABLE caravan; --",
                                        "%s%n%s%n caravan",
                                        "caravan\n}\nvoid evil(void) {",
                                        "\xe2\x80\xae caravan \xf0\x9f\x90\xab"};
    static const uint8_t empty[] = {0x00, 0x0b};
    enum { COUNT = sizeof names / sizeof names[0] };
    struct bytes body = {0};
    struct bytes map = {0};

    put_header(out);
    put_types(out);
    put_functions(out, COUNT);
    put_u32(&body, COUNT);
    for (uint32_t i = 0; i < COUNT; i++) {
        put_name(&body, names[i]);
        put_byte(&body, 0);
        put_u32(&body, i);
    }
    take(out, 7, &body);
    put_u32(&body, COUNT);
    for (uint32_t i = 0; i < COUNT; i++) {
        put_u32(&body, sizeof empty);
        bytes_append(&body, empty, sizeof empty);
    }
    take(out, 10, &body);
    put_name(&body, "name");
    put_u32(&map, COUNT);
    for (uint32_t i = 0; i < COUNT; i++) {
        put_u32(&map, i);
        put_name(&map, names[i]);
    }
    put_section(&body, 1, map.data, map.size);
    bytes_fini(&map);
    take(out, 0, &body);
}

/* ---- tier 1's compiler ---- */

/* One function in which every cell is live to the end: 900 operands, then all added up. */
static void all_cells_live(struct bytes *out)
{
    struct bytes one = {0};
    struct bytes before = {0};
    struct bytes none = {0};

    for (uint32_t i = 0; i < 900; i++)
        bytes_append(&one, BYTES(0x41, 0, 0x28, 2, 0));
    for (uint32_t i = 0; i < 899; i++)
        put_byte(&one, 0x6a);
    put_byte(&one, 0x1a);
    put_byte(&before, 0);
    put_repeated(out, 4, &before, one.data, one.size, 20, &none);
    bytes_fini(&one);
    bytes_fini(&before);
}

/*
 * A loop with a br_table of 1,900 places, each of which mixes three of 150 locals: at the loop's
 * head every local may come from every place.
 */
static void many_ways_to_many_locals(struct bytes *out)
{
    enum { PLACES = 1900, MIXED = 150 };
    struct bytes body = {0};
    uint32_t seed = 1;

    bytes_append(&body, BYTES(1));
    put_u32(&body, MIXED + 1);
    /* Which comes first is in memory, where no compiler can see it. */
    bytes_append(&body, BYTES(I32, 0x41, 0, 0x28, 2, 0, 0x21, 0, 0x03, EMPTY));
    for (uint32_t i = 0; i < PLACES; i++)
        bytes_append(&body, BYTES(0x02, EMPTY));
    bytes_append(&body, BYTES(0x20, 0, 0x0e));
    put_u32(&body, PLACES - 1);
    for (uint32_t i = 0; i < PLACES; i++)
        put_u32(&body, i);
    for (uint32_t i = 0; i < PLACES; i++) {
        uint32_t local[3];

        for (uint32_t k = 0; k < 3; k++) {
            seed = seed * 1664525 + 1013904223;
            local[k] = 1 + (seed >> 16) % MIXED;
        }
        bytes_append(&body, BYTES(0x0b, 0x20));
        put_u32(&body, local[0]);
        put_byte(&body, 0x20);
        put_u32(&body, local[1]);
        bytes_append(&body, BYTES(0x6a, 0x21));
        put_u32(&body, local[2]);
        put_byte(&body, 0x20);
        put_u32(&body, local[2]);
        put_byte(&body, 0x20);
        put_u32(&body, local[0]);
        bytes_append(&body, BYTES(0x6a, 0x21, 0, 0x0c));
        put_u32(&body, PLACES - 1 - i);
    }
    bytes_append(&body, BYTES(0x0b, 0x0b));
    put_module(out, 1, &body);
    bytes_fini(&body);
}

/* Each load from where the last one says: a card, a bound and a charge are not foreseen. */
static void loads_from_loads(struct bytes *out)
{
    struct bytes before = {0};
    struct bytes none = {0};

    bytes_append(&before, BYTES(1, 1, I32));
    put_repeated(out, 1, &before, BYTES(0x20, 0, 0x28, 2, 0, 0x21, 0), 4000, &none);
    bytes_fini(&before);
}

const struct hostile hostile_modules[] = {
    {"no section at all", put_header, NULL},
    {"blocks nested 2,047 deep", deep_blocks, NULL},
    {"loops nested 2,047 deep", deep_loops, NULL},
    {"ifs nested 2,047 deep", deep_ifs, NULL},
    {"blocks nested 2,048 deep", deeper_blocks, "nested deeper than"},
    {"blocks nested 40,000 deep", deepest_blocks, "nested deeper than"},
    {"a function of 100 KB", long_function, NULL},
    {"a function of 240 KB", longer_function, "over the limit"},
    {"a module of 1 MB of small operators", large_module, NULL},
    {"a module of 1 MB of stores", most_words, NULL},
    {"30,000 branches to one end, 8 times", branches_to_one_end, NULL},
    {"a br_table of a million", million_of_br_table, "entries of a br_table"},
    {"240 br_tables of 4,096", many_br_tables, NULL},
    {"16,384 functions of 4,096 locals", locals_everywhere, NULL},
    {"4,294,967,295 locals", too_many_locals, "more than 4096 locals"},
    {"16,384 empty functions", functions_everywhere, NULL},
    {"16,385 functions", too_many_functions, "functions are over the limit"},
    {"1,000 operands of a local that changes", settling, NULL},
    {"a local set above 1,000 operands", setting_above_a_stack, NULL},
    {"blocks above 1,000 operands", blocks_above_a_stack, NULL},
    {"960,000 operators of a byte", operators_of_a_byte, NULL},
    {"960,000 operators that nothing leads to", operators_for_nothing, NULL},
    {"480,000 truncations and conversions", truncations, NULL},
    {"480,000 calls", calls_after_calls, NULL},
    {"240,000 branches with a constant", branches_with_a_constant, NULL},
    {"160,000 ifs of nothing", ifs_of_nothing, NULL},
    {"320,000 loops of nothing", loops_of_nothing, NULL},
    {"491,520 groups of a local", groups_of_a_local, NULL},
    {"1,024 types alike", types_alike, NULL},
    {"1,024 names alike", names_alike, NULL},
    {"a table of 100,000,000", huge_table, "over the limit"},
    {"a memory of 4 GiB", huge_memory, "over the limit"},
    {"1,024 data segments in 16 MiB", segments_over_each_other, NULL},
    {"4,294,967,295 types in 5 bytes", counts_without_things, "over the limit"},
    {"a body of 4 GiB in 8 bytes", bodies_without_end, "over the limit"},
    {"names that are C", names_of_c, NULL},
    {"900 cells that live at once", all_cells_live, NULL},
    {"150 locals from 1,900 places", many_ways_to_many_locals, NULL},
    {"4,000 loads, each from the last", loads_from_loads, NULL},
};
const size_t hostile_count = sizeof hostile_modules / sizeof hostile_modules[0];
