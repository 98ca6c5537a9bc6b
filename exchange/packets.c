/*
 * Packets that come, and the grants that let them (docs/wire.md, PACKET and CREDIT).  The receiver
 * paid for each packet's event when it granted it: all that an end granted is one pool in
 * held:reserve, and each packet takes its share.
 */
#include "exchange/packets.h"

#include "agents/agents.h"
#include "agents/message.h"
#include "agents/turn.h"
#include "exchange/booking.h"
#include "exchange/ends.h"
#include "exchange/holdings.h"

/* The packet's share of what was held when it was granted; the last one takes what is left. */
static struct money packet_reserve(struct exchange_end *held, uint64_t granted_before)
{
    struct money share = money_share_floor(held->grant_reserve, 1, granted_before);

    if (granted_before == 1)
        share = held->grant_reserve;
    money_deduct(&held->grant_reserve, share);
    return share;
}

/* It was sent before CLOSE reached the sender: its money goes to whoever sold this end. */
static void packet_take_late(struct exchange *exchange, const struct channel_end *end,
                             const struct received *received)
{
    uint64_t seller = agents_payee(exchange->agents, end->owner);

    booking_receive(exchange, received, ACCOUNT_HELD_PACKET);
    agents_move(exchange->agents, ACCOUNT_HELD_PACKET, seller, received->message->money,
                TRANSFER_PACKET_LATE, end->id);
}

/* Its money goes through held:packet to the owner, and the packet into the owner's inbox. */
static void packet_take(struct exchange *exchange, struct channel_end *end,
                        const struct exchange_end *held, const struct received *received,
                        struct money reserve)
{
    const struct channel_message *packet = received->message;
    struct agent *owner = agents_find(exchange->agents, end->owner);
    struct message event = {.kind = SERAI_EVENT_PACKET,
                            .end = end->id,
                            .money = packet->money,
                            .reserve = reserve,
                            .data = packet->data,
                            .size = packet->size};

    INVARIANT(owner != NULL); /* the dead have no open ends */
    booking_receive(exchange, received, ACCOUNT_HELD_PACKET);
    agents_move(exchange->agents, ACCOUNT_HELD_PACKET, end->owner, packet->money,
                TRANSFER_PACKET_RECEIVED, end->id);
    landing_put(exchange, held, end, &event);
    agents_deliver(exchange->agents, owner, &event);
    ends_wake(exchange, packet->interface, owner);
}

enum channel_result packets_receive(struct exchange *exchange, struct channel_end *end,
                                    const struct received *received)
{
    uint64_t granted = channel_granted_open(end);
    struct exchange_end *held;
    enum channel_result result = channel_receive_packet(end, exchange->undo, received->message);

    if (result == CHANNEL_IS_CLOSED) {
        packet_take_late(exchange, end, received);
        return CHANNEL_FINE;
    }
    if (result != CHANNEL_FINE)
        return result;
    /* First the count of the end falls, as what waits in the inbox counts itself. */
    holdings_follow(exchange, end);
    held = ends_change(exchange, end);
    packet_take(exchange, end, held, received, packet_reserve(held, granted));
    return CHANNEL_FINE;
}

enum channel_result packets_receive_grant(struct exchange *exchange, struct channel_end *end,
                                          struct received *received)
{
    const struct link *link = links_find(exchange->links, received->message->interface);
    bool room = false;
    bool news = true;
    struct exchange_end *held;
    enum channel_result result;

    /* After a loss of power here the peer repeats grants that packets sent before have used. */
    if (link != NULL && received->seq <= link->regrants_seq)
        result = channel_receive_regrant(end, exchange->undo, received->message, &news, &room);
    else
        result = channel_receive_credit(end, exchange->undo, received->message, &room);
    received->in_vain = !news;

    if (result == CHANNEL_IS_CLOSED)
        return CHANNEL_FINE; /* granted before CLOSE reached the far end */
    if (result != CHANNEL_FINE || !room)
        return result;
    holdings_follow(exchange, end);
    held = ends_change(exchange, end);
    ends_notify(exchange, end, SERAI_EVENT_ROOM, held->room_reserve);
    held->room_reserve = money_zero();
    return CHANNEL_FINE;
}
