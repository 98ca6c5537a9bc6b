/* How ends are sold and closed; private to this folder. */
#ifndef SERAI_EXCHANGE_CLOSING_H
#define SERAI_EXCHANGE_CLOSING_H

#include "exchange/parts.h"

struct exchange_end;

/*
 * Sell an end for its owner, after a good channel_check_sell(): what is held for it goes to the
 * owner, or to whoever has what a dead one had.  True: *close is to be sent to the far end.
 */
MUST_CHECK bool closing_sell(struct exchange *exchange, struct channel_end *end,
                             struct channel_message *close);

/* Give back what is held for an end from its purchase to its end: deposit and closing reserve. */
void closing_refund(struct exchange *exchange, const struct exchange_end *held, uint64_t payee);

/*
 * Receive CLOSE: the owner is notified, once, and CLOSED answers.  Any result but CHANNEL_FINE: it
 * breaks a rule, and nothing was changed.
 */
MUST_CHECK enum channel_result closing_receive(struct exchange *exchange, struct channel_end *end,
                                               struct received *received);

/* Tell the owner of an end, which is FAR_CLOSED now, that its far end is closed. */
void closing_notify(struct exchange *exchange, const struct channel_end *end);

/* Receive CLOSED: the end is gone.  Results as of closing_receive(). */
MUST_CHECK enum channel_result closing_receive_closed(struct exchange *exchange,
                                                      struct channel_end *end);

#endif
