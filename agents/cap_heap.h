/* The table of the capability heap.  Private to this part. */
#ifndef SERAI_AGENTS_CAP_HEAP_H
#define SERAI_AGENTS_CAP_HEAP_H

#include "agents/cap.h"
#include "base/money.h"
#include "sdk/abi.h"

struct heap_entry {
    uint8_t number[SERAI_HEAP_NUMBER_BYTES];
    uint64_t serial;
    uint64_t payer;    /* the agent that added it, dead or alive */
    uint64_t customer; /* that agent's */
    struct money deposit;
    struct cap cap;
    bool dirty;
    struct heap_entry *next; /* in its hash bucket */
};

struct cap_heap {
    struct heap_entry **buckets;
    size_t bucket_count;
    size_t count;
    uint8_t key[16]; /* of the hash */
    uint64_t next_serial;
};

/* The entry of this number, or NULL. */
struct heap_entry *cap_heap_find(const struct cap_heap *heap, const uint8_t *number);

/* Add an entry, which is taken; not undone. */
void cap_heap_insert(struct cap_heap *heap, struct heap_entry *entry);

/* Unlink an entry, which is the caller's then; not undone. */
void cap_heap_remove(struct cap_heap *heap, struct heap_entry *entry);

/* Free all entries. */
void cap_heap_fini(struct cap_heap *heap);

#endif
