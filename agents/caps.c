/*
 * Capability tables: numbered slots, by chunks that never move, so that a slot's old content can be
 * saved and put back.
 */
#include <stdlib.h>
#include <string.h>

#include "agents/state.h"

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

int64_t agent_cap_find(const struct agent *agent, const struct cap *cap)
{
    for (uint32_t slot = 0; slot < agent->caps_highest; slot++) {
        const struct cap *held = agent_cap_at(agent, slot);

        if (held != NULL && cap_equal(held, cap))
            return (int64_t)slot;
    }
    return -1;
}

static int64_t cap_free_slot(const struct agent *agent)
{
    for (uint32_t slot = SERAI_SLOT_FIRST_FREE; slot < SERAI_SLOTS_MAX; slot++) {
        const struct cap *held = agent_cap_at(agent, slot);

        if (held == NULL || held->kind == SERAI_KIND_EMPTY)
            return (int64_t)slot;
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

static bool needs_slot(const struct agent *agent, const struct cap *cap, const struct cap *before,
                       size_t count)
{
    if (cap->kind == SERAI_KIND_EMPTY || agent_cap_find(agent, cap) >= 0)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (cap_equal(cap, &before[i]))
            return false;
    }
    return true;
}

bool caps_fit(const struct agent *agent, const struct message *message)
{
    uint32_t room = agent_caps_free_slots(agent);
    uint32_t needs = 0;

    if (room > message->cap_count)
        return true; /* and for the reply, wherever it is */
    for (uint8_t i = 0; i < message->cap_count; i++)
        needs += needs_slot(agent, &message->caps[i], message->caps, i);
    needs += needs_slot(agent, &message->reply, message->caps, message->cap_count);
    return needs <= room;
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
    place = agent_cap_at(agent, slot);
    undo_save(agents->undo, place, sizeof *place);
    undo_save(agents->undo, &agent->caps_used, sizeof agent->caps_used);
    if (place->kind == SERAI_KIND_EMPTY && cap->kind != SERAI_KIND_EMPTY)
        agent->caps_used++;
    if (place->kind != SERAI_KIND_EMPTY && cap->kind == SERAI_KIND_EMPTY)
        agent->caps_used--;
    *place = *cap;
    if (slot >= agent->caps_highest)
        agent->caps_highest = (uint32_t)slot + 1;
    agent->caps_dirty[slot / AGENT_CAPS_CHUNK / 64] |= UINT64_C(1)
                                                       << (slot / AGENT_CAPS_CHUNK % 64);
    agent_dirty(agents, agent);
}

int64_t agent_cap_give(struct agents *agents, struct agent *agent, const struct cap *cap)
{
    int64_t slot = agent_cap_find(agent, cap);

    if (slot >= 0)
        return slot;
    slot = cap_free_slot(agent);
    if (slot >= 0)
        agent_cap_set(agents, agent, (uint64_t)slot, cap);
    return slot;
}

void agent_caps_free(struct agent *agent)
{
    for (uint32_t i = 0; i < agent->caps_chunks; i++)
        free(agent->caps[i]);
    free(agent->caps);
}
