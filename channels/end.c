/* What an open end does: send, arm, ask for room, and take packets and credit. */
#include "channels/channels.h"
#include "channels/set.h"

#include <assert.h>

/* One packet of the largest size fits what one grant may hold. */
static_assert((int)CHANNEL_PACKET_BYTES_MAX <= (int)CHANNEL_ARMED_BYTES_MAX, "a packet can arrive");

/* Why nothing can be sent, armed or asked in this state; CHANNEL_FINE when open. */
static enum channel_verdict end_check_open(const struct channel_end *end)
{
    switch (end->state) {
    case CHANNEL_PENDING:
        return CHANNEL_NOT_OPEN;
    case CHANNEL_OPEN:
        return CHANNEL_FINE;
    case CHANNEL_FAR_CLOSED:
    case CHANNEL_CLOSING:
    case CHANNEL_GIVEN_UP:
        return CHANNEL_IS_CLOSED;
    }
    invariant_failed("a state of an end", __FILE__, __LINE__);
}

enum channel_verdict channel_check_send(const struct channel_end *end, size_t size)
{
    enum channel_verdict verdict = end_check_open(end);

    if (verdict != CHANNEL_FINE)
        return verdict;
    if (size > CHANNEL_PACKET_BYTES_MAX)
        return CHANNEL_TOO_LARGE;
    if (end->sent_packets == end->credit_packets)
        return CHANNEL_NO_CREDIT;
    if (size > end->credit_bytes - end->sent_bytes)
        return CHANNEL_NO_CREDIT;
    return CHANNEL_FINE;
}

void channel_send(struct channel_end *end, struct undo *undo, size_t size,
                  struct channel_message *packet)
{
    INVARIANT(channel_check_send(end, size) == CHANNEL_FINE);
    channel_touch(end, undo);
    end->sent_packets++;
    end->sent_bytes += size;
    set_address(end, CHANNEL_PACKET, packet);
}

enum channel_verdict channel_check_arm(const struct channel_end *end, uint64_t packets,
                                       uint64_t bytes)
{
    enum channel_verdict verdict = end_check_open(end);

    if (verdict != CHANNEL_FINE)
        return verdict;
    if (packets == 0 || packets > CHANNEL_ARMED_PACKETS_MAX - channel_armed_open(end))
        return CHANNEL_TOO_MUCH;
    if (bytes == 0 || bytes > CHANNEL_ARMED_BYTES_MAX)
        return CHANNEL_TOO_MUCH;
    return CHANNEL_FINE;
}

/*
 * Packets are mostly smaller than what was armed for them, so bytes pile up on an end that arms
 * one more for each that came.  They stop at the bound: to refuse would stop an honest receiver.
 */
static void end_grant(struct channel_end *end, uint64_t packets, uint64_t bytes)
{
    uint64_t bytes_free = CHANNEL_ARMED_BYTES_MAX - (end->armed_bytes - end->received_bytes);

    end->armed_packets += packets;
    end->armed_bytes += bytes < bytes_free ? bytes : bytes_free;
}

void channel_arm(struct channel_end *end, struct undo *undo, uint64_t packets, uint64_t bytes,
                 struct channel_message *credit)
{
    INVARIANT(channel_check_arm(end, packets, bytes) == CHANNEL_FINE);
    channel_touch(end, undo);
    end_grant(end, packets, bytes);
    *credit = (struct channel_message){.packets = end->armed_packets, .bytes = end->armed_bytes};
    set_address(end, CHANNEL_CREDIT, credit);
}

/* Bytes that no packet is armed for cannot come. */
static uint64_t end_bytes_open(const struct channel_end *end)
{
    uint64_t bytes = end->armed_bytes - end->received_bytes;
    uint64_t carried = channel_armed_open(end) * CHANNEL_PACKET_BYTES_MAX;

    return bytes < carried ? bytes : carried;
}

struct channel_holding channel_holds(const struct channel_end *end)
{
    switch (end->state) {
    case CHANNEL_PENDING: /* its answer, and the notice that the far end closed */
        return (struct channel_holding){.ends = 1, .events = 2};
    case CHANNEL_OPEN: /* that notice, room, and packets */
        return (struct channel_holding){.ends = 1,
                                        .events = 1 + end->room_asked + channel_armed_open(end),
                                        .bytes = end_bytes_open(end)};
    case CHANNEL_FAR_CLOSED:
    case CHANNEL_CLOSING:
    case CHANNEL_GIVEN_UP:
        return (struct channel_holding){.ends = 1};
    }
    invariant_failed("a state of an end", __FILE__, __LINE__);
}

struct channel_holding channel_would_hold(const struct channel_end *end, uint64_t packets,
                                          uint64_t bytes)
{
    struct channel_end armed = *end;

    end_grant(&armed, packets, bytes);
    return channel_holds(&armed);
}

uint64_t channel_armed_open(const struct channel_end *end)
{
    return end->armed_packets - end->received_packets;
}

uint64_t channel_may_send(const struct channel_end *end)
{
    /* With no byte left only empty packets could go: not what anyone waits for. */
    if (end->state != CHANNEL_OPEN || end->sent_bytes == end->credit_bytes)
        return 0;
    return end->credit_packets - end->sent_packets;
}

enum channel_verdict channel_check_room(const struct channel_end *end)
{
    enum channel_verdict verdict = end_check_open(end);

    if (verdict != CHANNEL_FINE)
        return verdict;
    return end->room_asked ? CHANNEL_HAS_ASKED : CHANNEL_FINE;
}

void channel_ask_room(struct channel_end *end, struct undo *undo)
{
    INVARIANT(channel_check_room(end) == CHANNEL_FINE);
    channel_touch(end, undo);
    end->room_asked = true;
}

void channel_room_given(struct channel_end *end, struct undo *undo)
{
    INVARIANT(end->room_asked);
    channel_touch(end, undo);
    end->room_asked = false;
}

enum channel_verdict channel_received(struct channel_end *end, struct undo *undo,
                                      const struct channel_message *packet)
{
    INVARIANT(packet->kind == CHANNEL_PACKET);
    if (end == NULL)
        return CHANNEL_UNKNOWN;
    if (packet->size > CHANNEL_PACKET_BYTES_MAX)
        return CHANNEL_TOO_LARGE;
    /* A far end that closed sends no more; before the answer this one has armed nothing. */
    if (end->state != CHANNEL_OPEN && end->state != CHANNEL_CLOSING)
        return CHANNEL_UNARMED;
    if (end->received_packets == end->armed_packets ||
        packet->size > end->armed_bytes - end->received_bytes)
        return CHANNEL_UNARMED;
    /* Late ones count too, or a liar could send them without end. */
    channel_touch(end, undo);
    end->received_packets++;
    end->received_bytes += packet->size;
    return end->state == CHANNEL_CLOSING ? CHANNEL_IS_CLOSED : CHANNEL_FINE;
}

enum channel_verdict channel_credited(struct channel_end *end, struct undo *undo,
                                      const struct channel_message *credit, bool *room)
{
    INVARIANT(credit->kind == CHANNEL_CREDIT);
    *room = false;
    if (end == NULL)
        return CHANNEL_UNKNOWN;
    if (end->state != CHANNEL_OPEN && end->state != CHANNEL_CLOSING)
        return CHANNEL_UNARMED;
    /* Whoever arms grants a packet or more: so what is said for nothing is bounded. */
    if (credit->packets <= end->credit_packets || credit->bytes < end->credit_bytes)
        return CHANNEL_UNARMED;
    /* What we sent is no less than what arrived, so an honest far end keeps this bound as well. */
    if (credit->packets - end->sent_packets > CHANNEL_ARMED_PACKETS_MAX ||
        credit->bytes - end->sent_bytes > CHANNEL_ARMED_BYTES_MAX)
        return CHANNEL_UNARMED;
    channel_touch(end, undo);
    end->credit_packets = credit->packets;
    end->credit_bytes = credit->bytes;
    if (end->state == CHANNEL_CLOSING)
        return CHANNEL_IS_CLOSED; /* it crossed our CLOSE */
    if (end->room_asked && channel_may_send(end) > 0) {
        end->room_asked = false;
        *room = true;
    }
    return CHANNEL_FINE;
}
