/* What the exchange is made of; private to this folder. */
#ifndef SERAI_EXCHANGE_PARTS_H
#define SERAI_EXCHANGE_PARTS_H

#include "base/table.h"
#include "exchange/exchange.h"
#include "ledger/ledger.h"

struct exchange {
    struct exchange_env env;
    struct agents *agents;
    struct channels *channels;
    struct links *links;
    struct ledger *ledger;
    struct undo *undo;
    struct hash loader;
    struct table ends;         /* id -> struct exchange_end */
    struct table ends_changed; /* ... whose row may have to be written, or deleted */
    struct table waiting[LINK_INTERFACES_MAX]; /* by interface - 1: ends that asked for a place */
    uint64_t vain_us[LINK_INTERFACES_MAX];     /* ... site time that what came in vain used up */
    uint8_t packet[CHANNEL_PACKET_BYTES_MAX];  /* scratch: a packet read out of a buffer */
};

/*
 * A message that has come to this site, or to the other end within it.  The file of its kind does
 * what it does to the end, and says here what follows from it.
 */
struct received {
    const struct channel_message *message;
    uint64_t seq; /* its number on the link; 0 on interface self, where nothing is numbered */
    bool in_vain; /* it cost the peer nothing, and this site an answer or a frame */
    bool replies; /* `reply` is to be sent */
    struct channel_message reply;
};

#endif
