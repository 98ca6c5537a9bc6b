/*
 * Flow control in both directions: credit that this agent gives (struct serai_credit), and packets
 * that wait for the far end's (struct serai_outbox, a queue in front of channel_send()).
 *
 *     static struct serai_outbox outbox;      set outbox.end at birth: an initial value here would
 *                                             put the whole empty queue into the module
 *     (void)serai_outbox_put(&outbox, data, size, money);
 *     (void)serai_outbox_flush(&outbox);      now, and again at ROOM (or in each turn)
 *
 * Make both globals.  The money of a waiting packet is still the agent's own until it is sent.
 */
#ifndef SERAI_SDK_SERAI_OUTBOX_H
#define SERAI_SDK_SERAI_OUTBOX_H

#include "sdk/serai.h"

enum {
    SERAI_OUTBOX_MAX = 64,
    SERAI_OUTBOX_BYTES_MAX = 32, /* of one packet: this is for small ones */
};

struct serai_outbox_packet {
    int64_t money;
    int32_t size;
    uint8_t bytes[SERAI_OUTBOX_BYTES_MAX];
};

struct serai_outbox {
    int32_t end;
    int32_t first;
    int32_t count;
    int64_t refusal; /* why the last flush stopped: 0, or what channel_send() answered */
    struct serai_outbox_packet packets[SERAI_OUTBOX_MAX];
};

/*
 * Credit that one end gives: a window of packets, kept open by serai_rearm().  Start with zeroes.
 */
struct serai_credit {
    int32_t end;
    int32_t window;       /* packets; 0: not armed yet */
    int32_t packet_bytes; /* of one, at most */
    int32_t used;         /* handled, and not granted again yet */
};

/*
 * Let `window` packets of up to `packet_bytes` come in.  Returns what channel_arm() returns;
 * *credit is set only when that is a success.
 */
static inline int64_t serai_arm(struct serai_credit *credit, int32_t end, int32_t window,
                                int32_t packet_bytes)
{
    int64_t answer = channel_arm(end, window, window * packet_bytes);

    if (answer >= 0) {
        struct serai_credit begun = {end, window, packet_bytes, 0};

        *credit = begun;
    }
    return answer;
}

/*
 * Record that `packets` more of those that came in are handled, and let as many come again: in
 * halves of the window, as an order with each packet would cost more than the packet.  Without
 * money for it this happens at the next call; nothing happens before serai_arm().
 */
static inline void serai_rearm(struct serai_credit *credit, int32_t packets)
{
    if (credit->window == 0)
        return;
    credit->used += packets;
    if (credit->used >= (credit->window + 1) / 2 &&
        channel_arm(credit->end, credit->used, credit->used * credit->packet_bytes) >= 0)
        credit->used = 0;
}

/* Put a packet at the end.  Returns 0, SERAI_E_FULL or SERAI_E_INVALID, and then nothing is put. */
static inline int64_t serai_outbox_put(struct serai_outbox *outbox, const void *data, int32_t size,
                                       int64_t money)
{
    struct serai_outbox_packet *packet;

    if (size < 0 || size > SERAI_OUTBOX_BYTES_MAX)
        return SERAI_E_INVALID;
    if (outbox->count == SERAI_OUTBOX_MAX)
        return SERAI_E_FULL;
    packet = &outbox->packets[(outbox->first + outbox->count++) % SERAI_OUTBOX_MAX];
    packet->money = money;
    packet->size = size;
    if (size > 0)
        memcpy(packet->bytes, data, (size_t)size);
    return 0;
}

/*
 * Send in order until nothing waits or the site refuses, and return how many packets went out.  For
 * want of credit a ROOM event is asked for; after another refusal, such as too little money, flush
 * again when things may have changed.
 */
static inline int32_t serai_outbox_flush(struct serai_outbox *outbox)
{
    int32_t sent = 0;

    outbox->refusal = 0;
    for (; outbox->count > 0; outbox->count--, sent++) {
        const struct serai_outbox_packet *packet = &outbox->packets[outbox->first];
        int64_t answer = channel_send(outbox->end, packet->bytes, packet->size, packet->money);

        if (answer < 0) {
            outbox->refusal = answer;
            if (answer == SERAI_E_CREDIT || answer == SERAI_E_FULL)
                (void)channel_room(outbox->end); /* it may be asked for already: fine */
            break;
        }
        outbox->first = (outbox->first + 1) % SERAI_OUTBOX_MAX;
    }
    return sent;
}

#endif
