/*
 * Orders on channel pools and channel ends: where agents, channels and prices meet
 * (docs/guest-abi.md).  Each is checked whole before anything changes: by the channel, by the link,
 * by the agent's money and quotas, in an order that the agent sees.  Fees alone are taken at once:
 * they stand whatever becomes of the turn.
 */
#include "exchange/orders.h"

#include <assert.h>
#include <string.h>

#include "agents/agents.h"
#include "agents/cap.h"
#include "agents/limits.h"
#include "agents/message.h"
#include "agents/quotas.h"
#include "agents/turn.h"
#include "exchange/delivery.h"
#include "exchange/ends.h"
#include "exchange/holdings.h"
#include "exchange/prices.h"
#include "exchange/room.h"

static_assert((int)SERAI_PRIORITY_MAX == (int)CHANNEL_PRIORITY_MAX,
              "agents and ends have the same");

/* The refusal of sdk/abi.h that an agent gets for the answer of a channel. */
static int64_t order_refusal(enum channel_result result)
{
    switch (result) {
    case CHANNEL_FINE:
        return 0;
    case CHANNEL_NO_WINDOW:
        return SERAI_E_CREDIT;
    case CHANNEL_NOT_OPEN:
        return SERAI_E_PENDING;
    case CHANNEL_IS_CLOSED:
    case CHANNEL_UNKNOWN:
        return SERAI_E_CLOSED;
    case CHANNEL_TOO_LARGE:
        return SERAI_E_INVALID;
    case CHANNEL_TOO_MUCH:
    case CHANNEL_NOT_GRANTED:
        return SERAI_E_FULL;
    case CHANNEL_HAS_ASKED:
        return SERAI_E_EXISTS;
    }
    return SERAI_E_INVALID;
}

/* The end that the cap in a slot leads to; NULL: *refusal says why it cannot be used. */
static struct channel_end *order_end(struct exchange *exchange, struct turn *turn, uint64_t slot,
                                     int64_t *refusal)
{
    const struct cap *cap = turn_cap(turn, slot, SERAI_KIND_CHANNEL, refusal);
    struct channel_end *end;

    if (cap == NULL)
        return NULL;
    /* A cap outlives its end, and the end may have another owner since. */
    end = channels_find(exchange->channels, cap->object);
    if (end == NULL || end->owner != agent_id(turn_agent(turn)) || channel_is_sold(end)) {
        *refusal = SERAI_E_CLOSED;
        return NULL;
    }
    return end;
}

/* Whose quotas hold for the agent whose turn it is. */
static uint64_t order_payer(const struct exchange *exchange, const struct turn *turn)
{
    return exchange->env.quota_owner(exchange->env.context, agent_customer(turn_agent(turn)));
}

/* ---- the pool ---- */

static int64_t order_describe(struct exchange *exchange, struct turn *turn, const uint64_t *args)
{
    const struct link *link = links_find(exchange->links, (uint32_t)args[1]);
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

/*
 * Which site it is, whatever its operator calls the link: by it agents on two sites know that they
 * mean the same third one.
 */
static int64_t order_peer(struct exchange *exchange, struct turn *turn, const uint64_t *args)
{
    const struct link *link = links_find(exchange->links, (uint32_t)args[1]);
    bool self = args[1] == CHANNEL_INTERFACE_SELF;
    uint8_t *to;

    if (!self && link == NULL)
        return SERAI_E_MISSING;
    to = turn_write(turn, args[2], LINK_KEY_BYTES);
    if (to == NULL)
        return SERAI_E_MEMORY;
    memcpy(to, self ? exchange->env.site_key : link->key, LINK_KEY_BYTES);
    return LINK_KEY_BYTES;
}

static_assert((int)SERAI_SITE_KEY_BYTES == (int)LINK_KEY_BYTES, "the guest has room for it");

/* ---- money near the limit of a link ---- */

/* What sending that money over the interface costs now, besides packets and births. */
static struct money order_drain_cost(const struct exchange *exchange, uint32_t interface,
                                     struct money money)
{
    struct transfer line;

    return prices_of_drain(agents_prices(exchange->agents), exchange->links, interface, money,
                           &line)
               ? line.amount
               : money_zero();
}

/* Charge it: the caller has seen that the agent can pay.  Undone with the turn, as the message. */
static void order_charge_drain(struct exchange *exchange, const struct turn *turn,
                               uint32_t interface, struct money money)
{
    struct transfer line;

    if (!prices_of_drain(agents_prices(exchange->agents), exchange->links, interface, money, &line))
        return;
    line.debit = agent_id(turn_agent(turn));
    agents_post(exchange->agents, &line);
}

/* The same for an agent that asks before it sends; a refusal is that of the limit alone. */
static int64_t order_quote(struct exchange *exchange, const uint64_t *args)
{
    const struct link *link = links_find(exchange->links, (uint32_t)args[1]);
    struct money money;

    if (!money_from_guest(&money, args[2]))
        return SERAI_E_INVALID;
    if (args[1] == CHANNEL_INTERFACE_SELF)
        return 0;
    if (link == NULL)
        return SERAI_E_MISSING;
    if (money_nanos(money) > LINK_MESSAGE_NANOS_MAX)
        return SERAI_E_INVALID;
    if (link_would_owe(exchange->links, link, money) > money_nanos(link->peer_limit))
        return SERAI_E_LIMIT;
    return (int64_t)money_nanos(order_drain_cost(exchange, (uint32_t)args[1], money));
}

/* ---- priorities ---- */

/* What packets of a class cost, for an agent that has yet to choose one. */
static int64_t order_terms(struct exchange *exchange, const uint64_t *args)
{
    uint32_t interface = (uint32_t)args[1];
    struct packet_prices prices;
    struct money strict;

    if (interface != CHANNEL_INTERFACE_SELF && links_find(exchange->links, interface) == NULL)
        return SERAI_E_MISSING;
    if (args[2] > SERAI_TERMS_DATA || args[3] > SERAI_PRIORITY_MAX)
        return SERAI_E_INVALID;
    prices = prices_of_packet(agents_prices(exchange->agents), exchange->links, interface,
                              (uint8_t)args[3]);
    if (args[2] == SERAI_TERMS_DATA)
        return (int64_t)money_nanos(prices.packet_data);
    /* All that goes by the packet: a price of the book is below 2^50, so the sum is below 2^61. */
    INVARIANT(money_scale(&strict, prices.strict, MARKET_PACKETS_UNIT));
    money_accumulate(&prices.packets, strict);
    return (int64_t)money_nanos(prices.packets);
}

/* From its next message on; those that wait for their numbers keep the class that they paid for. */
static int64_t order_priority(struct exchange *exchange, struct channel_end *end,
                              const uint64_t *args)
{
    enum channel_result result = channel_check_priority(end);

    if (args[1] > SERAI_PRIORITY_MAX)
        return SERAI_E_INVALID;
    if (result != CHANNEL_FINE)
        return order_refusal(result);
    channel_set_priority(end, exchange->undo, (uint8_t)args[1]);
    return 0;
}

/* ---- buying and selling ---- */

/*
 * Endowment and largest fee, what it costs to send them, the deposit for this end, and two events:
 * the answer and the close.
 */
static bool order_buy_cost(const struct exchange *exchange, uint32_t interface,
                           const struct channel_message *birth, struct money *sum)
{
    struct money reserve = agents_reserve(exchange->agents);
    struct money deposit = agents_prices(exchange->agents)->channel_deposit;

    return money_add(sum, birth->endowment, birth->fee) &&
           money_compare(*sum, money_site_max()) <= 0 &&
           money_add(sum, *sum, order_drain_cost(exchange, interface, *sum)) &&
           money_add(sum, *sum, deposit) && money_add(sum, *sum, reserve) &&
           money_add(sum, *sum, reserve);
}

/* Whether the purchase of `birth` may be made: 0, and its money is filled in; or a refusal. */
static int64_t order_buy_refusal(struct exchange *exchange, struct turn *turn, uint32_t interface,
                                 struct channel_message *birth)
{
    struct channel_holding bought = channel_holds(&(struct channel_end){.state = CHANNEL_PENDING});
    struct money sum;
    int64_t refusal;

    if (!turn_has_slot(turn) || channels_check_buy(exchange->channels, interface) != CHANNEL_FINE)
        return SERAI_E_FULL;
    if (!order_buy_cost(exchange, interface, birth, &sum) || !turn_can_pay(turn, sum))
        return SERAI_E_SHORT;
    /* What the birth will cost this site is work of the turn, whether it succeeds or not. */
    if (!turn_work(turn, WORK_BIRTH))
        return SERAI_E_SHORT;
    INVARIANT(money_add(&birth->money, birth->endowment, birth->fee)); /* the cost has both */
    refusal = room_refusal(exchange, interface, birth->payer, birth->money, 0);
    if (refusal != 0)
        return refusal;
    return holdings_allow(exchange, birth->customer, bought) ? 0 : SERAI_E_QUOTA;
}

/* The new end, with what its owner pays for it: all of it was checked. */
static struct channel_end *order_buy_end(struct exchange *exchange, struct turn *turn,
                                         uint32_t interface, struct channel_message *birth)
{
    struct money reserve = agents_reserve(exchange->agents);
    struct channel_end *end = channels_buy(exchange->channels, exchange->undo,
                                           agent_id(turn_agent(turn)), interface, birth);
    struct exchange_end *held = ends_begin(exchange, end, birth->customer);

    order_charge_drain(exchange, turn, interface, birth->money);
    held->asked_endowment = birth->endowment;
    held->asked_fee = birth->fee;
    held->deposit = agents_prices(exchange->agents)->channel_deposit;
    held->answer_reserve = reserve;
    held->close_reserve = reserve;
    if (interface == CHANNEL_INTERFACE_SELF) /* else it leaves with the message */
        held->birth_money = birth->money;
    holdings_follow(exchange, end);
    INVARIANT(turn_pay(turn, ACCOUNT_HELD_BIRTH, birth->money, TRANSFER_BIRTH_HOLD, end->id));
    INVARIANT(
        turn_pay(turn, ACCOUNT_DEPOSIT_CHANNEL, held->deposit, TRANSFER_CHANNEL_DEPOSIT, end->id));
    INVARIANT(turn_pay(turn, ACCOUNT_HELD_RESERVE, reserve, TRANSFER_RESERVE_HOLD, end->id));
    INVARIANT(turn_pay(turn, ACCOUNT_HELD_RESERVE, reserve, TRANSFER_RESERVE_HOLD, end->id));
    return end;
}

/* The slot is given at once; an ANSWER event says later whether there is a child. */
static int64_t order_buy(struct exchange *exchange, struct turn *turn, const uint64_t *args)
{
    struct channel_message birth = {.customer = agent_customer(turn_agent(turn)),
                                    .payer = order_payer(exchange, turn),
                                    .parent = agent_id(turn_agent(turn)),
                                    .name = agent_name(turn_agent(turn))};
    struct cap cap = {.kind = SERAI_KIND_CHANNEL};
    uint32_t interface = (uint32_t)args[1];
    int64_t refusal;
    int64_t slot;

    if (!money_from_guest(&birth.endowment, args[2]) || !money_from_guest(&birth.fee, args[3]))
        return SERAI_E_INVALID;
    exchange->env.customer_key(exchange->env.context, birth.customer, birth.customer_key);
    refusal = order_buy_refusal(exchange, turn, interface, &birth);
    if (refusal != 0)
        return refusal;
    /* Nothing below can refuse: money, slot and place were checked. */
    cap.object = order_buy_end(exchange, turn, interface, &birth)->id;
    slot = turn_give_cap(turn, &cap);
    INVARIANT(slot >= 0); /* a slot was free */
    delivery_send(exchange, &birth);
    return slot;
}

/* Answers the deposit that came back.  The cap goes before the end, which may vanish at once. */
static int64_t order_sell(struct exchange *exchange, struct turn *turn, uint64_t slot)
{
    int64_t refusal = 0;
    struct channel_end *end = order_end(exchange, turn, slot, &refusal);
    enum channel_result result;
    int64_t refund;

    if (end == NULL)
        return refusal;
    result = channel_check_sell(end);
    if (result != CHANNEL_FINE)
        return order_refusal(result);
    refund = (int64_t)money_nanos(ends_held(exchange, end)->deposit);
    turn_take_cap(turn, slot);
    delivery_sell(exchange, end);
    return refund;
}

/* ---- packets ---- */

/* Whether the packet may be sent, its fees and its money aside: 0 or a refusal. */
static int64_t order_packet_refusal(const struct exchange *exchange, const struct channel_end *end,
                                    const struct channel_message *packet)
{
    enum channel_result result = channel_check_send(end, packet->size);

    if (result != CHANNEL_FINE)
        return order_refusal(result);
    return room_refusal(exchange, end->interface, packet->payer, packet->money, packet->size);
}

/*
 * The fees stand whatever comes; the packet's money is staged with the turn, in held:packet, from
 * where it goes to the receiver within the site, or to the link with the frame.
 */
static bool order_pay_packet(struct exchange *exchange, struct turn *turn,
                             const struct channel_end *end, const struct channel_message *packet)
{
    struct packet_prices fees = prices_of_packet(agents_prices(exchange->agents), exchange->links,
                                                 end->interface, end->priority);
    struct money sum;

    if (!money_add(&sum, packet->money,
                   order_drain_cost(exchange, end->interface, packet->money)) ||
        !turn_can_pay(turn, sum) || !turn_packet_fee(turn, &fees, packet->size))
        return false;
    /* The fees may have taken what the packet lacks now. */
    if (!turn_can_pay(turn, sum))
        return false;
    order_charge_drain(exchange, turn, end->interface, packet->money);
    INVARIANT(turn_pay(turn, ACCOUNT_HELD_PACKET, packet->money, TRANSFER_PACKET_SENT, end->id));
    return true;
}

/* What both ways of sending share, once the packet's data is at hand. */
static int64_t order_send_packet(struct exchange *exchange, struct turn *turn,
                                 struct channel_end *end, struct channel_message *packet,
                                 uint64_t money)
{
    int64_t refusal;

    packet->payer = order_payer(exchange, turn);
    if (!turn_work(turn, WORK_LOOK))
        return SERAI_E_SHORT;
    if (!money_from_guest(&packet->money, money))
        return SERAI_E_INVALID;
    refusal = order_packet_refusal(exchange, end, packet);
    if (refusal != 0)
        return refusal;
    if (!order_pay_packet(exchange, turn, end, packet))
        return SERAI_E_SHORT;
    channel_send(end, exchange->undo, packet->size, packet->money, packet);
    delivery_send(exchange, packet);
    return 0;
}

static int64_t order_send(struct exchange *exchange, struct turn *turn, struct channel_end *end,
                          const uint64_t *args)
{
    struct channel_message packet = {.size = (size_t)args[2]};

    if (args[2] > CHANNEL_PACKET_BYTES_MAX)
        return SERAI_E_INVALID;
    /* Borrowed from the guest: the message is copied or delivered before the order ends. */
    packet.data = turn_read(turn, args[1], args[2]);
    if (packet.data == NULL)
        return SERAI_E_MEMORY;
    return order_send_packet(exchange, turn, end, &packet, args[3]);
}

static int64_t order_send_buffer(struct exchange *exchange, struct turn *turn,
                                 struct channel_end *end, const uint64_t *args)
{
    struct channel_message packet = {.data = exchange->packet, .size = (size_t)args[3]};
    int64_t refusal = 0;
    const struct cap *buffer = turn_cap(turn, args[1], SERAI_KIND_BUFFER, &refusal);

    if (buffer == NULL)
        return refusal;
    if ((buffer->rights & SERAI_RIGHT_READ) == 0)
        return SERAI_E_RIGHT;
    if (args[3] > CHANNEL_PACKET_BYTES_MAX ||
        !turn_buffer_read(turn, buffer, args[2], args[3], exchange->packet))
        return SERAI_E_INVALID;
    return order_send_packet(exchange, turn, end, &packet, args[4]);
}

/* ---- grants and room ---- */

/* Let more packets come: each brings an event, which its receiver pays for now. */
static int64_t order_grant(struct exchange *exchange, struct turn *turn, struct channel_end *end,
                           uint64_t packets, uint64_t bytes)
{
    struct channel_message grant = {0};
    struct exchange_end *held;
    enum channel_result result;
    struct money reserve;

    if (packets == 0 || bytes == 0)
        return SERAI_E_INVALID;
    result = channel_check_grant(end, packets, bytes);
    if (result != CHANNEL_FINE)
        return order_refusal(result);
    if (!holdings_allow_end(exchange, end, channel_would_hold(end, packets, bytes)))
        return SERAI_E_QUOTA;
    if (!money_scale(&reserve, agents_reserve(exchange->agents), packets) ||
        !turn_can_pay(turn, reserve))
        return SERAI_E_SHORT;
    /* One event reserve a packet, from now until its event is handled. */
    INVARIANT(turn_pay(turn, ACCOUNT_HELD_RESERVE, reserve, TRANSFER_RESERVE_HOLD, end->id));
    /* Over a link nobody here sends: the work of receiving is the grantor's. */
    if (end->interface != CHANNEL_INTERFACE_SELF)
        agents_work(exchange->agents, packets * WORK_MESSAGE);
    channel_grant(end, exchange->undo, packets, bytes, &grant);
    holdings_follow(exchange, end);
    held = ends_change(exchange, end);
    money_accumulate(&held->grant_reserve, reserve);
    delivery_send(exchange, &grant);
    return 0;
}

/*
 * The same, and the packets land in a buffer of the agent's, from an offset to its end by places of
 * one size.  Writing there is the receiver's work, whoever sends.
 */
static int64_t order_grant_into(struct exchange *exchange, struct turn *turn,
                                struct channel_end *end, const uint64_t *args)
{
    int64_t refusal = 0;
    const struct cap *buffer = turn_cap(turn, args[1], SERAI_KIND_BUFFER, &refusal);
    struct landing wanted = {.offset = args[2], .place_bytes = args[3]};
    uint64_t packets = args[4];
    int64_t size;

    if (buffer == NULL)
        return refusal;
    size = turn_own_buffer(turn, buffer);
    if (size < 0)
        return size;
    if (wanted.place_bytes == 0 || wanted.place_bytes > CHANNEL_PACKET_BYTES_MAX ||
        wanted.offset > (uint64_t)size || packets == 0)
        return SERAI_E_INVALID;
    wanted.buffer = buffer->object;
    wanted.places = ((uint64_t)size - wanted.offset) / wanted.place_bytes;
    if (wanted.places == 0)
        return SERAI_E_INVALID;
    refusal = landing_refusal(ends_held(exchange, end), end, &wanted, packets);
    if (refusal == 0) /* packets are at most places here, so the product is at most a buffer */
        refusal = order_grant(exchange, turn, end, packets, packets * wanted.place_bytes);
    if (refusal != 0)
        return refusal;
    agents_work(exchange->agents, packets * agents_buffer_work(wanted.place_bytes));
    landing_begin(ends_change(exchange, end), end, &wanted, packets);
    return 0;
}

/* Ask for one event when a packet can go: at once if it can now. */
static int64_t order_ask_room(struct exchange *exchange, struct turn *turn, struct channel_end *end)
{
    enum channel_result result = channel_check_room(end);
    struct money reserve = agents_reserve(exchange->agents);

    if (result != CHANNEL_FINE)
        return order_refusal(result);
    if (!agents_quota_allows(exchange->agents, ends_held(exchange, end)->customer, CUSTOMER_EVENTS,
                             1))
        return SERAI_E_QUOTA;
    if (!turn_pay(turn, ACCOUNT_HELD_RESERVE, reserve, TRANSFER_RESERVE_HOLD, end->id))
        return SERAI_E_SHORT;
    /* The answer is an event either way, so an agent needs one way of waiting. */
    if (room_is_there(exchange, end, order_payer(exchange, turn))) {
        ends_notify(exchange, end, SERAI_EVENT_ROOM, reserve);
        return 0;
    }
    agents_work_message(exchange->agents, 0);
    channel_ask_room(end, exchange->undo);
    holdings_follow(exchange, end);
    ends_change(exchange, end)->room_reserve = reserve;
    room_wait(exchange, end);
    return 0;
}

/* ---- which order ---- */

static int64_t order_on_end(struct exchange *exchange, struct turn *turn, enum serai_order order,
                            const uint64_t *args)
{
    int64_t refusal = 0;
    struct channel_end *end = order_end(exchange, turn, args[0], &refusal);

    if (end == NULL)
        return refusal;
    if (order == SERAI_ORDER_channel_send)
        return order_send(exchange, turn, end, args);
    if (order == SERAI_ORDER_channel_send_buffer)
        return order_send_buffer(exchange, turn, end, args);
    if (order == SERAI_ORDER_channel_arm)
        return order_grant(exchange, turn, end, args[1], args[2]);
    if (order == SERAI_ORDER_channel_arm_into)
        return order_grant_into(exchange, turn, end, args);
    if (order == SERAI_ORDER_channel_room)
        return order_ask_room(exchange, turn, end);
    if (order == SERAI_ORDER_channel_priority)
        return order_priority(exchange, end, args);
    INVARIANT(order == SERAI_ORDER_channel_credit);
    return (int64_t)channel_may_send(end);
}

int64_t orders_perform(struct exchange *exchange, struct turn *turn, enum serai_order order,
                       const uint64_t *args)
{
    if (order == SERAI_ORDER_channel_count)
        return 1 + (int64_t)links_interfaces(exchange->links);
    if (order == SERAI_ORDER_channel_describe)
        return order_describe(exchange, turn, args);
    if (order == SERAI_ORDER_channel_peer)
        return order_peer(exchange, turn, args);
    if (order == SERAI_ORDER_channel_quote)
        return order_quote(exchange, args);
    if (order == SERAI_ORDER_channel_terms)
        return order_terms(exchange, args);
    if (order == SERAI_ORDER_channel_buy)
        return order_buy(exchange, turn, args);
    if (order == SERAI_ORDER_channel_sell)
        return order_sell(exchange, turn, args[1]);
    if (order == SERAI_ORDER_channel_close)
        return order_sell(exchange, turn, args[0]);
    return order_on_end(exchange, turn, order, args);
}
