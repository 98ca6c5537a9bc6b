/*
 * From the channel to the facet and back.  To the core goes each packet as it came, and now and
 * then "+" and how many of the core's have gone on; from it each packet as it is to go, and "x"
 * when it is over.
 */
#include "sdk/wire/relay.h"

enum { RELAY_OUT = 0, RELAY_IN = 1, RELAY_ACK_PACKETS = 4 };

static int64_t relay_to_core(const void *bytes, int32_t size, int64_t money)
{
    return serai_send(here.core, bytes, size, money, INT64_MAX, SERAI_SLOT_NONE);
}

void relay_begin(int32_t family_slot, const char *args, int32_t size)
{
    int64_t facet = self_facet_of(SERAI_SLOT_SELF, badge_plain(BADGE_RELAY, 0), 0, 0);
    int64_t postage = facet_postage(family_slot);

    here.is_relay = true;
    here.core = SERAI_SLOT_NONE;
    if (facet < 0 || postage < 0 ||
        facet_send(family_slot, args, size, &(int32_t){(int32_t)facet}, 1, 0, postage,
                   SERAI_SLOT_NONE) < 0) {
        (void)serai_log("wire: the wire agent of this site does not take this wire");
        (void)self_die(SERAI_SLOT_SELF);
    }
    (void)serai_arm(&here.wires[0].credit, SERAI_SLOT_ORIGIN, WIRE_WINDOW_PACKETS,
                    WIRE_PACKET_BYTES_MAX);
}

/* Send on what waits in one direction; *count is how many went.  False: its way is gone. */
static bool relay_flush(int32_t direction, uint32_t *count)
{
    struct queue_item item;

    while (queue_first(&here.queue, direction, &item)) {
        int64_t answer = direction == RELAY_OUT
                             ? channel_send(SERAI_SLOT_ORIGIN, item.bytes, item.size, item.money)
                             : relay_to_core(item.bytes, item.size, item.money);

        if (answer == SERAI_E_CLOSED)
            return false;
        if (answer < 0) {
            if (direction == RELAY_OUT)
                (void)channel_room(SERAI_SLOT_ORIGIN);
            return true;
        }
        queue_take(&here.queue, &item);
        *count += 1;
    }
    return true;
}

/*
 * The end.  Money of what still waits is not this agent's: the wire agent has it, or is to give it
 * to somebody.
 */
static void relay_die(void)
{
    if (here.core != SERAI_SLOT_NONE && here.queue.money > 0)
        (void)facet_fund(here.core, here.queue.money); /* it may be gone, too */
    (void)self_die(SERAI_SLOT_SELF);
}

/* What has come goes on in order, if not now then later, unless it is over. */
static void relay_go_on(bool is_over)
{
    uint32_t in = 0;
    uint32_t out = 0;
    bool good = relay_flush(RELAY_OUT, &out);

    if (here.core != SERAI_SLOT_NONE)
        good = relay_flush(RELAY_IN, &in) && good;
    serai_rearm(&here.wires[0].credit, (int32_t)in);
    here.wires[0].unacked += out;
    if (here.wires[0].unacked >= RELAY_ACK_PACKETS) {
        uint8_t ack[2] = {'+', (uint8_t)here.wires[0].unacked};

        if (relay_to_core(ack, sizeof ack, 0) >= 0)
            here.wires[0].unacked = 0;
    }
    if (!good || is_over)
        relay_die();
}

/* False: it is over. */
static bool relay_message(void)
{
    if (badge_kind(event.badge) != BADGE_RELAY)
        return true;
    if (here.core == SERAI_SLOT_NONE && event.cap_count == 1) {
        if (cap_keep(event.caps[0]) < 0)
            return false;
        here.core = event.caps[0];
        return true;
    }
    if (event.size == 1)
        return false;
    if (!queue_put(&here.queue, RELAY_OUT, 0, event.money, event_data, event.size))
        serai_fail(WIRE_BUSY, "too many packets wait");
    return true;
}

void relay_event(void)
{
    bool is_over = event.kind == SERAI_EVENT_CLOSED;

    if (event.kind == SERAI_EVENT_MESSAGE)
        is_over = !relay_message();
    else if (event.kind == SERAI_EVENT_PACKET) /* else more than was granted: it cannot be */
        is_over = !queue_put(&here.queue, RELAY_IN, 0, event.money, event_data, event.size);
    relay_go_on(is_over);
}
