/*
 * Who may connect: the handler of the ZeroMQ Authentication Protocol (RFC 27).  Mechanism CURVE
 * only, and of all keys exactly those of the links.  A connection that is let in carries the
 * neighbour's Ed25519 key as its User-Id, in hex: the one name that a peer cannot choose.
 *
 * Strangers cost a bounded amount of memory and log: each key is told once, and past so many keys
 * they are only counted.  The edge thread's.
 */
#ifndef SERAI_SITE_DAEMON_ZAP_H
#define SERAI_SITE_DAEMON_ZAP_H

#include "site/control/control.h"
#include "site/daemon/curve.h"

enum { ZAP_USER_ID_BYTES = 2 * CONTROL_KEY_BYTES + 1 };

/*
 * Told of each handshake before it is answered: which call's it is (its ZAP domain, in decimal),
 * and whose key it showed; NULL: a stranger's.  Returns the caller's address, for the log.
 */
typedef const char *(*zap_told)(void *context, uint64_t call, const char *user_id);

struct zap; /* opaque */

/* Bind the handler in the context; to be done before any server socket of it.  ST_IO, ST_NOMEM. */
MUST_CHECK enum status zap_new(struct zap **zap, void *zmq_context, zap_told told, void *context,
                               struct fault *fault);
void zap_free(struct zap *zap); /* NULL allowed */

/* Let this one in.  ST_INVALID: no Ed25519 key.  ST_FULL: LINKS_MAX are in. */
MUST_CHECK enum status zap_allow(struct zap *zap, const uint8_t key[CONTROL_KEY_BYTES],
                                 struct fault *fault);

/* No more; a connection that it has made stays, and what it says there is to be passed over. */
void zap_forbid(struct zap *zap, const uint8_t key[CONTROL_KEY_BYTES]);

/* To poll for reading; zap_serve() then answers a bounded number of requests. */
void *zap_socket(struct zap *zap);
void zap_serve(struct zap *zap, uint64_t now_us);
/* At least each minute: tells how many strangers were only counted. */
void zap_sweep(struct zap *zap, uint64_t now_us);

/* Refusals so far; for tests. */
uint64_t zap_refused(const struct zap *zap);

#endif
