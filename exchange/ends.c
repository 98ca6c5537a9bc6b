/* What the owner of an end is told of it. */
#include "exchange/ends.h"

#include "exchange/parts.h"

void ends_notify(struct exchange *exchange, const struct channel_end *end,
                 enum serai_event_kind kind, struct money reserve)
{
    struct agent *owner = agents_find(exchange->agents, end->owner);
    struct message message = {.kind = kind, .end = end->id, .reserve = reserve};

    INVARIANT(owner != NULL); /* a dead agent's ends are sold, and nothing comes to them */
    agents_deliver(exchange->agents, owner, &message);
}

void ends_wake(struct exchange *exchange, uint32_t interface, struct agent *owner)
{
    if (interface != CHANNEL_INTERFACE_SELF)
        agents_topped_up(exchange->agents, owner);
}
