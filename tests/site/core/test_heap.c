/* The capability heap: numbers, deposits, and who gets them back. */
#include <string.h>

#include "tests/site/core/puppet.h"

enum { MONEY = 50000000 };

static struct site site;
static uint64_t owner;
static uint64_t other;
static uint8_t number[SERAI_HEAP_NUMBER_BYTES];

static void setup(void)
{
    site_open(&site, 7, 10000000000);
    site_customers(&site, 2, 2000000000);
    owner = puppet_new(&site, 1, MONEY, NULL);
    other = puppet_new(&site, 2, MONEY, NULL);
}

static void teardown(void)
{
    site_end(&site);
}

struct trial {
    enum serai_order order; /* heap_get or heap_take */
    enum engine_outcome outcome;
    int64_t answer;
};

static enum engine_outcome presents(void *context, struct part *part)
{
    struct trial *trial = context;
    const int64_t args[] = {SERAI_SLOT_HEAP, AT_NUMBER};

    memcpy(part_memory(part, AT_NUMBER, sizeof number), number, sizeof number);
    trial->answer = part_order_list(part, trial->order, args, 2);
    return trial->outcome;
}

START_TEST(whoever_takes_the_entry_out_gets_the_deposit)
{
    struct trial take = {.order = SERAI_ORDER_heap_take};
    uint64_t deposit = money_nanos(site.book.heap_deposit);
    uint64_t had = worth_of(&site, owner);
    uint64_t before;

    puppet_publish(&site, owner, 9, 0, number);
    ck_assert_uint_eq(site_balance(&site, ACCOUNT_DEPOSIT_HEAP), deposit);
    ck_assert_uint_eq(worth_of(&site, owner), had + site_reserve(&site) - deposit -
                                                  price_of(&site, SERAI_ORDER_heap_add) -
                                                  price_of(&site, SERAI_ORDER_self_facet));
    before = worth_of(&site, other);
    puppet_play(&site, other, presents, &take);
    ck_assert_int_ge(take.answer, SERAI_SLOT_FIRST_FREE);
    ck_assert_uint_eq(site_balance(&site, ACCOUNT_DEPOSIT_HEAP), 0);
    ck_assert_uint_eq(worth_of(&site, other), before + site_reserve(&site) + deposit -
                                                  price_of(&site, SERAI_ORDER_heap_take));
    ck_assert_uint_eq(site.core->agents->heap.count, 0);
    puppet_play(&site, other, presents, &take);
    ck_assert_int_eq(take.answer, SERAI_E_MISSING);
}
END_TEST

START_TEST(looking_up_takes_nothing_out_and_gives_a_slot_each_time)
{
    struct trial get = {.order = SERAI_ORDER_heap_get};
    int64_t first;

    puppet_publish(&site, owner, 9, 0, number);
    puppet_play(&site, other, presents, &get);
    first = get.answer;
    ck_assert_int_ge(first, SERAI_SLOT_FIRST_FREE);
    puppet_play(&site, other, presents, &get);
    ck_assert_int_eq(get.answer, first + 1); /* so dropping one leaves the other */
    ck_assert_uint_eq(site.core->agents->heap.count, 1);
    ck_assert_uint_eq(site_balance(&site, ACCOUNT_DEPOSIT_HEAP),
                      money_nanos(site.book.heap_deposit));
}
END_TEST

START_TEST(a_trap_puts_the_entry_back)
{
    struct trial take = {.order = SERAI_ORDER_heap_take, .outcome = ENGINE_TRAP_MEMORY};

    puppet_publish(&site, owner, 9, 0, number);
    puppet_play(&site, other, presents, &take);
    ck_assert_int_ge(take.answer, 0);
    ck_assert_uint_eq(site.core->agents->heap.count, 1);
    ck_assert_ptr_nonnull(cap_heap_find(&site.core->agents->heap, number));
    ck_assert_uint_eq(site_agent(&site, other)->caps.used, SERAI_SLOT_FIRST_FREE - 1);
}
END_TEST

START_TEST(guessing_a_number_is_charged)
{
    struct trial get = {.order = SERAI_ORDER_heap_get};
    uint64_t before = worth_of(&site, other);

    memset(number, 0xab, sizeof number);
    puppet_play(&site, other, presents, &get);
    ck_assert_int_eq(get.answer, SERAI_E_MISSING);
    ck_assert_uint_gt(price_of(&site, SERAI_ORDER_heap_get), 0);
    ck_assert_uint_eq(worth_of(&site, other),
                      before + site_reserve(&site) - price_of(&site, SERAI_ORDER_heap_get));
}
END_TEST

static enum engine_outcome chooses(void *context, struct part *part)
{
    int64_t *answers = context;
    int64_t facet = part_order(part, self_facet, 0, 1, 0);
    int64_t buffer = part_order(part, buffer_buy, SERAI_SLOT_BUFFERS, 100);
    int64_t shared = part_order(part, buffer_share, buffer, SERAI_RIGHT_READ);

    memset(part_memory(part, AT_NUMBER, sizeof number), 3, sizeof number);
    answers[0] = part_order(part, heap_add_at, SERAI_SLOT_HEAP, facet, AT_NUMBER);
    answers[1] = part_order(part, heap_add_at, SERAI_SLOT_HEAP, facet, AT_NUMBER);
    answers[2] = part_order(part, heap_add, SERAI_SLOT_HEAP, buffer, AT_NUMBER);
    answers[3] = part_order(part, heap_add, SERAI_SLOT_HEAP, SERAI_SLOT_SELF, AT_NUMBER);
    answers[4] = part_order(part, heap_add, SERAI_SLOT_HEAP, shared, AT_NUMBER);
    answers[5] = part_order(part, heap_add, SERAI_SLOT_HEAP, 500, AT_NUMBER);
    return ENGINE_DONE;
}

START_TEST(a_number_is_used_once_and_only_what_may_be_named_is)
{
    int64_t answers[6];

    puppet_play(&site, owner, chooses, answers);
    ck_assert_int_eq(answers[0], 0);
    ck_assert_int_eq(answers[1], SERAI_E_EXISTS);
    ck_assert_int_eq(answers[2], SERAI_E_RIGHT); /* an owner's buffer */
    ck_assert_int_eq(answers[3], SERAI_E_RIGHT);
    ck_assert_int_eq(answers[4], 0);
    ck_assert_int_eq(answers[5], SERAI_E_SLOT);
    ck_assert_uint_eq(site.core->agents->heap.count, 2);
}
END_TEST

START_TEST(an_entry_outlives_its_depositor_and_still_refunds)
{
    struct trial take = {.order = SERAI_ORDER_heap_take};
    uint64_t before;

    puppet_publish(&site, owner, 9, 0, number);
    puppet_play(&site, owner, puppet_dies, NULL);
    site_reload_same(&site);
    before = worth_of(&site, other);
    puppet_play(&site, other, presents, &take);
    ck_assert_int_ge(take.answer, 0);
    ck_assert_uint_gt(worth_of(&site, other), before);
    ck_assert_uint_eq(site_balance(&site, ACCOUNT_DEPOSIT_HEAP), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("core heap");
    TCase *tcase = tcase_create("heap");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, whoever_takes_the_entry_out_gets_the_deposit);
    tcase_add_test(tcase, looking_up_takes_nothing_out_and_gives_a_slot_each_time);
    tcase_add_test(tcase, a_trap_puts_the_entry_back);
    tcase_add_test(tcase, guessing_a_number_is_charged);
    tcase_add_test(tcase, a_number_is_used_once_and_only_what_may_be_named_is);
    tcase_add_test(tcase, an_entry_outlives_its_depositor_and_still_refunds);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
