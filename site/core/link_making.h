/*
 * What makes a link: a command of the operator, or a peer that shows an invitation.
 *
 * Used by the core thread alone.
 */
#ifndef SERAI_SITE_CORE_LINK_MAKING_H
#define SERAI_SITE_CORE_LINK_MAKING_H

#include "links/link.h"
#include "site/core/outcome.h"

struct core;

/* A link that is wanted.  Plain values. */
struct link_wish {
    char name[LINK_NAME_BYTES_MAX + 1];
    uint8_t key[LINK_KEY_BYTES];
    char endpoint[LINK_ENDPOINT_BYTES_MAX + 1];
    struct money limit;
};

/*
 * Whether the peers, those that are invited among them, may come to owe this much more.  False: the
 * outcome says what the most is.
 */
bool core_limits_fit(struct core *core, struct money more, struct outcome *outcome);

/*
 * Whether a link may be called that, and no open invitation is.  False: the outcome says why not.
 */
bool core_link_name_is_free(const struct core *core, const char *name, struct outcome *outcome);

/*
 * Make the link, within an event of the ledger.  Limits and name were asked about above.  NULL:
 * nothing was changed, and the outcome says why not.
 */
struct link *core_link_make(struct core *core, const struct link_wish *wish,
                            struct outcome *outcome);

#endif
