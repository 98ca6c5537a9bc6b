/* The queue of a wire agent against a list: first in, first out for each owner, and no byte lost.
 */
#include <string.h>

#include "sdk/wire/queue.h"
#include "tests/check_main.h"

enum { ROOM = 4096, ITEMS = 200, OWNERS = 3, STEPS = 20000, SIZE_MAX_BYTES = 100 };

struct twin {
    bool live;
    int32_t owner;
    uint32_t tag;
    int64_t money;
    int32_t size;
    uint8_t bytes[SIZE_MAX_BYTES];
};

static _Alignas(8) uint8_t room[ROOM];
static struct twin twins[ITEMS]; /* in order */
static int32_t twin_count;
static struct rng rng;

static void twins_compact(void)
{
    int32_t to = 0;

    for (int32_t i = 0; i < twin_count; i++) {
        if (twins[i].live)
            twins[to++] = twins[i];
    }
    twin_count = to;
}

static struct twin *twin_first(int32_t owner, const uint32_t *tag)
{
    for (int32_t i = 0; i < twin_count; i++) {
        if (twins[i].live && twins[i].owner == owner && (tag == NULL || twins[i].tag == *tag))
            return &twins[i];
    }
    return NULL;
}

static void put(struct queue *queue)
{
    struct twin twin = {.live = true,
                        .owner = (int32_t)rng_below(&rng, OWNERS),
                        .tag = (uint32_t)rng_below(&rng, 5),
                        .money = (int64_t)rng_below(&rng, 1000),
                        .size = (int32_t)rng_below(&rng, SIZE_MAX_BYTES)};

    for (int32_t i = 0; i < twin.size; i++)
        twin.bytes[i] = (uint8_t)rng_below(&rng, 256);
    twins_compact();
    if (twin_count < ITEMS &&
        queue_put(queue, twin.owner, twin.tag, twin.money, twin.bytes, twin.size))
        twins[twin_count++] = twin;
    else
        ck_assert_int_gt(queue->live, ROOM - 2 * SIZE_MAX_BYTES - 100);
}

static void take(struct queue *queue)
{
    int32_t owner = (int32_t)rng_below(&rng, OWNERS);
    uint32_t tag = (uint32_t)rng_below(&rng, 5);
    bool by_tag = rng_below(&rng, 2) == 0;
    struct twin *twin = twin_first(owner, by_tag ? &tag : NULL);
    struct queue_item item;
    bool found = by_tag ? queue_find(queue, owner, tag, &item) : queue_first(queue, owner, &item);

    ck_assert_int_eq(found, twin != NULL);
    if (twin == NULL)
        return;
    ck_assert_int_eq(item.size, twin->size);
    ck_assert_uint_eq(item.tag, twin->tag);
    ck_assert_int_eq(item.money, twin->money);
    ck_assert_mem_eq(item.bytes, twin->bytes, (size_t)twin->size);
    queue_take(queue, &item);
    twin->live = false;
}

START_TEST(it_is_a_list)
{
    struct queue queue = {.bytes = room, .room = sizeof room};

    rng = rng_for_test();
    for (int step = 0; step < STEPS; step++) {
        int64_t money = 0;

        if (rng_below(&rng, 100) < 52)
            put(&queue);
        else
            take(&queue);
        for (int32_t i = 0; i < twin_count; i++)
            money += twins[i].live ? twins[i].money : 0;
        ck_assert_int_eq(queue.money, money);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("the queue of a wire agent");
    TCase *cases = tcase_create("queue");

    tcase_add_test(cases, it_is_a_list);
    suite_add_tcase(suite, cases);
    return check_main(suite);
}
