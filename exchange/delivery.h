/* How a message goes from one end to the other; private to this folder. */
#ifndef SERAI_EXCHANGE_DELIVERY_H
#define SERAI_EXCHANGE_DELIVERY_H

#include "exchange/parts.h"

/*
 * Send a message to the end that it is for, by an order that was checked: within the site it is
 * received at once, else it is queued for its link.  The running turn, if any, is charged for the
 * work.
 */
void delivery_send(struct exchange *exchange, const struct channel_message *message);

/* Sell an end for its owner, after a good channel_check_sell(), and send CLOSE. */
void delivery_sell(struct exchange *exchange, struct channel_end *end);

/*
 * Receive a message at the end that it is for; what follows from it stands in *received.  Any
 * result but CHANNEL_FINE: it breaks a rule, and nothing was changed.
 */
MUST_CHECK enum channel_result delivery_receive(struct exchange *exchange,
                                                struct received *received);

#endif
