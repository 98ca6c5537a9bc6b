#include "engine/reader.h"

#include <string.h>

#include "tests/check_main.h"
#include "tests/engine/assembler.h"

static struct fault fault;

static struct reader over(const uint8_t *bytes, size_t size)
{
    memset(&fault, 0, sizeof fault);
    return (struct reader){.bytes = bytes, .end = size, .fault = &fault};
}

static void check_u32(const uint8_t *bytes, size_t size, bool fine, uint32_t expected)
{
    struct reader in = over(bytes, size);
    uint32_t value = 0;

    ck_assert_int_eq(reader_u32(&in, &value), fine);
    ck_assert_int_eq(in.status, fine ? ST_OK : ST_INVALID);
    if (fine) {
        ck_assert_uint_eq(value, expected);
        ck_assert_uint_eq(in.at, size);
    }
}

static void check_signed(uint32_t bits, const uint8_t *bytes, size_t size, bool fine,
                         int64_t expected)
{
    struct reader in = over(bytes, size);
    int32_t narrow = 0;
    int64_t wide = 0;
    bool read = bits == 32 ? reader_s32(&in, &narrow) : reader_s64(&in, &wide);

    ck_assert_int_eq(read, fine);
    if (fine)
        ck_assert_int_eq(bits == 32 ? narrow : wide, expected);
}

START_TEST(unsigned_numbers_are_read_to_their_last_bit)
{
    check_u32(BYTES(0), true, 0);
    check_u32(BYTES(0x7f), true, 127);
    check_u32(BYTES(0x80, 1), true, 128);
    check_u32(BYTES(0xff, 0xff, 0xff, 0xff, 0x0f), true, UINT32_MAX);
    check_u32(BYTES(0x80, 0x80, 0x80, 0x80, 0x00), true, 0); /* linkers pad */
}
END_TEST

START_TEST(numbers_too_long_or_with_stray_bits_are_refused)
{
    check_u32(BYTES(0xff, 0xff, 0xff, 0xff, 0x1f), false, 0);
    check_u32(BYTES(0x80, 0x80, 0x80, 0x80, 0x80, 0x00), false, 0);
    check_u32(BYTES(0x80), false, 0);
    check_signed(32, BYTES(0xff, 0xff, 0xff, 0xff, 0x0f), false, 0);
    check_signed(32, BYTES(0x80, 0x80, 0x80, 0x80, 0x70), false, 0);
    check_signed(64, BYTES(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01), false, 0);
    check_signed(64, BYTES(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0), false,
                 0);
}
END_TEST

START_TEST(signed_numbers_keep_their_sign)
{
    check_signed(32, BYTES(0x7f), true, -1);
    check_signed(32, BYTES(0x40), true, -64);
    check_signed(32, BYTES(0x3f), true, 63);
    check_signed(32, BYTES(0x80, 0x80, 0x80, 0x80, 0x78), true, INT32_MIN);
    check_signed(32, BYTES(0xff, 0xff, 0xff, 0xff, 0x07), true, INT32_MAX);
    check_signed(32, BYTES(0xff, 0xff, 0xff, 0xff, 0x7f), true, -1);
    check_signed(64, BYTES(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f), true,
                 INT64_MIN);
    check_signed(64, BYTES(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00), true,
                 INT64_MAX);
}
END_TEST

START_TEST(each_signed_number_comes_back)
{
    struct rng rng = rng_for_test();

    for (int round = 0; round < 10000; round++) {
        struct bytes bytes = {0};
        int64_t value = (int64_t)rng_edgy(&rng);

        put_s64(&bytes, value);
        check_signed(64, bytes.data, bytes.size, true, value);
        bytes_clear(&bytes);
        put_s64(&bytes, (int32_t)(uint32_t)value);
        check_signed(32, bytes.data, bytes.size, true, (int32_t)(uint32_t)value);
        bytes_fini(&bytes);
    }
}
END_TEST

static bool name_is_read(const uint8_t *bytes, size_t size)
{
    struct reader in = over(bytes, size);
    const char *name;
    uint32_t length;

    return reader_name(&in, &name, &length);
}

START_TEST(names_must_be_utf_8)
{
    ck_assert(name_is_read(BYTES(0)));
    ck_assert(name_is_read(BYTES(1, 'a')));
    ck_assert(name_is_read(BYTES(2, 0xc3, 0xa4)));
    ck_assert(name_is_read(BYTES(3, 0xe2, 0x82, 0xac)));
    ck_assert(name_is_read(BYTES(4, 0xf0, 0x9f, 0x90, 0xab)));
    ck_assert(!name_is_read(BYTES(1, 0x80)));
    ck_assert(!name_is_read(BYTES(2, 0xc0, 0x80)));             /* overlong */
    ck_assert(!name_is_read(BYTES(3, 0xe0, 0x80, 0x80)));       /* overlong */
    ck_assert(!name_is_read(BYTES(3, 0xed, 0xa0, 0x80)));       /* surrogate */
    ck_assert(!name_is_read(BYTES(4, 0xf4, 0x90, 0x80, 0x80))); /* past U+10FFFF */
    ck_assert(!name_is_read(BYTES(4, 0xf0, 0x80, 0x80, 0x80))); /* overlong */
    ck_assert(!name_is_read(BYTES(2, 0xc3, 0x28)));
    ck_assert(!name_is_read(BYTES(1, 0xe2)));
    ck_assert(!name_is_read(BYTES(5, 'a', 'b')));
    ck_assert(!name_is_read(BYTES(0x81, 0x02))); /* 257 bytes */
}
END_TEST

START_TEST(the_first_refusal_stands_and_names_its_byte)
{
    struct reader in = over(BYTES(1, 2, 3));

    ck_assert(!reader_refuse(&in, 0x1f3, "%s is outside the profile", "simd"));
    ck_assert(!reader_refuse(&in, 7, "later"));
    ck_assert_str_eq(fault.text, "simd is outside the profile, at byte 0x1f3");
    ck_assert_int_eq(fault.status, ST_INVALID);
    in = over(BYTES(1));
    ck_assert(!reader_out_of_memory(&in));
    ck_assert_int_eq(in.status, ST_NOMEM);
}
END_TEST

START_TEST(a_count_must_fit_its_limit_and_its_section)
{
    struct reader in = over(BYTES(3, 0, 0));
    uint32_t count;

    ck_assert(!reader_count(&in, "things", 10, &count));
    in = over(BYTES(3, 0, 0, 0));
    ck_assert(!reader_count(&in, "things", 2, &count));
    ck_assert_str_eq(fault.text, "3 things are over the limit of 2, at byte 0x0");
    in = over(BYTES(3, 0, 0, 0));
    ck_assert(reader_count(&in, "things", 3, &count));
    ck_assert_uint_eq(count, 3);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine reader");
    TCase *tcase = tcase_create("reader");

    tcase_add_test(tcase, unsigned_numbers_are_read_to_their_last_bit);
    tcase_add_test(tcase, numbers_too_long_or_with_stray_bits_are_refused);
    tcase_add_test(tcase, signed_numbers_keep_their_sign);
    tcase_add_test(tcase, each_signed_number_comes_back);
    tcase_add_test(tcase, names_must_be_utf_8);
    tcase_add_test(tcase, the_first_refusal_stands_and_names_its_byte);
    tcase_add_test(tcase, a_count_must_fit_its_limit_and_its_section);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
