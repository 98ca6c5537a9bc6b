/*
 * Which rows the next frame writes, and which it deletes.  Listing a row is not undone, as writing
 * an unchanged row is harmless.  What is listed and found no more at the save has its row deleted.
 */
#include "agents/changes.h"

#include <string.h>

#include "agents/agent.h"
#include "agents/code.h"
#include "agents/objects.h"
#include "agents/set.h"

/* Each is listed once, by its number or id: the thing itself may be gone when the list is read. */
void code_dirty(struct changes *changes, struct code *code)
{
    if (code->dirty)
        return;
    code->dirty = true;
    bytes_append(&changes->codes, &code->id, sizeof code->id);
    INVARIANT(!changes->codes.failed);
}

void heap_dirty(struct changes *changes, struct heap_entry *entry)
{
    if (entry->dirty)
        return;
    entry->dirty = true;
    bytes_append(&changes->heap, entry->number, sizeof entry->number);
    INVARIANT(!changes->heap.failed);
}

void agent_dirty(struct changes *changes, struct agent *agent)
{
    if (agent->dirty)
        return;
    agent->dirty = true;
    bytes_append(&changes->agents, &agent->id, sizeof agent->id);
    INVARIANT(!changes->agents.failed);
}

void object_dirty(struct changes *changes, struct object *object)
{
    if (object->dirty)
        return;
    object->dirty = true;
    bytes_append(&changes->objects, &object->id, sizeof object->id);
    INVARIANT(!changes->objects.failed);
}

void tombstone_add(struct changes *changes, enum store_table table, const void *key, size_t size)
{
    struct tombstone tombstone = {.table = table, .key_size = size};

    INVARIANT(size <= sizeof tombstone.key);
    memcpy(tombstone.key, key, size);
    bytes_append(&changes->tombstones, &tombstone, sizeof tombstone);
    INVARIANT(!changes->tombstones.failed);
}
