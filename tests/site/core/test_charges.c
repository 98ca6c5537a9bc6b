/* Every charge is computed again from the book that it names: what says otherwise is found. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/ledger/forge.h"
#include "tests/reading.h"
#include "tests/site/core/network.h"
#include "tests/site/core/puppet.h"

enum { MONEY = 2000000000, LIMIT = 1000000000 };

/* ---- a site that charges for one of each ---- */

static struct site site;
static int64_t bought;

static enum engine_outcome buys_and_logs(void *context, struct part *part)
{
    const int64_t *interface = context;

    if (part->kind != SERAI_EVENT_MESSAGE)
        return ENGINE_DONE;
    bought = part_order(part, channel_buy, SERAI_SLOT_CHANNELS, *interface, 10000000, 1000000);
    ck_assert_int_ge(bought, 0);
    ck_assert_int_ge(part_order(part, log_append, SERAI_SLOT_LOG, AT_DATA, 300), 0);
    return ENGINE_DONE;
}

static enum engine_outcome sends(void *context, struct part *part)
{
    (void)context;
    if (part->kind == SERAI_EVENT_MESSAGE)
        ck_assert_int_ge(part_order(part, channel_send, bought, AT_DATA, 1000, 7), 0);
    return ENGINE_DONE;
}

static void setup(void)
{
    struct deploy deploy = {.module = "spender", .args = "work=1000", .nanos = 100000000};
    int64_t interface = 0;
    uint64_t agent;
    uint64_t spender;

    site_open(&site, 5, MONEY);
    agent = puppet_new(&site, OPERATOR, 100000000, "");
    puppet_play(&site, agent, buys_and_logs, &interface);
    puppet_play(&site, agent, sends, NULL);
    puppet_play(&site, agent, sends, NULL);
    spender = site_deploy(&site, OPERATOR, &deploy);
    site_settle(&site);
    site_pass(&site, UINT64_C(3600) * 1000000);
    ck_assert_int_eq(site_send(&site, OPERATOR, spender, "again", 0), CONTROL_DONE);
    site_settle(&site);
}

static void teardown(void)
{
    probe_play_none();
    site_close(&site);
}

/* ---- lies ---- */

enum field { AMOUNT, QUANTITY, PRICES, OBJECT, CARRY, CODE };

struct lie {
    enum transfer_code code; /* of the line that is changed: the n-th of this code */
    unsigned nth;
    enum field field;
    uint64_t value; /* added; of PRICES, OBJECT and CODE set */
    const char *said;
};

struct telling {
    const struct lie *lie;
    unsigned seen;
};

static bool tell(void *context, struct transfer *line)
{
    struct telling *telling = context;
    const struct lie *lie = telling->lie;

    if (line->code != lie->code || telling->seen++ < lie->nth)
        return false;
    switch (lie->field) {
    case AMOUNT:
        ck_assert_int_eq(money_from_nanos(&line->amount, money_nanos(line->amount) + lie->value),
                         ST_OK);
        break;
    case QUANTITY:
        line->quantity += lie->value;
        break;
    case PRICES:
        line->price_id = lie->value;
        break;
    case OBJECT:
        line->object = lie->value;
        break;
    case CARRY:
        line->carry += lie->value;
        break;
    case CODE:
        line->code = (enum transfer_code)lie->value;
        break;
    }
    return true;
}

static void forge(const struct store *store, const struct lie *lie)
{
    struct telling telling = {.lie = lie};
    struct fault fault = {0};

    ck_assert_msg(forge_journal(store, tell, &telling, &fault) == ST_OK, "%s: %s", lie->said,
                  fault.text);
}

static void found(const struct store *store, const struct lie *lie)
{
    struct verify_report report;
    struct fault fault = {.text = "nothing"};

    forge(store, lie);
    ck_assert_int_eq(WITH_READ(store, audit_verify(&read, &core_audit, &report, &fault)),
                     ST_CORRUPT);
    ck_assert_msg(strstr(fault.text, lie->said) != NULL, "\"%s\" does not say \"%s\"", fault.text,
                  lie->said);
}

static const struct lie lies[] = {
    {TRANSFER_COMPUTE, 0, QUANTITY, 1, "compute of agent:"},
    {TRANSFER_COMPUTE, 1, AMOUNT, 1, "at the prices 1 come to"},
    {TRANSFER_COMPUTE, 1, CARRY, 1, "compute of agent:"},
    {TRANSFER_COMPUTE, 0, PRICES, 0, "is a charge, and names no prices"},
    {TRANSFER_COMPUTE, 0, PRICES, 2, "names the prices 2, which are not in force there"},
    {TRANSFER_COMPUTE, 0, CODE, TRANSFER_FUND, "names prices, and is no charge"},
    {TRANSFER_COMPUTE, 0, CODE, TRANSFER_LOG_FEE, "goes to another account"},
    {TRANSFER_ORDER, 0, QUANTITY, 1, "order of agent:"},
    {TRANSFER_ORDER, 0, OBJECT, SERAI_ORDER_COUNT, "has no price for"},
    {TRANSFER_ORDER, 0, OBJECT, SERAI_ORDER_facet_send, "order of agent:"},
    {TRANSFER_LOG_FEE, 0, QUANTITY, 1, "log fee of agent:"},
    {TRANSFER_PACKET_FEE, 0, QUANTITY, 1, "packet fee of agent:"},
    {TRANSFER_PACKET_FEE, 1, QUANTITY, 1, "packet fee of agent:"},
    {TRANSFER_PACKET_FEE, 3, CARRY, 1, "packet fee of agent:"},
    {TRANSFER_PACKET_FEE, 0, OBJECT, UINT64_C(1) << 33, "has no price for"},
    {TRANSFER_PACKET_FEE, 1, OBJECT, 0, "packet fee of agent:"},
    {TRANSFER_BIRTH_FEE, 0, AMOUNT, 1, "birth fee of customer:"},
    {TRANSFER_CHANNEL_FEE, 0, AMOUNT, 1, "channel fee of held:birth"},
    {TRANSFER_RENT_MEMORY, 0, PRICES, 0, "is a charge, and names no prices"},
    {TRANSFER_RENT_MEMORY, 0, CODE, TRANSFER_RENT_CODE, "goes to another account"},
    {TRANSFER_ENDOWMENT, 0, PRICES, 1, "names prices, and is no charge"},
};

START_TEST(a_line_that_its_book_does_not_give_is_found)
{
    site_verify(&site);
    found(&site.store, &lies[_i]);
}
END_TEST

/* All that is compared beside the charges still fits: without the tariff the lie stands. */
START_TEST(only_the_charges_tell_such_a_lie)
{
    const struct audit_env without = {.claims = core_claims};
    struct verify_report report;
    struct fault fault = {0};

    forge(&site.store, &lies[0]);
    ck_assert_msg(WITH_READ(&site.store, audit_verify(&read, &without, &report, &fault)) == ST_OK,
                  "%s", fault.text);
}
END_TEST

/* ---- prices that change, and those of one link ---- */

static void price(struct site *of, const char *path, const char *value)
{
    const struct pricebook_entry entry = {.path = path, .kind = PRICEBOOK_TEXT, .text = value};
    struct fault fault = {0};

    ck_assert_msg(pricebook_set(&of->book, &core_order_names, &entry, &fault) == ST_OK, "%s",
                  fault.text);
    ck_assert_int_eq(core_set_prices(of->core, &of->book, &fault), ST_OK);
    site_frame(of);
}

START_TEST(each_line_is_priced_by_the_book_of_its_time)
{
    const struct lie lie = {TRANSFER_COMPUTE, 0, PRICES, 2, "which are not in force there"};
    uint64_t agent = puppet_new(&site, OPERATOR, 100000000, "");
    int64_t interface = 0;

    price(&site, "compute.price", "0.7");
    price(&site, "channels.fee", "0.0003");
    price(&site, "packets.price", "0.013");
    puppet_play(&site, agent, buys_and_logs, &interface);
    puppet_play(&site, agent, sends, NULL);
    site_verify(&site);
    found(&site.store, &lie);
}
END_TEST

static void play_over_link(struct network *network, uint64_t agent, part_fn play, void *context)
{
    probe_play(agent, play, context);
    ck_assert_int_eq(site_send(&network->sites[0], OPERATOR, agent, "go", 0), CONTROL_DONE);
    network_settle(network);
}

START_TEST(a_link_with_prices_of_its_own_is_charged_by_these)
{
    static const struct lie sender[] = {
        {TRANSFER_PACKET_FEE, 0, OBJECT, 2, "packet fee of agent:"}, /* as any link */
        {TRANSFER_PACKET_FEE, 0, OBJECT, UINT64_C(1) << 33 | 2, "packet fee of agent:"},
        {TRANSFER_PACKET_FEE, 0, OBJECT, UINT64_C(3) << 33 | 2, "has no price for"},
    };
    static const struct lie host = {TRANSFER_CHANNEL_FEE, 0, OBJECT, 1, "channel fee of held:"};

    for (size_t i = 0; i < sizeof sender / sizeof sender[0]; i++) {
        struct network *network = network_new(2, 3, MONEY, NULL);
        struct site *here = &network->sites[0];
        struct site *there = &network->sites[1];
        int64_t interface = 1;
        uint64_t agent;

        price(here, "link.other.packets", "0.001");
        price(here, "link.site-b.packets", "0.004");
        price(here, "link.site-b.packet_data", "0.005");
        price(there, "link.site-a.channel_fee", "0.0002");
        (void)network_join(network, 0, 1, LIMIT);
        network_settle(network);
        agent = puppet_new(here, OPERATOR, 100000000, "");
        play_over_link(network, agent, buys_and_logs, &interface);
        play_over_link(network, agent, sends, NULL);
        probe_play_none();
        site_verify(here);
        site_verify(there);
        found(&here->store, &sender[i]);
        found(&there->store, &host);
        network_free(network);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("charges");
    TCase *alone = tcase_create("alone");
    TCase *links = tcase_create("links");

    tcase_add_checked_fixture(alone, setup, teardown);
    tcase_add_loop_test(alone, a_line_that_its_book_does_not_give_is_found, 0,
                        (int)(sizeof lies / sizeof lies[0]));
    tcase_add_test(alone, only_the_charges_tell_such_a_lie);
    tcase_add_test(alone, each_line_is_priced_by_the_book_of_its_time);
    suite_add_tcase(suite, alone);
    tcase_add_test(links, a_link_with_prices_of_its_own_is_charged_by_these);
    suite_add_tcase(suite, links);
    return check_main(suite);
}
