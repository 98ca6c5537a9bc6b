/*
 * Why links freeze: each reason that a person is shown is worded in freeze.c.  docs/wire.md,
 * "Reasons of a freeze", lists them, and docs/links.md says what an operator does then.  Private to
 * this folder; link.h has the reasons that others find.
 */
#ifndef SERAI_LINKS_FREEZE_H
#define SERAI_LINKS_FREEZE_H

#include "links/link_set.h"

/*
 * freeze_older_epoch(), freeze_lost_sent() and freeze_lost_received(): a HELLO shows that this
 * site's books are older than what it sent from them.  The number is what the peer has or knows.
 */
void freeze_older_epoch(struct link_node *node, uint64_t peer_has);
void freeze_lost_sent(struct link_node *node, uint64_t peer_has);
void freeze_lost_received(struct link_node *node, uint64_t peer_knows);

/*
 * freeze_peer_lost_received() and freeze_peer_lost_sent(): a HELLO shows that the peer's books are
 * older than what it sent from them.  The number is what it has left.
 */
void freeze_peer_lost_received(struct link_node *node, uint64_t peer_has);
void freeze_peer_lost_sent(struct link_node *node, uint64_t peer_has);

/*
 * freeze_lost_too_much() and freeze_lost_mismatch(): after a loss of power here the peer claims
 * more money than may be lost, or what does not fit the ends of channels.
 */
void freeze_lost_too_much(struct link_node *node, uint64_t messages, u128 money);
void freeze_lost_mismatch(struct link_node *node, const char *error);

/*
 * freeze_total_of_ours() and freeze_total_of_peer(): sequences fit and totals differ, after message
 * `seq` of ours or of the peer's.  Totals in nanos.
 */
void freeze_total_of_ours(struct link_node *node, uint64_t seq, u128 here, u128 there);
void freeze_total_of_peer(struct link_node *node, uint64_t seq, u128 here, u128 there);

/*
 * freeze_ack_unsent() and freeze_ack_total(): DATA acknowledges message `seq`, which was not sent,
 * or with another total than ours.
 */
void freeze_ack_unsent(struct link_node *node, uint64_t seq);
void freeze_ack_total(struct link_node *node, uint64_t seq, u128 here, u128 there);

/* The running total of DATA, `there` nanos, is not what was received up to the last message. */
void freeze_data_total(struct link_node *node, u128 there);

/*
 * freeze_specie_unsent(), freeze_specie_total(), freeze_specie_digest() and freeze_specie_twice():
 * the peer signed what is not true: that it received message `seq`, which was not sent; another
 * total than ours after message `seq` of "ours" or of "the peer's"; the same total of other
 * messages; two different things about one frame of its books.
 */
void freeze_specie_unsent(struct link_node *node, uint64_t seq);
void freeze_specie_total(struct link_node *node, const char *whose, uint64_t seq, u128 here,
                         u128 there);
void freeze_specie_digest(struct link_node *node, const char *whose, uint64_t seq,
                          const struct digest *here, const struct digest *there);
void freeze_specie_twice(struct link_node *node, uint64_t frame);

/* The peer signed that it "got" or "paid" what our books have otherwise. */
void freeze_settled(struct link_node *node, const char *what, struct settled there,
                    struct settled here);

/*
 * freeze_claim() and freeze_claim_total(): a claim is not the one with its index that we know, or
 * comes while another is not decided; its sum is not what we got and its amount.
 */
void freeze_claim(struct link_node *node, const struct claim *claim, uint64_t index,
                  struct money amount);
void freeze_claim_total(struct link_node *node, const struct claim *claim);

/*
 * freeze_order() and freeze_receipt(): the peer orders other than before under one number; the
 * house answers an order that was not given, or otherwise than before.
 */
void freeze_order(struct link_node *node, const struct clearing_note *order, struct money before);
void freeze_receipt(struct link_node *node, const struct clearing_note *receipt);

/* The next message carries more than any may. */
void freeze_too_much(struct link_node *node, u128 nanos);

/* With the next message the peer would owe more than its limit. */
void freeze_over_limit(struct link_node *node, u128 owed);

#endif
