/*
 * What comes from a peer.  links/ has compared sequence, totals, value and limit of each message
 * (docs/wire.md, "DATA arrives"); here it is received as one event of the books, and then counted
 * as taken.  A message that breaks a rule of channels freezes the link in place of being taken.
 */
#include "exchange/exchange.h"

#include <inttypes.h>
#include <stdio.h>

#include "agents/agents.h"
#include "exchange/booking.h"
#include "exchange/delivery.h"
#include "exchange/limits.h"

/* ---- what freezes a link ---- */

static const char *arrival_broken_rule(enum channel_verdict verdict)
{
    switch (verdict) {
    case CHANNEL_FINE:
        return "fine";
    case CHANNEL_UNARMED:
        return "it was not granted, or not asked for";
    case CHANNEL_UNKNOWN:
        return "its channel was never opened, or is gone";
    case CHANNEL_IS_CLOSED:
        return "its channel is closed";
    case CHANNEL_TOO_LARGE:
        return "it is larger than a packet may be";
    case CHANNEL_TOO_MUCH:
        return "it grants more than may be outstanding";
    case CHANNEL_NOT_OPEN:
        return "its channel is not open yet";
    case CHANNEL_NO_CREDIT:
    case CHANNEL_HAS_ASKED:
        break;
    }
    return "it breaks the rules of channels";
}

static const char *arrival_kind(enum channel_message_kind kind)
{
    switch (kind) {
    case CHANNEL_BIRTH:
        return "a birth";
    case CHANNEL_ANSWER:
        return "an answer to a birth";
    case CHANNEL_PACKET:
        return "a packet";
    case CHANNEL_CREDIT:
        return "credit";
    case CHANNEL_CLOSE:
        return "a close";
    case CHANNEL_CLOSED:
        return "an answer to a close";
    }
    return "something";
}

static void arrival_freeze(struct exchange *exchange, struct link *link,
                           const struct received *received, enum channel_verdict verdict)
{
    char reason[LINK_REASON_BYTES_MAX + 1];

    (void)snprintf(reason, sizeof reason, "message %" PRIu64 ", %s on channel %" PRIu32 ": %s",
                   received->seq, arrival_kind(received->message->kind), received->message->number,
                   arrival_broken_rule(verdict));
    link_freeze(exchange->links, link, reason);
}

/* ---- what a peer may cost ---- */

static bool arrival_leaves_answers(struct exchange *exchange, struct link *link)
{
    char reason[LINK_REASON_BYTES_MAX + 1];
    uint64_t answers = link_answers_left(exchange->links, link);

    if (answers < EXCHANGE_ANSWERS_MAX)
        return false;
    (void)snprintf(reason, sizeof reason,
                   "the neighbour asks on and leaves %" PRIu64 " answers unacknowledged", answers);
    link_freeze(exchange->links, link, reason);
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
    enum channel_verdict verdict;

    ledger_event_begin(exchange->ledger);
    verdict = delivery_receive(exchange, &received);
    if (received.replies)
        delivery_send(exchange, &received.reply);
    if (verdict == CHANNEL_FINE)
        link_take(exchange->links, link, message);
    undo_commit(exchange->undo);
    booking_event_end(exchange, link->interface, received.seq, message);
    if (verdict != CHANNEL_FINE)
        arrival_freeze(exchange, link, &received, verdict);
    if (received.in_vain)
        arrival_count_vain(exchange, link);
    return verdict == CHANNEL_FINE;
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
