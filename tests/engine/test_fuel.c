/* Fuel is exact: docs/fuel.md in figures. */
#include <stdlib.h>
#include <string.h>

#include "engine/fuel.h"
#include "tests/check_main.h"
#include "tests/engine/assembler.h"
#include "tests/engine/guest.h"

/* What a run of the program costs, and that it ends as expected. */
static uint64_t cost_of(const struct program *program, uint64_t argument,
                        enum engine_outcome expected)
{
    struct bytes module = {0};
    struct guest *guest;
    uint64_t used;

    assemble(&module, program);
    guest = guest_new(module.data, module.size);
    ck_assert_int_eq(
        guest_run(guest, "f", program->params, program->result, &argument, 1000000000, NULL),
        expected);
    used = guest->used;
    guest_free(guest);
    bytes_fini(&module);
    return used;
}

/* Price of a body without parameters, above that of an empty function. */
static uint64_t price(const uint8_t *code, size_t size)
{
    return cost_of(
               &(struct program){
                   .params = "", .code = code, .size = size, .memory = true, .table = true},
               0, ENGINE_DONE) -
           FUEL_ENTRY;
}

START_TEST(an_empty_function_costs_its_entry)
{
    ck_assert_uint_eq(cost_of(&(struct program){.params = ""}, 0, ENGINE_DONE), 4);
    ck_assert_uint_eq(cost_of(&(struct program){.params = "", .locals = 7}, 0, ENGINE_DONE), 4);
    ck_assert_uint_eq(cost_of(&(struct program){.params = "", .locals = 8}, 0, ENGINE_DONE), 5);
    ck_assert_uint_eq(cost_of(&(struct program){.params = "i", .locals = 7}, 0, ENGINE_DONE), 5);
    ck_assert_uint_eq(cost_of(&(struct program){.params = "", .locals = 800}, 0, ENGINE_DONE), 104);
}
END_TEST

START_TEST(operators_cost_what_the_table_says)
{
    ck_assert_uint_eq(price(BYTES(0x01)), 0);                                      /* nop */
    ck_assert_uint_eq(price(BYTES(0x41, 0, 0x1a)), 1);                             /* const, drop */
    ck_assert_uint_eq(price(BYTES(0x02, 0x40, 0x0b)), 0);                          /* block, end */
    ck_assert_uint_eq(price(BYTES(0x03, 0x40, 0x0b)), 1);                          /* loop, end */
    ck_assert_uint_eq(price(BYTES(0x0f)), 1);                                      /* return */
    ck_assert_uint_eq(price(BYTES(0x41, 0, 0x41, 0, 0x6a, 0x1a)), 3);              /* add */
    ck_assert_uint_eq(price(BYTES(0x41, 0, 0x41, 1, 0x6d, 0x1a)), 10);             /* div_s */
    ck_assert_uint_eq(price(BYTES(0x41, 0, 0xb2, 0x1a)), 3);                       /* convert */
    ck_assert_uint_eq(price(BYTES(0x41, 0, 0xb2, 0x8d, 0x1a)), 11);                /* ceil */
    ck_assert_uint_eq(price(BYTES(0x41, 0, 0xb2, 0x91, 0x1a)), 11);                /* sqrt */
    ck_assert_uint_eq(price(BYTES(0x41, 0, 0xb2, 0xfc, 0, 0x1a)), 7);              /* trunc_sat */
    ck_assert_uint_eq(price(BYTES(0x41, 0, 0xb2, 0x41, 0, 0xb2, 0x96, 0x1a)), 10); /* min */
    ck_assert_uint_eq(price(BYTES(0x41, 0, 0x69, 0x1a)), 5);                       /* popcnt */
    ck_assert_uint_eq(price(BYTES(0x41, 0, 0x67, 0x1a)), 2);                       /* clz */
    ck_assert_uint_eq(price(BYTES(0x41, 0, 0x28, 0, 0, 0x1a)), 3);                 /* load */
    ck_assert_uint_eq(price(BYTES(0x23, 0, 0x24, 0)), 2);                          /* globals */
    ck_assert_uint_eq(price(BYTES(0x3f, 0, 0x1a)), 1);                             /* memory.size */
    ck_assert_uint_eq(price(BYTES(0x41, 0, 0x41, 1, 0x41, 2, 0x1b, 0x1a)), 4);     /* select */
    ck_assert_uint_eq(price(BYTES(0x41, 0, 0x0e, 0, 0)), 3);                       /* br_table */
}
END_TEST

START_TEST(only_the_blocks_that_run_are_charged)
{
    /* if (1): const 1, if 1, then const + drop 1; the else is not charged. */
    ck_assert_uint_eq(
        price(BYTES(0x41, 1, 0x04, 0x40, 0x41, 0, 0x1a, 0x05, 0x41, 0, 0x1a, 0x41, 0, 0x1a, 0x0b)),
        3);
    ck_assert_uint_eq(
        price(BYTES(0x41, 0, 0x04, 0x40, 0x41, 0, 0x1a, 0x05, 0x41, 0, 0x1a, 0x41, 0, 0x1a, 0x0b)),
        4);
    /* What follows a branch that is taken is not charged, nor what cannot be reached. */
    ck_assert_uint_eq(price(BYTES(0x41, 1, 0x0d, 0, 0x41, 0, 0x1a)), 2);
    ck_assert_uint_eq(price(BYTES(0x41, 0, 0x0d, 0, 0x41, 0, 0x1a)), 3);
    ck_assert_uint_eq(price(BYTES(0x0c, 0, 0x41, 0, 0x1a, 0x41, 0, 0x1a)), 1);
}
END_TEST

START_TEST(a_trap_costs_the_blocks_that_were_entered)
{
    /* The whole block is entered: what stands behind the trap in it is paid too. */
    ck_assert_uint_eq(cost_of(&(struct program){.params = "",
                                                .code = (const uint8_t[]){0x41, 0, 0x41, 0, 0x6d,
                                                                          0x1a, 0x41, 0, 0x1a},
                                                .size = 9},
                              0, ENGINE_TRAP_DIVIDE_BY_ZERO),
                      FUEL_ENTRY + 2 + FUEL_DIVIDE + 1);
    ck_assert_uint_eq(
        cost_of(&(struct program){.params = "", .code = (const uint8_t[]){0x00}, .size = 1}, 0,
                ENGINE_TRAP_UNREACHABLE),
        FUEL_ENTRY + 1);
}
END_TEST

START_TEST(bulk_operators_are_charged_by_size_before_they_run)
{
    ck_assert_uint_eq(price(BYTES(0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 11, 0)), 3 + 10);
    ck_assert_uint_eq(price(BYTES(0x41, 0, 0x41, 0, 0x41, 1, 0xfc, 11, 0)), 3 + 10 + 1 + 1024);
    ck_assert_uint_eq(price(BYTES(0x41, 0, 0x41, 0, 0x41, 8, 0xfc, 11, 0)), 3 + 10 + 1 + 1024);
    ck_assert_uint_eq(price(BYTES(0x41, 0, 0x41, 0, 0x41, 9, 0xfc, 10, 0, 0)), 3 + 12 + 2 + 1024);
}
END_TEST

/* One bulk operator in one page of memory, and how it must end. */
struct bulk {
    const char *name; /* of the export of semantics.wasm */
    uint32_t to;
    uint32_t other; /* the byte of a fill, the source of a copy */
    uint32_t size;
    enum engine_outcome outcome;
};

static const struct bulk bulks[] = {
    /* Nothing at the end is inside; behind it is not, and no address wraps around. */
    {"fill", 65536, 7, 0, ENGINE_DONE},
    {"fill", 65537, 7, 0, ENGINE_TRAP_MEMORY},
    {"fill", UINT32_MAX, 7, 0, ENGINE_TRAP_MEMORY},
    {"fill", 0, 7, 65537, ENGINE_TRAP_MEMORY},
    {"fill", 65535, 7, 2, ENGINE_TRAP_MEMORY},
    {"fill", 0, 7, UINT32_MAX, ENGINE_TRAP_MEMORY},
    {"fill", 1, 7, UINT32_MAX, ENGINE_TRAP_MEMORY},
    {"fill", UINT32_MAX, 7, 1, ENGINE_TRAP_MEMORY},
    {"fill", 0x80000000, 7, 0x80000000, ENGINE_TRAP_MEMORY},
    {"fill", UINT32_MAX, 7, UINT32_MAX, ENGINE_TRAP_MEMORY},
    {"copy", 65536, 65536, 0, ENGINE_DONE},
    {"copy", 65537, 0, 0, ENGINE_TRAP_MEMORY},
    {"copy", 0, 65537, 0, ENGINE_TRAP_MEMORY},
    {"copy", 0, 0, 65537, ENGINE_TRAP_MEMORY},
    {"copy", 1, 0, 65536, ENGINE_TRAP_MEMORY},
    {"copy", 0, 1, 65536, ENGINE_TRAP_MEMORY},
    {"copy", 0, 0, UINT32_MAX, ENGINE_TRAP_MEMORY},
    {"copy", 1, 0, UINT32_MAX, ENGINE_TRAP_MEMORY},
    {"copy", 0, 1, UINT32_MAX, ENGINE_TRAP_MEMORY},
    {"copy", 0, UINT32_MAX, 1, ENGINE_TRAP_MEMORY},
    {"copy", 0x80000000, 0, 0x80000000, ENGINE_TRAP_MEMORY},
};

/* Bounds come first: whether it fits or not, it costs what a size of 0 does, and that suffices. */
START_TEST(a_bulk_operator_that_cannot_fit_costs_the_operator_and_is_told_so)
{
    const struct bulk *bulk = &bulks[_i];
    const uint64_t args[3] = {bulk->to, bulk->other, bulk->size};
    struct guest *guest = guest_open("semantics.wasm");
    uint64_t need;

    ck_assert_int_eq(
        guest_run(guest, bulk->name, "iii", 0, (const uint64_t[3]){0, 0, 0}, 1000, NULL),
        ENGINE_DONE);
    need = guest->used;
    ck_assert_uint_eq(need,
                      FUEL_ENTRY + 3 + FUEL_BULK + (bulk->name[0] == 'c' ? 2 : 1) * FUEL_ACCESS);
    ck_assert_int_eq(guest_run(guest, bulk->name, "iii", 0, args, need, NULL), bulk->outcome);
    ck_assert_uint_eq(guest->used, need);
    ck_assert_int_eq(guest_run(guest, bulk->name, "iii", 0, args, need - 1, NULL),
                     ENGINE_OUT_OF_FUEL);
    ck_assert_uint_eq(guest->instance.cards[0] + guest->instance.cards[15], 0);
    guest_free(guest);
}
END_TEST

START_TEST(a_bulk_operator_that_fits_pays_its_size_then_its_pages_then_runs)
{
    struct guest *guest = guest_open("semantics.wasm");
    const uint64_t args[3] = {0, 0xff, 65536};
    uint64_t operator_only = FUEL_ENTRY + 3 + FUEL_BULK + FUEL_ACCESS;
    uint64_t size = 65536 / FUEL_BULK_BYTES;
    uint64_t pages = 16 * FUEL_PAGE;

    ck_assert_int_eq(guest_run(guest, "fill", "iii", 0, args, operator_only + size - 1, NULL),
                     ENGINE_OUT_OF_FUEL);
    ck_assert_int_eq(
        guest_run(guest, "fill", "iii", 0, args, operator_only + size + pages - 1, NULL),
        ENGINE_OUT_OF_FUEL);
    ck_assert_uint_eq(guest->instance.cards[0], 0);
    ck_assert_uint_eq(guest->instance.memory[65534], 0);
    ck_assert_int_eq(guest_run(guest, "fill", "iii", 0, args, operator_only + size + pages, NULL),
                     ENGINE_DONE);
    ck_assert_uint_eq(guest->instance.memory[65534], 0xff);
    guest_free(guest);
}
END_TEST

/* What a body costs in a module whose memory is declared to reach `pages`. */
static uint64_t price_with(uint32_t pages, const uint8_t *code, size_t size)
{
    return cost_of(
               &(struct program){
                   .params = "", .code = code, .size = size, .memory = true, .pages_max = pages},
               0, ENGINE_DONE) -
           FUEL_ENTRY;
}

START_TEST(an_access_costs_by_the_declared_maximum_of_memory)
{
    const uint32_t pages[] = {1, 16, 17, 64, 65, 127};
    const uint32_t access[] = {2, 2, 8, 8, 32, 32};

    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        ck_assert_uint_eq(price_with(pages[i], BYTES(0x41, 0, 0x28, 0, 0, 0x1a)), 1 + access[i]);
        ck_assert_uint_eq(price_with(pages[i], BYTES(0x41, 0, 0x41, 0, 0x3a, 0, 0)),
                          2 + access[i] + 1024);
        ck_assert_uint_eq(price_with(pages[i], BYTES(0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 10, 0, 0)),
                          3 + 8 + 2 * access[i]);
        ck_assert_uint_eq(price_with(pages[i], BYTES(0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 11, 0)),
                          3 + 8 + access[i]);
    }
}
END_TEST

START_TEST(a_jump_table_costs_more_in_a_module_of_much_code)
{
    /* The section: its count in one byte; f in a byte of size, seven of body; idle bodies and the
     * three bytes of size of each. */
    const uint32_t others = 1 + 1 + 7 + 3 + 3 + 3;
    const uint32_t rest = 256 * 1024 - others - 2 * 120000;
    struct program program = {.params = "",
                              .code = (const uint8_t[]){0x41, 0, 0x0e, 0, 0},
                              .size = 5,
                              .idle_bytes = {120000, 120000, rest}};

    ck_assert_uint_eq(cost_of(&program, 0, ENGINE_DONE), FUEL_ENTRY + 1 + 2);
    program.idle_bytes[2]++;
    ck_assert_uint_eq(cost_of(&program, 0, ENGINE_DONE), FUEL_ENTRY + 1 + 32);
}
END_TEST

START_TEST(the_first_change_to_a_page_is_paid_and_no_other)
{
    /* i32.store at 0, then at 8: one page. */
    ck_assert_uint_eq(price(BYTES(0x41, 0, 0x41, 0, 0x36, 0, 0, 0x41, 8, 0x41, 0, 0x36, 0, 0)),
                      8 + 1024);
    /* At 4094: over the border between two. */
    ck_assert_uint_eq(price(BYTES(0x41, 0xfe, 0x1f, 0x41, 0, 0x36, 0, 0)), 4 + 2 * 1024);
    /* At 0, then over the border: one page is new. */
    ck_assert_uint_eq(
        price(BYTES(0x41, 0, 0x41, 0, 0x36, 0, 0, 0x41, 0xfe, 0x1f, 0x41, 0, 0x36, 0, 0)),
        8 + 2 * 1024);
    /* A fill of 8192 bytes from 4095: three pages. */
    ck_assert_uint_eq(price(BYTES(0x41, 0xff, 0x1f, 0x41, 0, 0x41, 0x80, 0xc0, 0, 0xfc, 11, 0)),
                      3 + 10 + 1024 + 3 * 1024);
    /* A load, and a store that traps, touch none. */
    ck_assert_uint_eq(price(BYTES(0x41, 0, 0x29, 0, 0, 0x1a)), 3);
    ck_assert_uint_eq(
        cost_of(&(struct program){.params = "",
                                  .code = (const uint8_t[]){0x41, 0x7f, 0x41, 0, 0x36, 0, 0},
                                  .size = 7,
                                  .memory = true},
                0, ENGINE_TRAP_MEMORY),
        FUEL_ENTRY + 4);
}
END_TEST

START_TEST(a_page_that_cannot_be_paid_is_not_written)
{
    struct guest *guest = guest_open("semantics.wasm");
    const uint64_t args[3] = {4095, 0xff, 2};
    uint64_t need;

    (void)guest_run(guest, "fill", "iii", 0, args, 100000, NULL);
    need = guest->used;
    guest_reset(guest);
    ck_assert_int_eq(guest_run(guest, "fill", "iii", 0, args, need - 1, NULL), ENGINE_OUT_OF_FUEL);
    ck_assert_uint_eq(guest->instance.fuel, 0);
    ck_assert_uint_eq(guest->instance.memory[4095], 0);
    ck_assert_uint_eq(guest->instance.cards[0] + guest->instance.cards[1], 0);
    /* The host asks what its own writing would cost. */
    ck_assert_uint_eq(engine_guest_write_fuel(&guest->instance, 4095, 2), 2 * FUEL_PAGE);
    ck_assert_ptr_nonnull(engine_guest_write(&guest->instance, 4095, 1));
    ck_assert_uint_eq(engine_guest_write_fuel(&guest->instance, 4095, 2), FUEL_PAGE);
    ck_assert_uint_eq(engine_guest_write_fuel(&guest->instance, 4095, 0), 0);
    ck_assert_uint_eq(engine_guest_write_fuel(&guest->instance, UINT32_MAX, 2), 0);
    guest_free(guest);
}
END_TEST

START_TEST(growth_is_charged_by_the_page_when_it_can_be_had)
{
    ck_assert_uint_eq(price(BYTES(0x41, 0, 0x40, 0, 0x1a)), 1 + 8);
    ck_assert_uint_eq(price(BYTES(0x41, 1, 0x40, 0, 0x1a)), 1 + 8 + 512);
    ck_assert_uint_eq(price(BYTES(0x41, 2, 0x40, 0, 0x1a)), 1 + 8);
}
END_TEST

START_TEST(calls_cost_the_operator_and_the_entry)
{
    ck_assert_uint_eq(price(BYTES(0x10, 2, 0x1a)), 2 + 64); /* a host function */
    /* Through the table to the host: the same entry, a dearer operator. */
    ck_assert_uint_eq(price(BYTES(0x41, 1, 0x42, 1, 0x41, 2, 0x11, 1, 0, 0x1a)), 3 + 4 + 64);
}
END_TEST

START_TEST(the_host_may_take_more_fuel_and_the_budget_holds)
{
    struct guest *guest = guest_open("semantics.wasm");
    const uint64_t args[2] = {1, 2};
    uint64_t plain;
    uint64_t result;

    ck_assert_int_eq(guest_run(guest, "host", "il", 'l', args, 10000, &result), ENGINE_DONE);
    plain = guest->used;
    guest->toll = 100;
    ck_assert_int_eq(guest_run(guest, "host", "il", 'l', args, 10000, &result), ENGINE_DONE);
    ck_assert_uint_eq(guest->used, plain + 100);
    ck_assert_int_eq(guest_run(guest, "host", "il", 'l', args, plain + 99, &result),
                     ENGINE_OUT_OF_FUEL);
    ck_assert_uint_eq(guest->instance.fuel, 0);
    guest_free(guest);
}
END_TEST

/* For each budget below the need the run ends out of fuel with none left; at the need it is done.
 */
static void sweep(struct guest *guest, const char *name, const char *params, char type,
                  const uint64_t *args, enum engine_outcome ends)
{
    uint64_t result;
    uint64_t need;

    guest_reset(guest);
    ck_assert_int_eq(guest_run(guest, name, params, type, args, 1000000, &result), ends);
    need = guest->used;
    ck_assert_uint_gt(need, 0);
    for (uint64_t budget = 0; budget <= need + 3; budget++) {
        enum engine_outcome outcome;

        guest_reset(guest);
        outcome = guest_run(guest, name, params, type, args, budget, &result);
        ck_assert_int_eq(outcome, budget < need ? ENGINE_OUT_OF_FUEL : ends);
        ck_assert_uint_eq(guest->instance.fuel, budget < need ? 0 : budget - need);
        if (outcome != ENGINE_DONE)
            ck_assert_uint_eq(result, 0);
    }
}

START_TEST(every_budget_below_the_need_is_used_up_exactly)
{
    struct guest *guest = guest_open("semantics.wasm");
    const uint64_t pair[3] = {3, 4, 100};

    sweep(guest, "fac", "l", 'l', pair, ENGINE_DONE);
    sweep(guest, "nested", "ii", 'i', pair, ENGINE_DONE);
    sweep(guest, "switch_value", "i", 'i', pair, ENGINE_DONE);
    sweep(guest, "host", "il", 'l', pair, ENGINE_DONE);
    sweep(guest, "host_stops", "", 'l', pair, ENGINE_STOPPED);
    sweep(guest, "indirect", "il", 'l', (const uint64_t[]){1, 6}, ENGINE_DONE);
    sweep(guest, "indirect", "il", 'l', pair, ENGINE_TRAP_SIGNATURE);
    sweep(guest, "trap", "", 0, pair, ENGINE_TRAP_UNREACHABLE);
    sweep(guest, "fill", "iii", 0, pair, ENGINE_DONE);
    sweep(guest, "copy", "iii", 0, pair, ENGINE_DONE);
    sweep(guest, "grow", "i", 'i', (const uint64_t[]){1}, ENGINE_DONE);
    sweep(guest, "stale_loop", "i", 'i', pair, ENGINE_DONE);
    guest_free(guest);
}
END_TEST

START_TEST(a_run_out_of_fuel_does_nothing_of_the_block_it_could_not_pay)
{
    struct guest *guest = guest_open("semantics.wasm");
    const uint64_t args[3] = {0, 1, 100};

    (void)guest_run(guest, "fill", "iii", 0, args, 1000, NULL);
    guest_reset(guest);
    ck_assert_int_eq(guest_run(guest, "fill", "iii", 0, args, guest->used - 1, NULL),
                     ENGINE_OUT_OF_FUEL);
    ck_assert_uint_eq(guest->instance.memory[0], 0);
    ck_assert_uint_eq(guest->instance.cards[0], 0);
    guest_free(guest);
}
END_TEST

START_TEST(no_loop_is_free)
{
    const struct {
        const uint8_t *code;
        size_t size;
    } endless[] = {
        {BYTES(0x03, 0x40, 0x0c, 0, 0x0b)},                   /* loop br 0 */
        {BYTES(0x03, 0x40, 0x41, 1, 0x0d, 0, 0x0b)},          /* loop br_if 0 */
        {BYTES(0x03, 0x40, 0x41, 0, 0x0e, 0, 0, 0x0b)},       /* loop br_table 0 */
        {BYTES(0x03, 0x40, 0x02, 0x40, 0x0c, 1, 0x0b, 0x0b)}, /* out of a block */
        {BYTES(0x03, 0x40, 0x03, 0x40, 0x0c, 1, 0x0b, 0x0b)}, /* of two heads */
    };

    for (size_t i = 0; i < sizeof endless / sizeof endless[0]; i++) {
        struct bytes module = {0};
        struct guest *guest;

        assemble(&module,
                 &(struct program){.params = "", .code = endless[i].code, .size = endless[i].size});
        guest = guest_new(module.data, module.size);
        ck_assert_int_eq(guest_run(guest, "f", "", 0, NULL, 100000, NULL), ENGINE_OUT_OF_FUEL);
        ck_assert_uint_eq(guest->instance.fuel, 0);
        guest_free(guest);
        bytes_fini(&module);
    }
}
END_TEST

START_TEST(the_same_run_costs_the_same_from_any_budget)
{
    struct guest *guest = guest_open("semantics.wasm");
    const uint64_t args[1] = {1000};
    uint64_t used = 0;

    for (uint64_t budget = 20000; budget < 4000000000; budget *= 3) {
        ck_assert_int_eq(guest_run(guest, "loop_sum", "i", 'i', args, budget, NULL), ENGINE_DONE);
        ck_assert(used == 0 || used == guest->used);
        used = guest->used;
    }
    ck_assert_int_eq(guest_run(guest, "loop_sum", "i", 'i', args, UINT64_MAX, NULL), ENGINE_DONE);
    ck_assert_uint_eq(used, guest->used);
    /* entry 4; each turn: loop 1, get 1, eqz 1, br_if 1, then 9 to the br; the last turn 4; get 1
     */
    ck_assert_uint_eq(used, 4 + 1000 * (4 + 9) + 4 + 1);
    guest_free(guest);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine fuel");
    TCase *tcase = tcase_create("fuel-3");

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, an_empty_function_costs_its_entry);
    tcase_add_test(tcase, operators_cost_what_the_table_says);
    tcase_add_test(tcase, only_the_blocks_that_run_are_charged);
    tcase_add_test(tcase, a_trap_costs_the_blocks_that_were_entered);
    tcase_add_test(tcase, bulk_operators_are_charged_by_size_before_they_run);
    tcase_add_loop_test(tcase, a_bulk_operator_that_cannot_fit_costs_the_operator_and_is_told_so, 0,
                        (int)(sizeof bulks / sizeof bulks[0]));
    tcase_add_test(tcase, a_bulk_operator_that_fits_pays_its_size_then_its_pages_then_runs);
    tcase_add_test(tcase, an_access_costs_by_the_declared_maximum_of_memory);
    tcase_add_test(tcase, a_jump_table_costs_more_in_a_module_of_much_code);
    tcase_add_test(tcase, the_first_change_to_a_page_is_paid_and_no_other);
    tcase_add_test(tcase, a_page_that_cannot_be_paid_is_not_written);
    tcase_add_test(tcase, growth_is_charged_by_the_page_when_it_can_be_had);
    tcase_add_test(tcase, calls_cost_the_operator_and_the_entry);
    tcase_add_test(tcase, the_host_may_take_more_fuel_and_the_budget_holds);
    tcase_add_test(tcase, every_budget_below_the_need_is_used_up_exactly);
    tcase_add_test(tcase, a_run_out_of_fuel_does_nothing_of_the_block_it_could_not_pay);
    tcase_add_test(tcase, no_loop_is_free);
    tcase_add_test(tcase, the_same_run_costs_the_same_from_any_budget);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
