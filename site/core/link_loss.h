/*
 * Losses on links that both operators accept: the command, what is shown of them, and counting from
 * there.
 *
 * Used by the core thread alone.
 */
#ifndef SERAI_SITE_CORE_LINK_LOSS_H
#define SERAI_SITE_CORE_LINK_LOSS_H

#include "base/status.h"

struct core;
struct link;
struct map;
struct outcome;

/*
 * Whether this site has accepted a loss on the link and the peer not yet, so that nothing of it may
 * change; then the outcome says so.
 */
MUST_CHECK bool core_loss_binds(const struct core *core, const struct link *link,
                                struct outcome *outcome);

/* Add what `serai link show` has of the link's loss; nothing if there is none. */
void core_loss_entries(const struct core *core, const struct link *link, struct map *map);

/*
 * Book and count what both sites have accepted (link_accepted()), in an event of its own.  The
 * caller reports the change of state.
 */
void core_loss_accepted(struct core *core, struct link *link);

#endif
