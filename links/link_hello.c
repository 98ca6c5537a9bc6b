/*
 * HELLO: what each side has, compared on every new connection (docs/wire.md, "HELLO arrives").
 *
 * A site announces nothing before it is durable, and its cursors and epoch only rise.  So a HELLO
 * that shows less than we know of the peer was overtaken on the way, which its epoch proves, or
 * the peer has lost what it had.  The same holds for us, in what the peer knows of us.
 */
#include "links/freeze.h"
#include "links/link_loss.h"
#include "links/link_set.h"

#include <inttypes.h>
#include <string.h>

bool link_hello_out(struct link_node *node, const struct link_prices *prices, struct bytes *out)
{
    const struct link *link = &node->link;
    const struct link_point *shown = link_shown(node);
    struct hello hello = {
        .epoch = link->epoch,
        .sent = node->saved.sent,
        .received = shown->received,
        .acked = {link->acked_seq, link->acked_total},
        .limit = link_announced_limit(link),
        .prices = *prices,
        .flush_amount = link_is_bounded(link) ? link->flush_amount : money_zero(),
        .durable_seq = shown->sent.seq,
        .peer_durable_seq = link->peer_durable_seq,
        .received_digest = shown->received_digest,
    };

    /* What the peer lost is counted from all that came, so all of it has to be durable first. */
    if (node->answers_from != 0 && shown->received.seq != link->received_seq)
        return false;
    hello.answers_from = node->answers_from;
    hello.end_count = node->arrived_count;
    /* Whoever answers a loss has seen the epoch in which it was told. */
    if (node->answers_from != 0)
        hello.peer_epoch = link->peer_epoch;

    /* `known` is 0 until the peer's HELLO of this connection came: that calls for its answer. */
    if ((link->state == LINK_UP && !node->hello_wants_answer) || node->hello_names_peer)
        hello.peer_epoch = link->peer_epoch;
    memcpy(hello.currency, node->links->currency, sizeof hello.currency);
    hello_encode(out, &hello);
    bytes_append(out, node->arrived.data, node->arrived.size);
    loss_forget_answer(node);
    /* The cursor `received` acknowledges too: DATA for that alone is not due any more. */
    node->hello_due = false;
    node->hello_names_peer = false;
    node->hello_wants_answer = false;
    node->reported_seq = shown->received.seq;
    node->reported_seen = shown->received.seq;
    return true;
}

/* Whether the peer shows less than we know that it had: it was overtaken, or the peer lost it. */
static bool hello_is_behind(const struct link *link, const struct hello *hello)
{
    return hello->received.seq < link->acked_seq || hello->sent.seq < link->received_seq;
}

/*
 * Whether the peer knows more of us than we do: the rows of known, received.seq and acked.seq above
 * ours.  Freezes the link if so.
 */
static bool hello_shows_our_loss(struct link_node *node, const struct hello *hello)
{
    struct link *link = &node->link;

    if (hello->peer_epoch > link->epoch) {
        freeze_older_epoch(node, hello->peer_epoch);
        /* Once the link is resumed, the peer must not take our next HELLO for a stale one. */
        link->epoch = hello->peer_epoch;
    } else if (hello->received.seq > node->saved.sent.seq && !loss_may_be_ours(node, hello)) {
        freeze_lost_sent(node, hello->received.seq);
    } else if (hello->acked.seq > link->received_seq) {
        freeze_lost_received(node, hello->acked.seq);
    }
    return link->state == LINK_FROZEN;
}

/*
 * Whether the peer has less than it had once: its received.seq or sent.seq is below what we know.
 * Freezes the link if so.  A HELLO that was merely overtaken has been told apart before.
 */
static bool hello_shows_its_loss(struct link_node *node, const struct hello *hello)
{
    const struct link *link = &node->link;

    if (hello->received.seq < link->acked_seq)
        freeze_peer_lost_received(node, hello->received.seq);
    else if (hello->sent.seq < link->received_seq && !loss_may_be_its(node, hello))
        freeze_peer_lost_sent(node, hello->sent.seq);
    return link->state == LINK_FROZEN;
}

/*
 * Whether the money differs although the sequences fit: at the same sequence totals are the same,
 * and a later one has at least as much.  Freezes the link if so.
 */
static bool hello_totals_differ(struct link_node *node, const struct hello *hello)
{
    const struct link *link = &node->link;
    u128 ours;

    /* After a loss of power there is nothing to compare: link_loss.c looks at what is missing. */
    if (hello->received.seq > link->sent_seq || hello->sent.seq < link->received_seq)
        return false;
    ours = link_total_at(node, hello->received.seq); /* between acked and sent: checked */
    if (hello->received.total != ours)
        freeze_total_of_ours(node, hello->received.seq, ours, hello->received.total);
    else if (hello->sent.seq == link->received_seq ? hello->sent.total != link->received_total
                                                   : hello->sent.total < link->received_total)
        freeze_total_of_peer(node, hello->sent.seq, link->received_total, hello->sent.total);
    else if (hello->acked.seq == link->received_seq ? hello->acked.total != link->received_total
                                                    : hello->acked.total > link->received_total)
        freeze_total_of_peer(node, hello->acked.seq, link->received_total, hello->acked.total);
    return link->state == LINK_FROZEN;
}

/*
 * Whether the two cannot speak at all, or their amounts do not mean the same.  The link is then
 * down with both values as the reason: nothing was disproved, so it is no freeze.
 */
static bool hello_is_unfit(struct link_node *node, const struct hello *hello)
{
    const char *ours = node->links->currency;

    if (hello->version != LINK_VERSION)
        link_lost_because(node,
                          "versions of the wire format differ: this site has %d and the peer "
                          "%" PRIu64 "; the one with the lower wants a newer serai",
                          LINK_VERSION, hello->version);
    else if (strcmp(hello->currency, ours) != 0)
        link_lost_because(node, "currencies differ: this site counts in %s and the peer in %s",
                          ours, hello->currency);
    else
        return false;
    return true;
}

/*
 * The HELLO is too old to prove anything.  It may still come from a peer that forgot its later
 * epochs, so the answer names the highest one that we know: that lets the peer find out.
 */
static enum parcel_result hello_stale(struct link_node *node)
{
    if (!node->hello_requested)
        node->hello_names_peer = true;
    link_ask_hello(node);
    return PARCEL_STALE;
}

/* "otherwise": the last row of the table. */
static enum parcel_result hello_good(struct link_node *node, const struct hello *hello, bool is_new)
{
    struct link *link = &node->link;

    /* It is good: its `received` acknowledges, and sending goes on behind it. */
    link_take_ack(node, hello->received.seq);
    link->good_epoch = hello->epoch;
    node->next_seq = hello->received.seq + 1;
    node->hello_requested = false;
    node->loss_noted = false;
    /* Answered only if the peer's epoch is new to us or ours to it: HELLOs come to an end. */
    node->hello_due = node->hello_due || is_new || hello->peer_epoch != link->epoch;
    node->freed = node->freed || link->unsure; /* until now nobody found a place */
    link->unsure = false;
    link->peer_limit = hello->limit;
    link->peer_prices = hello->prices;
    link->state = LINK_UP;
    link->why[0] = '\0';
    specie_begin_again(node);
    return PARCEL_TAKEN;
}

enum parcel_result link_hello_in(struct link_node *node, const struct hello *hello)
{
    struct link *link = &node->link;
    bool is_new = hello->epoch > link->peer_epoch;

    /* A frozen link takes nothing but the epoch: after a resume, older parcels stay stale. */
    if (link->state == LINK_FROZEN) {
        if (is_new && hello->version == LINK_VERSION) {
            link->peer_epoch = hello->epoch;
            node->dirty = true;
        }
        return PARCEL_STALE;
    }
    /* In the order of the table: each row may rely on those above it. */
    if (hello_is_unfit(node, hello))
        return PARCEL_UNFIT;
    if (hello->epoch < link->peer_epoch)
        return hello_stale(node);
    if (hello_shows_our_loss(node, hello))
        return PARCEL_FROZE;
    /* Within an epoch the peer's cursors rise, so this one was overtaken by what we know. */
    if (hello->epoch == link->good_epoch && hello_is_behind(link, hello))
        return hello_stale(node);
    /* Kept even if it freezes: after a resume, older parcels of the peer stay stale. */
    link->peer_epoch = hello->epoch;
    node->dirty = true;
    if (hello_shows_its_loss(node, hello) || hello_totals_differ(node, hello))
        return PARCEL_FROZE;
    if (hello->durable_seq > link->peer_durable_seq)
        link->peer_durable_seq = hello->durable_seq;
    link->peer_flush_amount = hello->flush_amount;
    /* After a loss of power on both sides both hold. */
    if (hello->sent.seq < link->received_seq)
        loss_of_peer(node, hello);
    if (hello->received.seq > link->sent_seq || (link->unsure && !loss_is_none(node, hello)))
        return loss_of_ours(node, hello, is_new);
    if (hello->sent.seq < link->received_seq)
        return PARCEL_STALE;
    return hello_good(node, hello, is_new);
}
