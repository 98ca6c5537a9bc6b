/*
 * The capability heap's table: 96-bit number -> cap.  Any agent may choose numbers, so the hash is
 * keyed.  The orders on it are in orders/heap.c.
 */
#include "agents/cap_heap.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "agents/pages/paged.h"
#include "agents/set.h"
#include "agents/views.h"

static_assert(sizeof(((struct cap_heap *)0)->key) == crypto_shorthash_KEYBYTES, "hash key");

static size_t heap_bucket_of(const struct cap_heap *heap, const uint8_t *number)
{
    uint64_t hash;
    uint8_t out[crypto_shorthash_BYTES];

    (void)crypto_shorthash(out, number, SERAI_HEAP_NUMBER_BYTES, heap->key);
    hash = le64_get(out);
    return (size_t)(hash & (heap->bucket_count - 1));
}

struct heap_entry *cap_heap_find(const struct cap_heap *heap, const uint8_t *number)
{
    if (heap->bucket_count == 0)
        return NULL;
    for (struct heap_entry *entry = heap->buckets[heap_bucket_of(heap, number)]; entry != NULL;
         entry = entry->next) {
        if (memcmp(entry->number, number, SERAI_HEAP_NUMBER_BYTES) == 0)
            return entry;
    }
    return NULL;
}

static void heap_link(struct cap_heap *heap, struct heap_entry *entry)
{
    size_t bucket = heap_bucket_of(heap, entry->number);

    entry->next = heap->buckets[bucket];
    heap->buckets[bucket] = entry;
}

/* Double the buckets.  Entries keep their memory, so pointers to them in the undo log stay good. */
static void heap_grow(struct cap_heap *heap)
{
    size_t old_buckets = heap->bucket_count;
    struct heap_entry **old = heap->buckets;

    heap->bucket_count = old_buckets == 0 ? 64 : old_buckets * 2;
    heap->buckets = calloc(heap->bucket_count, sizeof *heap->buckets);
    INVARIANT(heap->buckets != NULL);
    for (size_t i = 0; i < old_buckets; i++) {
        while (old[i] != NULL) {
            struct heap_entry *entry = old[i];

            old[i] = entry->next;
            heap_link(heap, entry);
        }
    }
    free(old);
}

void cap_heap_insert(struct cap_heap *heap, struct heap_entry *entry)
{
    if (heap->count >= heap->bucket_count)
        heap_grow(heap);
    heap_link(heap, entry);
    heap->count++;
}

void cap_heap_remove(struct cap_heap *heap, struct heap_entry *entry)
{
    struct heap_entry **at = &heap->buckets[heap_bucket_of(heap, entry->number)];

    /* It is there: whoever removes an entry has found it. */
    while (*at != entry)
        at = &(*at)->next;
    *at = entry->next;
    heap->count--;
}

void cap_heap_fini(struct cap_heap *heap)
{
    for (size_t i = 0; i < heap->bucket_count; i++) {
        while (heap->buckets[i] != NULL) {
            struct heap_entry *entry = heap->buckets[i];

            heap->buckets[i] = entry->next;
            free(entry);
        }
    }
    free(heap->buckets);
}

static int heap_by_serial(const void *left, const void *right)
{
    const struct heap_view *a = left;
    const struct heap_view *b = right;

    return a->serial < b->serial ? -1 : a->serial > b->serial;
}

size_t agents_heap_list(const struct agents *agents, uint64_t after, size_t limit,
                        void (*visit)(void *context, const struct heap_view *entry), void *context)
{
    struct heap_view *views = calloc(agents->heap.count + 1, sizeof *views);
    size_t count = 0;
    size_t visited;

    INVARIANT(views != NULL);
    for (size_t i = 0; i < agents->heap.bucket_count; i++) {
        for (const struct heap_entry *entry = agents->heap.buckets[i]; entry != NULL;
             entry = entry->next) {
            if (entry->serial > after)
                views[count++] = (struct heap_view){.serial = entry->serial,
                                                    .payer = entry->payer,
                                                    .deposit = entry->deposit,
                                                    .kind = entry->cap.kind};
        }
    }
    /* The buckets have no order: all are sorted before the first is shown. */
    qsort(views, count, sizeof *views, heap_by_serial);
    for (visited = 0; visited < count && visited < limit; visited++)
        visit(context, &views[visited]);
    free(views);
    return visited;
}
