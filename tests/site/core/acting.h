/* What agents that the test plays do in one turn with the ends of channels that they hold. */
#ifndef SERAI_TESTS_SITE_CORE_ACTING_H
#define SERAI_TESTS_SITE_CORE_ACTING_H

#include "tests/site/core/puppet.h"

enum deed {
    DEED_BUY,
    DEED_SEND,
    DEED_ARM,
    DEED_ROOM,
    DEED_PRIORITY,
    DEED_TERMS,
    DEED_SELL,
    DEED_BUY_AND_SELL,
    DEED_DIE,
};

struct acting {
    enum deed deed;
    int64_t interface; /* BUY, TERMS */
    int64_t slot;      /* of the end; BUY sets it */
    int64_t a;      /* BUY: endowment; SEND: bytes; ARM: packets; PRIORITY: class; TERMS: which */
    int64_t b;      /* BUY: largest fee; SEND: money; ARM: bytes; TERMS: class */
    int64_t times;  /* SEND so often, at least once, until it is refused */
    int64_t done;   /* times that it was not refused */
    int64_t answer; /* the last one */
};

/* One turn of the agent, caused by a message; its site settles, and then it plays no part. */
int64_t act(struct site *site, uint64_t agent, struct acting *acting);

/*
 * The same for an agent to which no person here may speak, as its customer is a neighbour's:
 * `caller`, an agent here, sends the message to a facet of it, which has this number in the heap.
 */
int64_t act_when_called(struct site *site, uint64_t agent, struct acting *acting, uint64_t caller,
                        const uint8_t number[SERAI_HEAP_NUMBER_BYTES]);

/* The end that the agent has in this slot. */
struct channel_end *end_in_slot(struct site *site, uint64_t agent, int64_t slot);

#endif
