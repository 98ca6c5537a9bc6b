/* Words that the interpreter takes in one step: the same results, fuel and places as one by one. */
#include <stdlib.h>
#include <string.h>

#include "engine/fuse.h"
#include "tests/check_main.h"
#include "tests/engine/assembler.h"
#include "tests/engine/guest.h"

enum { F = 4, FUEL = 100000, PAGE = 65536 }; /* F: see struct program */

static struct guest *guest_of(const struct program *program)
{
    struct bytes module = {0};
    struct guest *guest;

    assemble(&module, program);
    guest = guest_new(module.data, module.size);
    bytes_fini(&module);
    return guest;
}

/* How many words of the function are fused with what is behind them. */
static uint32_t fused_words(const struct guest *guest)
{
    const struct engine_code *code = guest->code;
    uint32_t count = 0;

    for (uint32_t at = code->functions[F].code; at < code->words_count;
         at += fuse_words(&code->words[at]))
        count += code->words[at].op >= OP_PLAIN_COUNT ? 1 : 0;
    return count;
}

static uint64_t cell_of(double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* ---- comparisons and branches ---- */

static const uint32_t edges[] = {0, 1, 5, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff};
enum { EDGES = sizeof edges / sizeof edges[0] };

/* Local 0 compared with local 1, or with a constant when there is one. */
static void put_comparison(struct bytes *code, uint8_t op, const uint32_t *constant)
{
    bytes_append(code, BYTES(0x20, 0));
    if (constant != NULL) {
        put_byte(code, 0x41);
        put_s64(code, (int32_t)*constant);
    } else {
        bytes_append(code, BYTES(0x20, 1));
    }
    put_byte(code, op);
}

enum form { SELECTED, BRANCHED_IF, BRANCHED_UNLESS };

/* 1 when the comparison holds, else 2; `select` is fused with nothing. */
static struct guest *comparing(uint8_t op, const uint32_t *constant, enum form form)
{
    struct bytes code = {0};
    struct program program = {.params = "ii", .result = 'i'};
    struct guest *guest;

    if (form == SELECTED)
        bytes_append(&code, BYTES(0x41, 1, 0x41, 2));
    if (form == BRANCHED_IF)
        bytes_append(&code, BYTES(0x02, 0x40)); /* block */
    put_comparison(&code, op, constant);
    if (form == SELECTED)
        bytes_append(&code, BYTES(0x1b));
    else if (form == BRANCHED_IF) /* br_if 0, return 2, end, 1 */
        bytes_append(&code, BYTES(0x0d, 0, 0x41, 2, 0x0f, 0x0b, 0x41, 1));
    else /* if 1 else 2 end */
        bytes_append(&code, BYTES(0x04, 0x7f, 0x41, 1, 0x05, 0x41, 2, 0x0b));
    program.code = code.data;
    program.size = code.size;
    guest = guest_of(&program);
    ck_assert_uint_eq(fused_words(guest), form == SELECTED ? 0 : 1);
    bytes_fini(&code);
    return guest;
}

static void compare_forms(uint8_t op, const uint32_t *constant)
{
    struct guest *selected = comparing(op, constant, SELECTED);

    for (enum form form = BRANCHED_IF; form <= BRANCHED_UNLESS; form++) {
        struct guest *branched = comparing(op, constant, form);

        for (uint32_t a = 0; a < EDGES; a++)
            for (uint32_t b = 0; b < EDGES; b++)
                ck_assert_uint_eq(guest_call(branched, "f", "ii", 'i', edges[a], edges[b]),
                                  guest_call(selected, "f", "ii", 'i', edges[a], edges[b]));
        guest_free(branched);
    }
    guest_free(selected);
}

START_TEST(a_comparison_with_its_branch_says_what_it_says_alone)
{
    uint8_t op = (uint8_t)(0x46 + _i);

    compare_forms(op, NULL);
    for (uint32_t i = 0; i < EDGES; i++)
        compare_forms(op, &edges[i]);
}
END_TEST

START_TEST(a_test_for_zero_with_its_branch_says_what_it_says_alone)
{
    const struct program forms[] = {
        {.params = "i", /* block, eqz, br_if 0, return 2, end, 1 */
         .result = 'i',
         .code =
             (const uint8_t[]){0x02, 0x40, 0x20, 0, 0x45, 0x0d, 0, 0x41, 2, 0x0f, 0x0b, 0x41, 1},
         .size = 13},
        {.params = "i", /* eqz, if 1 else 2 end */
         .result = 'i',
         .code = (const uint8_t[]){0x20, 0, 0x45, 0x04, 0x7f, 0x41, 1, 0x05, 0x41, 2, 0x0b},
         .size = 11},
    };

    for (uint32_t form = 0; form < 2; form++) {
        struct guest *guest = guest_of(&forms[form]);

        ck_assert_uint_eq(fused_words(guest), 1);
        for (uint32_t i = 0; i < EDGES; i++)
            ck_assert_uint_eq(guest_call(guest, "f", "i", 'i', edges[i], 0), edges[i] == 0 ? 1 : 2);
        guest_free(guest);
    }
}
END_TEST

START_TEST(a_condition_kept_in_a_local_is_there_after_its_branch)
{
    /* block, 0 <s 1, local.tee 0, br_if 0, end, local.get 0 */
    const struct program program = {.params = "ii",
                                    .result = 'i',
                                    .code = (const uint8_t[]){0x02, 0x40, 0x20, 0, 0x20, 1, 0x48,
                                                              0x22, 0, 0x0d, 0, 0x0b, 0x20, 0},
                                    .size = 14};
    struct guest *guest = guest_of(&program);

    ck_assert_uint_eq(fused_words(guest), 1);
    ck_assert_uint_eq(guest_call(guest, "f", "ii", 'i', 7, 8), 1);
    ck_assert_uint_eq(guest_call(guest, "f", "ii", 'i', 8, 7), 0);
    guest_free(guest);
}
END_TEST

START_TEST(fuel_ends_at_the_same_block_behind_a_fused_branch)
{
    /* loop: 0 += 1; when that is below 1 once more; end, local.get 0 */
    const struct program program = {.params = "ii",
                                    .result = 'i',
                                    .code =
                                        (const uint8_t[]){0x03, 0x40, 0x20, 0, 0x41, 1, 0x6a, 0x22,
                                                          0, 0x20, 1, 0x49, 0x0d, 0, 0x0b, 0x20, 0},
                                    .size = 17};
    struct guest *guest = guest_of(&program);
    const uint64_t args[2] = {0, 9};
    const uint64_t need = 4 + 9 * 8 + 1; /* the entry, nine turns, what is behind them */
    uint64_t result;

    ck_assert_uint_eq(fused_words(guest), 1);
    for (uint64_t budget = 0; budget <= need; budget++) {
        ck_assert_int_eq(guest_run(guest, "f", "ii", 'i', args, budget, &result),
                         budget < need ? ENGINE_OUT_OF_FUEL : ENGINE_DONE);
        ck_assert_uint_eq(guest->used, budget);
    }
    ck_assert_uint_eq(result, 9);
    guest_free(guest);
}
END_TEST

/* ---- addresses and loads ---- */

struct load {
    uint8_t op;
    uint8_t bytes;
    char type;
    bool is_signed;
};

static const struct load loads[] = {
    {0x28, 4, 'i', false}, {0x29, 8, 'l', false}, {0x2a, 4, 'f', false}, {0x2b, 8, 'd', false},
    {0x2c, 1, 'i', true},  {0x2d, 1, 'i', false}, {0x2e, 2, 'i', true},  {0x2f, 2, 'i', false},
    {0x30, 1, 'l', true},  {0x31, 1, 'l', false}, {0x32, 2, 'l', true},  {0x33, 2, 'l', false},
    {0x34, 4, 'l', true},  {0x35, 4, 'l', false},
};
enum { LOADS = sizeof loads / sizeof loads[0], LOAD_AT = 5, LOAD_OFFSET = 3 };

static uint8_t pattern(uint32_t address)
{
    return (uint8_t)(address * 151 + 77);
}

static void put_pattern(struct guest *guest)
{
    for (uint32_t i = 0; i < PAGE; i++)
        guest->instance.memory[i] = pattern(i);
}

static uint64_t loaded(const struct load *load, uint32_t address)
{
    uint64_t raw = 0;

    for (uint32_t i = 0; i < load->bytes; i++)
        raw |= (uint64_t)pattern(address + i) << 8 * i;
    if (load->is_signed && (raw >> (8 * load->bytes - 1) & 1) != 0)
        raw |= ~(uint64_t)0 << 8 * load->bytes;
    return load->type == 'i' ? (uint32_t)raw : raw;
}

/* The run must end at operator `at` of the function, which has no locals of its own. */
static void check_trap(struct guest *guest, const char *params, char type, const uint64_t *args,
                       uint32_t at)
{
    uint32_t function;
    uint32_t offset;

    ck_assert_int_eq(guest_run(guest, "f", params, type, args, FUEL, NULL), ENGINE_TRAP_MEMORY);
    engine_trap_place(guest->stack, &function, &offset);
    ck_assert_uint_eq(function, F);
    ck_assert_uint_eq(offset, guest->code->functions[F].body_offset + 1 + at);
}

START_TEST(a_load_at_an_address_with_a_constant_wraps_and_traps_as_its_parts)
{
    const struct load *load = &loads[_i];
    /* local.get 0, i32.const 8, i32.add, load offset=3 */
    const uint8_t code[] = {0x20, 0, 0x41, 8, 0x6a, load->op, 0, LOAD_OFFSET};
    const struct program program = {
        .params = "i", .result = load->type, .code = code, .size = sizeof code, .memory = true};
    const uint32_t last = PAGE - load->bytes - LOAD_OFFSET - 8;
    const uint32_t good[] = {0, 1, 100, 200, 301, 0xfffffff8, 0xffffffff, last};
    const uint32_t bad[] = {last + 1, PAGE, 0x80000000, 0xfffffff7};
    struct guest *guest = guest_of(&program);

    put_pattern(guest);
    ck_assert_uint_eq(fused_words(guest), 1);
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        ck_assert_uint_eq(guest_call(guest, "f", "i", load->type, good[i], 0),
                          loaded(load, good[i] + 8 + LOAD_OFFSET));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        check_trap(guest, "i", load->type, (const uint64_t[]){bad[i]}, LOAD_AT);
    guest_free(guest);
}
END_TEST

/* ---- floats ---- */

static const uint64_t the_nan = 0x7ff8000000000000;

START_TEST(a_product_is_rounded_before_it_is_added)
{
    const struct program program = {.params = "ddd",
                                    .result = 'd',
                                    .code =
                                        (const uint8_t[]){0x20, 0, 0x20, 1, 0x20, 2, 0xa2, 0xa0},
                                    .size = 8};
    struct guest *guest = guest_of(&program);
    uint64_t args[3] = {cell_of(-1 - 0x1p-26), cell_of(1 + 0x1p-27), cell_of(1 + 0x1p-27)};
    uint64_t result;

    ck_assert_uint_eq(fused_words(guest), 1);
    /* In one rounding it would be 2^-54. */
    ck_assert_int_eq(guest_run(guest, "f", "ddd", 'd', args, FUEL, &result), ENGINE_DONE);
    ck_assert_uint_eq(result, cell_of(0));
    args[2] = 0xfff8000000001234;
    ck_assert_int_eq(guest_run(guest, "f", "ddd", 'd', args, FUEL, &result), ENGINE_DONE);
    ck_assert_uint_eq(result, the_nan);
    guest_free(guest);
}
END_TEST

START_TEST(two_sums_are_taken_in_their_order)
{
    const struct program program = {.params = "ddd",
                                    .result = 'd',
                                    .code =
                                        (const uint8_t[]){0x20, 0, 0x20, 1, 0x20, 2, 0xa0, 0xa0},
                                    .size = 8};
    struct guest *guest = guest_of(&program);
    uint64_t args[3] = {cell_of(0x1p53), cell_of(1), cell_of(1)};
    uint64_t result;

    ck_assert_uint_eq(fused_words(guest), 1);
    ck_assert_int_eq(guest_run(guest, "f", "ddd", 'd', args, FUEL, &result), ENGINE_DONE);
    ck_assert_uint_eq(result, cell_of(0x1p53 + 2));
    args[1] = 0xfff8000000001234;
    ck_assert_int_eq(guest_run(guest, "f", "ddd", 'd', args, FUEL, &result), ENGINE_DONE);
    ck_assert_uint_eq(result, the_nan);
    guest_free(guest);
}
END_TEST

/* Local 0 times the double at local 1, and at local 1 + 8. */
START_TEST(a_factor_is_loaded_and_traps_at_its_load)
{
    const uint8_t plain[] = {0x20, 0, 0x20, 1, 0x2b, 0, 0, 0xa2};
    const uint8_t moved[] = {0x20, 0, 0x20, 1, 0x41, 8, 0x6a, 0x2b, 0, 0, 0xa2};
    const struct program programs[] = {
        {.params = "di", .result = 'd', .code = plain, .size = sizeof plain, .memory = true},
        {.params = "di", .result = 'd', .code = moved, .size = sizeof moved, .memory = true}};

    for (uint32_t i = 0; i < 2; i++) {
        struct guest *guest = guest_of(&programs[i]);
        const uint32_t by = i * 8;
        const double factor = 2.5;
        uint64_t nan = 0xfff8000000001234;

        ck_assert_uint_eq(fused_words(guest), 1);
        memcpy(guest->instance.memory + 40 + by, &factor, sizeof factor);
        memcpy(guest->instance.memory + 80 + by, &nan, sizeof nan);
        ck_assert_uint_eq(guest_call(guest, "f", "di", 'd', cell_of(-3), 40), cell_of(-7.5));
        ck_assert_uint_eq(guest_call(guest, "f", "di", 'd', cell_of(-3), 80), the_nan);
        ck_assert_uint_eq(guest_call(guest, "f", "di", 'd', cell_of(-3), PAGE - 8 - by),
                          cell_of(-0.0));
        check_trap(guest, "di", 'd', (const uint64_t[]){0, PAGE - 7 - by}, i == 0 ? 4 : 7);
        guest_free(guest);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine fuse");
    TCase *tcase = tcase_create("fuse");

    tcase_add_loop_test(tcase, a_comparison_with_its_branch_says_what_it_says_alone, 0, 10);
    tcase_add_test(tcase, a_test_for_zero_with_its_branch_says_what_it_says_alone);
    tcase_add_test(tcase, a_condition_kept_in_a_local_is_there_after_its_branch);
    tcase_add_test(tcase, fuel_ends_at_the_same_block_behind_a_fused_branch);
    tcase_add_loop_test(tcase, a_load_at_an_address_with_a_constant_wraps_and_traps_as_its_parts, 0,
                        LOADS);
    tcase_add_test(tcase, a_product_is_rounded_before_it_is_added);
    tcase_add_test(tcase, two_sums_are_taken_in_their_order);
    tcase_add_test(tcase, a_factor_is_loaded_and_traps_at_its_load);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
