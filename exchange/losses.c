/*
 * Losses of power on a bounded link, seen from the channels (docs/wire.md, "Losses of power"): what
 * this site sent and forgot is counted at the ends that sent it and booked to suspense, and a peer
 * that lost something is told what came of it at each end.
 */
#include "exchange/exchange.h"

#include <stdlib.h>

#include "base/array.h"
#include "exchange/booking.h"
#include "exchange/losses.h"
#include "exchange/parts.h"

/* ---- ours ---- */

/* The end that sent what the far end, which `arrived` names, has received; NULL: there is none. */
static struct channel_end *losses_sender(struct exchange *exchange, const struct link *link,
                                         const struct channel_arrived *arrived)
{
    enum channel_side side = arrived->to == CHANNEL_BUYER ? CHANNEL_BORN : CHANNEL_BUYER;

    return channels_at(exchange->channels, link->interface, arrived->number, side);
}

/*
 * Whether what the ends have received beyond what is known here is just what the link lost.  NULL:
 * it is; else what is wrong.
 */
static const char *losses_error(struct exchange *exchange, const struct link *link,
                                struct parcel parcel)
{
    uint64_t messages = parcel.loss.seq - link->sent_seq;
    u128 money = parcel.loss.total - link->sent_total;
    struct channel_arrived arrived;

    while (link_next_lost(&parcel, &arrived)) {
        const struct channel_end *end = losses_sender(exchange, link, &arrived);

        if (end == NULL)
            return "it names a channel that is not here";
        if (!channel_check_adopt(end, &arrived))
            return "an end has received less than was sent from here";
        if (arrived.packets - end->sent_packets > messages ||
            arrived.money - end->sent_money > money)
            return "the ends have received more than the link";
        if (arrived.bytes - end->sent_bytes >
            (arrived.packets - end->sent_packets) * CHANNEL_PACKET_BYTES_MAX)
            return "an end has received more bytes than its packets can have";
        messages -= arrived.packets - end->sent_packets;
        money -= arrived.money - end->sent_money;
    }
    return messages == 0 && money == 0 ? NULL : "the ends have received less than the link";
}

bool exchange_adopt(struct exchange *exchange, struct link *link, struct parcel *parcel)
{
    const char *error = losses_error(exchange, link, *parcel);
    struct channel_arrived arrived;
    struct transfer transfer = {
        .debit = ACCOUNT_SUSPENSE,
        .credit = account_of_link(link->interface, KIND_LINK_OUT),
        .code = TRANSFER_LINK_LOST,
        .quantity = parcel->loss.seq - link->sent_seq,
        .object = parcel->loss.seq,
    };

    if (error != NULL) {
        link_freeze_for_lost(exchange->links, link, error);
        return false;
    }
    /* link_parcel_in() saw that it is within the flush amount. */
    INVARIANT(money_from_total(&transfer.amount, parcel->loss.total - link->sent_total));
    ledger_event_begin(exchange->ledger);
    while (link_next_lost(parcel, &arrived))
        channel_adopt(losses_sender(exchange, link, &arrived), exchange->undo, &arrived);
    undo_commit(exchange->undo);
    ledger_transfer_checked(exchange->ledger, &transfer);
    booking_event_end(exchange, link->interface, 0, NULL);
    link_adopt(exchange->links, link, parcel);
    return true;
}

/* ---- the peer's ---- */

struct losses_found {
    uint32_t interface;
    uint64_t after; /* the link's number */
    struct channel_arrived *items;
    size_t count;
    size_t capacity;
};

static void losses_find(void *context, struct channel_end *end)
{
    struct losses_found *found = context;

    if (end->interface != found->interface || end->received_seq <= found->after)
        return;
    found->items =
        array_grow(found->items, &found->capacity, found->count + 1, sizeof *found->items);
    INVARIANT(found->items != NULL);
    found->items[found->count++] = (struct channel_arrived){
        .number = end->number,
        .to = end->side,
        .packets = end->received_packets,
        .bytes = end->received_bytes,
        .money = end->received_money,
    };
}

static int losses_compare(const void *left, const void *right)
{
    const struct channel_arrived *one = left;
    const struct channel_arrived *other = right;
    uint64_t a = channel_end_key(one->number, one->to);
    uint64_t b = channel_end_key(other->number, other->to);

    return (a > b) - (a < b);
}

void losses_tell_peer(struct exchange *exchange, struct link *link)
{
    struct losses_found found = {.interface = link->interface};

    if (!link_arrived_wanted(exchange->links, link, &found.after))
        return;
    channels_each(exchange->channels, losses_find, &found);
    if (found.count > LINK_LOST_ENDS_MAX)
        link_freeze_for_lost(exchange->links, link,
                             "more ends have received something than a peer may send to early");
    if (found.count > 0)
        qsort(found.items, found.count, sizeof *found.items, losses_compare);
    for (size_t i = 0; i < found.count && found.count <= LINK_LOST_ENDS_MAX; i++)
        link_arrived_put(exchange->links, link, &found.items[i]);
    free(found.items);
}
