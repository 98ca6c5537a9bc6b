/*
 * Messages between the two ends of channels, and the money that goes with them.  On interface self
 * a message is heard the moment it is said, within the same turn and undone with it; a link puts it
 * into its transcript, and the neighbour hears it in an event of its own.
 *
 * Each hear_*() first asks the channel for its verdict, which changes nothing when it is bad,
 * and only then lets money move: so a neighbour that breaks the rules leaves no trace but its
 * freeze.
 */
#include "site/core/state.h"

static void move(struct core *core, uint64_t from, uint64_t to, struct money amount,
                 enum transfer_code code, uint64_t object)
{
    struct transfer transfer = {
        .debit = from, .credit = to, .amount = amount, .code = code, .object = object};

    if (!money_is_zero(amount))
        agents_post(core->agents, &transfer);
}

void core_end_event(struct core *core, struct channel_end *end, enum serai_event_kind kind,
                    struct money reserve)
{
    struct agent *owner = agents_find(core->agents, end->owner);
    struct message message = {.kind = kind, .end = end->id, .reserve = reserve};

    INVARIANT(owner != NULL); /* a dead agent's ends are sold, and hear nothing */
    agents_deliver(core->agents, owner, &message);
}

/* ---- birth next door ---- */

static struct money times(struct money amount, uint64_t count)
{
    struct money result;

    INVARIANT(money_scale(&result, amount, count));
    return result;
}

static struct money plus(struct money a, struct money b)
{
    struct money sum;

    INVARIANT(money_add(&sum, a, b));
    return sum;
}

/* What a child pays for its own end before it can do anything: deposit, first credit, close signal.
 */
static struct money child_end_cost(const struct core *core)
{
    struct money reserves = times(agents_reserve(core->agents), SERAI_FIRST_CREDIT_PACKETS + 1);

    return plus(reserves, core->book.channel_deposit);
}

/* What the child's end will hold of its customer's; BORN waits beside. */
static struct channel_holding child_holding(void)
{
    struct channel_end end = {.state = CHANNEL_OPEN,
                              .armed_packets = SERAI_FIRST_CREDIT_PACKETS,
                              .armed_bytes = SERAI_FIRST_CREDIT_BYTES};
    struct channel_holding holding = channel_holds(&end);

    holding.events++;
    return holding;
}

static int32_t payment_refusal(const struct core *core, const struct channel_message *message,
                               struct money fee)
{
    struct money least = plus(agents_birth_min(core->agents), child_end_cost(core));

    return money_compare(fee, message->fee) > 0 || money_compare(message->endowment, least) < 0
               ? SERAI_E_SHORT
               : 0;
}

static void child_pays_for_end(struct core *core, struct channel_end *end)
{
    struct money reserve = agents_reserve(core->agents);

    channel_touch(end, core->undo);
    end->deposit = core->book.channel_deposit;
    end->armed_reserve = times(reserve, SERAI_FIRST_CREDIT_PACKETS);
    end->close_reserve = reserve;
    move(core, end->owner, ACCOUNT_DEPOSIT_CHANNEL, end->deposit, TRANSFER_CHANNEL_DEPOSIT,
         end->id);
    move(core, end->owner, ACCOUNT_HELD_RESERVE, end->armed_reserve, TRANSFER_RESERVE_HOLD,
         end->id);
    move(core, end->owner, ACCOUNT_HELD_RESERVE, end->close_reserve, TRANSFER_RESERVE_HOLD,
         end->id);
}

static void take_fees(struct core *core, const struct interface_prices *prices)
{
    struct transfer fee = {.debit = ACCOUNT_HELD_BIRTH,
                           .credit = ACCOUNT_REVENUE_BIRTHS,
                           .amount = prices->birth_fee,
                           .code = TRANSFER_BIRTH_FEE,
                           .quantity = 1,
                           .price_id = core->book.id,
                           .object = prices->object};

    agents_post(core->agents, &fee);
    fee.credit = ACCOUNT_REVENUE_CHANNELS;
    fee.amount = prices->channel_fee;
    fee.code = TRANSFER_CHANNEL_FEE;
    agents_post(core->agents, &fee);
}

/* Within the site the money lies in held:birth or held:packet already; over a link it comes now. */
static void money_arrives(struct core *core, const struct channel_message *message)
{
    uint64_t to = message->kind == CHANNEL_PACKET ? ACCOUNT_HELD_PACKET : ACCOUNT_HELD_BIRTH;

    if (message->interface != CHANNEL_INTERFACE_SELF)
        core_link_money_in(core, message, to);
}

static void accept_birth(struct core *core, const struct channel_message *message,
                         struct birth *birth, const struct interface_prices *prices)
{
    struct money fee = plus(prices->birth_fee, prices->channel_fee);
    struct channel_message answer = {0};
    struct channel_end *end =
        channels_accept(core->channels, core->undo, message, 0, SERAI_FIRST_CREDIT_PACKETS,
                        SERAI_FIRST_CREDIT_BYTES, &answer);
    struct agent *child;

    if (message->interface != CHANNEL_INTERFACE_SELF)
        core_link_child(core, message, birth);
    birth->origin = (struct cap){.kind = SERAI_KIND_CHANNEL, .object = end->id};
    INVARIANT(agents_birth(core->agents, birth, &child) == BIRTH_DONE);
    channel_give(end, core->undo, agent_id(child));
    core_end_made(core, end, birth->customer);
    child_pays_for_end(core, end);
    take_fees(core, prices);
    answer.fee = fee;
    INVARIANT(money_sub(&answer.money, message->fee, fee));
    core_wire(core, &answer);
}

static enum channel_verdict hear_birth(struct core *core, const struct channel_message *message)
{
    struct interface_prices prices = core_interface_prices(core, message->interface);
    enum channel_verdict verdict = channels_check_accept(core->channels, message);
    struct birth birth = {
        .customer = message->customer,
        .parent = message->parent,
        .name = message->name,
        .code = core->loader,
        .payer = ACCOUNT_HELD_BIRTH,
        .endowment = message->endowment,
        .endowment_code = TRANSFER_BIRTH_ENDOWMENT,
    };
    struct channel_message answer = {0};
    enum birth_result result;
    int32_t refusal;

    if (verdict != CHANNEL_FINE && verdict != CHANNEL_TOO_MUCH)
        return verdict;
    money_arrives(core, message);
    refusal = verdict == CHANNEL_TOO_MUCH
                  ? SERAI_E_FULL
                  : payment_refusal(core, message, plus(prices.birth_fee, prices.channel_fee));
    if (refusal == 0 && message->interface != CHANNEL_INTERFACE_SELF)
        refusal = core_link_birth(core, message, &birth);
    if (refusal == 0 && !agents_birth_check(core->agents, &birth, &result))
        refusal = birth_result_refusal(result);
    if (refusal == 0 && !core_may_hold(core, birth.customer, child_holding()))
        refusal = SERAI_E_QUOTA;
    if (refusal == 0) {
        accept_birth(core, message, &birth, &prices);
        return CHANNEL_FINE;
    }
    core_link_in_vain(core, message->interface);
    channels_refuse(message, refusal, &answer);
    core_wire(core, &answer);
    return CHANNEL_FINE;
}

/* The answer must be one to what was asked: its money is all of it, or what the fee leaves. */
static bool answer_adds_up(const struct channel_end *end, const struct channel_message *answer)
{
    struct money expected = end->asked_fee;

    if (end->state != CHANNEL_PENDING && end->state != CHANNEL_GIVEN_UP)
        return false;
    if (answer->status != 0)
        return money_is_zero(answer->fee) && money_add(&expected, expected, end->asked_endowment) &&
               money_compare(expected, answer->money) == 0;
    return money_sub(&expected, expected, answer->fee) &&
           money_compare(expected, answer->money) == 0;
}

/*
 * The buyer gave up, or died, while the neighbour thought.  Its money is with it or with its heir
 * by now; if there is a child after all, it is told that its far end is closed.
 */
static void answer_to_given_up(struct core *core, struct channel_end *end, struct agent *owner,
                               const struct channel_message *answer)
{
    if (answer->status == 0)
        core_sell_end(core, end);
    if (owner != NULL)
        core_link_wake(core, answer, owner);
}

static enum channel_verdict hear_answer(struct core *core, struct channel_end *end,
                                        const struct channel_message *answer)
{
    struct agent *owner = agents_find(core->agents, end->owner);
    uint64_t payee = agents_payee(core->agents, end->owner);
    struct channel_end was = *end;
    bool given_up = was.state == CHANNEL_GIVEN_UP;
    struct message event = {
        .kind = SERAI_EVENT_ANSWER,
        .end = was.id,
        .status = answer->status,
        .fee = answer->fee,
        .money = answer->money,
        .reserve = was.answer_reserve,
    };
    enum channel_verdict verdict = CHANNEL_UNARMED;

    if (answer_adds_up(end, answer))
        verdict = channels_answered(core->channels, end, core->undo, answer);
    if (verdict != CHANNEL_FINE)
        return verdict;
    core_end_changed(core, end);
    money_arrives(core, answer);
    move(core, ACCOUNT_HELD_BIRTH, payee, answer->money,
         answer->status == 0 ? TRANSFER_BIRTH_CHANGE : TRANSFER_BIRTH_BACK, was.id);
    if (answer->status != 0) { /* the end is gone: all that was held for it comes back */
        move(core, ACCOUNT_DEPOSIT_CHANNEL, payee, was.deposit, TRANSFER_CHANNEL_REFUND, was.id);
        move(core, ACCOUNT_HELD_RESERVE, payee, was.close_reserve, TRANSFER_RESERVE, was.id);
    } else {
        channel_touch(end, core->undo);
        end->answer_reserve = money_zero();
        end->birth_money = money_zero();
    }
    if (given_up) {
        answer_to_given_up(core, end, owner, answer);
        return CHANNEL_FINE;
    }
    INVARIANT(owner != NULL); /* the dead have no pending ends */
    agents_deliver(core->agents, owner, &event);
    return CHANNEL_FINE;
}

/* ---- packets ---- */

/* The packet's share of what was held when it was armed; the last one takes what is left. */
static struct money packet_reserve(struct channel_end *end, uint64_t armed_before)
{
    struct money share = money_share_floor(end->armed_reserve, 1, armed_before);

    if (armed_before == 1)
        share = end->armed_reserve;
    INVARIANT(money_sub(&end->armed_reserve, end->armed_reserve, share));
    return share;
}

/* It was sent before the sender heard that this end was sold: its money goes to the seller. */
static void hear_late_packet(struct core *core, const struct channel_end *end,
                             const struct channel_message *packet)
{
    money_arrives(core, packet);
    move(core, ACCOUNT_HELD_PACKET, agents_payee(core->agents, end->owner), packet->money,
         TRANSFER_PACKET_LATE, end->id);
}

static enum channel_verdict hear_packet(struct core *core, struct channel_end *end,
                                        const struct channel_message *packet)
{
    uint64_t armed = channel_armed_open(end);
    enum channel_verdict verdict = channel_received(end, core->undo, packet);
    struct message event = {.kind = SERAI_EVENT_PACKET,
                            .end = end->id,
                            .money = packet->money,
                            .data = packet->data,
                            .size = packet->size};
    struct agent *owner = agents_find(core->agents, end->owner);

    if (verdict == CHANNEL_IS_CLOSED) {
        hear_late_packet(core, end, packet);
        return CHANNEL_FINE;
    }
    if (verdict != CHANNEL_FINE)
        return verdict;
    INVARIANT(owner != NULL);    /* the dead have no open ends */
    core_end_changed(core, end); /* what waits from now on counts itself */
    channel_touch(end, core->undo);
    event.reserve = packet_reserve(end, armed);
    money_arrives(core, packet);
    move(core, ACCOUNT_HELD_PACKET, end->owner, packet->money, TRANSFER_PACKET_RECEIVED, end->id);
    agents_deliver(core->agents, owner, &event);
    core_link_wake(core, packet, owner);
    return CHANNEL_FINE;
}

static enum channel_verdict hear_credit(struct core *core, struct channel_end *end,
                                        const struct channel_message *credit)
{
    bool room = false;
    enum channel_verdict verdict = channel_credited(end, core->undo, credit, &room);

    if (verdict == CHANNEL_IS_CLOSED)
        return CHANNEL_FINE; /* granted before the far end heard that this one was sold */
    if (verdict != CHANNEL_FINE || !room)
        return verdict;
    core_end_changed(core, end);
    core_end_event(core, end, SERAI_EVENT_ROOM, end->room_reserve);
    channel_touch(end, core->undo);
    end->room_reserve = money_zero();
    return CHANNEL_FINE;
}

/* ---- closing ---- */

/* Nothing more arrives on this end: what was held for packets and room comes back. */
static void release_reserves(struct core *core, struct channel_end *end)
{
    uint64_t payee = agents_payee(core->agents, end->owner);

    move(core, ACCOUNT_HELD_RESERVE, payee, end->armed_reserve, TRANSFER_RESERVE, end->id);
    move(core, ACCOUNT_HELD_RESERVE, payee, end->room_reserve, TRANSFER_RESERVE, end->id);
    channel_touch(end, core->undo);
    end->armed_reserve = money_zero();
    end->room_reserve = money_zero();
}

static enum channel_verdict hear_close(struct core *core, struct channel_end *end)
{
    struct channel_message closed = {0};
    bool signal = false;
    enum channel_verdict verdict =
        channels_far_closed(core->channels, end, core->undo, &closed, &signal);

    if (verdict != CHANNEL_FINE)
        return verdict;
    core_end_changed(core, end);
    if (signal) {
        release_reserves(core, end);
        core_end_event(core, end, SERAI_EVENT_CLOSED, end->close_reserve);
        end->close_reserve = money_zero();
    }
    core_wire(core, &closed);
    return CHANNEL_FINE;
}

/*
 * The BIRTH of a pending end that no frame has numbered yet is as if it had never been said. Within
 * the site a purchase is answered in the order itself, so only links have pending ends.
 */
static bool withdraw_birth(struct core *core, struct channel_end *end, uint64_t payee)
{
    struct link *link = links_find(core->links, end->interface);

    INVARIANT(link != NULL);
    if (!link_withdraw(core->links, link, core->undo, end->number))
        return false;
    move(core, ACCOUNT_HELD_PACKET, payee, plus(end->asked_endowment, end->asked_fee),
         TRANSFER_BIRTH_BACK, end->id);
    channels_withdraw(core->channels, end, core->undo);
    core_end_changed(core, end);
    return true;
}

void core_sell_end(struct core *core, struct channel_end *end)
{
    uint64_t payee = agents_payee(core->agents, end->owner);
    struct channel_message close = {0};
    bool tell_far = false;

    release_reserves(core, end);
    move(core, ACCOUNT_DEPOSIT_CHANNEL, payee, end->deposit, TRANSFER_CHANNEL_REFUND, end->id);
    move(core, ACCOUNT_HELD_RESERVE, payee, end->close_reserve, TRANSFER_RESERVE, end->id);
    move(core, ACCOUNT_HELD_RESERVE, payee, end->answer_reserve, TRANSFER_RESERVE, end->id);
    end->deposit = money_zero();
    end->close_reserve = money_zero();
    end->answer_reserve = money_zero();
    if (end->state == CHANNEL_PENDING && withdraw_birth(core, end, payee))
        return;
    channels_sell(core->channels, end, core->undo, &close, &tell_far);
    core_end_changed(core, end);
    if (tell_far)
        core_wire(core, &close);
}

/* ---- routing ---- */

/* Both ends were sold at once: each CLOSE was answer enough.  Nothing else is for no end. */
static enum channel_verdict hear_at_no_end(struct core *core, const struct channel_message *message)
{
    if (message->kind != CHANNEL_CLOSED)
        return CHANNEL_UNKNOWN;
    core_link_in_vain(core, message->interface);
    return CHANNEL_FINE;
}

enum channel_verdict core_hear(struct core *core, const struct channel_message *message)
{
    struct channel_end *end =
        channels_at(core->channels, message->interface, message->number, message->to);
    enum channel_verdict verdict;

    if (message->kind == CHANNEL_BIRTH)
        return hear_birth(core, message);
    if (end == NULL)
        return hear_at_no_end(core, message);
    switch (message->kind) {
    case CHANNEL_ANSWER:
        return hear_answer(core, end, message);
    case CHANNEL_PACKET:
        return hear_packet(core, end, message);
    case CHANNEL_CREDIT:
        return hear_credit(core, end, message);
    case CHANNEL_CLOSE:
        return hear_close(core, end);
    case CHANNEL_CLOSED:
        verdict = channels_closed(core->channels, end, core->undo);
        core_end_changed(core, end);
        return verdict == CHANNEL_UNKNOWN ? CHANNEL_FINE : verdict;
    case CHANNEL_BIRTH:
        break;
    }
    return CHANNEL_UNKNOWN;
}

void core_wire(struct core *core, const struct channel_message *message)
{
    struct money from_birth = message->money;

    if (message->interface == CHANNEL_INTERFACE_SELF) {
        INVARIANT(core_hear(core, message) == CHANNEL_FINE); /* our own checks saw to it */
        return;
    }
    /* Until it is numbered, with the frame, the money that leaves lies in held:packet. */
    if (message->kind == CHANNEL_BIRTH || message->kind == CHANNEL_ANSWER)
        move(core, ACCOUNT_HELD_BIRTH, ACCOUNT_HELD_PACKET, from_birth,
             message->kind == CHANNEL_BIRTH ? TRANSFER_BIRTH_HOLD : TRANSFER_BIRTH_CHANGE,
             message->number);
    core_link_say(core, message);
}
