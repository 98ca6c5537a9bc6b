/*
 * The reasons, word for word as docs/wire.md, "Reasons of a freeze", lists them.  They are part of
 * a link's row, so a changed text changes rows, and only the first reason of a freeze is kept.
 */
#include "links/freeze.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

/* As link_freeze(), with a reason that is printed. */
PRINTF_LIKE(2, 3) static void freeze(struct link_node *node, const char *format, ...)
{
    char reason[LINK_REASON_BYTES_MAX + 1];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(reason, sizeof reason, format, arguments); /* a long one is cut */
    va_end(arguments);
    link_freeze(node->links, &node->link, reason);
}

void link_freeze_by_operator(struct links *links, struct link *link)
{
    link_freeze(links, link, "frozen by the operator");
}

/* ---- HELLO ---- */

void freeze_older_epoch(struct link_node *node, uint64_t peer_has)
{
    freeze(node,
           "we were restored from a backup, or another site runs with our key: the "
           "peer knows our epoch %" PRIu64 " and we are at %" PRIu64,
           peer_has, node->link.epoch);
}

void freeze_lost_sent(struct link_node *node, uint64_t peer_has)
{
    freeze(node,
           "we were restored from a backup: the peer has %" PRIu64
           " messages of ours and we know of %" PRIu64,
           peer_has, node->saved.sent.seq);
}

void freeze_lost_received(struct link_node *node, uint64_t peer_knows)
{
    freeze(node,
           "we were restored from a backup: we acknowledged %" PRIu64
           " of the peer's messages, and we have %" PRIu64,
           peer_knows, node->link.received_seq);
}

void freeze_peer_lost_received(struct link_node *node, uint64_t peer_has)
{
    freeze(node,
           "the peer was restored from a backup: it acknowledged "
           "%" PRIu64 " of our messages, and it has %" PRIu64,
           node->link.acked_seq, peer_has);
}

void freeze_peer_lost_sent(struct link_node *node, uint64_t peer_has)
{
    freeze(node,
           "the peer has lost messages that we have: it was restored "
           "from a backup; we have %" PRIu64 " and it knows of %" PRIu64,
           node->link.received_seq, peer_has);
}

void freeze_lost_too_much(struct link_node *node, uint64_t messages, u128 money)
{
    const struct link *link = &node->link;
    char claimed[U128_TEXT_BYTES];
    char left[U128_TEXT_BYTES];

    freeze(node,
           "the peer says that this site lost %" PRIu64
           " messages with %s nanos when it lost power, and at most %s may be lost",
           messages, u128_print(claimed, money), u128_print(left, link_may_lose(link)));
}

void freeze_lost_mismatch(struct link_node *node, const char *error)
{
    freeze(node, "what the peer says that this site lost does not fit its channels: %s", error);
}

/* Sequences fit and totals do not: one of the two books is wrong, and nobody can say which. */
static void freeze_totals(struct link_node *node, const char *whose, uint64_t seq, u128 here,
                          u128 there)
{
    char here_text[U128_TEXT_BYTES];
    char there_text[U128_TEXT_BYTES];

    freeze(node,
           "totals disagree after message %" PRIu64 " of %s: %s nanos here and %s at the peer", seq,
           whose, u128_print(here_text, here), u128_print(there_text, there));
}

void freeze_total_of_ours(struct link_node *node, uint64_t seq, u128 here, u128 there)
{
    freeze_totals(node, "ours", seq, here, there);
}

void freeze_total_of_peer(struct link_node *node, uint64_t seq, u128 here, u128 there)
{
    freeze_totals(node, "the peer's", seq, here, there);
}

/* ---- DATA ---- */

void freeze_ack_unsent(struct link_node *node, uint64_t seq)
{
    freeze(node, "the peer acknowledges message %" PRIu64 " and we sent %" PRIu64, seq,
           node->saved.sent.seq);
}

void freeze_ack_total(struct link_node *node, uint64_t seq, u128 here, u128 there)
{
    char here_text[U128_TEXT_BYTES];
    char there_text[U128_TEXT_BYTES];

    freeze(node, "the peer acknowledges %s nanos with message %" PRIu64 " and we sent %s",
           u128_print(there_text, there), seq, u128_print(here_text, here));
}

void freeze_data_total(struct link_node *node, u128 there)
{
    const struct link *link = &node->link;
    char here_text[U128_TEXT_BYTES];
    char there_text[U128_TEXT_BYTES];

    freeze(node, "the peer says that it sent %s nanos up to message %" PRIu64 " and we received %s",
           u128_print(there_text, there), link->received_seq,
           u128_print(here_text, link->received_total));
}

void freeze_too_much(struct link_node *node, u128 nanos)
{
    char amount[U128_TEXT_BYTES];
    char bound[U128_TEXT_BYTES];

    freeze(node, "message %" PRIu64 " carries %s nanos, and %s are the most",
           node->link.received_seq + 1, u128_print(amount, nanos),
           u128_print(bound, LINK_MESSAGE_NANOS_MAX));
}

void freeze_over_limit(struct link_node *node, u128 owed)
{
    char amount[U128_TEXT_BYTES];
    char bound[U128_TEXT_BYTES];

    freeze(node, "with message %" PRIu64 " the peer would owe %s nanos, and its limit is %s",
           node->link.received_seq + 1, u128_print(amount, owed),
           u128_print(bound, money_nanos(link_announced_limit(&node->link))));
}

/* ---- SPECIE ---- */

void freeze_specie_unsent(struct link_node *node, uint64_t seq)
{
    freeze(node, "the peer signed that it has message %" PRIu64 " of ours, and we sent %" PRIu64,
           seq, node->saved.sent.seq);
}

void freeze_specie_total(struct link_node *node, const char *whose, uint64_t seq, u128 here,
                         u128 there)
{
    char here_text[U128_TEXT_BYTES];
    char there_text[U128_TEXT_BYTES];

    freeze(node, "the peer signed for %s nanos up to message %" PRIu64 " of %s, and here it is %s",
           u128_print(there_text, there), seq, whose, u128_print(here_text, here));
}

/* The first digits are enough for a person; both statements are in the exports. */
void freeze_specie_digest(struct link_node *node, const char *whose, uint64_t seq,
                          const struct digest *here, const struct digest *there)
{
    char here_text[HASH_TEXT_BYTES];
    char there_text[HASH_TEXT_BYTES];

    freeze(node,
           "the peer signed for other messages up to %" PRIu64
           " of %s: their hash is %.16s there and %.16s here",
           seq, whose, hash_print(there_text, &there->chain), hash_print(here_text, &here->chain));
}

void freeze_specie_twice(struct link_node *node, uint64_t frame)
{
    freeze(node, "the peer signed two different statements for frame %" PRIu64 " of its books",
           frame);
}

void freeze_settled(struct link_node *node, const char *what, struct settled there,
                    struct settled here)
{
    char here_text[U128_TEXT_BYTES];
    char there_text[U128_TEXT_BYTES];

    freeze(node,
           "the peer signed that it %s %s nanos up to settlement %" PRIu64
           ", and here it is %s up to %" PRIu64,
           what, u128_print(there_text, there.total), there.index,
           u128_print(here_text, here.total), here.index);
}

/* ---- CLAIM ---- */

void freeze_claim(struct link_node *node, const struct claim *claim, uint64_t index,
                  struct money amount)
{
    freeze(node,
           "the peer claims settlement %" PRIu64 " of %" PRIu64 " nanos, and settlement %" PRIu64
           " of %" PRIu64 " nanos is what we know",
           claim->settled.index, money_nanos(claim->amount), index, money_nanos(amount));
}

void freeze_claim_total(struct link_node *node, const struct claim *claim)
{
    char here_text[U128_TEXT_BYTES];
    char there_text[U128_TEXT_BYTES];

    freeze(node,
           "the peer claims to have settled %s nanos up to settlement %" PRIu64 " of %" PRIu64
           " nanos, and we got %s before it",
           u128_print(there_text, claim->settled.total), claim->settled.index,
           money_nanos(claim->amount), u128_print(here_text, node->link.got.total));
}

/* ---- PAY and PAID ---- */

void freeze_order(struct link_node *node, const struct clearing_note *order, struct money before)
{
    freeze(node,
           "the peer orders payment %" PRIu64 " of %" PRIu64 " nanos, and ordered it of %" PRIu64
           " before",
           order->index, money_nanos(order->amount), money_nanos(before));
}

void freeze_receipt(struct link_node *node, const struct clearing_note *receipt)
{
    freeze(node,
           "the peer signed that payment %" PRIu64 " of %" PRIu64
           " nanos is %s, and that is not what we ordered, or not what it said before",
           receipt->index, money_nanos(receipt->amount), receipt->done ? "done" : "refused");
}

/* ---- the rules of channels, which exchange/ finds broken ---- */

/* The rule of docs/wire.md, "Messages", that the answer of channels/ says was broken. */
static const char *freeze_broken_rule(enum channel_result result)
{
    switch (result) {
    case CHANNEL_FINE:
        return "fine";
    case CHANNEL_NOT_GRANTED:
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
    case CHANNEL_NO_WINDOW:
    case CHANNEL_HAS_ASKED:
        break;
    }
    return "it breaks the rules of channels";
}

/* The table of kinds, in words. */
static const char *freeze_message_kind(enum channel_message_kind kind)
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

void link_freeze_for_rule(struct links *links, struct link *link, uint64_t seq,
                          const struct channel_message *message, enum channel_result result)
{
    freeze(node_of_link(links, link), "message %" PRIu64 ", %s on channel %" PRIu32 ": %s", seq,
           freeze_message_kind(message->kind), message->number, freeze_broken_rule(result));
}

void link_freeze_for_answers(struct links *links, struct link *link, uint64_t answers)
{
    freeze(node_of_link(links, link),
           "the peer keeps requesting and leaves %" PRIu64 " answers unacknowledged", answers);
}
