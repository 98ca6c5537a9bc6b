/* Channels and what is born through them: the purchase, its refusals, the loader, the sale. */
#include <string.h>

#include "agents/views.h"
#include "tests/site/core/puppet.h"

enum { MONEY = 50000000, ENDOWMENT = 5000000, FEE = 1000000 };

static struct site site;
static uint64_t buyer;

static void setup(void)
{
    site_open(&site, 7, 10000000000);
    site_customer(&site, 1, "one", 2000000000);
    buyer = puppet_new(&site, 1, MONEY, NULL);
}

static void teardown(void)
{
    site_end(&site);
}

struct purchase {
    int64_t endowment;
    int64_t max_fee;
    int64_t slot;
    struct heard heard; /* what follows */
};

static enum engine_outcome buys(void *context, struct part *part)
{
    struct purchase *purchase = context;

    if (part->kind != SERAI_EVENT_MESSAGE)
        return puppet_hears(&purchase->heard, part);
    purchase->slot = part_order(part, channel_buy, SERAI_SLOT_CHANNELS, SERAI_INTERFACE_SELF,
                                purchase->endowment, purchase->max_fee);
    return ENGINE_DONE;
}

static uint64_t buy(struct purchase *purchase)
{
    uint64_t child = buyer + 1;

    while (ledger_account(site.core->ledger, child) != NULL)
        child++;
    puppet_play(&site, buyer, buys, purchase);
    return child;
}

/* ---- refusals ---- */

static void refused(int64_t endowment, int64_t max_fee, int32_t status)
{
    struct purchase purchase = {.endowment = endowment, .max_fee = max_fee};
    uint64_t before = worth_of(&site, buyer);
    uint64_t agents = agents_count(site.core->agents).agents;
    const struct serai_event *answer;

    (void)buy(&purchase);
    answer = heard_last(&purchase.heard, SERAI_EVENT_ANSWER);
    ck_assert_int_ge(purchase.slot, 0);
    ck_assert_int_eq(answer->status, status);
    ck_assert_int_eq(answer->money, endowment + max_fee);
    ck_assert_uint_eq(agents_count(site.core->agents).agents, agents);
    ck_assert_uint_eq(channels_count(site.core->channels), 0);
    ck_assert_uint_eq(site_balance(&site, ACCOUNT_HELD_BIRTH), 0);
    ck_assert_uint_eq(site_balance(&site, ACCOUNT_DEPOSIT_CHANNEL), 0);
    ck_assert_uint_eq(site_balance(&site, ACCOUNT_REVENUE_CHANNELS), 0);
    /* All but the price of the orders; the message brought its postage. */
    ck_assert_uint_eq(worth_of(&site, buyer), before + site_reserve(&site) -
                                                  price_of(&site, SERAI_ORDER_channel_buy) -
                                                  price_of(&site, SERAI_ORDER_event_info));
}

START_TEST(an_endowment_too_small_comes_back_whole)
{
    refused(1000, FEE, SERAI_E_SHORT);
}
END_TEST

START_TEST(a_fee_too_small_comes_back_whole)
{
    refused(ENDOWMENT, (int64_t)money_nanos(site.book.birth_fee), SERAI_E_SHORT);
}
END_TEST

static void few_agents(struct pricebook *book)
{
    book->customer_agents_max = 1;
}

START_TEST(a_birth_over_the_cap_of_agents_comes_back_whole)
{
    probe_play_none();
    site_close(&site);
    site_open_book(&site, 7, 10000000000, few_agents);
    site_customer(&site, 1, "one", 2000000000);
    buyer = puppet_new(&site, 1, MONEY, NULL);
    refused(ENDOWMENT, FEE, SERAI_E_QUOTA);
}
END_TEST

START_TEST(a_site_full_of_agents_refuses_a_birth)
{
    probe_play_none();
    site_close(&site);
    site_open_book(&site, 7, 10000000000, NULL);
    site.book.agents_max = 1;
    site_customer(&site, 1, "one", 2000000000);
    site_reload(&site); /* with the new book */
    buyer = puppet_new(&site, 1, MONEY, NULL);
    refused(ENDOWMENT, FEE, SERAI_E_FULL);
}
END_TEST

START_TEST(a_purchase_that_cannot_be_paid_is_refused_at_once)
{
    struct purchase purchase = {.endowment = MONEY, .max_fee = FEE};

    (void)buy(&purchase);
    ck_assert_int_eq(purchase.slot, SERAI_E_SHORT);
    purchase.endowment = -1;
    (void)buy(&purchase);
    ck_assert_int_eq(purchase.slot, SERAI_E_INVALID);
    ck_assert_uint_eq(purchase.heard.count, 0);
}
END_TEST

/* ---- births ---- */

START_TEST(a_purchase_pays_fee_and_deposits_and_the_change_comes_back)
{
    struct purchase purchase = {.endowment = ENDOWMENT, .max_fee = FEE};
    uint64_t before = worth_of(&site, buyer);
    uint64_t fee = money_nanos(site.book.birth_fee) + money_nanos(site.book.channel_fee);
    uint64_t deposit = money_nanos(site.book.channel_deposit);
    uint64_t child;
    const struct serai_event *answer;

    child = buy(&purchase);
    answer = heard_last(&purchase.heard, SERAI_EVENT_ANSWER);
    ck_assert_int_eq(answer->status, 0);
    ck_assert_int_eq(answer->slot, purchase.slot);
    ck_assert_int_eq(answer->fee, (int64_t)fee);
    ck_assert_int_eq(answer->money, FEE - (int64_t)fee);
    ck_assert(site_lives(&site, child));
    ck_assert_uint_eq(site_agent(&site, child)->parent, buyer);
    ck_assert_uint_eq(site_agent(&site, child)->customer, site.people[1].account);
    ck_assert(site_agent(&site, child)->program.code.code->builtin);
    ck_assert_uint_eq(site_balance(&site, ACCOUNT_DEPOSIT_CHANNEL), 2 * deposit);
    ck_assert_uint_eq(worth_of(&site, buyer), before - ENDOWMENT - fee -
                                                  deposit /* and the reserve of the close */ -
                                                  price_of(&site, SERAI_ORDER_channel_buy) -
                                                  price_of(&site, SERAI_ORDER_event_info));
}
END_TEST

struct loading {
    int64_t slot;
    struct hash code;
    int64_t answer;
};

static enum engine_outcome loads(void *context, struct part *part)
{
    struct loading *loading = context;
    uint8_t *packet = part_memory(part, AT_DATA, 40);

    packet[0] = SERAI_LOAD_USE;
    memcpy(packet + 1, loading->code.bytes, HASH_BYTES);
    loading->answer = part_order(part, channel_send, loading->slot, AT_DATA, 33, 1234);
    return ENGINE_DONE;
}

START_TEST(a_newborn_runs_the_loader_and_becomes_what_it_is_told)
{
    struct purchase purchase = {.endowment = ENDOWMENT, .max_fee = FEE};
    struct deploy grow = {.module = "grow", .nanos = 50000000};
    uint64_t model = site_deploy(&site, 1, &grow);
    struct loading loading = {.code = site_agent(&site, model)->program.code.code->id};
    uint64_t child;
    uint64_t credit;
    const struct channel_end *end;

    site_settle(&site);
    child = buy(&purchase);
    loading.slot = purchase.slot;
    site_reload_same(&site);
    puppet_play(&site, buyer, loads, &loading);
    ck_assert_int_eq(loading.answer, 0);
    ck_assert(hash_equal(&site_agent(&site, child)->program.code.code->id, &loading.code));
    ck_assert_int_eq(cap_table_at(&site_agent(&site, child)->caps, SERAI_SLOT_ORIGIN)->kind,
                     SERAI_KIND_CHANNEL);
    /* The channel works on, with the credit that is left. */
    end = channels_find(
        site.core->channels,
        cap_table_at(&site_agent(&site, buyer)->caps, (uint64_t)loading.slot)->object);
    credit = channel_may_send(end);
    ck_assert_uint_gt(credit, 0);
    ck_assert_uint_eq(site_agent(&site, child)->usage.traps, 0);
}
END_TEST

START_TEST(code_that_came_over_a_channel_begins_with_its_constructors)
{
    struct purchase purchase = {.endowment = ENDOWMENT, .max_fee = FEE};
    uint64_t model = site_deploy(&site, 1, &(struct deploy){.module = "ready", .nanos = 50000000});
    struct loading loading = {.code = site_agent(&site, model)->program.code.code->id};
    uint64_t child;

    site_settle(&site);
    child = buy(&purchase);
    loading.slot = purchase.slot;
    site_reload_same(&site);
    puppet_play(&site, buyer, loads, &loading);
    ck_assert(site_logged(&site, child, "ready: abc, turn 1"));
    ck_assert_uint_eq(site_agent(&site, child)->usage.traps, 0);
}
END_TEST

struct talk {
    int64_t slot;
    int64_t answers[4];
};

static enum engine_outcome sells(void *context, struct part *part)
{
    struct talk *talk = context;

    talk->answers[0] = part_order(part, channel_sell, SERAI_SLOT_CHANNELS, talk->slot);
    talk->answers[1] = part_order(part, channel_send, talk->slot, AT_DATA, 1, 0);
    return ENGINE_DONE;
}

START_TEST(a_sale_refunds_the_deposit_and_signals_the_far_agent)
{
    struct purchase purchase = {.endowment = ENDOWMENT, .max_fee = FEE};
    struct heard heard = {0};
    struct talk talk;
    uint64_t deposit = money_nanos(site.book.channel_deposit);
    uint64_t child = buyer + 1;
    uint64_t before;

    probe_play(child, puppet_hears, &heard);
    ck_assert_uint_eq(buy(&purchase), child);
    before = worth_of(&site, buyer);
    talk = (struct talk){.slot = purchase.slot};
    puppet_play(&site, buyer, sells, &talk);
    ck_assert_int_eq(talk.answers[0], (int64_t)deposit);
    ck_assert_int_eq(talk.answers[1], SERAI_E_SLOT);
    /* And the reserve that was held for its own close signal. */
    ck_assert_uint_eq(worth_of(&site, buyer), before + 2 * site_reserve(&site) + deposit -
                                                  price_of(&site, SERAI_ORDER_channel_sell) -
                                                  price_of(&site, SERAI_ORDER_channel_send));
    ck_assert_uint_eq(heard_of(&heard, SERAI_EVENT_BORN), 1);
    ck_assert_uint_eq(heard_of(&heard, SERAI_EVENT_CLOSED), 1);
    ck_assert_int_eq(heard_last(&heard, SERAI_EVENT_CLOSED)->slot, SERAI_SLOT_ORIGIN);
    ck_assert(site_lives(&site, child));
    ck_assert_uint_eq(site_balance(&site, ACCOUNT_DEPOSIT_CHANNEL), deposit);
    ck_assert_uint_eq(site_balance(&site, ACCOUNT_HELD_RESERVE), 0);
}
END_TEST

static enum engine_outcome sends_until_refused(void *context, struct part *part)
{
    struct talk *talk = context;

    if (part->kind == SERAI_EVENT_ROOM) {
        talk->answers[3]++;
        return ENGINE_DONE;
    }
    while (part_order(part, channel_send, talk->slot, AT_DATA, 10, 50) == 0)
        talk->answers[0]++;
    talk->answers[1] = part_order(part, channel_send, talk->slot, AT_DATA, 10, 50);
    talk->answers[2] = part_order(part, channel_room, talk->slot);
    return ENGINE_DONE;
}

static enum engine_outcome arms(void *context, struct part *part)
{
    (void)context;
    ck_assert_int_eq(part_order(part, channel_arm, SERAI_SLOT_ORIGIN, 5, 5000), 0);
    return ENGINE_DONE;
}

START_TEST(packets_stop_at_the_credit_and_room_is_told_once)
{
    struct purchase purchase = {.endowment = ENDOWMENT, .max_fee = FEE};
    struct heard heard = {0};
    struct talk talk;
    uint64_t child = buyer + 1;

    probe_play(child, puppet_hears, &heard);
    ck_assert_uint_eq(buy(&purchase), child);
    talk = (struct talk){.slot = purchase.slot};
    probe_play(buyer, sends_until_refused, &talk);
    ck_assert_int_eq(site_send(&site, 1, buyer, "go", 0), CONTROL_DONE);
    site_settle(&site);
    ck_assert_int_eq(talk.answers[0], SERAI_FIRST_CREDIT_PACKETS);
    ck_assert_int_eq(talk.answers[1], SERAI_E_CREDIT);
    ck_assert_int_eq(talk.answers[2], 0);
    ck_assert_int_eq(talk.answers[3], 0);
    ck_assert_uint_eq(heard_of(&heard, SERAI_EVENT_PACKET), SERAI_FIRST_CREDIT_PACKETS);
    ck_assert_int_eq(heard_last(&heard, SERAI_EVENT_PACKET)->money, 50);
    probe_play(child, arms, NULL);
    ck_assert_int_eq(site_send(&site, 1, child, "go", 0), CONTROL_DONE);
    site_settle(&site);
    ck_assert_int_eq(talk.answers[3], 1);
    ck_assert_uint_eq(site_balance(&site, ACCOUNT_HELD_PACKET), 0);
}
END_TEST

/* ---- becoming ---- */

struct becoming {
    struct hash code;
    enum engine_outcome outcome;
    int64_t answers[2];
    int64_t facet;
};

static enum engine_outcome becomes(void *context, struct part *part)
{
    struct becoming *becoming = context;

    becoming->facet = part_order(part, self_facet, 0, 1, 0);
    memcpy(part_memory(part, AT_ID, HASH_BYTES), becoming->code.bytes, HASH_BYTES);
    memcpy(part_memory(part, AT_DATA, 5), "args!", 5);
    becoming->answers[0] = part_order(part, self_become, 0, AT_ID, AT_DATA, 5);
    becoming->answers[1] = part_order(part, self_become, 0, AT_ID, AT_DATA, 5);
    return becoming->outcome;
}

static struct becoming model_of(const char *module)
{
    struct deploy how = {.module = module, .nanos = 50000000};
    uint64_t model = site_deploy(&site, 1, &how);

    probe_play(model, puppet_hears, &(struct heard){0});
    site_settle(&site);
    probe_play_none();
    return (struct becoming){.code = site_agent(&site, model)->program.code.code->id};
}

START_TEST(becoming_keeps_caps_inbox_and_money_and_comes_before_what_waits)
{
    struct becoming becoming = model_of("grow");
    struct heard heard = {0};
    struct agent *agent = site_agent(&site, buyer);

    probe_play(buyer, becomes, &becoming);
    ck_assert_int_eq(site_send(&site, 1, buyer, "go", 0), CONTROL_DONE);
    ck_assert_int_eq(site_send(&site, 1, buyer, "waits", 70), CONTROL_DONE);
    (void)core_run(site.core, 1);
    ck_assert_int_eq(becoming.answers[0], 0);
    ck_assert_int_eq(becoming.answers[1], SERAI_E_EXISTS);
    ck_assert(hash_equal(&agent->program.code.code->id, &becoming.code));
    ck_assert_int_eq(cap_table_at(&agent->caps, (uint64_t)becoming.facet)->kind, SERAI_KIND_FACET);
    for (uint32_t page = 0; page < agent->program.memory.count; page++)
        ck_assert_ptr_null(paged_page(&agent->program.memory, page));
    site_reload_same(&site);
    probe_play(buyer, puppet_hears, &heard);
    site_settle(&site);
    ck_assert_uint_eq(heard.count, 2);
    ck_assert_int_eq(heard.events[0].kind, SERAI_EVENT_BECAME);
    ck_assert_int_eq(heard.first_byte[0], 'a');
    ck_assert_int_eq(heard.events[1].kind, SERAI_EVENT_MESSAGE);
    ck_assert_int_eq(heard.events[1].money, 70);
}
END_TEST

START_TEST(a_trap_undoes_becoming)
{
    struct becoming becoming = model_of("grow");
    struct hash before = site_agent(&site, buyer)->program.code.code->id;

    becoming.outcome = ENGINE_TRAP_STACK;
    puppet_play(&site, buyer, becomes, &becoming);
    ck_assert_int_eq(becoming.answers[0], 0);
    ck_assert(hash_equal(&site_agent(&site, buyer)->program.code.code->id, &before));
    ck_assert_uint_eq(site_balance(&site, ACCOUNT_HELD_RESERVE), 0);
}
END_TEST

START_TEST(unknown_code_cannot_be_become)
{
    struct becoming becoming = {.outcome = ENGINE_DONE};

    puppet_play(&site, buyer, becomes, &becoming);
    ck_assert_int_eq(becoming.answers[0], SERAI_E_MISSING);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("core birth");
    TCase *tcase = tcase_create("birth");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, an_endowment_too_small_comes_back_whole);
    tcase_add_test(tcase, a_fee_too_small_comes_back_whole);
    tcase_add_test(tcase, a_birth_over_the_cap_of_agents_comes_back_whole);
    tcase_add_test(tcase, a_site_full_of_agents_refuses_a_birth);
    tcase_add_test(tcase, a_purchase_that_cannot_be_paid_is_refused_at_once);
    tcase_add_test(tcase, a_purchase_pays_fee_and_deposits_and_the_change_comes_back);
    tcase_add_test(tcase, a_newborn_runs_the_loader_and_becomes_what_it_is_told);
    tcase_add_test(tcase, code_that_came_over_a_channel_begins_with_its_constructors);
    tcase_add_test(tcase, a_sale_refunds_the_deposit_and_signals_the_far_agent);
    tcase_add_test(tcase, packets_stop_at_the_credit_and_room_is_told_once);
    tcase_add_test(tcase, becoming_keeps_caps_inbox_and_money_and_comes_before_what_waits);
    tcase_add_test(tcase, a_trap_undoes_becoming);
    tcase_add_test(tcase, unknown_code_cannot_be_become);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
