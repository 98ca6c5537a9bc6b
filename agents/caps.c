/*
 * Capability tables: numbered slots, by chunks that never move, so that a slot's old content can be
 * saved and put back.
 */
#include "agents/caps.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "agents/accrual.h"
#include "agents/agent.h"
#include "agents/changes.h"
#include "agents/limits.h"
#include "agents/pages/paged.h"
#include "agents/set.h"

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

struct cap *agent_cap_at(const struct agent *agent, uint64_t slot)
{
    if (slot / AGENT_CAPS_CHUNK >= agent->caps_chunks ||
        agent->caps[slot / AGENT_CAPS_CHUNK] == NULL)
        return NULL;
    return &agent->caps[slot / AGENT_CAPS_CHUNK][slot % AGENT_CAPS_CHUNK];
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

static uint16_t bucket_of(const struct cap_index *index, const struct cap *cap)
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

/* The slot is listed by what it holds now. */
static void index_slot(struct agent *agent, uint16_t slot)
{
    struct cap_index *index = agent->cap_index;
    const struct cap *cap = agent_cap_at(agent, slot);
    uint16_t bucket;

    index_unlink(index, slot);
    if (cap == NULL || cap->kind == SERAI_KIND_EMPTY)
        return;
    bucket = bucket_of(index, cap);
    index->next[slot] = index->first[bucket];
    index->first[bucket] = slot;
    index->bucket[slot] = bucket;
    index->taken[slot / 64] |= UINT64_C(1) << (slot % 64);
}

static void index_again(void *context, void *argument)
{
    struct agent *agent = context;

    if (agent->cap_index != NULL)
        index_slot(agent, (uint16_t)(uintptr_t)argument);
}

static void index_drop(void *context, void *argument)
{
    struct agent *agent = context;

    (void)argument;
    free(agent->cap_index);
    agent->cap_index = NULL;
}

void agent_index_caps(struct agents *agents, struct agent *agent)
{
    struct cap_index *index;

    if (agent->cap_index != NULL || agent->caps_highest <= CAPS_SMALL)
        return;
    index = malloc(sizeof *index);
    INVARIANT(index != NULL);
    static_assert(sizeof index->key == sizeof agents->heap_key, "a key of the same hash");
    memcpy(index->key, agents->heap_key, sizeof index->key);
    memset(index->first, 0xff, sizeof index->first);
    memset(index->bucket, 0xff, sizeof index->bucket);
    memset(index->taken, 0, sizeof index->taken);
    agent->cap_index = index;
    for (uint32_t slot = 0; slot < agent->caps_highest; slot++)
        index_slot(agent, (uint16_t)slot);
    /* What was changed before, and may be put back, is not noted for it. */
    if (!undo_is_empty(agents->undo))
        undo_on_rollback(agents->undo, index_drop, agent, NULL);
}

/* ---- looking ---- */

static int64_t scan_for(const struct agent *agent, const struct cap *cap)
{
    for (uint32_t slot = 0; slot < agent->caps_highest; slot++) {
        const struct cap *held = agent_cap_at(agent, slot);

        if (held != NULL && cap_equal(held, cap))
            return (int64_t)slot;
    }
    return -1;
}

int64_t agent_cap_find(const struct agent *agent, const struct cap *cap)
{
    const struct cap_index *index = agent->cap_index;

    if (index == NULL || cap->kind == SERAI_KIND_EMPTY)
        return scan_for(agent, cap);
    for (uint16_t slot = index->first[bucket_of(index, cap)]; slot != NO_SLOT;
         slot = index->next[slot]) {
        if (cap_equal(agent_cap_at(agent, slot), cap))
            return slot;
    }
    return -1;
}

static int64_t scan_for_room(const struct agent *agent)
{
    for (uint32_t slot = SERAI_SLOT_FIRST_FREE; slot < SERAI_SLOTS_MAX; slot++) {
        const struct cap *held = agent_cap_at(agent, slot);

        if (held == NULL || held->kind == SERAI_KIND_EMPTY)
            return (int64_t)slot;
    }
    return SERAI_E_FULL;
}

static int64_t cap_free_slot(const struct agent *agent)
{
    const struct cap_index *index = agent->cap_index;

    if (index == NULL)
        return scan_for_room(agent);
    for (uint32_t word = 0; word < SERAI_SLOTS_MAX / 64; word++) {
        uint64_t taken = index->taken[word];

        if (word == 0)
            taken |= (UINT64_C(1) << SERAI_SLOT_FIRST_FREE) - 1;
        if (taken != UINT64_MAX)
            return (int64_t)word * 64 + __builtin_ctzll(~taken);
    }
    return SERAI_E_FULL;
}

uint32_t agent_caps_free_slots(const struct agent *agent)
{
    uint32_t used = agent->caps_used;

    for (uint64_t slot = 0; slot < SERAI_SLOT_FIRST_FREE; slot++) {
        const struct cap *cap = agent_cap_at(agent, slot);

        used -= cap != NULL && cap->kind != SERAI_KIND_EMPTY;
    }
    return SERAI_SLOTS_MAX - SERAI_SLOT_FIRST_FREE - used;
}

bool caps_fit(const struct agent *agent, const struct message *message)
{
    uint32_t needs = message->reply.kind != SERAI_KIND_EMPTY;

    for (uint8_t i = 0; i < message->cap_count; i++)
        needs += message->caps[i].kind != SERAI_KIND_EMPTY;
    return needs <= agent_caps_free_slots(agent);
}

/* The chunk and its place in the list stay when the turn is undone: an empty one means nothing. */
void agent_make_caps(struct agent *agent, uint32_t chunk)
{
    if (chunk >= agent->caps_chunks) {
        struct cap **grown = realloc(agent->caps, (chunk + 1) * sizeof *grown);

        INVARIANT(grown != NULL);
        memset(grown + agent->caps_chunks, 0, (chunk + 1 - agent->caps_chunks) * sizeof *grown);
        agent->caps = grown;
        agent->caps_chunks = chunk + 1;
    }
    if (agent->caps[chunk] == NULL) {
        agent->caps[chunk] = calloc(AGENT_CAPS_CHUNK, sizeof *agent->caps[chunk]);
        INVARIANT(agent->caps[chunk] != NULL);
    }
}

void agent_cap_set(struct agents *agents, struct agent *agent, uint64_t slot, const struct cap *cap)
{
    struct cap *place;

    INVARIANT(slot < SERAI_SLOTS_MAX);
    agent_make_caps(agent, (uint32_t)(slot / AGENT_CAPS_CHUNK));
    rent_touch(agents, agent);
    agent_index_caps(agents, agent);
    place = agent_cap_at(agent, slot);
    if (agent->cap_index != NULL) /* done last when it is undone: the slot is as it was again */
        undo_on_rollback(agents->undo, index_again, agent, (void *)(uintptr_t)slot);
    undo_save(agents->undo, place, sizeof *place);
    undo_save(agents->undo, &agent->caps_used, sizeof agent->caps_used);
    if (place->kind == SERAI_KIND_EMPTY && cap->kind != SERAI_KIND_EMPTY)
        agent->caps_used++;
    if (place->kind != SERAI_KIND_EMPTY && cap->kind == SERAI_KIND_EMPTY)
        agent->caps_used--;
    *place = *cap;
    if (agent->cap_index != NULL)
        index_slot(agent, (uint16_t)slot);
    if (slot >= agent->caps_highest)
        agent->caps_highest = (uint32_t)slot + 1;
    agent->caps_dirty[slot / AGENT_CAPS_CHUNK / 64] |= UINT64_C(1)
                                                       << (slot / AGENT_CAPS_CHUNK % 64);
    agent_dirty(agents, agent);
}

int64_t agent_cap_give(struct agents *agents, struct agent *agent, const struct cap *cap)
{
    int64_t slot = cap_free_slot(agent);

    if (slot >= 0)
        agent_cap_set(agents, agent, (uint64_t)slot, cap);
    return slot;
}

void agent_caps_free(struct agent *agent)
{
    for (uint32_t i = 0; i < agent->caps_chunks; i++)
        free(agent->caps[i]);
    free(agent->caps);
    free(agent->cap_index);
}
