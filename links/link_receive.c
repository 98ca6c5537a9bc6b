/*
 * Receiving: parcels in, and their messages in order, each once (docs/wire.md, "DATA arrives").
 * What ZeroMQ lost, repeated or mixed up ends here; what a message may do is for channels/ and
 * exchange/ to judge.
 */
#include "links/freeze.h"
#include "links/link.h"

#include "links/link_set.h"
#include "links/settlement_state.h"

#include <inttypes.h>
#include <string.h>

enum { RECEIVED_BYTES = 64 }; /* what a message has besides its data, about */

/* ---- the head ---- */

/* Take the acknowledgement of DATA.  False: it disproves something, and the link is frozen. */
static bool data_take_ack(struct link_node *node, struct cursor ack)
{
    u128 total;

    if (ack.seq < node->link.acked_seq)
        return true; /* overtaken: a later one came first */
    if (ack.seq > node->saved.sent.seq) {
        freeze_ack_unsent(node, ack.seq);
        return false;
    }
    /* The same sequence with other money: the two books disagree about what crossed. */
    total = link_total_at(node, ack.seq);
    if (ack.total != total) {
        freeze_ack_total(node, ack.seq, total, ack.total);
        return false;
    }
    link_take_ack(node, ack.seq);
    return true;
}

/* The places of what has arrived are free, though a loss of power at the peer brings it back. */
static bool data_take_seen(struct link_node *node, uint64_t seq)
{
    if (seq > node->saved.sent.seq) {
        freeze_ack_unsent(node, seq);
        return false;
    }
    link_take_seen(node, seq);
    return true;
}

/*
 * Step over the messages that were taken before, a repeat.  With their money the peer's running
 * total must meet ours.  False: it does not, and the link is frozen.
 */
static bool data_skip_taken(struct link_node *node, const struct data_head *data,
                            struct parcel *parcel)
{
    struct link *link = &node->link;
    struct channel_message message;
    u128 total = data->before.total;

    for (; parcel->seq <= link->received_seq; parcel->seq++, parcel->left--) {
        message_decode(&parcel->messages, link->interface, &message);
        /* Only a false `before` makes it wrap, and then it is not our total. */
        total += money_nanos(message_money(&message));
    }
    if (total == link->received_total)
        return true;
    freeze_data_total(node, total);
    return false;
}

/* The rows of "DATA arrives", in their order.  PARCEL_TAKEN: messages may follow. */
static enum parcel_result data_receive(struct link_node *node, const struct data_head *data,
                                       struct parcel *parcel, struct fault *fault)
{
    struct link *link = &node->link;

    if (link->state == LINK_FROZEN)
        return PARCEL_STALE;
    /* Of another connection: only a HELLO can say where the two stand now. */
    if (link->state != LINK_UP || data->epoch != link->peer_epoch ||
        data->peer_epoch != link->epoch) {
        link_ask_hello(node);
        return PARCEL_STALE;
    }
    /* A gap: a parcel was lost.  The HELLO makes the peer go back to what we have. */
    if (data->count != 0 && data->before.seq > link->received_seq + 1) {
        link_ask_hello(node);
        (void)fault_set(fault, ST_INVALID,
                        "parcel: it begins with message %" PRIu64 " and the last was %" PRIu64,
                        data->before.seq, link->received_seq);
        return PARCEL_REFUSED;
    }
    if (!data_take_ack(node, data->received) ||
        !data_take_seen(node, data->received.seq + data->ahead))
        return PARCEL_FROZE;
    if (data->durable_seq > link->peer_durable_seq) {
        link->peer_durable_seq = data->durable_seq;
        node->dirty = true;
    }
    if (data->count == 0)
        return PARCEL_TAKEN;
    /* A repeat: the peer does not know that we have them, so we acknowledge again. */
    if (data->before.seq + data->count - 1 <= link->received_seq) {
        node->reported_seq = 0;
        node->reported_seen = 0;
        return PARCEL_STALE;
    }
    parcel->left = data->count;
    parcel->seq = data->before.seq;
    if (!data_skip_taken(node, data, parcel)) {
        parcel->left = 0;
        return PARCEL_FROZE;
    }
    node->hello_requested = false;
    return PARCEL_TAKEN;
}

enum parcel_result link_parcel_in(struct links *links, struct link *link, const uint8_t *bytes,
                                  size_t size, struct parcel *parcel, struct fault *fault)
{
    struct link_node *node = node_of_link(links, link);
    struct parcel_head head;
    enum parcel_result result;

    /* Refused whole: nothing of a parcel that does not decode has any effect. */
    memset(parcel, 0, sizeof *parcel);
    if (parcel_decode(&head, bytes, size, fault) != ST_OK)
        return PARCEL_REFUSED;
    parcel->messages = head.messages;
    if (head.kind == PARCEL_HELLO) {
        parcel->messages = head.hello.ends;
        parcel->left = head.hello.end_count;
        parcel->loss.seq = head.hello.received.seq;
        parcel->loss.total = head.hello.received.total;
        parcel->loss.digest = head.hello.received_digest;
        parcel->peer_sent_seq = head.hello.sent.seq;
        result = link_hello_in(node, &head.hello);
        if (result != PARCEL_LOST)
            parcel->left = 0; /* no messages follow a HELLO */
        return result;
    }
    if (head.kind == PARCEL_SPECIE)
        return link_specie_in(node, &head.specie, fault);
    if (head.kind == PARCEL_PAY || head.kind == PARCEL_PAID)
        return link_clearing_in(node, &head.note, fault);
    if (head.kind == PARCEL_LOSS)
        return link_loss_in(node, &head.loss, fault);
    if (head.kind == PARCEL_CLAIM)
        return link_claim_in(node, &head.claim, fault);
    return data_receive(node, &head.data, parcel, fault);
}

/* ---- its messages ---- */

/*
 * What the peer may owe besides its limit: a payment of ours that it had not posted yet when it
 * took the next message from an agent.  The statement which said that it is posted overtakes
 * messages that are sent again, and those that waited without a number.
 */
static u128 data_posted_meanwhile(const struct link_node *node)
{
    const struct settlement_payment *paid = &node->settlement.paid;

    return paid->outcome == SETTLEMENT_DONE && node->link.received_seq < node->settlement.posted_seq
               ? money_nanos(paid->amount)
               : 0;
}

/*
 * The most that one message carries, and the limit on what the peer may owe.  False: the link is
 * frozen.  An honest peer's own check (link_check_send) lets neither happen.
 */
static bool data_money_is_allowed(struct link_node *node, struct money money)
{
    const struct link *link = &node->link;
    u128 came = link_came(link) + money_nanos(money);
    u128 went = link_went(link);

    if (money_nanos(money) > LINK_MESSAGE_NANOS_MAX) {
        freeze_too_much(node, money_nanos(money));
        return false;
    }
    /* A message without money is taken beyond the limit too: closes and grants must pass. */
    if (!money_is_zero(money) && came > went &&
        came - went > money_nanos(link_announced_limit(link)) + data_posted_meanwhile(node)) {
        freeze_over_limit(node, came - went);
        return false;
    }
    return true;
}

bool link_next(struct links *links, struct link *link, struct parcel *parcel,
               struct channel_message *message)
{
    struct link_node *node = node_of_link(links, link);

    if (parcel->left == 0 || link->state != LINK_UP)
        return false;
    INVARIANT(parcel->seq == link->received_seq + 1); /* the one before was taken */
    message_decode(&parcel->messages, link->interface, message);
    INVARIANT(parcel->messages.error == NULL); /* parcel_decode() has read it before */
    if (!data_money_is_allowed(node, message_money(message))) {
        parcel->left = 0;
        return false;
    }
    message->seq = parcel->seq;
    parcel->left--;
    parcel->seq++;
    return true;
}

void link_take(struct links *links, struct link *link, const struct channel_message *message)
{
    struct link_node *node = node_of_link(links, link);

    /* Acknowledged only once saved_received follows, with the frame. */
    link->received_seq++;
    INVARIANT(
        u128_add(&link->received_total, link->received_total, money_nanos(message_money(message))));
    digest_add(&link->received_digest, link->received_seq, message_money(message));
    node->received_bytes += message->size + RECEIVED_BYTES;
    node->dirty = true;
    specie_check_reached(node);
}
