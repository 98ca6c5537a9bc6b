/*
 * Messages on their way out, in two queues of each link: without a number yet, and not acknowledged
 * yet.  Each is encoded once, when it is queued; every sending and the row use these bytes.
 */
#include "links/link_set.h"

#include <stdlib.h>
#include <string.h>

/* The place in the ring; its capacity is a power of two, so indexes wrap by a mask. */
static size_t outbox_slot(const struct outbox *outbox, size_t index)
{
    return (outbox->first + index) & (outbox->capacity - 1);
}

static void outbox_grow(struct outbox *outbox)
{
    size_t capacity = outbox->capacity == 0 ? 16 : outbox->capacity * 2;
    struct outgoing **items = calloc(capacity, sizeof(struct outgoing *));

    INVARIANT(items != NULL);
    /* The oldest goes to the front: a ring cannot grow where it wraps. */
    for (size_t i = 0; i < outbox->count; i++)
        items[i] = outbox->items[outbox_slot(outbox, i)];
    free(outbox->items);
    outbox->items = items;
    outbox->capacity = capacity;
    outbox->first = 0;
}

void outbox_push(struct outbox *outbox, struct outgoing *outgoing)
{
    if (outbox->count == outbox->capacity)
        outbox_grow(outbox);
    outbox->items[outbox_slot(outbox, outbox->count++)] = outgoing;
    outbox->bytes += outgoing->size;
    outbox->answers += outgoing->message.kind == CHANNEL_ANSWER;
}

struct outgoing *outbox_at(const struct outbox *outbox, size_t index)
{
    INVARIANT(index < outbox->count);
    return outbox->items[outbox_slot(outbox, index)];
}

struct outgoing *outbox_pop(struct outbox *outbox)
{
    struct outgoing *outgoing = outbox_at(outbox, 0);

    outbox->first = outbox_slot(outbox, 1);
    outbox->count--;
    outbox->bytes -= outgoing->size;
    outbox->answers -= outgoing->message.kind == CHANNEL_ANSWER;
    return outgoing;
}

/* From the newest, for a rollback takes out what was queued last. */
size_t outbox_remove(struct outbox *outbox, const struct outgoing *outgoing)
{
    size_t index = outbox->count;
    size_t was;

    do {
        INVARIANT(index > 0); /* it is not there */
        index--;
    } while (outbox_at(outbox, index) != outgoing);
    was = index;
    /* The later ones move up: their order is the order of their numbers to be. */
    for (; index + 1 < outbox->count; index++)
        outbox->items[outbox_slot(outbox, index)] = outbox->items[outbox_slot(outbox, index + 1)];
    outbox->count--;
    outbox->bytes -= outgoing->size;
    outbox->answers -= outgoing->message.kind == CHANNEL_ANSWER;
    return was;
}

void outbox_insert(struct outbox *outbox, size_t index, struct outgoing *outgoing)
{
    INVARIANT(index <= outbox->count);
    outbox_push(outbox, outgoing);
    for (size_t at = outbox->count - 1; at > index; at--)
        outbox->items[outbox_slot(outbox, at)] = outbox->items[outbox_slot(outbox, at - 1)];
    outbox->items[outbox_slot(outbox, index)] = outgoing;
}

void outbox_fini(struct links *links, struct outbox *outbox)
{
    while (outbox->count != 0)
        outgoing_free(links, outbox_pop(outbox));
    free(outbox->items);
    memset(outbox, 0, sizeof *outbox);
}

static size_t outgoing_bytes(size_t wire_size)
{
    return slab_coarse(sizeof(struct outgoing) + wire_size);
}

void outgoing_free(struct links *links, struct outgoing *outgoing)
{
    slab_give(&links->memory, outgoing, outgoing_bytes(outgoing->size));
}

struct outgoing *outgoing_new(struct links *links, const struct channel_message *message)
{
    struct bytes *wire = &links->scratch;
    struct outgoing *outgoing;

    bytes_clear(wire);
    message_encode(wire, message);
    INVARIANT(!wire->failed);
    INVARIANT(wire->size <= MESSAGE_BYTES_MAX);
    outgoing = slab_take(&links->memory, outgoing_bytes(wire->size));
    *outgoing = (struct outgoing){.message = *message, .money = message_money(message)};
    /* What the caller lent ends with its turn: the copy points into wire[] alone. */
    outgoing->message.money = outgoing->money;
    outgoing->message.name = NULL; /* it does not cross a link */
    outgoing->size = wire->size;
    memcpy(outgoing->wire, wire->data, wire->size);
    /* The data of a packet is its last field, so it ends where wire[] does. */
    if (message->kind != CHANNEL_PACKET)
        outgoing->message.size = 0;
    outgoing->message.data = outgoing->wire + outgoing->size - outgoing->message.size;
    return outgoing;
}
