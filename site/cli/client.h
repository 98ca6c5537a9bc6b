/* One exchange with a site's daemon over its control socket. */
#ifndef SERAI_SITE_CLI_CLIENT_H
#define SERAI_SITE_CLI_CLIENT_H

#include "site/control/control.h"

enum { CLIENT_TIMEOUT_S = 60 };

struct client_connection; /* a connection; opaque */

/* Wait for so long from now on, and not CLIENT_TIMEOUT_S, for each part of an answer. */
void client_set_timeout(unsigned seconds);

/* Whether one of the signals that are caught has come since client_catch_signals(). */
MUST_CHECK bool client_was_interrupted(void);

/*
 * While signals are caught: wait until `fd` can be read.  False: `wait_us` are over, or a signal
 * came, also one that is not caught (the size of the terminal has changed).
 */
MUST_CHECK bool client_wait_input(int fd, uint64_t wait_us);

/*
 * Connect to the daemon whose socket is at `path`.  On ST_OK the caller ends *client with
 * client_close().  ST_MISSING: no daemon listens there.  ST_DENIED: the socket is not ours.  ST_IO,
 * ST_NOMEM.
 */
MUST_CHECK enum status client_open(struct client_connection **client, const char *path,
                                   struct fault *fault);

/* Close the connection; NULL is allowed. */
void client_close(struct client_connection *client);

/*
 * Between client_catch_signals() and client_release_signals() SIGINT, SIGTERM and SIGHUP end what
 * client_ask() waits for, and not the process.  Those that were ignored stay so.
 */
void client_catch_signals(void);
void client_release_signals(void);

/*
 * Send a request, append its answer to `answer` and set `site` to the key of whoever answered.
 * ST_UNKNOWN: no answer came (the connection was lost, it took CLIENT_TIMEOUT_S, a signal was
 * caught), so what became of the request is not known.
 */
MUST_CHECK enum status client_ask(struct client_connection *client, const struct bytes *request,
                                  struct bytes *answer, uint8_t site[CONTROL_KEY_BYTES],
                                  struct fault *fault);

#endif
