/* Private to this folder: settlements in the statements of a peer. */
#ifndef SERAI_LINKS_SETTLEMENT_H
#define SERAI_LINKS_SETTLEMENT_H

#include "links/link_set.h"

/* Whether what the peer signed about settlements can be true.  False: the link is frozen. */
MUST_CHECK bool settlement_check_statement(struct link_node *node, const struct specie *statement);

#endif
