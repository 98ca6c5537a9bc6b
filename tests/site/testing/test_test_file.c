/* Files of tests: what is taken, and that each mistake is found and its place told. */
#include <string.h>

#include "site/testing/test_file.h"
#include "tests/check_main.h"

/* A file with these members besides the least. */
static void file_of(char *text, size_t room, const char *agent, const char *steps, const char *more)
{
    ck_assert_int_lt(
        snprintf(text, room, "{\"version\":1,\"agent\":%s,\"steps\":%s%s}", agent, steps, more),
        (int)room);
}

static const char agent[] = "{\"money\":\"1\"}";

static void refused(const char *text, const char *why)
{
    struct fault fault = {0};
    json_t *root;

    ck_assert_msg(test_file_parse(&root, text, strlen(text), "t.json", &fault) == ST_INVALID,
                  "%s is taken", text);
    ck_assert_ptr_null(root);
    ck_assert_msg(strstr(fault.text, why) != NULL, "%s of %s does not say %s", fault.text, text,
                  why);
}

static void step_refused(const char *step, const char *why)
{
    char text[2000];
    char steps[1000];

    ck_assert_int_lt(snprintf(steps, sizeof steps, "[%s]", step), (int)sizeof steps);
    file_of(text, sizeof text, agent, steps, "");
    refused(text, why);
}

static json_t *taken(const char *text)
{
    struct fault fault = {0};
    json_t *root;

    ck_assert_msg(test_file_parse(&root, text, strlen(text), "t.json", &fault) == ST_OK, "%s",
                  fault.text);
    return root;
}

START_TEST(what_is_no_json_is_refused_by_line_and_column)
{
    refused("", "t.json:1:");
    refused("{\n  \"version\": 1,\n  oops\n}", "t.json:3:");
    refused("{\"version\":1,\"version\":1}", "duplicate");
    refused("[]", "the file: wants an object");
}
END_TEST

START_TEST(what_is_missing_or_unknown_is_told_by_its_place)
{
    char text[2000];

    refused("{\"version\":1,\"steps\":[]}", "agent: is missing");
    refused("{\"version\":1,\"agent\":{},\"steps\":[]}", "agent.money: is missing");
    refused("{\"version\":2,\"agent\":{\"money\":\"1\"},\"steps\":[]}", "version: is 1");
    file_of(text, sizeof text, agent, "[]", ",\"step\":[]");
    refused(text, "step: is no key that is known here");
    file_of(text, sizeof text, agent, "{}", "");
    refused(text, "steps: wants an array");
    step_refused("{\"wait\":\"1s\"},{\"call\":\"a\",\"expect\":{\"costs\":{\"air\":\"1\"}}}",
                 "steps[1].expect.costs.air: is no resource");
    step_refused("{\"wait\":\"1s\",\"expect\":[{},{\"log\":\"x\"}]}",
                 "steps[0].expect[1].log: wants an array of texts");
}
END_TEST

START_TEST(values_have_one_form)
{
    char text[2000];

    step_refused("{\"send\":\"a\",\"money\":0.5}", "steps[0].money: wants an amount as a text");
    step_refused("{\"send\":\"a\",\"money\":\"-1\"}", "steps[0].money: wants an amount");
    step_refused("{\"send\":\"a\",\"hex\":\"abc\"}", "steps[0].hex: wants pairs of hex");
    step_refused("{\"send\":\"a\",\"hex\":\"xy\"}", "steps[0].hex: wants pairs of hex");
    step_refused("{\"send\":\"\"}", "steps[0].send: wants a text that is not empty");
    step_refused("{\"wait\":\"5\"}", "steps[0].wait: wants a time");
    step_refused("{\"wait\":\"0s\"}", "steps[0].wait: wants a time");
    step_refused("{\"wait\":\"32d\"}", "steps[0].wait: wants a time");
    step_refused("{\"wait\":\"9999999999d\"}", "steps[0].wait: wants a time");
    step_refused("{\"ask\":\"a\",\"number\":\"00\"}", "steps[0].number: wants a number of the");
    step_refused("{\"wait\":\"1s\",\"expect\":{\"fuel\":\"5\"}}", "fuel: wants a whole number");
    step_refused("{\"wait\":\"1s\",\"expect\":{\"fuel\":-5}}", "fuel: wants a whole number");
    step_refused("{\"wait\":\"1s\",\"expect\":{\"fuel\":{}}}", "fuel: wants min, max or both");
    step_refused("{\"wait\":\"1s\",\"expect\":{\"fuel\":{\"least\":1}}}", "takes min and max");
    step_refused("{\"wait\":\"1s\",\"expect\":{\"waits\":1}}", "waits: wants true or false");
    step_refused("{\"prices\":{\"a\":1.5}}", "steps[0].prices.a: wants a text or a whole number");
    file_of(text, sizeof text, "{\"money\":\"1\",\"give\":[\"moon\"]}", "[]", "");
    refused(text, "agent.give: there are spawner, timer, clock and random");
    file_of(text, sizeof text, agent, "[]", ",\"people\":{\"ada\":5}");
    refused(text, "people.ada: wants an amount");
}
END_TEST

START_TEST(a_step_does_one_thing)
{
    step_refused("{}", "steps[0]: does nothing");
    step_refused("{\"note\":\"x\"}", "steps[0]: does nothing");
    step_refused("{\"call\":\"a\",\"send\":\"a\"}", "does two things");
    step_refused("{\"wait\":\"1s\",\"text\":\"x\"}", "wait does not take the key text");
    step_refused("{\"fund\":\"a\"}", "fund needs the key money");
    step_refused("{\"upgrade\":\"a\"}", "upgrade needs the key module");
    step_refused("{\"ask\":\"a\"}", "ask needs the key number");
    step_refused("{\"call\":\"a\",\"text\":\"x\",\"hex\":\"00\"}", "has text and hex");
}
END_TEST

START_TEST(rules_of_mocks_are_checked)
{
    static const char *const rules[][2] = {
        {"{\"does\":\"dance\"}", "does: there are keep, silent and trap"},
        {"{\"code\":5}", "code: 4096 to 65535"},
        {"{\"code\":70000}", "code: 4096 to 65535"},
        {"{\"reason\":\"x\"}", "has a reason and no code"},
        {"{\"answer\":\"x\",\"code\":4096}", "has answer and code"},
        {"{\"answer\":\"x\",\"does\":\"keep\"}", "has answer and does"},
    };

    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        char mocks[200];
        char text[1000];

        (void)snprintf(mocks, sizeof mocks, ",\"mocks\":{\"m\":{\"rules\":[%s]}}", rules[i][0]);
        file_of(text, sizeof text, agent, "[]", mocks);
        refused(text, "mocks.m.rules[0]: ");
        refused(text, rules[i][1]);
    }
}
END_TEST

START_TEST(values_are_read_back)
{
    char text[2000];
    char digits[MONEY_TEXT_BYTES];
    struct bytes data = {0};
    const json_t *step;
    json_t *root;

    file_of(text, sizeof text, agent,
            "[{\"send\":\"a\",\"hex\":\"00fF\",\"money\":\"0.25\"},{\"wait\":\"250ms\"},"
            "{\"wait\":\"31d\"}]",
            ",\"seed\":7");
    root = taken(text);
    step = json_array_get(json_object_get(root, "steps"), 0);
    ck_assert_str_eq(test_step_verb(step), "send");
    test_data(step, "text", "hex", &data);
    ck_assert_uint_eq(data.size, 2);
    ck_assert_int_eq(memcmp(data.data, "\0\xff", 2), 0);
    ck_assert_str_eq(money_print(digits, test_amount(step, "money", money_zero())), "0.250000000");
    ck_assert_str_eq(money_print(digits, test_amount(step, "no", money_zero())), "0.000000000");
    ck_assert_uint_eq(test_count(root, "seed", 1), 7);
    ck_assert_uint_eq(test_time_us(json_array_get(json_object_get(root, "steps"), 1), "wait"),
                      250000);
    ck_assert_uint_eq(test_time_us(json_array_get(json_object_get(root, "steps"), 2), "wait"),
                      UINT64_C(2678400000000));
    bytes_fini(&data);
    json_decref(root);
}
END_TEST

START_TEST(bounds_of_a_file_hold)
{
    struct bytes text = {0};
    struct fault fault = {0};
    const char *begin = "{\"version\":1,\"agent\":{\"money\":\"1\"},\"steps\":[{\"wait\":\"1s\"}";
    const char *step = ",{\"wait\":\"1s\"}";
    const char *end = "]}";
    json_t *root;

    bytes_append(&text, begin, strlen(begin));
    for (int i = 0; i < TEST_STEPS_MAX; i++)
        bytes_append(&text, step, strlen(step));
    bytes_append(&text, end, 2);
    ck_assert_int_eq(test_file_parse(&root, (const char *)text.data, text.size, "t.json", &fault),
                     ST_INVALID);
    ck_assert_msg(strstr(fault.text, "steps: are more than 1000") != NULL, "%s", fault.text);
    bytes_fini(&text);
    refused("{\"version\":1,\"agent\":{\"money\":\"1\"},\"steps\":[],\"neighbours\":{\"a\":{},"
            "\"b\":{},\"c\":{},\"d\":{},\"e\":{}}}",
            "neighbours: are more than 4");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("test_file");
    TCase *cases = tcase_create("files");

    tcase_add_test(cases, what_is_no_json_is_refused_by_line_and_column);
    tcase_add_test(cases, what_is_missing_or_unknown_is_told_by_its_place);
    tcase_add_test(cases, values_have_one_form);
    tcase_add_test(cases, a_step_does_one_thing);
    tcase_add_test(cases, rules_of_mocks_are_checked);
    tcase_add_test(cases, values_are_read_back);
    tcase_add_test(cases, bounds_of_a_file_hold);
    suite_add_tcase(suite, cases);
    return check_main(suite);
}
