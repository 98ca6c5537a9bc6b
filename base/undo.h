/*
 * The pre-images of a turn.  Whoever changes state within a turn first saves the bytes it is about
 * to change; a trap restores them in reverse order, a good turn forgets them.  One thread.
 *
 * Saved memory must neither move nor be freed until the turn ends: grow by chunks, and give what a
 * turn drops to undo_free_on_commit().
 */
#ifndef SERAI_BASE_UNDO_H
#define SERAI_BASE_UNDO_H

#include "base/bytes.h"

struct undo; /* opaque */

MUST_CHECK enum status undo_new(struct undo **undo);
void undo_free(struct undo *undo);

/* Remember `size` bytes at `memory`.  Memory short is a stop (INVARIANT): a turn cannot be half. */
void undo_save(struct undo *undo, void *memory, size_t size);

/* Call `action(context, argument)` on rollback, in its place among the saves. */
void undo_on_rollback(struct undo *undo, void (*action)(void *context, void *argument),
                      void *context, void *argument);
/* Call it on commit, in order. */
void undo_on_commit(struct undo *undo, void (*action)(void *context, void *argument), void *context,
                    void *argument);

/* free(memory) when the turn is good; for what it drops. */
void undo_free_on_commit(struct undo *undo, void *memory);
/* free(memory) when the turn is undone; for what it made. */
void undo_free_on_rollback(struct undo *undo, void *memory);

/* The actions of an ending turn must not add to the undo (INVARIANT). */
void undo_rollback(struct undo *undo); /* restores; empty afterwards */
void undo_commit(struct undo *undo);   /* forgets; empty afterwards */
bool undo_is_empty(const struct undo *undo);

#endif
