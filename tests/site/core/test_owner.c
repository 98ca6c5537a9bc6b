/* agent.end and agent.withdraw: what is in an agent comes back whether or not it wants to. */
#include <string.h>

#include "agents/life.h"
#include "agents/views.h"
#include "tests/site/core/puppet.h"

enum { MONEY = 50000000, MARK = 40000000 };

static struct site site;
static uint64_t agent;
static uint64_t caller; /* of the second customer */
static uint8_t agents_door[SERAI_HEAP_NUMBER_BYTES];

static void setup(void)
{
    site_open(&site, 7, 10000000000);
    site_customers(&site, 2, 2000000000);
    agent = puppet_new(&site, 1, MONEY, "t");
    caller = puppet_new(&site, 2, MONEY, NULL);
    puppet_publish(&site, agent, 5, 0, agents_door);
}

static void teardown(void)
{
    site_end(&site);
}

static uint64_t customer(int person)
{
    return site_balance(&site, site.people[person].account);
}

static uint64_t answered_nanos(const char *name)
{
    struct money amount;
    struct fault fault;

    ck_assert(money_parse(&amount, site_result_text(&site, name), &fault) == ST_OK);
    return money_nanos(amount);
}

/* All that the site keeps for the agent, wherever it lies. */
static uint64_t all_of(uint64_t id)
{
    const struct agent *of = site_agent(&site, id);

    return site_balance(&site, id) + of->burial.nanos + of->low.reserve.nanos;
}

/* ---- ends ---- */

/* End it, and see that its customer has all of it and the agent is gone for good. */
static void ends(int by)
{
    uint64_t before = customer(1);
    uint64_t operators = customer(OPERATOR);
    uint64_t all = all_of(agent);

    ck_assert_msg(site_on_agent(&site, by, "agent.end", agent) == CONTROL_DONE, "%s",
                  site.reply.message);
    ck_assert(!site_lives(&site, agent));
    ck_assert(ledger_account(site.core->ledger, agent)->closed);
    ck_assert_uint_ge(customer(1), before + all);
    ck_assert_uint_eq(customer(OPERATOR), operators);
    ck_assert_str_eq(site_result_text(&site, "state"), "ended");
    ck_assert_uint_eq(answered_nanos("came_back"), customer(1) - before);
    ck_assert_uint_eq(answered_nanos("balance"), customer(1));
    ck_assert_uint_eq(site_result(&site, "customer"), site.people[1].account);
    ck_assert_int_eq(site_on_agent(&site, by, "agent.end", agent), CONTROL_MISSING);
    ck_assert_int_eq(site_fund(&site, 1, agent, 1), CONTROL_MISSING);
}

START_TEST(a_running_agent_ends_and_its_customer_has_all_that_was_in_it)
{
    ends(1);
}
END_TEST

START_TEST(an_agent_ends_whoever_froze_it)
{
    ck_assert_int_eq(site_on_agent(&site, OPERATOR, "agent.freeze", agent), CONTROL_DONE);
    ends(1);
    ck_assert_uint_eq(agents_count(site.core->agents).frozen, 0);
}
END_TEST

START_TEST(the_operator_may_end_it_and_gets_nothing)
{
    ck_assert_int_eq(site_on_agent(&site, 1, "agent.freeze", agent), CONTROL_DONE);
    ends(OPERATOR);
}
END_TEST

START_TEST(a_quarantined_agent_ends)
{
    ck_assert_int_eq(site_send(&site, 1, agent, "x", 10), CONTROL_DONE);
    agents_quarantine(site.core->agents, site_agent(&site, agent), "quarantined");
    ends(1);
}
END_TEST

START_TEST(nobody_else_may_end_it)
{
    ck_assert_int_eq(site_on_agent(&site, 2, "agent.end", agent), CONTROL_DENIED);
    ck_assert(site_lives(&site, agent));
    ck_assert_int_eq(site_on_agent(&site, 2, "agent.end", 999999), CONTROL_MISSING);
}
END_TEST

START_TEST(what_waits_in_its_inbox_goes_back)
{
    uint64_t before;

    ck_assert_int_eq(site_on_agent(&site, 1, "agent.freeze", agent), CONTROL_DONE);
    before = customer(1) + all_of(agent);
    ck_assert_int_eq(site_send(&site, 1, agent, "hello", 1000), CONTROL_DONE);
    ck_assert_int_eq(site_send(&site, 1, agent, "again", 0), CONTROL_DONE);
    ck_assert_int_eq(site_on_agent(&site, 1, "agent.end", agent), CONTROL_DONE);
    ck_assert_uint_eq(customer(1), before);
    ck_assert_uint_eq(site_balance(&site, ACCOUNT_HELD_MESSAGE), 0);
}
END_TEST

/* ---- what hangs on it ---- */

static enum engine_outcome owns_much(void *context, struct part *part)
{
    int64_t timer = *(int64_t *)context;

    ck_assert_int_ge(part_order(part, self_facet, 0, 1, 0), 0);
    ck_assert_int_ge(part_order(part, buffer_buy, SERAI_SLOT_BUFFERS, 100000), 0);
    ck_assert_int_eq(part_order(part, timer_wake, timer, 3600000000, 7), 0);
    ck_assert_int_eq(part_order(part, self_mark, 0, 500), 0);
    return ENGINE_DONE;
}

START_TEST(buffers_timers_facets_and_marks_go_with_it)
{
    int64_t timer = SERAI_SLOT_FIRST_FREE;
    uint64_t objects;
    uint64_t reserves = site_balance(&site, ACCOUNT_HELD_RESERVE);
    uint64_t before;
    uint64_t paid;

    objects = site.core->agents->objects.by_id.count;
    puppet_play(&site, agent, owns_much, &timer);
    ck_assert_uint_eq(site.core->agents->objects.by_id.count, objects + 3);
    before = customer(1) + all_of(agent);
    paid = site_balance(&site, ACCOUNT_HELD_RESERVE) - reserves - site_reserve(&site);
    ck_assert_int_eq(site_on_agent(&site, 1, "agent.end", agent), CONTROL_DONE);
    ck_assert_uint_eq(customer(1), before + paid); /* the timer's reserve, beside all_of() */
    ck_assert_uint_eq(site_balance(&site, ACCOUNT_HELD_RESERVE), reserves);
    ck_assert_uint_eq(site.core->agents->objects.by_id.count,
                      objects - 1); /* its door is gone, too */
    site_pass(&site, 7200000000);
}
END_TEST

static enum engine_outcome asks(void *context, struct part *part)
{
    int64_t facet = part_fetch(part, agents_door);
    int64_t reply = part_order(part, self_facet, 0, 77, 0);

    (void)context;
    memcpy(part_memory(part, AT_DATA, 2), "hi", 2);
    ck_assert_int_eq(part_order(part, facet_send, facet, AT_DATA, 2, 0, 0, 4000, 3000, reply), 0);
    return ENGINE_DONE;
}

START_TEST(who_waits_for_its_answer_hears_that_it_is_gone_and_has_the_money_back)
{
    struct heard heard = {0};
    uint64_t before;

    ck_assert_int_eq(site_on_agent(&site, 1, "agent.freeze", agent), CONTROL_DONE);
    puppet_play(&site, caller, asks, NULL);
    before = site_balance(&site, caller);
    probe_play(caller, puppet_hears, &heard);
    ck_assert_int_eq(site_on_agent(&site, 1, "agent.end", agent), CONTROL_DONE);
    ck_assert_uint_ge(site_balance(&site, caller), before + 4000 + 3000);
    site_settle(&site);
    ck_assert_int_eq(heard_last(&heard, SERAI_EVENT_FAILED)->status, SERAI_E_CLOSED);
}
END_TEST

static enum engine_outcome buys_a_channel(void *context, struct part *part)
{
    if (part->kind != SERAI_EVENT_MESSAGE)
        return puppet_hears(context, part);
    ck_assert_int_ge(
        part_order(part, channel_buy, SERAI_SLOT_CHANNELS, SERAI_INTERFACE_SELF, 5000000, 1000000),
        0);
    return ENGINE_DONE;
}

START_TEST(its_channels_are_sold_and_its_child_is_its_customers_to_end)
{
    struct heard heard = {0};
    uint64_t child = caller + 1;

    while (ledger_account(site.core->ledger, child) != NULL)
        child++;
    puppet_play(&site, agent, buys_a_channel, &heard);
    ck_assert(site_lives(&site, child));
    ck_assert_uint_eq(channels_count(site.core->channels), 2);
    ck_assert_int_eq(site_on_agent(&site, 1, "agent.freeze", child), CONTROL_DONE);
    ck_assert_int_eq(site_on_agent(&site, 1, "agent.end", agent), CONTROL_DONE);
    ck_assert_uint_eq(site_result(&site, "closing"), 0);
    ck_assert(site_lives(&site, child));
    ck_assert_int_eq(site_on_agent(&site, 2, "agent.end", child), CONTROL_DENIED);
    ck_assert_int_eq(site_on_agent(&site, 1, "agent.end", child), CONTROL_DONE);
    ck_assert_uint_eq(channels_count(site.core->channels), 0);
    ck_assert_uint_eq(site_balance(&site, ACCOUNT_DEPOSIT_CHANNEL), 0);
    ck_assert_uint_eq(site_balance(&site, ACCOUNT_DEPOSIT_BURIAL),
                      site_agent(&site, caller)->burial.nanos);
}
END_TEST

START_TEST(the_same_request_said_again_is_answered_and_not_done_again)
{
    struct bytes again = {0};
    uint64_t balance;

    ck_assert_int_eq(site_on_agent(&site, 1, "agent.end", agent), CONTROL_DONE);
    balance = customer(1);
    bytes_append(&again, site.sent.data, site.sent.size);
    ck_assert_int_eq(site_request_raw(&site, again.data, again.size), CONTROL_DONE);
    ck_assert_str_eq(site_result_text(&site, "state"), "ended");
    ck_assert_uint_eq(customer(1), balance);
    bytes_fini(&again);
}
END_TEST

/* ---- takes back ---- */

static enum control_status withdraws(int person, uint64_t nanos)
{
    struct bytes args = {0};

    cbor_put_array(&args, 2);
    cbor_put_uint(&args, agent);
    cbor_put_uint(&args, nanos);
    return site_request(&site, person, "agent.withdraw", &args);
}

static enum control_status withdraws_all(int person)
{
    struct bytes args = {0};

    cbor_put_array(&args, 2);
    cbor_put_uint(&args, agent);
    cbor_put_null(&args);
    return site_request(&site, person, "agent.withdraw", &args);
}

START_TEST(an_agent_that_is_stopped_gives_its_money_and_goes_on_when_it_is_funded)
{
    uint64_t mine = customer(1);
    uint64_t has = site_balance(&site, agent);
    struct heard heard = {0};

    ck_assert_int_eq(site_on_agent(&site, 2, "agent.stop", agent), CONTROL_DENIED);
    ck_assert_int_eq(site_on_agent(&site, OPERATOR, "agent.stop", agent), CONTROL_DENIED);
    ck_assert_int_eq(site_on_agent(&site, 1, "agent.stop", agent), CONTROL_DONE);
    ck_assert_uint_eq(answered_nanos("taken"), has);
    ck_assert_uint_eq(answered_nanos("left"), 0);
    ck_assert_str_eq(site_result_text(&site, "state"), "frozen");
    ck_assert_uint_eq(customer(1), mine + has);
    probe_play(agent, puppet_hears, &heard);
    ck_assert_int_eq(site_send(&site, 1, agent, "x", 0), CONTROL_DONE);
    site_settle(&site);
    ck_assert_uint_eq(heard.count, 0);
    ck_assert_int_eq(site_fund(&site, 1, agent, has), CONTROL_DONE);
    ck_assert_int_eq(site_on_agent(&site, 1, "agent.thaw", agent), CONTROL_DONE);
    site_settle(&site);
    ck_assert_uint_eq(heard.count, 1);
}
END_TEST

/* What the site has frozen its customer does not let go by stopping it. */
START_TEST(an_agent_that_the_site_has_frozen_stays_the_sites)
{
    ck_assert_int_eq(site_on_agent(&site, OPERATOR, "agent.freeze", agent), CONTROL_DONE);
    ck_assert_int_eq(site_on_agent(&site, 1, "agent.stop", agent), CONTROL_DONE);
    ck_assert_uint_eq(site_balance(&site, agent), 0);
    ck_assert_int_eq(site_fund(&site, 1, agent, 1000000), CONTROL_DONE);
    ck_assert_int_eq(site_on_agent(&site, 1, "agent.thaw", agent), CONTROL_DENIED);
}
END_TEST

START_TEST(some_of_the_money_comes_back_and_the_agent_goes_on)
{
    uint64_t mine = customer(1);
    uint64_t has = site_balance(&site, agent);
    struct heard heard = {0};

    ck_assert_int_eq(withdraws(1, 12345), CONTROL_DONE);
    ck_assert_uint_eq(customer(1), mine + 12345);
    ck_assert_uint_eq(site_balance(&site, agent), has - 12345);
    ck_assert_uint_eq(answered_nanos("taken"), 12345);
    ck_assert_uint_eq(answered_nanos("left"), has - 12345);
    probe_play(agent, puppet_hears, &heard);
    ck_assert_int_eq(site_send(&site, 1, agent, "x", 0), CONTROL_DONE);
    site_settle(&site);
    ck_assert_uint_eq(heard.count, 1);
}
END_TEST

START_TEST(from_a_running_agent_all_is_all_but_what_its_next_event_needs)
{
    uint64_t needs = 2 * site_reserve(&site);
    uint64_t has = site_balance(&site, agent);
    struct heard heard = {0};

    ck_assert_int_eq(withdraws(1, has - needs + 1), CONTROL_REFUSED);
    ck_assert(strstr(site.reply.message, "freeze the agent") != NULL);
    ck_assert_uint_eq(site_balance(&site, agent), has);
    ck_assert_int_eq(withdraws_all(1), CONTROL_DONE);
    ck_assert_uint_eq(site_balance(&site, agent), needs);
    ck_assert_int_eq(withdraws_all(1), CONTROL_REFUSED);
    probe_play(agent, puppet_hears, &heard);
    ck_assert_int_eq(site_send(&site, 1, agent, "x", 0), CONTROL_DONE);
    site_settle(&site);
    ck_assert_uint_eq(heard.count, 1);
}
END_TEST

START_TEST(a_frozen_agent_gives_its_last_nano)
{
    uint64_t mine = customer(1);
    uint64_t has = site_balance(&site, agent);

    ck_assert_int_eq(site_on_agent(&site, 1, "agent.freeze", agent), CONTROL_DONE);
    ck_assert_int_eq(withdraws(1, has + 1), CONTROL_REFUSED);
    ck_assert_int_eq(withdraws_all(1), CONTROL_DONE);
    ck_assert_uint_eq(site_balance(&site, agent), 0);
    ck_assert_uint_eq(customer(1), mine + has);
    ck_assert_int_eq(site_on_agent(&site, 1, "agent.thaw", agent), CONTROL_REFUSED);
    ck_assert_int_eq(site_fund(&site, 1, agent, has), CONTROL_DONE);
    ck_assert_int_eq(site_on_agent(&site, 1, "agent.thaw", agent), CONTROL_DONE);
}
END_TEST

START_TEST(nobody_but_its_customer_takes_money_out)
{
    uint64_t has = site_balance(&site, agent);

    ck_assert_int_eq(withdraws(2, 1), CONTROL_DENIED);
    ck_assert_int_eq(withdraws(OPERATOR, 1), CONTROL_DENIED);
    ck_assert_int_eq(withdraws_all(OPERATOR), CONTROL_DENIED);
    ck_assert_int_eq(withdraws(1, 0), CONTROL_REFUSED);
    ck_assert_int_eq(withdraws(1, UINT64_MAX), CONTROL_BAD_REQUEST);
    ck_assert_uint_eq(site_balance(&site, agent), has);
}
END_TEST

static enum engine_outcome sets_mark(void *context, struct part *part)
{
    (void)context;
    ck_assert_int_eq(part_order(part, self_mark, 0, MARK), 0);
    return ENGINE_DONE;
}

START_TEST(the_agent_is_told_when_it_falls_below_its_mark)
{
    struct heard heard = {0};

    puppet_play(&site, agent, sets_mark, NULL);
    probe_play(agent, puppet_hears, &heard);
    ck_assert_int_eq(withdraws(1, MONEY - MARK), CONTROL_DONE);
    site_settle(&site);
    ck_assert_uint_eq(heard_of(&heard, SERAI_EVENT_LOW), 1);
}
END_TEST

START_TEST(a_withdrawal_said_again_moves_nothing)
{
    struct bytes again = {0};
    uint64_t balance;

    ck_assert_int_eq(withdraws(1, 1000), CONTROL_DONE);
    balance = customer(1);
    bytes_append(&again, site.sent.data, site.sent.size);
    ck_assert_int_eq(site_request_raw(&site, again.data, again.size), CONTROL_DONE);
    ck_assert_uint_eq(customer(1), balance);
    bytes_fini(&again);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("core owner");
    TCase *tcase = tcase_create("owner");

    tcase_set_timeout(tcase, 30);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_running_agent_ends_and_its_customer_has_all_that_was_in_it);
    tcase_add_test(tcase, an_agent_ends_whoever_froze_it);
    tcase_add_test(tcase, the_operator_may_end_it_and_gets_nothing);
    tcase_add_test(tcase, a_quarantined_agent_ends);
    tcase_add_test(tcase, nobody_else_may_end_it);
    tcase_add_test(tcase, what_waits_in_its_inbox_goes_back);
    tcase_add_test(tcase, buffers_timers_facets_and_marks_go_with_it);
    tcase_add_test(tcase, who_waits_for_its_answer_hears_that_it_is_gone_and_has_the_money_back);
    tcase_add_test(tcase, its_channels_are_sold_and_its_child_is_its_customers_to_end);
    tcase_add_test(tcase, the_same_request_said_again_is_answered_and_not_done_again);
    tcase_add_test(tcase, an_agent_that_is_stopped_gives_its_money_and_goes_on_when_it_is_funded);
    tcase_add_test(tcase, an_agent_that_the_site_has_frozen_stays_the_sites);
    tcase_add_test(tcase, some_of_the_money_comes_back_and_the_agent_goes_on);
    tcase_add_test(tcase, from_a_running_agent_all_is_all_but_what_its_next_event_needs);
    tcase_add_test(tcase, a_frozen_agent_gives_its_last_nano);
    tcase_add_test(tcase, nobody_but_its_customer_takes_money_out);
    tcase_add_test(tcase, the_agent_is_told_when_it_falls_below_its_mark);
    tcase_add_test(tcase, a_withdrawal_said_again_moves_nothing);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
