/*
 * What comes from a peer.  links/ has compared sequence, totals, value and limit of each message
 * (docs/wire.md, "DATA arrives"); here it is received as one event of the books, and then counted
 * as taken.  A message that breaks a rule of channels freezes the link in place of being taken.
 */
#include "exchange/exchange.h"

#include "agents/agents.h"
#include "exchange/booking.h"
#include "exchange/delivery.h"
#include "exchange/limits.h"

/* ---- what a peer may cost ---- */

/* Whether the peer takes no answers: each birth that it sends adds one, kept until acknowledged. */
static bool arrival_leaves_answers(struct exchange *exchange, struct link *link)
{
    uint64_t answers = link_answers_left(exchange->links, link);

    if (answers < EXCHANGE_ANSWERS_MAX)
        return false;
    link_freeze_for_answers(exchange->links, link, answers);
    return true;
}

static void arrival_count_vain(struct exchange *exchange, const struct link *link)
{
    uint64_t now_us = agents_time(exchange->agents);
    uint64_t *used_us = &exchange->vain_us[link->interface - 1];

    if (*used_us < now_us)
        *used_us = now_us;
    *used_us += EXCHANGE_VAIN_US;
}

/* What follows waits at the peer, which sends it again. */
static bool arrival_vain_enough(const struct exchange *exchange, const struct link *link)
{
    return exchange->vain_us[link->interface - 1] >=
           agents_time(exchange->agents) + (uint64_t)EXCHANGE_VAIN_BURST * EXCHANGE_VAIN_US;
}

/* ---- receiving ---- */

/* One message, one event.  False: it froze the link, and nothing of it happened. */
static bool arrival_take(struct exchange *exchange, struct link *link,
                         const struct channel_message *message)
{
    struct received received = {.message = message, .seq = link->received_seq + 1};
    enum channel_result result;

    ledger_event_begin(exchange->ledger);
    result = delivery_receive(exchange, &received);
    if (received.replies)
        delivery_send(exchange, &received.reply);
    if (result == CHANNEL_FINE)
        link_take(exchange->links, link, message);
    undo_commit(exchange->undo);
    booking_event_end(exchange, link->interface, received.seq, message);
    if (result != CHANNEL_FINE)
        link_freeze_for_rule(exchange->links, link, received.seq, message, result);
    if (received.in_vain)
        arrival_count_vain(exchange, link);
    return result == CHANNEL_FINE;
}

bool exchange_receive(struct exchange *exchange, struct link *link, struct parcel *parcel,
                      bool rests)
{
    struct channel_message message;
    bool happened = false;

    if (parcel->left > 0 && arrival_leaves_answers(exchange, link))
        return false;
    if (rests) {
        parcel->left = 0;
        return false;
    }
    while (!arrival_vain_enough(exchange, link) &&
           link_next(exchange->links, link, parcel, &message)) {
        happened = true;
        if (!arrival_take(exchange, link, &message))
            break;
    }
    return happened;
}
