/*
 * Packets that wait, in one stretch of bytes: those that the far end of a wire has not granted yet,
 * and answers that are not handed out yet.  First in, first out for each owner.  No orders here.
 */
#ifndef SERAI_SDK_WIRE_QUEUE_H
#define SERAI_SDK_WIRE_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "sdk/wire/limits.h"

/* What one owner has in the queue. */
struct queue_part {
    int32_t from; /* nothing of his is before this place */
    int32_t count;
    int32_t bytes;
};

/* `bytes` and `room` are set once; all else begins with zeroes. */
struct queue {
    uint8_t *bytes; /* aligned to 8 */
    int32_t room;
    int32_t used;  /* up to where there are items, live or taken */
    int32_t live;  /* bytes of those that wait */
    int64_t money; /* nanos of those */
    struct queue_part parts[WIRE_QUEUE_OWNERS_MAX];
};

struct queue_item {
    int32_t owner;
    uint32_t tag;  /* what its owner knows it by */
    int64_t money; /* nanos that go with it */
    int32_t size;
    const uint8_t *bytes; /* within the queue: until the next queue_put() */
    int32_t at;
};

/* Put a copy at the end; false: there is no room. */
bool queue_put(struct queue *queue, int32_t owner, uint32_t tag, int64_t money, const void *bytes,
               int32_t size);

/*
 * Whether an owner may put so much more without harm to the others: there is half of the room for
 * whoever comes first, and of the other half a share each.
 */
bool queue_allows(const struct queue *queue, int32_t owner, int32_t size);

/* Whether so much of this owner's waits that he is not to begin anything new. */
bool queue_is_busy(const struct queue *queue, int32_t owner);

/*
 * The first of an owner, or the first with this tag.  False: there is none.  Who takes the first
 * one again and again passes over the rest of the queue once in all.
 */
bool queue_first(struct queue *queue, int32_t owner, struct queue_item *item);
bool queue_find(const struct queue *queue, int32_t owner, uint32_t tag, struct queue_item *item);

/* Take it out; item->bytes stay until the next queue_put(). */
void queue_take(struct queue *queue, const struct queue_item *item);

#endif
