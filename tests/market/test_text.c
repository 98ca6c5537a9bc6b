#include "market/market.h"
#include "tests/check_main.h"
#include <string.h>

static uint64_t parsed(const char *text)
{
    struct fault fault;
    uint64_t bytes = 12345;

    ck_assert_msg(market_parse_bytes(&bytes, text, &fault) == ST_OK, "%s refused", text);
    return bytes;
}

static void refused(const char *text, const char *why)
{
    struct fault fault;
    uint64_t bytes = 12345;

    ck_assert_int_eq(market_parse_bytes(&bytes, text, &fault), ST_INVALID);
    ck_assert_uint_eq(bytes, 12345);
    ck_assert_ptr_nonnull(strstr(fault.text, why));
}

START_TEST(sizes_are_digits_and_a_binary_unit)
{
    ck_assert_uint_eq(parsed("0"), 0);
    ck_assert_uint_eq(parsed("65536"), 65536);
    ck_assert_uint_eq(parsed("7B"), 7);
    ck_assert_uint_eq(parsed("64KiB"), 65536);
    ck_assert_uint_eq(parsed("3MiB"), 3 << 20);
    ck_assert_uint_eq(parsed("2GiB"), (uint64_t)2 << 30);
    ck_assert_uint_eq(parsed("18446744073709551615"), UINT64_MAX);
}
END_TEST

START_TEST(other_texts_are_no_sizes)
{
    static const char *const texts[] = {"",     " 1",  "1 ", "-1",   "+1",    "1.5MiB", "KiB",
                                        "1kib", "1KB", "1k", "0x10", "1_000", "1KiBx",  "GiB1"};

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        refused(texts[i], "not a size");
}
END_TEST

START_TEST(sizes_past_64_bits_are_refused)
{
    refused("18446744073709551616", "too large");
    refused("99999999999999999999999999", "too large");
    refused("18014398509481984KiB", "too large");
    refused("17179869184GiB", "too large");
    ck_assert_uint_eq(parsed("17179869183GiB"), (uint64_t)17179869183 << 30);
}
END_TEST

START_TEST(what_is_printed_parses_back)
{
    struct rng rng = rng_for_test();
    char text[PRICEBOOK_VALUE_BYTES];

    ck_assert_str_eq(market_print_bytes(text, 65536), "64KiB");
    ck_assert_str_eq(market_print_bytes(text, 0), "0B");
    ck_assert_str_eq(market_print_bytes(text, 1025), "1025B");
    ck_assert_str_eq(market_print_bytes(text, (uint64_t)1 << 30), "1GiB");
    for (int round = 0; round < 5000; round++) {
        uint64_t bytes = rng_edgy(&rng) << rng_below(&rng, 40);

        ck_assert_uint_eq(parsed(market_print_bytes(text, bytes)), bytes);
    }
}
END_TEST

static const char long_name[] =
    "a-name-that-is-far-too-long-to-be-any-key-of-a-price-book-or-a-site";

static const char *fruit(const void *context, size_t index)
{
    static const char *const names[] = {"apple", "pear", "pears", long_name, "plum"};

    (void)context;
    return index < sizeof names / sizeof names[0] ? names[index] : NULL;
}

START_TEST(the_nearest_name_is_a_slip_away)
{
    ck_assert_str_eq(market_nearest("aple", fruit, NULL), "apple");
    ck_assert_str_eq(market_nearest("appel", fruit, NULL), "apple");
    ck_assert_str_eq(market_nearest("plumm", fruit, NULL), "plum");
    ck_assert_str_eq(market_nearest("pear", fruit, NULL), "pear");
}
END_TEST

START_TEST(a_far_word_has_no_nearest_name)
{
    char longest[4 * PRICEBOOK_PATH_BYTES];

    ck_assert_ptr_null(market_nearest("watermelon", fruit, NULL));
    memset(longest, 'p', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    ck_assert_ptr_null(market_nearest(longest, fruit, NULL));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("market texts");
    TCase *sizes = tcase_create("sizes");
    TCase *hints = tcase_create("hints");

    suite_add_tcase(suite, sizes);
    tcase_add_test(sizes, sizes_are_digits_and_a_binary_unit);
    tcase_add_test(sizes, other_texts_are_no_sizes);
    tcase_add_test(sizes, sizes_past_64_bits_are_refused);
    tcase_add_test(sizes, what_is_printed_parses_back);
    suite_add_tcase(suite, hints);
    tcase_add_test(hints, the_nearest_name_is_a_slip_away);
    tcase_add_test(hints, a_far_word_has_no_nearest_name);
    return check_main(suite);
}
