/*
 * Losses of power on a bounded link (docs/wire.md, "Losses of power").
 *
 * Packets of a bounded link may have left before their frame was durable.  A site that then lost
 * power is unsure of its numbers: it numbers nothing until its peer has answered a HELLO of this
 * run.  The peer has all that arrived, with totals for each end of a channel; what it has and the
 * site has not is adopted: counted as sent, and booked to suspense.
 */
#include "links/link_loss.h"

#include "links/freeze.h"

/* ---- whose loss a HELLO shows ---- */

bool loss_may_be_ours(const struct link_node *node, const struct hello *hello)
{
    const struct link *link = &node->link;

    /* Without `unsure` new messages may have the numbers of lost ones already. */
    return link->unsure && link_is_bounded(link) && hello->peer_durable_seq <= link->sent_seq;
}

bool loss_may_be_its(const struct link_node *node, const struct hello *hello)
{
    const struct link *link = &node->link;

    /* By its own word: the HELLO that named it before may have been lost. */
    return !money_is_zero(hello->flush_amount) && hello->sent.seq >= link->peer_durable_seq;
}

bool loss_is_none(const struct link_node *node, const struct hello *hello)
{
    const struct link *link = &node->link;

    return hello->peer_epoch == link->epoch && hello->received.seq <= link->sent_seq;
}

/* ---- the peer's ---- */

void loss_forget_answer(struct link_node *node)
{
    node->answers_from = 0;
    node->arrived_count = 0;
    bytes_fini(&node->arrived);
}

void loss_of_peer(struct link_node *node, const struct hello *hello)
{
    /* An answer costs a commit and a look at every end: one, until the next reminder. */
    if (!node->loss_noted) {
        node->loss_noted = true;
        loss_forget_answer(node);
        node->answers_from = hello->sent.seq + 1; /* at most received_seq */
        node->hello_due = true;
    }
    link_lost_because(node, "the peer lost power, and takes over what it had sent before");
}

bool link_arrived_wanted(const struct links *links, const struct link *link, uint64_t *after)
{
    const struct link_node *node = node_of_link(links, link);

    *after = node->answers_from - 1;
    /* Only for the HELLO that leaves next: the caller looks at every end of the site. */
    return node->answers_from != 0 && node->arrived_count == 0 && node->hello_due &&
           link->state != LINK_FROZEN && link_shown(node)->epoch == link->epoch &&
           link_shown(node)->received.seq == link->received_seq;
}

void link_arrived_put(struct links *links, struct link *link, const struct channel_arrived *arrived)
{
    struct link_node *node = node_of_link(links, link);

    INVARIANT(node->arrived_count < LINK_LOST_ENDS_MAX);
    arrived_encode(&node->arrived, arrived);
    INVARIANT(!node->arrived.failed);
    node->arrived_count++;
}

/* ---- ours ---- */

enum parcel_result loss_of_ours(struct link_node *node, const struct hello *hello, bool is_new)
{
    struct link *link = &node->link;

    if (hello->received.seq > link->sent_seq && hello->answers_from == link->sent_seq + 1) {
        u128 lost = hello->received.total - link->sent_total;

        if (hello->received.total < link->sent_total) {
            freeze_total_of_ours(node, link->sent_seq, link->sent_total, hello->received.total);
            return PARCEL_FROZE;
        }
        if (hello->received.seq - link->sent_seq > LINK_RETAINED_MESSAGES) {
            freeze_lost_mismatch(node, "they are more messages than may be ahead of the disk");
            return PARCEL_FROZE;
        }
        if (lost > link_may_lose(link)) {
            freeze_lost_too_much(node, hello->received.seq - link->sent_seq, lost);
            return PARCEL_FROZE;
        }
        return PARCEL_LOST;
    }
    /* The peer has not seen where this site stands now. */
    link_lost_because(node, "this site lost power, and asks the peer what it had sent before");
    if (is_new || hello->peer_epoch != link->epoch) {
        node->hello_due = true;
        node->hello_names_peer = true;
    }
    return PARCEL_STALE;
}

bool link_next_lost(struct parcel *parcel, struct channel_arrived *arrived)
{
    if (parcel->left == 0)
        return false;
    *arrived = arrived_decode(&parcel->messages);
    INVARIANT(parcel->messages.error == NULL); /* parcel_decode() has read it before */
    parcel->left--;
    return true;
}

void link_adopt(struct links *links, struct link *link, const struct parcel *parcel)
{
    struct link_node *node = node_of_link(links, link);
    struct money lost;

    INVARIANT(link->unsure && parcel->loss.seq > link->sent_seq);
    INVARIANT(money_from_total(&lost, parcel->loss.total - link->sent_total));
    money_accumulate(&link->lost, lost);
    /* It acknowledges all that it has; what is lost has no rows and needs no acknowledgement. */
    link_take_ack(node, link->sent_seq);
    link->sent_seq = link->acked_seq = node->seen_seq = parcel->loss.seq;
    link->sent_total = link->acked_total = parcel->loss.total;
    link->sent_digest = link->acked_digest = parcel->loss.digest; /* ours ends before */
    node->next_seq = link->sent_seq + 1;
    link->good_epoch = link->peer_epoch; /* older ones of this epoch are overtaken from now on */
    link->regrants_seq = parcel->peer_sent_seq;
    node->dirty = true;
    /* Compared anew, and by then as sure as any other link. */
    link_connected(links, link);
}

void link_freeze_for_lost(struct links *links, struct link *link, const char *error)
{
    freeze_lost_mismatch(node_of_link(links, link), error);
}
