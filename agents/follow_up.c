/* What follows from an event: ends of promises first, then what nobody holds any more. */
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
    agents->follow_ups.unheld_before = agents->follow_ups.unheld.size;
}

void follow_up_turn_undone(struct agents *agents)
{
    agents->follow_ups.ends.size = agents->follow_ups.ends_before;
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

void agents_follow_up(struct agents *agents)
{
    struct follow_ups *list = &agents->follow_ups;
    size_t ends_at = 0;
    size_t unheld_at = 0;

    INVARIANT(agents->turn == NULL);
    while (ends_at < list->ends.size || unheld_at < list->unheld.size) {
        struct promise_end end;
        uint64_t id;

        if (ends_at < list->ends.size) {
            memcpy(&end, list->ends.data + ends_at, sizeof end); /* the list may grow and move */
            ends_at += sizeof end;
            follow_up_carry_out_end(agents, &end);
            continue;
        }
        memcpy(&id, list->unheld.data + unheld_at, sizeof id);
        unheld_at += sizeof id;
        follow_up_look_at(agents, id);
    }
    bytes_clear(&list->ends);
    bytes_clear(&list->unheld);
}

void follow_ups_fini(struct follow_ups *follow_ups)
{
    bytes_fini(&follow_ups->ends);
    bytes_fini(&follow_ups->unheld);
}
