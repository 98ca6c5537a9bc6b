/* Syrup: one value has one encoding, and every other form is refused. */
#include <string.h>

#include "sdk/vat/syrup.h"
#include "tests/check_main.h"

enum { ROUNDS = 20000, BYTES_MAX = 512 };

static bool is_value(const char *bytes)
{
    return syrup_is_value((const uint8_t *)bytes, (int32_t)strlen(bytes));
}

/* Read all tokens and write them again; returns the size of what was written. */
static int32_t copied(const uint8_t *bytes, int32_t size, uint8_t *to, int32_t room)
{
    struct syrup_in in = {.bytes = bytes, .size = size};
    struct syrup_out out = {.bytes = to, .room = room};
    struct syrup_token token;

    while (syrup_next(&in, &token) != SYRUP_END) {
        ck_assert_int_ne(token.kind, SYRUP_BAD);
        syrup_put(&out, &token);
    }
    return out.size;
}

static const char *const good[] = {
    "t",
    "f",
    "0+",
    "7+",
    "7-",
    "9223372036854775807+",
    "9223372036854775808-",
    "0:",
    "2:\x01\xff",
    "0\"",
    "5\"hello",
    "2\"\xc3\xa4",
    "4\"\xf0\x9f\x98\x80",
    "3'get",
    "[]",
    "[t[f][]]",
    "{}",
    "{1\"a1+1\"b2+}",
    "{1'a[]2'bbt}",
    "#$",
    "#1+2+3+$",
    "<3'cap0+>",
    "<1'a>",
    "<<1'at>f>",
    "{[1+]f[]t}",
    "#1\"a2\"aa$",
    "#0+1+$",
};

START_TEST(each_value_is_read_and_written_as_it_is)
{
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        uint8_t again[BYTES_MAX];
        int32_t size = (int32_t)strlen(good[i]);

        ck_assert_msg(is_value(good[i]), "%s is a value", good[i]);
        ck_assert_int_eq(copied((const uint8_t *)good[i], size, again, BYTES_MAX), size);
        ck_assert_mem_eq(again, good[i], (size_t)size);
    }
}
END_TEST

static const char *const bad[] = {
    "",
    "x",
    "00+",
    "01+",
    "0-",
    "+",
    "1",
    "12",
    "9223372036854775808+",
    "9223372036854775809-",
    "18446744073709551617+",
    "99999999999999999999+",
    "1:",
    "2\"a",
    "01\"a",
    "1000000000\"a",
    "9999999999999999999\"",
    "1\"\x80",
    "1'\xff",
    "2\"\xc0\x80",
    "3\"\xe0\x80\x80",
    "3\"\xed\xa0\x80",
    "4\"\xf4\x90\x80\x80",
    "4\"\xf8\x88\x80\x80",
    "2\"\xc3(",
    "1\"\xc3",
    "[",
    "]",
    "[}",
    "[1+",
    "{1'a}",
    "{1'a1+1'a2+}",
    "{1'b1+1'a2+}",
    "{1'a1+1'b}",
    "#2+1+$",
    "#1+1+$",
    "#1+2+}",
    "<>",
    "<1'a",
    "D1234567",
    "D\x7f\xf0\x01\x01\x01\x01\x01\x01",
    "tt",
    "t ",
    " t",
    "[ 1+]",
    "F1234",
    "1;a",
    "-1+",
    "{2'aa1+1'b2+2'ab3+}",
    "#[][1+]$",
};

START_TEST(what_has_another_form_is_refused)
{
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(!is_value(bad[i]), "\"%s\" is no value", bad[i]);
}
END_TEST

START_TEST(a_zero_byte_is_no_value)
{
    ck_assert(!syrup_is_value((const uint8_t *)"\0", 1));
    ck_assert(!syrup_is_value((const uint8_t *)"[\0]", 3));
}
END_TEST

/* Also a double with zero bytes within, and the one NaN. */
START_TEST(doubles_keep_their_bits)
{
    static const uint8_t doubles[3][9] = {
        {'D', 0x3f, 0xf0}, {'D', 0x7f, 0xf8}, {'D', 0x80, 0, 0, 0, 0, 0, 0, 1}};

    for (size_t i = 0; i < 3; i++) {
        uint8_t again[16];

        ck_assert(syrup_is_value(doubles[i], 9));
        ck_assert(!syrup_is_value(doubles[i], 8));
        ck_assert_int_eq(copied(doubles[i], 9, again, sizeof again), 9);
        ck_assert_mem_eq(again, doubles[i], 9);
    }
}
END_TEST

START_TEST(it_nests_so_deep_and_no_deeper)
{
    char text[2 * (SYRUP_DEPTH_MAX + 1) + 1];

    for (int depth = SYRUP_DEPTH_MAX; depth <= SYRUP_DEPTH_MAX + 1; depth++) {
        memset(text, '[', (size_t)depth);
        memset(text + depth, ']', (size_t)depth);
        text[2 * depth] = 0;
        ck_assert_int_eq(is_value(text), depth == SYRUP_DEPTH_MAX);
    }
}
END_TEST

START_TEST(one_value_is_stepped_over_and_a_bad_one_is_not)
{
    const char *text = "[1+{1'a#t$}]3\"end{1'b";
    struct syrup_in in = {.bytes = (const uint8_t *)text, .size = (int32_t)strlen(text)};
    struct syrup_token token;

    ck_assert(syrup_skip(&in));
    ck_assert_int_eq(syrup_next(&in, &token), SYRUP_TEXT);
    ck_assert_int_eq(token.size, 3);
    ck_assert_mem_eq(token.bytes, "end", 3);
    ck_assert_int_eq(in.at, 17);
    ck_assert(!syrup_skip(&in));
    ck_assert_int_eq(in.at, 17);
    in.at = in.size;
    ck_assert(!syrup_skip(&in));
    ck_assert_int_eq(syrup_next(&in, &token), SYRUP_END);
}
END_TEST

START_TEST(numbers_have_their_ends)
{
    static const int64_t numbers[] = {0, 1, -1, 9, 10, -10, INT64_MAX, INT64_MIN, INT64_MIN + 1};

    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        uint8_t bytes[32];
        struct syrup_out out = {.bytes = bytes, .room = sizeof bytes};
        struct syrup_token token;

        syrup_put_int(&out, numbers[i]);
        ck_assert(syrup_fits(&out) && syrup_is_value(bytes, out.size));
        ck_assert_int_eq(syrup_next(&(struct syrup_in){.bytes = bytes, .size = out.size}, &token),
                         SYRUP_INT);
        ck_assert(token.number == numbers[i]);
    }
}
END_TEST

START_TEST(what_does_not_fit_is_counted_and_nothing_is_written_past_the_room)
{
    for (int32_t room = 0; room <= 12; room++) {
        uint8_t bytes[16];
        struct syrup_out out = {.bytes = bytes, .room = room};

        memset(bytes, 0x55, sizeof bytes);
        syrup_open(&out, SYRUP_LIST);
        syrup_put_symbol(&out, "get");
        syrup_put_int(&out, 42);
        syrup_put_bool(&out, true);
        syrup_close(&out, SYRUP_LIST);
        ck_assert_int_eq(out.size, 11);
        ck_assert_int_eq(syrup_fits(&out), room >= 11);
        for (int32_t i = room; i < 16; i++)
            ck_assert_int_eq(bytes[i], 0x55);
        if (room >= 11)
            ck_assert_mem_eq(bytes, "[3'get42+t]", 11);
    }
}
END_TEST

START_TEST(a_size_past_all_bounds_only_does_not_fit)
{
    uint8_t bytes[8] = {0};
    struct syrup_out out = {.bytes = bytes, .room = sizeof bytes, .size = INT32_MAX - 2};

    syrup_put_raw(&out, bytes, 8);
    ck_assert_int_eq(out.size, INT32_MAX);
    ck_assert(!syrup_fits(&out));
}
END_TEST

/* Damage values at random: what is still one is written again byte for byte. */
START_TEST(whatever_is_taken_has_one_form)
{
    static const char letters[] = "0123456789+-:\"'[]{}#$<>tfDabc";
    struct rng rng = rng_for_test();
    int taken = 0;

    for (int round = 0; round < ROUNDS; round++) {
        uint8_t bytes[BYTES_MAX];
        uint8_t again[BYTES_MAX];
        const char *from = good[rng_below(&rng, sizeof good / sizeof good[0])];
        int32_t size = (int32_t)strlen(from);

        memcpy(bytes, from, (size_t)size);
        for (uint64_t changes = rng_below(&rng, 3); changes > 0 && size > 0; changes--)
            bytes[rng_below(&rng, (uint64_t)size)] =
                (uint8_t)letters[rng_below(&rng, sizeof letters - 1)];
        if (!syrup_is_value(bytes, size))
            continue;
        taken++;
        ck_assert_int_eq(copied(bytes, size, again, BYTES_MAX), size);
        ck_assert_mem_eq(again, bytes, (size_t)size);
    }
    ck_assert_int_gt(taken, ROUNDS / 10);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("syrup");
    TCase *tcase = tcase_create("syrup");

    tcase_add_test(tcase, each_value_is_read_and_written_as_it_is);
    tcase_add_test(tcase, what_has_another_form_is_refused);
    tcase_add_test(tcase, a_zero_byte_is_no_value);
    tcase_add_test(tcase, doubles_keep_their_bits);
    tcase_add_test(tcase, it_nests_so_deep_and_no_deeper);
    tcase_add_test(tcase, one_value_is_stepped_over_and_a_bad_one_is_not);
    tcase_add_test(tcase, numbers_have_their_ends);
    tcase_add_test(tcase, what_does_not_fit_is_counted_and_nothing_is_written_past_the_room);
    tcase_add_test(tcase, a_size_past_all_bounds_only_does_not_fit);
    tcase_add_test(tcase, whatever_is_taken_has_one_form);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
