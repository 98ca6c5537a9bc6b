/* Packets, and grants to send them; private to this folder. */
#ifndef SERAI_EXCHANGE_PACKETS_H
#define SERAI_EXCHANGE_PACKETS_H

#include "exchange/parts.h"

/*
 * Receive a packet: its money is the owner's, and the owner gets it as an event.  One that comes
 * late, because the end was sold before, brings its money alone.  Any result but CHANNEL_FINE: it
 * breaks a rule, and nothing was changed.
 */
MUST_CHECK enum channel_result packets_receive(struct exchange *exchange, struct channel_end *end,
                                               const struct received *received);

/*
 * Receive a grant of packets: whoever waits for one is notified.  Results as of packets_receive().
 */
MUST_CHECK enum channel_result packets_receive_grant(struct exchange *exchange,
                                                     struct channel_end *end,
                                                     struct received *received);

#endif
