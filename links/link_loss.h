/*
 * Private to this folder: what a loss of power takes from a bounded link (docs/wire.md, "Losses of
 * power").
 */
#ifndef SERAI_LINKS_LINK_LOSS_H
#define SERAI_LINKS_LINK_LOSS_H

#include "links/link_set.h"

/*
 * Whether a HELLO that has more of ours than we know of may show a loss of power here: the link is
 * unsure, and the peer never heard that the missing messages were durable.  Otherwise this site was
 * restored from a backup.
 */
MUST_CHECK bool loss_may_be_ours(const struct link_node *node, const struct hello *hello);

/* The same for a HELLO that has less of its own than came here. */
MUST_CHECK bool loss_may_be_its(const struct link_node *node, const struct hello *hello);

/*
 * Whether the HELLO of a peer that has no more of ours than we know of answers ours of this run: so
 * nothing was lost.
 */
MUST_CHECK bool loss_is_none(const struct link_node *node, const struct hello *hello);

/*
 * Note that the peer has lost messages that came here: a HELLO with what each end received of them
 * is due once all of it is durable.
 */
void loss_of_peer(struct link_node *node, const struct hello *hello);

/*
 * This site has lost messages, or does not know yet.  PARCEL_LOST: the HELLO says what they were,
 * and the exchange adopts them.  PARCEL_FROZE: more money than may be lost.  Else a HELLO that asks
 * is due.
 */
MUST_CHECK enum parcel_result loss_of_ours(struct link_node *node, const struct hello *hello,
                                           bool is_new);

/* Forget what was gathered to answer a loss of the peer's. */
void loss_forget_answer(struct link_node *node);

#endif
