/*
 * What follows from an event once its own work is done: promises are resolved or broken, others are
 * piped, and what nobody holds any more ends.  Noted while the event runs, carried out at its end,
 * by lists and not by calls that nest, however long the chain is.  Private to this part.
 */
#ifndef SERAI_AGENTS_FOLLOW_UP_H
#define SERAI_AGENTS_FOLLOW_UP_H

#include "agents/cap.h"
#include "base/bytes.h"
#include "sdk/abi.h"

struct agents;
struct object;

enum promise_end_kind {
    PROMISE_END_ANSWERED, /* by `cap`, or if that is empty by data alone */
    PROMISE_END_BROKEN,   /* by the failure `status`, with its reason */
    PROMISE_END_REVOKED,  /* its agent waits no more */
};

struct promise_end {
    uint64_t promise;
    enum promise_end_kind kind;
    int32_t status;
    uint8_t reason[SERAI_REASON_BYTES_MAX]; /* that came with it, copied */
    size_t reason_size;
    struct cap cap;
};

struct follow_ups {
    struct bytes ends;   /* of struct promise_end, in the order in which they came */
    struct bytes piped;  /* of u64: promises whose messages go to a facet from now on */
    struct bytes unheld; /* of u64: objects that lost their last place */
    size_t ends_before;  /* sizes of all when the running turn began */
    size_t piped_before;
    size_t unheld_before;
};

/* Note the end of a promise; a second end of one means nothing. */
void follow_up_end(struct agents *agents, const struct promise_end *end);

/* Note a promise that has got a pipe; if it ends as well, the pipe means nothing. */
void follow_up_piped(struct agents *agents, const struct object *promise);

/* Note a facet or promise that no place holds now. */
void follow_up_unheld(struct agents *agents, const struct object *object);

/* A turn begins; what it notes is forgotten if follow_up_turn_undone() ends it. */
void follow_up_turn_begins(struct agents *agents);
void follow_up_turn_undone(struct agents *agents);

/* Carry out all that was noted.  In a running event of the ledger, when no turn runs. */
void agents_follow_up(struct agents *agents);

/* Free the lists. */
void follow_ups_fini(struct follow_ups *follow_ups);

#endif
