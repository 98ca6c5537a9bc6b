/* Running dry is a ladder: notice, freeze, the burial reserve, and back up by a top-up. */
#include <string.h>

#include "agents/rent.h"
#include "tests/site/core/puppet.h"

enum { MONEY = 50000000 };

static struct site site;
static uint64_t agent;
static uint64_t other;
static uint8_t others[SERAI_HEAP_NUMBER_BYTES];

/* Rent that empties a burial reserve in minutes, not weeks. */
static void dear_rent(struct pricebook *book)
{
    ck_assert(money_from_nanos(&book->memory_rent, 20000000000) == ST_OK);
}

static void begin(void (*change)(struct pricebook *book))
{
    site_open_book(&site, 7, 10000000000, change);
    site_customer(&site, 1, "one", 2000000000);
    agent = puppet_new(&site, 1, MONEY, NULL);
    other = puppet_new(&site, OPERATOR, MONEY, NULL);
    puppet_publish(&site, other, 5, 0, others);
}

static void setup(void)
{
    begin(NULL);
}

static void teardown(void)
{
    site_end(&site);
}

static enum engine_outcome gives_away(void *context, struct part *part)
{
    int64_t *left = context; /* leave at least this much */
    int64_t facet = part_fetch(part, others);
    int64_t balance = part_order(part, self_balance, 0);
    int64_t gift = balance - 20 < *left ? balance - 20 : *left;

    if (gift > 0)
        ck_assert_int_eq(part_order(part, facet_fund, facet, gift), 0);
    if (balance < 1000)
        part->instance->fuel = 0; /* what is held for fuel goes, too */
    return ENGINE_DONE;
}

/* Make the agent's balance this small; half of it is held for fuel in each turn. */
static void leave(uint64_t nanos)
{
    for (int i = 0; i < 100 && site_balance(&site, agent) > nanos; i++) {
        int64_t surplus = (int64_t)(site_balance(&site, agent) - nanos);

        puppet_play(&site, agent, gives_away, &surplus);
    }
    ck_assert_uint_le(site_balance(&site, agent), nanos);
}

static enum engine_outcome sets_mark(void *context, struct part *part)
{
    const int64_t *mark = context;

    ck_assert_int_eq(part_order(part, self_mark, 0, *mark), 0);
    return ENGINE_DONE;
}

static enum engine_outcome spends_unless_told(void *context, struct part *part)
{
    struct heard *heard = context;
    int64_t facet;

    if (part->kind == SERAI_EVENT_LOW)
        return puppet_hears(heard, part);
    facet = part_fetch(part, others);
    ck_assert_int_eq(part_order(part, facet_fund, facet, 1000000), 0);
    return ENGINE_DONE;
}

static void spend_a_million(struct heard *heard)
{
    probe_play(agent, spends_unless_told, heard);
    ck_assert_int_eq(site_send(&site, 1, agent, "go", 0), CONTROL_DONE);
    site_settle(&site);
}

START_TEST(a_mark_is_told_once_a_crossing_and_again_after_a_quarter_more)
{
    struct heard heard = {0};
    int64_t mark = MONEY - 1500000;
    uint64_t quarter = (uint64_t)mark / 4;

    puppet_play(&site, agent, sets_mark, &mark);
    spend_a_million(&heard);
    ck_assert_uint_eq(heard.count, 0);
    spend_a_million(&heard);
    ck_assert_uint_eq(heard.count, 1); /* crossed */
    ck_assert_int_lt(heard.events[0].money, mark);
    spend_a_million(&heard);
    ck_assert_uint_eq(heard.count, 1); /* lower still: no second notice */
    ck_assert_int_eq(site_fund(&site, 1, agent, 2000000 + quarter / 2), CONTROL_DONE);
    ck_assert(!site_agent(&site, agent)->low.armed); /* above the mark, but not by a quarter */
    spend_a_million(&heard);
    ck_assert_int_eq(site_fund(&site, 1, agent, quarter), CONTROL_DONE);
    ck_assert(site_agent(&site, agent)->low.armed);
    site_reload_same(&site);
    for (int i = 0; i < 25; i++)
        spend_a_million(&heard);
    ck_assert_uint_eq(heard.count, 2);
}
END_TEST

START_TEST(taking_the_mark_away_gives_its_reserve_back)
{
    int64_t mark = 1000;

    puppet_play(&site, agent, sets_mark, &mark);
    ck_assert_uint_eq(site_balance(&site, ACCOUNT_HELD_RESERVE), site_reserve(&site));
    mark = 0;
    puppet_play(&site, agent, sets_mark, &mark);
    ck_assert_uint_eq(site_balance(&site, ACCOUNT_HELD_RESERVE), 0);
}
END_TEST

static enum engine_outcome writes_a_page(void *context, struct part *part)
{
    const char *words = context;

    memcpy(part_memory(part, AT_ID, 6), words, 6);
    return ENGINE_DONE;
}

static enum engine_outcome finds_the_page(void *context, struct part *part)
{
    struct heard *heard = context;

    ck_assert(memcmp(part_memory(part, AT_ID, 6), "stood", 6) == 0);
    return puppet_hears(heard, part);
}

START_TEST(a_dry_agent_freezes_with_its_message_and_goes_on_where_it_stood)
{
    static char words[] = "stood";
    struct heard heard = {0};
    uint64_t turns;

    puppet_play(&site, agent, writes_a_page, words);
    leave(60);
    turns = site_agent(&site, agent)->usage.turns;
    probe_play(agent, finds_the_page, &heard);
    /* 60 and the postage of 100 are below what an event needs. */
    ck_assert_int_eq(site_send(&site, 1, agent, "q", 30), CONTROL_DONE);
    site_settle(&site);
    ck_assert_uint_eq(heard.count, 0);
    ck_assert_int_eq((int)site_agent(&site, agent)->state, AGENT_FROZEN_DRY);
    ck_assert_ptr_nonnull(strstr(site_agent(&site, agent)->reason, "out of money"));
    ck_assert_uint_eq(site_agent(&site, agent)->inbox.count, 1);
    site_reload_same(&site);
    ck_assert_int_eq(site_on_agent(&site, 1, "agent.thaw", agent), CONTROL_REFUSED);
    ck_assert_int_eq(site_fund(&site, 1, agent, 1000), CONTROL_DONE);
    site_settle(&site);
    ck_assert_int_eq((int)site_agent(&site, agent)->state, AGENT_RUNNING);
    ck_assert_uint_eq(heard.count, 1);
    ck_assert_int_eq(heard.first_byte[0], 'q');
    ck_assert_int_eq(heard.events[0].money, 30);
    ck_assert_uint_eq(site_agent(&site, agent)->usage.turns, turns + 1);
}
END_TEST

START_TEST(quarantine_holds_until_the_operator_thaws)
{
    struct heard heard = {0};

    ck_assert(core_quarantine(site.core, 999999, "crashed the site twice") == ST_MISSING);
    ck_assert_int_eq(site_send(&site, 1, agent, "q", 0), CONTROL_DONE);
    site_reload(&site);
    ck_assert(core_quarantine(site.core, agent, "crashed the site twice") == ST_OK);
    probe_play(agent, puppet_hears, &heard);
    site_settle(&site);
    ck_assert_int_eq(site_fund(&site, 1, agent, 1000000), CONTROL_DONE);
    site_reload_same(&site);
    site_settle(&site);
    ck_assert_uint_eq(heard.count, 0);
    ck_assert_str_eq(site_agent(&site, agent)->reason, "crashed the site twice");
    ck_assert_int_eq(site_on_agent(&site, 1, "agent.thaw", agent), CONTROL_DENIED);
    ck_assert_int_eq(site_on_agent(&site, OPERATOR, "agent.thaw", agent), CONTROL_DONE);
    site_settle(&site);
    ck_assert_uint_eq(heard.count, 1);
    ck_assert_int_eq(site_on_agent(&site, OPERATOR, "agent.thaw", agent), CONTROL_REFUSED);
}
END_TEST

START_TEST(a_frozen_agent_pays_rent_from_its_burial_reserve_and_never_below)
{
    uint64_t burial;

    probe_play_none();
    site_close(&site);
    begin(dear_rent);
    burial = money_nanos(site.book.burial_reserve);
    leave(60);
    ck_assert_int_eq(site_on_agent(&site, 1, "agent.freeze", agent), CONTROL_DONE);
    site_pass(&site, 70000000);
    ck_assert_uint_eq(site_balance(&site, agent), 0);
    ck_assert_uint_lt(site_agent(&site, agent)->burial.nanos, burial);
    site_pass(&site, 3600000000);
    ck_assert_uint_eq(site_agent(&site, agent)->burial.nanos, 0);
    ck_assert_uint_eq(site_balance(&site, agent), 0);
    ck_assert(site_lives(&site, agent));
    /* A top-up fills the reserve again before it does anything else. */
    ck_assert_int_eq(site_on_agent(&site, 1, "agent.thaw", agent), CONTROL_REFUSED);
    ck_assert_int_eq(site_fund(&site, 1, agent, 100000000), CONTROL_DONE);
    ck_assert_int_eq(site_on_agent(&site, 1, "agent.thaw", agent), CONTROL_DONE);
}
END_TEST

START_TEST(who_cannot_pay_the_rent_freezes_and_a_top_up_refills_its_burial)
{
    probe_play_none();
    site_close(&site);
    begin(dear_rent);
    leave(300);
    site_pass(&site, 130000000);
    ck_assert_int_eq((int)site_agent(&site, agent)->state, AGENT_FROZEN_DRY);
    ck_assert_int_eq(site_fund(&site, 1, agent, 100000000), CONTROL_DONE);
    ck_assert_int_eq((int)site_agent(&site, agent)->state, AGENT_RUNNING);
    ck_assert_uint_eq(site_agent(&site, agent)->burial.nanos,
                      money_nanos(site.book.burial_reserve));
}
END_TEST

START_TEST(rent_that_runs_out_between_two_settlements_is_found_within_a_second)
{
    uint64_t lasts_us;
    u128 rate;

    probe_play_none();
    site_close(&site);
    begin(dear_rent);
    site_pass(&site, 61000000);    /* everyone was settled just now: the next one is far */
    for (int i = 0; i < 30; i++) { /* half of it is held for fuel each time */
        int64_t surplus = (int64_t)site_balance(&site, agent) - 5000;

        puppet_play(&site, agent, gives_away, &surplus);
    }
    rate = agent_rent_rate(site.core->agents, site_agent(&site, agent));
    lasts_us = (uint64_t)((u128)(site_balance(&site, agent) + 1) * MARKET_RENT_UNIT / rate);
    ck_assert_uint_gt(lasts_us, 3000000);
    ck_assert_uint_lt(lasts_us, 30000000);
    for (uint64_t passed = 0; passed < lasts_us - 1500000; passed += 500000)
        site_pass(&site, 500000);
    ck_assert_int_eq((int)site_agent(&site, agent)->state, AGENT_RUNNING);
    for (int i = 0; i < 6; i++)
        site_pass(&site, 500000);
    ck_assert_int_eq((int)site_agent(&site, agent)->state, AGENT_FROZEN_DRY);
}
END_TEST

struct letter {
    const uint8_t *number;
    int64_t postage;
};

static enum engine_outcome writes(void *context, struct part *part)
{
    const struct letter *letter = context;
    int64_t facet = part_fetch(part, letter->number);

    ck_assert_int_eq(part_order(part, facet_send, facet, AT_DATA, 1, 0, 0, 0, letter->postage, -1),
                     0);
    return ENGINE_DONE;
}

START_TEST(postage_that_pays_for_its_turn_thaws_a_dry_agent)
{
    uint8_t number[SERAI_HEAP_NUMBER_BYTES];
    struct letter letter = {.number = number, .postage = 5000};
    struct heard heard = {0};

    probe_play_none();
    site_close(&site);
    begin(dear_rent);
    puppet_publish(&site, agent, 1, 0, number);
    leave(300);
    site_pass(&site, 130000000);
    ck_assert_int_eq((int)site_agent(&site, agent)->state, AGENT_FROZEN_DRY);
    probe_play(agent, puppet_hears, &heard);
    puppet_play(&site, other, writes, &letter);
    ck_assert_uint_eq(heard_of(&heard, SERAI_EVENT_MESSAGE), 1);
}
END_TEST

START_TEST(the_estate_of_the_dead_goes_to_its_customer)
{
    uint64_t customer = site.people[1].account;
    int64_t mark = 500;
    uint64_t before;
    uint64_t had;
    uint64_t burnt;

    puppet_play(&site, agent, sets_mark, &mark);
    burnt = site_balance(&site, ACCOUNT_REVENUE_COMPUTE);
    before = site_balance(&site, customer);
    had = site_balance(&site, agent) + site_agent(&site, agent)->burial.nanos +
          site_agent(&site, agent)->low.reserve.nanos;
    puppet_play(&site, agent, puppet_dies, NULL);
    ck_assert(!site_lives(&site, agent));
    ck_assert(ledger_account(site.core->ledger, agent)->closed);
    burnt = site_balance(&site, ACCOUNT_REVENUE_COMPUTE) - burnt;
    ck_assert_uint_eq(site_balance(&site, customer),
                      before + had - burnt - price_of(&site, SERAI_ORDER_self_die));
    ck_assert_int_eq(site_fund(&site, 1, agent, 1), CONTROL_MISSING);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("core dry");
    TCase *tcase = tcase_create("dry");

    tcase_set_timeout(tcase, 30);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_mark_is_told_once_a_crossing_and_again_after_a_quarter_more);
    tcase_add_test(tcase, taking_the_mark_away_gives_its_reserve_back);
    tcase_add_test(tcase, a_dry_agent_freezes_with_its_message_and_goes_on_where_it_stood);
    tcase_add_test(tcase, quarantine_holds_until_the_operator_thaws);
    tcase_add_test(tcase, a_frozen_agent_pays_rent_from_its_burial_reserve_and_never_below);
    tcase_add_test(tcase, who_cannot_pay_the_rent_freezes_and_a_top_up_refills_its_burial);
    tcase_add_test(tcase, rent_that_runs_out_between_two_settlements_is_found_within_a_second);
    tcase_add_test(tcase, postage_that_pays_for_its_turn_thaws_a_dry_agent);
    tcase_add_test(tcase, the_estate_of_the_dead_goes_to_its_customer);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
