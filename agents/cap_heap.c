/*
 * The capability heap's table: 96-bit number -> cap.  Numbers may be chosen by strangers, so the
 * hash is keyed.  The orders on it are in orders/heap.c.
 */
#include "agents/cap_heap.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "agents/pages/paged.h"
#include "agents/set.h"

static_assert(sizeof(((struct agents *)0)->heap_key) == crypto_shorthash_KEYBYTES, "hash key");

static size_t bucket_of(const struct agents *agents, const uint8_t *number)
{
    uint64_t hash;
    uint8_t out[crypto_shorthash_BYTES];

    (void)crypto_shorthash(out, number, SERAI_HEAP_NUMBER_BYTES, agents->heap_key);
    hash = le64_get(out);
    return (size_t)(hash & (agents->heap_buckets - 1));
}

struct heap_entry *heap_find(const struct agents *agents, const uint8_t *number)
{
    if (agents->heap_buckets == 0)
        return NULL;
    for (struct heap_entry *entry = agents->heap[bucket_of(agents, number)]; entry != NULL;
         entry = entry->next) {
        if (memcmp(entry->number, number, SERAI_HEAP_NUMBER_BYTES) == 0)
            return entry;
    }
    return NULL;
}

static void link_entry(struct agents *agents, struct heap_entry *entry)
{
    size_t bucket = bucket_of(agents, entry->number);

    entry->next = agents->heap[bucket];
    agents->heap[bucket] = entry;
}

static void grow(struct agents *agents)
{
    size_t old_buckets = agents->heap_buckets;
    struct heap_entry **old = agents->heap;

    agents->heap_buckets = old_buckets == 0 ? 64 : old_buckets * 2;
    agents->heap = calloc(agents->heap_buckets, sizeof *agents->heap);
    INVARIANT(agents->heap != NULL);
    for (size_t i = 0; i < old_buckets; i++) {
        while (old[i] != NULL) {
            struct heap_entry *entry = old[i];

            old[i] = entry->next;
            link_entry(agents, entry);
        }
    }
    free(old);
}

void heap_insert(struct agents *agents, struct heap_entry *entry)
{
    if (agents->heap_count >= agents->heap_buckets)
        grow(agents);
    link_entry(agents, entry);
    agents->heap_count++;
}

void heap_remove(struct agents *agents, struct heap_entry *entry)
{
    struct heap_entry **at = &agents->heap[bucket_of(agents, entry->number)];

    while (*at != entry)
        at = &(*at)->next;
    *at = entry->next;
    agents->heap_count--;
}

void heap_free(struct agents *agents)
{
    for (size_t i = 0; i < agents->heap_buckets; i++) {
        while (agents->heap[i] != NULL) {
            struct heap_entry *entry = agents->heap[i];

            agents->heap[i] = entry->next;
            free(entry);
        }
    }
    free(agents->heap);
}

static int by_serial(const void *left, const void *right)
{
    const struct heap_view *a = left;
    const struct heap_view *b = right;

    return a->serial < b->serial ? -1 : a->serial > b->serial;
}

size_t agents_heap_list(const struct agents *agents, uint64_t after, size_t limit,
                        void (*visit)(void *context, const struct heap_view *entry), void *context)
{
    struct heap_view *views = calloc(agents->heap_count + 1, sizeof *views);
    size_t count = 0;
    size_t visited;

    INVARIANT(views != NULL);
    for (size_t i = 0; i < agents->heap_buckets; i++) {
        for (const struct heap_entry *entry = agents->heap[i]; entry != NULL; entry = entry->next) {
            if (entry->serial > after)
                views[count++] = (struct heap_view){.serial = entry->serial,
                                                    .payer = entry->payer,
                                                    .deposit = entry->deposit,
                                                    .kind = entry->cap.kind};
        }
    }
    qsort(views, count, sizeof *views, by_serial);
    for (visited = 0; visited < count && visited < limit; visited++)
        visit(context, &views[visited]);
    free(views);
    return visited;
}
