/*
 * The places of clients at the control socket: which client gets one, and which gives one up.
 *
 * Nobody can hold places against others: when a newcomer finds none free, the slowest client
 * (connection_late_us()) gives up its own, and is answered to try again.  Small requests are read
 * as their client is let in, so they are not slow however many come.  A client that has shown a
 * signature of the operator's key is the last to give up a place.  Some places are for the daemon's
 * own user and root.  The same holds for the memory that messages take while they come or go.  Used
 * by the edge thread alone.
 */
#ifndef SERAI_SITE_DAEMON_PLACES_H
#define SERAI_SITE_DAEMON_PLACES_H

#include "site/daemon/connection.h"
#include "site/daemon/limits.h"

/* Something that outside input causes: logged at most once in CONTROL_LOG_US, with a count. */
struct limited_log {
    uint64_t count; /* since it was logged */
    uint64_t logged_us;
    bool logged; /* ever */
};

/* Count one more.  True when it is to be logged now; then *count is how many that stands for. */
MUST_CHECK bool limited_log_adds(struct limited_log *log, uint64_t now_us, uint64_t *count);

struct places {
    struct connection list[CONNECTIONS_MAX];
    size_t count; /* of them that are in use, from the first on */
    struct limited_log refused;
    struct limited_log crowded;
};

/* Make `count` free places, 1 to CONNECTIONS_MAX. site_key is borrowed: each answer names it. */
void places_init(struct places *places, size_t count, const uint8_t *site_key);

/* Close all connections.  The core has given back whatever it had of them. */
void places_fini(struct places *places);

/* Whether a client that comes now could get a place: not all are waiting for the core. */
MUST_CHECK bool places_any(const struct places *places);

/*
 * A free place for such a client; where there is none, the slowest that it may have is freed.
 * NULL: all that it may have are the core's to answer.
 */
struct connection *places_take(struct places *places, enum core_peer peer, uint64_t now_us);

/*
 * Read what has come of `connection`, which is READING.  True when its request is whole, as
 * connection_readable() says.
 */
MUST_CHECK bool places_read(struct places *places, struct connection *connection, uint64_t now_us);

/*
 * After anything was read or answered: memory beyond CONNECTIONS_HOLD_BYTES_MAX is given up by the
 * slowest of those that hold some.
 */
void places_bound_memory(struct places *places, uint64_t now_us);

/* Whether more may be read.  False while the core has as many bytes of requests as it may. */
MUST_CHECK bool places_may_read(const struct places *places);

/* Close the connections that have been silent for CONNECTION_IDLE_US in the middle of a message. */
void places_close_idle(struct places *places, uint64_t now_us);

#endif
