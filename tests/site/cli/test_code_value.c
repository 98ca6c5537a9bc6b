#include "site/cli/code_value.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tests/check_main.h"

struct row {
    char type;
    const char *text;
    uint64_t bits;
};

static const struct row accepted[] = {
    {'i', "0", 0},
    {'i', "7", 7},
    {'i', "+7", 7},
    {'i', "-1", 0xffffffff},
    {'i', "4294967295", 0xffffffff},
    {'i', "-2147483648", 0x80000000},
    {'i', "0xFFffFFff", 0xffffffff},
    {'i', "-0x80000000", 0x80000000},
    {'i', "i32:0x2a", 42},
    {'l', "-1", UINT64_MAX},
    {'l', "18446744073709551615", UINT64_MAX},
    {'l', "-9223372036854775808", UINT64_C(1) << 63},
    {'l', "0x8000000000000000", UINT64_C(1) << 63},
    {'l', "i64:0xffffffffffffffff", UINT64_MAX},
    {'f', "1.5", 0x3fc00000},
    {'f', "-0", 0x80000000},
    {'f', "0x1.8p0", 0x3fc00000},
    {'f', "inf", 0x7f800000},
    {'f', "-inf", 0xff800000},
    {'f', "nan", 0x7fc00000},
    {'f', "nan:0x1", 0x7f800001},
    {'f', "f32:0xffc00001", 0xffc00001},
    {'f', "1e-45", 1},             /* the least of all */
    {'f', "16777217", 0x4b800000}, /* to even */
    /* A double first and a float then would give 0x3f800000. */
    {'f', "0x1.000001000000000000001p0", 0x3f800001},
    {'d', "1.5", UINT64_C(0x3ff8000000000000)},
    {'d', ".5", UINT64_C(0x3fe0000000000000)},
    {'d', "5.", UINT64_C(0x4014000000000000)},
    {'d', "1e308", UINT64_C(0x7fe1ccf385ebc8a0)},
    {'d', "-nan:0x4000000000000", UINT64_C(0xfff4000000000000)},
    {'d', "f64:0x7ff8000000000001", UINT64_C(0x7ff8000000000001)},
    {'d', "4.9e-324", 1},
};

START_TEST(a_value_is_read_to_the_bit)
{
    const struct row *row = &accepted[_i];
    struct fault fault = {0};
    uint64_t bits = 1;

    ck_assert_msg(code_value_parse(row->text, row->type, &bits, &fault) == ST_OK, "%s: %s",
                  row->text, fault.text);
    ck_assert_msg(bits == row->bits, "%s is 0x%" PRIx64, row->text, bits);
}
END_TEST

static const struct row refused[] = {
    {'i', "", 0},
    {'i', "-", 0},
    {'i', "--1", 0},
    {'i', " 1", 0},
    {'i', "1 ", 0},
    {'i', "1.0", 0},
    {'i', "0x", 0},
    {'i', "0xg", 0},
    {'i', "ten", 0},
    {'i', "4294967296", 0},
    {'i', "-2147483649", 0},
    {'i', "0x100000000", 0},
    {'i', "i64:0x1", 0},
    {'i', "i32:1", 0}, /* bits are hex, so that nobody takes them for a number */
    {'i', "i32:0x100000000", 0},
    {'i', "99999999999999999999999999", 0},
    {'l', "18446744073709551616", 0},
    {'l', "-9223372036854775809", 0},
    {'l', "f64:0x0", 0},
    {'f', "", 0},
    {'f', ".", 0},
    {'f', "+", 0},
    {'f', "1e", 0},
    {'f', "1e5x", 0},
    {'f', "infinity", 0},
    {'f', "INF", 0},
    {'f', "nan(1)", 0},
    {'f', "nan:0x0", 0},
    {'f', "nan:0x800000", 0},
    {'f', "nan:1", 0},
    {'f', "1e39", 0},
    {'f', "f32:0x100000000", 0},
    {'f', "f64:0x0", 0},
    {'d', "1e309", 0},
    {'d', "-1e309", 0},
    {'d', "0x", 0},
    {'d', "0x1p", 0},
    {'d', "1,5", 0},
    {'d', " 1", 0},
    {'d', "f64:1.5", 0},
    {'d', "nan:0x10000000000000", 0},
};

START_TEST(what_is_no_value_is_refused_with_what_would_be)
{
    const struct row *row = &refused[_i];
    struct fault fault = {0};
    uint64_t bits;

    ck_assert_msg(code_value_parse(row->text, row->type, &bits, &fault) == ST_INVALID, "\"%s\"",
                  row->text);
    ck_assert_ptr_nonnull(strstr(fault.text, code_type_name(row->type)));
}
END_TEST

static const struct row written[] = {
    {'i', "-1", 0xffffffff},
    {'i', "2147483647", 0x7fffffff},
    {'l', "-9223372036854775808", UINT64_C(1) << 63},
    {'f', "0.1", 0x3dcccccd},
    {'f', "-0", 0x80000000},
    {'f', "nan", 0x7fc00000},
    {'f', "-nan", 0xffc00000},
    {'f', "nan:0x1", 0x7f800001},
    {'f', "-inf", 0xff800000},
    {'d', "0.1", UINT64_C(0x3fb999999999999a)},
    {'d', "nan:0x8000000000001", UINT64_C(0x7ff8000000000001)},
    {'d', "1e+300", UINT64_C(0x7e37e43c8800759c)},
};

START_TEST(a_value_is_written_short)
{
    const struct row *row = &written[_i];
    char text[CODE_VALUE_BYTES];

    ck_assert_str_eq(code_value_print(text, row->type, row->bits), row->text);
}
END_TEST

/* Chance likes the ends of the range: few fraction bits, all exponents. */
static uint64_t some_bits(struct rng *rng, char type)
{
    uint64_t bits = rng_edgy(rng) ^ (rng_coin(rng) ? rng_u64(rng) << 52 : 0);

    return type == 'i' || type == 'f' ? bits & UINT32_MAX : bits;
}

START_TEST(what_is_written_reads_back_the_same)
{
    static const char types[] = "ilfd";
    struct rng rng = rng_for_test();

    for (int round = 0; round < 20000; round++) {
        char type = types[round % 4];
        uint64_t bits = some_bits(&rng, type);
        char text[CODE_VALUE_BYTES];
        char again[CODE_VALUE_BYTES];
        uint64_t back = ~bits;

        ck_assert(code_value_parse(code_value_print(text, type, bits), type, &back, NULL) == ST_OK);
        ck_assert_msg(back == bits, "%s is 0x%" PRIx64 " and was 0x%" PRIx64, text, back, bits);
        (void)snprintf(text, sizeof text, "%s:%s", code_type_name(type),
                       code_bits_print(again, type, bits));
        ck_assert(code_value_parse(text, type, &back, NULL) == ST_OK);
        ck_assert(back == bits);
    }
}
END_TEST

#define COUNT(array) ((int)(sizeof(array) / sizeof(array)[0]))

int main(void)
{
    Suite *suite = suite_create("code_value");
    TCase *cases = tcase_create("values");

    tcase_add_loop_test(cases, a_value_is_read_to_the_bit, 0, COUNT(accepted));
    tcase_add_loop_test(cases, what_is_no_value_is_refused_with_what_would_be, 0, COUNT(refused));
    tcase_add_loop_test(cases, a_value_is_written_short, 0, COUNT(written));
    tcase_add_test(cases, what_is_written_reads_back_the_same);
    suite_add_tcase(suite, cases);
    return check_main(suite);
}
