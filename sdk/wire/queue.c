/* Items lie behind each other; those that were taken go when room is wanted. */
#include "sdk/wire/queue.h"

#include <stddef.h>
#include <string.h>

struct head {
    int64_t money;
    int32_t owner; /* QUEUE_TAKEN: it is gone */
    int32_t size;
    uint32_t tag;
    int32_t unused;
};

enum { QUEUE_TAKEN = -1 };

static int32_t item_bytes(int32_t size)
{
    return (int32_t)sizeof(struct head) + (size + 7) / 8 * 8;
}

static struct head head_at(const struct queue *queue, int32_t at)
{
    struct head head;

    memcpy(&head, queue->bytes + at, sizeof head);
    return head;
}

/* Close the gaps that taken items have left. */
static void queue_compact(struct queue *queue)
{
    int32_t to = 0;

    for (int32_t at = 0; at < queue->used;) {
        struct head head = head_at(queue, at);
        int32_t bytes = item_bytes(head.size);

        if (head.owner != QUEUE_TAKEN) {
            memmove(queue->bytes + to, queue->bytes + at, (size_t)bytes);
            to += bytes;
        }
        at += bytes;
    }
    queue->used = to;
    for (int32_t i = 0; i < WIRE_QUEUE_OWNERS_MAX; i++)
        queue->parts[i].from = 0;
}

bool queue_allows(const struct queue *queue, int32_t owner, int32_t size)
{
    const struct queue_part *part = &queue->parts[owner];
    int32_t wanted = item_bytes(size);

    return part->count < WIRE_QUEUE_ITEMS_MAX && (part->bytes + wanted <= WIRE_QUEUE_SHARE_BYTES ||
                                                  queue->live + wanted <= queue->room / 2);
}

bool queue_is_busy(const struct queue *queue, int32_t owner)
{
    return queue->parts[owner].count > WIRE_QUEUE_BUSY_ITEMS ||
           queue->parts[owner].bytes > WIRE_QUEUE_BUSY_BYTES;
}

bool queue_put(struct queue *queue, int32_t owner, uint32_t tag, int64_t money, const void *bytes,
               int32_t size)
{
    struct head head = {.money = money, .owner = owner, .size = size, .tag = tag};
    int32_t wanted = item_bytes(size);

    if (wanted > queue->room - queue->used)
        queue_compact(queue);
    if (wanted > queue->room - queue->used)
        return false;
    memcpy(queue->bytes + queue->used, &head, sizeof head);
    memcpy(queue->bytes + queue->used + sizeof head, bytes, (size_t)size);
    queue->used += wanted;
    queue->live += wanted;
    queue->money += money;
    queue->parts[owner].count++;
    queue->parts[owner].bytes += wanted;
    return true;
}

static bool queue_look(const struct queue *queue, int32_t owner, const uint32_t *tag,
                       struct queue_item *item)
{
    if (queue->parts[owner].count == 0)
        return false;
    for (int32_t at = queue->parts[owner].from; at < queue->used;) {
        struct head head = head_at(queue, at);

        if (head.owner == owner && (tag == NULL || head.tag == *tag)) {
            *item = (struct queue_item){.owner = owner,
                                        .tag = head.tag,
                                        .money = head.money,
                                        .size = head.size,
                                        .bytes = queue->bytes + at + sizeof head,
                                        .at = at};
            return true;
        }
        at += item_bytes(head.size);
    }
    return false;
}

bool queue_first(struct queue *queue, int32_t owner, struct queue_item *item)
{
    bool is_there = queue_look(queue, owner, NULL, item);

    if (is_there)
        queue->parts[owner].from = item->at;
    return is_there;
}

bool queue_find(const struct queue *queue, int32_t owner, uint32_t tag, struct queue_item *item)
{
    return queue_look(queue, owner, &tag, item);
}

void queue_take(struct queue *queue, const struct queue_item *item)
{
    struct head head = head_at(queue, item->at);

    head.owner = QUEUE_TAKEN;
    memcpy(queue->bytes + item->at, &head, sizeof head);
    queue->live -= item_bytes(item->size);
    queue->money -= item->money;
    queue->parts[item->owner].count--;
    queue->parts[item->owner].bytes -= item_bytes(item->size);
    if (queue->live == 0)
        queue_compact(queue);
}
