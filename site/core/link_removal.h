/* What stands against removing a link.  Used by the core thread alone. */
#ifndef SERAI_SITE_CORE_LINK_REMOVAL_H
#define SERAI_SITE_CORE_LINK_REMOVAL_H

#include "site/core/outcome.h"

struct core;
struct link;

/*
 * Whether a link may be removed; false when something stands against it, which `outcome` then says,
 * all of it and what to do about each.
 */
bool core_link_may_go(struct core *core, const struct link *link, struct outcome *outcome);

#endif
