/*
 * Messages between the two ends of channels, and the money that goes with them.  On interface self
 * a message is heard the moment it is said, within the same turn and undone with it; links will put
 * it into their transcript instead and call core_heard() when it has crossed.
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

    INVARIANT(owner != NULL); /* a dead agent's ends are closing, and hear nothing */
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

static int32_t birth_status(enum birth_result result)
{
    switch (result) {
    case BIRTH_DONE:
        return 0;
    case BIRTH_SHORT:
        return SERAI_E_SHORT;
    case BIRTH_QUOTA:
        return SERAI_E_QUOTA;
    case BIRTH_FULL:
        return SERAI_E_FULL;
    case BIRTH_NO_CODE:
        return SERAI_E_MISSING;
    }
    return SERAI_E_INVALID;
}

static int32_t birth_refusal(struct core *core, const struct channel_message *message,
                             const struct birth *birth, struct money fee)
{
    struct money least = plus(agents_birth_min(core->agents), child_end_cost(core));
    enum birth_result result;

    if (money_compare(fee, message->fee) > 0 || money_compare(message->endowment, least) < 0)
        return SERAI_E_SHORT;
    return agents_birth_check(core->agents, birth, &result) ? 0 : birth_status(result);
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

static void take_fees(struct core *core)
{
    struct transfer fee = {.debit = ACCOUNT_HELD_BIRTH,
                           .credit = ACCOUNT_REVENUE_BIRTHS,
                           .amount = core->book.birth_fee,
                           .code = TRANSFER_BIRTH_FEE,
                           .quantity = 1,
                           .price_id = core->book.id};

    agents_post(core->agents, &fee);
    fee.credit = ACCOUNT_REVENUE_CHANNELS;
    fee.amount = core->book.channel_fee;
    fee.code = TRANSFER_CHANNEL_FEE;
    agents_post(core->agents, &fee);
}

static void hear_birth(struct core *core, const struct channel_message *message)
{
    struct money fee = plus(core->book.birth_fee, core->book.channel_fee);
    struct birth birth = {
        .customer = message->customer,
        .parent = message->parent,
        .name = message->name,
        .code = core->loader,
        .args = NULL,
        .payer = ACCOUNT_HELD_BIRTH,
        .endowment = message->endowment,
        .endowment_code = TRANSFER_BIRTH_ENDOWMENT,
    };
    int32_t refusal = birth_refusal(core, message, &birth, fee);
    struct channel_message answer = {0};
    struct channel_end *end;
    struct agent *child;

    if (refusal != 0) {
        channels_refuse(message, refusal, &answer);
        core_wire(core, &answer);
        return;
    }
    end = channels_accept(core->channels, core->undo, message, 0, SERAI_FIRST_CREDIT_PACKETS,
                          SERAI_FIRST_CREDIT_BYTES, &answer);
    birth.origin = (struct cap){.kind = SERAI_KIND_CHANNEL, .object = end->id};
    INVARIANT(agents_birth(core->agents, &birth, &child) == BIRTH_DONE);
    channel_touch(end, core->undo);
    end->owner = agent_id(child);
    child_pays_for_end(core, end);
    take_fees(core);
    answer.fee = fee;
    INVARIANT(money_sub(&answer.money, message->fee, fee));
    core_wire(core, &answer);
}

/* The buyer's side of a refusal: everything that was held for the end comes back. */
static void refund_refused(struct core *core, const struct channel_end *end)
{
    move(core, ACCOUNT_DEPOSIT_CHANNEL, end->owner, end->deposit, TRANSFER_CHANNEL_REFUND, end->id);
    move(core, ACCOUNT_HELD_RESERVE, end->owner, end->close_reserve, TRANSFER_RESERVE, end->id);
}

static void hear_answer(struct core *core, struct channel_end *end,
                        const struct channel_message *answer)
{
    struct agent *owner = agents_find(core->agents, end->owner);
    struct message event = {
        .kind = SERAI_EVENT_ANSWER,
        .end = end->id,
        .status = answer->status,
        .fee = answer->fee,
        .money = answer->money,
        .reserve = end->answer_reserve,
    };

    INVARIANT(owner != NULL); /* within the site the answer comes before anyone could die */
    move(core, ACCOUNT_HELD_BIRTH, end->owner, answer->money,
         answer->status == 0 ? TRANSFER_BIRTH_CHANGE : TRANSFER_BIRTH_BACK, end->id);
    if (answer->status != 0)
        refund_refused(core, end);
    channel_touch(end, core->undo);
    end->answer_reserve = money_zero();
    end->birth_money = money_zero();
    if (answer->status != 0) {
        end->deposit = money_zero();
        end->close_reserve = money_zero();
    }
    agents_deliver(core->agents, owner, &event);
    INVARIANT(channels_answered(core->channels, end, core->undo, answer) == CHANNEL_FINE);
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

static void hear_packet(struct core *core, struct channel_end *end,
                        const struct channel_message *packet)
{
    uint64_t armed = channel_armed_open(end);
    enum channel_verdict verdict = channel_received(end, core->undo, packet);
    struct message event = {.kind = SERAI_EVENT_PACKET,
                            .end = end->id,
                            .money = packet->money,
                            .data = packet->data,
                            .size = packet->size};
    struct agent *owner;

    /* The sender's own check step, at this same site, saw to it. */
    INVARIANT(verdict == CHANNEL_FINE);
    owner = agents_find(core->agents, end->owner);
    INVARIANT(owner != NULL);
    channel_touch(end, core->undo);
    event.reserve = packet_reserve(end, armed);
    move(core, ACCOUNT_HELD_PACKET, end->owner, packet->money, TRANSFER_PACKET_RECEIVED, end->id);
    agents_deliver(core->agents, owner, &event);
}

static void hear_credit(struct core *core, struct channel_end *end,
                        const struct channel_message *credit)
{
    bool room = false;

    INVARIANT(channel_credited(end, core->undo, credit, &room) == CHANNEL_FINE);
    if (!room)
        return;
    core_end_event(core, end, SERAI_EVENT_ROOM, end->room_reserve);
    channel_touch(end, core->undo);
    end->room_reserve = money_zero();
}

/* ---- closing ---- */

/* Nothing more arrives on this end: what was held for packets and room comes back. */
static void release_reserves(struct core *core, struct channel_end *end)
{
    move(core, ACCOUNT_HELD_RESERVE, end->owner, end->armed_reserve, TRANSFER_RESERVE, end->id);
    move(core, ACCOUNT_HELD_RESERVE, end->owner, end->room_reserve, TRANSFER_RESERVE, end->id);
    channel_touch(end, core->undo);
    end->armed_reserve = money_zero();
    end->room_reserve = money_zero();
}

static void hear_close(struct core *core, struct channel_end *end)
{
    struct channel_message closed = {0};
    bool was_open = end->state == CHANNEL_OPEN;
    bool signal = false;

    if (was_open) {
        release_reserves(core, end);
        core_end_event(core, end, SERAI_EVENT_CLOSED, end->close_reserve);
        end->close_reserve = money_zero();
    }
    INVARIANT(channels_far_closed(core->channels, end, core->undo, &closed, &signal) ==
              CHANNEL_FINE);
    INVARIANT(signal == was_open);
    core_wire(core, &closed);
}

void core_sell_end(struct core *core, struct channel_end *end)
{
    struct channel_message close = {0};
    bool tell_far = false;

    release_reserves(core, end);
    move(core, ACCOUNT_DEPOSIT_CHANNEL, end->owner, end->deposit, TRANSFER_CHANNEL_REFUND, end->id);
    move(core, ACCOUNT_HELD_RESERVE, end->owner, end->close_reserve, TRANSFER_RESERVE, end->id);
    end->deposit = money_zero();
    end->close_reserve = money_zero();
    channels_sell(core->channels, end, core->undo, &close, &tell_far);
    if (tell_far)
        core_wire(core, &close);
}

/* ---- routing ---- */

void core_wire(struct core *core, const struct channel_message *message)
{
    struct channel_end *end;

    INVARIANT(message->interface == CHANNEL_INTERFACE_SELF);
    if (message->kind == CHANNEL_BIRTH) {
        hear_birth(core, message);
        return;
    }
    end = channels_at(core->channels, message->interface, message->number, message->to);
    INVARIANT(end != NULL); /* both ends are ours, and the far one outlives the handshake */
    switch (message->kind) {
    case CHANNEL_ANSWER:
        hear_answer(core, end, message);
        break;
    case CHANNEL_PACKET:
        hear_packet(core, end, message);
        break;
    case CHANNEL_CREDIT:
        hear_credit(core, end, message);
        break;
    case CHANNEL_CLOSE:
        hear_close(core, end);
        break;
    case CHANNEL_CLOSED:
        INVARIANT(channels_closed(core->channels, end, core->undo) == CHANNEL_FINE);
        break;
    case CHANNEL_BIRTH:
        break;
    }
}
