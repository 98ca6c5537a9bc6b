/* Orders on channel pools and channel ends; private to this folder. */
#ifndef SERAI_EXCHANGE_ORDERS_H
#define SERAI_EXCHANGE_ORDERS_H

#include "exchange/exchange.h"

/*
 * Carry out an order on a channel pool or on an end, within a turn: its result, or a refusal of
 * sdk/abi.h, which has changed nothing.
 */
int64_t orders_perform(struct exchange *exchange, struct turn *turn, enum serai_order order,
                       const uint64_t *args);

#endif
