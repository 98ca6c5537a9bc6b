/* Room on links: whether a message may go, and who waits until it may; private to this folder. */
#ifndef SERAI_EXCHANGE_ROOM_H
#define SERAI_EXCHANGE_ROOM_H

#include "exchange/exchange.h"

/*
 * Whether `payer`, under whose quotas it counts, may send a message with this money and size on the
 * interface: 0 or a refusal.
 */
int64_t room_refusal(const struct exchange *exchange, uint32_t interface, uint64_t payer,
                     struct money money, size_t size);

/* Whether a packet of any size can go now: it is granted, and has a place on the link. */
bool room_is_there(const struct exchange *exchange, const struct channel_end *end, uint64_t payer);

/*
 * Let an end that asked for room wait for it, within a turn: for a grant or, when it has one, for a
 * place on its link.
 */
void room_wait(struct exchange *exchange, struct channel_end *end);

/* Note the ends that wait for a place, as they were read back. */
void room_load(struct exchange *exchange);

/* Whether this end waits for a place and nobody notes it: that would be for ever. */
bool room_is_lost(const struct exchange *exchange, const struct channel_end *end);

#endif
