/* What the owner of an end is told; private to this folder. */
#ifndef SERAI_EXCHANGE_ENDS_H
#define SERAI_EXCHANGE_ENDS_H

#include "exchange/exchange.h"

/* Deliver an event to the owner of an end, paid by `reserve`, which is in held:reserve. */
void ends_notify(struct exchange *exchange, const struct channel_end *end,
                 enum serai_event_kind kind, struct money reserve);

/* Let the owner of an end thaw if it can: money came to it over a link, so outside of any turn. */
void ends_wake(struct exchange *exchange, uint32_t interface, struct agent *owner);

#endif
