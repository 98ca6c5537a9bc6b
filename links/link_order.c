/* The order of numbers: deficit round robin over eight classes (docs/links.md, "Priorities"). */
#include "links/link_order.h"

#include "base/table.h"
#include "links/link_set.h"

/* Bytes of class 0 in a round; class k has 2^k times as many. */
enum { ORDER_SHARE = 1024 };

static int64_t order_share(int priority)
{
    return (int64_t)ORDER_SHARE << priority;
}

/* What begins a channel is few, and paid by a birth: it waits for nobody's packets. */
static uint8_t order_class(const struct outgoing *outgoing)
{
    if (outgoing->message.kind == CHANNEL_BIRTH || outgoing->message.kind == CHANNEL_ANSWER)
        return CHANNEL_PRIORITY_MAX;
    return outgoing->message.priority;
}

/* Both sites number channels from 2 on: number and side name one. */
static uint64_t order_channel(const struct outgoing *outgoing)
{
    return channel_end_key(outgoing->message.number, outgoing->message.to);
}

static bool order_is_one_class(const struct outbox *queue)
{
    for (size_t i = 1; i < queue->count; i++) {
        if (order_class(outbox_at(queue, i)) != order_class(outbox_at(queue, 0)))
            return false;
    }
    return true;
}

/* Let the first message of each channel know the lowest class of its channel. */
static void order_find_lowest(struct outbox *queue)
{
    struct table channels = {0}; /* channel -> its first message */

    for (size_t i = 0; i < queue->count; i++) {
        struct outgoing *outgoing = outbox_at(queue, i);
        uint64_t channel = order_channel(outgoing);
        struct outgoing *first = table_get(&channels, channel);

        outgoing->lowest = order_class(outgoing);
        outgoing->channel_first = first != NULL ? first : outgoing;
        if (first == NULL)
            (void)table_put(&channels, channel, outgoing); /* it was not there */
        else if (outgoing->lowest < first->lowest)
            first->lowest = outgoing->lowest;
    }
    table_fini(&channels);
}

static void order_append(struct link_order *order, struct outgoing *outgoing)
{
    uint8_t priority = outgoing->channel_first->lowest;

    outgoing->next = NULL;
    if (order->first[priority] == NULL)
        order->first[priority] = outgoing;
    else
        order->last[priority]->next = outgoing;
    order->last[priority] = outgoing;
}

void link_order_begin(struct link_order *order, struct outbox *queue)
{
    *order = (struct link_order){0};
    if (order_is_one_class(queue)) {
        order->queue = queue;
        return;
    }
    order_find_lowest(queue);
    while (queue->count != 0)
        order_append(order, outbox_pop(queue));
    for (int priority = 0; priority < CHANNEL_PRIORITIES; priority++)
        order->left[priority] = order_share(priority);
}

/* The dearest class that has messages, and something left of its share if `in_round`; -1: none. */
static int order_dearest(const struct link_order *order, bool in_round)
{
    for (int priority = CHANNEL_PRIORITY_MAX; priority >= 0; priority--) {
        if (order->first[priority] != NULL && (!in_round || order->left[priority] > 0))
            return priority;
    }
    return -1;
}

/* A debt is paid off round by round; what was not used is not saved up. */
static void order_begin_round(struct link_order *order)
{
    for (int priority = 0; priority < CHANNEL_PRIORITIES; priority++) {
        order->left[priority] += order_share(priority);
        if (order->left[priority] > order_share(priority))
            order->left[priority] = order_share(priority);
    }
}

struct outgoing *link_order_next(struct link_order *order)
{
    struct outgoing *outgoing;
    int priority;

    if (order->queue != NULL)
        return order->queue->count == 0 ? NULL : outbox_pop(order->queue);
    if (order_dearest(order, false) < 0)
        return NULL;
    /* At most 65 rounds: the largest message is 64 KiB and a head, and class 0 has 1 KiB of each.
     */
    while ((priority = order_dearest(order, true)) < 0)
        order_begin_round(order);
    outgoing = order->first[priority];
    order->first[priority] = outgoing->next;
    order->left[priority] -= (int64_t)outgoing->size;
    return outgoing;
}
