/*
 * Money over a link from its soft limit on: what it costs whom, that an audit computes it again,
 * that what comes back makes it cheap again, and what the operator may set.
 */
#include <string.h>

#include "market/market.h"
#include "tests/ledger/forge.h"
#include "tests/reading.h"
#include "tests/site/core/acting.h"
#include "tests/site/core/network.h"

enum { LIMIT = 1000000000, SOFT = 200000000 };
enum { ENDOWMENT = 10000000, FEE = 1000000 };

static struct network *network;
static struct site *here;
static uint64_t buyer;
static struct heard heard;
static int64_t quoted;

static struct link *ours(void)
{
    return network_link(network, 0, 0);
}

/* ---- what the operator sets ---- */

enum soft { KEEP, SET, END };

static enum control_status set_soft(enum soft soft, uint64_t nanos)
{
    struct bytes args = {0};

    cbor_put_array(&args, soft == KEEP ? 1 : 3);
    cbor_put_text(&args, ours()->name);
    if (soft != KEEP)
        cbor_put_text(&args, "soft_limit");
    if (soft == SET)
        cbor_put_uint(&args, nanos);
    if (soft == END)
        cbor_put_null(&args);
    return site_request(here, OPERATOR, "link.set", &args);
}

static void says(const char *words)
{
    if (strstr(here->reply.message, words) == NULL)
        ck_abort_msg("\"%s\" is not in \"%s\"", words, here->reply.message);
}

static void setup(void)
{
    network = network_of_two(LIMIT);
    here = &network->sites[0];
    buyer = puppet_new(here, 1, 1400000000, NULL);
    heard = (struct heard){0};
    probe_play(buyer, puppet_hears, &heard);
}

static void teardown(void)
{
    network_end(network);
}

/* ---- what it should cost ---- */

static uint64_t owed(void)
{
    return ours()->sent_total > ours()->received_total
               ? (uint64_t)(ours()->sent_total - ours()->received_total)
               : 0;
}

/* By the published rule alone. */
static uint64_t toll(uint64_t money)
{
    uint64_t after = owed() + money;
    uint64_t width = (LIMIT - SOFT) / 16;
    uint64_t step = after <= SOFT ? 0 : (after - SOFT + width - 1) / width;

    return (uint64_t)((u128)money * step * money_nanos(here->book.link_drain) / 16 / 1000000000);
}

static uint64_t revenue(void)
{
    return site_balance(here, ACCOUNT_REVENUE_LINKS);
}

static enum engine_outcome quotes(void *context, struct part *part)
{
    if (part->kind == SERAI_EVENT_MESSAGE)
        quoted = part_order(part, channel_quote, SERAI_SLOT_CHANNELS, ((const int64_t *)context)[0],
                            ((const int64_t *)context)[1]);
    return ENGINE_DONE;
}

static int64_t quote(int64_t interface, int64_t money)
{
    int64_t asked[] = {interface, money};

    puppet_play(here, buyer, quotes, asked);
    probe_play(buyer, puppet_hears, &heard);
    return quoted;
}

static struct acting opened(void)
{
    struct acting end = {.deed = DEED_BUY, .interface = 1, .a = ENDOWMENT, .b = FEE};

    ck_assert_int_ge(act(here, buyer, &end), 0);
    network_settle(network);
    ck_assert_int_eq(end_in_slot(here, buyer, end.slot)->state, CHANNEL_OPEN);
    return end;
}

static int64_t pays(int64_t slot, int64_t money)
{
    struct acting sending = {.deed = DEED_SEND, .slot = slot, .a = 1, .b = money};
    int64_t answer = act(here, buyer, &sending);

    network_settle(network);
    return answer;
}

/* ---- charges ---- */

START_TEST(without_a_soft_limit_nothing_costs_more)
{
    struct acting end = opened();

    ck_assert_int_eq(pays(end.slot, 900000000), 0);
    ck_assert_uint_eq(revenue(), 0);
    ck_assert_int_eq(quote(1, 50000000), 0);
}
END_TEST

START_TEST(money_past_the_soft_limit_costs_what_was_quoted)
{
    struct acting end = opened();
    uint64_t before;

    ck_assert_int_eq(set_soft(SET, SOFT), CONTROL_DONE);
    ck_assert_int_eq(quote(1, 100000000), 0);
    ck_assert_int_eq(pays(end.slot, 100000000), 0);
    ck_assert_uint_eq(revenue(), 0);
    /* The first message that passes it, one in the middle, one at the very end. */
    for (int i = 0; i < 3; i++) {
        int64_t money = i == 2 ? (int64_t)(LIMIT - owed()) : 150000000;
        uint64_t expected = toll((uint64_t)money);

        ck_assert_uint_gt(expected, 0);
        ck_assert_int_eq(quote(1, money), (int64_t)expected);
        before = revenue();
        ck_assert_int_eq(pays(end.slot, money), 0);
        ck_assert_uint_eq(revenue() - before, expected);
    }
    ck_assert_uint_eq(owed(), LIMIT);
    ck_assert_int_eq(quote(1, 1), SERAI_E_LIMIT);
    ck_assert_int_eq(pays(end.slot, 1), SERAI_E_LIMIT);
    ck_assert_int_eq(pays(end.slot, 0), 0); /* what brings no money drains nothing */
}
END_TEST

START_TEST(a_purchase_pays_for_what_it_sends)
{
    struct acting end = opened();
    struct acting next = {.deed = DEED_BUY, .interface = 1, .a = ENDOWMENT, .b = FEE};
    uint64_t expected;

    ck_assert_int_eq(set_soft(SET, SOFT), CONTROL_DONE);
    ck_assert_int_eq(pays(end.slot, 180000000), 0);
    ck_assert_int_eq(pays(end.slot, 50000000), 0);
    expected = revenue() + toll(ENDOWMENT + FEE);
    ck_assert_uint_gt(expected, revenue());
    ck_assert_int_ge(act(here, buyer, &next), 0);
    network_settle(network);
    ck_assert_uint_eq(revenue(), expected);
}
END_TEST

START_TEST(an_agent_that_lacks_it_sends_nothing)
{
    struct acting end = opened();
    uint64_t poor = puppet_new(here, 1, 40000000, NULL);
    struct acting poor_end = {.deed = DEED_BUY, .interface = 1, .a = ENDOWMENT, .b = FEE};
    struct acting all = {.deed = DEED_SEND, .a = 1};
    uint64_t before;

    ck_assert_int_ge(act(here, poor, &poor_end), 0);
    network_settle(network);
    ck_assert_int_eq(pays(end.slot, 900000000), 0);
    ck_assert_int_eq(set_soft(SET, SOFT), CONTROL_DONE);
    all.slot = poor_end.slot;
    all.b = (int64_t)site_balance(here, poor) - 100000; /* less than a tenth of its toll is left */
    before = revenue();
    ck_assert_int_eq(act(here, poor, &all), SERAI_E_SHORT);
    ck_assert_uint_eq(revenue(), before);
    ck_assert_uint_eq(site_balance(here, ACCOUNT_HELD_PACKET), 0);
}
END_TEST

START_TEST(what_comes_back_makes_it_cheap_again)
{
    struct acting end = opened();
    struct acting back = {.deed = DEED_BUY, .interface = 1, .a = 500000000, .b = FEE};
    struct site *there = &network->sites[1];
    uint64_t seller;

    ck_assert_int_eq(set_soft(SET, SOFT), CONTROL_DONE);
    ck_assert_int_eq(pays(end.slot, 600000000), 0);
    ck_assert_int_gt(quote(1, 10000000), 0);
    site_customer(there, 1, "one", 1500000000);
    seller = puppet_new(there, 1, 1400000000, NULL);
    ck_assert_int_ge(act(there, seller, &back), 0);
    network_settle(network);
    ck_assert_uint_lt(owed(), SOFT);
    ck_assert_int_eq(quote(1, 10000000), 0);
    ck_assert_int_eq(pays(end.slot, 300000000), 0);
    ck_assert_int_gt(quote(1, 10000000), 0);
    ck_assert_int_eq(set_soft(END, 0), CONTROL_DONE);
    ck_assert_int_eq(quote(1, 10000000), 0);
}
END_TEST

START_TEST(a_quote_names_what_is_wrong)
{
    ck_assert_int_eq(quote(CHANNEL_INTERFACE_SELF, 5), 0);
    ck_assert_int_eq(quote(2, 5), SERAI_E_MISSING);
    ck_assert_int_eq(quote(-1, 5), SERAI_E_MISSING);
    ck_assert_int_eq(quote(1, -5), SERAI_E_INVALID);
    ck_assert_int_eq(quote(1, (int64_t)LINK_MESSAGE_NANOS_MAX + 1), SERAI_E_INVALID);
    ck_assert_int_eq(quote(1, INT64_MAX), SERAI_E_INVALID);
    /* A purchase beyond all amounts is refused as before, and asks for no price. */
    ck_assert_int_eq(set_soft(SET, 0), CONTROL_DONE);
    ck_assert_int_eq(quote(1, INT64_MAX), SERAI_E_INVALID);
    ck_assert_int_lt(
        act(here, buyer,
            &(struct acting){.deed = DEED_BUY, .interface = 1, .a = INT64_MAX, .b = INT64_MAX}),
        0);
}
END_TEST

/* ---- an audit ---- */

struct lie {
    uint64_t object;
    uint64_t amount;
};

static bool tell(void *context, struct transfer *line)
{
    const struct lie *lie = context;

    if (line->code != TRANSFER_DRAIN_FEE)
        return false;
    line->object += lie->object;
    ck_assert_int_eq(money_from_nanos(&line->amount, money_nanos(line->amount) + lie->amount),
                     ST_OK);
    return true;
}

START_TEST(an_audit_computes_it_again)
{
    static const struct {
        struct lie lie;
        const char *said;
    } lies[] = {
        {{0, 1}, "is not what it says"},
        {{1 << 16, 0}, "is not what it says"}, /* of the next step */
        {{16 << 16, 0}, "has no price for"},   /* past the last one */
        {{UINT64_C(1) << 32, 0}, "has no price for"},
    };

    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        struct verify_report report;
        struct fault fault = {0};
        struct lie lie = lies[i].lie;
        struct acting end;

        end = opened();
        ck_assert_int_eq(set_soft(SET, SOFT), CONTROL_DONE);
        ck_assert_int_eq(pays(end.slot, 300000000), 0);
        ck_assert_uint_gt(revenue(), 0);
        site_verify(here);
        ck_assert_int_eq(forge_journal(&here->store, tell, &lie, &fault), ST_OK);
        ck_assert_int_eq(WITH_READ(&here->store, audit_verify(&read, &core_audit, &report, &fault)),
                         ST_CORRUPT);
        ck_assert_msg(strstr(fault.text, lies[i].said) != NULL, "%s", fault.text);
        network_free(network);
        setup();
    }
}
END_TEST

/* ---- what may be set ---- */

START_TEST(a_soft_limit_is_below_the_peers_limit)
{
    ck_assert_int_eq(set_soft(SET, LIMIT), CONTROL_REFUSED);
    says("has to be below 1.000000000");
    ck_assert(!ours()->has_soft_limit);
    ck_assert_int_eq(set_soft(SET, LIMIT - 1), CONTROL_DONE);
    site_reload_same(here);
    ck_assert(ours()->has_soft_limit);
    ck_assert_uint_eq(money_nanos(ours()->soft_limit), LIMIT - 1);
    ck_assert_int_eq(set_soft(END, 0), CONTROL_DONE);
    site_reload_same(here);
    ck_assert(!ours()->has_soft_limit);
    network_connect(network, 0);
}
END_TEST

START_TEST(only_what_there_is_can_be_set_once_and_in_order)
{
    struct bytes args = {0};

    ck_assert_int_eq(set_soft(KEEP, 0), CONTROL_BAD_REQUEST);
    cbor_put_array(&args, 3);
    cbor_put_text(&args, ours()->name);
    cbor_put_text(&args, "colour");
    cbor_put_uint(&args, 5);
    ck_assert_int_eq(site_request(here, OPERATOR, "link.set", &args), CONTROL_BAD_REQUEST);
    args = (struct bytes){0};
    cbor_put_array(&args, 5);
    cbor_put_text(&args, ours()->name);
    for (int i = 0; i < 2; i++) {
        cbor_put_text(&args, "soft_limit");
        cbor_put_uint(&args, 5);
    }
    ck_assert_int_eq(site_request(here, OPERATOR, "link.set", &args), CONTROL_BAD_REQUEST);
    args = (struct bytes){0};
    cbor_put_array(&args, 5);
    cbor_put_text(&args, ours()->name);
    cbor_put_text(&args, "limit");
    cbor_put_uint(&args, LIMIT);
    cbor_put_text(&args, "endpoint");
    cbor_put_text(&args, "");
    ck_assert_int_eq(site_request(here, OPERATOR, "link.set", &args), CONTROL_BAD_REQUEST);
    args = (struct bytes){0};
    cbor_put_array(&args, 2);
    cbor_put_text(&args, ours()->name);
    cbor_put_text(&args, "soft_limit");
    ck_assert_int_eq(site_request(here, OPERATOR, "link.set", &args), CONTROL_BAD_REQUEST);
    ck_assert(!ours()->has_soft_limit);
}
END_TEST

/* ---- how long a limit lasts ---- */

START_TEST(the_forecast_is_of_what_moved_lately)
{
    struct acting end = opened();
    struct link_forecast forecast;

    site_pass(here, 3 * LINK_PACE_PERIOD_US);
    ck_assert(link_forecast(here->core->links, ours(), here->core->site_time_us, &forecast));
    ck_assert(forecast.drain == 0 && forecast.fill == 0);
    ck_assert_uint_eq(forecast.we_reach_us, UINT64_MAX);
    ck_assert_int_eq(pays(end.slot, 90000000), 0);
    ck_assert(link_forecast(here->core->links, ours(), here->core->site_time_us, &forecast));
    ck_assert(forecast.drain == 90000000);
    ck_assert_uint_eq(forecast.we_reach_us, (LIMIT - owed()) * forecast.span_us / 90000000);
    ck_assert_uint_eq(forecast.it_reaches_us, UINT64_MAX);
    ck_assert_uint_ge(forecast.span_us, LINK_PACE_PERIOD_US);
    ck_assert_uint_le(forecast.span_us, 3 * LINK_PACE_PERIOD_US);
    /* The other site sees the same from its side. */
    ck_assert(
        !link_forecast(network->sites[1].core->links, network_link(network, 0, 1), 0, &forecast));
    site_pass(&network->sites[1], 1000000);
    ck_assert(link_forecast(network->sites[1].core->links, network_link(network, 0, 1),
                            network->sites[1].core->site_time_us, &forecast));
    ck_assert(forecast.fill > 0);
    ck_assert_uint_ne(forecast.it_reaches_us, UINT64_MAX);
    /* What is long past is forgotten. */
    site_pass(here, 3 * LINK_PACE_PERIOD_US);
    ck_assert(link_forecast(here->core->links, ours(), here->core->site_time_us, &forecast));
    ck_assert(forecast.drain == 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("soft limit");
    TCase *cases = tcase_create("soft limit");

    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, without_a_soft_limit_nothing_costs_more);
    tcase_add_test(cases, money_past_the_soft_limit_costs_what_was_quoted);
    tcase_add_test(cases, a_purchase_pays_for_what_it_sends);
    tcase_add_test(cases, an_agent_that_lacks_it_sends_nothing);
    tcase_add_test(cases, what_comes_back_makes_it_cheap_again);
    tcase_add_test(cases, a_quote_names_what_is_wrong);
    tcase_add_test(cases, an_audit_computes_it_again);
    tcase_add_test(cases, a_soft_limit_is_below_the_peers_limit);
    tcase_add_test(cases, only_what_there_is_can_be_set_once_and_in_order);
    tcase_add_test(cases, the_forecast_is_of_what_moved_lately);
    suite_add_tcase(suite, cases);
    return check_main(suite);
}
