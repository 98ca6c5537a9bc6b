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

enum { INDEX_SLOTS_MIN = 64, NO_SLOT = 0, NO_BUCKET = UINT16_MAX };

static_assert((int)SERAI_SLOTS_MAX <= UINT16_MAX + 1 && SERAI_SLOTS_MAX % INDEX_SLOTS_MIN == 0,
              "slots of an index, and half as many buckets");

/*
 * Where a cap is and which slots are taken, in a table that is too large to look through: looking
 * costs the guest no fuel.  A guest chooses what it holds, so the hash is keyed; and the lists go
 * both ways, as it may hold one cap in all of its slots.  Slot 0, the agent itself, ends a list and
 * is in none.  The index is made from the table, grows with it, follows each change, back too, and
 * is not stored.
 */
struct cap_index {
    uint8_t key[crypto_shorthash_KEYBYTES];
    uint32_t capacity; /* the slots below it can be listed; a power of two, with half the buckets */
    uint16_t *first;   /* of each bucket: slot, or NO_SLOT */
    uint16_t *next;    /* of each slot, or NO_SLOT */
    uint16_t *previous; /* or NO_SLOT: it is the first */
    uint16_t *bucket;   /* whose list it is in; NO_BUCKET: in none */
    uint64_t *taken;    /* a bit for each slot that is no cap's to come into */
    uint64_t *full;     /* a bit for each word of `taken` that has them all */
};

/* Memory for an index of that many slots, which lists none. */
static struct cap_index *index_new(const uint8_t *key, uint32_t capacity)
{
    uint32_t words = capacity / 64;
    size_t bits = (words + (words + 63) / 64) * sizeof(uint64_t);
    size_t numbers = (capacity / 2 + 3 * (size_t)capacity) * sizeof(uint16_t);
    struct cap_index *index = calloc(1, sizeof *index + bits + numbers);

    INVARIANT(index != NULL);
    memcpy(index->key, key, sizeof index->key);
    index->capacity = capacity;
    index->taken = (uint64_t *)(void *)(index + 1);
    index->full = index->taken + words;
    index->first = (uint16_t *)(void *)((uint8_t *)(index + 1) + bits);
    index->next = index->first + capacity / 2;
    index->previous = index->next + capacity;
    index->bucket = index->previous + capacity;
    memset(index->bucket, 0xff, capacity * sizeof *index->bucket);
    index->taken[0] = (UINT64_C(1) << SERAI_SLOT_FIRST_FREE) - 1;
    return index;
}

static_assert(sizeof(struct cap_index) % sizeof(uint64_t) == 0, "bits follow it");

/* The bucket by kind, rights and object: all that makes a cap the same as another. */
static uint16_t index_bucket_of(const struct cap_index *index, const struct cap *cap)
{
    uint8_t text[10] = {cap->kind, cap->rights};
    uint8_t hash[crypto_shorthash_BYTES];

    le64_put(text + 2, cap->object);
    (void)crypto_shorthash(hash, text, sizeof text, index->key);
    return (uint16_t)(le64_get(hash) % (index->capacity / 2));
}

/* Note that a slot is taken, or free; those that an agent is born with are always taken. */
static void index_take(struct cap_index *index, uint32_t slot, bool taken)
{
    uint32_t word = slot / 64;
    uint64_t full = UINT64_C(1) << (word % 64);

    if (slot < SERAI_SLOT_FIRST_FREE)
        return;
    if (taken)
        index->taken[word] |= UINT64_C(1) << (slot % 64);
    else
        index->taken[word] &= ~(UINT64_C(1) << (slot % 64));
    if (index->taken[word] == UINT64_MAX)
        index->full[word / 64] |= full;
    else
        index->full[word / 64] &= ~full;
}

static void index_unlink(struct cap_index *index, uint32_t slot)
{
    uint16_t next = index->next[slot];
    uint16_t previous = index->previous[slot];

    if (index->bucket[slot] == NO_BUCKET)
        return;
    if (previous == NO_SLOT)
        index->first[index->bucket[slot]] = next;
    else
        index->next[previous] = next;
    if (next != NO_SLOT)
        index->previous[next] = previous;
    index->bucket[slot] = NO_BUCKET;
    index_take(index, slot, false);
}

/* List the slot by what it holds now; of an empty slot nothing is listed. */
static void index_slot(struct cap_table *table, uint32_t slot)
{
    struct cap_index *index = table->index;
    const struct cap *cap = cap_table_at(table, slot);
    uint16_t bucket;
    uint16_t first;

    index_unlink(index, slot);
    if (slot == NO_SLOT || cap == NULL || cap->kind == SERAI_KIND_EMPTY)
        return;
    bucket = index_bucket_of(index, cap);
    first = index->first[bucket];
    index->next[slot] = first;
    index->previous[slot] = NO_SLOT;
    if (first != NO_SLOT)
        index->previous[first] = (uint16_t)slot;
    index->first[bucket] = (uint16_t)slot;
    index->bucket[slot] = bucket;
    index_take(index, slot, true);
}

/* On rollback, after the slot has its old content: list it by that. */
static void index_again(void *context, void *argument)
{
    struct cap_table *table = context;

    if (table->index != NULL)
        index_slot(table, (uint32_t)(uintptr_t)argument);
}

/* On rollback of the turn in which the index was made. */
static void index_drop(void *context, void *argument)
{
    struct cap_table *table = context;

    (void)argument;
    free(table->index);
    table->index = NULL;
}

/* Make the index of a table anew, with room for all slots below `slots`. */
static void index_make(struct cap_table *table, const uint8_t *key, uint32_t slots)
{
    uint32_t capacity = INDEX_SLOTS_MIN;

    while (capacity < slots)
        capacity *= 2;
    free(table->index);
    table->index = index_new(key, capacity);
    for (uint32_t slot = 0; slot < table->highest; slot++)
        index_slot(table, slot);
}

void cap_table_index(struct cap_table *table, const uint8_t *key, struct undo *undo)
{
    if (table->index != NULL || table->highest <= CAPS_SMALL)
        return;
    index_make(table, key, table->highest);
    /* Slots that the turn changed before are put back without the index, so a rollback drops it. */
    if (!undo_is_empty(undo))
        undo_on_rollback(undo, index_drop, table, NULL);
}

/*
 * Room in the index for one more slot.  It doubles, so that making it anew costs each slot that was
 * filled a fixed part.
 */
static void index_fit(struct cap_table *table, const uint8_t *key, uint32_t slot)
{
    if (table->index != NULL && slot >= table->index->capacity)
        index_make(table, key, slot + 1);
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
    for (uint32_t slot = index->first[index_bucket_of(index, cap)]; slot != NO_SLOT;
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

/* The first slot past all that an index lists, or FULL. */
static int64_t index_end(const struct cap_index *index)
{
    return index->capacity < SERAI_SLOTS_MAX ? (int64_t)index->capacity : SERAI_E_FULL;
}

int64_t cap_table_free_slot(const struct cap_table *table)
{
    const struct cap_index *index = table->index;
    uint32_t words;

    if (index == NULL)
        return cap_table_scan_for_room(table);
    words = index->capacity / 64;
    for (uint32_t at = 0; at < words; at += 64) {
        uint64_t full = index->full[at / 64];
        uint32_t word = at + (full == UINT64_MAX ? 64 : (uint32_t)__builtin_ctzll(~full));

        if (full != UINT64_MAX && word < words)
            return (int64_t)word * 64 + __builtin_ctzll(~index->taken[word]);
    }
    return index_end(index);
}

/* The same of a table without an index, which has few slots. */
static int64_t cap_table_scan_for_pair(const struct cap_table *table)
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

int64_t cap_table_free_pair(const struct cap_table *table)
{
    const struct cap_index *index = table->index;
    uint64_t before = 0; /* whether the last slot of the word before is free, in bit 0 */
    int64_t end;

    if (index == NULL)
        return cap_table_scan_for_pair(table);
    for (uint32_t word = 0; word < index->capacity / 64; word++) {
        uint64_t empty = ~index->taken[word];
        uint64_t pairs = empty & (empty << 1 | before); /* by their second slot */

        if (pairs != 0)
            return (int64_t)word * 64 + __builtin_ctzll(pairs) - 1;
        before = empty >> 63;
    }
    end = index_end(index);
    return end < 0 ? end : end - (int64_t)before;
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

uint32_t cap_table_needs(const struct message *message)
{
    uint32_t needs = message->reply.kind != SERAI_KIND_EMPTY;

    for (uint8_t i = 0; i < message->cap_count; i++)
        needs += message->caps[i].kind != SERAI_KIND_EMPTY;
    return needs;
}

/*
 * Have memory for a chunk of slots.  It stays when the turn is undone: a chunk with nothing in it
 * has no row and no meaning.
 */
void cap_table_grow(struct cap_table *table, uint32_t chunk)
{
    uint32_t count = table->chunk_count;

    if (chunk >= count) {
        struct cap **grown;

        INVARIANT(chunk < AGENT_CAPS_CHUNKS);
        count = chunk + 1 > 2 * count ? chunk + 1 : 2 * count;
        count = count < AGENT_CAPS_CHUNKS ? count : AGENT_CAPS_CHUNKS;
        grown = realloc(table->chunks, count * sizeof *grown);
        INVARIANT(grown != NULL);
        memset(grown + table->chunk_count, 0, (count - table->chunk_count) * sizeof *grown);
        table->chunks = grown;
        table->chunk_count = count;
    }
    if (table->chunks[chunk] == NULL) {
        table->chunks[chunk] = calloc(AGENT_CAPS_CHUNK, sizeof *table->chunks[chunk]);
        INVARIANT(table->chunks[chunk] != NULL);
    }
}

/* Whether a chunk holds anything. */
static bool chunk_is_used(const struct cap *chunk)
{
    for (uint32_t i = 0; chunk != NULL && i < AGENT_CAPS_CHUNK; i++) {
        if (chunk[i].kind != SERAI_KIND_EMPTY)
            return true;
    }
    return false;
}

uint32_t cap_table_count_large(const struct cap_table *table)
{
    uint32_t count = 0;

    for (uint32_t chunk = CAPS_CHUNKS_COMMON; chunk < table->chunk_count; chunk++)
        count += chunk_is_used(table->chunks[chunk]);
    return count;
}

/* ---- chunks that changed ---- */

/* The word with the bit of a chunk: one is in the table, others are made when they are wanted. */
static uint64_t *dirty_word(struct cap_table *table, uint32_t chunk)
{
    if (chunk < 64)
        return &table->dirty;
    if (table->dirty_more == NULL) {
        table->dirty_more = calloc(AGENT_CAPS_CHUNKS / 64, sizeof *table->dirty_more);
        INVARIANT(table->dirty_more != NULL);
    }
    return &table->dirty_more[chunk / 64];
}

bool cap_table_is_saved(const struct cap_table *table)
{
    bool saved = table->dirty == 0;

    for (uint32_t i = 0; saved && table->dirty_more != NULL && i < AGENT_CAPS_CHUNKS / 64; i++)
        saved = table->dirty_more[i] == 0;
    return saved;
}

bool cap_table_take_dirty(struct cap_table *table, uint32_t chunk)
{
    uint64_t bit = UINT64_C(1) << (chunk % 64);
    uint64_t *word;

    if (chunk >= 64 && table->dirty_more == NULL)
        return false;
    word = dirty_word(table, chunk);
    if ((*word & bit) == 0)
        return false;
    *word &= ~bit;
    return true;
}

/*
 * Chunks at the end that hold nothing, and an index that has become much too large for the rest; so
 * an agent that emptied its table holds no memory for which it pays no rent.
 */
void cap_table_tidy(struct cap_table *table)
{
    for (uint32_t chunk = CAPS_CHUNKS_COMMON; chunk < table->chunk_count; chunk++) {
        if (table->chunks[chunk] == NULL || chunk_is_used(table->chunks[chunk]))
            continue;
        free(table->chunks[chunk]);
        table->chunks[chunk] = NULL;
    }
    while (table->highest > CAPS_CHUNKS_COMMON * AGENT_CAPS_CHUNK &&
           table->chunks[(table->highest - 1) / AGENT_CAPS_CHUNK] == NULL)
        table->highest = (table->highest - 1) / AGENT_CAPS_CHUNK * AGENT_CAPS_CHUNK;
    free(table->dirty_more);
    table->dirty_more = NULL;
    if (table->index != NULL && table->index->capacity / 4 >= INDEX_SLOTS_MIN &&
        table->index->capacity / 4 >= table->highest) {
        free(table->index);
        table->index = NULL;
    }
}

void cap_table_clear(struct cap_table *table)
{
    struct cap_table cleared = {.chunks = table->chunks, .chunk_count = table->chunk_count};

    INVARIANT(cap_table_is_saved(table));
    for (uint32_t i = 0; i < table->chunk_count; i++) {
        if (table->chunks[i] == NULL)
            continue;
        if (i == 0) {
            memset(table->chunks[i], 0, AGENT_CAPS_CHUNK * sizeof *table->chunks[i]);
            continue;
        }
        free(table->chunks[i]);
        table->chunks[i] = NULL;
    }
    free(table->index);
    free(table->dirty_more);
    *table = cleared;
}

void cap_table_fini(struct cap_table *table)
{
    for (uint32_t i = 0; i < table->chunk_count; i++)
        free(table->chunks[i]);
    free(table->chunks);
    free(table->index);
    free(table->dirty_more);
}

void cap_table_set(struct cap_table *table, struct undo *undo, const uint8_t *key, uint64_t slot,
                   const struct cap *cap)
{
    uint32_t chunk = (uint32_t)(slot / AGENT_CAPS_CHUNK);
    struct cap *place;

    INVARIANT(slot < SERAI_SLOTS_MAX);
    cap_table_grow(table, chunk);
    cap_table_index(table, key, undo);
    index_fit(table, key, (uint32_t)slot);
    place = cap_table_at(table, slot);
    if (table->index != NULL) /* first in the log, so last on rollback: the slot is as it was */
        undo_on_rollback(undo, index_again, table, (void *)(uintptr_t)slot);
    undo_save(undo, place, sizeof *place);
    undo_save(undo, &table->used, sizeof table->used);
    undo_save(undo, &table->large, sizeof table->large);
    if (chunk >= CAPS_CHUNKS_COMMON)
        table->large -= chunk_is_used(table->chunks[chunk]);
    if (place->kind == SERAI_KIND_EMPTY && cap->kind != SERAI_KIND_EMPTY)
        table->used++;
    if (place->kind != SERAI_KIND_EMPTY && cap->kind == SERAI_KIND_EMPTY)
        table->used--;
    *place = *cap;
    if (chunk >= CAPS_CHUNKS_COMMON)
        table->large += chunk_is_used(table->chunks[chunk]);
    if (table->index != NULL)
        index_slot(table, (uint32_t)slot);
    /*
     * Neither is undone: `highest` only bounds what is looked through, and writing the row of an
     * unchanged chunk is harmless.
     */
    if (slot >= table->highest)
        table->highest = (uint32_t)slot + 1;
    *dirty_word(table, chunk) |= UINT64_C(1) << (chunk % 64);
}
