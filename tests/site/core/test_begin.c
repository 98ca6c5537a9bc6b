/* What a module has to do before its first turn, in _initialize: when it is run, and how often. */
#include <string.h>

#include "agents/modules.h"
#include "tests/site/core/fixture.h"

enum { MONEY = 100000000 };

static struct site site;

static void setup(void)
{
    site_open(&site, 7, (uint64_t)10 * 1000000000);
    site_customer(&site, 1, "ann", (uint64_t)2 * 1000000000);
}

static void teardown(void)
{
    site_verify(&site);
    site_close(&site);
}

static uint64_t deploy(const char *module, const char *args)
{
    uint64_t agent =
        site_deploy(&site, 1, &(struct deploy){.module = module, .args = args, .nanos = MONEY});

    site_settle(&site);
    return agent;
}

static void say(uint64_t agent, const char *words)
{
    ck_assert_int_eq(site_send(&site, 1, agent, words, 0), CONTROL_DONE);
    site_settle(&site);
}

/* How many lines of the log are just this. */
static uint32_t lines(uint64_t agent, const char *words)
{
    uint32_t count = 0;

    for (const struct agent_log_line *line = site_agent(&site, agent)->log.first; line != NULL;
         line = line->next)
        count += line->size == strlen(words) && memcmp(line->text, words, line->size) == 0;
    return count;
}

START_TEST(constructors_run_once_by_priority_before_the_first_turn)
{
    uint64_t agent = deploy("ready", "");

    ck_assert_uint_eq(lines(agent, "ready: abc, turn 1"), 1);
    say(agent, "more");
    ck_assert_uint_eq(lines(agent, "ready: abc, turn 2"), 1);
    ck_assert_uint_eq(site_agent(&site, agent)->usage.traps, 0);
}
END_TEST

START_TEST(they_do_not_run_again_after_a_restart_a_freeze_or_a_sleep)
{
    uint64_t agent = deploy("ready", "");

    site_reload_same(&site);
    say(agent, "more");
    ck_assert_uint_eq(lines(agent, "ready: abc, turn 2"), 1);
    ck_assert_int_eq(site_on_agent(&site, 1, "agent.freeze", agent), CONTROL_DONE);
    site_reload_same(&site);
    ck_assert_int_eq(site_on_agent(&site, 1, "agent.thaw", agent), CONTROL_DONE);
    say(agent, "more");
    ck_assert_uint_eq(lines(agent, "ready: abc, turn 3"), 1);
    site_pass(&site, 3600000000);
    say(agent, "more");
    ck_assert_uint_eq(lines(agent, "ready: abc, turn 4"), 1);
}
END_TEST

START_TEST(a_first_turn_that_is_undone_makes_them_run_again_in_the_next)
{
    uint64_t agent = deploy("ready", "trap");

    ck_assert_uint_eq(site_agent(&site, agent)->usage.traps, 1);
    ck_assert(!site_agent(&site, agent)->program.begun);
    say(agent, "trap");
    ck_assert_uint_eq(site_agent(&site, agent)->usage.traps, 2);
    site_reload_same(&site);
    say(agent, "more");
    ck_assert_uint_eq(lines(agent, "ready: abc, turn 1"), 3); /* logs of undone turns stand */
    ck_assert(site_agent(&site, agent)->program.begun);
    say(agent, "trap"); /* a later one that is undone does not */
    say(agent, "more");
    ck_assert_uint_eq(lines(agent, "ready: abc, turn 2"), 2);
}
END_TEST

START_TEST(what_they_take_is_fuel_of_that_turn)
{
    uint64_t agent = deploy("ready", "spin");
    struct agent *ready = site_agent(&site, agent);
    uint64_t fuel = ready->usage.fuel;

    ck_assert_uint_eq(ready->usage.traps, 1);
    ck_assert_uint_gt(fuel, 10000);
    ck_assert(site_logged(&site, agent, "turn undone: out of fuel"));
    ck_assert_uint_eq(lines(agent, "ready: abc, turn 1"), 0);
    say(agent, "more");
    ck_assert_uint_eq(lines(agent, "ready: abc, turn 1"), 1);
}
END_TEST

START_TEST(who_becomes_a_code_begins_with_its_constructors)
{
    uint64_t agent = deploy("ready", "");

    say(agent, "more");
    say(agent, "become");
    ck_assert_uint_eq(lines(agent, "ready: abc, turn 3"), 1);
    ck_assert_uint_eq(lines(agent, "ready: abc, turn 1"), 2); /* at BORN and at BECAME */
    site_reload_same(&site);
    say(agent, "more");
    ck_assert_uint_eq(lines(agent, "ready: abc, turn 2"), 2);
}
END_TEST

START_TEST(objects_of_cpp_are_made_once_and_never_destroyed)
{
    uint64_t agent = deploy("object", "");

    ck_assert_uint_eq(lines(agent, "object: 7 and 60"), 1);
    site_reload_same(&site);
    say(agent, "more");
    ck_assert_uint_eq(lines(agent, "object: 8 and 61"), 1);
    ck_assert(!site_logged(&site, agent, "a destructor"));
}
END_TEST

/* ---- modules that a site does not take, for what they expect of it ---- */

#define HEAD 0, 'a', 's', 'm', 1, 0, 0, 0
/* Types (i32, i32, i32) -> () and () -> (); one function of each. */
#define TYPES 1, 10, 2, 0x60, 3, 0x7f, 0x7f, 0x7f, 0, 0x60, 0, 0
#define FUNCTIONS 3, 3, 2, 0, 1
#define CODE 10, 7, 2, 2, 0, 0x0b, 2, 0, 0x0b
#define TURN 10, 's', 'e', 'r', 'a', 'i', '_', 't', 'u', 'r', 'n', 0, 0

struct refused {
    const char *words;
    const uint8_t *bytes;
    size_t size;
};

#define MODULE(...)                                                                                \
    (const uint8_t[]){__VA_ARGS__}, sizeof(const uint8_t[])                                        \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }

static const struct refused refused[] = {
    {"a start function is outside the profile: export it as _initialize",
     MODULE(HEAD, TYPES, FUNCTIONS, 7, 14, 1, TURN, 8, 1, 1, CODE)},
    {"exports _start, which no site calls",
     MODULE(HEAD, TYPES, FUNCTIONS, 7, 23, 2, TURN, 6, '_', 's', 't', 'a', 'r', 't', 0, 1, CODE)},
    {"exports no function serai_turn(i32, i32, i32): it exports _start",
     MODULE(HEAD, TYPES, FUNCTIONS, 7, 10, 1, 6, '_', 's', 't', 'a', 'r', 't', 0, 1, CODE)},
    {"export \"_initialize\" has another signature",
     MODULE(HEAD, TYPES, FUNCTIONS, 7, 28, 2, TURN, 11, '_', 'i', 'n', 'i', 't', 'i', 'a', 'l', 'i',
            'z', 'e', 0, 0, CODE)},
    {"exports __wasm_call_ctors, and nobody would call it",
     MODULE(HEAD, TYPES, FUNCTIONS, 7, 34, 2, TURN, 17, '_', '_', 'w', 'a', 's', 'm', '_', 'c', 'a',
            'l', 'l', '_', 'c', 't', 'o', 'r', 's', 0, 1, CODE)},
};

START_TEST(a_module_that_counts_on_another_call_is_refused_by_name)
{
    struct fault fault = {0};

    ck_assert_int_eq(agents_code_check(refused[_i].bytes, refused[_i].size, &fault), ST_INVALID);
    ck_assert_msg(strstr(fault.text, refused[_i].words) != NULL, "%s", fault.text);
}
END_TEST

START_TEST(constructors_that_initialize_calls_may_be_exported)
{
    const struct refused both = {"", MODULE(HEAD, TYPES, FUNCTIONS, 7, 48, 3, TURN, 17, '_', '_',
                                            'w', 'a', 's', 'm', '_', 'c', 'a', 'l', 'l', '_', 'c',
                                            't', 'o', 'r', 's', 0, 1, 11, '_', 'i', 'n', 'i', 't',
                                            'i', 'a', 'l', 'i', 'z', 'e', 0, 1, CODE)};
    struct fault fault = {0};

    ck_assert_msg(agents_code_check(both.bytes, both.size, &fault) == ST_OK, "%s", fault.text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("core begin");
    TCase *tcase = tcase_create("begin");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, constructors_run_once_by_priority_before_the_first_turn);
    tcase_add_test(tcase, they_do_not_run_again_after_a_restart_a_freeze_or_a_sleep);
    tcase_add_test(tcase, a_first_turn_that_is_undone_makes_them_run_again_in_the_next);
    tcase_add_test(tcase, what_they_take_is_fuel_of_that_turn);
    tcase_add_test(tcase, who_becomes_a_code_begins_with_its_constructors);
    tcase_add_test(tcase, objects_of_cpp_are_made_once_and_never_destroyed);
    tcase_add_loop_test(tcase, a_module_that_counts_on_another_call_is_refused_by_name, 0,
                        (int)(sizeof refused / sizeof refused[0]));
    tcase_add_test(tcase, constructors_that_initialize_calls_may_be_exported);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
