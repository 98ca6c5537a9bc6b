/* The call of a site that was invited: it says JOIN, and hears whether it has a link. */
#ifndef SERAI_SITE_CLI_JOIN_CALL_H
#define SERAI_SITE_CLI_JOIN_CALL_H

#include "site/control/invite.h"

enum { JOIN_CALL_S = 10 };

/*
 * Call the site that invites, with the one-time key of the invitation's secret, send the JOIN and
 * wait for the answer, JOIN_CALL_S at most.  ST_BUSY: nobody answers there.  ST_DENIED: it does not
 * know the invitation, or is another site.  ST_UNKNOWN: the JOIN left, and no answer came.  ST_IO.
 */
MUST_CHECK enum status join_call(const struct invite *invite, const struct join *join,
                                 struct joined *joined, struct fault *fault);

#endif
