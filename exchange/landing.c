/* Where packets land; see landing.h.  What they cost was paid when they were armed. */
#include "exchange/landing.h"

#include "agents/agents.h"
#include "agents/message.h"
#include "exchange/ends.h"
#include "exchange/parts.h"

/* Packets that land are still to come. */
static bool landing_waits(const struct landing *landing, const struct channel_end *end)
{
    return landing->buffer != 0 && landing->to > end->received_packets;
}

static bool landing_is_same(const struct landing *a, const struct landing *b)
{
    return a->buffer == b->buffer && a->offset == b->offset && a->places == b->places &&
           a->place_bytes == b->place_bytes;
}

int64_t landing_refusal(const struct exchange_end *held, const struct channel_end *end,
                        const struct landing *wanted, uint64_t packets)
{
    const struct landing *landing = &held->landing;
    uint64_t waiting = 0;

    if (landing_waits(landing, end)) {
        /* One range is kept: it can grow, but not be in two parts or two places. */
        if (!landing_is_same(landing, wanted) || landing->to != end->granted_packets)
            return SERAI_E_EXISTS;
        waiting = landing->to - end->received_packets;
        if (landing->from > end->received_packets)
            waiting = landing->to - landing->from;
    }
    return packets > wanted->places - (waiting < wanted->places ? waiting : wanted->places)
               ? SERAI_E_FULL
               : 0;
}

void landing_begin(struct exchange_end *held, const struct channel_end *end,
                   const struct landing *wanted, uint64_t packets)
{
    bool goes_on = landing_is_same(&held->landing, wanted) &&
                   held->landing.to == end->granted_packets - packets;
    uint64_t from = goes_on ? held->landing.from : end->granted_packets - packets;

    held->landing = *wanted;
    held->landing.from = from;
    held->landing.to = end->granted_packets;
}

void landing_put(struct exchange *exchange, const struct exchange_end *held,
                 const struct channel_end *end, struct message *event)
{
    const struct landing *landing = &held->landing;
    uint64_t packet = end->received_packets - 1;
    uint64_t offset;

    if (landing->buffer == 0 || packet < landing->from || packet >= landing->to ||
        event->size == 0 || event->size > landing->place_bytes)
        return;
    offset = landing->offset + (packet - landing->from) % landing->places * landing->place_bytes;
    if (!agents_buffer_put(exchange->agents, end->owner, landing->buffer, offset, event->data,
                           event->size))
        return;
    event->badge = offset;
    event->status = (int32_t)event->size;
    event->data = NULL;
    event->size = 0;
}

const char *landing_error(const struct landing *landing)
{
    if (landing->buffer == 0)
        return landing->offset == 0 && landing->places == 0 && landing->place_bytes == 0 &&
                       landing->from == 0 && landing->to == 0
                   ? NULL
                   : "packets land in no buffer";
    if (landing->place_bytes == 0 || landing->place_bytes > CHANNEL_PACKET_BYTES_MAX ||
        landing->offset > SERAI_BUFFER_BYTES_MAX || landing->places == 0 ||
        landing->places > (SERAI_BUFFER_BYTES_MAX - landing->offset) / landing->place_bytes)
        return "packets land outside of any buffer";
    return landing->from < landing->to ? NULL : "packets land that were not granted";
}
