/* Figures for those who watch: each is compared with a count of the things themselves. */
#include "site/core/figures.h"

#include "agents/agents.h"
#include "agents/life.h"
#include "links/link.h"
#include "tests/site/core/puppet.h"

enum { MONEY = 50000000, AGENTS = 5 };

static struct site site;
static struct core_figures figures;
static uint64_t agents[AGENTS];

static void setup(void)
{
    site_open(&site, 7, 10000000000);
    site_customer(&site, 1, "one", 2000000000);
    for (int i = 0; i < AGENTS; i++)
        agents[i] = puppet_new(&site, 1, MONEY, NULL);
    site_settle(&site);
}

static void teardown(void)
{
    site_end(&site);
}

static void look(void)
{
    site_frame(&site);
    core_figures(site.core, &figures);
}

static void add_balance(void *context, const struct account *account)
{
    u128 *sum = context;

    if (account->kind == KIND_CUSTOMER || account->kind == KIND_AGENT)
        *sum += account->credits - account->debits;
}

static u128 balances(void)
{
    u128 sum = 0;

    ledger_each_account(core_ledger(site.core), add_balance, &sum);
    return sum;
}

START_TEST(what_is_owed_to_customers_and_agents_is_what_their_accounts_hold)
{
    look();
    ck_assert(figures.liabilities == balances());
    ck_assert(figures.liabilities > 0);
    ck_assert_int_eq(site_send(&site, 1, agents[0], "x", 12345), CONTROL_DONE);
    look();
    ck_assert(figures.liabilities == balances());
    site_settle(&site);
    look();
    ck_assert(figures.liabilities == balances());
}
END_TEST

START_TEST(the_sites_own_accounts_are_all_there_and_exact)
{
    look();
    ck_assert_uint_eq(figures.accounts[0].id, ACCOUNT_TREASURY);
    for (size_t i = 0; i < figures.account_count; i++) {
        const struct account *account =
            ledger_account(core_ledger(site.core), figures.accounts[i].id);

        ck_assert_ptr_nonnull(account);
        ck_assert(figures.accounts[i].debits == account->debits);
        ck_assert(figures.accounts[i].credits == account->credits);
        ck_assert_int_eq((int)figures.accounts[i].kind, account->kind);
        ck_assert(i == 0 || figures.accounts[i].id > figures.accounts[i - 1].id);
    }
    ck_assert_uint_eq(figures.accounts[figures.account_count - 1].id, ACCOUNT_DEPOSIT_BURIAL);
}
END_TEST

/* How many are frozen, in the four states; the rest run. */
static void frozen_are(uint64_t dry, uint64_t by_site, uint64_t by_customer, uint64_t by_leash)
{
    look();
    ck_assert_uint_eq(figures.agents.frozen_by[FROZEN_DRY], dry);
    ck_assert_uint_eq(figures.agents.frozen_by[FROZEN_BY_SITE], by_site);
    ck_assert_uint_eq(figures.agents.frozen_by[FROZEN_BY_CUSTOMER], by_customer);
    ck_assert_uint_eq(figures.agents.frozen_by[FROZEN_BY_LEASH], by_leash);
    ck_assert_uint_eq(figures.agents.frozen, dry + by_site + by_customer + by_leash);
}

START_TEST(frozen_agents_are_counted_by_who_may_thaw_them)
{
    frozen_are(0, 0, 0, 0);
    ck_assert_uint_eq(figures.agents.agents, AGENTS);
    ck_assert_int_eq(site_on_agent(&site, OPERATOR, "agent.freeze", agents[0]), CONTROL_DONE);
    ck_assert_int_eq(site_on_agent(&site, 1, "agent.freeze", agents[1]), CONTROL_DONE);
    ck_assert_int_eq(site_on_agent(&site, 1, "agent.freeze", agents[2]), CONTROL_DONE);
    frozen_are(0, 1, 2, 0);
    /* From one state to another, back to none, out of the world, and over a restart. */
    ck_assert_int_eq(site_on_agent(&site, OPERATOR, "agent.freeze", agents[1]), CONTROL_DONE);
    frozen_are(0, 2, 1, 0);
    ck_assert_int_eq(site_on_agent(&site, OPERATOR, "agent.thaw", agents[0]), CONTROL_DONE);
    frozen_are(0, 1, 1, 0);
    ck_assert_int_eq(site_on_agent(&site, 1, "agent.end", agents[2]), CONTROL_DONE);
    frozen_are(0, 1, 0, 0);
    site_reload_same(&site);
    frozen_are(0, 1, 0, 0);
    ck_assert_uint_eq(figures.agents.agents, AGENTS - 1);
}
END_TEST

/* The next value of a map that is to be under `key`; *in stands before it. */
static bool find_key(struct cbor *in, const char *key)
{
    uint64_t count;

    cbor_init(in, site.reply.result, site.reply.result_size);
    count = cbor_get_map_any(in, 100);
    for (uint64_t i = 0; i < count; i++) {
        char name[64];
        size_t size;

        cbor_get_text(in, name, sizeof name - 1);
        if (strcmp(name, key) == 0)
            return true;
        (void)cbor_get_raw(in, &size);
    }
    return false;
}

static uint64_t read_count(const char *key)
{
    struct cbor in;

    ck_assert_msg(find_key(&in, key), "no %s", key);
    return cbor_get_uint(&in, UINT64_MAX);
}

START_TEST(the_read_tells_the_same_figures)
{
    struct bytes args = {0};
    struct bytes request = {0};
    struct cbor in;
    char total[64];
    char wanted[64];

    cbor_put_array(&args, 0);
    control_read(&request, "figures", &args);
    ck_assert_int_eq(site_on_agent(&site, 1, "agent.freeze", agents[1]), CONTROL_DONE);
    look();
    ck_assert_int_eq(site_request_raw(&site, request.data, request.size), CONTROL_DONE);
    ck_assert_uint_eq(read_count("agents"), AGENTS);
    ck_assert_uint_eq(read_count("running"), AGENTS - 1);
    ck_assert_uint_eq(read_count("frozen"), 1);
    ck_assert_uint_eq(read_count("dry"), 0);
    ck_assert_uint_eq(read_count("turns"), figures.agents.turns);
    ck_assert_uint_eq(read_count("frame"), figures.frame);
    ck_assert(find_key(&in, "state"));
    cbor_get_text(&in, total, sizeof total - 1);
    ck_assert_str_eq(total, "running");
    ck_assert(find_key(&in, "liabilities"));
    cbor_get_text(&in, total, sizeof total - 1);
    (void)snprintf(wanted, sizeof wanted, "%llu.%09llu",
                   (unsigned long long)(figures.liabilities / MONEY_NANOS_PER_UNIT),
                   (unsigned long long)(figures.liabilities % MONEY_NANOS_PER_UNIT));
    ck_assert_str_eq(total, wanted);
    ck_assert(find_key(&in, "accounts"));
    ck_assert_uint_eq(cbor_get_array_any(&in, 1000), figures.account_count);
    ck_assert(find_key(&in, "links"));
    ck_assert_uint_eq(cbor_get_array_any(&in, 1000), 0);
    /* It takes no words. */
    bytes_clear(&args);
    bytes_clear(&request);
    cbor_put_array(&args, 1);
    cbor_put_uint(&args, 1);
    control_read(&request, "figures", &args);
    ck_assert_int_eq(site_request_raw(&site, request.data, request.size), CONTROL_BAD_REQUEST);
    bytes_fini(&args);
    bytes_fini(&request);
}
END_TEST

START_TEST(a_survey_looks_at_every_agent_once_in_steps)
{
    struct core_survey survey = {0};
    uint64_t memory = 0;
    int steps = 0;

    ck_assert_int_eq(site_send(&site, 1, agents[3], "x", 1), CONTROL_DONE);
    for (int i = 0; i < AGENTS; i++)
        memory += (uint64_t)site_agent(&site, agents[i])->program.memory_pages * 65536;
    while (survey.rounds == 0 && steps++ < 1000)
        core_survey_step(site.core, &survey, 2);
    ck_assert_int_gt(steps, 1);
    ck_assert_uint_eq(survey.last.agents, AGENTS);
    ck_assert_uint_eq(survey.last.memory_bytes, memory);
    ck_assert_uint_eq(survey.last.inbox_messages, 1);
    ck_assert_uint_eq(survey.last.dry_in_day, 0);
    ck_assert_uint_eq(survey.so_far.agents, 0); /* the next round begins anew */
}
END_TEST

START_TEST(who_cannot_pay_tomorrows_rent_is_counted)
{
    struct core_survey survey = {0};
    struct pricebook dear = site.book;
    struct fault fault = {0};

    ck_assert(money_from_nanos(&dear.memory_rent, 40000000000) == ST_OK);
    ck_assert_int_eq(core_set_prices(site.core, &dear, &fault), ST_OK);
    look();
    core_survey_step(site.core, &survey, 100000);
    ck_assert_uint_eq(survey.rounds, 1);
    ck_assert_uint_eq(survey.last.dry_in_day, AGENTS);
    ck_assert_int_eq(site_on_agent(&site, 1, "agent.freeze", agents[1]), CONTROL_DONE);
    core_survey_step(site.core, &survey, 100000);
    ck_assert_uint_eq(survey.last.dry_in_day, AGENTS - 1); /* only those that run are about to */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("figures");
    TCase *tcase = tcase_create("figures");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, what_is_owed_to_customers_and_agents_is_what_their_accounts_hold);
    tcase_add_test(tcase, the_sites_own_accounts_are_all_there_and_exact);
    tcase_add_test(tcase, frozen_agents_are_counted_by_who_may_thaw_them);
    tcase_add_test(tcase, the_read_tells_the_same_figures);
    tcase_add_test(tcase, a_survey_looks_at_every_agent_once_in_steps);
    tcase_add_test(tcase, who_cannot_pay_tomorrows_rent_is_counted);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
