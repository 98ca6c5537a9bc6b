#include "site/daemon/arrivals.h"

#include <assert.h>
#include <string.h>

static_assert(offsetof(struct held, arrival) == 0, "a pointer to an arrival is one to its place");
static_assert(ARRIVALS_MAX <= (int)RING_SLOTS, "each has a place in the ring");

void arrivals_init(struct arrivals *arrivals, struct ring *ring)
{
    arrivals->ring = ring;
    for (size_t i = 0; i < ARRIVALS_MAX; i++)
        arrivals->spare[arrivals->spare_count++] = &arrivals->pool[i];
}

/* The message's bytes are libzmq's, and go back to it. */
static void held_clear(struct held *held)
{
    if (held->full)
        (void)!zmq_msg_close(&held->message); /* only fails for what is no message */
    held->full = false;
}

void arrivals_fini(struct arrivals *arrivals)
{
    for (size_t i = 0; i < ARRIVALS_MAX; i++)
        held_clear(&arrivals->pool[i]);
}

struct held *arrivals_take(struct arrivals *arrivals)
{
    return arrivals->spare_count == 0 ? NULL : arrivals->spare[--arrivals->spare_count];
}

void arrivals_give_back(struct arrivals *arrivals, struct arrival *arrival)
{
    struct held *held = (struct held *)arrival;

    held_clear(held);
    arrivals->spare[arrivals->spare_count++] = held;
}

/* The core knows the peer by the key that its handshake showed, never by what a parcel says. */
static void arrivals_pass(struct arrivals *arrivals, struct held *held, const struct wire *wire,
                          enum arrival_kind kind)
{
    held->arrival.kind = kind;
    held->arrival.interface = wire->link.interface;
    memcpy(held->arrival.key, wire->link.key, CONTROL_KEY_BYTES);
    INVARIANT(ring_push(arrivals->ring, &held->arrival)); /* it has a place for each */
}

void arrivals_pass_parcel(struct arrivals *arrivals, struct held *held, const struct wire *wire)
{
    held->arrival = (struct arrival){.bytes = zmq_msg_data(&held->message),
                                     .size = zmq_msg_size(&held->message)};
    arrivals_pass(arrivals, held, wire, ARRIVAL_PARCEL);
}

void arrivals_pass_join(struct arrivals *arrivals, struct held *held, const struct call *call)
{
    held->arrival = (struct arrival){.kind = ARRIVAL_JOIN,
                                     .call = call->number,
                                     .bytes = zmq_msg_data(&held->message),
                                     .size = zmq_msg_size(&held->message)};
    memcpy(held->arrival.key, call->invitation, CONTROL_KEY_BYTES);
    INVARIANT(ring_push(arrivals->ring, &held->arrival)); /* it has a place for each */
}

/* False: no place is free now. */
static bool arrivals_report_one(struct arrivals *arrivals, const struct wire *wire,
                                enum arrival_kind kind)
{
    struct held *held = arrivals_take(arrivals);

    if (held == NULL)
        return false;
    held->arrival = (struct arrival){0};
    /* A copy: the wire's own text may change before the core has read it. */
    if (kind == ARRIVAL_TROUBLE) {
        memcpy(held->trouble, wire->trouble, sizeof held->trouble);
        held->arrival.trouble = held->trouble;
    }
    arrivals_pass(arrivals, held, wire, kind);
    return true;
}

void arrivals_report(struct arrivals *arrivals, struct wire *wire)
{
    if (wire->trouble_unreported)
        wire->trouble_unreported = !arrivals_report_one(arrivals, wire, ARRIVAL_TROUBLE);
    if (wire->connected_unreported && !wire->trouble_unreported)
        wire->connected_unreported = !arrivals_report_one(arrivals, wire, ARRIVAL_CONNECTED);
}
