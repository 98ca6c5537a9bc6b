/*
 * The retransmission queue: messages that have a number and that the peer has not acknowledged.
 * They are acked_seq + 1 .. sent_seq, without a gap, so a sequence gives the place in the queue.
 */
#include "links/link.h"

#include "links/link_set.h"

/* ---- acknowledgements ---- */

u128 link_total_at(const struct link_node *node, uint64_t seq)
{
    const struct link *link = &node->link;

    INVARIANT(seq >= link->acked_seq && seq <= link->sent_seq);
    if (seq == link->acked_seq)
        return link->acked_total;
    return outbox_at(&node->unacked, (size_t)(seq - link->acked_seq - 1))->total;
}

struct digest link_digest_at(const struct link_node *node, uint64_t seq)
{
    const struct link *link = &node->link;

    INVARIANT(seq >= link->acked_seq && seq <= link->sent_seq);
    if (seq == link->acked_seq)
        return link->acked_digest;
    return outbox_at(&node->unacked, (size_t)(seq - link->acked_seq - 1))->digest;
}

void link_take_seen(struct link_node *node, uint64_t seq)
{
    const struct link *link = &node->link;

    for (; node->seen_seq < seq; node->seen_seq++) {
        window_give(&node->window,
                    outbox_at(&node->unacked, (size_t)(node->seen_seq - link->acked_seq)));
        node->freed = true;
    }
}

void link_take_ack(struct link_node *node, uint64_t seq)
{
    struct link *link = &node->link;

    /* Acknowledgements are cumulative: an older one says nothing new. */
    if (seq <= link->acked_seq)
        return;
    link->acked_total = link_total_at(node, seq);
    link->acked_digest = link_digest_at(node, seq);
    link_take_seen(node, seq);
    for (; link->acked_seq < seq; link->acked_seq++)
        outgoing_free(node->links, outbox_pop(&node->unacked));
    node->freed = true; /* those who met LINK_RETAINED_MESSAGES wait for this */
    /* The peer may have them from an earlier connection, before they are sent on this one. */
    if (node->next_seq <= seq)
        node->next_seq = seq + 1;
    node->dirty = true; /* written with the next frame, whatever that is for */
}

/* ---- counting ---- */

void link_outstanding(const struct links *links, const struct link *link, uint64_t *messages,
                      uint64_t *bytes)
{
    const struct link_node *node = node_of_link(links, link);

    *messages = node->unacked.count;
    *bytes = node->unacked.bytes;
}

/* Let all messages of a queue from the place `from` on take their places in a window. */
static void window_recount(struct window *window, const struct outbox *outbox, size_t from)
{
    for (size_t i = from; i < outbox->count; i++)
        window_take(window, outbox_at(outbox, i));
}

bool link_places_add_up(const struct links *links, const struct link *link)
{
    const struct link_node *node = node_of_link(links, link);
    struct window window = {0};
    bool equal;

    window_recount(&window, &node->unacked, (size_t)(node->seen_seq - link->acked_seq));
    window_recount(&window, &node->queue, 0);
    equal = window_equal(&window, &node->window);
    window_fini(&window);
    return equal;
}

uint64_t link_answers_left(const struct links *links, const struct link *link)
{
    const struct link_node *node = node_of_link(links, link);

    return node->unacked.answers + node->queue.answers;
}
