/*
 * What a packet costs besides while its link is strict: the share of a flush.  Who pays it and
 * when, that it is told beforehand, and that an audit computes it again.
 */
#include <string.h>

#include "tests/ledger/forge.h"
#include "tests/reading.h"
#include "tests/site/core/acting.h"
#include "tests/site/core/network.h"

enum { LIMIT = 200000000, ENDOWMENT = 10000000, FEE = 1000000 };
enum { PRICE = 33, FLUSH_NANOS = 1000000, FLUSH_MS = 1000 };

static struct network *network;
static struct site *here;
static uint64_t buyer;

static struct link *ours(void)
{
    return network_link(network, 0, 0);
}

static void setup(void)
{
    network = network_of_two(LIMIT);
    here = &network->sites[0];
    buyer = puppet_new(here, 1, 1400000000, NULL);
}

static void teardown(void)
{
    network_end(network);
}

/* ---- what the operator sets ---- */

static void price(const char *path, const char *value)
{
    const struct pricebook_entry entry = {path, PRICEBOOK_TEXT, value};
    struct fault fault = {0};

    ck_assert_msg(pricebook_set(&here->book, &core_order_names, &entry, &fault) == ST_OK, "%s",
                  fault.text);
    ck_assert_int_eq(core_set_prices(here->core, &here->book, &fault), ST_OK);
    site_frame(here);
}

/* `limit` makes room for what may be lost; 0 nanos: strict. */
static void durability(uint64_t limit, uint64_t nanos)
{
    struct bytes args = {0};

    cbor_put_array(&args, 5);
    cbor_put_text(&args, ours()->name);
    cbor_put_text(&args, "limit");
    cbor_put_uint(&args, limit);
    cbor_put_text(&args, "durability");
    cbor_put_array(&args, 2);
    cbor_put_uint(&args, nanos);
    cbor_put_uint(&args, nanos == 0 ? 0 : FLUSH_MS);
    ck_assert_msg(site_request(here, OPERATOR, "link.set", &args) == CONTROL_DONE, "%s",
                  here->reply.message);
    network_settle(network);
}

/* ---- what the agent does, and what its site has ---- */

static int64_t opened(int64_t interface)
{
    struct acting buying = {.deed = DEED_BUY, .interface = interface, .a = ENDOWMENT, .b = FEE};

    ck_assert_int_ge(act(here, buyer, &buying), 0);
    network_settle(network);
    ck_assert_int_eq(end_in_slot(here, buyer, buying.slot)->state, CHANNEL_OPEN);
    return buying.slot;
}

static int64_t sends(int64_t slot, int64_t times)
{
    struct acting sending = {.deed = DEED_SEND, .slot = slot, .a = 100, .times = times};
    int64_t answer = act(here, buyer, &sending);

    network_settle(network);
    return answer;
}

static int64_t terms(int64_t interface, int64_t which, int64_t priority)
{
    struct acting asking = {.deed = DEED_TERMS, .interface = interface, .a = which, .b = priority};

    return act(here, buyer, &asking);
}

static uint64_t shares(void)
{
    return site_balance(here, ACCOUNT_REVENUE_FLUSHES);
}

static uint64_t packet_fees(void)
{
    return site_balance(here, ACCOUNT_REVENUE_PACKETS);
}

/* ---- charges ---- */

START_TEST(by_default_a_flush_costs_nothing)
{
    int64_t slot = opened(1);

    ck_assert_uint_eq(money_nanos(here->book.link_strict_packet), 0);
    ck_assert_int_eq(sends(slot, 3), 0);
    ck_assert_uint_eq(shares(), 0);
}
END_TEST

START_TEST(each_packet_over_a_strict_link_pays_its_share_besides)
{
    int64_t slot = opened(1);
    uint64_t before = packet_fees();
    uint64_t fees;

    ck_assert_int_eq(sends(slot, 3), 0);
    fees = packet_fees() - before;
    ck_assert_uint_gt(fees, 0);
    price("links.strict_packet", "0.000000033");
    before = packet_fees();
    ck_assert_int_eq(sends(slot, 3), 0);
    ck_assert_uint_eq(shares(), 3 * PRICE);
    ck_assert_uint_le(packet_fees() - before, fees + 1); /* that of the packets is as it was */
    ck_assert_uint_ge(packet_fees() - before + 1, fees);
    ck_assert_int_eq(sends(slot, 1), 0);
    ck_assert_uint_eq(shares(), 4 * PRICE);
}
END_TEST

START_TEST(over_a_bounded_link_there_is_none_to_pay)
{
    int64_t slot = opened(1);

    price("links.strict_packet", "0.000000033");
    durability(LIMIT + FLUSH_NANOS, FLUSH_NANOS);
    ck_assert_int_eq(sends(slot, 2), 0);
    ck_assert_uint_eq(shares(), 0);
    durability(LIMIT + FLUSH_NANOS, 0);
    ck_assert_int_eq(sends(slot, 2), 0);
    ck_assert_uint_eq(shares(), 2 * PRICE);
}
END_TEST

START_TEST(a_link_that_has_lost_all_it_may_is_strict)
{
    int64_t slot = opened(1);

    price("links.strict_packet", "0.000000033");
    durability(LIMIT + FLUSH_NANOS, FLUSH_NANOS);
    ours()->lost = (struct money){FLUSH_NANOS - 1};
    ck_assert_int_eq(sends(slot, 1), 0);
    ck_assert_uint_eq(shares(), 0);
    ours()->lost = (struct money){FLUSH_NANOS};
    ck_assert_int_eq(sends(slot, 1), 0);
    ck_assert_uint_eq(shares(), PRICE);
    ours()->lost = money_zero(); /* nothing was lost: books and peer know of none */
}
END_TEST

START_TEST(within_the_site_there_is_none_to_pay)
{
    int64_t slot = opened(0);

    price("links.strict_packet", "0.000000033");
    ck_assert_int_eq(sends(slot, 2), 0);
    ck_assert_uint_eq(shares(), 0);
}
END_TEST

START_TEST(a_link_has_a_price_of_its_own)
{
    int64_t slot = opened(1);

    price("links.strict_packet", "0.000000033");
    price("link.site-b.strict_packet", "0.000001");
    price("link.other.strict_packet", "0.5");
    ck_assert_int_eq(sends(slot, 2), 0);
    ck_assert_uint_eq(shares(), 2000);
}
END_TEST

/* Two of class 0 and one of class 5, in one turn that then traps. */
static enum engine_outcome sends_and_traps(void *context, struct part *part)
{
    const int64_t *slot = context;

    if (part->kind != SERAI_EVENT_MESSAGE)
        return ENGINE_DONE;
    for (int i = 0; i < 3; i++) {
        if (i == 2)
            ck_assert_int_eq(part_order(part, channel_priority, *slot, 5), 0);
        ck_assert_int_eq(part_order(part, channel_send, *slot, AT_DATA, 100, 0), 0);
    }
    return ENGINE_TRAP_UNREACHABLE;
}

/* Like the price of the packets: fees stand. */
START_TEST(it_stands_when_the_turn_is_undone_and_is_the_same_for_all_classes)
{
    int64_t slot = opened(1);
    uint64_t sent = end_in_slot(here, buyer, slot)->sent_packets;

    price("links.strict_packet", "0.000000033");
    puppet_play(here, buyer, sends_and_traps, &slot);
    network_settle(network);
    ck_assert_uint_eq(end_in_slot(here, buyer, slot)->sent_packets, sent);
    ck_assert_uint_eq(shares(), 3 * PRICE);
}
END_TEST

START_TEST(an_agent_that_lacks_it_pays_no_part_and_sends_nothing)
{
    int64_t slot = opened(1);
    uint64_t before = packet_fees();
    uint64_t sent = end_in_slot(here, buyer, slot)->sent_packets;

    price("links.strict_packet", "2");
    ck_assert_int_eq(sends(slot, 1), SERAI_E_SHORT);
    ck_assert_uint_eq(end_in_slot(here, buyer, slot)->sent_packets, sent);
    ck_assert_uint_eq(packet_fees(), before);
    ck_assert_uint_eq(shares(), 0);
}
END_TEST

/* It has 1.39: what one packet took is not there for a second one. */
START_TEST(what_one_packet_took_no_other_spends)
{
    int64_t slot = opened(1);
    struct acting sending = {.deed = DEED_SEND, .slot = slot, .a = 100, .times = 2};

    price("links.strict_packet", "0.7");
    ck_assert_int_eq(act(here, buyer, &sending), SERAI_E_SHORT);
    ck_assert_int_eq(sending.done, 1);
    ck_assert_uint_eq(shares(), 700000000);
}
END_TEST

static enum engine_outcome sends_in_vain_and_buys(void *context, struct part *part)
{
    const int64_t *slot = context;

    if (part->kind != SERAI_EVENT_MESSAGE)
        return ENGINE_DONE;
    ck_assert_int_eq(part_order(part, channel_send, *slot, AT_DATA, 100, 0), SERAI_E_SHORT);
    ck_assert_int_ge(part_order(part, channel_buy, SERAI_SLOT_CHANNELS, 0, 1000000000, FEE), 0);
    return ENGINE_DONE;
}

/* The packet's own price is 1 there, and could be paid. */
START_TEST(what_a_refused_packet_would_have_paid_is_left_to_spend)
{
    int64_t slot = opened(1);

    price("links.packets", "1000");
    price("links.strict_packet", "1");
    puppet_play(here, buyer, sends_in_vain_and_buys, &slot);
    ck_assert_uint_eq(shares(), 0);
}
END_TEST

START_TEST(agents_are_told_it_with_the_price_of_packets)
{
    int64_t packets = terms(1, SERAI_TERMS_PACKETS, 3);
    int64_t data = terms(1, SERAI_TERMS_DATA, 3);
    int64_t self = terms(0, SERAI_TERMS_PACKETS, 3);

    price("links.strict_packet", "0.000000033");
    ck_assert_int_eq(terms(1, SERAI_TERMS_PACKETS, 3), packets + 1000 * PRICE);
    ck_assert_int_eq(terms(1, SERAI_TERMS_DATA, 3), data);
    ck_assert_int_eq(terms(0, SERAI_TERMS_PACKETS, 3), self);
    price("links.strict_packet", "1000000");
    ck_assert_int_eq(terms(1, SERAI_TERMS_PACKETS, 3), packets + INT64_C(1000000000000000000));
    durability(LIMIT + FLUSH_NANOS, FLUSH_NANOS);
    ck_assert_int_eq(terms(1, SERAI_TERMS_PACKETS, 3), packets);
}
END_TEST

/* ---- an audit ---- */

struct lie {
    enum transfer_code code; /* 0: as it is */
    uint64_t amount;
    uint64_t quantity;
    uint64_t object;
    uint64_t carry;
    const char *said;
};

static bool tell(void *context, struct transfer *line)
{
    const struct lie *lie = context;

    if (line->code != TRANSFER_STRICT_FEE)
        return false;
    if (lie->code != 0)
        line->code = lie->code;
    line->object += lie->object;
    line->quantity += lie->quantity;
    line->carry += lie->carry;
    ck_assert_int_eq(money_from_nanos(&line->amount, money_nanos(line->amount) + lie->amount),
                     ST_OK);
    return true;
}

static const struct lie lies[] = {
    {0, 1, 0, 0, 0, "strict packet fee of agent:"},
    {0, 0, 1, 0, 0, "2 at the prices 3 come to 66 nanos and a remainder of 0, the line says 33"},
    {0, 0, 0, 0, 1, "strict packet fee of agent:"},
    {0, 0, 0, UINT64_C(1) << 32, 0, "come to 500000000 nanos"}, /* as the link "other" */
    {0, 0, 0, UINT64_C(2) << 32, 0, "has no price for"},
    {0, 0, 0, UINT64_MAX, 0, "has no price for"}, /* within the site */
    {TRANSFER_PACKET_FEE, 0, 0, 0, 0, "goes to another account"},
    {TRANSFER_FUND, 0, 0, 0, 0, "names prices, and is no charge"},
};

START_TEST(an_audit_computes_it_again)
{
    struct verify_report report;
    struct fault fault = {.text = "nothing"};
    struct lie lie = lies[_i];
    int64_t slot = opened(1);

    price("links.strict_packet", "0.000000033");
    price("link.other.strict_packet", "0.5");
    ck_assert_int_eq(sends(slot, 1), 0);
    ck_assert_uint_eq(shares(), PRICE);
    site_verify(here);
    ck_assert_int_eq(forge_journal(&here->store, tell, &lie, &fault), ST_OK);
    ck_assert_int_eq(WITH_READ(&here->store, audit_verify(&read, &core_audit, &report, &fault)),
                     ST_CORRUPT);
    ck_assert_msg(strstr(fault.text, lie.said) != NULL, "%s", fault.text);
    network_free(network);
    setup(); /* for teardown, which wants good books */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("strict");
    TCase *cases = tcase_create("strict");

    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, by_default_a_flush_costs_nothing);
    tcase_add_test(cases, each_packet_over_a_strict_link_pays_its_share_besides);
    tcase_add_test(cases, over_a_bounded_link_there_is_none_to_pay);
    tcase_add_test(cases, a_link_that_has_lost_all_it_may_is_strict);
    tcase_add_test(cases, within_the_site_there_is_none_to_pay);
    tcase_add_test(cases, a_link_has_a_price_of_its_own);
    tcase_add_test(cases, it_stands_when_the_turn_is_undone_and_is_the_same_for_all_classes);
    tcase_add_test(cases, an_agent_that_lacks_it_pays_no_part_and_sends_nothing);
    tcase_add_test(cases, what_one_packet_took_no_other_spends);
    tcase_add_test(cases, what_a_refused_packet_would_have_paid_is_left_to_spend);
    tcase_add_test(cases, agents_are_told_it_with_the_price_of_packets);
    tcase_add_loop_test(cases, an_audit_computes_it_again, 0, (int)(sizeof lies / sizeof lies[0]));
    suite_add_tcase(suite, cases);
    return check_main(suite);
}
