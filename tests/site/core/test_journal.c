/*
 * What a turn pays for its entry in the journal: how much, out of which money, what is refused when
 * there is none, and that an audit computes it again.
 */
#include <string.h>

#include "ledger/journal.h"
#include "tests/ledger/forge.h"
#include "tests/reading.h"
#include "tests/site/core/puppet.h"

enum { MONEY = 2000000000, OWN = 50000000, ENTRY = 88, LINE = 8, HELD = 10 * LINE };
static const char a_nano_a_byte[] = "0.001048576"; /* for 2^20 of them */

static struct site site;
static uint64_t agent;

static void price(const char *path, const char *value)
{
    const struct pricebook_entry entry = {path, PRICEBOOK_TEXT, value};
    struct fault fault = {0};

    ck_assert_msg(pricebook_set(&site.book, &core_order_names, &entry, &fault) == ST_OK, "%s",
                  fault.text);
    ck_assert_int_eq(core_set_prices(site.core, &site.book, &fault), ST_OK);
    site_frame(&site);
}

static void setup(void)
{
    site_open(&site, 9, MONEY);
    site_customers(&site, 1, MONEY / 2);
    agent = puppet_new(&site, 1, OWN, NULL);
}

static void teardown(void)
{
    site_verify(&site);
    site_end(&site);
}

/* ---- what the journal says ---- */

struct paid {
    enum event_kind kind; /* of the event that is read */
    uint64_t turns;
    uint64_t lines; /* for the journal */
    uint64_t bytes;
    uint64_t nanos;
    uint64_t carry; /* that the last of them leaves */
    uint64_t last;  /* bytes of the last one */
};

static enum status paid_event(void *context, const struct journal_event *event, struct fault *fault)
{
    struct paid *paid = context;

    (void)fault;
    paid->kind = event->kind;
    paid->turns += event->kind == EVENT_TURN;
    return ST_OK;
}

static enum status paid_line(void *context, const struct journal_line *line, struct fault *fault)
{
    struct paid *paid = context;

    (void)fault;
    if (line->transfer.code != TRANSFER_JOURNAL_FEE)
        return ST_OK;
    ck_assert_int_eq(paid->kind, EVENT_TURN);
    ck_assert_uint_eq(line->transfer.quantity, 48 + 8 * ((uint64_t)line->index + 1));
    paid->lines++;
    paid->bytes += line->transfer.quantity;
    paid->nanos += money_nanos(line->transfer.amount);
    paid->carry = line->transfer.carry;
    paid->last = line->transfer.quantity;
    return ST_OK;
}

static struct paid paid_in_all(void)
{
    struct paid paid = {0};
    struct fault fault = {0};
    const struct journal_reader reader = {.event = paid_event, .line = paid_line, .context = &paid};

    site_frame(&site);
    ck_assert_msg(journal_read(&site.store, NULL, &reader, &fault) == ST_OK, "%s", fault.text);
    ck_assert_uint_eq(site_balance(&site, ACCOUNT_REVENUE_JOURNAL), paid.nanos);
    return paid;
}

/* ---- what is charged ---- */

START_TEST(at_no_price_there_is_no_line)
{
    struct paid paid;

    puppet_play(&site, agent, puppet_idles, NULL);
    paid = paid_in_all();
    ck_assert_uint_gt(paid.turns, 0);
    ck_assert_uint_eq(paid.lines, 0);
}
END_TEST

static enum engine_outcome looks(void *context, struct part *part)
{
    int64_t *balance = context;

    if (part->kind == SERAI_EVENT_MESSAGE)
        *balance = part_order(part, self_balance, SERAI_SLOT_SELF);
    return ENGINE_DONE;
}

/* postage, order, compute and the line itself */
START_TEST(a_turn_pays_for_its_event_and_each_line)
{
    uint64_t before = worth_of(&site, agent);
    int64_t balance;
    struct paid paid;

    price("journal.price", a_nano_a_byte);
    puppet_play(&site, agent, looks, &balance);
    paid = paid_in_all();
    ck_assert_uint_eq(paid.lines, 1);
    ck_assert_uint_eq(paid.bytes, 48 + 4 * LINE);
    ck_assert_uint_eq(paid.nanos, 48 + 4 * LINE);
    ck_assert_uint_eq(worth_of(&site, agent), before + site_reserve(&site) -
                                                  price_of(&site, SERAI_ORDER_self_balance) -
                                                  paid.nanos);
}
END_TEST

START_TEST(a_turn_that_is_undone_pays_for_its_entry)
{
    struct paid paid;

    price("journal.price", a_nano_a_byte);
    puppet_play(&site, agent, puppet_traps, NULL);
    paid = paid_in_all();
    ck_assert_uint_eq(paid.lines, 1);
    ck_assert_uint_eq(paid.bytes, 48 + 3 * LINE);
}
END_TEST

static enum engine_outcome logs_and_asks(void *context, struct part *part)
{
    int64_t facet;

    (void)context;
    if (part->kind != SERAI_EVENT_MESSAGE || part->size == 0)
        return ENGINE_DONE;
    facet = part_order(part, self_facet, SERAI_SLOT_SELF, 5, 0);
    ck_assert_int_ge(facet, 0);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(part_order(part, log_append, SERAI_SLOT_LOG, AT_DATA, 10), 0);
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(part_order(part, facet_send, facet, AT_DATA, 0, 0, 0, 7, 10000, -1), 0);
    return ENGINE_DONE;
}

/*
 * Postage; of two messages postage and money held; three orders; the log; compute; itself.  Calls
 * of one order share a line, as do bytes of the log.
 */
START_TEST(calls_of_one_order_share_a_line_and_each_transfer_has_its_own)
{
    struct paid paid;

    price("journal.price", a_nano_a_byte);
    puppet_play(&site, agent, logs_and_asks, NULL);
    paid = paid_in_all();
    ck_assert_uint_eq(paid.lines, 3);
    ck_assert_uint_eq(paid.bytes, (48 + 11 * LINE) + 2 * (48 + 4 * LINE));
}
END_TEST

static int64_t bought;

static enum engine_outcome buys(void *context, struct part *part)
{
    (void)context;
    if (part->kind != SERAI_EVENT_MESSAGE)
        return ENGINE_DONE;
    bought = part_order(part, channel_buy, SERAI_SLOT_CHANNELS, 0, 10000000, 1000000);
    return ENGINE_DONE;
}

/* The order that adds most lines: the child is born and answered in the turn. */
START_TEST(a_purchase_within_the_site_pays_for_the_lines_of_the_birth)
{
    price("journal.price", a_nano_a_byte);
    puppet_play(&site, agent, buys, NULL);
    ck_assert_int_ge(bought, 0);
    ck_assert_uint_eq(paid_in_all().lines, paid_in_all().turns - 1); /* the first was before */
    ck_assert_uint_ge(site_balance(&site, ACCOUNT_REVENUE_JOURNAL), 48 + 16 * LINE);
}
END_TEST

START_TEST(nothing_of_a_nano_is_lost)
{
    uint64_t price_nanos = 100000;
    struct paid paid;

    price("journal.price", "0.0001");
    for (int i = 0; i < 100; i++)
        puppet_play(&site, agent, i % 3 == 0 ? puppet_traps : puppet_idles, NULL);
    paid = paid_in_all();
    ck_assert_uint_eq(paid.lines, 100);
    ck_assert_uint_eq(paid.nanos * MARKET_JOURNAL_UNIT + paid.carry, paid.bytes * price_nanos);
    ck_assert_uint_eq(site_agent(&site, agent)->carry[CARRY_JOURNAL], paid.carry);
}
END_TEST

/* ---- the money is there first ---- */

START_TEST(the_reserve_of_an_event_pays_for_its_entry)
{
    uint64_t before = site_reserve(&site);

    price("journal.price", a_nano_a_byte);
    ck_assert_uint_eq(site_reserve(&site), before + ENTRY);
    price("journal.price", "0.000000001"); /* rounded up */
    ck_assert_uint_eq(site_reserve(&site), before + 1);
}
END_TEST

/* Its message brought the reserve of the old prices. */
START_TEST(who_cannot_pay_for_the_entry_has_no_turn)
{
    struct heard heard = {0};

    probe_play(agent, puppet_hears, &heard);
    ck_assert_int_eq(site_send(&site, 1, agent, "go", 0), CONTROL_DONE);
    price("journal.price", "1000000");
    site_settle(&site);
    ck_assert_uint_eq(heard.count, 0);
    ck_assert_int_eq(site_agent(&site, agent)->state, AGENT_FROZEN_DRY);
    ck_assert_uint_eq(paid_in_all().lines, 0);
    price("journal.price", a_nano_a_byte);
    ck_assert_int_eq(site_fund(&site, 1, agent, 1), CONTROL_DONE);
    site_settle(&site);
    ck_assert_uint_eq(heard.count, 1);
    ck_assert_uint_eq(paid_in_all().lines, 1);
}
END_TEST

static enum engine_outcome marks(void *context, struct part *part)
{
    const int64_t *mark = context;

    if (part->kind == SERAI_EVENT_MESSAGE)
        ck_assert_int_eq(part_order(part, self_mark, SERAI_SLOT_SELF, *mark), 0);
    return ENGINE_DONE;
}

/* A notice runs whatever the agent has left, but not if it cannot pay for what it writes. */
START_TEST(a_notice_of_low_balance_waits_when_its_entry_is_too_dear)
{
    int64_t mark = 2 * (int64_t)OWN;
    struct heard heard = {0};

    probe_play(agent, marks, &mark);
    ck_assert_int_eq(site_send(&site, 1, agent, "go", 0), CONTROL_DONE);
    (void)core_run(site.core, 1); /* the balance is below the mark: the notice waits */
    probe_play(agent, puppet_hears, &heard);
    price("journal.price", "1000000");
    site_settle(&site);
    ck_assert_uint_eq(heard.count, 0);
    ck_assert_int_eq(site_agent(&site, agent)->state, AGENT_FROZEN_DRY);
    price("journal.price", a_nano_a_byte);
    ck_assert_int_eq(site_fund(&site, 1, agent, 1), CONTROL_DONE);
    site_settle(&site);
    ck_assert_uint_eq(heard_of(&heard, SERAI_EVENT_LOW), 1);
}
END_TEST

struct spending {
    int64_t leaves;
    int64_t answer;
};

enum { POSTAGE = 10000, TEXT = 100, TEXT_PRICE = 97 };

/*
 * All goes to itself but `leaves`; then it writes a line of its log.  While self_balance looks,
 * that order holds the price of nine lines, and has paid its own.
 */
static enum engine_outcome spends_and_logs(void *context, struct part *part)
{
    struct spending *spending = context;
    int64_t facet;
    int64_t has;

    if (part->kind != SERAI_EVENT_MESSAGE || part->size == 0)
        return ENGINE_DONE;
    facet = part_order(part, self_facet, SERAI_SLOT_SELF, 5, 0);
    ck_assert_int_ge(facet, 0);
    has = part_order(part, self_balance, SERAI_SLOT_SELF) + HELD - LINE;
    has -= (int64_t)price_of(&site, SERAI_ORDER_facet_send) + 3 * LINE; /* with money and postage */
    ck_assert_int_eq(part_order(part, facet_send, facet, AT_DATA, 0, 0, 0,
                                has - POSTAGE - spending->leaves, POSTAGE, -1),
                     0);
    spending->answer = part_order(part, log_append, SERAI_SLOT_LOG, AT_DATA, TEXT);
    return ENGINE_DONE;
}

static int64_t spends(int64_t leaves)
{
    struct spending spending = {.leaves = leaves};

    price("journal.price", a_nano_a_byte);
    puppet_play(&site, agent, spends_and_logs, &spending);
    return spending.answer;
}

/* The turn of its message: postage, money, compute, itself.  Before that as many lines. */
static uint64_t spending_bytes(uint64_t lines)
{
    return 48 + lines * LINE + 48 + 4 * LINE;
}

/* postage; postage and money held; three orders; compute; itself */
START_TEST(an_order_without_money_for_its_lines_changes_nothing)
{
    int64_t order = (int64_t)price_of(&site, SERAI_ORDER_log_append);

    ck_assert_int_eq(spends(order + HELD - 1), SERAI_E_SHORT);
    ck_assert_uint_eq(paid_in_all().bytes, spending_bytes(8));
    ck_assert_uint_eq(site_agent(&site, agent)->log.lines, 0);
}
END_TEST

/* Then its own price stands, with its line; but not that of the text. */
START_TEST(an_order_without_money_for_more_than_its_lines_is_refused)
{
    int64_t order = (int64_t)price_of(&site, SERAI_ORDER_log_append);

    ck_assert_int_eq(spends(order + HELD + TEXT_PRICE - 1), SERAI_E_SHORT);
    ck_assert_uint_eq(paid_in_all().bytes, spending_bytes(9));
    ck_assert_uint_eq(site_agent(&site, agent)->log.lines, 0);
}
END_TEST

START_TEST(an_order_with_just_enough_is_carried_out)
{
    int64_t order = (int64_t)price_of(&site, SERAI_ORDER_log_append);

    ck_assert_int_eq(spends(order + HELD + TEXT_PRICE), 0);
    ck_assert_uint_eq(paid_in_all().bytes, spending_bytes(10));
    ck_assert_uint_eq(site_agent(&site, agent)->log.lines, 1);
}
END_TEST

/* ---- an audit ---- */

struct lie {
    enum transfer_code was; /* the first line of this code is changed */
    enum transfer_code code;
    uint64_t amount; /* added, as the next two */
    uint64_t quantity;
    uint64_t carry;
    uint64_t debit; /* 0: as it is */
    const char *said;
};

static bool tell(void *context, struct transfer *line)
{
    const struct lie *lie = context;

    if (line->code != lie->was)
        return false;
    line->code = lie->code;
    line->quantity += lie->quantity;
    line->carry += lie->carry;
    if (lie->debit != 0)
        line->debit = lie->debit;
    ck_assert_int_eq(money_from_nanos(&line->amount, money_nanos(line->amount) + lie->amount),
                     ST_OK);
    return true;
}

#define FEE_LINE TRANSFER_JOURNAL_FEE
static const struct lie lies[] = {
    {FEE_LINE, FEE_LINE, 1, 0, 0, 0, "72 at the prices 2 come to 72 nanos and a remainder of 0"},
    {FEE_LINE, FEE_LINE, 0, 8, 0, 0, "3 lines of its event have 72 bytes, the line says 80"},
    {FEE_LINE, FEE_LINE, 0, 0, 1, 0, "journal fee of agent:"},
    {FEE_LINE, FEE_LINE, 0, 0, 0, 4096, "pays 0 times for its entry in the journal, and owes it 1"},
    {FEE_LINE, TRANSFER_LOG_FEE, 0, 0, 0, 0, "goes to another account"},
    {FEE_LINE, TRANSFER_FUND, 0, 0, 0, 0, "names prices, and is no charge"},
};

START_TEST(an_audit_computes_it_again)
{
    struct verify_report report;
    struct fault fault = {.text = "nothing"};
    struct lie lie = lies[_i];

    price("journal.price", a_nano_a_byte);
    puppet_play(&site, agent, puppet_traps, NULL);
    site_frame(&site);
    site_verify(&site);
    ck_assert_int_eq(forge_journal(&site.store, tell, &lie, &fault), ST_OK);
    ck_assert_int_eq(WITH_READ(&site.store, audit_verify(&read, &core_audit, &report, &fault)),
                     ST_CORRUPT);
    ck_assert_msg(strstr(fault.text, lie.said) != NULL, "%s", fault.text);
    site_close(&site);
    setup(); /* for teardown, which wants good books */
}
END_TEST

/* The book has the price, and the turn does not: as of a site that forgets it. */
START_TEST(an_audit_misses_the_line_of_a_turn)
{
    struct verify_report report;
    struct fault fault = {.text = "nothing"};

    price("journal.price", a_nano_a_byte);
    site.core->agents->prices.journal = money_zero();
    puppet_play(&site, agent, puppet_idles, NULL);
    ck_assert_uint_eq(paid_in_all().lines, 0);
    ck_assert_int_eq(WITH_READ(&site.store, audit_verify(&read, &core_audit, &report, &fault)),
                     ST_CORRUPT);
    ck_assert_ptr_nonnull(strstr(fault.text, "a turn that pays 0 times for its entry"));
    site_close(&site);
    setup();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("journal");
    TCase *cases = tcase_create("journal");

    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, at_no_price_there_is_no_line);
    tcase_add_test(cases, a_turn_pays_for_its_event_and_each_line);
    tcase_add_test(cases, a_turn_that_is_undone_pays_for_its_entry);
    tcase_add_test(cases, calls_of_one_order_share_a_line_and_each_transfer_has_its_own);
    tcase_add_test(cases, a_purchase_within_the_site_pays_for_the_lines_of_the_birth);
    tcase_add_test(cases, nothing_of_a_nano_is_lost);
    tcase_add_test(cases, the_reserve_of_an_event_pays_for_its_entry);
    tcase_add_test(cases, who_cannot_pay_for_the_entry_has_no_turn);
    tcase_add_test(cases, a_notice_of_low_balance_waits_when_its_entry_is_too_dear);
    tcase_add_test(cases, an_order_without_money_for_its_lines_changes_nothing);
    tcase_add_test(cases, an_order_without_money_for_more_than_its_lines_is_refused);
    tcase_add_test(cases, an_order_with_just_enough_is_carried_out);
    tcase_add_loop_test(cases, an_audit_computes_it_again, 0, (int)(sizeof lies / sizeof lies[0]));
    tcase_add_test(cases, an_audit_misses_the_line_of_a_turn);
    suite_add_tcase(suite, cases);
    return check_main(suite);
}
