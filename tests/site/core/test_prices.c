/* The price book in force, and the books that it must fit. */
#include <string.h>

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
    status = core_load(core, &site.store, fault);
    core_free(core);
    return status;
}

START_TEST(books_count_in_the_currency_of_their_first_frame)
{
    char text[PRICEBOOK_CURRENCY_BYTES];
    struct fault fault = {0};

    site_open(&site, 1, 5000000000);
    ck_assert_str_eq(core_currency(site.core), "SRI");
    ck_assert_int_eq(core_read_currency(&site.store, text, &fault), ST_OK);
    ck_assert_str_eq(text, "SRI");
    count_in("JPY");
    ck_assert_int_eq(start_again(&fault), ST_INVALID);
    ck_assert_msg(strstr(fault.text, "in SRI") != NULL && strstr(fault.text, "in JPY") != NULL,
                  "%s", fault.text);
    ck_assert_int_eq(core_check_book(&site.store, &site.book, &fault), ST_INVALID);
    count_in("SRI");
    ck_assert_int_eq(core_check_book(&site.store, &site.book, &fault), ST_OK);
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
    ck_assert_int_eq(core_read_currency(&store, text, &fault), ST_MISSING);
    ck_assert_int_eq(core_check_book(&store, &book, &fault), ST_OK);
    store_memory_free(memory);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("prices");
    TCase *tcase = tcase_create("prices");

    tcase_add_test(tcase, books_count_in_the_currency_of_their_first_frame);
    tcase_add_test(tcase, books_without_a_frame_take_any_currency);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
