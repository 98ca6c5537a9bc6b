/* One exchange with a site's daemon over its control socket. */
#ifndef SERAI_SITE_CLI_CLIENT_H
#define SERAI_SITE_CLI_CLIENT_H

#include "site/control/control.h"

enum { CLIENT_TIMEOUT_S = 60 };

struct client; /* a connection; opaque */

/* ST_MISSING: no daemon listens there.  ST_DENIED: not our socket.  ST_IO, ST_NOMEM. */
MUST_CHECK enum status client_open(struct client **client, const char *path, struct fault *fault);
void client_close(struct client *client); /* NULL allowed */

/*
 * Send a request and append its answer.  ST_UNKNOWN: the connection was lost, so what became of the
 * request is not known.
 */
MUST_CHECK enum status client_ask(struct client *client, const struct bytes *request,
                                  struct bytes *answer, struct fault *fault);

#endif
