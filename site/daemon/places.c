#include "site/daemon/places.h"

#include <assert.h>
#include <inttypes.h>

#include "base/log.h"

static_assert(CONNECTIONS_HOLD_BYTES_MAX >= 4 * CONTROL_BYTES_MAX,
              "a message whose memory has just grown is not too much alone");

bool telling_adds(struct telling *telling, uint64_t now_us, uint64_t *count)
{
    telling->count++;
    if (telling->told && now_us - telling->told_us < CONTROL_TELL_US)
        return false;
    telling->told = true;
    telling->told_us = now_us;
    *count = telling->count;
    telling->count = 0;
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

/* ---- who gives a place up ---- */

/* Places from the first on that a stranger may have. */
static size_t places_public(const struct places *places)
{
    size_t own = places->count / (CONNECTIONS_MAX / CONNECTIONS_OWN);

    return places->count - (own == 0 ? 1 : own);
}

/* The operator's come last; of the rest, who is further behind comes first. */
static bool places_is_before(const struct connection *left, const struct connection *right,
                             uint64_t now_us)
{
    if (left->by_operator != right->by_operator)
        return right->by_operator;
    return connection_late_us(left, now_us) > connection_late_us(right, now_us);
}

/* Of the first `count` places, the one to give up; those that hold nothing only if `holding` is
 * false.  NULL: none is a client's to go on with. */
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

    if (telling_adds(&places->crowded, now_us, &count))
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

    /* From the last: those who may have the places that others may not take these first. */
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

    if (connection->refused != NULL && telling_adds(&places->refused, now_us, &count))
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
