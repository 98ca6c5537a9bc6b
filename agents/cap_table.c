/*
 * Capability tables: numbered slots, by chunks that never move, so that a slot's old content can be
 * saved and put back.
 */
#include "agents/cap_table.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "agents/cap.h"
#include "agents/message.h"
#include "base/undo.h"

uint8_t cap_inborn_kind(uint64_t slot)
{
    static const uint8_t inborn[SERAI_SLOT_FIRST_FREE] = {
        [SERAI_SLOT_SELF] = SERAI_KIND_SELF,
        [SERAI_SLOT_ORIGIN] = SERAI_KIND_EMPTY,
        [SERAI_SLOT_BUFFERS] = SERAI_KIND_BUFFER_POOL,
        [SERAI_SLOT_CHANNELS] = SERAI_KIND_CHANNEL_POOL,
        [SERAI_SLOT_HEAP] = SERAI_KIND_HEAP,
        [SERAI_SLOT_CODE] = SERAI_KIND_CODE,
        [SERAI_SLOT_LOG] = SERAI_KIND_LOG,
    };

    INVARIANT(slot < SERAI_SLOT_FIRST_FREE);
    return inborn[slot];
}

bool cap_equal(const struct cap *a, const struct cap *b)
{
    return a->kind == b->kind && a->rights == b->rights && a->object == b->object;
}

struct cap *cap_table_at(const struct cap_table *table, uint64_t slot)
{
    if (slot / AGENT_CAPS_CHUNK >= table->chunk_count ||
        table->chunks[slot / AGENT_CAPS_CHUNK] == NULL)
        return NULL;
    return &table->chunks[slot / AGENT_CAPS_CHUNK][slot % AGENT_CAPS_CHUNK];
}

/* ---- the index of a large table ---- */

enum { INDEX_BUCKETS = 2048, NO_SLOT = UINT16_MAX };

static_assert(SERAI_SLOTS_MAX % 64 == 0 && (int)SERAI_SLOTS_MAX < (int)NO_SLOT,
              "slots of an index");

/*
 * Where a cap is and which slots are taken, in a table that is too large to look through: looking
 * costs the guest no fuel.  A guest chooses what it holds, so the hash is keyed.  It is made from
 * the table, follows each change of it, back too, and is not stored.
 */
struct cap_index {
    uint8_t key[crypto_shorthash_KEYBYTES];
    uint16_t first[INDEX_BUCKETS]; /* slot, or NO_SLOT */
    uint16_t next[SERAI_SLOTS_MAX];
    uint16_t bucket[SERAI_SLOTS_MAX]; /* whose list it is in; NO_SLOT: empty, in none */
    uint64_t taken[SERAI_SLOTS_MAX / 64];
};

/* The bucket by kind, rights and object: all that makes a cap the same as another. */
static uint16_t index_bucket_of(const struct cap_index *index, const struct cap *cap)
{
    uint8_t text[10] = {cap->kind, cap->rights};
    uint8_t hash[crypto_shorthash_BYTES];

    le64_put(text + 2, cap->object);
    (void)crypto_shorthash(hash, text, sizeof text, index->key);
    return (uint16_t)(le64_get(hash) % INDEX_BUCKETS);
}

static void index_unlink(struct cap_index *index, uint16_t slot)
{
    uint16_t *at;

    if (index->bucket[slot] == NO_SLOT)
        return;
    for (at = &index->first[index->bucket[slot]]; *at != slot;)
        at = &index->next[*at];
    *at = index->next[slot];
    index->bucket[slot] = NO_SLOT;
    index->taken[slot / 64] &= ~(UINT64_C(1) << (slot % 64));
}

/* List the slot by what it holds now; of an empty slot nothing is listed. */
static void index_slot(struct cap_table *table, uint16_t slot)
{
    struct cap_index *index = table->index;
    const struct cap *cap = cap_table_at(table, slot);
    uint16_t bucket;

    index_unlink(index, slot);
    if (cap == NULL || cap->kind == SERAI_KIND_EMPTY)
        return;
    bucket = index_bucket_of(index, cap);
    index->next[slot] = index->first[bucket];
    index->first[bucket] = slot;
    index->bucket[slot] = bucket;
    index->taken[slot / 64] |= UINT64_C(1) << (slot % 64);
}

/* On rollback, after the slot has its old content: list it by that. */
static void index_again(void *context, void *argument)
{
    struct cap_table *table = context;

    if (table->index != NULL)
        index_slot(table, (uint16_t)(uintptr_t)argument);
}

/* On rollback of the turn in which the index was made. */
static void index_drop(void *context, void *argument)
{
    struct cap_table *table = context;

    (void)argument;
    free(table->index);
    table->index = NULL;
}

void cap_table_index(struct cap_table *table, const uint8_t *key, struct undo *undo)
{
    struct cap_index *index;

    if (table->index != NULL || table->highest <= CAPS_SMALL)
        return;
    index = malloc(sizeof *index);
    INVARIANT(index != NULL);
    memcpy(index->key, key, sizeof index->key);
    memset(index->first, 0xff, sizeof index->first);
    memset(index->bucket, 0xff, sizeof index->bucket);
    memset(index->taken, 0, sizeof index->taken);
    table->index = index;
    for (uint32_t slot = 0; slot < table->highest; slot++)
        index_slot(table, (uint16_t)slot);
    /* Slots that the turn changed before are put back without the index, so a rollback drops it. */
    if (!undo_is_empty(undo))
        undo_on_rollback(undo, index_drop, table, NULL);
}

/* ---- looking ---- */

static int64_t cap_table_scan_for(const struct cap_table *table, const struct cap *cap)
{
    for (uint32_t slot = 0; slot < table->highest; slot++) {
        const struct cap *held = cap_table_at(table, slot);

        if (held != NULL && cap_equal(held, cap))
            return (int64_t)slot;
    }
    return -1;
}

int64_t cap_table_find(const struct cap_table *table, const struct cap *cap)
{
    const struct cap_index *index = table->index;

    if (index == NULL || cap->kind == SERAI_KIND_EMPTY)
        return cap_table_scan_for(table, cap);
    for (uint16_t slot = index->first[index_bucket_of(index, cap)]; slot != NO_SLOT;
         slot = index->next[slot]) {
        if (cap_equal(cap_table_at(table, slot), cap))
            return slot;
    }
    return -1;
}

static int64_t cap_table_scan_for_room(const struct cap_table *table)
{
    for (uint32_t slot = SERAI_SLOT_FIRST_FREE; slot < SERAI_SLOTS_MAX; slot++) {
        const struct cap *held = cap_table_at(table, slot);

        if (held == NULL || held->kind == SERAI_KIND_EMPTY)
            return (int64_t)slot;
    }
    return SERAI_E_FULL;
}

int64_t cap_table_free_slot(const struct cap_table *table)
{
    const struct cap_index *index = table->index;

    if (index == NULL)
        return cap_table_scan_for_room(table);
    for (uint32_t word = 0; word < SERAI_SLOTS_MAX / 64; word++) {
        uint64_t taken = index->taken[word];

        if (word == 0)
            taken |= (UINT64_C(1) << SERAI_SLOT_FIRST_FREE) - 1;
        if (taken != UINT64_MAX)
            return (int64_t)word * 64 + __builtin_ctzll(~taken);
    }
    return SERAI_E_FULL;
}

/* Slot by slot: a pair is wanted at a birth only, which costs much more fuel than this takes. */
int64_t cap_table_free_pair(const struct cap_table *table)
{
    uint32_t empty = 0;

    for (uint32_t slot = SERAI_SLOT_FIRST_FREE; slot < SERAI_SLOTS_MAX; slot++) {
        const struct cap *held = cap_table_at(table, slot);

        empty = held == NULL || held->kind == SERAI_KIND_EMPTY ? empty + 1 : 0;
        if (empty == 2)
            return (int64_t)slot - 1;
    }
    return SERAI_E_FULL;
}

/*
 * Slots below SERAI_SLOT_FIRST_FREE are never given, so those that are used of them do not count.
 */
uint32_t cap_table_free_slots(const struct cap_table *table)
{
    uint32_t used = table->used;

    for (uint64_t slot = 0; slot < SERAI_SLOT_FIRST_FREE; slot++) {
        const struct cap *cap = cap_table_at(table, slot);

        used -= cap != NULL && cap->kind != SERAI_KIND_EMPTY;
    }
    return SERAI_SLOTS_MAX - SERAI_SLOT_FIRST_FREE - used;
}

bool cap_table_fits(const struct cap_table *table, const struct message *message)
{
    uint32_t needs = message->reply.kind != SERAI_KIND_EMPTY;

    for (uint8_t i = 0; i < message->cap_count; i++)
        needs += message->caps[i].kind != SERAI_KIND_EMPTY;
    return needs <= cap_table_free_slots(table);
}

/*
 * Have memory for a chunk of slots.  It stays when the turn is undone: a chunk with nothing in it
 * has no row and no meaning.
 */
void cap_table_grow(struct cap_table *table, uint32_t chunk)
{
    if (chunk >= table->chunk_count) {
        struct cap **grown = realloc(table->chunks, (chunk + 1) * sizeof *grown);

        INVARIANT(grown != NULL);
        memset(grown + table->chunk_count, 0, (chunk + 1 - table->chunk_count) * sizeof *grown);
        table->chunks = grown;
        table->chunk_count = chunk + 1;
    }
    if (table->chunks[chunk] == NULL) {
        table->chunks[chunk] = calloc(AGENT_CAPS_CHUNK, sizeof *table->chunks[chunk]);
        INVARIANT(table->chunks[chunk] != NULL);
    }
}

void cap_table_fini(struct cap_table *table)
{
    for (uint32_t i = 0; i < table->chunk_count; i++)
        free(table->chunks[i]);
    free(table->chunks);
    free(table->index);
}

void cap_table_set(struct cap_table *table, struct undo *undo, const uint8_t *key, uint64_t slot,
                   const struct cap *cap)
{
    uint64_t chunk = slot / AGENT_CAPS_CHUNK;
    struct cap *place;

    INVARIANT(slot < SERAI_SLOTS_MAX);
    cap_table_grow(table, (uint32_t)chunk);
    cap_table_index(table, key, undo);
    place = cap_table_at(table, slot);
    if (table->index != NULL) /* first in the log, so last on rollback: the slot is as it was */
        undo_on_rollback(undo, index_again, table, (void *)(uintptr_t)slot);
    undo_save(undo, place, sizeof *place);
    undo_save(undo, &table->used, sizeof table->used);
    if (place->kind == SERAI_KIND_EMPTY && cap->kind != SERAI_KIND_EMPTY)
        table->used++;
    if (place->kind != SERAI_KIND_EMPTY && cap->kind == SERAI_KIND_EMPTY)
        table->used--;
    *place = *cap;
    if (table->index != NULL)
        index_slot(table, (uint16_t)slot);
    /*
     * Neither is undone: `highest` only bounds what is looked through, and writing the row of an
     * unchanged chunk is harmless.
     */
    if (slot >= table->highest)
        table->highest = (uint32_t)slot + 1;
    table->dirty[chunk / 64] |= UINT64_C(1) << (chunk % 64);
}
