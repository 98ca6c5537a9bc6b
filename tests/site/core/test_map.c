/* Maps for answers: whatever the order of their making, one encoding. */
#include <string.h>

#include "site/core/map.h"
#include "tests/check_main.h"

static struct bytes encoded;

static void setup(void)
{
    memset(&encoded, 0, sizeof encoded);
}

static void teardown(void)
{
    bytes_fini(&encoded);
}

/* The text under `key`, which must be there and the next one. */
static void expect_text(struct cbor *in, const char *key, const char *value)
{
    char text[64];

    cbor_get_text(in, text, sizeof text - 1);
    ck_assert_str_eq(text, key);
    cbor_get_text(in, text, sizeof text - 1);
    ck_assert_str_eq(text, value);
}

static void finish(const struct cbor *in)
{
    struct fault fault = {0};

    ck_assert_msg(cbor_done(in, &fault, "map") == ST_OK, "%s", fault.text);
}

START_TEST(keys_are_sorted_by_length_and_then_by_letters)
{
    struct map map;
    struct cbor in;

    map_init(&map);
    map_text(&map, "zebra", "1");
    map_text(&map, "b", "2");
    map_text(&map, "apple", "3");
    map_text(&map, "a", "4");
    map_text(&map, "a key of twenty-four and more bytes", "5");
    map_end(&map, &encoded);
    cbor_init(&in, encoded.data, encoded.size); /* refuses what is not sorted */
    ck_assert_uint_eq(cbor_get_map_any(&in, 10), 5);
    expect_text(&in, "a", "4");
    expect_text(&in, "b", "2");
    expect_text(&in, "apple", "3");
    expect_text(&in, "zebra", "1");
    expect_text(&in, "a key of twenty-four and more bytes", "5");
    finish(&in);
}
END_TEST

START_TEST(an_empty_map_is_a_map)
{
    struct map map;
    struct cbor in;

    map_init(&map);
    map_end(&map, &encoded);
    cbor_init(&in, encoded.data, encoded.size);
    ck_assert_uint_eq(cbor_get_map_any(&in, 10), 0);
    finish(&in);
}
END_TEST

START_TEST(amounts_totals_and_bytes_are_text_and_numbers_are_numbers)
{
    struct map map;
    struct cbor in;
    char key[8];

    map_init(&map);
    map_money(&map, "m", (struct money){.nanos = 2000001});
    map_total(&map, "t", (u128)UINT64_MAX * 1000000000 + 7);
    map_hex(&map, "h", (const uint8_t *)"\x00\xff", 2);
    map_uint(&map, "u", UINT64_MAX);
    map_bool(&map, "b", true);
    map_end(&map, &encoded);
    cbor_init(&in, encoded.data, encoded.size);
    ck_assert_uint_eq(cbor_get_map_any(&in, 10), 5);
    cbor_get_text(&in, key, sizeof key - 1);
    ck_assert_str_eq(key, "b");
    ck_assert(cbor_get_bool(&in));
    expect_text(&in, "h", "00ff");
    expect_text(&in, "m", "0.002000001");
    expect_text(&in, "t", "18446744073709551615.000000007");
    cbor_get_text(&in, key, sizeof key - 1);
    ck_assert_str_eq(key, "u");
    ck_assert_uint_eq(cbor_get_uint(&in, UINT64_MAX), UINT64_MAX);
    finish(&in);
}
END_TEST

START_TEST(text_from_outside_becomes_text)
{
    struct map map;
    struct cbor in;

    map_init(&map);
    map_text_sized(&map, "a", "\xc3\xbc", 2); /* UTF-8 stays */
    map_text_sized(&map, "b", "x\xff\xc3", 3);
    map_text_sized(&map, "c", "a\0b", 3);
    map_text_sized(&map, "d", "", 0);
    map_end(&map, &encoded);
    cbor_init(&in, encoded.data, encoded.size);
    ck_assert_uint_eq(cbor_get_map_any(&in, 10), 4);
    expect_text(&in, "a", "\xc3\xbc");
    expect_text(&in, "b", "x??");
    expect_text(&in, "c", "a?b");
    expect_text(&in, "d", "");
    finish(&in);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("map");
    TCase *tcase = tcase_create("map");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, keys_are_sorted_by_length_and_then_by_letters);
    tcase_add_test(tcase, an_empty_map_is_a_map);
    tcase_add_test(tcase, amounts_totals_and_bytes_are_text_and_numbers_are_numbers);
    tcase_add_test(tcase, text_from_outside_becomes_text);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
