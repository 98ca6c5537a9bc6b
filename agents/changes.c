/*
 * Which rows the next frame writes, and which it deletes.  Listing a row is not undone: to write an
 * unchanged row is harmless.
 */
#include "agents/changes.h"

#include <string.h>

#include "agents/agent.h"
#include "agents/code.h"
#include "agents/objects.h"
#include "agents/set.h"

void code_dirty(struct agents *agents, struct code *code)
{
    if (code->dirty)
        return;
    code->dirty = true;
    bytes_append(&agents->dirty_codes, &code->id, sizeof code->id);
    INVARIANT(!agents->dirty_codes.failed);
}

void heap_dirty(struct agents *agents, struct heap_entry *entry)
{
    if (entry->dirty)
        return;
    entry->dirty = true;
    bytes_append(&agents->dirty_heap, entry->number, sizeof entry->number);
    INVARIANT(!agents->dirty_heap.failed);
}

void agent_dirty(struct agents *agents, struct agent *agent)
{
    if (agent->dirty)
        return;
    agent->dirty = true;
    bytes_append(&agents->dirty_agents, &agent->id, sizeof agent->id);
    INVARIANT(!agents->dirty_agents.failed);
}

void object_dirty(struct agents *agents, struct object *object)
{
    if (object->dirty)
        return;
    object->dirty = true;
    bytes_append(&agents->dirty_objects, &object->id, sizeof object->id);
    INVARIANT(!agents->dirty_objects.failed);
}

void tombstone_add(struct agents *agents, enum store_table table, const void *key, size_t size)
{
    struct tombstone tombstone = {.table = table, .key_size = size};

    INVARIANT(size <= sizeof tombstone.key);
    memcpy(tombstone.key, key, size);
    bytes_append(&agents->tombstones, &tombstone, sizeof tombstone);
    INVARIANT(!agents->tombstones.failed);
}
