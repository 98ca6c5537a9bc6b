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
 * Between these two calls SIGINT, SIGTERM and SIGHUP do not end the process but what client_ask()
 * waits for.  Those that were ignored stay so.
 */
void client_catch_signals(void);
void client_release_signals(void);

/*
 * Send a request and append its answer; whose it is goes to `site`.  ST_UNKNOWN: no answer came
 * (the connection was lost, it took CLIENT_TIMEOUT_S, a signal was caught), so what became of the
 * request is not known.
 */
MUST_CHECK enum status client_ask(struct client *client, const struct bytes *request,
                                  struct bytes *answer, uint8_t site[CONTROL_KEY_BYTES],
                                  struct fault *fault);

#endif
