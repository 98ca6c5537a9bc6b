/*
 * What follows from an event: ends of promises first, then pipes, then what nobody holds any more.
 */
#include "agents/follow_up.h"

#include <string.h>

#include "agents/agent.h"
#include "agents/agents.h"
#include "agents/facets.h"
#include "agents/objects.h"
#include "agents/promises.h"
#include "agents/return.h"
#include "agents/set.h"

void follow_up_end(struct agents *agents, const struct promise_end *end)
{
    bytes_append(&agents->follow_ups.ends, end, sizeof *end);
    INVARIANT(!agents->follow_ups.ends.failed);
}

void follow_up_piped(struct agents *agents, const struct object *promise)
{
    bytes_append(&agents->follow_ups.piped, &promise->id, sizeof promise->id);
    INVARIANT(!agents->follow_ups.piped.failed);
}

void follow_up_unheld(struct agents *agents, const struct object *object)
{
    if (object->kind == OBJECT_FACET && object->named != FACET_WATCHED)
        return; /* its agent does not ask for it */
    bytes_append(&agents->follow_ups.unheld, &object->id, sizeof object->id);
    INVARIANT(!agents->follow_ups.unheld.failed);
}

void follow_up_turn_begins(struct agents *agents)
{
    agents->follow_ups.ends_before = agents->follow_ups.ends.size;
    agents->follow_ups.piped_before = agents->follow_ups.piped.size;
    agents->follow_ups.unheld_before = agents->follow_ups.unheld.size;
}

void follow_up_turn_undone(struct agents *agents)
{
    agents->follow_ups.ends.size = agents->follow_ups.ends_before;
    agents->follow_ups.piped.size = agents->follow_ups.piped_before;
    agents->follow_ups.unheld.size = agents->follow_ups.unheld_before;
}

static void follow_up_carry_out_end(struct agents *agents, const struct promise_end *end)
{
    struct object *promise = object_find(&agents->objects, end->promise, OBJECT_PROMISE);

    if (promise == NULL)
        return; /* it ended with its agent, or nobody held it */
    switch (end->kind) {
    case PROMISE_END_ANSWERED:
        promise_answer(agents, promise, &end->cap);
        break;
    case PROMISE_END_BROKEN:
        promise_break(agents, promise,
                      (struct failure){end->status, end->reason, end->reason_size});
        break;
    case PROMISE_END_REVOKED:
        promise_revoke(agents, promise);
        break;
    }
}

/* It may have ended in the same event. */
static void follow_up_pipe(struct agents *agents, uint64_t id)
{
    struct object *promise = object_find(&agents->objects, id, OBJECT_PROMISE);

    if (promise != NULL)
        promise_pipe_begins(agents, promise);
}

/* It may be held again: by the message that brought it and was put back, or by a later one. */
static void follow_up_look_at(struct agents *agents, uint64_t id)
{
    struct object *object = table_get(&agents->objects.by_id, id);

    if (object == NULL || object->holders > 0)
        return;
    if (object->kind == OBJECT_PROMISE)
        promise_unheld(agents, object);
    else if (object->kind == OBJECT_FACET && object->named == FACET_WATCHED)
        facet_tell_unheld(agents, object);
}

/* The next note of a list, copied: the list may grow and move.  False: there is none. */
static bool follow_up_next(const struct bytes *list, size_t *at, void *note, size_t size)
{
    if (*at >= list->size)
        return false;
    memcpy(note, list->data + *at, size);
    *at += size;
    return true;
}

void agents_follow_up(struct agents *agents)
{
    struct follow_ups *list = &agents->follow_ups;
    size_t ends_at = 0;
    size_t piped_at = 0;
    size_t unheld_at = 0;
    struct promise_end end;
    uint64_t id;

    INVARIANT(agents->turn == NULL);
    for (;;) {
        if (follow_up_next(&list->ends, &ends_at, &end, sizeof end))
            follow_up_carry_out_end(agents, &end);
        else if (follow_up_next(&list->piped, &piped_at, &id, sizeof id))
            follow_up_pipe(agents, id);
        else if (follow_up_next(&list->unheld, &unheld_at, &id, sizeof id))
            follow_up_look_at(agents, id);
        else
            break;
    }
    bytes_clear(&list->ends);
    bytes_clear(&list->piped);
    bytes_clear(&list->unheld);
}

void follow_ups_fini(struct follow_ups *follow_ups)
{
    bytes_fini(&follow_ups->ends);
    bytes_fini(&follow_ups->piped);
    bytes_fini(&follow_ups->unheld);
}
