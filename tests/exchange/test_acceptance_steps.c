/*
 * A loss that both operators accept, step by step: what becomes of agents and of settlements, and
 * which orders are refused.
 */
#include <string.h>

#include "links/settlement.h"
#include "tests/exchange/losing.h"

/* Of a pair that there is not. */
#define OTHER_CODE "00112233445566778899aabbccddeeff"

static struct heard heard;

static void setup(void)
{
    losing_setup();
    heard = (struct heard){0};
}

/* Both accept, and have counted from there. */
static void go_on(void)
{
    state_both();
    accept_both();
    network_settle(network);
    network_agrees(network);
    for (int i = 0; i < 2; i++)
        site_verify(site_at(i));
}

/* ---- agents ---- */

/* What was on its way when nothing was lost comes back to who sent it, and nothing is in question.
 */
START_TEST(what_was_on_its_way_comes_back)
{
    struct acting end = {.deed = DEED_BUY, .interface = 1, .a = ENDOWMENT, .b = FEE};
    struct acting packets = {.deed = DEED_SEND, .a = 1, .b = 1000, .times = 3};
    uint64_t worth;

    ck_assert_int_ge(act(site_at(0), agents[0][0], &end), 0);
    network_settle(network);
    network_cut(network, 0);
    worth = worth_of(site_at(0), agents[0][0]);
    packets.slot = end.slot;
    ck_assert_int_ge(act(site_at(0), agents[0][0], &packets), 0);
    ck_assert_int_eq(packets.done, 3);
    ck_assert_uint_lt(worth_of(site_at(0), agents[0][0]), worth - 2 * 1000);
    worth = worth_of(site_at(0), agents[0][0]);
    probe_play(agents[0][0], puppet_hears, &heard);
    freeze_both();
    network_connect(network, 0);
    go_on();
    ck_assert_uint_ge(worth_of(site_at(0), agents[0][0]), worth + 3 * 1000);
    ck_assert(suspense(0) == 0 && suspense(1) == 0);
    ck_assert_uint_eq(heard_of(&heard, SERAI_EVENT_CLOSED), 1);
}
END_TEST

/* As if the peer had refused it: there is no end left that somebody would have to sell. */
START_TEST(a_purchase_that_never_arrived_ends_with_all_its_money_back)
{
    struct acting end = {.deed = DEED_BUY, .interface = 1, .a = ENDOWMENT, .b = FEE};
    struct site *site = site_at(0);
    uint64_t worth = worth_of(site, agents[0][0]);
    const struct serai_event *answer;

    network_cut(network, 0);
    ck_assert_int_ge(act(site, agents[0][0], &end), 0);
    ck_assert_int_eq(end_in_slot(site, agents[0][0], end.slot)->state, CHANNEL_PENDING);
    probe_play(agents[0][0], puppet_hears, &heard);
    freeze_both();
    network_connect(network, 0);
    go_on();
    answer = heard_last(&heard, SERAI_EVENT_ANSWER);
    ck_assert_ptr_nonnull(answer);
    ck_assert_int_eq(answer->status, SERAI_E_CLOSED);
    ck_assert_int_eq(answer->money, ENDOWMENT + FEE);
    ck_assert_uint_eq(heard_of(&heard, SERAI_EVENT_CLOSED), 0);
    ck_assert_uint_eq(channels_count(site->core->channels), 0);
    /* Two turns and the order are paid for, and nothing else is gone. */
    ck_assert_uint_ge(worth_of(site, agents[0][0]) + price_of(site, SERAI_ORDER_channel_buy) +
                          3 * site_reserve(site),
                      worth);
}
END_TEST

/* The child lives, and this site forgot the answer: what came back with it is in question. */
START_TEST(a_purchase_whose_answer_was_forgotten_ends_with_its_deposit_back)
{
    struct acting end = {.deed = DEED_BUY, .interface = 1, .a = ENDOWMENT, .b = FEE};
    const struct serai_event *answer;
    struct store_memory *copy;

    network_cut(network, 0);
    ck_assert_int_ge(act(site_at(0), agents[0][0], &end), 0);
    copy = backup(0);
    network_connect(network, 0);
    network_settle(network);
    ck_assert_uint_eq(agents_count(site_at(1)->core->agents).births, AGENTS + 1);
    restore(0, copy);
    probe_play(agents[0][0], puppet_hears, &heard);
    freeze_both();
    go_on();
    answer = heard_last(&heard, SERAI_EVENT_ANSWER);
    ck_assert_ptr_nonnull(answer);
    ck_assert_int_eq(answer->status, SERAI_E_CLOSED);
    ck_assert_int_eq(answer->money, 0);
    ck_assert_uint_eq(channels_count(site_at(0)->core->channels), 0);
    ck_assert(suspense(0) > 0 && suspense(0) < FEE);
    ck_assert_uint_eq(agents_count(site_at(1)->core->agents).births, AGENTS + 1);
}
END_TEST

/* ---- settlements ---- */

/* Site 0 owes site 1, and pays by hand. */
static uint64_t owe(void)
{
    struct acting end = {.deed = DEED_BUY, .interface = 1, .a = ENDOWMENT, .b = FEE};
    struct bytes args = {0};

    ck_assert_int_ge(act(site_at(0), agents[0][0], &end), 0);
    network_settle(network);
    cbor_put_array(&args, 4);
    cbor_put_text(&args, link_at(0)->name);
    cbor_put_text(&args, "manual:a bank");
    cbor_put_uint(&args, 0);
    cbor_put_uint(&args, 0);
    ck_assert_int_eq(site_request(site_at(0), OPERATOR, "link.terms", &args), CONTROL_DONE);
    return (uint64_t)link_payable(link_at(0));
}

static void pay(void)
{
    struct bytes args = {0};

    cbor_put_array(&args, 2);
    cbor_put_text(&args, link_at(0)->name);
    cbor_put_null(&args);
    ck_assert_int_eq(site_request(site_at(0), OPERATOR, "link.settle", &args), CONTROL_DONE);
    network_settle(network);
    pass(8); /* the claim is in a frame */
}

static void decide(bool accepted)
{
    struct bytes args = {0};

    cbor_put_array(&args, 4);
    cbor_put_text(&args, link_at(1)->name);
    cbor_put_uint(&args, 1);
    cbor_put_bool(&args, accepted);
    cbor_put_text(&args, "a payment");
    ck_assert_int_eq(site_request(site_at(1), OPERATOR, "link.settled", &args), CONTROL_DONE);
    pass(24); /* the creditor's statement says so */
}

static const struct settlement *settlement_at(int which)
{
    return link_settlement(site_at(which)->core->links, link_at(which));
}

struct forgotten {
    int which;               /* who is put back, */
    int to;                  /* before: 0, the payment; 1, the answer */
    bool accepted;           /* by the creditor */
    int64_t payer, creditor; /* what suspense has there afterwards, as a part of the payment */
};

START_TEST(a_settlement_that_one_site_forgot_is_in_suspense)
{
    static const struct forgotten cases[] = {
        {0, 0, true, 1, 0},  /* its treasury has it again, and the creditor got it */
        {0, 0, false, 0, 0}, /* the creditor never got it */
        {0, 1, true, 0, 0},  /* it knows that it paid, and not that it counts */
        {0, 1, false, -1, 0},
        {1, 0, true, 0, -1}, /* it counts for the payer, and the treasury here has nothing of it */
        {1, 0, false, 0, 0},
    };
    const struct forgotten *is = &cases[_i];
    uint64_t owed = owe();
    struct store_memory *copy = backup(is->which);

    pay();
    if (is->to == 1) {
        store_memory_free(copy);
        copy = backup(is->which);
    }
    decide(is->accepted);
    ck_assert_uint_eq(link_at(0)->paid.index, 1);
    restore(is->which, copy);
    freeze_both();
    go_on();
    ck_assert(suspense(0) == (u128)(is->payer * (int64_t)owed));
    ck_assert(suspense(1) == (u128)(is->creditor * (int64_t)owed));
    for (int i = 0; i < 2; i++) {
        ck_assert(money_is_zero(settlement_at(i)->pending.amount));
        ck_assert(money_is_zero(settlement_at(i)->claimed.amount));
    }
    ck_assert(link_at(0)->paid.total == link_at(1)->got.total);
    ck_assert_uint_eq(settlement_at(0)->last_index, 1);
    ck_assert(link_at(0)->paid.total == (is->accepted ? owed : 0));
}
END_TEST

/* One that waits for the creditor's operator goes on waiting, and counts once. */
START_TEST(a_settlement_that_both_have_as_open_is_decided_afterwards)
{
    uint64_t owed = owe();

    pay();
    freeze_both();
    go_on();
    ck_assert_uint_eq(settlement_at(0)->pending.index, 1);
    ck_assert_uint_eq(settlement_at(1)->claimed.index, 1);
    decide(true);
    network_settle(network);
    ck_assert(link_at(0)->paid.total == owed && link_at(1)->got.total == owed);
    ck_assert(suspense(0) == 0 && suspense(1) == 0);
    network_agrees(network);
}
END_TEST

/* The creditor forgot that it confirmed it, and has it as open once more. */
START_TEST(a_claim_that_only_the_payer_has_as_decided_is_decided_first)
{
    uint64_t owed = owe();
    struct store_memory *copy;
    char code[LOSS_CODE_TEXT_BYTES];

    pay();
    copy = backup(1);
    decide(true);
    restore(1, copy);
    freeze_both();
    state_both();
    code_of(1, code);
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(link_request(i, "link.accept-loss", code), CONTROL_REFUSED);
    decide(true);
    go_on();
    ck_assert(link_at(0)->paid.total == owed && link_at(1)->got.total == owed);
    ck_assert(suspense(0) == 0 && suspense(1) == 0);
}
END_TEST

/* ---- what is refused ---- */

START_TEST(one_operator_alone_changes_nothing)
{
    char code[LOSS_CODE_TEXT_BYTES];

    ck_assert_int_eq(link_request(0, "link.accept-loss", ""), CONTROL_REFUSED); /* it is up */
    freeze_both();
    ck_assert_int_eq(link_request(0, "link.accept-loss", ""), CONTROL_DONE);
    pass(24);
    ck_assert_int_eq(link_acceptance(site_at(0)->core->links, link_at(0), NULL), ACCEPTANCE_STATED);
    ck_assert_int_eq(link_request(0, "link.accept-loss", OTHER_CODE), CONTROL_TRY_AGAIN);
    ck_assert_int_eq(link_request(1, "link.accept-loss", ""), CONTROL_DONE);
    pass(24);
    ck_assert_int_eq(link_request(0, "link.accept-loss", OTHER_CODE), CONTROL_REFUSED);
    code_of(0, code);
    ck_assert_int_eq(link_request(0, "link.accept-loss", code), CONTROL_DONE);
    pass(48);
    ck_assert_int_eq(link_at(0)->state, LINK_FROZEN);
    ck_assert_int_eq(link_at(1)->state, LINK_FROZEN);
    ck_assert_int_eq(link_request(0, "link.remove", NULL), CONTROL_REFUSED);
    /* The other one takes its position back, and all is as before. */
    ck_assert_int_eq(link_request(1, "link.resume", NULL), CONTROL_DONE);
    ck_assert_int_eq(link_acceptance(site_at(1)->core->links, link_at(1), NULL), ACCEPTANCE_NONE);
    network_settle(network);
    ck_assert_int_eq(link_at(0)->state, LINK_FROZEN);
    /* It states another one, so what the first had accepted is void. */
    ck_assert_int_eq(link_request(1, "link.freeze", NULL), CONTROL_DONE);
    ck_assert_int_eq(link_request(1, "link.accept-loss", ""), CONTROL_DONE);
    pass(48);
    accept_both();
    network_settle(network);
    network_agrees(network);
}
END_TEST

/* A code is only for what this site has signed before: it makes nothing be signed. */
START_TEST(a_code_by_itself_states_nothing)
{
    char code[LOSS_CODE_TEXT_BYTES];

    freeze_both();
    ck_assert_int_eq(link_request(0, "link.accept-loss", OTHER_CODE), CONTROL_REFUSED);
    ck_assert_int_eq(link_acceptance(site_at(0)->core->links, link_at(0), NULL), ACCEPTANCE_NONE);
    state_both();
    ck_assert_int_eq(link_request(0, "link.accept-loss", OTHER_CODE), CONTROL_REFUSED);
    ck_assert_int_eq(link_acceptance(site_at(0)->core->links, link_at(0), NULL), ACCEPTANCE_PAIRED);
    code_of(0, code);
    ck_assert_int_eq(link_request(0, "link.accept-loss", code), CONTROL_DONE);
    ck_assert_int_eq(link_request(0, "link.accept-loss", OTHER_CODE), CONTROL_REFUSED);
    ck_assert_int_eq(link_request(0, "link.accept-loss", code), CONTROL_DONE); /* as it was */
    ck_assert_int_eq(link_request(0, "link.accept-loss", ""), CONTROL_DONE);
}
END_TEST

/* What this site signed is true no more, and the code stands for it. */
START_TEST(a_position_that_is_true_no_more_is_stated_anew_by_its_own_order)
{
    char code[LOSS_CODE_TEXT_BYTES];
    char now[LOSS_CODE_TEXT_BYTES];

    (void)owe();
    pay();
    freeze_both();
    state_both();
    code_of(1, code);
    decide(true);
    ck_assert_int_eq(link_request(1, "link.accept-loss", code), CONTROL_REFUSED);
    ck_assert_ptr_nonnull(strstr(site_at(1)->reply.message, "does not stand any more"));
    code_of(1, now);
    ck_assert_str_eq(now, code); /* nothing was signed */
    ck_assert_int_eq(link_acceptance(site_at(1)->core->links, link_at(1), NULL), ACCEPTANCE_PAIRED);
    ck_assert_int_eq(link_request(1, "link.accept-loss", ""), CONTROL_DONE);
    code_of(1, now);
    ck_assert_str_ne(now, code);
    go_on();
}
END_TEST

/* Or nobody here could ever buy a channel of the peer again. */
START_TEST(a_far_number_of_a_channel_is_refused)
{
    struct acting end = {.deed = DEED_BUY, .interface = 1, .a = ENDOWMENT, .b = FEE};
    char code[LOSS_CODE_TEXT_BYTES];
    struct fault fault;

    freeze_both();
    ck_assert_int_eq(link_state_position(site_at(1)->core->links, link_at(1), UINT32_MAX, &fault),
                     ST_OK);
    site_at(1)->core->frame_open = true;
    site_frame(site_at(1));
    state_both();
    code_of(0, code);
    ck_assert_int_eq(link_request(0, "link.accept-loss", code), CONTROL_REFUSED);
    ck_assert_ptr_nonnull(strstr(site_at(0)->reply.message, "takes more than half"));
    /* And so it is shown, without the next step. */
    ck_assert_int_eq(link_request(0, "link.accept-loss", ""), CONTROL_DONE);
    ck_assert_ptr_nonnull(strstr(site_result_text(site_at(0), "loss_refused"), "more than half"));
    ck_assert_str_eq(site_result_text(site_at(0), "loss_todo"), "");
    ck_assert_int_eq(link_request(1, "link.resume", NULL), CONTROL_DONE);
    ck_assert_int_eq(link_request(1, "link.freeze", NULL), CONTROL_DONE);
    go_on();
    ck_assert_int_ge(act(site_at(0), agents[0][0], &end), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("a loss that both sites accept, step by step");
    TCase *tcase = tcase_create("steps");

    tcase_add_checked_fixture(tcase, setup, losing_teardown);
    tcase_set_timeout(tcase, 240);
    tcase_add_test(tcase, what_was_on_its_way_comes_back);
    tcase_add_test(tcase, a_purchase_that_never_arrived_ends_with_all_its_money_back);
    tcase_add_test(tcase, a_purchase_whose_answer_was_forgotten_ends_with_its_deposit_back);
    tcase_add_loop_test(tcase, a_settlement_that_one_site_forgot_is_in_suspense, 0, 6);
    tcase_add_test(tcase, a_settlement_that_both_have_as_open_is_decided_afterwards);
    tcase_add_test(tcase, a_claim_that_only_the_payer_has_as_decided_is_decided_first);
    tcase_add_test(tcase, one_operator_alone_changes_nothing);
    tcase_add_test(tcase, a_code_by_itself_states_nothing);
    tcase_add_test(tcase, a_position_that_is_true_no_more_is_stated_anew_by_its_own_order);
    tcase_add_test(tcase, a_far_number_of_a_channel_is_refused);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
