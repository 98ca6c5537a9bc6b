/* Byte order, hexadecimal, UTF-8 and the growable buffer. */
#include "base/bytes.h"

#include "tests/check_main.h"

#include <string.h>

START_TEST(big_endian_puts_the_high_byte_first)
{
    uint8_t bytes[8];

    be32_put(bytes, 0x01020304);
    ck_assert_mem_eq(bytes, "\1\2\3\4", 4);
    ck_assert_uint_eq(be32_get(bytes), 0x01020304);
    be64_put(bytes, UINT64_C(0x0102030405060708));
    ck_assert_mem_eq(bytes, "\1\2\3\4\5\6\7\10", 8);
    ck_assert_uint_eq(be64_get(bytes), UINT64_C(0x0102030405060708));
}
END_TEST

START_TEST(little_endian_puts_the_low_byte_first)
{
    uint8_t bytes[16];

    le16_put(bytes, 0x0102);
    ck_assert_mem_eq(bytes, "\2\1", 2);
    ck_assert_uint_eq(le16_get(bytes), 0x0102);
    le32_put(bytes, 0x01020304);
    ck_assert_mem_eq(bytes, "\4\3\2\1", 4);
    ck_assert_uint_eq(le32_get(bytes), 0x01020304);
    le64_put(bytes, UINT64_C(0x0102030405060708));
    ck_assert_mem_eq(bytes, "\10\7\6\5\4\3\2\1", 8);
    ck_assert_uint_eq(le64_get(bytes), UINT64_C(0x0102030405060708));
    le128_put(bytes, (u128)1 << 120 | 2);
    ck_assert_mem_eq(bytes, "\2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16);
    ck_assert(le128_get(bytes) == ((u128)1 << 120 | 2));
}
END_TEST

START_TEST(every_number_reads_back_as_itself)
{
    struct rng rng = rng_for_test();

    for (int round = 0; round < 1000; round++) {
        uint8_t bytes[16];
        uint64_t value = rng_edgy(&rng);
        u128 wide = (u128)value << 64 | rng_edgy(&rng);

        be32_put(bytes, (uint32_t)value);
        ck_assert_uint_eq(be32_get(bytes), (uint32_t)value);
        be64_put(bytes, value);
        ck_assert_uint_eq(be64_get(bytes), value);
        le16_put(bytes, (uint16_t)value);
        ck_assert_uint_eq(le16_get(bytes), (uint16_t)value);
        le32_put(bytes, (uint32_t)value);
        ck_assert_uint_eq(le32_get(bytes), (uint32_t)value);
        le64_put(bytes, value);
        ck_assert_uint_eq(le64_get(bytes), value);
        le128_put(bytes, wide);
        ck_assert(le128_get(bytes) == wide);
    }
}
END_TEST

START_TEST(hex_prints_low_and_reads_either_case)
{
    const uint8_t bytes[] = {0x00, 0x9f, 0xab, 0xff};
    uint8_t back[4] = {0};
    char text[9];

    ck_assert_str_eq(hex_print(text, bytes, 4), "009fabff");
    ck_assert(hex_parse(back, 4, "009FaBff"));
    ck_assert_mem_eq(back, bytes, 4);
    ck_assert_str_eq(hex_print(text, bytes, 0), "");
    ck_assert(hex_parse(back, 0, ""));
}
END_TEST

START_TEST(hex_of_another_length_or_alphabet_is_refused)
{
    static const char *const wrong[] = {"", "0", "000", "00000", "00g0", "0x00", "00 0", "-100"};
    uint8_t back[2] = {7, 7};

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        ck_assert_msg(!hex_parse(back, 2, wrong[i]), "%s", wrong[i]);
    ck_assert_mem_eq(back, "\7\7", 2);
}
END_TEST

START_TEST(well_formed_utf8_is_accepted)
{
    static const char *const right[] = {"", "a~\x7f", "\xc2\x80\xdf\xbf",
                                        "\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf",
                                        "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"};

    for (size_t i = 0; i < sizeof right / sizeof right[0]; i++)
        ck_assert_msg(utf8_is_valid(right[i], strlen(right[i])), "number %zu", i);
    ck_assert(utf8_is_valid("a\0b", 3));
}
END_TEST

START_TEST(malformed_utf8_is_refused)
{
    static const char *const wrong[] = {
        "\x80",             /* a rest without a beginning */
        "\xc3",             /* cut short */
        "\xe2\x82",         /* cut short */
        "\xf0\x9f\x98",     /* cut short */
        "\xc0\x80",         /* NUL in two bytes */
        "\xc1\xbf",         /* longer than needed */
        "\xe0\x9f\xbf",     /* longer than needed */
        "\xf0\x8f\xbf\xbf", /* longer than needed */
        "\xed\xa0\x80",     /* a surrogate */
        "\xf4\x90\x80\x80", /* above U+10FFFF */
        "\xf5\x80\x80\x80", /* above U+10FFFF */
        "\xc3(",            /* the second byte is none */
        "\xe2\x82(",        /* the third byte is none */
        "\xf0\x9f\x98(",    /* the fourth byte is none */
        "ok\xff",           /* never */
    };

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        ck_assert_msg(!utf8_is_valid(wrong[i], strlen(wrong[i])), "number %zu", i);
}
END_TEST

START_TEST(a_buffer_holds_all_that_was_appended)
{
    struct bytes bytes = {0};

    for (unsigned i = 0; i < 10000; i++) {
        uint8_t byte = (uint8_t)(i * 7);

        bytes_append(&bytes, &byte, 1);
    }
    ck_assert(!bytes.failed);
    ck_assert_uint_eq(bytes.size, 10000);
    for (unsigned i = 0; i < 10000; i++)
        ck_assert_uint_eq(bytes.data[i], (uint8_t)(i * 7));
    bytes_fini(&bytes);
    ck_assert_ptr_null(bytes.data);
    ck_assert_uint_eq(bytes.size, 0);
}
END_TEST

START_TEST(extending_counts_the_room_at_once)
{
    struct bytes bytes = {0};
    uint8_t *room;

    ck_assert_ptr_nonnull(bytes_extend(&bytes, 0));
    ck_assert_uint_eq(bytes.size, 0);
    room = bytes_extend(&bytes, 100);
    ck_assert_ptr_eq(room, bytes.data);
    ck_assert_uint_eq(bytes.size, 100);
    memset(room, 1, 100);
    room = bytes_extend(&bytes, 1);
    ck_assert_ptr_eq(room, bytes.data + 100);
    bytes_append(&bytes, NULL, 0);
    ck_assert_uint_eq(bytes.size, 101);
    bytes_fini(&bytes);
}
END_TEST

START_TEST(reserved_room_is_taken_at_once_and_counts_for_nothing)
{
    struct bytes bytes = {0};
    const uint8_t *data;

    bytes_append(&bytes, "abc", 3);
    bytes_reserve(&bytes, 5000);
    ck_assert_uint_eq(bytes.size, 3);
    ck_assert_mem_eq(bytes.data, "abc", 3);
    data = bytes.data;
    for (int i = 0; i < 5000; i++)
        bytes_append(&bytes, "d", 1);
    ck_assert_ptr_eq(bytes.data, data);
    ck_assert_uint_eq(bytes.size, 5003);
    bytes_reserve(&bytes, SIZE_MAX);
    ck_assert(bytes.failed);
    ck_assert_uint_eq(bytes.size, 5003);
    bytes_fini(&bytes);
}
END_TEST

START_TEST(short_memory_is_remembered_until_the_buffer_is_cleared)
{
    struct bytes bytes = {0};

    bytes_append(&bytes, "abc", 3);
    ck_assert_ptr_null(bytes_extend(&bytes, SIZE_MAX));
    ck_assert(bytes.failed);
    ck_assert_ptr_null(bytes_extend(&bytes, 1));
    bytes_append(&bytes, "d", 1);
    ck_assert_uint_eq(bytes.size, 3);
    bytes_clear(&bytes);
    ck_assert(!bytes.failed);
    ck_assert_uint_eq(bytes.size, 0);
    ck_assert_ptr_null(bytes_extend(&bytes, SIZE_MAX / 2 + 2)); /* no power of two holds it */
    ck_assert(bytes.failed);
    bytes_clear(&bytes);
    bytes_append(&bytes, "e", 1);
    ck_assert_mem_eq(bytes.data, "e", 1);
    bytes_fini(&bytes);
}
END_TEST

START_TEST(borrowed_memory_is_neither_grown_nor_freed)
{
    uint8_t memory[4] = {0};
    struct bytes bytes = bytes_within(memory, sizeof memory);

    bytes_append(&bytes, "abc", 3);
    ck_assert_ptr_eq(bytes.data, memory);
    bytes_append(&bytes, "de", 2);
    ck_assert(bytes.failed);
    ck_assert_uint_eq(bytes.size, 3);
    bytes_clear(&bytes);
    bytes_append(&bytes, "wxyz", 4);
    ck_assert(!bytes.failed);
    ck_assert_mem_eq(memory, "wxyz", 4);
    bytes_fini(&bytes); /* a free() would end the test */
    ck_assert_ptr_null(bytes.data);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bytes");
    TCase *tcase = tcase_create("bytes");

    tcase_add_test(tcase, big_endian_puts_the_high_byte_first);
    tcase_add_test(tcase, little_endian_puts_the_low_byte_first);
    tcase_add_test(tcase, every_number_reads_back_as_itself);
    tcase_add_test(tcase, hex_prints_low_and_reads_either_case);
    tcase_add_test(tcase, hex_of_another_length_or_alphabet_is_refused);
    tcase_add_test(tcase, well_formed_utf8_is_accepted);
    tcase_add_test(tcase, malformed_utf8_is_refused);
    tcase_add_test(tcase, a_buffer_holds_all_that_was_appended);
    tcase_add_test(tcase, extending_counts_the_room_at_once);
    tcase_add_test(tcase, reserved_room_is_taken_at_once_and_counts_for_nothing);
    tcase_add_test(tcase, short_memory_is_remembered_until_the_buffer_is_cleared);
    tcase_add_test(tcase, borrowed_memory_is_neither_grown_nor_freed);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
