/*
 * Admission of peers: the handler of the ZeroMQ Authentication Protocol (RFC 27).  Mechanism CURVE
 * only, and of all keys exactly those of links and of invitations.  A connection of a link carries
 * the peer's Ed25519 key as its User-Id, in hex: the one name that a peer cannot choose.
 *
 * Unknown keys cost a bounded amount of memory and log: each is logged once, and past
 * UNKNOWN_KEYS_MAX of them they are only counted.  Used by the edge thread alone.
 */
#ifndef SERAI_SITE_DAEMON_ZAP_H
#define SERAI_SITE_DAEMON_ZAP_H

#include <zmq.h>

#include "site/control/control.h"
#include "site/core/core.h"
#include "site/daemon/curve.h"

enum { ZAP_USER_ID_BYTES = 2 * CONTROL_KEY_BYTES + 1 };

/* Whose key a handshake showed.  Both NULL: nobody's who is let in. */
struct zap_shown {
    const char *user_id;    /* of a link's peer */
    const uint8_t *invited; /* CURVE_KEY_BYTES: of an invitation */
};

/*
 * Called with each handshake before it is answered: which call's it is (its ZAP domain, in
 * decimal), and whose key it showed.  Returns the caller's address, for the log.
 */
typedef const char *(*zap_report)(void *context, uint64_t call, const struct zap_shown *shown);

struct zap; /* opaque */

/* Bind the handler in the context, before any server socket of it is made.  ST_IO, ST_NOMEM. */
MUST_CHECK enum status zap_new(struct zap **zap, void *zmq_context, zap_report report,
                               void *context, struct fault *fault);

/* Unbind and free it; NULL is allowed. */
void zap_free(struct zap *zap);

/* Let connections with this key in.  ST_INVALID: no Ed25519 key.  ST_FULL: LINKS_MAX are in. */
MUST_CHECK enum status zap_allow(struct zap *zap, const uint8_t key[CONTROL_KEY_BYTES],
                                 struct fault *fault);

/*
 * Let no more connections with this key in.  One that was made stays, and what comes over it is to
 * be ignored.
 */
void zap_forbid(struct zap *zap, const uint8_t key[CONTROL_KEY_BYTES]);

/* Let in who shows one of these keys, and no others of that kind any more.  `count` fits. */
void zap_invite(struct zap *zap, const struct core_invited *invited, size_t count);

/* What to poll, for zap_serve(). */
zmq_pollitem_t zap_poll(struct zap *zap);

/* Answer a bounded number of requests. */
void zap_serve(struct zap *zap, uint64_t now_us);

/* Log how many unknown keys were only counted.  At least each minute. */
void zap_sweep(struct zap *zap, uint64_t now_us);

/* The number of refusals so far; for tests. */
uint64_t zap_refused(const struct zap *zap);

#endif
