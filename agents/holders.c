/* Places that hold capabilities to facets and promises, counted as they come and go. */
#include "agents/holders.h"

#include "agents/agents.h"
#include "agents/cap.h"
#include "agents/follow_up.h"
#include "agents/message.h"
#include "agents/set.h"

bool holders_count_place(const struct object *object, uint64_t agent)
{
    return object->kind == OBJECT_PROMISE || object->owner != agent;
}

struct object *cap_object(const struct agents *agents, const struct cap *cap)
{
    struct object *object;

    if (cap->kind != SERAI_KIND_FACET)
        return NULL;
    object = table_get(&agents->objects.by_id, cap->object);
    return object != NULL && (object->kind == OBJECT_FACET || object->kind == OBJECT_PROMISE)
               ? object
               : NULL;
}

/* Only a running turn has something to undo. */
static void holders_save(struct agents *agents, struct object *object)
{
    if (agents->turn != NULL)
        undo_save(agents->undo, &object->holders, sizeof object->holders);
}

void holders_gain(struct agents *agents, const struct cap *cap, uint64_t agent)
{
    struct object *object = cap_object(agents, cap);

    if (object == NULL || !holders_count_place(object, agent))
        return;
    INVARIANT(object->holders < UINT32_MAX);
    holders_save(agents, object);
    object->holders++;
}

void holders_lose(struct agents *agents, const struct cap *cap, uint64_t agent)
{
    struct object *object = cap_object(agents, cap);

    if (object == NULL || !holders_count_place(object, agent))
        return;
    INVARIANT(object->holders > 0);
    holders_save(agents, object);
    if (--object->holders == 0)
        follow_up_unheld(agents, object);
}

void message_gains(struct agents *agents, const struct message *message)
{
    holders_gain(agents, &message->reply, HOLDER_NO_AGENT);
    for (uint8_t i = 0; i < message->cap_count; i++)
        holders_gain(agents, &message->caps[i], HOLDER_NO_AGENT);
}

void message_loses(struct agents *agents, const struct message *message)
{
    holders_lose(agents, &message->reply, HOLDER_NO_AGENT);
    for (uint8_t i = 0; i < message->cap_count; i++)
        holders_lose(agents, &message->caps[i], HOLDER_NO_AGENT);
}
