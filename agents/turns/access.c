/* The running turn as orders see it: its slots and its guest's memory. */
#include "agents/turns/access.h"

#include <string.h>

#include "agents/cap.h"
#include "agents/caps.h"
#include "agents/limits.h"
#include "agents/message.h"
#include "agents/objects.h"
#include "agents/pages/page_cache.h"
#include "agents/pages/paged.h"
#include "agents/promises.h"
#include "agents/set.h"
#include "agents/turn.h"
#include "agents/turns/turn.h"

struct agent *turn_agent(const struct turn *turn)
{
    return turn->agent;
}

/* Put what a promise is resolved to in its place.  False: there is not the fuel for it. */
static bool turn_look_through(struct turn *turn, uint64_t slot, const struct cap *held)
{
    struct cap cap = *held;

    if (!promise_look_through(turn->agents, &cap))
        return false;
    if (cap.object != held->object)
        agent_cap_set(turn->agents, turn->agent, slot, &cap);
    return true;
}

const struct cap *turn_cap(struct turn *turn, uint64_t slot, enum serai_kind kind, int64_t *refusal)
{
    const struct cap *cap = cap_table_at(&turn->agent->caps, slot);

    if (cap == NULL || cap->kind == SERAI_KIND_EMPTY) {
        *refusal = SERAI_E_SLOT;
        return NULL;
    }
    if (cap->kind == SERAI_KIND_FACET && !turn_look_through(turn, slot, cap)) {
        *refusal = SERAI_E_SHORT;
        return NULL;
    }
    if (kind != SERAI_KIND_ANY && cap->kind != (uint8_t)kind) {
        *refusal = SERAI_E_KIND;
        return NULL;
    }
    return cap;
}

bool turn_has_slot(const struct turn *turn)
{
    return agent_has_slots(turn->agents, turn->agent, 1);
}

int64_t turn_give_cap(struct turn *turn, const struct cap *cap)
{
    return agent_cap_give(turn->agents, turn->agent, cap);
}

/* A cap that is kept leaves the list of loans, and so stays in its slot after the turn. */
void turn_keep_slot(struct turn *turn, uint64_t slot)
{
    uint32_t left = 0;

    for (uint32_t i = 0; i < turn->lent_count; i++) {
        if (turn->lent[i] != slot)
            turn->lent[left++] = turn->lent[i];
    }
    turn->lent_count = left;
}

void turn_take_cap(struct turn *turn, uint64_t slot)
{
    struct cap empty = {.kind = SERAI_KIND_EMPTY};

    turn_keep_slot(turn, slot); /* what comes into it next is the agent's own */
    agent_cap_set(turn->agents, turn->agent, slot, &empty);
}

/*
 * Moving bytes costs what memory.copy does, or an order would be the cheapest way to use the site's
 * time.
 */
static bool turn_work_on_bytes(struct turn *turn, uint64_t size)
{
    return turn_work(turn, (size + WORK_BYTES - 1) / WORK_BYTES);
}

const uint8_t *turn_read(struct turn *turn, uint64_t address, uint64_t size)
{
    const uint8_t *from;

    if (size > UINT32_MAX || address > UINT32_MAX)
        return NULL;
    from = engine_guest_read(&turn->instance, (uint32_t)address, (uint32_t)size);
    return from != NULL && turn_work_on_bytes(turn, size) ? from : NULL;
}

uint8_t *turn_write(struct turn *turn, uint64_t address, uint64_t size)
{
    const struct engine_instance *instance = &turn->instance;

    if (size > UINT32_MAX || address > UINT32_MAX)
        return NULL;
    /*
     * Bounds, then fuel for the bytes, then fuel for the cards that the write marks; only then are
     * they marked.
     */
    if (engine_guest_read(instance, (uint32_t)address, (uint32_t)size) == NULL ||
        !turn_work_on_bytes(turn, size) ||
        !turn_work(turn, engine_guest_write_fuel(instance, (uint32_t)address, (uint32_t)size)))
        return NULL;
    return engine_guest_write(&turn->instance, (uint32_t)address, (uint32_t)size);
}

int64_t turn_write_part(struct turn *turn, uint64_t address, const uint8_t *from, size_t size,
                        uint64_t offset, uint64_t wanted)
{
    uint8_t *to;

    if (offset > size)
        return SERAI_E_INVALID;
    if (wanted > size - offset)
        wanted = size - offset;
    to = turn_write(turn, address, wanted);
    if (to == NULL)
        return SERAI_E_MEMORY;
    if (wanted > 0)
        memcpy(to, from + offset, wanted);
    return (int64_t)wanted;
}

bool turn_buffer_read(struct turn *turn, const struct cap *buffer, uint64_t offset, uint64_t size,
                      uint8_t *to)
{
    struct object *object = object_find(&turn->agents->objects, buffer->object, OBJECT_BUFFER);

    /* The range is compared without adding up, as offset and size come from the guest. */
    if (object == NULL || (buffer->rights & SERAI_RIGHT_READ) == 0 ||
        offset > object->u.buffer.size || size > object->u.buffer.size - offset ||
        !turn_work_on_bytes(turn, size) ||
        !turn_work(turn, paged_touched(offset, size) * WORK_BUFFER_PAGE))
        return false;
    /* Pages that were evicted come back first; what never was written reads as zeroes. */
    buffer_fetch(turn->agents, &object->u.buffer, offset, size);
    paged_read(&object->u.buffer.pages, offset, to, size);
    return true;
}

int64_t turn_own_buffer(const struct turn *turn, const struct cap *buffer)
{
    const struct object *object =
        object_find(&turn->agents->objects, buffer->object, OBJECT_BUFFER);

    if ((buffer->rights & SERAI_RIGHT_OWNER) == 0)
        return SERAI_E_RIGHT;
    if (object == NULL)
        return SERAI_E_CLOSED;
    return object->owner == turn->agent->id ? (int64_t)object->u.buffer.size : SERAI_E_RIGHT;
}

uint64_t agents_buffer_work(uint64_t size)
{
    /* At the worst offset, the last byte of a page. */
    return paged_touched(PAGED_BYTES - 1, size) * WORK_PAGE_COPY;
}

bool agents_buffer_put(struct agents *agents, uint64_t owner, uint64_t buffer, uint64_t offset,
                       const uint8_t *data, size_t size)
{
    struct object *object = object_find(&agents->objects, buffer, OBJECT_BUFFER);
    /* Outside of turns nothing is undone, and no page is a turn's own. */
    uint64_t turn = agents->turn == NULL ? 0 : agents->turn->number;

    if (object == NULL || object->owner != owner || offset > object->u.buffer.size ||
        size > object->u.buffer.size - offset)
        return false;
    buffer_fetch(agents, &object->u.buffer, offset, size);
    paged_write(&object->u.buffer.pages, &agents->pages.dirty, agents->undo, turn, offset, data,
                size);
    return true;
}

bool money_from_guest(struct money *amount, uint64_t raw)
{
    return raw <= MONEY_NANOS_MAX && money_from_nanos(amount, raw) == ST_OK;
}
