/*
 * A message into an inbox.  Its money and postage lie in held:message and its reserve in
 * held:reserve until its turn begins; the caller has posted them.
 */
#include "agents/deliver.h"

#include "agents/accrual.h"
#include "agents/agent.h"
#include "agents/changes.h"
#include "agents/freeze.h"
#include "agents/holders.h"
#include "agents/inbox.h"
#include "agents/message.h"
#include "agents/ready.h"
#include "agents/set.h"
#include "agents/turn.h"

/* On commit: an agent that ran dry may go on by the postage of what has come. */
static void deliver_thaw(void *context, void *argument)
{
    agents_try_thaw(context, argument);
}

/*
 * On rollback: the message leaves the inbox as it came.  What its arrival counted is undone by the
 * log itself.
 */
static void deliver_undo(void *context, void *argument)
{
    struct agent *agent = context;
    struct inbox_message *message = argument;

    inbox_unlink(&agent->inbox, message);
    inbox_message_free(message);
}

struct inbox_message *message_copy(struct agents *agents, const struct message *message)
{
    struct inbox_message *copy = inbox_message_new(&agents->small, message);

    copy->m.id = agents->next_message++;
    agents->changes.counters = true;
    agents->counters.messages++;
    return copy;
}

void agents_deliver(struct agents *agents, struct agent *to, const struct message *message)
{
    struct inbox_message *copy = message_copy(agents, message);

    agents_work_message(agents, message->size);
    /* The receiver pays rent for what waits in its inbox from now on. */
    rent_accrue(agents, to);
    message_gains(agents, &copy->m);
    inbox_append(&to->inbox, copy);
    inbox_event_waits(agents, to, &copy->m);
    agent_dirty(&agents->changes, to);
    /* Only a running turn has something to undo. */
    if (agents->turn != NULL)
        undo_on_rollback(agents->undo, deliver_undo, to, copy);
    /* Within a turn only at its commit: thawing is not undone. */
    if (to->state == AGENT_FROZEN_DRY && agents->turn != NULL)
        undo_on_commit(agents->undo, deliver_thaw, agents, to);
    else
        agents_try_thaw(agents, to);
    agent_make_ready(agents, to);
}

/*
 * Put a message before all that wait, with the counts of any that is delivered.
 */
static void deliver_push_first(struct agents *agents, struct agent *agent,
                               struct inbox_message *message)
{
    rent_accrue(agents, agent);
    message_gains(agents, &message->m);
    inbox_insert(&agent->inbox, NULL, message);
    inbox_event_waits(agents, agent, &message->m);
    agent_dirty(&agents->changes, agent);
}

void agents_deliver_first(struct agents *agents, struct agent *to, const struct message *message)
{
    struct inbox_message *copy = message_copy(agents, message);

    INVARIANT(agents->turn == NULL);
    copy->front = true;
    deliver_push_first(agents, to, copy);
    agent_make_ready(agents, to);
}

/*
 * It keeps its number, which is lower than any that waits, so it is read back to the same place.  A
 * row that it had was deleted when its turn began, and is written again.
 */
void inbox_put_back(struct agents *agents, struct agent *agent, struct inbox_message *message)
{
    message->saved = false;
    deliver_push_first(agents, agent, message);
}

uint64_t agents_newest_message(const struct agents *agents)
{
    return agents->next_message - 1;
}
