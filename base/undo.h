/*
 * The pre-images of a turn.  Whoever changes state within a turn first saves the bytes it is about
 * to change; a trap restores them in reverse order, a good turn forgets them.  One thread.
 *
 * Saved memory must neither move nor be freed until the turn ends: grow by chunks, and free what a
 * turn drops by undo_on_commit().
 */
#ifndef SERAI_BASE_UNDO_H
#define SERAI_BASE_UNDO_H

#include "base/bytes.h"

struct undo; /* opaque */

/* Make an empty undo log.  On ST_OK the caller ends *undo with undo_free().  ST_NOMEM. */
MUST_CHECK enum status undo_new(struct undo **undo);

/* Free a log without restoring anything; NULL is allowed. */
void undo_free(struct undo *undo);

/*
 * Remember the `size` bytes at `memory`, before they are changed.  Out of memory is a stop
 * (INVARIANT): a turn cannot be half undone.
 */
void undo_save(struct undo *undo, void *memory, size_t size);

/* Call `action(context, argument)` on rollback, in its place among the saves. */
void undo_on_rollback(struct undo *undo, void (*action)(void *context, void *argument),
                      void *context, void *argument);

/* Call `action(context, argument)` on commit, in the order of these calls. */
void undo_on_commit(struct undo *undo, void (*action)(void *context, void *argument), void *context,
                    void *argument);

/*
 * Restore all that was saved and run the actions for it, latest first.  The log is empty
 * afterwards.  An action must not add to the log (INVARIANT).
 */
void undo_rollback(struct undo *undo);

/*
 * Forget what was saved and run the actions for it, first come first.  The log is empty afterwards.
 * An action must not add to the log (INVARIANT).
 */
void undo_commit(struct undo *undo);

/* Whether nothing was saved and no action is registered: true between turns. */
bool undo_is_empty(const struct undo *undo);

#endif
