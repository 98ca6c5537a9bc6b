/* Rows 1 and 2: what strangers take from shops that answer whoever asks, and leave with them. */
#include <stdio.h>
#include <string.h>

#include "tests/hostile/trials.h"

/* The example shops, open for whoever knows their number. */
static const struct deploy shops[] = {
    {.module = "service", .args = "price=0.0001 calls=0", .nanos = UINT64_C(5000000000)},
    {.module = "outpost", .args = "price=0.0001 hops=0", .nanos = UINT64_C(5000000000)},
};

static void entry_of(uint64_t agent, char text[2 * SERAI_HEAP_NUMBER_BYTES + 1])
{
    const struct agents *agents = trial_site.core->agents;
    const struct heap_entry *found = NULL;

    for (size_t bucket = 0; bucket < agents->heap.bucket_count; bucket++)
        for (const struct heap_entry *at = agents->heap.buckets[bucket]; at != NULL; at = at->next)
            found = at->payer == agent ? at : found;
    ck_assert_ptr_nonnull(found);
    for (size_t i = 0; i < SERAI_HEAP_NUMBER_BYTES; i++)
        (void)snprintf(text + 2 * i, 3, "%02x", found->number[i]);
}

START_TEST(an_answer_costs_a_shop_nothing_that_it_did_not_choose)
{
    char number[2 * SERAI_HEAP_NUMBER_BYTES + 1];
    char text[160];
    uint64_t shop;
    uint64_t before;
    uint64_t after;

    trial_open(NULL);
    shop = site_deploy(&trial_site, QUIET, &shops[_i]);
    site_settle(&trial_site);
    entry_of(shop, number);
    before = site_balance(&trial_site, shop);
    (void)snprintf(text, sizeof text, "do=leech n=4 ask=0.1 price=0.0001 number=%s", number);
    (void)trial_hog(text);
    site_settle(&trial_site);
    after = site_balance(&trial_site, shop);
    figure_tells(1, _i == 0 ? "postage taken from the service" : "postage taken from the outpost",
                 "4.0 of its money in 4 calls", before > after ? (double)(before - after) / 1e9 : 0,
                 0, "of its money");
    ck_assert_uint_gt(after, before); /* it was asked, and paid */
    trial_close();
}
END_TEST

/* What comes with a message is lent for its turn: who asks afterwards finds a shop with room. */
START_TEST(a_stranger_fills_no_slot_of_a_shop)
{
    char number[2 * SERAI_HEAP_NUMBER_BYTES + 1];
    char text[160];
    uint64_t asker;
    uint64_t shop;
    uint32_t used;

    trial_open(NULL);
    shop = site_deploy(&trial_site, QUIET, &shops[_i]);
    site_settle(&trial_site);
    entry_of(shop, number);
    used = site_agent(&trial_site, shop)->caps.used;
    (void)snprintf(text, sizeof text, "do=fill n=120 number=%s", number);
    (void)trial_hog(text);
    site_settle(&trial_site);
    figure_tells(2, _i == 0 ? "slots of the service" : "slots of the outpost",
                 "all slots for 0.000016",
                 (double)(site_agent(&trial_site, shop)->caps.used - used), 0, "slots filled");
    (void)snprintf(text, sizeof text, "do=leech n=4 ask=0 price=0.0001 number=%s", number);
    asker = trial_hog(text);
    site_settle(&trial_site);
    ck_assert_uint_eq(site_agent(&trial_site, asker)->usage.turns, 1 + 4); /* each was answered */
    trial_close();
}
END_TEST

void trials_of_shops(TCase *tcase)
{
    tcase_add_loop_test(tcase, a_stranger_fills_no_slot_of_a_shop, 0,
                        sizeof shops / sizeof shops[0]);
    tcase_add_loop_test(tcase, an_answer_costs_a_shop_nothing_that_it_did_not_choose, 0,
                        sizeof shops / sizeof shops[0]);
}
