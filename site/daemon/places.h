/*
 * The places of clients at the control socket: who gets one, and who gives one up.
 *
 * Nobody can hold places against others: when a newcomer finds none free, the slowest client
 * (connection_late_us()) gives up its own, and is told to try again.  Small requests are read as
 * their client is let in, so they are not slow however many come.  Who has shown a signature of the
 * operator's key is the last to give up a place.  Some places only the daemon's own user and root
 * may have.  The same holds for the memory that messages take while they come or go.  The edge
 * thread's.
 */
#ifndef SERAI_SITE_DAEMON_PLACES_H
#define SERAI_SITE_DAEMON_PLACES_H

#include "site/daemon/connection.h"
#include "site/daemon/limits.h"

/* Something that outside input causes: told at most once in CONTROL_TELL_US, with how often. */
struct telling {
    uint64_t count; /* since it was told */
    uint64_t told_us;
    bool told; /* ever */
};
/* One more.  True when it is to be told now; then `*count` is how many that stands for. */
MUST_CHECK bool telling_adds(struct telling *telling, uint64_t now_us, uint64_t *count);

struct places {
    struct connection list[CONNECTIONS_MAX];
    size_t count; /* of them that are in use, from the first on */
    struct telling refused;
    struct telling crowded;
};

void places_init(struct places *places, size_t count, const uint8_t *site_key);
/* Whatever the core had of them it has given back. */
void places_fini(struct places *places);

/* Whether somebody who comes now could find a place: not all are the core's to answer. */
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
/* False while the core has as many bytes of requests as it may: nothing more is read. */
MUST_CHECK bool places_may_read(const struct places *places);

/* Close those that have been silent for CONNECTION_IDLE_US in the middle of anything. */
void places_close_idle(struct places *places, uint64_t now_us);

#endif
