/* The strict codec: RFC 8949's examples, one refusal for each other encoding, and round trips. */
#include "base/cbor.h"

#include "tests/base/cbor_walk.h"
#include "tests/check_main.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#define COUNT_OF(array) ((int)(sizeof(array) / sizeof(array)[0]))

/* Hex text as bytes; for inputs of up to 256 bytes. */
static size_t from_hex(uint8_t to[256], const char *text)
{
    size_t size = strlen(text) / 2;

    ck_assert(hex_parse(to, size, text));
    return size;
}

static void ck_assert_wrote(struct bytes *out, const char *hex)
{
    char text[600];

    ck_assert(!out->failed);
    ck_assert_str_eq(hex_print(text, out->data, out->size), hex);
    bytes_clear(out);
}

/* ---- RFC 8949 appendix A, as far as it lies in the subset ---- */

static const struct {
    uint64_t value;
    const char *hex;
} integers[] = {
    {0, "00"},
    {1, "01"},
    {10, "0a"},
    {23, "17"},
    {24, "1818"},
    {25, "1819"},
    {100, "1864"},
    {255, "18ff"},
    {256, "190100"},
    {1000, "1903e8"},
    {65535, "19ffff"},
    {65536, "1a00010000"},
    {1000000, "1a000f4240"},
    {UINT32_MAX, "1affffffff"},
    {(uint64_t)UINT32_MAX + 1, "1b0000000100000000"},
    {UINT64_C(1000000000000), "1b000000e8d4a51000"},
    {UINT64_MAX, "1bffffffffffffffff"},
};

START_TEST(integers_have_their_shortest_form)
{
    struct bytes out = {0};
    uint8_t data[256];
    size_t size = from_hex(data, integers[_i].hex);
    struct cbor in;

    cbor_put_uint(&out, integers[_i].value);
    ck_assert_wrote(&out, integers[_i].hex);
    cbor_init(&in, data, size);
    ck_assert_int_eq(cbor_peek(&in), CBOR_UINT);
    ck_assert_uint_eq(cbor_get_uint(&in, UINT64_MAX), integers[_i].value);
    ck_assert_int_eq(cbor_peek(&in), CBOR_END);
    ck_assert_int_eq(cbor_done(&in, NULL, "integer"), ST_OK);
    bytes_fini(&out);
}
END_TEST

START_TEST(simple_values_and_strings_are_as_in_the_standard)
{
    struct bytes out = {0};

    cbor_put_bool(&out, false);
    ck_assert_wrote(&out, "f4");
    cbor_put_bool(&out, true);
    ck_assert_wrote(&out, "f5");
    cbor_put_null(&out);
    ck_assert_wrote(&out, "f6");
    cbor_put_bytes(&out, NULL, 0);
    ck_assert_wrote(&out, "40");
    cbor_put_bytes(&out, "\1\2\3\4", 4);
    ck_assert_wrote(&out, "4401020304");
    cbor_put_text(&out, "");
    ck_assert_wrote(&out, "60");
    cbor_put_text(&out, "IETF");
    ck_assert_wrote(&out, "6449455446");
    cbor_put_text(&out, "\"\\");
    ck_assert_wrote(&out, "62225c");
    cbor_put_text(&out, "\xc3\xbc");
    ck_assert_wrote(&out, "62c3bc");
    cbor_put_text(&out, "\xf0\x90\x85\x91");
    ck_assert_wrote(&out, "64f0908591");
    bytes_fini(&out);
}
END_TEST

START_TEST(arrays_and_maps_are_as_in_the_standard)
{
    struct bytes out = {0};

    cbor_put_array(&out, 0);
    ck_assert_wrote(&out, "80");
    cbor_put_array(&out, 3); /* [1, [2, 3], [4, 5]] */
    cbor_put_uint(&out, 1);
    cbor_put_array(&out, 2);
    cbor_put_uint(&out, 2);
    cbor_put_uint(&out, 3);
    cbor_put_array(&out, 2);
    cbor_put_uint(&out, 4);
    cbor_put_uint(&out, 5);
    ck_assert_wrote(&out, "8301820203820405");
    cbor_put_array(&out, 25);
    for (uint64_t i = 1; i <= 25; i++)
        cbor_put_uint(&out, i);
    ck_assert_wrote(&out, "98190102030405060708090a0b0c0d0e0f101112131415161718181819");
    cbor_put_map(&out, 0);
    ck_assert_wrote(&out, "a0");
    cbor_put_map(&out, 2); /* {"a": 1, "b": [2, 3]} */
    cbor_put_text(&out, "a");
    cbor_put_uint(&out, 1);
    cbor_put_text(&out, "b");
    cbor_put_array(&out, 2);
    cbor_put_uint(&out, 2);
    cbor_put_uint(&out, 3);
    ck_assert_wrote(&out, "a26161016162820203");
    bytes_fini(&out);
}
END_TEST

START_TEST(a_long_string_has_a_long_head)
{
    static const size_t sizes[] = {23, 24, 255, 256, 65535, 65536};
    static const size_t heads[] = {1, 2, 2, 3, 3, 5};
    static uint8_t data[65536];
    struct bytes out = {0};

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        const uint8_t *back;
        struct cbor in;
        size_t size;

        bytes_clear(&out);
        cbor_put_bytes(&out, data, sizes[i]);
        ck_assert_uint_eq(out.size, heads[i] + sizes[i]);
        cbor_init(&in, out.data, out.size);
        back = cbor_get_bytes(&in, &size, sizes[i]);
        ck_assert_int_eq(cbor_done(&in, NULL, "string"), ST_OK);
        ck_assert_uint_eq(size, sizes[i]);
        ck_assert_ptr_eq(back, out.data + heads[i]);
    }
    bytes_fini(&out);
}
END_TEST

START_TEST(writing_text_that_is_not_utf8_is_a_bug)
{
    struct bytes out = {0};

    cbor_put_text(&out, "\xff");
}
END_TEST

/* ---- what is refused before anything is read ---- */

static const struct {
    const char *hex;
    const char *why;
    size_t offset;
} refused[] = {
    {"", "ends too soon", 0},
    /* not the shortest form, of each width and in each place */
    {"1817", "not the shortest form", 0},
    {"1900ff", "not the shortest form", 0},
    {"1a0000ffff", "not the shortest form", 0},
    {"1b00000000ffffffff", "not the shortest form", 0},
    {"580100", "not the shortest form", 0},
    {"780161", "not the shortest form", 0},
    {"980101", "not the shortest form", 0},
    {"b8010101", "not the shortest form", 0},
    {"82011800", "not the shortest form", 2},
    /* cut short */
    {"18", "ends too soon", 0},
    {"19ff", "ends too soon", 0},
    {"1affffff", "ends too soon", 0},
    {"1bffffffffffffff", "ends too soon", 0},
    {"42aa", "ends too soon", 0},
    {"6261", "ends too soon", 0},
    {"81", "ends too soon", 0},
    {"820141", "ends too soon", 2},
    {"a101", "ends too soon", 0},
    {"a2010203", "ends too soon", 0},
    /* promises that no input could keep */
    {"5bffffffffffffffff", "ends too soon", 0},
    {"7bffffffffffffffff", "ends too soon", 0},
    {"9bffffffffffffffff", "ends too soon", 0},
    {"bbffffffffffffffff", "ends too soon", 0},
    {"9a40000000", "ends too soon", 0},
    {"bb8000000000000000", "ends too soon", 0},
    /* indefinite lengths */
    {"5f41aaff", "indefinite length", 0},
    {"7f6161ff", "indefinite length", 0},
    {"9f01ff", "indefinite length", 0},
    {"bf0101ff", "indefinite length", 0},
    {"81ff", "break without a beginning", 1},
    /* outside the subset */
    {"20", "negative integer", 0},
    {"3bffffffffffffffff", "negative integer", 0},
    {"c001", "tag", 0},
    {"d818456449455446", "tag", 0},
    {"c249010000000000000000", "tag", 0},
    {"f7", "undefined", 0},
    {"f0", "simple value", 0},
    {"e0", "simple value", 0},
    {"f3", "simple value", 0},
    {"f8ff", "simple value", 0},
    {"f814", "simple value", 0},
    {"f90000", "float", 0},
    {"fa47c35000", "float", 0},
    {"fb3ff199999999999a", "float", 0},
    /* reserved first bytes */
    {"1c", "reserved first byte", 0},
    {"1f", "reserved first byte", 0},
    {"5d", "reserved first byte", 0},
    {"7e", "reserved first byte", 0},
    {"9c", "reserved first byte", 0},
    {"bd", "reserved first byte", 0},
    {"fc", "simple value", 0},
    /* text */
    {"61ff", "text that is not UTF-8", 0},
    {"8262c08001", "text that is not UTF-8", 1},
    {"63eda080", "text that is not UTF-8", 0},
    /* map keys: rising by their encoding, and once each */
    {"a202010102", "map keys not sorted", 3},
    {"a201020103", "map key repeated", 3},
    {"a2616201616101", "map keys not sorted", 4},
    {"a2616101616101", "map key repeated", 4},
    {"a262616101616201", "map keys not sorted", 5},
    {"a2f5011801", "not the shortest form", 3},
    {"a28102018101f6", "map keys not sorted", 4},
    {"a28101018101f6", "map key repeated", 4},
    {"81a2010001f6", "map key repeated", 4},
    {"a101a201000000", "map keys not sorted", 5},
    /* after the end */
    {"0000", "bytes after the end", 1},
    {"80f6", "bytes after the end", 1},
    {"a00000", "bytes after the end", 1},
};

START_TEST(every_other_form_is_refused_with_reason_and_offset)
{
    uint8_t data[256];
    size_t size = from_hex(data, refused[_i].hex);
    struct fault fault;
    struct cbor in;
    char want[200];

    cbor_init(&in, data, size);
    (void)snprintf(want, sizeof want, "thing: %s at byte %zu", refused[_i].why, refused[_i].offset);
    ck_assert_int_eq(cbor_done(&in, &fault, "thing"), ST_INVALID);
    ck_assert_int_eq(fault.status, ST_INVALID);
    ck_assert_msg(strcmp(fault.text, want) == 0, "%s: %s, not %s", refused[_i].hex, fault.text,
                  want);
    ck_assert_int_eq(cbor_peek(&in), CBOR_END);
}
END_TEST

START_TEST(maps_in_bytewise_order_are_accepted)
{
    static const char *const good[] = {
        "a2010002f6",         /* {1: 0, 2: null} */
        "a217001818f6",       /* 23 before 24: by bytes, 17 is below 18 18 */
        "a2616100626161f6",   /* shorter text first: its head is smaller */
        "a3010040006000",     /* integers, then byte strings, then text */
        "a28101018102f6",     /* arrays may be keys */
        "a28000a000",         /* arrays before maps */
        "a118ff00",           /* a single key */
        "a101a2010002a10100", /* order is kept by each map for itself */
        "a1a1010200",         /* a map as a key */
        "a2820102008203f600", /* nested keys, compared whole */
    };

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        uint8_t data[256];
        size_t size = from_hex(data, good[i]);
        struct fault fault = {.text = ""};
        struct cbor in;
        size_t raw;

        cbor_init(&in, data, size);
        (void)cbor_get_raw(&in, &raw);
        ck_assert_msg(cbor_done(&in, &fault, good[i]) == ST_OK, "%s", fault.text);
        ck_assert_uint_eq(raw, size);
    }
}
END_TEST

START_TEST(nesting_is_bounded)
{
    uint8_t data[CBOR_DEPTH_MAX + 2];
    struct fault fault;
    struct cbor in;
    size_t size;

    memset(data, 0x81, sizeof data);
    data[CBOR_DEPTH_MAX] = 0x01;
    cbor_init(&in, data, CBOR_DEPTH_MAX + 1);
    (void)cbor_get_raw(&in, &size);
    ck_assert_int_eq(cbor_done(&in, NULL, "deep"), ST_OK);
    data[CBOR_DEPTH_MAX] = 0x80; /* an empty array counts too */
    cbor_init(&in, data, CBOR_DEPTH_MAX + 1);
    ck_assert_int_eq(cbor_done(&in, &fault, "deep"), ST_INVALID);
    ck_assert_str_eq(fault.text, "deep: nested too deep at byte 16");
    data[CBOR_DEPTH_MAX] = 0x81;
    data[CBOR_DEPTH_MAX + 1] = 0x01;
    cbor_init(&in, data, CBOR_DEPTH_MAX + 2);
    ck_assert_int_eq(cbor_done(&in, &fault, "deep"), ST_INVALID);
}
END_TEST

START_TEST(nothing_at_all_is_refused_too)
{
    struct cbor in;

    cbor_init(&in, NULL, 0);
    ck_assert_int_eq(cbor_peek(&in), CBOR_END);
    ck_assert_int_eq(cbor_done(&in, NULL, "nothing"), ST_INVALID);
}
END_TEST

/* ---- types and ranges ---- */

/* [7, h'010203', "abc", [1, 2], {1: 2}, true, null] */
static const char sample[] = "87" /* seven fields */
                             "07"
                             "43010203"
                             "63616263"
                             "820102"
                             "a10102"
                             "f5"
                             "f6";

START_TEST(a_record_reads_field_by_field)
{
    uint8_t data[256];
    size_t size = from_hex(data, sample);
    uint8_t three[3];
    char text[4];
    struct cbor in;

    cbor_init(&in, data, size);
    ck_assert_int_eq(cbor_peek(&in), CBOR_ARRAY);
    cbor_get_array(&in, 7);
    ck_assert_uint_eq(cbor_get_uint(&in, 7), 7);
    ck_assert_int_eq(cbor_peek(&in), CBOR_BYTES);
    cbor_get_bytes_exact(&in, three, 3);
    ck_assert_mem_eq(three, "\1\2\3", 3);
    ck_assert_int_eq(cbor_peek(&in), CBOR_TEXT);
    cbor_get_text(&in, text, 3);
    ck_assert_str_eq(text, "abc");
    ck_assert_uint_eq(cbor_get_array_any(&in, 2), 2);
    ck_assert_uint_eq(cbor_get_uint(&in, 9), 1);
    ck_assert_uint_eq(cbor_get_uint(&in, 9), 2);
    ck_assert_int_eq(cbor_peek(&in), CBOR_MAP);
    ck_assert_uint_eq(cbor_get_map_any(&in, 1), 1);
    ck_assert_uint_eq(cbor_get_uint(&in, 9), 1);
    ck_assert_uint_eq(cbor_get_uint(&in, 9), 2);
    ck_assert_int_eq(cbor_peek(&in), CBOR_BOOL);
    ck_assert(cbor_get_bool(&in));
    ck_assert_int_eq(cbor_peek(&in), CBOR_NULL);
    cbor_get_null(&in);
    ck_assert_int_eq(cbor_done(&in, NULL, "sample"), ST_OK);
}
END_TEST

START_TEST(null_may_stand_for_a_value)
{
    uint8_t data[256];
    size_t size = from_hex(data, "8307f6f6");
    struct cbor in;

    cbor_init(&in, data, size);
    cbor_get_array(&in, 3);
    ck_assert(!cbor_take_null(&in));
    ck_assert_uint_eq(cbor_get_uint(&in, 7), 7);
    ck_assert(cbor_take_null(&in));
    (void)cbor_get_uint(&in, 7); /* an error: null is not taken after it, nor at the end */
    ck_assert(!cbor_take_null(&in));
    cbor_init(&in, data, size);
    cbor_get_array(&in, 3);
    (void)cbor_get_uint(&in, 7);
    ck_assert(cbor_take_null(&in) && cbor_take_null(&in) && !cbor_take_null(&in));
    ck_assert_int_eq(cbor_done(&in, NULL, "nulls"), ST_OK);
}
END_TEST

START_TEST(amounts_and_wide_numbers_read_back_and_have_their_range)
{
    static const u128 wide = (u128)UINT64_C(0x8001020304050607) << 64 | 0x08090a0b0c0d0e0f;
    struct bytes out = {0};
    struct money amount;
    struct cbor in;

    ck_assert_int_eq(money_from_nanos(&amount, MONEY_NANOS_MAX), ST_OK);
    cbor_put_money(&out, amount);
    cbor_put_u128(&out, wide);
    ck_assert_mem_eq(out.data, "\x1b\x7f\xff\xff\xff\xff\xff\xff\xff\x50\x0f\x0e", 12);
    cbor_init(&in, out.data, 9);
    ck_assert_int_eq(money_compare(cbor_get_money(&in), amount), 0);
    cbor_init(&in, out.data + 9, out.size - 9);
    ck_assert(cbor_get_u128(&in) == wide);
    ck_assert_int_eq(cbor_done(&in, NULL, "test"), ST_OK);

    bytes_clear(&out);
    cbor_put_uint(&out, MONEY_NANOS_MAX + 1);
    cbor_init(&in, out.data, out.size);
    ck_assert(money_is_zero(cbor_get_money(&in)));
    ck_assert_ptr_nonnull(in.error);
    bytes_clear(&out);
    cbor_put_bytes(&out, "fifteen bytes..", 15);
    cbor_init(&in, out.data, out.size);
    ck_assert(cbor_get_u128(&in) == 0);
    ck_assert_ptr_nonnull(in.error);
    bytes_fini(&out);
}
END_TEST

START_TEST(raw_steps_over_one_whole_item_and_stands_alone)
{
    uint8_t data[256];
    size_t size = from_hex(data, sample);
    struct cbor in;
    struct cbor inner;
    const uint8_t *raw;
    size_t raw_size;

    cbor_init(&in, data, size);
    cbor_get_array(&in, 7);
    for (int i = 0; i < 3; i++)
        (void)cbor_get_raw(&in, &raw_size);
    raw = cbor_get_raw(&in, &raw_size);
    ck_assert_uint_eq(raw_size, 3);
    cbor_init(&inner, raw, raw_size);
    cbor_get_array(&inner, 2);
    ck_assert_uint_eq(cbor_get_uint(&inner, 1), 1);
    ck_assert_uint_eq(cbor_get_uint(&inner, 2), 2);
    ck_assert_int_eq(cbor_done(&inner, NULL, "inner"), ST_OK);
    for (int i = 0; i < 3; i++)
        (void)cbor_get_raw(&in, &raw_size);
    ck_assert_int_eq(cbor_done(&in, NULL, "sample"), ST_OK);
    (void)cbor_get_raw(&in, &raw_size);
    ck_assert_uint_eq(raw_size, 0);
    ck_assert_int_eq(cbor_done(&in, NULL, "sample"), ST_INVALID);
}
END_TEST

/* Each reads the first item of its input in a way that must fail. */
static void get_uint_of_9(struct cbor *in)
{
    ck_assert_uint_eq(cbor_get_uint(in, 9), 0);
}
static void get_bytes_of_2(struct cbor *in)
{
    size_t size = 99;

    ck_assert_ptr_nonnull(cbor_get_bytes(in, &size, 2));
    ck_assert_uint_eq(size, 0);
}
static void get_bytes_exactly_4(struct cbor *in)
{
    uint8_t to[4] = {9, 9, 9, 9};

    cbor_get_bytes_exact(in, to, 4);
    ck_assert_mem_eq(to, "\0\0\0\0", 4);
}
static void get_text_of_2(struct cbor *in)
{
    char to[3] = "zz";

    cbor_get_text(in, to, 2);
    ck_assert_str_eq(to, "");
}
static void get_array_of_2(struct cbor *in)
{
    cbor_get_array(in, 2);
}
static void get_array_up_to_2(struct cbor *in)
{
    ck_assert_uint_eq(cbor_get_array_any(in, 2), 0);
}
static void get_map_up_to_0(struct cbor *in)
{
    ck_assert_uint_eq(cbor_get_map_any(in, 0), 0);
}
static void get_bool(struct cbor *in)
{
    ck_assert(!cbor_get_bool(in));
}
static void get_null(struct cbor *in)
{
    cbor_get_null(in);
}

static const struct {
    void (*get)(struct cbor *in);
    const char *hex;
    const char *why;
} mismatches[] = {
    {get_uint_of_9, "0a", "integer too large"},
    {get_uint_of_9, "4101", "integer wanted"},
    {get_bytes_of_2, "43010203", "byte string too long"},
    {get_bytes_of_2, "6161", "byte string wanted"},
    {get_bytes_exactly_4, "43010203", "byte string too short"},
    {get_bytes_exactly_4, "450102030405", "byte string too long"},
    {get_bytes_exactly_4, "00", "byte string wanted"},
    {get_text_of_2, "63616263", "text too long"},
    {get_text_of_2, "620061", "text with a NUL"},
    {get_text_of_2, "4161", "text wanted"},
    {get_array_of_2, "8100", "array of another length"},
    {get_array_of_2, "83000000", "array of another length"},
    {get_array_of_2, "a10000", "array wanted"},
    {get_array_up_to_2, "83000000", "array too long"},
    {get_array_up_to_2, "a0", "array wanted"},
    {get_map_up_to_0, "a10000", "map too long"},
    {get_map_up_to_0, "80", "map wanted"},
    {get_bool, "f6", "true or false wanted"},
    {get_bool, "01", "true or false wanted"},
    {get_null, "f4", "null wanted"},
    {get_null, "00", "null wanted"},
};

START_TEST(a_value_of_another_type_or_range_is_refused)
{
    uint8_t data[256];
    size_t size = from_hex(data, mismatches[_i].hex);
    struct fault fault;
    struct cbor in;
    char want[200];

    cbor_init(&in, data, size);
    mismatches[_i].get(&in);
    (void)snprintf(want, sizeof want, "field: %s at byte 0", mismatches[_i].why);
    ck_assert_int_eq(cbor_done(&in, &fault, "field"), ST_INVALID);
    ck_assert_str_eq(fault.text, want);
}
END_TEST

START_TEST(after_the_first_mistake_all_gets_are_empty_and_it_stands)
{
    uint8_t data[256];
    size_t size = from_hex(data, sample);
    uint8_t two[2] = {9, 9};
    char text[4] = "zzz";
    struct fault fault;
    struct cbor in;
    size_t found = 9;

    cbor_init(&in, data, size);
    cbor_get_array(&in, 7);
    cbor_fail(&in, "makes no sense");
    cbor_fail(&in, "and neither does this");
    ck_assert_int_eq(cbor_peek(&in), CBOR_END);
    ck_assert_uint_eq(cbor_get_uint(&in, UINT64_MAX), 0);
    (void)cbor_get_bytes(&in, &found, 100);
    ck_assert_uint_eq(found, 0);
    cbor_get_bytes_exact(&in, two, 2);
    ck_assert_mem_eq(two, "\0\0", 2);
    cbor_get_text(&in, text, 3);
    ck_assert_str_eq(text, "");
    ck_assert_uint_eq(cbor_get_array_any(&in, 100), 0);
    ck_assert_uint_eq(cbor_get_map_any(&in, 100), 0);
    ck_assert(!cbor_get_bool(&in));
    cbor_get_null(&in);
    found = 9;
    ck_assert_ptr_nonnull(cbor_get_raw(&in, &found));
    ck_assert_uint_eq(found, 0);
    ck_assert_int_eq(cbor_done(&in, &fault, "row"), ST_INVALID);
    ck_assert_str_eq(fault.text, "row: makes no sense at byte 1");
}
END_TEST

START_TEST(values_left_unread_are_a_mistake)
{
    struct fault fault;
    struct cbor in;

    cbor_init(&in, "\x82\x01\x02", 3);
    cbor_get_array(&in, 2);
    (void)cbor_get_uint(&in, 9);
    ck_assert_int_eq(cbor_done(&in, &fault, "row"), ST_INVALID);
    ck_assert_str_eq(fault.text, "row: more values than wanted at byte 2");
}
END_TEST

START_TEST(reading_past_the_end_is_a_mistake)
{
    struct fault fault;
    struct cbor in;

    cbor_init(&in, "\x81\x01", 2);
    cbor_get_array(&in, 1);
    (void)cbor_get_uint(&in, 9);
    (void)cbor_get_uint(&in, 9);
    ck_assert_int_eq(cbor_done(&in, &fault, "row"), ST_INVALID);
    ck_assert_str_eq(fault.text, "row: integer wanted at byte 2");
}
END_TEST

/* ---- properties ---- */

START_TEST(random_bytes_are_refused_or_read_back_as_themselves)
{
    struct rng rng = rng_for_test();
    unsigned good = 0;

    for (int round = 0; round < 200000; round++) {
        uint8_t data[24];
        size_t size = (size_t)rng_below(&rng, sizeof data + 1);

        rng_fill(&rng, data, size);
        good += cbor_walk_check(data, size);
    }
    ck_assert_uint_gt(good, 100); /* or the property was never tried */
}
END_TEST

START_TEST(random_values_read_back_as_themselves)
{
    struct rng rng = rng_for_test();
    struct bytes out = {0};

    for (int round = 0; round < 5000; round++) {
        bytes_clear(&out);
        cbor_walk_random(&out, &rng, CBOR_DEPTH_MAX);
        ck_assert(!out.failed);
        ck_assert(cbor_walk_check(out.data, out.size));
    }
    bytes_fini(&out);
}
END_TEST

START_TEST(a_good_value_that_is_cut_or_lengthened_is_refused)
{
    struct rng rng = rng_for_test();
    struct bytes out = {0};

    for (int round = 0; round < 1000; round++) {
        struct cbor in;
        uint8_t zero = 0;

        bytes_clear(&out);
        cbor_walk_random(&out, &rng, 4);
        cbor_init(&in, out.data, (size_t)rng_below(&rng, out.size));
        ck_assert_int_eq(cbor_done(&in, NULL, "cut"), ST_INVALID);
        bytes_append(&out, &zero, 1);
        cbor_init(&in, out.data, out.size);
        ck_assert_int_eq(cbor_done(&in, NULL, "lengthened"), ST_INVALID);
    }
    bytes_fini(&out);
}
END_TEST

START_TEST(a_flipped_bit_is_refused_or_another_value_in_its_one_form)
{
    struct rng rng = rng_for_test();
    struct bytes out = {0};

    for (int round = 0; round < 5000; round++) {
        size_t bit;

        bytes_clear(&out);
        cbor_walk_random(&out, &rng, 4);
        bit = (size_t)rng_below(&rng, 8 * out.size);
        out.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        (void)cbor_walk_check(out.data, out.size); /* asserts by itself */
    }
    bytes_fini(&out);
}
END_TEST

/* A row of every type that a row may have. */
struct record {
    uint64_t number;
    struct money amount;
    u128 wide;
    bool yes;
    uint64_t items[3];
    uint64_t item_count;
    size_t bytes_size;
    uint8_t bytes[8];
    char text[9];
};

static void record_put(struct bytes *out, struct rng *rng)
{
    uint64_t items = rng_below(rng, 4);

    cbor_put_array(out, 7);
    cbor_put_uint(out, rng_edgy(rng));
    cbor_put_uint(out, rng_edgy(rng) & MONEY_NANOS_MAX);
    cbor_put_u128(out, (u128)rng_edgy(rng) << 64 | rng_edgy(rng));
    cbor_put_bool(out, rng_coin(rng));
    cbor_put_array(out, items);
    for (uint64_t i = 0; i < items; i++)
        cbor_put_uint(out, rng_edgy(rng));
    cbor_put_bytes(out, "12345678", rng_below(rng, 9));
    cbor_put_text(out, rng_coin(rng) ? "h\xc3\xa9llo" : "");
}

/* Everything that is read, with each type read by its own get. */
static enum status record_get(struct cbor *in, struct record *record)
{
    const uint8_t *data;

    memset(record, 0, sizeof *record);
    cbor_get_array(in, 7);
    record->number = cbor_get_uint(in, UINT64_MAX);
    record->amount = cbor_get_money(in);
    record->wide = cbor_get_u128(in);
    record->yes = cbor_get_bool(in);
    record->item_count = cbor_get_array_any(in, 3);
    for (uint64_t i = 0; i < record->item_count; i++)
        record->items[i] = cbor_get_uint(in, UINT64_MAX);
    data = cbor_get_bytes(in, &record->bytes_size, sizeof record->bytes);
    memcpy(record->bytes, data, record->bytes_size);
    cbor_get_text(in, record->text, sizeof record->text - 1);
    return cbor_done(in, NULL, "record");
}

/* Change, insert or take away a few bits or bytes, or nothing. */
static void record_spoil(struct bytes *bytes, struct rng *rng)
{
    size_t at = rng_below(rng, bytes->size);

    switch (rng_below(rng, 5)) {
    case 0:
        break;
    case 1:
        bytes->size = at;
        break;
    case 2:
        bytes_append(bytes, "\0", 1);
        break;
    case 3:
        bytes->data[at] = (uint8_t)rng_u64(rng);
        break;
    default:
        bytes->data[at] ^= (uint8_t)(1U << rng_below(rng, 8));
        break;
    }
}

START_TEST(reading_without_a_look_ahead_takes_what_reading_with_one_takes)
{
    struct rng rng = rng_for_test();
    uint64_t taken = 0;

    for (int round = 0; round < 40000; round++) {
        struct bytes bytes = {0};
        struct record ahead;
        struct record fields;
        enum status wanted;
        struct cbor in;

        record_put(&bytes, &rng);
        record_spoil(&bytes, &rng);
        cbor_init(&in, bytes.data, bytes.size);
        wanted = record_get(&in, &ahead);
        cbor_init_fields(&in, bytes.data, bytes.size);
        ck_assert_int_eq(record_get(&in, &fields), wanted);
        if (wanted == ST_OK)
            ck_assert_mem_eq(&ahead, &fields, sizeof ahead);
        taken += wanted == ST_OK;
        bytes_fini(&bytes);
    }
    ck_assert_uint_gt(taken, 4000);
    ck_assert_uint_lt(taken, 36000);
}
END_TEST

START_TEST(a_map_is_not_read_without_a_look_ahead)
{
    static const uint8_t empty[] = {0xa0};
    struct cbor in;

    cbor_init_fields(&in, empty, sizeof empty);
    (void)cbor_get_map_any(&in, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cbor");
    TCase *tcase = tcase_create("cbor");
    TCase *aborts = tcase_of_aborts(suite);

    tcase_add_loop_test(tcase, integers_have_their_shortest_form, 0, COUNT_OF(integers));
    tcase_add_test(tcase, simple_values_and_strings_are_as_in_the_standard);
    tcase_add_test(tcase, arrays_and_maps_are_as_in_the_standard);
    tcase_add_test(tcase, a_long_string_has_a_long_head);
    tcase_add_test_raise_signal(aborts, writing_text_that_is_not_utf8_is_a_bug, SIGABRT);
    tcase_add_test_raise_signal(aborts, a_map_is_not_read_without_a_look_ahead, SIGABRT);
    tcase_add_loop_test(tcase, every_other_form_is_refused_with_reason_and_offset, 0,
                        COUNT_OF(refused));
    tcase_add_test(tcase, maps_in_bytewise_order_are_accepted);
    tcase_add_test(tcase, nesting_is_bounded);
    tcase_add_test(tcase, nothing_at_all_is_refused_too);
    tcase_add_test(tcase, a_record_reads_field_by_field);
    tcase_add_test(tcase, null_may_stand_for_a_value);
    tcase_add_test(tcase, amounts_and_wide_numbers_read_back_and_have_their_range);
    tcase_add_test(tcase, raw_steps_over_one_whole_item_and_stands_alone);
    tcase_add_loop_test(tcase, a_value_of_another_type_or_range_is_refused, 0,
                        COUNT_OF(mismatches));
    tcase_add_test(tcase, after_the_first_mistake_all_gets_are_empty_and_it_stands);
    tcase_add_test(tcase, values_left_unread_are_a_mistake);
    tcase_add_test(tcase, reading_past_the_end_is_a_mistake);
    tcase_add_test(tcase, random_bytes_are_refused_or_read_back_as_themselves);
    tcase_add_test(tcase, random_values_read_back_as_themselves);
    tcase_add_test(tcase, reading_without_a_look_ahead_takes_what_reading_with_one_takes);
    tcase_add_test(tcase, a_good_value_that_is_cut_or_lengthened_is_refused);
    tcase_add_test(tcase, a_flipped_bit_is_refused_or_another_value_in_its_one_form);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
