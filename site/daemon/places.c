/* docs/control.md, "Messages", has the rules; the bounds are in limits.h. */
#include "site/daemon/places.h"

#include <assert.h>
#include <inttypes.h>

#include "base/log.h"

static_assert(CONNECTIONS_HOLD_BYTES_MAX >= 4 * CONTROL_BYTES_MAX,
              "a message whose memory has just grown is not too much alone");

bool limited_log_adds(struct limited_log *log, uint64_t now_us, uint64_t *count)
{
    log->count++;
    if (log->logged && now_us - log->logged_us < CONTROL_LOG_US)
        return false;
    log->logged = true;
    log->logged_us = now_us;
    *count = log->count;
    log->count = 0;
    return true;
}

void places_init(struct places *places, size_t count, const uint8_t *site_key)
{
    INVARIANT(count > 0 && count <= CONNECTIONS_MAX);
    *places = (struct places){.count = count};
    for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
        places->list[i].fd = -1;
        places->list[i].site_key = site_key;
        places->list[i].request.token = i;
    }
}

void places_fini(struct places *places)
{
    for (size_t i = 0; i < places->count; i++) {
        places->list[i].state = CONNECTION_READING;
        connection_close(&places->list[i]);
    }
}

/* ---- giving places up ---- */

/* How many places, from the first on, a client of another user may have. */
static size_t places_public(const struct places *places)
{
    size_t own = places->count / (CONNECTIONS_MAX / CONNECTIONS_OWN);

    return places->count - (own == 0 ? 1 : own);
}

/* Connections of the operator come last; of the rest, the one further behind comes first. */
static bool places_is_before(const struct connection *left, const struct connection *right,
                             uint64_t now_us)
{
    if (left->by_operator != right->by_operator)
        return right->by_operator;
    return connection_late_us(left, now_us) > connection_late_us(right, now_us);
}

/*
 * The one to give up among the first `count` places; with `holding` only those that hold memory.
 * NULL: at all of them the next step is the core's.
 */
static struct connection *places_slowest(struct places *places, size_t count, bool holding,
                                         uint64_t now_us)
{
    struct connection *found = NULL;

    for (size_t i = 0; i < count; i++) {
        struct connection *connection = &places->list[i];

        if (!connection_is_clients(connection) ||
            (holding && connection_held_bytes(connection) == 0))
            continue;
        if (found == NULL || places_is_before(connection, found, now_us))
            found = connection;
    }
    return found;
}

static void places_give_up(struct places *places, struct connection *connection, const char *why,
                           uint64_t now_us)
{
    uint64_t count;

    if (limited_log_adds(&places->crowded, now_us, &count))
        log_write(LOG_WARN, "control.crowded",
                  "count=%" PRIu64 " reason=\"%s\" effect=\"the slowest client was sent away\"",
                  count, why);
    /* Half an answer cannot be followed by another. */
    if (connection->state == CONNECTION_READING)
        connection_turn_away(connection, why);
    else
        connection_close(connection);
}

bool places_any(const struct places *places)
{
    for (size_t i = 0; i < places->count; i++)
        if (places->list[i].state != CONNECTION_WAITING)
            return true;
    return false;
}

struct connection *places_take(struct places *places, enum core_peer peer, uint64_t now_us)
{
    bool is_own = peer == CORE_PEER_OWN;
    size_t count = is_own ? places->count : places_public(places);
    struct connection *given;

    /* From the last on: a client that may have the reserved places takes those first. */
    for (size_t i = count; i-- > 0;)
        if (places->list[i].state == CONNECTION_FREE)
            return &places->list[i];
    given = places_slowest(places, count, false, now_us);
    if (given != NULL)
        places_give_up(places, given, "all places are taken, and this was the slowest: try again",
                       now_us);
    return given;
}

/* ---- memory ---- */

/* Memory of messages that come or go; what is lent to the core is bounded by places_may_read(). */
static size_t places_held_bytes(const struct places *places)
{
    size_t held = 0;

    for (size_t i = 0; i < places->count; i++)
        if (connection_is_clients(&places->list[i]))
            held += connection_held_bytes(&places->list[i]);
    return held;
}

bool places_may_read(const struct places *places)
{
    size_t lent = 0;

    for (size_t i = 0; i < places->count; i++)
        if (places->list[i].state == CONNECTION_WAITING)
            lent += places->list[i].request.bytes.size;
    return lent < CONNECTIONS_LENT_BYTES_MAX;
}

bool places_read(struct places *places, struct connection *connection, uint64_t now_us)
{
    bool whole = connection_readable(connection, now_us);
    uint64_t count;

    if (connection->refused != NULL && limited_log_adds(&places->refused, now_us, &count))
        log_write(LOG_WARN, "control.refused", "count=%" PRIu64 " reason=\"%s\"", count,
                  connection->refused);
    connection->refused = NULL;
    places_bound_memory(places, now_us);
    return whole;
}

void places_bound_memory(struct places *places, uint64_t now_us)
{
    while (places_held_bytes(places) > CONNECTIONS_HOLD_BYTES_MAX)
        places_give_up(
            places, places_slowest(places, places->count, true, now_us),
            "too many large messages come and go at once, and this was the slowest: try again",
            now_us);
}

/* ---- silence ---- */

void places_close_idle(struct places *places, uint64_t now_us)
{
    for (size_t i = 0; i < places->count; i++) {
        struct connection *connection = &places->list[i];

        if (connection_is_clients(connection) &&
            now_us - connection->active_us > CONNECTION_IDLE_US)
            connection_close(connection);
    }
}
