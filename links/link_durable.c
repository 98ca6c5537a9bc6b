/*
 * What of a link is durable, and what may leave before it is (docs/links.md, "Durability").
 *
 * A strict link shows its peer nothing that a loss of power could take back.  A bounded link lets
 * packets leave as soon as their frame is closed: at most the flush amount of money since the last
 * durable frame, of at most LINK_LOST_ENDS_MAX ends, so that the peer can say after a loss what it
 * has of them.  Every other kind of message waits, and what is behind it waits too, since messages
 * leave in order.
 */
#include "links/link.h"

#include "links/link_set.h"

/* ---- the bounds ---- */

u128 link_may_lose(const struct link *link)
{
    return money_nanos(money_sub_clamped(link->flush_amount, link->lost));
}

bool link_is_bounded(const struct link *link)
{
    return link_may_lose(link) > 0;
}

const struct link_point *link_shown(const struct link_node *node)
{
    return link_is_bounded(&node->link) ? &node->durable : &node->saved;
}

bool link_may_state(const struct link_node *node)
{
    return node->link.state == LINK_UP && link_shown(node)->epoch == node->link.epoch &&
           !node->hello_due;
}

bool link_may_sign(const struct link_node *node)
{
    return node->links->signer.sign != NULL && link_may_state(node);
}

static bool durable_has_place_for_end(const struct link_node *node,
                                      const struct channel_message *message)
{
    uint64_t key = channel_end_key(message->number, message->to);

    return table_get(&node->early_ends[0], key) != NULL ||
           table_count(&node->early_ends[0]) + table_count(&node->early_ends[1]) <
               LINK_LOST_ENDS_MAX;
}

bool link_may_leave(const struct link_node *node, uint64_t seq, const struct outgoing *outgoing)
{
    const struct link *link = &node->link;

    if (!link_is_bounded(link))
        return seq <= node->saved.sent.seq;
    if (seq <= node->durable.sent.seq)
        return true;
    return seq <= node->saved.sent.seq && node->durable.bounded &&
           outgoing->message.kind == CHANNEL_PACKET &&
           outgoing->message.after <= node->durable.received.seq && /* else its end may be undone */
           seq - node->durable.sent.seq <= LINK_RETAINED_MESSAGES &&
           outgoing->total - node->durable.sent.total <= link_may_lose(link) &&
           durable_has_place_for_end(node, &outgoing->message);
}

void link_leaves(struct link_node *node, uint64_t seq, const struct outgoing *outgoing)
{
    static char here; /* any pointer that is not NULL */

    if (link_is_bounded(&node->link) && seq > node->durable.sent.seq)
        (void)table_put(&node->early_ends[0],
                        channel_end_key(outgoing->message.number, outgoing->message.to), &here);
}

void link_durable_fini(struct link_node *node)
{
    table_fini(&node->early_ends[0]);
    table_fini(&node->early_ends[1]);
}

/* ---- commits ---- */

void links_commit_begins(struct links *links)
{
    for (size_t i = 0; i < links->count; i++) {
        struct link_node *node = links->nodes[i];

        node->committing = node->saved;
        table_fini(&node->early_ends[1]);
        node->early_ends[1] = node->early_ends[0];
        node->early_ends[0] = (struct table){0};
        node->committing_bytes = node->received_bytes;
        node->received_bytes = 0;
    }
}

void links_commit_ended(struct links *links)
{
    for (size_t i = 0; i < links->count; i++) {
        struct link_node *node = links->nodes[i];

        node->durable = node->committing;
        table_fini(&node->early_ends[1]);
        node->committing_bytes = 0;
    }
}

void links_loaded_durable(struct links *links)
{
    for (size_t i = 0; i < links->count; i++)
        links->nodes[i]->durable = links->nodes[i]->committing = links->nodes[i]->saved;
}

/* ---- what asks for a commit ---- */

static u128 durable_difference(u128 now, u128 before)
{
    return now > before ? now - before : before - now;
}

/* Whether the net of what crossed since the last durable frame has passed the amount. */
static bool durable_net_is_due(const struct link_node *node)
{
    const struct link *link = &node->link;
    u128 sent = link->sent_total - node->durable.sent.total;
    u128 received = link->received_total - node->durable.received.total;

    return durable_difference(sent, received) > link_may_lose(link);
}

/* The oldest numbered message that has not left must wait until it is durable. */
static bool durable_is_awaited(const struct link_node *node)
{
    const struct link *link = &node->link;

    return link->state == LINK_UP && node->next_seq <= node->saved.sent.seq &&
           node->next_seq > node->durable.sent.seq &&
           !link_may_leave(
               node, node->next_seq,
               outbox_at(&node->unacked, (size_t)(node->next_seq - link->acked_seq - 1)));
}

static bool durable_is_due(const struct link_node *node)
{
    const struct link *link = &node->link;
    const struct link_point *durable = &node->durable;

    if (link->removed || !link_is_bounded(link))
        return false;
    /* HELLO waits for its epoch, and the answer to a loss for all that was received. */
    if (node->hello_due &&
        (durable->epoch != link->epoch ||
         (node->answers_from != 0 && durable->received.seq != link->received_seq)))
        return true;
    return durable_is_awaited(node) || durable_net_is_due(node) ||
           link->received_seq - durable->received.seq >= LINK_UNFLUSHED_MESSAGES ||
           node->received_bytes + node->committing_bytes >= LINK_UNFLUSHED_BYTES;
}

bool links_want_commit(const struct links *links)
{
    for (size_t i = 0; i < links->count; i++)
        if (durable_is_due(links->nodes[i]))
            return true;
    return false;
}

uint32_t links_flush_ms(const struct links *links)
{
    uint32_t least = 0;

    for (size_t i = 0; i < links->count; i++) {
        const struct link *link = &links->nodes[i]->link;

        if (!link->removed && link_is_bounded(link) && (least == 0 || link->flush_ms < least))
            least = link->flush_ms;
    }
    return least;
}

/* ---- setting ---- */

/* What losses may cost in all, those of the past or those to come: it is kept out of the limit. */
static struct money durable_reserve(struct money flush_amount, struct money lost)
{
    return money_compare(flush_amount, lost) > 0 ? flush_amount : lost;
}

struct money link_announced_limit(const struct link *link)
{
    /* Never below zero: link_check_durability() saw to it. */
    return money_sub_clamped(link->limit, durable_reserve(link->flush_amount, link->lost));
}

enum status link_check_durability(const struct link *link, struct money limit,
                                  struct money flush_amount, uint32_t flush_ms, struct fault *fault)
{
    struct money reserve = durable_reserve(flush_amount, link->lost);
    char text[2][MONEY_TEXT_BYTES];
    struct money announced;

    if (!money_is_zero(flush_amount) && (flush_ms == 0 || flush_ms > LINK_FLUSH_MS_MAX))
        return fault_set(fault, ST_INVALID, "set link %s: flush_ms is 1 to %d", link->name,
                         LINK_FLUSH_MS_MAX);
    /* What the peer says that was lost is measured by the amount of then. */
    if (link->unsure)
        return fault_set(fault, ST_INVALID,
                         "set link %s: this site lost power, and its peer has not said yet what it "
                         "had sent before: wait until the link is up",
                         link->name);
    if (!money_sub(&announced, limit, reserve))
        return fault_set(fault, ST_INVALID,
                         "set link %s: what may be lost counts against its limit, which is %s: a "
                         "flush amount of %s needs a limit of that at least",
                         link->name, money_print(text[0], limit), money_print(text[1], reserve));
    /* The peer may have sent up to the limit that it knows. */
    if (link->peer_epoch != 0 && money_compare(announced, link_announced_limit(link)) < 0)
        return fault_set(fault, ST_INVALID,
                         "set link %s: the flush amount is taken from the limit, and the peer may "
                         "have sent up to it: raise the limit by as much (--limit)",
                         link->name);
    return ST_OK;
}

void link_set_durability(struct links *links, struct link *link, struct money flush_amount,
                         uint32_t flush_ms)
{
    struct link_node *node = node_of_link(links, link);

    link->flush_amount = flush_amount;
    link->flush_ms = money_is_zero(flush_amount) ? 0 : flush_ms;
    node->dirty = true;
    node->hello_due = link->state == LINK_UP || node->hello_due; /* HELLO names it */
}

void links_lost_memory(struct links *links)
{
    for (size_t i = 0; i < links->count; i++) {
        struct link *link = &links->nodes[i]->link;

        if (link->removed || link->peer_epoch == 0 || !link_is_bounded(link))
            continue;
        link->unsure = true;
        /* A new epoch, also of a site that does not dial: the answer has to be to this run. */
        link_connected(links, link);
    }
}
