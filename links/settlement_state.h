/* Private to this folder: settlements as they are kept, compared and written. */
#ifndef SERAI_LINKS_SETTLEMENT_STATE_H
#define SERAI_LINKS_SETTLEMENT_STATE_H

#include "links/link_set.h"

/* Whether what the peer signed about settlements can be true.  False: the link is frozen. */
MUST_CHECK bool settlement_check_statement(struct link_node *node, const struct specie *statement);

/* Take what the peer signed about our payment: it may decide it. */
void settlement_take_statement(struct link_node *node, const struct specie *statement);

/* Take a claim of the peer's; docs/wire.md, "CLAIM arrives". */
MUST_CHECK enum parcel_result link_claim_in(struct link_node *node, const struct claim *claim,
                                            struct fault *fault);

/* Whether the peer may hear of this payment of ours yet. */
bool settlement_may_claim(const struct settlement_payment *pending);

/* Whether a payment of ours is that house's to make, by its key. */
bool payment_is_at(const struct settlement_payment *payment, const uint8_t house[LINK_KEY_BYTES]);

/* Whether its house has not answered yet: it is ordered there. */
bool payment_awaits_house(const struct settlement_payment *payment);

/* Our pending payment was refused before the peer heard of it. */
void settlement_refuse_pending(struct link_node *node);

/* Take an order or a receipt of the peer's; docs/wire.md, "Clearing". */
MUST_CHECK enum parcel_result
link_clearing_in(struct link_node *node, const struct clearing_signed *note, struct fault *fault);

/* Append the row of what the peer ordered here, and read it. */
void clearing_pairs_encode(struct bytes *out, const struct link_node *node);
MUST_CHECK enum status clearing_pairs_decode(struct link_node *node, const uint8_t *value,
                                             size_t value_size, struct fault *fault);

/* Let the claim be sent again on this connection. */
void settlement_remind(struct link_node *node);

/* Append the row, and read it.  *fault says what is wrong with it. */
void settlement_encode(struct bytes *out, const struct settlement *settlement);
MUST_CHECK enum status settlement_decode(struct settlement *settlement, const uint8_t *value,
                                         size_t value_size, struct fault *fault);

#endif
