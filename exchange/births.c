/*
 * Buying a channel gives birth at its other end (docs/wire.md, BIRTH and ANSWER).  What the buyer
 * sent, endowment and largest fee, lies in held:birth until the answer is made: the child gets the
 * endowment, the site its fees, and the rest goes back with the answer.
 */
#include "exchange/births.h"

#include "agents/agents.h"
#include "agents/cap.h"
#include "agents/life.h"
#include "agents/message.h"
#include "agents/turn.h"
#include "exchange/booking.h"
#include "exchange/closing.h"
#include "exchange/ends.h"
#include "exchange/holdings.h"
#include "exchange/prices.h"

static struct money birth_times(struct money amount, uint64_t count)
{
    struct money result;

    INVARIANT(money_scale(&result, amount, count));
    return result;
}

static struct money birth_plus(struct money a, struct money b)
{
    struct money sum;

    INVARIANT(money_add(&sum, a, b));
    return sum;
}

/* ---- what may stand against it ---- */

/* What a child pays for its own end before it can do anything: the deposit, the events of the
 * first packets, and that of the close. */
static struct money birth_end_cost(const struct exchange *exchange)
{
    struct money reserves =
        birth_times(agents_reserve(exchange->agents), SERAI_FIRST_CREDIT_PACKETS + 1);

    return birth_plus(reserves, agents_prices(exchange->agents)->channel_deposit);
}

/* What the child's end will hold of its customer's quotas, with BORN, which waits as well. */
static struct channel_holding birth_holding(void)
{
    struct channel_end end = {.state = CHANNEL_OPEN,
                              .granted_packets = SERAI_FIRST_CREDIT_PACKETS,
                              .granted_bytes = SERAI_FIRST_CREDIT_BYTES};
    struct channel_holding holding = channel_holds(&end);

    holding.events++;
    return holding;
}

/* The endowment pays for the child's start, and the fee stays within what the buyer allows. */
static int32_t birth_money_refusal(const struct exchange *exchange,
                                   const struct channel_message *message, struct money fee)
{
    struct money least = birth_plus(agents_birth_min(exchange->agents), birth_end_cost(exchange));

    return money_compare(fee, message->fee) > 0 || money_compare(message->endowment, least) < 0
               ? SERAI_E_SHORT
               : 0;
}

/*
 * Over a link the child's customer is one of the peer's.  Whoever has no row yet is counted with
 * the others of its peer all the same.
 */
static int32_t birth_customer_refusal(struct exchange *exchange,
                                      const struct channel_message *message, struct birth *birth)
{
    struct link *link = links_find(exchange->links, message->interface);
    struct money both;

    INVARIANT(link != NULL);
    birth->parent = 0;
    birth->name = link->name;
    if (!money_add(&both, message->endowment, message->fee) ||
        money_compare(both, message->money) != 0)
        return SERAI_E_INVALID;
    birth->customer = account_of_link(link->interface, KIND_LINK_OUT);
    return exchange->env.customer_fits(exchange->env.context, link->interface, message->customer,
                                       message->customer_key)
               ? 0
               : SERAI_E_FULL;
}

/* In this order, which a buyer sees: the site's ends, money, customers, agents, quotas. */
static int32_t birth_refusal(struct exchange *exchange, const struct channel_message *message,
                             enum channel_result accept, struct money fee, struct birth *birth)
{
    int32_t refusal =
        accept == CHANNEL_TOO_MUCH ? SERAI_E_FULL : birth_money_refusal(exchange, message, fee);
    enum birth_result result;

    if (refusal == 0 && message->interface != CHANNEL_INTERFACE_SELF)
        refusal = birth_customer_refusal(exchange, message, birth);
    if (refusal == 0 && !agents_birth_check(exchange->agents, birth, &result))
        refusal = birth_result_refusal(result);
    if (refusal == 0 && !holdings_allow(exchange, birth->customer, birth_holding()))
        refusal = SERAI_E_QUOTA;
    return refusal;
}

/* ---- acceptance ---- */

static void birth_pay_for_end(struct exchange *exchange, const struct channel_end *end,
                              struct exchange_end *held)
{
    struct money reserve = agents_reserve(exchange->agents);

    held->deposit = agents_prices(exchange->agents)->channel_deposit;
    held->grant_reserve = birth_times(reserve, SERAI_FIRST_CREDIT_PACKETS);
    held->close_reserve = reserve;
    agents_move(exchange->agents, end->owner, ACCOUNT_DEPOSIT_CHANNEL, held->deposit,
                TRANSFER_CHANNEL_DEPOSIT, end->id);
    agents_move(exchange->agents, end->owner, ACCOUNT_HELD_RESERVE, held->grant_reserve,
                TRANSFER_RESERVE_HOLD, end->id);
    agents_move(exchange->agents, end->owner, ACCOUNT_HELD_RESERVE, held->close_reserve,
                TRANSFER_RESERVE_HOLD, end->id);
}

static void birth_take_fees(struct exchange *exchange, const struct interface_prices *prices)
{
    struct transfer fee = {.debit = ACCOUNT_HELD_BIRTH,
                           .credit = ACCOUNT_REVENUE_BIRTHS,
                           .amount = prices->birth_fee,
                           .code = TRANSFER_BIRTH_FEE,
                           .quantity = 1,
                           .price_id = agents_prices(exchange->agents)->id,
                           .object = prices->object};

    agents_post(exchange->agents, &fee);
    fee.credit = ACCOUNT_REVENUE_CHANNELS;
    fee.amount = prices->channel_fee;
    fee.code = TRANSFER_CHANNEL_FEE;
    agents_post(exchange->agents, &fee);
}

/* The end first, as it is the child's origin; then the child; then what the child pays. */
static void birth_accept(struct exchange *exchange, struct received *received, struct birth *birth,
                         const struct interface_prices *prices)
{
    const struct channel_message *message = received->message;
    struct money fee = birth_plus(prices->birth_fee, prices->channel_fee);
    struct channel_end *end =
        channels_accept(exchange->channels, exchange->undo, message, 0, SERAI_FIRST_CREDIT_PACKETS,
                        SERAI_FIRST_CREDIT_BYTES, &received->reply);
    struct exchange_end *held;
    struct agent *child;

    if (message->interface != CHANNEL_INTERFACE_SELF)
        birth->customer = exchange->env.customer_of(exchange->env.context,
                                                    links_find(exchange->links, message->interface),
                                                    message->customer, message->customer_key);
    birth->origin = (struct cap){.kind = SERAI_KIND_CHANNEL, .object = end->id};
    INVARIANT(agents_birth(exchange->agents, birth, &child) == BIRTH_DONE);
    channel_give(end, exchange->undo, agent_id(child));
    held = ends_begin(exchange, end, birth->customer);
    holdings_follow(exchange, end);
    birth_pay_for_end(exchange, end, held);
    birth_take_fees(exchange, prices);
    received->reply.fee = fee;
    INVARIANT(money_sub(&received->reply.money, message->fee, fee));
}

enum channel_result births_receive(struct exchange *exchange, struct received *received)
{
    const struct channel_message *message = received->message;
    struct interface_prices prices =
        prices_of_interface(agents_prices(exchange->agents), exchange->links, message->interface);
    enum channel_result result = channels_check_accept(exchange->channels, message);
    struct birth birth = {
        .customer = message->customer,
        .parent = message->parent,
        .name = message->name,
        .code = exchange->loader,
        .payer = ACCOUNT_HELD_BIRTH,
        .endowment = message->endowment,
        .endowment_code = TRANSFER_BIRTH_ENDOWMENT,
    };
    int32_t refusal;

    if (result != CHANNEL_FINE && result != CHANNEL_TOO_MUCH)
        return result;
    booking_receive(exchange, received, ACCOUNT_HELD_BIRTH);
    refusal = birth_refusal(exchange, message, result,
                            birth_plus(prices.birth_fee, prices.channel_fee), &birth);
    received->replies = true;
    received->in_vain = refusal != 0;
    if (refusal == 0)
        birth_accept(exchange, received, &birth, &prices);
    else
        channels_refuse(message, refusal, &received->reply);
    return CHANNEL_FINE;
}

/* ---- the answer ---- */

/* The answer must be one to what was asked: its money is all of it, or what the fee leaves. */
static bool birth_answer_adds_up(const struct channel_end *end, const struct exchange_end *held,
                                 const struct channel_message *answer)
{
    struct money expected = held->asked_fee;

    if (end->state != CHANNEL_PENDING && end->state != CHANNEL_GIVEN_UP)
        return false;
    if (answer->status != 0)
        return money_is_zero(answer->fee) &&
               money_add(&expected, expected, held->asked_endowment) &&
               money_compare(expected, answer->money) == 0;
    return money_sub(&expected, expected, answer->fee) &&
           money_compare(expected, answer->money) == 0;
}

static void birth_money_back(struct exchange *exchange, const struct exchange_end *was,
                             uint64_t payee, const struct received *received)
{
    const struct channel_message *answer = received->message;

    booking_receive(exchange, received, ACCOUNT_HELD_BIRTH);
    agents_move(exchange->agents, ACCOUNT_HELD_BIRTH, payee, answer->money,
                answer->status == 0 ? TRANSFER_BIRTH_CHANGE : TRANSFER_BIRTH_BACK, was->id);
    if (answer->status != 0)
        closing_refund(exchange, was, payee);
}

static void birth_opened(struct exchange *exchange, const struct channel_end *end)
{
    struct exchange_end *held = ends_change(exchange, end);

    held->answer_reserve = money_zero();
    held->birth_money = money_zero();
}

/*
 * The buyer gave up, or died, while the peer thought.  Its money is with it or with its heir by
 * now; if there is a child after all, it is notified that its far end is closed.
 */
static void birth_given_up(struct exchange *exchange, struct channel_end *end, struct agent *owner,
                           struct received *received)
{
    if (received->message->status == 0)
        received->replies = closing_sell(exchange, end, &received->reply);
    if (owner != NULL)
        ends_wake(exchange, received->message->interface, owner);
}

static void birth_notify_buyer(struct exchange *exchange, const struct exchange_end *was,
                               struct agent *owner, const struct channel_message *answer)
{
    struct message event = {
        .kind = SERAI_EVENT_ANSWER,
        .end = was->id,
        .status = answer->status,
        .fee = answer->fee,
        .money = answer->money,
        .reserve = was->answer_reserve,
    };

    INVARIANT(owner != NULL); /* the dead have no pending ends */
    agents_deliver(exchange->agents, owner, &event);
}

enum channel_result births_receive_answer(struct exchange *exchange, struct channel_end *end,
                                          struct received *received)
{
    const struct channel_message *answer = received->message;
    struct agent *owner = agents_find(exchange->agents, end->owner);
    uint64_t payee = agents_payee(exchange->agents, end->owner);
    struct exchange_end was = *ends_held(exchange, end); /* a copy: a refused birth ends it now */
    bool given_up = end->state == CHANNEL_GIVEN_UP;
    enum channel_result result = CHANNEL_NOT_GRANTED;

    if (birth_answer_adds_up(end, &was, answer))
        result = channels_receive_answer(exchange->channels, end, exchange->undo, answer);
    if (result != CHANNEL_FINE)
        return result;
    holdings_follow(exchange, end);
    birth_money_back(exchange, &was, payee, received);
    if (answer->status == 0)
        birth_opened(exchange, end);
    if (given_up)
        birth_given_up(exchange, end, owner, received);
    else
        birth_notify_buyer(exchange, &was, owner, answer);
    return CHANNEL_FINE;
}

void births_sever(struct exchange *exchange, struct channel_end *end, struct money money)
{
    struct channel_message answer = {.status = SERAI_E_CLOSED, .money = money};
    struct agent *owner = agents_find(exchange->agents, end->owner);
    struct exchange_end was = *ends_held(exchange, end); /* a copy, as above */

    channels_withdraw(exchange->channels, end, exchange->undo);
    holdings_follow(exchange, end);
    closing_refund(exchange, &was, agents_payee(exchange->agents, end->owner));
    birth_notify_buyer(exchange, &was, owner, &answer);
    ends_wake(exchange, end->interface, owner);
}
