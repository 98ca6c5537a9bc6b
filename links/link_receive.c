/* Receiving: parcels in, and their messages in order, each once. */
#include "links/link.h"

#include "links/link_set.h"

#include <inttypes.h>
#include <string.h>

/* ---- the head ---- */

/* An acknowledgement of DATA; false: it disproves something, and the link is frozen. */
static bool data_take_ack(struct link_node *node, struct cursor ack)
{
    char ours[U128_TEXT_BYTES];
    char theirs[U128_TEXT_BYTES];
    u128 total;

    if (ack.seq < node->link.acked_seq)
        return true; /* overtaken */
    if (ack.seq > node->saved_sent.seq) {
        link_freeze_because(node,
                            "the neighbour acknowledges message %" PRIu64 " and we sent %" PRIu64,
                            ack.seq, node->saved_sent.seq);
        return false;
    }
    total = link_total_at(node, ack.seq);
    if (ack.total != total) {
        link_freeze_because(
            node, "the neighbour acknowledges %s nanos with message %" PRIu64 " and we sent %s",
            u128_print(theirs, ack.total), ack.seq, u128_print(ours, total));
        return false;
    }
    link_take_ack(node, ack.seq);
    return true;
}

/* Step over what was taken before.  Then the totals must meet; false: they do not, it is frozen. */
static bool data_skip_taken(struct link_node *node, const struct data_head *data,
                            struct parcel *parcel)
{
    struct link *link = &node->link;
    struct channel_message message;
    char here[U128_TEXT_BYTES];
    char there[U128_TEXT_BYTES];
    u128 total = data->before.total;

    for (; parcel->seq <= link->received_seq; parcel->seq++, parcel->left--) {
        message_decode(&parcel->messages, link->interface, &message);
        /* Wraps only in a lie, which then shows. */
        total += money_nanos(message_money(&message));
    }
    if (total == link->received_total)
        return true;
    link_freeze_because(
        node,
        "the neighbour says that it sent %s nanos up to message %" PRIu64 " and we received %s",
        u128_print(there, total), link->received_seq, u128_print(here, link->received_total));
    return false;
}

static enum parcel_verdict data_receive(struct link_node *node, const struct data_head *data,
                                        struct parcel *parcel, struct fault *fault)
{
    struct link *link = &node->link;

    if (link->state == LINK_FROZEN)
        return PARCEL_STALE;
    if (link->state != LINK_UP || data->epoch != link->peer_epoch ||
        data->peer_epoch != link->epoch) {
        link_ask_hello(node);
        return PARCEL_STALE;
    }
    if (data->count != 0 && data->before.seq > link->received_seq + 1) {
        link_ask_hello(node);
        (void)fault_set(fault, ST_INVALID,
                        "parcel: it begins with message %" PRIu64 " and the last was %" PRIu64,
                        data->before.seq, link->received_seq);
        return PARCEL_REFUSED;
    }
    if (!data_take_ack(node, data->received))
        return PARCEL_FROZE;
    if (data->count == 0)
        return PARCEL_TAKEN;
    if (data->before.seq + data->count - 1 <= link->received_seq) {
        node->reported_seq = 0; /* it does not know that we have them */
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

enum parcel_verdict link_parcel_in(struct links *links, struct link *link, const uint8_t *bytes,
                                   size_t size, struct parcel *parcel, struct fault *fault)
{
    struct link_node *node = node_of_link(links, link);
    struct parcel_head head;

    memset(parcel, 0, sizeof *parcel);
    if (parcel_decode(&head, bytes, size, fault) != ST_OK)
        return PARCEL_REFUSED;
    parcel->messages = head.messages;
    if (head.kind == PARCEL_HELLO)
        return link_hello_in(node, &head.hello);
    return data_receive(node, &head.data, parcel, fault);
}

/* ---- its messages ---- */

/* The cap on one message and the limit on all; false: the link is frozen. */
static bool data_money_is_allowed(struct link_node *node, struct money money)
{
    const struct link *link = &node->link;
    char amount[U128_TEXT_BYTES];
    char bound[U128_TEXT_BYTES];
    u128 received = link->received_total + money_nanos(money);

    if (money_nanos(money) > LINK_MESSAGE_NANOS_MAX) {
        link_freeze_because(node, "message %" PRIu64 " carries %s nanos, and %s are the most",
                            link->received_seq + 1, u128_print(amount, money_nanos(money)),
                            u128_print(bound, LINK_MESSAGE_NANOS_MAX));
        return false;
    }
    if (!money_is_zero(money) && received > link->sent_total &&
        received - link->sent_total > money_nanos(link->limit)) {
        link_freeze_because(
            node, "with message %" PRIu64 " the neighbour would owe %s nanos, and its limit is %s",
            link->received_seq + 1, u128_print(amount, received - link->sent_total),
            u128_print(bound, money_nanos(link->limit)));
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
    INVARIANT(parcel->messages.error == NULL);
    if (!data_money_is_allowed(node, message_money(message))) {
        parcel->left = 0;
        return false;
    }
    parcel->left--;
    parcel->seq++;
    return true;
}

void link_take(struct links *links, struct link *link, const struct channel_message *message)
{
    struct link_node *node = node_of_link(links, link);

    link->received_seq++;
    INVARIANT(
        u128_add(&link->received_total, link->received_total, money_nanos(message_money(message))));
    node->dirty = true;
}
