/*
 * A table of capabilities: numbered slots, by chunks that never move, so that a slot's old content
 * can be saved and put back.  Private to this part.
 */
#ifndef SERAI_AGENTS_CAP_TABLE_H
#define SERAI_AGENTS_CAP_TABLE_H

#include "agents/limits.h"
#include "agents/message.h"
#include "base/status.h"

enum { CAP_TABLE_KEY_BYTES = 16 }; /* the key of its hash */

struct cap_index;
struct message;
struct undo;

struct cap_table {
    struct cap **chunks; /* of AGENT_CAPS_CHUNK slots; they never move, and NULL is empty */
    uint32_t chunk_count;
    uint32_t used;           /* slots that are not empty */
    uint32_t highest;        /* one past the last slot in use, or past some that are empty */
    uint32_t large;          /* chunks from CAPS_CHUNKS_COMMON on that hold anything */
    struct cap_index *index; /* of a large table, when it was looked at */
    uint64_t dirty;          /* a bit for each of the first 64 chunks: to be saved */
    uint64_t *dirty_more;    /* the same of all chunks but these; NULL: none is to be saved */
};

/* The kind of cap that an agent is born with in a slot below SERAI_SLOT_FIRST_FREE. */
uint8_t cap_inborn_kind(uint64_t slot);

/* Whether two caps have the same kind, rights and object. */
bool cap_equal(const struct cap *a, const struct cap *b);

/*
 * The cap in a slot, empty or not; NULL: there is no memory for that slot yet.  It stays where it
 * is.
 */
struct cap *cap_table_at(const struct cap_table *table, uint64_t slot);

/* A slot that holds this cap, or -1. */
int64_t cap_table_find(const struct cap_table *table, const struct cap *cap);

/* The first empty slot that is not of those an agent is born with, or SERAI_E_FULL. */
int64_t cap_table_free_slot(const struct cap_table *table);

/* The first of two empty slots side by side, of those that cap_table_free_slot() gives; or FULL. */
int64_t cap_table_free_pair(const struct cap_table *table);

/* The number of caps that could still be given. */
uint32_t cap_table_free_slots(const struct cap_table *table);

/* The number of slots that what comes with the message takes. */
uint32_t cap_table_needs(const struct message *message);

/* Count `large`, for a table that was filled by hand. */
uint32_t cap_table_count_large(const struct cap_table *table);

/* Whether no chunk is to be saved. */
bool cap_table_is_saved(const struct cap_table *table);

/* Whether a chunk is to be saved; from now on it is not. */
bool cap_table_take_dirty(struct cap_table *table, uint32_t chunk);

/* Free memory that the table needs no more.  When all is saved, and nothing can be undone. */
void cap_table_tidy(struct cap_table *table);

/* Make memory for a chunk of slots.  Not undone: empty slots mean nothing. */
void cap_table_grow(struct cap_table *table, uint32_t chunk);

/*
 * Index the slots of a large table; before a table may be looked into often, so that a large one is
 * as quick as a small one.  `key` is of CAP_TABLE_KEY_BYTES, and is copied.
 */
void cap_table_index(struct cap_table *table, const uint8_t *key, struct undo *undo);

/*
 * Set a slot, below SERAI_SLOTS_MAX (INVARIANT), and note its chunk as changed.  Undone by
 * rollback; `key` as for cap_table_index().
 */
void cap_table_set(struct cap_table *table, struct undo *undo, const uint8_t *key, uint64_t slot,
                   const struct cap *cap);

/* Empty all slots of a table that is saved, and keep memory for those that agents mostly have. */
void cap_table_clear(struct cap_table *table);

/* Free all slots and their index. */
void cap_table_fini(struct cap_table *table);

#endif
