/*
 * Leashes: the power of an agent over a child that it spawned with one.  A leash is held by one
 * agent, which cannot hand it on.  Private to this part.
 */
#ifndef SERAI_AGENTS_LEASH_H
#define SERAI_AGENTS_LEASH_H

#include "agents/cap.h"
#include "base/money.h"
#include "base/status.h"
#include "sdk/abi.h"

struct agent;
struct agents;
struct failure;
struct object;

/* What is done to a child when the turn of its holder has committed. */
enum leash_what { LEASH_STOP, LEASH_GO, LEASH_END };

struct leash_action {
    uint64_t child;
    uint64_t holder;
    enum leash_what what;
};

/* The leash that this is a cap to, or NULL: the child is dead. */
struct object *leash_find(const struct agents *agents, const struct cap *cap);

/* The leash by which an agent is held, or NULL. */
struct object *leash_of(const struct agents *agents, const struct agent *child);

/* Put a leash on a child, which the holder counts as a facet.  Undone by rollback. */
struct object *leash_new(struct agents *agents, struct agent *holder, struct agent *child,
                         bool estate);

/* End a leash for its holder, whose reserve for watching comes back.  Undone by rollback. */
void leash_remove(struct agents *agents, struct object *leash);

/* The same as far as the child goes: it is held no more. */
void leash_let_go(struct agents *agents, const struct object *leash);

/* Let the reply `watch` be answered by the next news of the child.  Undone by rollback. */
void leash_set_watch(struct agents *agents, struct object *leash, const struct object *watch);

/* Whether the leash is watched, and its news would come. */
bool leash_is_watched(const struct agents *agents, const struct object *leash);

/*
 * Tell the holder of an agent, if it watches the leash, what became of the child: one event LEASH,
 * paid by the reserve that was held for it.  A code and a text of `why` are its data, if the
 * holder's customer has room for them.
 */
void leash_tell(struct agents *agents, const struct agent *child, enum serai_leash_news news,
                struct money money, struct failure why);

/* End the leash of a child that has died, when its estate is paid: `money` went to the holder. */
void leash_died(struct agents *agents, const struct agent *child, struct object *leash,
                struct money money);

/* Do to a child what its holder wanted, if it lives; after a turn. */
void leash_carry_out(struct agents *agents, const struct leash_action *action);

#endif
