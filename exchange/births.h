/* Births over channels and the answers to them; private to this folder. */
#ifndef SERAI_EXCHANGE_BIRTHS_H
#define SERAI_EXCHANGE_BIRTHS_H

#include "exchange/parts.h"

/*
 * Receive BIRTH: an agent is born, or refused; the answer goes back either way, with what is left
 * of the money.  Any result but CHANNEL_FINE: it breaks a rule, and nothing was changed.
 */
MUST_CHECK enum channel_result births_receive(struct exchange *exchange, struct received *received);

/*
 * Receive ANSWER at the buyer's end: it is open, or gone with all its money back, and the buyer
 * gets that as an event.  Results as of births_receive().
 */
MUST_CHECK enum channel_result births_receive_answer(struct exchange *exchange,
                                                     struct channel_end *end,
                                                     struct received *received);

/*
 * End a pending purchase of which nobody will ever say what became: as if the peer had refused it,
 * with the refusal CLOSED.  `money` is what the buyer has got back of what it had sent.
 */
void births_sever(struct exchange *exchange, struct channel_end *end, struct money money);

#endif
