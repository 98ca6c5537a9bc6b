/*
 * Messages on their way between the two ends of channels.  On interface self a message is received
 * the moment it is sent, within the same turn and undone with it; a link puts it into its queue,
 * and the peer receives it in an event of its own.
 *
 * Whoever receives first asks the channel for its answer, which changes nothing when it is bad,
 * and only then lets money move: so a peer that breaks the rules leaves no trace but its freeze.
 */
#include "exchange/delivery.h"

#include "agents/turn.h"
#include "exchange/births.h"
#include "exchange/booking.h"
#include "exchange/closing.h"
#include "exchange/packets.h"

/* ---- receiving ---- */

/* Both ends were sold at once: each CLOSE was answer enough.  Nothing else is for no end. */
static enum channel_result delivery_receive_at_none(struct received *received)
{
    if (received->message->kind != CHANNEL_CLOSED)
        return CHANNEL_UNKNOWN;
    received->in_vain = true;
    return CHANNEL_FINE;
}

enum channel_result delivery_receive(struct exchange *exchange, struct received *received)
{
    const struct channel_message *message = received->message;
    struct channel_end *end =
        channels_at(exchange->channels, message->interface, message->number, message->to);

    if (message->kind == CHANNEL_BIRTH)
        return births_receive(exchange, received);
    if (end == NULL)
        return delivery_receive_at_none(received);
    switch (message->kind) {
    case CHANNEL_ANSWER:
        return births_receive_answer(exchange, end, received);
    case CHANNEL_PACKET:
        return packets_receive(exchange, end, received);
    case CHANNEL_CREDIT:
        return packets_receive_grant(exchange, end, received);
    case CHANNEL_CLOSE:
        return closing_receive(exchange, end, received);
    case CHANNEL_CLOSED:
        return closing_receive_closed(exchange, end);
    case CHANNEL_BIRTH:
        break;
    }
    return CHANNEL_UNKNOWN;
}

/* ---- sending ---- */

static void delivery_queue(struct exchange *exchange, const struct channel_message *message)
{
    struct link *link = links_find(exchange->links, message->interface);

    INVARIANT(link != NULL); /* none is taken away while an end is on it */
    /* Until it is numbered, with the frame, the money that leaves lies in held:packet. */
    if (message->kind == CHANNEL_BIRTH || message->kind == CHANNEL_ANSWER)
        agents_move(exchange->agents, ACCOUNT_HELD_BIRTH, ACCOUNT_HELD_PACKET, message->money,
                    message->kind == CHANNEL_BIRTH ? TRANSFER_BIRTH_HOLD : TRANSFER_BIRTH_CHANGE,
                    message->number);
    agents_work_message(exchange->agents, message->size);
    link_queue(exchange->links, link, exchange->undo, message);
}

/* A message within the site may have a reply, which goes to the sender's end, and that another. */
void delivery_send(struct exchange *exchange, const struct channel_message *message)
{
    struct channel_message next = *message;

    while (next.interface == CHANNEL_INTERFACE_SELF) {
        struct received received = {.message = &next};

        /* Our own checks saw to it. */
        INVARIANT(delivery_receive(exchange, &received) == CHANNEL_FINE);
        if (!received.replies)
            return;
        next = received.reply;
    }
    delivery_queue(exchange, &next);
}

void delivery_sell(struct exchange *exchange, struct channel_end *end)
{
    struct channel_message close = {0};

    if (closing_sell(exchange, end, &close))
        delivery_send(exchange, &close);
}
