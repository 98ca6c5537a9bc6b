/* Rent, exactly; and the caps of a customer. */
#include <stdlib.h>
#include <string.h>

#include "agents/accrual.h"
#include "agents/rent.h"
#include "tests/dense_keys.h"
#include "tests/site/core/puppet.h"

enum { MONEY = 50000000 };

static struct site site;

static void setup(void)
{
    site_open(&site, 7, 10000000000);
    site_customers(&site, 2, 2000000000);
}

static void teardown(void)
{
    site_end(&site);
}

/* ---- rent ---- */

/* Bring all accruals up to now, and pay what is whole. */
static void settle_rent(void)
{
    uint64_t *ids;
    size_t count;

    ledger_event_begin(site.core->ledger);
    dense_keys_sorted(&site.core->agents->by_id, &ids, &count);
    for (size_t i = 0; i < count; i++)
        rent_bill(site.core->agents, site_agent(&site, ids[i]));
    free(ids);
    (void)ledger_event_end(site.core->ledger,
                           &(struct event){.kind = EVENT_TICK,
                                           .bytes = hash_of(NULL, 0),
                                           .random = hash_of(NULL, 0),
                                           .site_time_us = site.core->site_time_us});
    site.core->frame_open = true;
    site_frame(&site);
}

static enum engine_outcome buys_buffer(void *context, struct part *part)
{
    (void)context;
    ck_assert_int_ge(part_order(part, buffer_buy, SERAI_SLOT_BUFFERS, 123457), 0);
    return ENGINE_DONE;
}

START_TEST(rent_over_any_steps_of_time_is_one_product)
{
    struct rng rng = rng_for_test();
    uint64_t agent = puppet_new(&site, 1, MONEY, NULL);
    const struct agent *state = site_agent(&site, agent);
    uint64_t began;
    u128 time;
    u128 product;
    u128 paid;

    puppet_play(&site, agent, buys_buffer, NULL);
    settle_rent();
    began = site.core->site_time_us;
    paid = site_balance(&site, ACCOUNT_REVENUE_MEMORY) +
           (u128)site_balance(&site, ACCOUNT_REVENUE_BUFFERS);
    product = 0;
    for (int resource = 0; resource < 2; resource++)
        product += state->rent.owed[resource];
    for (int step = 0; step < 150; step++) {
        site_pass(&site, rng_below(&rng, 9000000));
        if (rng_below(&rng, 4) == 0)
            settle_rent();
        else
            continue;
        if (rng_below(&rng, 4) == 0)
            site_reload_same(&site);
    }
    settle_rent();
    state = site_agent(&site, agent);
    time = site.core->site_time_us - began;
    ck_assert_uint_gt((uint64_t)time, 100000000);
    product += time * agent_bytes_held(state) * money_nanos(site.book.memory_rent);
    product += time * state->owns.buffer_bytes * money_nanos(site.book.buffer_rent);
    paid = site_balance(&site, ACCOUNT_REVENUE_MEMORY) +
           (u128)site_balance(&site, ACCOUNT_REVENUE_BUFFERS) - paid;
    ck_assert(paid > 0);
    ck_assert(paid * MARKET_RENT_UNIT + state->rent.owed[0] + state->rent.owed[1] == product);
}
END_TEST

static u128 code_rent_of(uint64_t agent)
{
    return site_agent(&site, agent)->rent.owed[RENT_CODE];
}

START_TEST(two_agents_that_share_code_pay_half_each)
{
    uint64_t first = puppet_new(&site, 1, MONEY, NULL);
    uint64_t second = puppet_new(&site, 2, MONEY, NULL);
    uint64_t size = site_agent(&site, first)->program.code.code->held;
    u128 before_first;
    u128 before_second;
    uint64_t began;
    u128 whole;

    ck_assert_ptr_eq(site_agent(&site, first)->program.code.code,
                     site_agent(&site, second)->program.code.code);
    settle_rent();
    before_first = code_rent_of(first);
    before_second = code_rent_of(second);
    began = site.core->site_time_us;
    site_pass(&site, 30000000); /* too little for one whole nano */
    settle_rent();
    whole = (u128)(site.core->site_time_us - began) * size * money_nanos(site.book.code_rent);
    ck_assert(whole > 0);
    ck_assert(code_rent_of(first) - before_first == whole / 2);
    ck_assert(code_rent_of(second) - before_second == whole / 2);
}
END_TEST

/* ---- caps of a customer ---- */

static void caps(struct pricebook *book)
{
    book->customer_agents_max = 2;
    book->customer_buffer_bytes_max = 100000;
    book->customer_memory_bytes_max = 512 * 1024;
    book->customer_facets_max = 3;
    book->customer_timers_max = 2;
    book->customer_heap_entries_max = 2;
    book->customer_code_bytes_max = 1 << 20;
}

static void reopen_with_caps(void)
{
    probe_play_none();
    site_close(&site);
    site_open_book(&site, 7, 10000000000, caps);
    site_customers(&site, 2, 2000000000);
}

START_TEST(a_customer_has_so_many_agents_and_no_more)
{
    struct deploy spin = {.module = "spin", .nanos = MONEY};
    uint64_t before;

    reopen_with_caps();
    (void)puppet_new(&site, 1, MONEY, NULL);
    (void)puppet_new(&site, 1, MONEY, NULL);
    before = site_balance(&site, site.people[1].account);
    ck_assert_int_eq(site_try_deploy(&site, 1, &spin), CONTROL_REFUSED);
    ck_assert_uint_eq(site_balance(&site, site.people[1].account), before);
    (void)puppet_new(&site, 2, MONEY, NULL); /* another customer still may */
}
END_TEST

/* What four tries to make one more of each thing came to, and then one after one was given up. */
struct hoarding {
    int64_t facets[5];
    int64_t timers[4];
    int64_t entries[5];
};

enum { HEAP_NUMBER_AT = 64 };

static enum engine_outcome hoards(void *context, struct part *part)
{
    struct hoarding *hoarding = context;
    int64_t facet = 0;

    for (int i = 0; i < 4; i++) {
        hoarding->facets[i] = part_order(part, self_facet, SERAI_SLOT_SELF, i, 0);
        if (hoarding->facets[i] >= 0)
            facet = hoarding->facets[i];
        hoarding->timers[i] =
            part_order(part, timer_wake, SERAI_SLOT_FIRST_FREE, INT64_C(1) << 60, i);
        hoarding->entries[i] =
            part_order(part, heap_add, SERAI_SLOT_HEAP, facet, HEAP_NUMBER_AT + 16 * i);
    }
    (void)part_order(part, heap_take, SERAI_SLOT_HEAP, HEAP_NUMBER_AT);
    hoarding->entries[4] = part_order(part, heap_add, SERAI_SLOT_HEAP, facet, HEAP_NUMBER_AT + 64);
    (void)part_order(part, self_revoke, SERAI_SLOT_SELF, facet);
    hoarding->facets[4] = part_order(part, self_facet, SERAI_SLOT_SELF, 9, 0);
    return ENGINE_DONE;
}

static void hoarded_all(const struct hoarding *hoarding)
{
    for (int i = 0; i < 3; i++)
        ck_assert_int_ge(hoarding->facets[i], 0);
    ck_assert_int_eq(hoarding->facets[3], SERAI_E_QUOTA);
    ck_assert_int_ge(hoarding->facets[4], 0); /* one was given up */
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(hoarding->timers[i], i < 2 ? 0 : SERAI_E_QUOTA);
        ck_assert_int_eq(hoarding->entries[i], i < 2 ? 0 : SERAI_E_QUOTA);
    }
    ck_assert_int_eq(hoarding->entries[4], 0);
}

START_TEST(a_customer_at_its_bounds_leaves_another_its_own)
{
    struct hoarding first = {0};
    struct hoarding second = {0};
    struct hoarding other = {0};
    uint64_t one;
    uint64_t two;

    reopen_with_caps();
    one = puppet_new(&site, 1, MONEY, "t");
    two = puppet_new(&site, 1, MONEY, "t");
    puppet_play(&site, one, hoards, &first);
    hoarded_all(&first);
    site_reload_same(&site); /* what is held is counted anew */
    puppet_play(&site, two, hoards, &second);
    ck_assert_int_eq(second.facets[0], SERAI_E_QUOTA);
    ck_assert_int_eq(second.timers[0], SERAI_E_QUOTA);
    puppet_play(&site, puppet_new(&site, 2, MONEY, "t"), hoards, &other);
    hoarded_all(&other);
}
END_TEST

struct shopping {
    int64_t bytes[4];
    int64_t answers[4];
};

static enum engine_outcome shops(void *context, struct part *part)
{
    struct shopping *shopping = context;

    for (int i = 0; i < 4; i++)
        shopping->answers[i] = part_order(part, buffer_buy, SERAI_SLOT_BUFFERS, shopping->bytes[i]);
    return ENGINE_DONE;
}

START_TEST(a_customers_agents_hold_so_many_bytes_of_buffers_together)
{
    struct shopping first = {.bytes = {60000, 40001, 0, -1}};
    struct shopping second = {.bytes = {40001, 40000, 1, SERAI_BUFFER_BYTES_MAX + 1}};
    uint64_t one;
    uint64_t two;

    reopen_with_caps();
    one = puppet_new(&site, 1, MONEY, NULL);
    two = puppet_new(&site, 1, MONEY, NULL);
    puppet_play(&site, one, shops, &first);
    ck_assert_int_ge(first.answers[0], 0);
    ck_assert_int_eq(first.answers[1], SERAI_E_QUOTA);
    ck_assert_int_eq(first.answers[2], SERAI_E_INVALID);
    ck_assert_int_eq(first.answers[3], SERAI_E_INVALID);
    site_reload_same(&site);
    puppet_play(&site, two, shops, &second);
    ck_assert_int_eq(second.answers[0], SERAI_E_QUOTA);
    ck_assert_int_ge(second.answers[1], 0);
    ck_assert_int_eq(second.answers[2], SERAI_E_QUOTA);
    ck_assert_int_eq(second.answers[3], SERAI_E_INVALID);
}
END_TEST

START_TEST(memory_that_grows_counts_under_the_customers_cap)
{
    struct deploy grow = {.module = "grow", .nanos = MONEY};
    uint64_t agent;

    reopen_with_caps();
    agent = site_deploy(&site, 1, &grow);
    site_settle(&site);
    ck_assert_uint_eq(site_agent(&site, agent)->usage.traps, 0);
    ck_assert(site_logged(&site, agent, "grow: 8 pages at last"));
    ck_assert_uint_eq(site_agent(&site, agent)->program.memory_pages, 8);
    ck_assert_int_eq(site_try_deploy(&site, 1, &grow), CONTROL_REFUSED);
}
END_TEST

struct becoming {
    struct hash code;
    int64_t answer;
};

static enum engine_outcome becomes(void *context, struct part *part)
{
    struct becoming *becoming = context;

    if (part->kind != SERAI_EVENT_MESSAGE)
        return ENGINE_DONE;
    memcpy(part_memory(part, AT_ID, HASH_BYTES), becoming->code.bytes, HASH_BYTES);
    becoming->answer = part_order(part, self_become, 0, AT_ID, AT_DATA, 0);
    return ENGINE_DONE;
}

START_TEST(becoming_larger_code_counts_under_the_customers_cap)
{
    struct becoming becoming = {0};
    struct deploy flood = {.module = "flood", .nanos = MONEY};
    uint64_t model;
    uint64_t agent;
    uint64_t small;
    uint64_t large;

    reopen_with_caps();
    model = site_deploy(&site, 2, &flood);
    site_settle(&site);
    becoming.code = site_agent(&site, model)->program.code.code->id;
    agent = puppet_new(&site, 1, MONEY, NULL);
    small = site_agent(&site, agent)->program.memory_pages;
    large = site_agent(&site, model)->program.memory_pages;
    ck_assert_uint_gt(large, small);
    site.book.customer_memory_bytes_max = large * ENGINE_WASM_PAGE_BYTES - 1;
    site_reload(&site);
    puppet_play(&site, agent, becomes, &becoming);
    ck_assert_int_eq(becoming.answer, SERAI_E_QUOTA);
    ck_assert_uint_eq(site_agent(&site, agent)->program.memory_pages, small);
    site.book.customer_memory_bytes_max = large * ENGINE_WASM_PAGE_BYTES;
    site_reload(&site);
    puppet_play(&site, agent, becomes, &becoming);
    ck_assert_int_eq(becoming.answer, 0);
    ck_assert_uint_eq(site_agent(&site, agent)->program.memory_pages, large);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("core rent");
    TCase *tcase = tcase_create("rent");

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, rent_over_any_steps_of_time_is_one_product);
    tcase_add_test(tcase, two_agents_that_share_code_pay_half_each);
    tcase_add_test(tcase, a_customer_has_so_many_agents_and_no_more);
    tcase_add_test(tcase, a_customer_at_its_bounds_leaves_another_its_own);
    tcase_add_test(tcase, a_customers_agents_hold_so_many_bytes_of_buffers_together);
    tcase_add_test(tcase, memory_that_grows_counts_under_the_customers_cap);
    tcase_add_test(tcase, becoming_larger_code_counts_under_the_customers_cap);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
