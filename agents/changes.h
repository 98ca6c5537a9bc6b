/* Rows to be written with the next frame, at most once each.  Private to this part. */
#ifndef SERAI_AGENTS_CHANGES_H
#define SERAI_AGENTS_CHANGES_H

#include "agents/agent.h"
#include "agents/agents.h"
#include "agents/cap_heap.h"
#include "agents/objects.h"

struct code;

/* A row to delete with the next frame. */
struct tombstone {
    enum store_table table;
    uint8_t key[40];
    size_t key_size;
};

/*
 * Mark rows to be written with the next frame, at most once each: agent_dirty(), object_dirty() and
 * code_dirty().  Not undone: writing an unchanged row is harmless.  tombstone_add() lists a key to
 * be deleted.
 */
void agent_dirty(struct agents *agents, struct agent *agent);
void object_dirty(struct agents *agents, struct object *object);
void code_dirty(struct agents *agents, struct code *code);
void tombstone_add(struct agents *agents, enum store_table table, const void *key, size_t size);

/* List an entry to be written, or deleted if it is not there any more, with the next frame. */
void heap_dirty(struct agents *agents, struct heap_entry *entry);

#endif
