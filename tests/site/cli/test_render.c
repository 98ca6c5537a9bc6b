#include "site/cli/render.h"

#include <stdlib.h>
#include <string.h>

#include "tests/check_main.h"

static struct bytes item;
static char *printed;
static size_t printed_size;
static FILE *out;

static void setup(void)
{
    out = open_memstream(&printed, &printed_size);
    ck_assert_ptr_nonnull(out);
}

static void teardown(void)
{
    (void)!fclose(out);
    free(printed);
    bytes_fini(&item);
}

static const char *text_of_json(void)
{
    render_json(out, item.data, item.size);
    ck_assert_int_eq(fflush(out), 0);
    return printed;
}

/* {"id": 7, "name": "ada", "balance": "0.000000100", "memory_bytes": 65536} */
static void make_agent(uint64_t id)
{
    cbor_put_map(&item, 4);
    cbor_put_text(&item, "id");
    cbor_put_uint(&item, id);
    cbor_put_text(&item, "name");
    cbor_put_text(&item, "ada");
    cbor_put_text(&item, "balance");
    cbor_put_text(&item, "0.000000100");
    cbor_put_text(&item, "memory_bytes");
    cbor_put_uint(&item, 65536);
}

START_TEST(every_type_has_its_json)
{
    cbor_put_array(&item, 9);
    cbor_put_uint(&item, (UINT64_C(1) << 53) - 1);
    cbor_put_uint(&item, UINT64_C(1) << 53); /* no digit is lost in floating point */
    cbor_put_uint(&item, UINT64_MAX);
    cbor_put_bytes(&item, "\x00\xff", 2);
    cbor_put_text(&item, "t");
    cbor_put_array(&item, 0);
    cbor_put_map(&item, 1);
    cbor_put_text(&item, "k");
    cbor_put_bool(&item, true);
    cbor_put_bool(&item, false);
    cbor_put_null(&item);
    ck_assert_str_eq(text_of_json(),
                     "[9007199254740991,\"9007199254740992\",\"18446744073709551615\",\"00ff\","
                     "\"t\",[],{\"k\":true},false,null]");
}
END_TEST

START_TEST(what_json_would_trip_over_is_escaped)
{
    cbor_put_text(&item, "say \"no\\yes\"\n\t\x7f\xc3\xa4");
    ck_assert_str_eq(text_of_json(), "\"say \\\"no\\\\yes\\\"\\n\\u0009\\u007f\xc3\xa4\"");
}
END_TEST

START_TEST(a_long_text_is_whole_in_json)
{
    char *text = calloc(1, 5001);

    ck_assert_ptr_nonnull(text);
    memset(text, 'x', 5000);
    cbor_put_text(&item, text);
    ck_assert_uint_eq(strlen(text_of_json()), 5002);
    free(text);
}
END_TEST

START_TEST(fields_are_told_with_the_name_first_and_the_unit)
{
    make_agent(7);
    render_fields(out, item.data, item.size, "SRI");
    ck_assert_int_eq(fflush(out), 0);
    ck_assert_str_eq(printed, "name             ada\n"
                              "id               7\n"
                              "balance          0.000000100 SRI\n"
                              "memory bytes     65536\n");
}
END_TEST

START_TEST(nothing_is_told_of_null)
{
    cbor_put_null(&item);
    render_fields(out, item.data, item.size, "SRI");
    ck_assert_int_eq(fflush(out), 0);
    ck_assert_uint_eq(printed_size, 0);
}
END_TEST

START_TEST(fields_are_found_by_name)
{
    char text[RENDER_TEXT_BYTES];
    uint64_t number;

    make_agent(7);
    ck_assert(render_text(item.data, item.size, "name", text));
    ck_assert_str_eq(text, "ada");
    ck_assert(render_text(item.data, item.size, "id", text));
    ck_assert_str_eq(text, "7");
    ck_assert(render_number(item.data, item.size, "id", &number));
    ck_assert_uint_eq(number, 7);
    ck_assert(!render_text(item.data, item.size, "none", text));
    ck_assert_str_eq(text, "");
    ck_assert(!render_number(item.data, item.size, "name", &number));
}
END_TEST

START_TEST(fields_of_something_that_is_no_map_are_not_there)
{
    char text[RENDER_TEXT_BYTES];
    uint64_t number;

    cbor_put_uint(&item, 3);
    ck_assert(!render_text(item.data, item.size, "id", text));
    ck_assert(!render_number(item.data, item.size, "id", &number));
}
END_TEST

static void add_id(void *context, const uint8_t *inside, size_t size)
{
    uint64_t *sum = context;
    uint64_t number;

    ck_assert(render_number(inside, size, "id", &number));
    *sum = *sum * 10 + number;
}

START_TEST(the_items_of_a_list_come_in_order)
{
    uint64_t seen = 0;

    cbor_put_array(&item, 3);
    for (uint64_t id = 1; id <= 3; id++)
        make_agent(id);
    render_each(item.data, item.size, add_id, &seen);
    ck_assert_uint_eq(seen, 123);
}
END_TEST

START_TEST(a_list_inside_a_map_is_found)
{
    uint64_t seen = 0;

    cbor_put_map(&item, 2);
    cbor_put_text(&item, "a");
    cbor_put_uint(&item, 1);
    cbor_put_text(&item, "b");
    cbor_put_array(&item, 1);
    make_agent(4);
    render_each(item.data, item.size, add_id, &seen);
    ck_assert_uint_eq(seen, 4);
}
END_TEST

START_TEST(totals_are_told_to_the_nano)
{
    char text[64];

    ck_assert_str_eq(render_total(text, 0), "0.000000000");
    ck_assert_str_eq(render_total(text, 1), "0.000000001");
    ck_assert_str_eq(render_total(text, 1000000000), "1.000000000");
    ck_assert_str_eq(render_total(text, ~(u128)0), "340282366920938463463374607431.768211455");
}
END_TEST

START_TEST(tables_are_as_wide_as_they_need_and_end_in_no_blank)
{
    static const char *const headers[] = {"NAME", "BALANCE", "NOTE", "STATE"};
    struct table_text *table = table_text_new(headers, 4);

    table_text_row(table, (const char *[]){"a", "1.5", "", "frozen"});
    table_text_row(table, (const char *[]){"longer", "10.5", "", ""});
    table_text_print(table, out);
    ck_assert_int_eq(fflush(out), 0);
    ck_assert_str_eq(printed, "NAME    BALANCE  STATE\n"
                              "a           1.5  frozen\n"
                              "longer     10.5\n");
}
END_TEST

START_TEST(a_table_without_rows_prints_nothing)
{
    static const char *const headers[] = {"NAME"};

    table_text_print(table_text_new(headers, 1), out);
    ck_assert_int_eq(fflush(out), 0);
    ck_assert_uint_eq(printed_size, 0);
}
END_TEST

START_TEST(what_is_no_utf8_stays_json_and_is_not_lost)
{
    render_json_text(out, "a\xff\xc3\xa9\xc3");
    ck_assert_int_eq(fflush(out), 0);
    ck_assert_str_eq(printed, "\"a\\udcff\xc3\xa9\\udcc3\"");
}
END_TEST

START_TEST(fields_of_strangers_are_one_line_each)
{
    cbor_put_map(&item, 2);
    cbor_put_text(&item, "name");
    cbor_put_text(&item, "a\nbalance          1.000000000 EUR");
    cbor_put_text(&item, "reason");
    cbor_put_text(&item, "\033[2J\\n\xe2\x80\xae");
    render_fields(out, item.data, item.size, "EUR");
    ck_assert_int_eq(fflush(out), 0);
    ck_assert_str_eq(printed, "name             a\\nbalance          1.000000000 EUR\n"
                              "reason           \\x1b[2J\\\\n\\u{202e}\n");
}
END_TEST

START_TEST(cells_are_escaped_and_stay_in_their_columns)
{
    static const char *const headers[] = {"A", "B"};
    struct table_text *table = table_text_new(headers, 2);

    table_text_row(table, (const char *[]){"\033\n", "1"});
    table_text_row(table, (const char *[]){"h\xc3\xa9", "2"});
    table_text_row_escaped(table, (const char *[]){"\\x1b", "3"});
    table_text_print(table, out);
    ck_assert_int_eq(fflush(out), 0);
    ck_assert_str_eq(printed, "A       B\n\\x1b\\n  1\nh\xc3\xa9      2\n\\x1b    3\n");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("render");
    TCase *tcase = tcase_create("render");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, every_type_has_its_json);
    tcase_add_test(tcase, what_json_would_trip_over_is_escaped);
    tcase_add_test(tcase, a_long_text_is_whole_in_json);
    tcase_add_test(tcase, fields_are_told_with_the_name_first_and_the_unit);
    tcase_add_test(tcase, nothing_is_told_of_null);
    tcase_add_test(tcase, fields_are_found_by_name);
    tcase_add_test(tcase, fields_of_something_that_is_no_map_are_not_there);
    tcase_add_test(tcase, the_items_of_a_list_come_in_order);
    tcase_add_test(tcase, a_list_inside_a_map_is_found);
    tcase_add_test(tcase, totals_are_told_to_the_nano);
    tcase_add_test(tcase, tables_are_as_wide_as_they_need_and_end_in_no_blank);
    tcase_add_test(tcase, a_table_without_rows_prints_nothing);
    tcase_add_test(tcase, what_is_no_utf8_stays_json_and_is_not_lost);
    tcase_add_test(tcase, fields_of_strangers_are_one_line_each);
    tcase_add_test(tcase, cells_are_escaped_and_stay_in_their_columns);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
