/* JSON for the page: exact numbers, and text that stays text. */
#include "site/page/json.h"

#include "base/cbor.h"
#include "tests/check_main.h"

static struct bytes out;
static struct json json;

static void setup(void)
{
    out = (struct bytes){0};
    json = (struct json){.out = &out};
}

static void teardown(void)
{
    bytes_fini(&out);
}

static void ck_assert_out(const char *text)
{
    bytes_append(&out, "", 1);
    ck_assert(!out.failed);
    ck_assert_str_eq((const char *)out.data, text);
}

START_TEST(values_follow_each_other_with_commas)
{
    json_open(&json, '{');
    json_put_uint(&json, "a", UINT64_MAX);
    json_name(&json, "b");
    json_open(&json, '[');
    json_bool(&json, true);
    json_open(&json, '{');
    json_close(&json, '}');
    json_close(&json, ']');
    json_put_text(&json, "c", "d");
    json_close(&json, '}');
    ck_assert_out("{\"a\":\"18446744073709551615\",\"b\":[true,{}],\"c\":\"d\"}");
}
END_TEST

START_TEST(amounts_have_nine_places_whatever_their_size)
{
    json_open(&json, '[');
    json_total(&json, 0);
    json_total(&json, 1);
    json_total(&json, (u128)1000000000);
    json_total(&json, (u128)UINT64_MAX * 10);
    json_close(&json, ']');
    ck_assert_out("[\"0.000000000\",\"0.000000001\",\"1.000000000\","
                  "\"184467440737.095516150\"]");
}
END_TEST

START_TEST(text_of_strangers_has_no_tag_and_no_end_of_its_own)
{
    static const char text[] = "</script><img src=x>&\"\\\n\x01\x7f\0z";

    json_text(&json, text, sizeof text - 1);
    ck_assert_out(
        "\"\\u003c/script\\u003e\\u003cimg src=x\\u003e\\u0026\\u0022\\u005c\\u000a\\u0001"
        "\\u007f\\u0000z\"");
}
END_TEST

START_TEST(bytes_that_are_no_text_become_a_mark)
{
    static const char text[] = "\xff"
                               "a\xc3\xa9\xed\xa0\x80"; /* a surrogate is no UTF-8 */

    json_text(&json, text, sizeof text - 1);
    ck_assert_out("\"\xef\xbf\xbd"
                  "a\xc3\xa9\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
}
END_TEST

START_TEST(an_answer_of_the_site_keeps_its_shape)
{
    struct bytes in = {0};

    cbor_put_array(&in, 5);
    cbor_put_uint(&in, UINT64_MAX);
    cbor_put_bytes(&in, "\x01\xfe", 2);
    cbor_put_map(&in, 2);
    cbor_put_text(&in, "a");
    cbor_put_text(&in, "<b>");
    cbor_put_text(&in, "b");
    cbor_put_array(&in, 0);
    cbor_put_null(&in);
    cbor_put_bool(&in, false);
    json_open(&json, '[');
    json_cbor(&json, in.data, in.size);
    json_cbor(&json, in.data, 0); /* nothing at all: still JSON */
    json_close(&json, ']');
    ck_assert_out("[[\"18446744073709551615\",\"01fe\",{\"a\":\"\\u003cb\\u003e\",\"b\":[]},null,"
                  "false],null]");
    bytes_fini(&in);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("page/json");
    TCase *tcase = tcase_create("json");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, values_follow_each_other_with_commas);
    tcase_add_test(tcase, amounts_have_nine_places_whatever_their_size);
    tcase_add_test(tcase, text_of_strangers_has_no_tag_and_no_end_of_its_own);
    tcase_add_test(tcase, bytes_that_are_no_text_become_a_mark);
    tcase_add_test(tcase, an_answer_of_the_site_keeps_its_shape);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
