/* Control flow, calls, memory, cards, globals and traps. */
#include <stdlib.h>
#include <string.h>

#include "engine/limits.h"
#include "tests/check_main.h"
#include "tests/engine/assembler.h"
#include "tests/engine/guest.h"

static struct guest *guest;

static void open_guest(void)
{
    guest = guest_open("semantics.wasm");
}

static void close_guest(void)
{
    guest_free(guest);
}

static uint32_t call_i(const char *name, uint64_t a)
{
    return (uint32_t)guest_call(guest, name, "i", 'i', a, 0);
}

static enum engine_outcome run2(const char *name, const char *params, char type, uint64_t a,
                                uint64_t b)
{
    const uint64_t args[2] = {a, b};
    uint64_t result = 1;
    enum engine_outcome outcome = guest_run(guest, name, params, type, args, 10000000, &result);

    if (outcome != ENGINE_DONE)
        ck_assert_uint_eq(result, 0);
    return outcome;
}

static enum engine_outcome run3(const char *name, uint64_t a, uint64_t b, uint64_t c)
{
    const uint64_t args[3] = {a, b, c};

    return guest_run(guest, name, "iii", 0, args, 10000000, NULL);
}

START_TEST(the_result_may_take_the_place_of_the_arguments)
{
    uint64_t both[2] = {2, 0};

    ck_assert_int_eq(guest_run(guest, "switch", "i", 'i', both, 1000, both), ENGINE_DONE);
    ck_assert_uint_eq(both[0], 12);
}
END_TEST

/* ---- control ---- */

START_TEST(br_table_takes_its_default_above_the_last_label)
{
    ck_assert_uint_eq(call_i("switch", 0), 10);
    ck_assert_uint_eq(call_i("switch", 1), 11);
    ck_assert_uint_eq(call_i("switch", 2), 12);
    ck_assert_uint_eq(call_i("switch", 3), 99);
    ck_assert_uint_eq(call_i("switch", UINT32_MAX), 99);
}
END_TEST

START_TEST(br_table_carries_its_value_to_labels_of_different_height)
{
    ck_assert_uint_eq(call_i("switch_value", 0), 1110);
    ck_assert_uint_eq(call_i("switch_value", 1), 1101);
    ck_assert_uint_eq(call_i("switch_value", 2), 1002);
    ck_assert_uint_eq(call_i("switch_value", 50), 1050);
}
END_TEST

START_TEST(loops_turn_and_nest)
{
    ck_assert_uint_eq(call_i("loop_sum", 0), 0);
    ck_assert_uint_eq(call_i("loop_sum", 100), 5050);
    ck_assert_uint_eq(guest_call(guest, "nested", "ii", 'i', 7, 9), 63);
}
END_TEST

START_TEST(a_pushed_local_keeps_its_value_when_the_local_changes)
{
    ck_assert_uint_eq(call_i("stale", 3), 3 + 3 + 100 + 1000 - 0);
    ck_assert_uint_eq(call_i("stale_tee", 9), (uint32_t)-5);
    ck_assert_uint_eq(call_i("stale_block", 3), 53);
    ck_assert_uint_eq(call_i("stale_block", 0), 0);
    ck_assert_uint_eq(call_i("stale_loop", 6), 6);
    ck_assert_uint_eq(guest_call(guest, "swap", "ii", 'i', 3, 10), 7);
    ck_assert_uint_eq(call_i("tee_chain", 5), 45);
}
END_TEST

START_TEST(br_if_carries_a_value_only_when_taken)
{
    ck_assert_uint_eq(call_i("br_if_value", 5), 5);
    ck_assert_uint_eq(call_i("br_if_value", 0), 3);
    ck_assert_uint_eq(call_i("br_if_constant", 1), 30);
    ck_assert_uint_eq(call_i("br_if_constant", 0), 37);
}
END_TEST

START_TEST(ifs_selects_and_returns_choose)
{
    ck_assert_uint_eq(call_i("if_else", 0), 41);
    ck_assert_uint_eq(call_i("if_else", 7), 8);
    ck_assert_uint_eq(call_i("early", 9), 2);
    ck_assert_uint_eq(call_i("early", 10), 1);
    ck_assert_uint_eq(call_i("after_br", 77), 77);
    ck_assert_uint_eq(call_i("br_function", 0), 5);
    ck_assert_uint_eq(call_i("br_function", 1), 6);
    for (uint64_t condition = 0; condition < 2; condition++) {
        const uint64_t args[3] = {condition, 11, 22};
        uint64_t result;

        ck_assert_int_eq(guest_run(guest, "select", "ill", 'l', args, 100, &result), ENGINE_DONE);
        ck_assert_uint_eq(result, condition == 1 ? 11 : 22);
    }
}
END_TEST

START_TEST(locals_begin_as_zero_even_on_a_used_stack)
{
    ck_assert_uint_eq(guest_call(guest, "wide", "l", 'l', 30, 0), 30);
    ck_assert_uint_eq(guest_call(guest, "zeroed", "", 'l', 0, 0), 0);
}
END_TEST

START_TEST(unreachable_traps_and_tells_where)
{
    uint32_t function;
    uint32_t offset;
    size_t size;
    uint8_t *bytes = guest_read_file("semantics.wasm", &size);

    ck_assert_int_eq(run2("trap", "", 0, 0, 0), ENGINE_TRAP_UNREACHABLE);
    engine_trap_place(guest->stack, &function, &offset);
    ck_assert_uint_lt(offset, size);
    ck_assert_uint_eq(bytes[offset], 0x00);     /* unreachable */
    ck_assert_uint_eq(bytes[offset + 1], 0x0b); /* end */
    ck_assert_uint_eq(bytes[offset - 1], 0x00); /* no locals */
    free(bytes);
}
END_TEST

/* ---- calls ---- */

START_TEST(functions_call_each_other_and_themselves)
{
    ck_assert_uint_eq(guest_call(guest, "fac", "l", 'l', 20, 0), 2432902008176640000);
    ck_assert_uint_eq(guest_call(guest, "indirect", "il", 'l', 1, 5), 120);
    ck_assert_uint_eq(guest_call(guest, "indirect", "il", 'l', 2, 5), 10);
}
END_TEST

START_TEST(an_indirect_call_traps_outside_the_table_and_on_another_type)
{
    ck_assert_int_eq(run2("indirect", "il", 'l', 0, 5), ENGINE_TRAP_TABLE);
    ck_assert_int_eq(run2("indirect", "il", 'l', 7, 5), ENGINE_TRAP_TABLE);
    ck_assert_int_eq(run2("indirect", "il", 'l', 8, 5), ENGINE_TRAP_TABLE);
    ck_assert_int_eq(run2("indirect", "il", 'l', UINT32_MAX, 5), ENGINE_TRAP_TABLE);
    ck_assert_int_eq(run2("indirect", "il", 'l', 3, 5), ENGINE_TRAP_SIGNATURE);
    ck_assert_int_eq(run2("indirect", "il", 'l', 4, 5), ENGINE_TRAP_SIGNATURE);
}
END_TEST

START_TEST(the_host_is_called_with_its_arguments_and_can_stop)
{
    ck_assert_uint_eq(guest_call(guest, "host", "il", 'l', UINT32_MAX, 5),
                      (uint64_t)UINT32_MAX + 5 + 1000);
    ck_assert_uint_eq(guest_call(guest, "indirect_host", "il", 'l', 3, 5), 12);
    ck_assert_uint_eq(guest->host_calls, 2);
    ck_assert_int_eq(run2("host_stops", "", 'l', 0, 0), ENGINE_STOPPED);
    ck_assert_uint_eq(guest->instance.memory[0], 1); /* before the call */
    ck_assert_uint_eq(guest->instance.memory[4], 0); /* after it */
}
END_TEST

/* The greatest depth that ends well. */
static uint64_t depth_of(const char *name)
{
    uint64_t low = 0;
    uint64_t high = 100000;

    while (low + 1 < high) {
        uint64_t middle = (low + high) / 2;
        enum engine_outcome outcome = run2(name, "l", 'l', middle, 0);

        ck_assert(outcome == ENGINE_DONE || outcome == ENGINE_TRAP_STACK);
        if (outcome == ENGINE_DONE)
            low = middle;
        else
            high = middle;
    }
    return low;
}

START_TEST(the_stack_ends_at_the_same_published_depth)
{
    /* A small activation is stopped by the number of calls ... */
    ck_assert_uint_eq(depth_of("deep"), LIMIT_CALLS - 1);
    /* ... a large one by cells: 1 parameter, 63 locals, 3 operands (see docs/fuel.md). */
    ck_assert_uint_eq(depth_of("wide"), LIMIT_STACK_CELLS / 67 - 1);
    ck_assert_int_eq(run2("forever", "", 0, 0, 0), ENGINE_TRAP_STACK);
    ck_assert_uint_eq(guest_call(guest, "fac", "l", 'l', 5, 0), 120); /* and it can go on */
}
END_TEST

/* ---- memory ---- */

START_TEST(loads_extend_and_wrap_nothing)
{
    memcpy(guest->instance.memory + 8, "\x80\xff\xfe\x81\x90\x91\x92\xf3", 8);
    ck_assert_uint_eq(call_i("load8", 8), 0x80);
    ck_assert_uint_eq(call_i("load16", 8), 0xffffff80);
    ck_assert_uint_eq(call_i("load32", 8), 0x81feff80);
    ck_assert_uint_eq(guest_call(guest, "load64", "i", 'l', 8, 0), 0xf392919081feff80);
    ck_assert_uint_eq(guest_call(guest, "load64_8s", "i", 'l', 8, 0), (uint64_t)-128);
    ck_assert_uint_eq(guest_call(guest, "load64_32s", "i", 'l', 8, 0), 0xffffffff81feff80);
    ck_assert_uint_eq(guest_call(guest, "load64_32u", "i", 'l', 8, 0), 0x81feff80);
}
END_TEST

START_TEST(an_access_may_touch_the_last_byte_and_no_further)
{
    ck_assert_uint_eq(call_i("load8", 65535), 'z');
    ck_assert_int_eq(run2("load8", "i", 'i', 65536, 0), ENGINE_TRAP_MEMORY);
    ck_assert_int_eq(run2("load16", "i", 'i', 65534, 0), ENGINE_DONE);
    ck_assert_int_eq(run2("load16", "i", 'i', 65535, 0), ENGINE_TRAP_MEMORY);
    ck_assert_int_eq(run2("load32", "i", 'i', 65532, 0), ENGINE_DONE);
    ck_assert_int_eq(run2("load32", "i", 'i', 65533, 0), ENGINE_TRAP_MEMORY);
    ck_assert_int_eq(run2("load64", "i", 'l', 65528, 0), ENGINE_DONE);
    ck_assert_int_eq(run2("load64", "i", 'l', 65529, 0), ENGINE_TRAP_MEMORY);
    ck_assert_int_eq(run2("load64", "i", 'l', UINT32_MAX, 0), ENGINE_TRAP_MEMORY);
    /* Address and offset are added in 64 bits: they do not wrap to 0. */
    ck_assert_int_eq(run2("load_far", "i", 'i', 1, 0), ENGINE_TRAP_MEMORY);
    ck_assert_int_eq(run2("load_far", "i", 'i', UINT32_MAX, 0), ENGINE_TRAP_MEMORY);
    ck_assert_int_eq(run2("store8", "ii", 0, 65535, 1), ENGINE_DONE);
    ck_assert_int_eq(run2("store8", "ii", 0, 65536, 1), ENGINE_TRAP_MEMORY);
    ck_assert_int_eq(run2("store32", "ii", 0, 65533, UINT32_MAX), ENGINE_TRAP_MEMORY);
    ck_assert_uint_eq(guest->instance.memory[65535], 1); /* a refused store writes nothing */
    ck_assert_uint_eq(guest->instance.memory[65534], 0);
    ck_assert_int_eq(run2("store64", "il", 0, 65529, 1), ENGINE_TRAP_MEMORY);
    ck_assert_int_eq(run2("store64_32", "il", 0, 65528, 1), ENGINE_DONE);
    ck_assert_int_eq(run2("store64_32", "il", 0, 65529, 1), ENGINE_TRAP_MEMORY);
}
END_TEST

/* Exactly the cards from `first` to `last` are marked; then clear them. */
static void check_cards(uint32_t first, uint32_t last)
{
    for (uint32_t card = 0; card < ENGINE_CARDS_MAX; card++)
        ck_assert_msg(guest->instance.cards[card] == (card >= first && card <= last),
                      "card %u, expected %u to %u", card, first, last);
    memset(guest->instance.cards, 0, ENGINE_CARDS_MAX);
}

static void check_no_cards(void)
{
    check_cards(1, 0);
}

START_TEST(a_store_marks_the_cards_that_it_touches)
{
    (void)run2("store8", "ii", 0, 0, 1);
    check_cards(0, 0);
    (void)run2("store8", "ii", 0, 4095, 1);
    check_cards(0, 0);
    (void)run2("store8", "ii", 0, 4096, 1);
    check_cards(1, 1);
    (void)run2("store16", "ii", 0, 4095, 1);
    check_cards(0, 1);
    (void)run2("store32", "ii", 0, 8189, 1);
    check_cards(1, 2);
    (void)run2("store64", "il", 0, 8185, 1);
    check_cards(1, 2);
    (void)run2("store64", "il", 0, 8184, 1);
    check_cards(1, 1);
    (void)run2("store_f64", "il", 0, 65528, 1);
    check_cards(15, 15);
    (void)run2("store64_32", "il", 0, 4091, 1);
    check_cards(0, 1);
    (void)run2("store64", "il", 0, 65529, 1);
    check_no_cards();
    (void)run2("load64", "i", 'l', 0, 0);
    check_no_cards();
}
END_TEST

START_TEST(fill_and_copy_do_all_or_nothing)
{
    uint8_t *memory = guest->instance.memory;

    ck_assert_int_eq(run3("fill", 4090, 0x1ab, 8200), ENGINE_DONE);
    ck_assert_uint_eq(memory[4089], 0);
    ck_assert_uint_eq(memory[4090], 0xab);
    ck_assert_uint_eq(memory[12289], 0xab);
    ck_assert_uint_eq(memory[12290], 0);
    check_cards(0, 3);
    ck_assert_int_eq(run3("fill", 65536, 1, 0), ENGINE_DONE);
    ck_assert_int_eq(run3("fill", 65537, 1, 0), ENGINE_TRAP_MEMORY);
    ck_assert_int_eq(run3("fill", 65530, 1, 7), ENGINE_TRAP_MEMORY);
    ck_assert_int_eq(run3("copy", 0, 65530, 7), ENGINE_TRAP_MEMORY);
    ck_assert_int_eq(run3("copy", 65530, 0, 7), ENGINE_TRAP_MEMORY);
    ck_assert_int_eq(run3("copy", 65536, 65536, 0), ENGINE_DONE);
    ck_assert_int_eq(run3("copy", 0, 65537, 0), ENGINE_TRAP_MEMORY);
    ck_assert_uint_eq(memory[65530], 0);
    check_no_cards();
    ck_assert_int_eq(run3("copy", 101, 100, 6), ENGINE_DONE); /* overlapping, up */
    ck_assert_mem_eq(memory + 100, "aabXYef", 7);
    ck_assert_int_eq(run3("copy", 100, 101, 6), ENGINE_DONE); /* and down */
    ck_assert_mem_eq(memory + 100, "abXYeff", 7);
    check_cards(0, 0);
    ck_assert_int_eq(run3("copy", 20479, 0, 2), ENGINE_DONE);
    check_cards(4, 5);
}
END_TEST

START_TEST(memory_grows_to_its_maximum_and_shows_zeroes)
{
    ck_assert_uint_eq(guest_call(guest, "size", "", 'i', 0, 0), 1);
    ck_assert_uint_eq(call_i("grow", 0), 1);
    ck_assert_uint_eq(call_i("grow", 3), UINT32_MAX);
    ck_assert_uint_eq(call_i("grow", UINT32_MAX), UINT32_MAX);
    ck_assert_int_eq(run2("load8", "i", 'i', 65536, 0), ENGINE_TRAP_MEMORY);
    ck_assert_uint_eq(call_i("grow", 1), 1);
    ck_assert_uint_eq(call_i("load8", 65536), 0);
    ck_assert_int_eq(run2("load8", "i", 'i', 131072, 0), ENGINE_TRAP_MEMORY);
    guest->refuse_growth = true;
    ck_assert_uint_eq(call_i("grow", 1), UINT32_MAX);
    ck_assert_uint_eq(call_i("grow", 0), 2);
    ck_assert_uint_eq(guest->instance.memory_pages, 2);
    guest->refuse_growth = false;
    guest->instance.host_grow = NULL;
    ck_assert_uint_eq(call_i("grow", 1), 2);
    ck_assert_uint_eq(guest_call(guest, "size", "", 'i', 0, 0), 3);
    ck_assert_uint_eq(call_i("grow", 1), UINT32_MAX);
    check_no_cards();
}
END_TEST

START_TEST(nan_bits_that_a_guest_sees_are_the_one_nan)
{
    ck_assert_uint_eq(guest_call(guest, "nan_seen", "l", 'l', 0xfff4000000000007, 0),
                      0x7ff8000000000000);
}
END_TEST

START_TEST(globals_outlive_a_run)
{
    ck_assert_uint_eq(guest_call(guest, "globals", "il", 'l', 0x80000000, 7), (uint64_t)-3);
    ck_assert_uint_eq(guest->instance.globals[0], 0x80000000);
    ck_assert_uint_eq(guest->instance.globals[1], 7);
    ck_assert_uint_eq(guest_call(guest, "globals", "il", 'l', 0, 0),
                      (uint64_t)((int64_t)INT32_MIN + 7));
}
END_TEST

/* ---- the host's view ---- */

START_TEST(the_host_reads_and_writes_inside_memory_only)
{
    struct engine_instance *instance = &guest->instance;

    ck_assert_ptr_eq(engine_guest_read(instance, 0, 65536), instance->memory);
    ck_assert_ptr_null(engine_guest_read(instance, 0, 65537));
    ck_assert_ptr_null(engine_guest_read(instance, 65536, 1));
    ck_assert_ptr_nonnull(engine_guest_read(instance, 65536, 0));
    ck_assert_ptr_null(engine_guest_read(instance, UINT32_MAX, UINT32_MAX));
    ck_assert_ptr_null(engine_guest_write(instance, 65535, 2));
    check_no_cards();
    ck_assert_ptr_eq(engine_guest_write(instance, 4095, 4098), instance->memory + 4095);
    check_cards(0, 2);
    ck_assert_ptr_nonnull(engine_guest_write(instance, 100, 0));
    check_no_cards();
    ck_assert_uint_eq(guest_call(guest, "host_pokes", "ii", 'l', 8000, 300), 0);
    check_cards(1, 2);
    ck_assert_uint_eq(guest->instance.memory[8299], 0xee);
    ck_assert_uint_eq(guest_call(guest, "host_pokes", "ii", 'l', 65536, 1), UINT64_MAX);
}
END_TEST

START_TEST(a_module_without_memory_has_none_to_show)
{
    struct bytes module = {0};
    struct guest *bare;

    put_header(&module);
    bare = guest_new(module.data, module.size);
    bare->instance.memory_pages = 0;
    ck_assert_ptr_null(engine_guest_read(&bare->instance, 0, 1));
    ck_assert_uint_eq(engine_code_memory_pages_max(bare->code), 0);
    guest_free(bare);
    bytes_fini(&module);
}
END_TEST

START_TEST(every_outcome_has_a_name_of_its_own)
{
    for (int i = ENGINE_DONE; i <= ENGINE_TRAP_STACK; i++)
        for (int j = ENGINE_DONE; j < i; j++)
            ck_assert_str_ne(engine_outcome_name((enum engine_outcome)i),
                             engine_outcome_name((enum engine_outcome)j));
    ck_assert_str_eq(engine_outcome_name(ENGINE_DONE), "done");
    ck_assert_str_eq(engine_outcome_name(ENGINE_OUT_OF_FUEL), "out of fuel");
    ck_assert_str_eq(engine_outcome_name((enum engine_outcome)99), "unknown outcome");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine run");
    TCase *tcase = tcase_create("run");

    tcase_add_checked_fixture(tcase, open_guest, close_guest);
    tcase_add_test(tcase, the_result_may_take_the_place_of_the_arguments);
    tcase_add_test(tcase, br_table_takes_its_default_above_the_last_label);
    tcase_add_test(tcase, br_table_carries_its_value_to_labels_of_different_height);
    tcase_add_test(tcase, loops_turn_and_nest);
    tcase_add_test(tcase, a_pushed_local_keeps_its_value_when_the_local_changes);
    tcase_add_test(tcase, br_if_carries_a_value_only_when_taken);
    tcase_add_test(tcase, ifs_selects_and_returns_choose);
    tcase_add_test(tcase, locals_begin_as_zero_even_on_a_used_stack);
    tcase_add_test(tcase, unreachable_traps_and_tells_where);
    tcase_add_test(tcase, functions_call_each_other_and_themselves);
    tcase_add_test(tcase, an_indirect_call_traps_outside_the_table_and_on_another_type);
    tcase_add_test(tcase, the_host_is_called_with_its_arguments_and_can_stop);
    tcase_add_test(tcase, the_stack_ends_at_the_same_published_depth);
    tcase_add_test(tcase, loads_extend_and_wrap_nothing);
    tcase_add_test(tcase, an_access_may_touch_the_last_byte_and_no_further);
    tcase_add_test(tcase, a_store_marks_the_cards_that_it_touches);
    tcase_add_test(tcase, fill_and_copy_do_all_or_nothing);
    tcase_add_test(tcase, memory_grows_to_its_maximum_and_shows_zeroes);
    tcase_add_test(tcase, nan_bits_that_a_guest_sees_are_the_one_nan);
    tcase_add_test(tcase, globals_outlive_a_run);
    tcase_add_test(tcase, the_host_reads_and_writes_inside_memory_only);
    tcase_add_test(tcase, a_module_without_memory_has_none_to_show);
    tcase_add_test(tcase, every_outcome_has_a_name_of_its_own);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
