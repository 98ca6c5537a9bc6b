/* What customers hold by their ends of channels; private to this folder. */
#ifndef SERAI_EXCHANGE_HOLDINGS_H
#define SERAI_EXCHANGE_HOLDINGS_H

#include "exchange/exchange.h"

/*
 * Let its customer's counts follow, after anything that may have changed what the end holds, or
 * removed it: then what the site keeps of it ends, too.
 */
void holdings_follow(struct exchange *exchange, const struct channel_end *end);

/* Whether a customer may hold that besides all it has. */
MUST_CHECK bool holdings_allow(const struct exchange *exchange, uint64_t customer,
                               struct channel_holding more);

/* Whether the end's customer may hold that of it, in place of what it does. */
MUST_CHECK bool holdings_allow_end(const struct exchange *exchange, const struct channel_end *end,
                                   struct channel_holding holding);

/* Add up what all ends hold for customers. */
void holdings_sum(struct exchange *exchange, void *sum,
                  void (*add)(void *sum, uint64_t customer, enum customer_resource resource,
                              uint64_t amount));

/* Count all ends that were read back. */
void holdings_load(struct exchange *exchange);

#endif
