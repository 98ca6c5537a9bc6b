/* Putting messages into inboxes.  Private to this part. */
#ifndef SERAI_AGENTS_DELIVER_H
#define SERAI_AGENTS_DELIVER_H

#include "agents/inbox.h"

/*
 * A copy of the message with a number of its own, to be put into an inbox or a queue; freed with
 * inbox_message_free().
 */
struct inbox_message *message_copy(struct agents *agents, const struct message *message);

/* Let the head that was taken wait again, in its place. */
void inbox_put_back(struct agents *agents, struct agent *agent, struct inbox_message *message);

/*
 * Queue a copy of *message as agents_deliver() does, but before all that waits: the first event of
 * an agent that became another program.  Not within a turn.
 */
void agents_deliver_first(struct agents *agents, struct agent *to, const struct message *message);

#endif
