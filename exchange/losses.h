/* Losses of power at a peer.  Private to this part. */
#ifndef SERAI_EXCHANGE_LOSSES_H
#define SERAI_EXCHANGE_LOSSES_H

#include "exchange/exchange.h"

/* If the peer lost what it sent: gather what each end here has received of it, for the HELLO. */
void losses_tell_peer(struct exchange *exchange, struct link *link);

#endif
