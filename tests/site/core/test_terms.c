/* What the operator grants one customer: bounds of its own, and turns or none. */
#include <string.h>

#include "agents/agents.h"
#include "agents/quotas.h"
#include "tests/site/core/puppet.h"

enum { MONEY = 100000000 };

static struct site site;

static void setup(void)
{
    site_open(&site, 11, 10000000000);
    site_customers(&site, 2, 2000000000);
}

static void teardown(void)
{
    site_end(&site);
}

static uint64_t account_of(int person)
{
    return site.people[person].account;
}

static enum control_status on_customer(int by, const char *command, int person)
{
    return site_on_agent(&site, by, command, account_of(person)); /* one number, as of agents */
}

static enum control_status set_bound(int person, const char *key, const char *bound)
{
    struct bytes args = {0};

    cbor_put_array(&args, 2);
    cbor_put_uint(&args, account_of(person));
    cbor_put_array(&args, 1);
    cbor_put_array(&args, 2);
    cbor_put_text(&args, key);
    cbor_put_text(&args, bound);
    return site_request(&site, OPERATOR, "customer.quota", &args);
}

static struct quota_view agents_bound(int person)
{
    return agents_quota(site.core->agents, account_of(person), CUSTOMER_AGENTS);
}

static enum control_status deploys(int person)
{
    const struct deploy deploy = {.module = "spender", .args = "work=10", .nanos = MONEY};

    return site_try_deploy(&site, person, &deploy);
}

START_TEST(a_bound_of_its_own_goes_before_that_of_the_prices)
{
    ck_assert_int_eq(set_bound(1, "agents_max", "1"), CONTROL_DONE);
    ck_assert_int_eq(deploys(1), CONTROL_DONE);
    ck_assert_int_eq(deploys(1), CONTROL_REFUSED);
    ck_assert_int_eq(deploys(2), CONTROL_DONE); /* the other has that of the prices */
    ck_assert_int_eq(deploys(2), CONTROL_DONE);
    site_reload_same(&site);
    ck_assert(agents_bound(1).is_own && agents_bound(1).max == 1);
    ck_assert(!agents_bound(2).is_own && agents_bound(2).max == 10000);
    ck_assert_int_eq(deploys(1), CONTROL_REFUSED);
    /* None, and that of the prices again. */
    ck_assert_int_eq(set_bound(1, "agents_max", "none"), CONTROL_DONE);
    ck_assert_int_eq(deploys(1), CONTROL_DONE);
    ck_assert_int_eq(set_bound(1, "agents_max", "book"), CONTROL_DONE);
    ck_assert(!agents_bound(1).is_own && agents_bound(1).max == 10000);
    site_reload_same(&site);
    ck_assert(!agents_bound(1).is_own);
}
END_TEST

START_TEST(bounds_that_cannot_be_change_nothing)
{
    ck_assert_int_eq(set_bound(1, "wishes_max", "5"), CONTROL_REFUSED);
    ck_assert_int_eq(set_bound(1, "agents_max", "many"), CONTROL_REFUSED);
    ck_assert_int_eq(set_bound(1, "events_max", "none"), CONTROL_REFUSED);
    ck_assert_ptr_nonnull(strstr(site.reply.message, "from 1 to"));
    ck_assert_int_eq(on_customer(1, "customer.suspend", 2), CONTROL_DENIED);
    ck_assert_int_eq(on_customer(OPERATOR, "customer.suspend", OPERATOR), CONTROL_REFUSED);
    ck_assert_int_eq(on_customer(OPERATOR, "customer.resume", 1), CONTROL_REFUSED);
    ck_assert_int_eq(on_customer(OPERATOR, "customer.suspend", 1), CONTROL_DONE);
    ck_assert_int_eq(on_customer(OPERATOR, "customer.suspend", 1), CONTROL_REFUSED);
}
END_TEST

static enum engine_outcome counts(void *context, struct part *part)
{
    int *turns = context;

    if (part->kind == SERAI_EVENT_MESSAGE)
        (*turns)++;
    return ENGINE_DONE;
}

/* What came before and during it is handled afterwards, once; others go on meanwhile. */
START_TEST(a_customer_that_is_suspended_has_no_turns)
{
    uint64_t hers = puppet_new(&site, 1, MONEY, "");
    uint64_t others = puppet_new(&site, 2, MONEY, "");
    int turns[2] = {0, 0};

    probe_play(hers, counts, &turns[0]);
    probe_play(others, counts, &turns[1]);
    ck_assert_int_eq(site_send(&site, 1, hers, "before", 0), CONTROL_DONE);
    ck_assert_int_eq(on_customer(OPERATOR, "customer.suspend", 1), CONTROL_DONE);
    ck_assert(agents_are_suspended(site.core->agents, account_of(1)));
    ck_assert_int_eq(site_send(&site, 2, others, "hello", 0), CONTROL_DONE);
    site_settle(&site); /* ends, though hers has a message */
    ck_assert_int_eq(turns[0], 0);
    ck_assert_int_eq(turns[1], 1);
    site_reload_same(&site);
    site_settle(&site);
    ck_assert_int_eq(turns[0], 0);
    /* She may take her money and stop what she has, and nothing that is new. */
    ck_assert_int_eq(site_send(&site, 1, hers, "during", 0), CONTROL_REFUSED);
    ck_assert_int_eq(deploys(1), CONTROL_REFUSED);
    ck_assert_int_eq(site_on_agent(&site, 1, "agent.thaw", hers), CONTROL_REFUSED);
    ck_assert_int_eq(site_fund(&site, 1, hers, 1000), CONTROL_DONE);
    ck_assert_int_eq(on_customer(OPERATOR, "customer.resume", 1), CONTROL_DONE);
    site_settle(&site);
    ck_assert_int_eq(turns[0], 1);
    ck_assert_int_eq(on_customer(OPERATOR, "customer.suspend", 1), CONTROL_DONE);
    ck_assert_int_eq(site_on_agent(&site, 1, "agent.end", hers), CONTROL_DONE);
    site_settle(&site);
    ck_assert(!site_lives(&site, hers));
}
END_TEST

/* The order of turns: many agents of one, suspended and resumed again and again. */
START_TEST(the_order_of_turns_stays_whole)
{
    uint64_t agents[6];
    int turns[2] = {0, 0};
    int sent = 0;

    for (int i = 0; i < 6; i++) {
        agents[i] = puppet_new(&site, 1 + i % 2, MONEY, "");
        probe_play(agents[i], counts, &turns[i % 2]);
    }
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < 6; i++)
            if (site_send(&site, 1 + i % 2, agents[i], "go", 0) == CONTROL_DONE)
                sent++;
        ck_assert_int_eq(on_customer(OPERATOR, "customer.suspend", 1 + round % 2), CONTROL_DONE);
        (void)core_run(site.core, 1 + (uint32_t)round % 4);
        if (round % 3 == 0)
            site_settle(&site);
        ck_assert_int_eq(on_customer(OPERATOR, "customer.resume", 1 + round % 2), CONTROL_DONE);
    }
    site_settle(&site);
    ck_assert_int_eq(sent, 6 * 20);
    ck_assert_int_eq(turns[0] + turns[1], sent);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("terms");
    TCase *terms = tcase_create("terms");

    tcase_add_checked_fixture(terms, setup, teardown);
    tcase_add_test(terms, a_bound_of_its_own_goes_before_that_of_the_prices);
    tcase_add_test(terms, bounds_that_cannot_be_change_nothing);
    tcase_add_test(terms, a_customer_that_is_suspended_has_no_turns);
    tcase_add_test(terms, the_order_of_turns_stays_whole);
    suite_add_tcase(suite, terms);
    return check_main(suite);
}
