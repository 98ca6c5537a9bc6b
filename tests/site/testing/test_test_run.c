/* Tests of agents that are run: costs, answers, mocks, time, prices; and what is wrong is found. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "site/testing/memory_site.h"
#include "site/testing/test_expect.h"
#include "site/testing/test_file.h"
#include "site/testing/test_print.h"
#include "site/testing/test_run.h"
#include "tests/check_main.h"

static enum status give_module(void *context, const char *path, struct bytes *bytes,
                               struct fault *fault)
{
    char whole[512];

    (void)context;
    (void)snprintf(whole, sizeof whole, "%s/%s.wasm", EXAMPLES, path);
    if (file_read(whole, 1 << 20, bytes, fault) == ST_OK)
        return ST_OK;
    (void)snprintf(whole, sizeof whole, "%s/%s.wasm", GUESTS, path);
    return file_read(whole, 1 << 20, bytes, fault);
}

static void place(void *context, const struct hash *code, const struct engine_frame *at, char *text,
                  size_t text_bytes)
{
    (void)context;
    (void)code;
    (void)snprintf(text, text_bytes, "f%u", (unsigned)at->function);
}

static const struct test_env env = {.module = give_module, .place = place};

/* The report of a module and a file; the file is the text with ' for ". */
static enum status try_run(const char *module, const char *text, json_t **report,
                           struct fault *fault)
{
    struct pricebook book;
    struct bytes bytes = {0};
    char *quoted = strdup(text);
    json_t *file;
    enum status status;

    for (char *at = quoted; *at != '\0'; at++)
        if (*at == '\'')
            *at = '"';
    status = test_file_parse(&file, quoted, strlen(quoted), "t.json", fault);
    free(quoted);
    ck_assert_msg(status == ST_OK, "%s", fault->text);
    ck_assert_int_eq(give_module(NULL, module, &bytes, fault), ST_OK);
    pricebook_default(&book, &core_order_names);
    status = test_run(file, &bytes, &book, &env, report, fault);
    if (status == ST_OK)
        test_expect_all(file, *report);
    bytes_fini(&bytes);
    json_decref(file);
    return status;
}

static json_t *ran(const char *module, const char *text)
{
    struct fault fault = {0};
    json_t *report;

    ck_assert_msg(try_run(module, text, &report, &fault) == ST_OK, "%s", fault.text);
    return report;
}

static char *printed(const json_t *report)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    test_print(out, report, "SRI");
    ck_assert_int_eq(fclose(out), 0);
    return text;
}

/* All holds that the file expects. */
static void holds(const char *module, const char *text)
{
    json_t *report = ran(module, text);
    char *words = printed(report);

    ck_assert_msg(json_is_true(json_object_get(report, "ok")), "%s", words);
    free(words);
    json_decref(report);
}

/* So many things are wrong, and one of them is said so. */
static void is_wrong(const char *module, const char *text, int count, const char *says)
{
    json_t *report = ran(module, text);
    char *words = printed(report);

    ck_assert_int_eq(json_integer_value(json_object_get(report, "wrong")), count);
    ck_assert(!json_is_true(json_object_get(report, "ok")));
    ck_assert_msg(strstr(words, says) != NULL, "%s does not say %s", words, says);
    free(words);
    json_decref(report);
}

static void fails(const char *module, const char *text, enum status expected, const char *says)
{
    struct fault fault = {0};
    json_t *report = NULL;

    ck_assert_int_eq(try_run(module, text, &report, &fault), expected);
    ck_assert_ptr_null(report);
    ck_assert_msg(strstr(fault.text, says) != NULL, "%s does not say %s", fault.text, says);
}

#define SHOP(steps) "{'version':1,'agent':{'name':'shop','money':'0.05'},'steps':[" steps "]}"

START_TEST(the_same_file_gives_the_same_report)
{
    static const char text[] =
        SHOP("{'call':'shop','text':'abc','money':'0.000001'},{'wait':'2h'},"
             "{'call':'shop','text':'abc','money':'0','expect':{'code':4096}}");
    json_t *first = ran("till", text);
    json_t *second = ran("till", text);
    char *one = json_dumps(first, JSON_COMPACT);
    char *two = json_dumps(second, JSON_COMPACT);

    ck_assert_str_eq(one, two);
    free(one);
    free(two);
    json_decref(first);
    json_decref(second);
}
END_TEST

START_TEST(a_turn_costs_exactly_what_it_did)
{
    static const char text[] = SHOP("{'call':'shop','text':'abc','money':'0.000001'}");
    json_t *report = ran("till", text);
    const json_t *step = json_array_get(json_object_get(report, "steps"), 1);
    const json_t *turn = json_array_get(json_object_get(step, "turns"), 0);
    const json_t *paid = json_object_get(json_object_get(step, "paid"), "shop");
    char exact[1000];

    ck_assert_uint_eq(json_array_size(json_object_get(step, "turns")), 1);
    ck_assert_str_eq(json_string_value(json_object_get(turn, "event")), "MESSAGE");
    ck_assert(json_integer_value(json_object_get(turn, "fuel")) > 4096);
    ck_assert(json_equal(json_object_get(turn, "cost"), json_object_get(paid, "cost")));
    ck_assert(json_equal(json_object_get(turn, "costs"), json_object_get(paid, "costs")));
    /* What was found is what may be expected, to the unit; and nothing next to it. */
    for (int off = -1; off <= 1; off++) {
        (void)snprintf(exact, sizeof exact,
                       "{'version':1,'agent':{'name':'shop','money':'0.05'},'steps':[{'call':"
                       "'shop','text':'abc','money':'0.000001','expect':{'each_turn':[{'event':"
                       "'MESSAGE','fuel':%lld,'cost':'%s'}]}}]}",
                       (long long)json_integer_value(json_object_get(turn, "fuel")) + off,
                       json_string_value(json_object_get(turn, "cost")));
        if (off == 0)
            holds("till", exact);
        else
            is_wrong("till", exact, 1, "WRONG  shop turn 1: fuel: expected ");
    }
    json_decref(report);
}
END_TEST

START_TEST(each_expectation_can_be_wrong)
{
    static const struct {
        const char *expect;
        const char *says;
    } cases[] = {
        {"'answer':'295'", "answer: expected 295, found 294"},
        {"'answer_hex':'00'", "answer_hex: expected 00"},
        {"'answer_money':'1'", "answer_money: expected 1, found 0.000004000"},
        {"'failure':'TRAP'", "failure: expected TRAP, found answered"},
        {"'code':4096", "code: expected 4096, found 0"},
        {"'reason':'x'", "reason: expected x"},
        {"'waits':true", "waits: expected true, found answered"},
        {"'refused':'short'", "refused: expected short, found it was done"},
        {"'log':[]", "log: expected nothing, found \"shop: sold 1 sums\""},
        {"'log_has':['sold 2']", "log_has: expected sold 2"},
        {"'trap':'x'", "trap: expected x, found no turn was undone"},
        {"'turns':2", "turns: expected 2, found 1"},
        {"'undone':1", "undone: expected 1, found 0"},
        {"'each_turn':[]", "each_turn: expected 0 turns, found 1 turns"},
        {"'each_turn':[{'event':'WAKE'}]", "turn 1: event: expected WAKE, found MESSAGE"},
        {"'each_turn':[{'undone':true}]", "turn 1: undone: expected true, found false"},
        {"'each_turn':[{'cost':'0'}]", "turn 1: cost: expected 0, found 0.0000"},
        {"'each_turn':[{'costs':{'logs':'1'}}]", "turn 1: costs.logs: expected 1"},
        {"'fuel':{'max':5}", "fuel: expected any to 5"},
        {"'cost':{'min':'1','max':'2'}", "cost: expected 1 to 2"},
        {"'costs':{'compute':'0'}", "costs.compute: expected 0, found 0.0000"},
        {"'balance':'0'", "balance: expected 0, found 0.049"},
        {"'state':'frozen'", "state: expected frozen, found running"},
        {"'agent':'nobody'", "agent: expected nobody, found no agent of this file"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[600];

        (void)snprintf(text, sizeof text,
                       SHOP("{'call':'shop','text':'abc','money':'0.000005','expect':{%s}}"),
                       cases[i].expect);
        is_wrong("till", text, 1, cases[i].says);
    }
}
END_TEST

START_TEST(trouble_that_nobody_expects_is_wrong)
{
    /* A call that fails, and the turn that was undone for it. */
    is_wrong("till", SHOP("{'call':'shop','text':'abc'}"), 2,
             "the call: expected answered, found a sum costs 0.000001000");
    is_wrong("till", SHOP("{'send':'shop','text':'abc'}"), 1, "the turn: expected not undone");
    is_wrong("till", SHOP("{'fund':'shop','money':'100000'}"), 1, "the step: expected done");
    holds("till", SHOP("{'fund':'shop','money':'100000','expect':{'refused':'has'}}"));
    holds("till", SHOP("{'send':'shop','text':'abc','expect':{'trap':'code 4096'}}"));
    is_wrong("till", "{'version':1,'agent':{'money':'0.000000001'},'steps':[]}", 1,
             "the step: expected done, found an agent needs at least");
}
END_TEST

START_TEST(agents_mocks_and_people_meet)
{
    /* The factory and the driver of the examples: both are real. */
    holds("driver",
          "{'version':1,'agents':{'factory':{'module':'factory','money':'0.5',"
          "'args':'number=0000000000000000000000aa'}},"
          "'agent':{'name':'driver','money':'0.5','args':'number=0000000000000000000000aa',"
          "'expect':{'log':['driver: no car, nobody drives plaid','driver: Vroom! I am a "
          "blue car.','driver: Vroom! I am a red car.']}},'steps':[]}");
    /* A mock in the factory's place. */
    holds("driver",
          "{'version':1,'mocks':{'factory':{'number':'0000000000000000000000aa','rules':["
          "{'to':'make blue','code':5000,'reason':'no paint'},{'does':'silent'}]}},"
          "'agent':{'name':'driver','money':'0.5','args':'number=0000000000000000000000aa',"
          "'expect':[{'log_has':['driver: no car, no paint']},{'agent':'factory',"
          "'log_has':['heard \\\"make blue\\\" with','heard \\\"make red\\\" with']}]},"
          "'steps':[]}");
    /* Capabilities: of a mock, given along; and those that an answer brings. */
    holds("talker",
          "{'version':1,'people':{'ada':'5'},'mocks':{'bank':{'rules':[{'to':'hello','answer':"
          "'hello, talker','money':'0.25'}]}},'agent':{'name':'talker','money':'1'},'steps':["
          "{'call':'talker','text':'tell @0 hello','caps':['bank'],'expect':[{'answer':"
          "'hello, talker'},{'agent':'bank','log':['heard \\\"hello\\\" with 0.000000000']}]},"
          "{'call':'talker','text':'twin','as':'twin','expect':{'answer':'one'}},"
          "{'call':'@twin','text':'x','expect':{'waits':false}},"
          "{'fund':'talker','money':'1','from':'ada'},"
          "{'send':'talker','text':'count','from':'ada','expect':{'refused':'another "
          "customer'}}]}");
}
END_TEST

START_TEST(a_question_may_be_answered_later)
{
    holds("talker", "{'version':1,'agent':{'name':'talker','money':'1'},'steps':["
                    "{'call':'talker','text':'later','id':'q','expect':{'waits':true}},"
                    "{'take':'q','expect':{'waits':true}},"
                    "{'call':'talker','text':'now','expect':{'waits':false}},"
                    "{'take':'q','expect':{'waits':false}},"
                    "{'take':'q','expect':{'refused':'was taken'}}]}");
}
END_TEST

START_TEST(time_prices_and_states_change)
{
    json_t *report =
        ran("till", SHOP("{'wait':'10d','expect':{'turns':0,'cost':{'min':'0.000000001'}}},"
                         "{'prices':{'orders.facet_send':'0.001'}},"
                         "{'call':'shop','text':'','money':'0.1','expect':{'costs':{'orders':"
                         "{'min':'0.001'}}}},"
                         "{'freeze':'shop','expect':{'state':'frozen'}},"
                         "{'thaw':'shop','expect':{'state':'running'}},"
                         "{'fund':'shop','money':'1','expect':{'balance':{'min':'1'}}},"
                         "{'end':'shop','expect':{'state':'ended','balance':'0'}}"));
    char *words = printed(report);

    ck_assert_msg(json_is_true(json_object_get(report, "ok")), "%s", words);
    ck_assert_msg(strstr(words, "  paid   shop: memory 0.0") != NULL, "%s", words);
    free(words);
    json_decref(report);
    holds("till",
          "{'version':1,'prices':{'agents.birth_fee':'0.5'},'agent':{'money':'0.05'},'steps':[]}");
}
END_TEST

START_TEST(neighbours_are_sites_and_children_have_names)
{
    static const char text[] =
        "{'version':1,'neighbours':{'a':{},'b':{'limit':'10','prices':{'log.price':'0'}}},"
        "'agent':{'name':'scout','money':'0.2','args':'hops=1 via=b sell=1','expect':["
        "{'log_has':['I am a scout now','sold the channel']},"
        "{'agent':'b/child-1','log_has':['became a scout'],'state':'running',"
        "'costs':{'logs':'0'},"
        "'each_turn':[{'event':'BORN','fuel':{'min':4096}},{'event':'PACKET'},{'event':'PACKET'},"
        "{'event':'PACKET'},{'event':'PACKET'},{'event':'BECAME'},{'event':'CLOSED'}]}]},"
        "'steps':[{'wait':'1h','expect':{'agent':'b/child-1','costs':{'memory':{'min':"
        "'0.0000001'}}}},{'wait':'1h','expect':{'agent':'a/child-1'}}]}";

    /* All of it holds but for the child that nobody has. */
    is_wrong("scout", text, 1, "a/child-1 agent: expected a/child-1, found no agent");
    /* Without a link the child is here. */
    is_wrong("scout",
             "{'version':1,'agent':{'name':'scout','money':'0.2','args':'hops=1'},'steps':["
             "{'wait':'1s','expect':{'agent':'child-1','state':'ended'}}]}",
             1, "child-1 state: expected ended, found running");
}
END_TEST

START_TEST(a_link_that_is_cut_carries_nothing_until_it_is_joined_again)
{
    holds("scout",
          "{'version':1,'neighbours':{'b':{}},'agent':{'name':'scout','money':'0.2','args':"
          "'hops=1 via=b sell=1','expect':{'log_has':['I am a scout now']}},'steps':["
          "{'cut':'b'},{'wait':'1h','expect':[{'turns':0},{'agent':'b/child-1','turns':0}]},"
          "{'rejoin':'b','expect':{'agent':'b/child-1','state':'running'}}]}");
    fails("till", SHOP("{'cut':'b'}"), ST_INVALID, "steps[0].cut: there is no neighbour \"b\"");
}
END_TEST

START_TEST(what_waits_behind_a_cut_goes_on_when_it_is_joined)
{
    /* The end of the channel's buyer is told at its far side, and not before. */
    json_t *report =
        ran("scout", "{'version':1,'neighbours':{'b':{}},'agent':{'name':'scout','money':'0.2',"
                     "'args':'hops=1 via=b'},'steps':[{'cut':'b'},{'end':'scout','expect':{"
                     "'state':'ended'}},{'wait':'1m','expect':{'agent':'b/child-1','turns':0}},"
                     "{'rejoin':'b','expect':{'agent':'b/child-1','each_turn':[{'event':"
                     "'CLOSED'}]}}]}");
    char *words = printed(report);

    ck_assert_msg(json_is_true(json_object_get(report, "ok")), "%s", words);
    free(words);
    json_decref(report);
}
END_TEST

START_TEST(neighbours_that_cannot_be_are_told)
{
    fails("till", "{'version':1,'neighbours':{'5':{}},'agent':{'money':'1'},'steps':[]}",
          ST_INVALID, "neighbours.5: ");
    fails(
        "shop",
        "{'version':1,'neighbours':{'b':{'prices':{'air':'1'}}},'agent':{'money':'1'},'steps':[]}",
        ST_INVALID, "neighbours.b.air: ");
}
END_TEST

START_TEST(what_the_file_names_must_be_there)
{
    fails("till", SHOP("{'call':'moon'}"), ST_INVALID, "steps[0].call: there is no agent \"moon\"");
    fails("till", SHOP("{'send':'shop','from':'bob'}"), ST_INVALID,
          "steps[0].from: there is no person \"bob\"");
    fails("till", SHOP("{'take':'q'}"), ST_INVALID, "steps[0].take: no call has the id");
    fails("till", SHOP("{'ask':'shop','number':'0000000000000000000000aa'}"), ST_INVALID,
          "steps[0].ask: shop is no mock");
    fails("till", SHOP("{'prices':{'air':'1'}}"), ST_INVALID, "steps[0].prices.air: ");
    fails("till", SHOP("{'upgrade':'shop','module':'moon'}"), ST_MISSING, "moon");
    fails("till",
          "{'version':1,'agents':{'a':{'module':'moon','money':'1'}},"
          "'agent':{'money':'1'},'steps':[]}",
          ST_MISSING, "moon");
    fails("till",
          "{'version':1,'agents':{'a':{'module':'shop','money':'0'}},"
          "'agent':{'money':'1'},'steps':[]}",
          ST_INVALID, "agents.a: it is not deployed: an agent needs");
    fails("till", "{'version':1,'mocks':{'a':{'money':'0'}},'agent':{'money':'1'},'steps':[]}",
          ST_INVALID, "mocks.a: it cannot be made");
    fails("till", "{'version':1,'mocks':{'a':{}},'agent':{'name':'a','money':'1'},'steps':[]}",
          ST_INVALID, "agent.name: \"a\" is the name of another agent");
    fails("till", "{'version':1,'people':{'5':'1'},'agent':{'money':'1'},'steps':[]}", ST_INVALID,
          "people.5: ");
    fails("till",
          SHOP("{'call':'shop','id':'q','expect':{'code':4096}},"
               "{'call':'shop','id':'q'}"),
          ST_INVALID, "steps[1].id: \"q\" is taken");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("test_run");
    TCase *cases = tcase_create("runs");

    log_set_level(LOG_ERROR);
    if (sodium_init() < 0)
        return 1;
    tcase_add_test(cases, the_same_file_gives_the_same_report);
    tcase_add_test(cases, a_turn_costs_exactly_what_it_did);
    tcase_add_test(cases, each_expectation_can_be_wrong);
    tcase_add_test(cases, trouble_that_nobody_expects_is_wrong);
    tcase_add_test(cases, agents_mocks_and_people_meet);
    tcase_add_test(cases, a_question_may_be_answered_later);
    tcase_add_test(cases, time_prices_and_states_change);
    tcase_add_test(cases, neighbours_are_sites_and_children_have_names);
    tcase_add_test(cases, a_link_that_is_cut_carries_nothing_until_it_is_joined_again);
    tcase_add_test(cases, what_waits_behind_a_cut_goes_on_when_it_is_joined);
    tcase_add_test(cases, neighbours_that_cannot_be_are_told);
    tcase_add_test(cases, what_the_file_names_must_be_there);
    suite_add_tcase(suite, cases);
    return check_main(suite);
}
