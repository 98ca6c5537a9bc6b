/* The price book in force, and the books that it must fit. */
#include <stdlib.h>
#include <string.h>

#include "agents/agents.h"
#include "tests/reading.h"
#include "tests/site/core/fixture.h"

static struct site site;

static void count_in(const char *currency)
{
    memset(site.book.currency, 0, sizeof site.book.currency);
    memcpy(site.book.currency, currency, strlen(currency));
}

/* ---- the unit of account ---- */

static enum status start_again(struct fault *fault)
{
    struct core_options options = {.random = random_from_rng(&site.random),
                                   .loader = site.core->options.loader,
                                   .loader_size = site.core->options.loader_size,
                                   .book = site.book};
    struct core *core = NULL;
    enum status status;

    memcpy(options.site_key, site.site_key, sizeof options.site_key);
    memcpy(options.operator_key, site.people[OPERATOR].key, sizeof options.operator_key);
    ck_assert_int_eq(core_new(&core, &options, fault), ST_OK);
    status = WITH_READ(&site.store, core_load(core, &read, fault));
    core_free(core);
    return status;
}

START_TEST(books_count_in_the_currency_of_their_first_frame)
{
    char text[PRICEBOOK_CURRENCY_BYTES];
    struct fault fault = {0};

    site_open(&site, 1, 5000000000);
    ck_assert_str_eq(site.core->book.currency, "SRI");
    ck_assert_int_eq(WITH_READ(&site.store, core_read_currency(&read, text, &fault)), ST_OK);
    ck_assert_str_eq(text, "SRI");
    count_in("JPY");
    ck_assert_int_eq(start_again(&fault), ST_INVALID);
    ck_assert_msg(strstr(fault.text, "in SRI") != NULL && strstr(fault.text, "in JPY") != NULL,
                  "%s", fault.text);
    ck_assert_int_eq(WITH_READ(&site.store, core_check_book(&read, &site.book, &fault)),
                     ST_INVALID);
    count_in("SRI");
    ck_assert_int_eq(WITH_READ(&site.store, core_check_book(&read, &site.book, &fault)), ST_OK);
    ck_assert_int_eq(start_again(&fault), ST_OK);
    site_close(&site);
}
END_TEST

START_TEST(books_without_a_frame_take_any_currency)
{
    struct store_memory *memory = NULL;
    struct store store;
    struct pricebook book;
    char text[PRICEBOOK_CURRENCY_BYTES];
    struct fault fault = {0};

    ck_assert_int_eq(store_memory_new(&memory), ST_OK);
    store = store_from_memory(memory);
    pricebook_default(&book, &core_order_names);
    ck_assert_int_eq(WITH_READ(&store, core_read_currency(&read, text, &fault)), ST_MISSING);
    ck_assert_int_eq(WITH_READ(&store, core_check_book(&read, &book, &fault)), ST_OK);
    store_memory_free(memory);
}
END_TEST

/* ---- books that are kept ---- */

struct seen {
    uint64_t count;
    uint64_t frames[4];
    uint64_t fuel_max[4];
};

static enum status see(void *context, const struct ledger_prices *prices, struct fault *fault)
{
    struct seen *seen = context;
    struct pricebook book;

    ck_assert_int_eq(pricebook_decode(&book, prices->book, prices->size, fault), ST_OK);
    ck_assert_uint_lt(seen->count, 4);
    seen->frames[seen->count] = prices->frame;
    seen->fuel_max[seen->count++] = book.turn_fuel_max;
    ck_assert_uint_eq(prices->id, seen->count);
    return ST_OK;
}

static void change_fuel(uint64_t fuel)
{
    site.book.turn_fuel_max = fuel;
    site_reload(&site);
    site_frame(&site);
}

START_TEST(every_book_stays_with_the_frame_from_which_it_held)
{
    struct seen seen = {0};
    struct fault fault = {0};
    uint64_t before;

    site_open(&site, 1, 5000000000);
    before = site.book.turn_fuel_max;
    change_fuel(before / 2);
    change_fuel(before / 2); /* no change */
    change_fuel(before);     /* back is a change */
    ck_assert_int_eq(WITH_READ(&site.store, ledger_prices_each(&read, see, &seen, &fault)), ST_OK);
    ck_assert_uint_eq(seen.count, 3);
    ck_assert_uint_eq(seen.frames[0], 1);
    ck_assert(seen.frames[1] > 1 && seen.frames[2] > seen.frames[1]);
    ck_assert_uint_eq(seen.fuel_max[0], before);
    ck_assert_uint_eq(seen.fuel_max[1], before / 2);
    ck_assert_uint_eq(site.core->book.id, 3);
    site_verify(&site);
    site_close(&site);
}
END_TEST

/* ---- another book while the site runs ---- */

START_TEST(a_running_site_takes_another_book)
{
    struct seen seen = {0};
    struct fault fault = {0};

    site_open(&site, 1, 5000000000);
    ck_assert_int_eq(core_set_prices(site.core, &site.book, &fault), ST_OK);
    ck_assert_msg(!site.core->frame_open, "the same book opened a frame");
    site.book.turn_fuel_max /= 2;
    ck_assert_int_eq(core_set_prices(site.core, &site.book, &fault), ST_OK);
    ck_assert_uint_eq(site.core->book.id, 2);
    ck_assert_uint_eq(agents_prices(site.core->agents)->id, 2);
    ck_assert_uint_eq(agents_prices(site.core->agents)->turn_fuel_max, site.book.turn_fuel_max);
    site_frame(&site);
    ck_assert_int_eq(WITH_READ(&site.store, ledger_prices_each(&read, see, &seen, &fault)), ST_OK);
    ck_assert_uint_eq(seen.count, 2);
    ck_assert_uint_eq(seen.frames[1], ledger_last_frame(core_ledger(site.core))->frame);
    ck_assert_uint_eq(seen.fuel_max[1], site.book.turn_fuel_max);
    site_reload_same(&site);
    ck_assert_uint_eq(site.core->book.id, 2);
    site_verify(&site);
    site_close(&site);
}
END_TEST

START_TEST(a_book_that_does_not_fit_changes_nothing)
{
    struct fault fault = {0};
    struct pricebook bad;

    site_open(&site, 1, 5000000000);
    bad = site.book;
    bad.reserve_fuel = bad.turn_fuel_max + 1;
    ck_assert_int_eq(core_set_prices(site.core, &bad, &fault), ST_INVALID);
    bad = site.book;
    memcpy(bad.currency, "JPY", 4);
    ck_assert_int_eq(core_set_prices(site.core, &bad, &fault), ST_INVALID);
    ck_assert_msg(strstr(fault.text, "in SRI") != NULL && strstr(fault.text, "in JPY") != NULL,
                  "%s", fault.text);
    ck_assert_uint_eq(site.core->book.id, 1);
    ck_assert(!site.core->frame_open);
    site_close(&site);
}
END_TEST

/* A start with the new book and a site that is told of it come to the same. */
START_TEST(a_book_taken_while_running_is_as_one_taken_at_a_start)
{
    char *portraits[2];

    for (int live = 0; live < 2; live++) {
        struct fault fault = {0};
        struct deploy deploy = {.module = "spender", .args = "work=10", .nanos = 2000000000};
        uint64_t agent;

        site_open(&site, 3, 5000000000);
        agent = site_deploy(&site, OPERATOR, &deploy);
        site_settle(&site);
        site_pass(&site, 3600000000);
        ck_assert_int_eq(money_from_nanos(&site.book.memory_rent, 900000000), ST_OK);
        ck_assert_int_eq(money_from_nanos(&site.book.compute, 7000000), ST_OK);
        if (live == 0)
            site_reload(&site);
        else
            ck_assert_int_eq(core_set_prices(site.core, &site.book, &fault), ST_OK);
        site_frame(&site);
        site_pass(&site, 3600000000);
        ck_assert_int_eq(site_send(&site, OPERATOR, agent, "x", 1000000), CONTROL_DONE);
        site_settle(&site);
        portraits[live] = site_portrait(&site);
        site_verify(&site);
        site_close(&site);
    }
    portraits_equal(portraits[0], portraits[1]);
    free(portraits[0]);
    free(portraits[1]);
}
END_TEST

static void damage(bool drop)
{
    uint8_t key[9] = {5, 0, 0, 0, 0, 0, 0, 0, 1};
    struct store_batch batch;
    struct bytes row = {0};
    struct bytes book = {0};
    struct fault fault = {0};

    site.book.turn_fuel_max++;
    pricebook_encode(&site.book, &book);
    cbor_put_array(&row, 3);
    cbor_put_uint(&row, 1);
    cbor_put_uint(&row, 0);
    cbor_put_bytes(&row, book.data, book.size);
    store_batch_init(&batch);
    if (drop)
        store_batch_delete(&batch, STORE_META, key, sizeof key);
    else
        store_batch_put(&batch, STORE_META, key, sizeof key, row.data, row.size);
    ck_assert_int_eq(store_commit(&site.store, &batch, &fault), ST_OK);
    store_batch_fini(&batch);
    bytes_fini(&row);
    bytes_fini(&book);
}

START_TEST(a_book_that_is_lost_or_changed_is_named)
{
    struct verify_report report;
    struct fault fault = {0};

    for (int drop = 0; drop < 2; drop++) {
        site_open(&site, 1, 5000000000);
        damage(drop == 1);
        ck_assert_int_eq(WITH_READ(&site.store, audit_verify(&read, &core_audit, &report, &fault)),
                         ST_CORRUPT);
        ck_assert_msg(strstr(fault.text, "book of prices 1 is") != NULL, "%s", fault.text);
        site_close(&site);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("prices");
    TCase *tcase = tcase_create("prices");

    tcase_add_test(tcase, books_count_in_the_currency_of_their_first_frame);
    tcase_add_test(tcase, books_without_a_frame_take_any_currency);
    tcase_add_test(tcase, every_book_stays_with_the_frame_from_which_it_held);
    tcase_add_test(tcase, a_running_site_takes_another_book);
    tcase_add_test(tcase, a_book_that_does_not_fit_changes_nothing);
    tcase_add_test(tcase, a_book_taken_while_running_is_as_one_taken_at_a_start);
    tcase_add_test(tcase, a_book_that_is_lost_or_changed_is_named);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
