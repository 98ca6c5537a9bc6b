/*
 * What an open end does: send, grant, ask for room, and receive packets and grants (docs/wire.md,
 * "Messages").  A grant is what the far end may send; its window is what this end may send.  Both
 * are totals that only rise, so a message that repeats or is late can take nothing back.
 */
#include "channels/channels.h"
#include "channels/set.h"

#include <assert.h>

/* One packet of the largest size fits what one grant may hold. */
static_assert((int)CHANNEL_PACKET_BYTES_MAX <= (int)CHANNEL_GRANT_BYTES_MAX, "a packet can arrive");

/* Why nothing can be sent, granted or asked in this state; CHANNEL_FINE when open. */
static enum channel_result end_check_open(const struct channel_end *end)
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

enum channel_result channel_check_send(const struct channel_end *end, size_t size)
{
    enum channel_result result = end_check_open(end);

    if (result != CHANNEL_FINE)
        return result;
    if (size > CHANNEL_PACKET_BYTES_MAX)
        return CHANNEL_TOO_LARGE;
    /* "PACKET": fewer packets than the window, and the bytes fit what is left of it. */
    if (end->sent_packets == end->window_packets)
        return CHANNEL_NO_WINDOW;
    if (size > end->window_bytes - end->sent_bytes)
        return CHANNEL_NO_WINDOW;
    return CHANNEL_FINE;
}

void channel_send(struct channel_end *end, struct undo *undo, size_t size, struct money money,
                  struct channel_message *packet)
{
    INVARIANT(channel_check_send(end, size) == CHANNEL_FINE);
    channel_change(end, undo);
    end->sent_packets++;
    end->sent_bytes += size;
    INVARIANT(u128_add(&end->sent_money, end->sent_money, money_nanos(money)));
    set_address(end, CHANNEL_PACKET, packet);
    packet->after = end->opened_seq;
}

/* ---- what was sent and forgotten ---- */

bool channel_check_adopt(const struct channel_end *end, const struct channel_arrived *arrived)
{
    /* Before its ANSWER nothing can have been sent; after a close the far end took it in order. */
    if (end->state == CHANNEL_PENDING || end->state == CHANNEL_GIVEN_UP)
        return false;
    return arrived->packets >= end->sent_packets && arrived->bytes >= end->sent_bytes &&
           arrived->money >= end->sent_money;
}

void channel_adopt(struct channel_end *end, struct undo *undo,
                   const struct channel_arrived *arrived)
{
    INVARIANT(channel_check_adopt(end, arrived));
    channel_change(end, undo);
    end->sent_packets = arrived->packets;
    end->sent_bytes = arrived->bytes;
    end->sent_money = arrived->money;
    /* It was granted, and the grant forgotten with the rest; CREDIT comes again. */
    if (end->window_packets < arrived->packets)
        end->window_packets = arrived->packets;
    if (end->window_bytes < arrived->bytes)
        end->window_bytes = arrived->bytes;
}

enum channel_result channel_check_grant(const struct channel_end *end, uint64_t packets,
                                        uint64_t bytes)
{
    enum channel_result result = end_check_open(end);

    if (result != CHANNEL_FINE)
        return result;
    /* Packets past the bound are refused; bytes are cut instead, for the reason at end_grant(). */
    if (packets == 0 || packets > CHANNEL_GRANT_PACKETS_MAX - channel_granted_open(end))
        return CHANNEL_TOO_MUCH;
    if (bytes == 0 || bytes > CHANNEL_GRANT_BYTES_MAX)
        return CHANNEL_TOO_MUCH;
    return CHANNEL_FINE;
}

/*
 * Packets are mostly smaller than what was granted for them, so bytes pile up on an end that grants
 * one more for each that came.  They stop at the bound: to refuse would stop an honest receiver.
 */
static void end_grant(struct channel_end *end, uint64_t packets, uint64_t bytes)
{
    uint64_t bytes_free = CHANNEL_GRANT_BYTES_MAX - (end->granted_bytes - end->received_bytes);

    end->granted_packets += packets;
    end->granted_bytes += bytes < bytes_free ? bytes : bytes_free;
}

void channel_grant(struct channel_end *end, struct undo *undo, uint64_t packets, uint64_t bytes,
                   struct channel_message *credit)
{
    INVARIANT(channel_check_grant(end, packets, bytes) == CHANNEL_FINE);
    channel_change(end, undo);
    end_grant(end, packets, bytes);
    /* "CREDIT": totals and not differences, so that the far end needs no earlier one. */
    *credit =
        (struct channel_message){.packets = end->granted_packets, .bytes = end->granted_bytes};
    set_address(end, CHANNEL_CREDIT, credit);
}

/* The most bytes that may still come: without a packet that is granted, none can. */
static uint64_t end_bytes_open(const struct channel_end *end)
{
    uint64_t bytes = end->granted_bytes - end->received_bytes;
    uint64_t carried = channel_granted_open(end) * CHANNEL_PACKET_BYTES_MAX;

    return bytes < carried ? bytes : carried;
}

struct channel_holding channel_holds(const struct channel_end *end)
{
    switch (end->state) {
    case CHANNEL_PENDING: /* its answer, and the notice that the far end closed */
        return (struct channel_holding){.ends = 1, .events = 2};
    case CHANNEL_OPEN: /* that notice, room, and packets */
        return (struct channel_holding){.ends = 1,
                                        .events = 1 + end->room_asked + channel_granted_open(end),
                                        .bytes = end_bytes_open(end)};
    case CHANNEL_FAR_CLOSED:
    case CHANNEL_CLOSING:
    case CHANNEL_GIVEN_UP:
        return (struct channel_holding){.ends = 1};
    }
    invariant_failed("a state of an end", __FILE__, __LINE__);
}

/* Tried on a copy: what a quota refuses has changed nothing. */
struct channel_holding channel_would_hold(const struct channel_end *end, uint64_t packets,
                                          uint64_t bytes)
{
    struct channel_end granted = *end;

    end_grant(&granted, packets, bytes);
    return channel_holds(&granted);
}

uint64_t channel_granted_open(const struct channel_end *end)
{
    return end->granted_packets - end->received_packets;
}

uint64_t channel_may_send(const struct channel_end *end)
{
    /* With no byte left only empty packets could go: not what anyone waits for. */
    if (end->state != CHANNEL_OPEN || end->sent_bytes == end->window_bytes)
        return 0;
    return end->window_packets - end->sent_packets;
}

enum channel_result channel_check_room(const struct channel_end *end)
{
    enum channel_result result = end_check_open(end);

    if (result != CHANNEL_FINE)
        return result;
    return end->room_asked ? CHANNEL_HAS_ASKED : CHANNEL_FINE;
}

void channel_ask_room(struct channel_end *end, struct undo *undo)
{
    INVARIANT(channel_check_room(end) == CHANNEL_FINE);
    channel_change(end, undo);
    end->room_asked = true;
}

void channel_room_given(struct channel_end *end, struct undo *undo)
{
    INVARIANT(end->room_asked);
    channel_change(end, undo);
    end->room_asked = false;
}

enum channel_result channel_check_priority(const struct channel_end *end)
{
    return end->state == CHANNEL_PENDING ? CHANNEL_FINE : end_check_open(end);
}

void channel_set_priority(struct channel_end *end, struct undo *undo, uint8_t priority)
{
    INVARIANT(channel_check_priority(end) == CHANNEL_FINE);
    INVARIANT(priority <= CHANNEL_PRIORITY_MAX);
    channel_change(end, undo);
    end->priority = priority;
}

enum channel_result channel_receive_packet(struct channel_end *end, struct undo *undo,
                                           const struct channel_message *packet)
{
    INVARIANT(packet->kind == CHANNEL_PACKET);
    if (end == NULL)
        return CHANNEL_UNKNOWN;
    /* In the order in which a peer can break the rules: size, state, then what was granted. */
    if (packet->size > CHANNEL_PACKET_BYTES_MAX)
        return CHANNEL_TOO_LARGE;
    /* A far end that closed sends no more; before the answer this one has granted nothing. */
    if (end->state != CHANNEL_OPEN && end->state != CHANNEL_CLOSING)
        return CHANNEL_NOT_GRANTED;
    if (end->received_packets == end->granted_packets ||
        packet->size > end->granted_bytes - end->received_bytes)
        return CHANNEL_NOT_GRANTED;
    /* What crossed our CLOSE counts too, or a peer could send late packets without end. */
    channel_change(end, undo);
    end->received_packets++;
    end->received_bytes += packet->size;
    INVARIANT(u128_add(&end->received_money, end->received_money, money_nanos(packet->money)));
    end->received_seq = packet->seq;
    return end->state == CHANNEL_CLOSING ? CHANNEL_IS_CLOSED : CHANNEL_FINE;
}

/* Let the window be what was granted.  *room: a room event is due now. */
static enum channel_result end_take_window(struct channel_end *end, struct undo *undo,
                                           uint64_t packets, uint64_t bytes, bool *room)
{
    channel_change(end, undo);
    end->window_packets = packets;
    end->window_bytes = bytes;
    if (end->state == CHANNEL_CLOSING)
        return CHANNEL_IS_CLOSED; /* it crossed our CLOSE */
    /* Once for each asking: the reserve that was held pays for one event. */
    if (end->room_asked && channel_may_send(end) > 0) {
        end->room_asked = false;
        *room = true;
    }
    return CHANNEL_FINE;
}

enum channel_result channel_receive_credit(struct channel_end *end, struct undo *undo,
                                           const struct channel_message *credit, bool *room)
{
    INVARIANT(credit->kind == CHANNEL_CREDIT);
    *room = false;
    if (end == NULL)
        return CHANNEL_UNKNOWN;
    if (end->state != CHANNEL_OPEN && end->state != CHANNEL_CLOSING)
        return CHANNEL_NOT_GRANTED;
    /* "CREDIT": each grants a packet or more, so a peer cannot send them for nothing. */
    if (credit->packets <= end->window_packets || credit->bytes < end->window_bytes)
        return CHANNEL_NOT_GRANTED;
    /* What we sent is no less than what arrived, so an honest far end keeps this bound as well. */
    if (credit->packets - end->sent_packets > CHANNEL_GRANT_PACKETS_MAX ||
        credit->bytes - end->sent_bytes > CHANNEL_GRANT_BYTES_MAX)
        return CHANNEL_NOT_GRANTED;
    return end_take_window(end, undo, credit->packets, credit->bytes, room);
}

enum channel_result channel_receive_regrant(struct channel_end *end, struct undo *undo,
                                            const struct channel_message *credit, bool *news,
                                            bool *room)
{
    uint64_t packets;
    uint64_t bytes;

    INVARIANT(credit->kind == CHANNEL_CREDIT);
    *room = false;
    *news = false;
    if (end == NULL)
        return CHANNEL_UNKNOWN;
    if (end->state != CHANNEL_OPEN && end->state != CHANNEL_CLOSING)
        return CHANNEL_NOT_GRANTED;
    packets = credit->packets > end->window_packets ? credit->packets : end->window_packets;
    bytes = credit->bytes > end->window_bytes ? credit->bytes : end->window_bytes;
    if (packets - end->sent_packets > CHANNEL_GRANT_PACKETS_MAX ||
        bytes - end->sent_bytes > CHANNEL_GRANT_BYTES_MAX)
        return CHANNEL_NOT_GRANTED;
    *news = packets != end->window_packets || bytes != end->window_bytes;
    return *news ? end_take_window(end, undo, packets, bytes, room) : CHANNEL_FINE;
}
