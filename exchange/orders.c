/* Orders on channel pools and channel ends: where agents, channels and prices meet. */
#include <string.h>

#include "agents/limits.h"
#include "site/core/state.h"

static int64_t refusal_of(enum channel_verdict verdict)
{
    switch (verdict) {
    case CHANNEL_FINE:
        return 0;
    case CHANNEL_NO_CREDIT:
        return SERAI_E_CREDIT;
    case CHANNEL_NOT_OPEN:
        return SERAI_E_PENDING;
    case CHANNEL_IS_CLOSED:
    case CHANNEL_UNKNOWN:
        return SERAI_E_CLOSED;
    case CHANNEL_TOO_LARGE:
        return SERAI_E_INVALID;
    case CHANNEL_TOO_MUCH:
    case CHANNEL_UNARMED:
        return SERAI_E_FULL;
    case CHANNEL_HAS_ASKED:
        return SERAI_E_EXISTS;
    }
    return SERAI_E_INVALID;
}

static struct channel_end *end_of(struct core *core, const struct turn *turn, uint64_t slot,
                                  int64_t *refusal)
{
    const struct cap *cap = turn_cap(turn, slot, SERAI_KIND_CHANNEL, refusal);
    struct channel_end *end;

    if (cap == NULL)
        return NULL;
    end = channels_find(core->channels, cap->object);
    if (end == NULL || end->owner != agent_id(turn_agent(turn)) || channel_is_sold(end)) {
        *refusal = SERAI_E_CLOSED;
        return NULL;
    }
    return end;
}

static bool pay(struct turn *turn, uint64_t to, struct money amount, enum transfer_code code,
                uint64_t object)
{
    struct transfer transfer = {.debit = agent_id(turn_agent(turn)),
                                .credit = to,
                                .amount = amount,
                                .code = code,
                                .object = object};

    return money_is_zero(amount) || turn_pay(turn, &transfer);
}

/* ---- the pool ---- */

static int64_t describe(struct core *core, struct turn *turn, const uint64_t *args)
{
    const struct link *link = links_find(core->links, (uint32_t)args[1]);
    const char *name = args[1] == CHANNEL_INTERFACE_SELF ? "self" : NULL;
    uint64_t size = args[3];
    uint8_t *to;

    if (name == NULL && link == NULL)
        return SERAI_E_MISSING;
    if (name == NULL)
        name = link->name;
    if (size > strlen(name))
        size = strlen(name);
    to = turn_write(turn, args[2], size);
    if (to == NULL)
        return SERAI_E_MEMORY;
    memcpy(to, name, size);
    return (int64_t)size;
}

/* Endowment and largest fee, the deposit for this end, and two events: the answer and the close. */
static bool cost_of_buying(const struct core *core, struct money endowment, struct money max_fee,
                           struct money *sum)
{
    struct money reserve = agents_reserve(core->agents);

    return money_add(sum, endowment, max_fee) && money_add(sum, *sum, core->book.channel_deposit) &&
           money_add(sum, *sum, reserve) && money_add(sum, *sum, reserve);
}

static int64_t buy(struct core *core, struct turn *turn, const uint64_t *args)
{
    struct money reserve = agents_reserve(core->agents);
    struct channel_message birth = {.customer = agent_customer(turn_agent(turn)),
                                    .payer = core_cap_of(core, agent_customer(turn_agent(turn))),
                                    .parent = agent_id(turn_agent(turn)),
                                    .name = agent_name(turn_agent(turn))};
    struct cap cap = {.kind = SERAI_KIND_CHANNEL};
    struct channel_holding bought = channel_holds(&(struct channel_end){.state = CHANNEL_PENDING});
    struct money sum;
    struct channel_end *end;
    int64_t refusal;
    int64_t slot;

    uint32_t interface = (uint32_t)args[1];

    if (!money_from_guest(&birth.endowment, args[2]) || !money_from_guest(&birth.fee, args[3]))
        return SERAI_E_INVALID;
    if (!turn_has_slot(turn) || channels_check_buy(core->channels, interface) != CHANNEL_FINE)
        return SERAI_E_FULL;
    if (!cost_of_buying(core, birth.endowment, birth.fee, &sum) || !turn_can_pay(turn, sum))
        return SERAI_E_SHORT;
    if (!turn_work(turn, WORK_BIRTH))
        return SERAI_E_SHORT;
    INVARIANT(money_add(&birth.money, birth.endowment, birth.fee));
    refusal = core_link_refusal(core, interface, birth.payer, birth.money, 0);
    if (refusal != 0)
        return refusal;
    if (!core_may_hold(core, birth.customer, bought))
        return SERAI_E_QUOTA;
    end = channels_buy(core->channels, core->undo, agent_id(turn_agent(turn)), interface, &birth);
    channel_touch(end, core->undo);
    end->asked_endowment = birth.endowment;
    end->asked_fee = birth.fee;
    end->birth_money = birth.money;
    end->deposit = core->book.channel_deposit;
    end->answer_reserve = reserve;
    end->close_reserve = reserve;
    core_end_made(core, end, birth.customer);
    INVARIANT(pay(turn, ACCOUNT_HELD_BIRTH, end->birth_money, TRANSFER_BIRTH_HOLD, end->id));
    INVARIANT(pay(turn, ACCOUNT_DEPOSIT_CHANNEL, end->deposit, TRANSFER_CHANNEL_DEPOSIT, end->id));
    INVARIANT(pay(turn, ACCOUNT_HELD_RESERVE, reserve, TRANSFER_RESERVE_HOLD, end->id));
    INVARIANT(pay(turn, ACCOUNT_HELD_RESERVE, reserve, TRANSFER_RESERVE_HOLD, end->id));
    cap.object = end->id;
    slot = turn_give_cap(turn, &cap);
    INVARIANT(slot >= 0); /* a slot was free */
    if (interface != CHANNEL_INTERFACE_SELF)
        end->birth_money = money_zero(); /* it leaves with the message */
    core_wire(core, &birth);
    return slot;
}

static int64_t sell(struct core *core, struct turn *turn, uint64_t slot)
{
    int64_t refusal = 0;
    struct channel_end *end = end_of(core, turn, slot, &refusal);
    enum channel_verdict verdict;
    int64_t refund;

    if (end == NULL)
        return refusal;
    verdict = channel_check_sell(end);
    if (verdict != CHANNEL_FINE)
        return refusal_of(verdict);
    refund = (int64_t)money_nanos(end->deposit);
    turn_take_cap(turn, slot);
    core_sell_end(core, end);
    return refund;
}

/* ---- an end ---- */

static int64_t send_packet(struct core *core, struct turn *turn, struct channel_end *end,
                           const uint8_t *data, size_t size, uint64_t money)
{
    struct channel_message packet = {
        .data = data, .size = size, .payer = core_cap_of(core, agent_customer(turn_agent(turn)))};
    enum channel_verdict verdict = channel_check_send(end, size);
    struct interface_prices prices = core_interface_prices(core, end->interface);
    struct packet_prices tolls = {
        .object = 2 * prices.object, .packets = prices.packets, .packet_data = prices.packet_data};
    int64_t refusal;

    if (!turn_work(turn, WORK_LOOK))
        return SERAI_E_SHORT;
    if (!money_from_guest(&packet.money, money))
        return SERAI_E_INVALID;
    if (verdict != CHANNEL_FINE)
        return refusal_of(verdict);
    refusal = core_link_refusal(core, end->interface, packet.payer, packet.money, size);
    if (refusal != 0)
        return refusal;
    if (!turn_can_pay(turn, packet.money) || !turn_packet_toll(turn, &tolls, size))
        return SERAI_E_SHORT;
    if (!pay(turn, ACCOUNT_HELD_PACKET, packet.money, TRANSFER_PACKET_SENT, end->id))
        return SERAI_E_SHORT; /* the toll took what the packet lacked; it stands */
    channel_send(end, core->undo, size, &packet);
    core_wire(core, &packet);
    return 0;
}

static int64_t order_send(struct core *core, struct turn *turn, struct channel_end *end,
                          const uint64_t *args)
{
    const uint8_t *data;

    if (args[2] > CHANNEL_PACKET_BYTES_MAX)
        return SERAI_E_INVALID;
    data = turn_read(turn, args[1], args[2]);
    if (data == NULL)
        return SERAI_E_MEMORY;
    return send_packet(core, turn, end, data, (size_t)args[2], args[3]);
}

static int64_t order_send_buffer(struct core *core, struct turn *turn, struct channel_end *end,
                                 const uint64_t *args)
{
    int64_t refusal = 0;
    const struct cap *buffer = turn_cap(turn, args[1], SERAI_KIND_BUFFER, &refusal);

    if (buffer == NULL)
        return refusal;
    if ((buffer->rights & SERAI_RIGHT_READ) == 0)
        return SERAI_E_RIGHT;
    if (args[3] > CHANNEL_PACKET_BYTES_MAX ||
        !turn_buffer_read(turn, buffer, args[2], args[3], core->packet))
        return SERAI_E_INVALID;
    return send_packet(core, turn, end, core->packet, (size_t)args[3], args[4]);
}

static int64_t arm(struct core *core, struct turn *turn, struct channel_end *end,
                   const uint64_t *args)
{
    struct channel_message credit = {0};
    enum channel_verdict verdict;
    struct money reserve;

    if (args[1] == 0 || args[2] == 0)
        return SERAI_E_INVALID;
    verdict = channel_check_arm(end, args[1], args[2]);
    if (verdict != CHANNEL_FINE)
        return refusal_of(verdict);
    if (!core_end_may_hold(core, end, channel_would_hold(end, args[1], args[2])))
        return SERAI_E_QUOTA;
    if (!money_scale(&reserve, agents_reserve(core->agents), args[1]) ||
        !turn_can_pay(turn, reserve))
        return SERAI_E_SHORT;
    INVARIANT(pay(turn, ACCOUNT_HELD_RESERVE, reserve, TRANSFER_RESERVE_HOLD, end->id));
    if (end->interface != CHANNEL_INTERFACE_SELF) /* else who sends pays for the turn */
        agents_work(core->agents, args[1] * WORK_MESSAGE);
    channel_arm(end, core->undo, args[1], args[2], &credit);
    core_end_changed(core, end);
    INVARIANT(money_add(&end->armed_reserve, end->armed_reserve, reserve));
    core_wire(core, &credit);
    return 0;
}

/* Whether there is credit, and a place on the link for a packet of any size. */
static bool has_room(struct core *core, const struct turn *turn, const struct channel_end *end)
{
    uint64_t payer = core_cap_of(core, agent_customer(turn_agent(turn)));

    return channel_may_send(end) > 0 && core_link_refusal(core, end->interface, payer, money_zero(),
                                                          CHANNEL_PACKET_BYTES_MAX) != SERAI_E_FULL;
}

static int64_t ask_room(struct core *core, struct turn *turn, struct channel_end *end)
{
    enum channel_verdict verdict = channel_check_room(end);
    struct money reserve = agents_reserve(core->agents);

    if (verdict != CHANNEL_FINE)
        return refusal_of(verdict);
    if (!agents_quota_allows(core->agents, end->customer, CUSTOMER_EVENTS, 1))
        return SERAI_E_QUOTA;
    if (!pay(turn, ACCOUNT_HELD_RESERVE, reserve, TRANSFER_RESERVE_HOLD, end->id))
        return SERAI_E_SHORT;
    if (has_room(core, turn, end)) {
        core_end_event(core, end, SERAI_EVENT_ROOM, reserve);
        return 0;
    }
    agents_work_message(core->agents, 0);
    channel_ask_room(end, core->undo);
    core_end_changed(core, end);
    end->room_reserve = reserve;
    if (channel_may_send(end) > 0)
        core_link_wait(core, end);
    return 0;
}

static int64_t on_end(struct core *core, struct turn *turn, enum serai_order order,
                      const uint64_t *args)
{
    int64_t refusal = 0;
    struct channel_end *end = end_of(core, turn, args[0], &refusal);

    if (end == NULL)
        return refusal;
    if (order == SERAI_ORDER_channel_send)
        return order_send(core, turn, end, args);
    if (order == SERAI_ORDER_channel_send_buffer)
        return order_send_buffer(core, turn, end, args);
    if (order == SERAI_ORDER_channel_arm)
        return arm(core, turn, end, args);
    if (order == SERAI_ORDER_channel_room)
        return ask_room(core, turn, end);
    INVARIANT(order == SERAI_ORDER_channel_credit);
    return (int64_t)channel_may_send(end);
}

int64_t core_channel_order(void *context, struct turn *turn, enum serai_order order,
                           const uint64_t *args)
{
    struct core *core = context;

    if (order == SERAI_ORDER_channel_count)
        return 1 + (int64_t)links_interfaces(core->links);
    if (order == SERAI_ORDER_channel_describe)
        return describe(core, turn, args);
    if (order == SERAI_ORDER_channel_buy)
        return buy(core, turn, args);
    if (order == SERAI_ORDER_channel_sell)
        return sell(core, turn, args[1]);
    if (order == SERAI_ORDER_channel_close)
        return sell(core, turn, args[0]);
    return on_end(core, turn, order, args);
}
