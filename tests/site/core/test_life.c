/*
 * Life events: each thing that happens to an agent is told once and in order, nothing of an undone
 * turn is, a customer sees its own alone, and what is not kept is counted.  And what they are for:
 * deployments on trial, what became of a message, money as it is now.
 */
#include "agents/life_events.h"

#include <stdio.h>
#include <string.h>

#include "agents/agents.h"
#include "agents/life.h"
#include "agents/views.h"
#include "tests/site/core/puppet.h"

enum { ADA = 1, BOB = 2, MONEY = 50000000, TOLD_MAX = 600, AT_CODE = 4096 };

static struct site site;

/* What a read of events showed. */
struct shown {
    size_t count;
    struct {
        uint64_t number;
        uint64_t agent;
        uint64_t message;
        char event[16];
        char why[LIFE_TEXT_BYTES + 1];
    } items[TOLD_MAX];
};
static struct shown shown;

static void setup(void)
{
    site_open(&site, 7, 100000000000);
    site_customers(&site, 2, 20000000000);
}

static void teardown(void)
{
    site_end(&site);
}

/* ---- reading ---- */

/* Signed by a person; OPERATOR sees everything. */
static enum control_status life_read(int person, const char *command, const uint64_t *values,
                                     size_t count)
{
    const struct control_signer by = {.site_key = site.site_key,
                                      .key = site.people[person].key,
                                      .secret = site.people[person].secret};
    struct bytes args = {0};
    struct bytes bytes = {0};
    enum control_status status;

    cbor_put_array(&args, count);
    for (size_t i = 0; i < count; i++)
        cbor_put_uint(&args, values[i]);
    control_read_signed(&bytes, &by, site.core->site_time_us, command, &args);
    status = site_request_raw(&site, bytes.data, bytes.size);
    bytes_fini(&args);
    bytes_fini(&bytes);
    return status;
}

static void shown_item(struct cbor *in)
{
    uint64_t fields = cbor_get_map_any(in, 32);
    size_t at = shown.count++;

    ck_assert_uint_lt(at, TOLD_MAX);
    memset(&shown.items[at], 0, sizeof shown.items[at]);
    for (uint64_t i = 0; i < fields; i++) {
        char key[32];
        size_t size;

        cbor_get_text(in, key, sizeof key - 1);
        if (strcmp(key, "number") == 0)
            shown.items[at].number = cbor_get_uint(in, UINT64_MAX);
        else if (strcmp(key, "agent") == 0)
            shown.items[at].agent = cbor_get_uint(in, UINT64_MAX);
        else if (strcmp(key, "message") == 0)
            shown.items[at].message = cbor_get_uint(in, UINT64_MAX);
        else if (strcmp(key, "event") == 0)
            cbor_get_text(in, shown.items[at].event, sizeof shown.items[at].event - 1);
        else if (strcmp(key, "why") == 0)
            cbor_get_text(in, shown.items[at].why, sizeof shown.items[at].why - 1);
        else
            (void)cbor_get_raw(in, &size);
    }
}

/* All that a person sees after a cursor, in one page of at most `limit`. */
static void events_after(int person, uint64_t run, uint64_t after, uint64_t limit)
{
    struct cbor in;
    uint64_t fields;

    ck_assert_int_eq(life_read(person, "events", (const uint64_t[]){run, after, limit}, 3),
                     CONTROL_DONE);
    shown.count = 0;
    cbor_init(&in, site.reply.result, site.reply.result_size);
    fields = cbor_get_map_any(&in, 32);
    for (uint64_t i = 0; i < fields; i++) {
        char key[32];
        size_t size;
        uint64_t count;

        cbor_get_text(&in, key, sizeof key - 1);
        if (strcmp(key, "events") != 0) {
            (void)cbor_get_raw(&in, &size);
            continue;
        }
        count = cbor_get_array_any(&in, TOLD_MAX);
        for (uint64_t item = 0; item < count; item++)
            shown_item(&in);
    }
}

static uint64_t run_now(void)
{
    events_after(OPERATOR, 0, 0, 1);
    return site_result(&site, "run");
}

/* The state that the read `turn` tells of a message; "": it is not shown. */
static const char *turn_of(int person, uint64_t agent, uint64_t message)
{
    if (life_read(person, "turn", (const uint64_t[]){agent, message}, 2) != CONTROL_DONE)
        return "";
    return site_result_text(&site, "state");
}

static void is_told(size_t at, const char *event, uint64_t agent)
{
    ck_assert_uint_lt(at, shown.count);
    ck_assert_str_eq(shown.items[at].event, event);
    ck_assert_uint_eq(shown.items[at].agent, agent);
}

/* ---- parts ---- */

static uint64_t parrot(int person, const char *args, bool trial)
{
    struct deploy deploy = {.module = "parrot", .args = args, .nanos = MONEY, .trial = trial};

    return site_deploy(&site, person, &deploy);
}

static uint64_t send(int person, uint64_t agent, const char *text)
{
    ck_assert_int_eq(site_send(&site, person, agent, text, 0), CONTROL_DONE);
    return site_result(&site, "message");
}

/* ---- what is told ---- */

START_TEST(what_happens_to_an_agent_is_told_in_order)
{
    uint64_t agent = parrot(ADA, "hello", false);
    uint64_t message;

    site_settle(&site);
    message = send(ADA, agent, "trap");
    site_settle(&site);
    ck_assert_int_eq(site_on_agent(&site, ADA, "agent.freeze", agent), CONTROL_DONE);
    ck_assert_int_eq(site_on_agent(&site, ADA, "agent.thaw", agent), CONTROL_DONE);
    ck_assert_int_eq(site_on_agent(&site, ADA, "agent.end", agent), CONTROL_DONE);
    events_after(ADA, 0, 0, 0);
    ck_assert_uint_eq(shown.count, 5);
    is_told(0, "birth", agent);
    is_told(1, "undone", agent);
    is_told(2, "freeze", agent);
    is_told(3, "thaw", agent);
    is_told(4, "death", agent);
    ck_assert_uint_eq(shown.items[1].message, message);
    ck_assert_ptr_nonnull(strstr(shown.items[1].why, "unreachable"));
    ck_assert_str_eq(shown.items[2].why, "frozen by its customer");
}
END_TEST

static enum engine_outcome has_a_child(void *context, struct part *part)
{
    ck_assert_int_ge(part_order(part, self_code_id, SERAI_SLOT_SELF, AT_CODE), 0);
    ck_assert_int_ge(
        part_order(part, spawn, SERAI_SLOT_FIRST_FREE, AT_CODE, 0, 0, 0, 0, 0, 10000000), 0);
    return *(const enum engine_outcome *)context;
}

START_TEST(a_birth_is_told_when_its_turn_commits_and_not_when_that_is_undone)
{
    uint64_t agent = puppet_new(&site, ADA, MONEY, "s");
    enum engine_outcome outcome = ENGINE_TRAP_UNREACHABLE;
    uint64_t before = agents_life_last(site.core->agents, 0);

    puppet_play(&site, agent, has_a_child, &outcome);
    events_after(ADA, run_now(), before, 0);
    ck_assert_uint_eq(shown.count, 1);
    is_told(0, "undone", agent);
    outcome = ENGINE_DONE;
    puppet_play(&site, agent, has_a_child, &outcome);
    events_after(ADA, run_now(), before + 1, 0);
    ck_assert_uint_ge(shown.count, 1);
    ck_assert_str_eq(shown.items[0].event, "birth");
}
END_TEST

START_TEST(a_customer_sees_its_own_alone_numbered_by_themselves)
{
    uint64_t hers = parrot(ADA, "", false);
    uint64_t his = parrot(BOB, "", false);
    uint64_t run;

    ck_assert_int_eq(site_on_agent(&site, BOB, "agent.freeze", his), CONTROL_DONE);
    ck_assert_int_eq(site_on_agent(&site, ADA, "agent.freeze", hers), CONTROL_DONE);
    run = run_now();
    events_after(OPERATOR, run, 0, 0);
    ck_assert_uint_eq(shown.count, 4);
    events_after(BOB, run, 0, 0);
    ck_assert_uint_eq(shown.count, 2);
    is_told(0, "birth", his);
    is_told(1, "freeze", his);
    ck_assert_uint_eq(shown.items[1].number, 2);
    ck_assert_uint_eq(site_result(&site, "lost"), 0);
    ck_assert_uint_eq(site_result(&site, "next"), 2);
    events_after(BOB, run, 1, 0);
    ck_assert_uint_eq(shown.count, 1);
    events_after(BOB, run, 2, 0);
    ck_assert_uint_eq(shown.count, 0);
    /* Without a customer's key nobody sees any. */
    site.peer = CORE_PEER_UNKNOWN;
    ck_assert_int_eq(life_read(3, "events", (const uint64_t[]){0, 0, 0}, 3), CONTROL_DENIED);
}
END_TEST

START_TEST(what_is_not_kept_is_counted_as_lost_and_others_lose_nothing)
{
    uint64_t hers = parrot(ADA, "", false);
    uint64_t his = parrot(BOB, "", false);
    uint64_t run = run_now();

    site_settle(&site);
    for (int i = 0; i < LIFE_EVENTS_PER_S + 10; i++) {
        (void)send(ADA, hers, "trap");
        site_settle(&site);
    }
    ck_assert_int_eq(site_on_agent(&site, BOB, "agent.freeze", his), CONTROL_DONE);
    events_after(ADA, run, 0, 0);
    ck_assert_uint_le(shown.count, LIFE_EVENTS_PER_S);
    ck_assert_uint_eq(shown.count + site_result(&site, "lost"), LIFE_EVENTS_PER_S + 11);
    ck_assert_uint_eq(site_result(&site, "next"), LIFE_EVENTS_PER_S + 11);
    events_after(BOB, run, 0, 0);
    ck_assert_uint_eq(shown.count, 2);
    ck_assert_uint_eq(site_result(&site, "lost"), 0);
}
END_TEST

START_TEST(a_page_ends_where_the_next_one_begins)
{
    uint64_t run;

    for (int i = 0; i < 5; i++)
        (void)parrot(ADA, "", false);
    run = run_now();
    events_after(ADA, run, 0, 2);
    ck_assert_uint_eq(shown.count, 2);
    ck_assert_uint_eq(site_result(&site, "next"), 2);
    events_after(ADA, run, 2, 2);
    ck_assert_uint_eq(shown.items[0].number, 3);
    events_after(ADA, run, 4, 2);
    ck_assert_uint_eq(shown.count, 1);
}
END_TEST

START_TEST(a_cursor_of_another_run_begins_anew_and_says_so)
{
    uint64_t run = run_now();

    (void)parrot(ADA, "", false);
    site_settle(&site);
    site_reload(&site);
    (void)parrot(ADA, "", false);
    events_after(ADA, run, 77, 0);
    ck_assert_uint_eq(shown.count, 1);
    ck_assert_uint_eq(shown.items[0].number, 1);
    ck_assert_uint_ne(site_result(&site, "run"), run);
}
END_TEST

/* ---- deployments on trial ---- */

START_TEST(a_deployment_on_trial_ends_with_its_first_turn_if_that_is_undone)
{
    uint64_t before = site_balance(&site, site.people[ADA].account);
    uint64_t agent = parrot(ADA, "trap", true);
    uint64_t fee = money_nanos(site.core->book.birth_fee);
    uint64_t message = site_result(&site, "message");
    uint64_t after;

    ck_assert_str_eq(turn_of(ADA, agent, message), "waiting");
    site_settle(&site);
    ck_assert(!site_lives(&site, agent));
    ck_assert_str_eq(turn_of(ADA, agent, message), "undone");
    after = site_balance(&site, site.people[ADA].account);
    /* The fee of the birth and the fuel of the turn stand; all else is back. */
    ck_assert_uint_le(after, before - fee);
    ck_assert_uint_ge(after, before - fee - site_reserve(&site));
    site_holds_nothing(&site);
    site_verify(&site);
}
END_TEST

START_TEST(one_whose_first_turn_is_good_lives_whatever_comes_later)
{
    uint64_t agent = parrot(ADA, "hello", true);
    uint64_t message = site_result(&site, "message");

    site_settle(&site);
    ck_assert_str_eq(turn_of(ADA, agent, message), "done");
    (void)send(ADA, agent, "trap");
    site_settle(&site);
    ck_assert(site_lives(&site, agent));
    /* And one that is not on trial stays, with the reason in its log. */
    agent = parrot(ADA, "trap", false);
    site_settle(&site);
    ck_assert(site_logged(&site, agent, "unreachable"));
}
END_TEST

START_TEST(a_trial_stands_over_a_restart)
{
    uint64_t agent = parrot(ADA, "fail", true);

    site_reload(&site);
    ck_assert(site_lives(&site, agent));
    site_settle(&site);
    ck_assert(!site_lives(&site, agent));
}
END_TEST

/* ---- what became of a message ---- */

START_TEST(what_became_of_a_message_is_told_to_whom_the_agent_belongs)
{
    uint64_t agent = parrot(ADA, "", false);
    uint64_t good;
    uint64_t bad;
    uint64_t late;

    site_settle(&site);
    good = send(ADA, agent, "hello");
    bad = send(ADA, agent, "trap");
    ck_assert_uint_eq(bad, good + 1);
    site_settle(&site);
    ck_assert_str_eq(turn_of(ADA, agent, good), "done");
    ck_assert_str_eq(turn_of(ADA, agent, bad), "undone");
    ck_assert_str_eq(turn_of(OPERATOR, agent, bad), "undone");
    ck_assert_str_eq(turn_of(BOB, agent, bad), "");
    ck_assert_str_eq(turn_of(BOB, agent, good), "");
    ck_assert_int_eq(site_on_agent(&site, ADA, "agent.freeze", agent), CONTROL_DONE);
    late = send(ADA, agent, "later");
    site_settle(&site);
    ck_assert_str_eq(turn_of(ADA, agent, late), "waiting");
    ck_assert_str_eq(site_result_text(&site, "agent_state"), "frozen");
    ck_assert_int_eq(site_on_agent(&site, ADA, "agent.end", agent), CONTROL_DONE);
    ck_assert_str_eq(turn_of(ADA, agent, late), "returned");
    ck_assert_str_eq(turn_of(BOB, agent, late), "");
    ck_assert_int_eq(life_read(ADA, "turn", (const uint64_t[]){agent, good}, 2), CONTROL_MISSING);
}
END_TEST

/* ---- the log of one that has ended ---- */

static uint64_t lines_shown(int person, uint64_t agent)
{
    struct cbor in;

    if (life_read(person, "logs", (const uint64_t[]){agent, 0, 0}, 3) != CONTROL_DONE)
        return UINT64_MAX;
    cbor_init(&in, site.reply.result, site.reply.result_size);
    return cbor_get_array_any(&in, TOLD_MAX);
}

START_TEST(the_last_lines_of_an_agent_that_ended_are_kept_for_whoever_had_it)
{
    uint64_t agent = parrot(ADA, "hello", false);
    uint64_t trial = parrot(ADA, "trap", true);
    uint64_t silent;

    for (int i = 0; i < LAST_LOG_LINES_MAX; i++)
        (void)send(ADA, agent, "more");
    site_settle(&site);
    ck_assert_uint_eq(lines_shown(ADA, agent), LAST_LOG_LINES_MAX + 1);
    ck_assert_int_eq(site_on_agent(&site, ADA, "agent.end", agent), CONTROL_DONE);
    ck_assert_uint_eq(lines_shown(ADA, agent), LAST_LOG_LINES_MAX);
    ck_assert_uint_eq(lines_shown(OPERATOR, agent), LAST_LOG_LINES_MAX);
    ck_assert_uint_eq(lines_shown(ADA, trial), 1); /* why its first turn was undone */
    ck_assert_uint_eq(lines_shown(BOB, agent), UINT64_MAX);
    ck_assert_int_eq(life_read(BOB, "logs", (const uint64_t[]){agent, 0, 0}, 3), CONTROL_MISSING);
    /* Of many the oldest go. */
    for (int i = 0; i < LAST_LOGS_MAX - 1; i++) {
        silent = parrot(BOB, "x", false);
        site_settle(&site);
        ck_assert_int_eq(site_on_agent(&site, BOB, "agent.end", silent), CONTROL_DONE);
    }
    ck_assert_uint_eq(lines_shown(ADA, trial), UINT64_MAX);
    ck_assert_uint_eq(lines_shown(ADA, agent), LAST_LOG_LINES_MAX);
}
END_TEST

/* ---- money as it is now ---- */

static struct agent_view view_of(uint64_t agent)
{
    struct agent_view view;

    agents_view(site.core->agents, site_agent(&site, agent), &view);
    return view;
}

START_TEST(a_balance_is_shown_as_if_the_rent_had_been_billed_now)
{
    struct deploy deploy = {.module = "parrot", .nanos = MONEY, .keeps = "spin"};
    uint64_t agent = site_deploy(&site, ADA, &deploy);
    struct money shown_balance;
    struct money taken;

    site_settle(&site);
    site_pass(&site, 41234567);
    shown_balance = view_of(agent).balance;
    ck_assert_uint_lt(money_nanos(shown_balance), site_balance(&site, agent));
    ck_assert_int_eq(site_on_agent(&site, ADA, "agent.stop", agent), CONTROL_DONE);
    ck_assert(money_parse(&taken, site_result_text(&site, "taken"), NULL) == ST_OK);
    ck_assert_int_eq(money_compare(taken, shown_balance), 0);
}
END_TEST

START_TEST(what_an_agent_uses_shortens_its_time_and_a_top_up_measures_anew)
{
    struct deploy deploy = {.module = "spin", .nanos = 10 * MONEY};
    uint64_t agent = site_deploy(&site, ADA, &deploy);
    uint64_t by_rent_us;

    site_settle(&site);
    by_rent_us = view_of(agent).lasts_us;
    for (int i = 0; i < 5; i++) {
        ck_assert_int_eq(site_send(&site, ADA, agent, "", 0), CONTROL_DONE);
        site_settle(&site);
        site_pass(&site, 1000000);
    }
    ck_assert(!money_is_zero(view_of(agent).burnt));
    ck_assert_uint_lt(view_of(agent).lasts_us, by_rent_us / 100);
    ck_assert_int_eq(site_fund(&site, ADA, agent, MONEY), CONTROL_DONE);
    ck_assert(money_is_zero(view_of(agent).burnt));
}
END_TEST

/* ---- what is held ---- */

static enum engine_outcome holds_things(void *context, struct part *part)
{
    (void)context;
    if (part->kind != SERAI_EVENT_MESSAGE)
        return ENGINE_DONE;
    ck_assert_int_ge(part_order(part, channel_buy, SERAI_SLOT_CHANNELS, 0, 20000000, 10000000), 0);
    ck_assert_int_ge(part_order(part, self_facet_of, SERAI_SLOT_SELF, 9, 0, SERAI_FACET_WATCH), 0);
    ck_assert_int_ge(part_order(part, self_mark, SERAI_SLOT_SELF, 1000), 0);
    return ENGINE_DONE;
}

struct holding_sums {
    struct money events;
    struct money inbox;
    struct exchange_held ends;
};

static void holding_add(void *context, const struct agent *agent)
{
    struct holding_sums *sums = context;
    struct agent_holdings own;
    struct exchange_held ends;

    agents_holdings(site.core->agents, agent, &own);
    exchange_held_for(site.core->exchange, agent_id(agent), &ends);
    money_accumulate(&sums->events, own.events);
    money_accumulate(&sums->inbox, own.inbox);
    money_accumulate(&sums->ends.deposits, ends.deposits);
    money_accumulate(&sums->ends.reserves, ends.reserves);
    money_accumulate(&sums->ends.births, ends.births);
}

START_TEST(what_is_shown_as_held_is_what_the_accounts_hold)
{
    uint64_t agent = puppet_new(&site, ADA, 10 * MONEY, "s");
    struct holding_sums sums = {0};

    puppet_play(&site, agent, holds_things, NULL);
    ck_assert_int_eq(site_on_agent(&site, ADA, "agent.freeze", agent), CONTROL_DONE);
    ck_assert_int_eq(site_send(&site, ADA, agent, "later", 4711), CONTROL_DONE);
    (void)agents_list(site.core->agents, 0, SIZE_MAX, holding_add, &sums);
    ck_assert(!money_is_zero(sums.events) && !money_is_zero(sums.inbox));
    ck_assert_uint_eq(money_nanos(sums.ends.deposits),
                      site_balance(&site, ACCOUNT_DEPOSIT_CHANNEL));
    ck_assert_uint_gt(money_nanos(sums.ends.deposits), 0);
    ck_assert_uint_eq(money_nanos(sums.ends.births), site_balance(&site, ACCOUNT_HELD_BIRTH));
    ck_assert_uint_eq(
        money_nanos(sums.events) + money_nanos(sums.inbox) + money_nanos(sums.ends.reserves),
        site_balance(&site, ACCOUNT_HELD_RESERVE) + site_balance(&site, ACCOUNT_HELD_MESSAGE));
}
END_TEST

/* ---- names ---- */

static enum control_status rename_to(int person, uint64_t agent, const char *name)
{
    struct bytes args = {0};

    cbor_put_array(&args, 2);
    cbor_put_uint(&args, agent);
    cbor_put_text(&args, name);
    return site_request(&site, person, "agent.rename", &args);
}

START_TEST(a_name_stands_for_one_agent_of_a_customer)
{
    uint64_t one = parrot(ADA, "", false);
    uint64_t two = parrot(ADA, "", false);
    uint64_t his = parrot(BOB, "", false);

    ck_assert_str_eq(agent_name(site_agent(&site, one)), "parrot");
    ck_assert_str_eq(agent_name(site_agent(&site, two)), "parrot-2");
    ck_assert_str_eq(agent_name(site_agent(&site, his)), "parrot");
    ck_assert_int_eq(rename_to(ADA, two, "parrot"), CONTROL_REFUSED);
    ck_assert_ptr_nonnull(strstr(site.reply.message, "4099")); /* who has it */
    ck_assert_int_eq(rename_to(BOB, two, "mine"), CONTROL_DENIED);
    ck_assert_int_eq(rename_to(ADA, two, "polly"), CONTROL_DONE);
    ck_assert_int_eq(rename_to(ADA, two, "polly"), CONTROL_DONE);
    ck_assert_int_eq(rename_to(ADA, one, "parrot-2"), CONTROL_DONE); /* it is free again */
    ck_assert_int_eq(rename_to(ADA, two, "a/1"), CONTROL_BAD_REQUEST);
    site_reload_same(&site);
    ck_assert_uint_eq(agents_named(site.core->agents, site.people[ADA].account, "polly"), two);
    ck_assert_int_eq(rename_to(ADA, one, "polly"), CONTROL_REFUSED);
    ck_assert_int_eq(site_on_agent(&site, ADA, "agent.end", two), CONTROL_DONE);
    ck_assert_int_eq(rename_to(ADA, one, "polly"), CONTROL_DONE);
}
END_TEST

static const char *name_of(uint64_t agent)
{
    return agent_name(site_agent(&site, agent));
}

START_TEST(a_child_is_called_after_its_parent_and_no_number_comes_twice)
{
    uint64_t agent = puppet_new(&site, ADA, 10 * MONEY, "s");
    enum engine_outcome outcome = ENGINE_DONE;
    char expected[64];
    uint64_t first = agent + 1;

    puppet_play(&site, agent, has_a_child, &outcome);
    (void)snprintf(expected, sizeof expected, "%s/1", name_of(agent));
    ck_assert_str_eq(name_of(first), expected);
    /* A birth that is undone takes no number; one that has died keeps its own. */
    outcome = ENGINE_TRAP_UNREACHABLE;
    puppet_play(&site, agent, has_a_child, &outcome);
    ck_assert_int_eq(site_on_agent(&site, ADA, "agent.end", first), CONTROL_DONE);
    site_reload_same(&site);
    outcome = ENGINE_DONE;
    puppet_play(&site, agent, has_a_child, &outcome);
    (void)snprintf(expected, sizeof expected, "%s/2", name_of(agent));
    ck_assert_str_eq(name_of(first + 1), expected);
    /* A name that is too long for that gives way to the child's number. */
    ck_assert_int_eq(rename_to(ADA, agent, "a-name-of-forty-bytes-which-is-the-most."),
                     CONTROL_DONE);
    puppet_play(&site, agent, has_a_child, &outcome);
    (void)snprintf(expected, sizeof expected, "/n%llu", (unsigned long long)(first + 2));
    ck_assert_ptr_nonnull(strstr(name_of(first + 2), expected));
    ck_assert_uint_eq(strlen(name_of(first + 2)), AGENT_NAME_BYTES_MAX);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("core life");
    TCase *tcase = tcase_create("life");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, what_happens_to_an_agent_is_told_in_order);
    tcase_add_test(tcase, a_birth_is_told_when_its_turn_commits_and_not_when_that_is_undone);
    tcase_add_test(tcase, a_customer_sees_its_own_alone_numbered_by_themselves);
    tcase_add_test(tcase, what_is_not_kept_is_counted_as_lost_and_others_lose_nothing);
    tcase_add_test(tcase, a_page_ends_where_the_next_one_begins);
    tcase_add_test(tcase, a_cursor_of_another_run_begins_anew_and_says_so);
    tcase_add_test(tcase, a_deployment_on_trial_ends_with_its_first_turn_if_that_is_undone);
    tcase_add_test(tcase, one_whose_first_turn_is_good_lives_whatever_comes_later);
    tcase_add_test(tcase, a_trial_stands_over_a_restart);
    tcase_add_test(tcase, what_became_of_a_message_is_told_to_whom_the_agent_belongs);
    tcase_add_test(tcase, the_last_lines_of_an_agent_that_ended_are_kept_for_whoever_had_it);
    tcase_add_test(tcase, a_balance_is_shown_as_if_the_rent_had_been_billed_now);
    tcase_add_test(tcase, what_an_agent_uses_shortens_its_time_and_a_top_up_measures_anew);
    tcase_add_test(tcase, what_is_shown_as_held_is_what_the_accounts_hold);
    tcase_add_test(tcase, a_name_stands_for_one_agent_of_a_customer);
    tcase_add_test(tcase, a_child_is_called_after_its_parent_and_no_number_comes_twice);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
