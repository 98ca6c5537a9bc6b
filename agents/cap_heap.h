/* The table of the capability heap.  Private to this part. */
#ifndef SERAI_AGENTS_CAP_HEAP_H
#define SERAI_AGENTS_CAP_HEAP_H

#include "agents/agents.h"

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

/* The entry of this number, or NULL. */
struct heap_entry *heap_find(const struct agents *agents, const uint8_t *number);

/* Add an entry, which is taken; not undone. */
void heap_insert(struct agents *agents, struct heap_entry *entry);

/* Unlink an entry, which is the caller's then; not undone. */
void heap_remove(struct agents *agents, struct heap_entry *entry);

/* Free all entries. */
void heap_free(struct agents *agents);

#endif
