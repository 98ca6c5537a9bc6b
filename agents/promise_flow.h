/*
 * What becomes of that which waits on a promise: it goes on to what the promise came to, back to
 * its senders, or meanwhile to a pipe.  Private to this part.
 */
#ifndef SERAI_AGENTS_PROMISE_FLOW_H
#define SERAI_AGENTS_PROMISE_FLOW_H

#include "agents/objects.h"
#include "agents/return.h"

/* What a promise has come to: a capability that is no open promise, or a failure. */
struct promise_outcome {
    struct failure failure; /* its status is not 0: everything goes back */
    struct cap cap;
};

/* Work off the queue, in order, and those that wait in it. */
void promise_flush(struct agents *agents, struct object *promise,
                   const struct promise_outcome *outcome);

/*
 * Let all messages of the queue go to the facet of this number, in order, also those of queues that
 * wait in it.  Who listens waits on.  From then on the promise is quiet, until its pipe is taken
 * away; and what was passed by is passed by for good.
 */
void promise_pour(struct agents *agents, struct object *promise, uint64_t facet);

/*
 * Answer a listener's reply with what a promise has become; that it is no reply any more is
 * nothing.  Undone by rollback.
 */
void promise_tell(struct agents *agents, const struct cap *reply, const struct cap *becomes);

/* Send back all that the agent, which dies, has waiting on promises. */
void promises_return_sent(struct agents *agents, struct agent *agent);

#endif
