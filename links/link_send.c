/*
 * Sending: the check, the queue, numbers at frame close, and parcels out (docs/wire.md, "Order and
 * money").  A message is queued within a turn, which may be undone; it gets its number only when
 * its frame closes, in the order of link_order.h, and leaves only when that frame is durable.
 */
#include "links/link.h"

#include "links/link_order.h"
#include "links/link_set.h"

/* ---- the check ---- */

/* What is queued counts like what was sent: it will be. */
u128 link_would_owe(const struct links *links, const struct link *link, struct money money)
{
    u128 came = link_came(link);
    u128 went = link_went(link) + node_of_link(links, link)->queue_total + money_nanos(money);

    return went > came ? went - came : 0;
}

enum link_result link_check_send(const struct links *links, const struct link *link, uint64_t payer,
                                 struct money money, size_t size)
{
    const struct link_node *node = node_of_link(links, link);

    /* Down is no reason to refuse: messages wait in the queue until the peer is back. */
    if (link->state == LINK_FROZEN)
        return LINK_IS_FROZEN;
    if (money_nanos(money) > LINK_MESSAGE_NANOS_MAX)
        return LINK_OVER_VALUE;
    /* Until the peer has said what a loss of power took, no number is sure; then there is room. */
    if (link->unsure || node->unacked.count + node->queue.count >= LINK_RETAINED_MESSAGES ||
        node->unacked.bytes + node->queue.bytes >= LINK_RETAINED_BYTES)
        return LINK_IS_FULL;
    if (!window_has_place(&node->window, payer, size))
        return LINK_IS_FULL;
    if (!money_is_zero(money) && link_would_owe(links, link, money) > money_nanos(link->peer_limit))
        return LINK_OVER_LIMIT;
    return LINK_FINE;
}

bool link_freed(struct links *links, struct link *link)
{
    struct link_node *node = node_of_link(links, link);
    bool freed = node->freed;

    node->freed = false;
    return freed;
}

/* ---- the queue ---- */

/* A rollback: the turn that queued the message never happened. */
static void link_unqueue(void *context, void *argument)
{
    struct link_node *node = context;
    struct outgoing *outgoing = argument;

    (void)outbox_remove(&node->queue, outgoing);
    window_give(&node->window, outgoing);
    node->queue_total -= money_nanos(outgoing->money);
    outgoing_free(node->links, outgoing);
}

void link_queue(struct links *links, struct link *link, struct undo *undo,
                const struct channel_message *message)
{
    struct link_node *node = node_of_link(links, link);
    struct outgoing *outgoing = outgoing_new(links, message);

    /* Place and money count from here on, so that later checks of the same frame see them. */
    outgoing->message.interface = link->interface;
    outbox_push(&node->queue, outgoing);
    window_take(&node->window, outgoing);
    INVARIANT(u128_add(&node->queue_total, node->queue_total, money_nanos(outgoing->money)));
    if (undo != NULL)
        undo_on_rollback(undo, link_unqueue, node, outgoing);
}

static struct outgoing *link_queued_birth(const struct link_node *node, uint32_t number)
{
    for (size_t i = 0; i < node->queue.count; i++) {
        struct outgoing *outgoing = outbox_at(&node->queue, i);

        if (outgoing->message.kind == CHANNEL_BIRTH && outgoing->message.number == number)
            return outgoing;
    }
    return NULL;
}

/* A rollback of link_withdraw(): the message goes back to its place, for order decides numbers. */
static void link_queue_again(void *context, void *argument)
{
    struct link_node *node = context;
    struct outgoing *outgoing = argument;

    outbox_insert(&node->queue, outgoing->withdrawn_from, outgoing);
    window_take(&node->window, outgoing);
    INVARIANT(u128_add(&node->queue_total, node->queue_total, money_nanos(outgoing->money)));
}

/* On commit: no rollback wants it back. */
static void link_forget_withdrawn(void *context, void *argument)
{
    struct link_node *node = context;

    outgoing_free(node->links, argument);
}

bool link_withdraw(struct links *links, struct link *link, struct undo *undo, uint32_t number)
{
    struct link_node *node = node_of_link(links, link);
    struct outgoing *outgoing = link_queued_birth(node, number);

    if (outgoing == NULL || link_holds_numbers(node)) /* it may have a row, by its place */
        return false;
    outgoing->withdrawn_from = outbox_remove(&node->queue, outgoing);
    window_give(&node->window, outgoing);
    node->freed = true; /* a rollback takes the place again: then somebody looks in vain */
    node->queue_total -= money_nanos(outgoing->money);
    undo_on_rollback(undo, link_queue_again, node, outgoing);
    undo_on_commit(undo, link_forget_withdrawn, node, outgoing);
    return true;
}

bool links_waiting(const struct links *links)
{
    for (size_t i = 0; i < links->count; i++)
        if (links->nodes[i]->queue.count != 0 && !link_holds_numbers(links->nodes[i]))
            return true;
    return false;
}

/* Give a message its number and running total, and await its acknowledgement. */
static void link_give_number(struct link_node *node, struct outgoing *outgoing)
{
    struct link *link = &node->link;

    INVARIANT(link->sent_seq < SEQ_MAX);
    link->sent_seq++;
    INVARIANT(u128_add(&link->sent_total, link->sent_total, money_nanos(outgoing->money)));
    node->queue_total -= money_nanos(outgoing->money);
    digest_add(&link->sent_digest, link->sent_seq, outgoing->money);
    outgoing->total = link->sent_total;
    outgoing->digest = link->sent_digest;
    outbox_push(&node->unacked, outgoing);
    node->dirty = true;
}

bool links_number(struct links *links,
                  void (*numbered)(void *context, const struct link *link, uint64_t seq,
                                   const struct channel_message *message),
                  void *context)
{
    bool any = false;

    for (size_t i = 0; i < links->count; i++) {
        struct link_node *node = links->nodes[i];
        struct link_order order;
        struct outgoing *outgoing;

        if (link_holds_numbers(node))
            continue;
        link_order_begin(&order, &node->queue);
        while ((outgoing = link_order_next(&order)) != NULL) {
            link_give_number(node, outgoing);
            numbered(context, &node->link, node->link.sent_seq, &outgoing->message);
            any = true;
        }
        INVARIANT(node->queue_total == 0); /* all its money is in sent_total now */
    }
    return any;
}

/* ---- parcels out ---- */

/*
 * The number of messages from next_seq on that go into one parcel: those that may leave and fit.
 * *bytes is theirs in sum.
 */
static uint64_t data_fitting(struct link_node *node, size_t *bytes)
{
    const size_t most = LINK_PARCEL_BYTES_MAX - PARCEL_HEAD_BYTES_MAX;
    uint64_t count = 0;

    *bytes = 0;

    while (count < PARCEL_MESSAGES_MAX && node->next_seq + count <= node->saved.sent.seq) {
        uint64_t index = node->next_seq + count - node->link.acked_seq - 1;
        const struct outgoing *outgoing = outbox_at(&node->unacked, (size_t)index);

        if (outgoing->size > most - *bytes ||
            !link_may_leave(node, node->next_seq + count, outgoing))
            break;
        link_leaves(node, node->next_seq + count, outgoing);
        *bytes += outgoing->size;
        count++;
    }
    return count;
}

/* Append DATA with `count` messages from next_seq on, 0 for an acknowledgement alone. */
static void data_put(struct link_node *node, uint64_t count, struct bytes *out)
{
    const struct link *link = &node->link;
    const struct link_point *shown = link_shown(node);
    struct data_head head = {
        .epoch = link->epoch,
        .peer_epoch = link->peer_epoch,
        .received = shown->received, /* durable: a crash must not take it back */
        .ahead = node->saved.received.seq - shown->received.seq,
        .durable_seq = shown->sent.seq,
        .count = count,
    };

    /* `first` and `before` of the table of DATA; both stay 0 without a message. */
    if (count != 0) {
        head.before.seq = node->next_seq;
        head.before.total = link_total_at(node, node->next_seq - 1);
    }
    data_head_encode(out, &head);
    for (; count != 0; count--, node->next_seq++) {
        uint64_t index = node->next_seq - link->acked_seq - 1;
        const struct outgoing *outgoing = outbox_at(&node->unacked, (size_t)index);

        bytes_append(out, outgoing->wire, outgoing->size);
    }
    node->reported_seq = shown->received.seq;
    node->reported_seen = node->saved.received.seq;
}

/* Whether there is something to say that needs no message of ours. */
static bool data_is_due(const struct link_node *node)
{
    const struct link_point *shown = link_shown(node);

    return shown->received.seq != node->reported_seq ||
           node->saved.received.seq != node->reported_seen;
}

/* Append DATA with what may leave now.  False: there is nothing to say. */
static bool data_out(struct link_node *node, struct bytes *out)
{
    size_t bytes;
    uint64_t count = data_fitting(node, &bytes);

    if (count == 0 && !data_is_due(node))
        return false;
    bytes_reserve(out, PARCEL_HEAD_BYTES_MAX + bytes);
    data_put(node, count, out);
    INVARIANT(!out->failed);
    return true;
}

/* All is from the last save, or durable: an open frame changes nothing of it. */
bool link_parcel_between(struct links *links, struct link *link, struct bytes *out)
{
    struct link_node *node = node_of_link(links, link);

    return link_is_bounded(link) && link_may_state(node) && data_out(node, out);
}

bool link_parcel_out(struct links *links, struct link *link, const struct link_prices *our_prices,
                     struct bytes *out)
{
    struct link_node *node = node_of_link(links, link);
    size_t before = out->size;

    if (link->state == LINK_FROZEN)
        return false;
    /* The peer must not see an epoch that a crash could still take back. */
    if (link_shown(node)->epoch != link->epoch)
        return false;
    /* HELLO goes first: until the peer has it, DATA would be stale. */
    if (node->hello_due) {
        if (!link_hello_out(node, our_prices, out))
            return false;
    } else if (link->state != LINK_UP || !data_out(node, out)) {
        return false;
    }
    INVARIANT(!out->failed);
    INVARIANT(out->size - before <= LINK_PARCEL_BYTES_MAX);
    return true;
}
