/*
 * Private to this folder: in which order the messages that wait get their numbers.
 *
 * Each message is in the class of priority of its channel's end, 0 to 7; one that begins a channel,
 * a BIRTH or an ANSWER, is in the dearest.  The dearest class goes first, up to its share of bytes
 * in a round; then the next one, down to class 0, and then the next round begins.  The share of
 * class k is 1 KiB x 2^k, so class 7 has about half of all bytes while all classes wait, and no
 * class waits for ever: class 0 has at least 1/255.  A message that is larger than what is left of
 * the share goes if anything is left, and the excess is taken off the next rounds.
 *
 * The order within a channel is always kept.  Messages of one channel that wait together all go in
 * the lowest class among them, or one that paid for a low class would go with a dear one.
 */
#ifndef SERAI_LINKS_LINK_ORDER_H
#define SERAI_LINKS_LINK_ORDER_H

#include "channels/channels.h"

struct outbox;
struct outgoing;

struct link_order {
    struct outbox *queue; /* all of it is of one class and goes as it stands; else NULL */
    struct outgoing *first[CHANNEL_PRIORITIES];
    struct outgoing *last[CHANNEL_PRIORITIES];
    int64_t left[CHANNEL_PRIORITIES]; /* bytes of this round's share; below 0: of the next's */
};

/*
 * Begin with all messages of `queue`, which must stay as it is but for link_order_next() until that
 * has given them all.  Out of memory is INVARIANT.
 */
void link_order_begin(struct link_order *order, struct outbox *queue);

/* Take out the message that gets the next number; it is the caller's now.  NULL: none is left. */
struct outgoing *link_order_next(struct link_order *order);

#endif
