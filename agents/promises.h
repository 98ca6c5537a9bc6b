/*
 * Promises: what stands for the first capability of an answer that has not come yet.  A promise is
 * open until it is resolved, by the answer, or broken.  It is held as a facet is.  Private to this
 * part.
 */
#ifndef SERAI_AGENTS_PROMISES_H
#define SERAI_AGENTS_PROMISES_H

#include "agents/objects.h"

struct failure;
struct message;

/*
 * Make an open promise of `owner`, which counts as one of its facets, by a question that brings
 * this postage.  Undone by rollback.
 */
struct object *promise_new(struct agents *agents, struct agent *owner, struct money postage);

/*
 * Let *cap be what it stands for now: promises that are resolved are looked through.  False: the
 * running turn has not the fuel for the way, and *cap may be short of its end.  The way is made
 * shorter for the next one; undone by rollback.
 */
MUST_CHECK bool promise_look_through(struct agents *agents, struct cap *cap);

/*
 * promise_answer() ends an open promise by the first capability of an answer, or if that is empty
 * by data alone; promise_break() by a failure, whose reason is copied.  What waits on it goes on,
 * or back to its senders. A promise that has ended stays as it is.  For agents_follow_up().
 */
void promise_answer(struct agents *agents, struct object *promise, const struct cap *cap);
void promise_break(struct agents *agents, struct object *promise, struct failure failure);

/* End a promise whose agent waits no more, in whatever state, and remove it. */
void promise_revoke(struct agents *agents, struct object *promise);

/* The failure that a promise has come to; its status is 0 while nothing has failed. */
struct failure promise_failure(const struct object *promise);

/* Why nothing can be sent to a promise that is not resolved; 0: it is open, and would queue it. */
int64_t promise_refusal(const struct object *promise);

/*
 * Let messages for an open promise go to the facet, in place of the pipe that it may have, or if
 * that is NULL wait again.  Whoever holds its reply says so.  From the commit of the running turn
 * on; undone by rollback.
 */
void promise_pipe(struct agents *agents, struct object *promise, const struct object *facet);

/*
 * The pipe that was given to a promise is in force, unless that has ended: what waits goes on.  For
 * agents_follow_up().
 */
void promise_pipe_begins(struct agents *agents, struct object *promise);

/* The facet to which messages for an open promise go; NULL: it has no pipe, or that is gone. */
struct object *promise_pipe_facet(const struct agents *agents, const struct object *promise);

/* Remove a promise that no place holds, unless something waits on it. */
void promise_unheld(struct agents *agents, struct object *promise);

/* Send back what waits on a promise whose agent dies; the promise itself is the caller's to end. */
void promise_abandon(struct agents *agents, struct object *promise);

#endif
