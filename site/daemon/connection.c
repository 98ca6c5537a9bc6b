/*
 * docs/control.md, "Messages": each message has its length before it, and the next request is read
 * when the answer to the last is out.
 */
#include "site/daemon/connection.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "site/daemon/limits.h"

/* Wait for the next request, without the memory of the last: it may never come. */
static void connection_expect(struct connection *connection, uint64_t now_us)
{
    connection->state = CONNECTION_READING;
    connection->prefix_used = 0;
    connection->wanted = 0;
    bytes_fini(&connection->request.bytes);
    bytes_fini(&connection->answer);
    connection->sent = 0;
    connection->since_us = now_us;
    connection->moved_bytes = 0;
}

void connection_open(struct connection *connection, int fd, enum core_peer peer, uint64_t now_us)
{
    INVARIANT(connection->state == CONNECTION_FREE);
    connection->fd = fd;
    connection->closing = false;
    connection->by_operator = false;
    connection->refused = NULL;
    connection->active_us = now_us;
    connection->request.peer = peer;
    connection_expect(connection, now_us);
}

bool connection_is_clients(const struct connection *connection)
{
    return connection->state == CONNECTION_READING || connection->state == CONNECTION_WRITING;
}

uint64_t connection_late_us(const struct connection *connection, uint64_t now_us)
{
    uint64_t fair_us = connection->moved_bytes / CONNECTION_BYTES_PER_US;
    uint64_t took_us = now_us - connection->since_us;

    return connection_is_clients(connection) && took_us > fair_us ? took_us - fair_us : 0;
}

size_t connection_held_bytes(const struct connection *connection)
{
    return connection->request.bytes.capacity + connection->answer.capacity;
}

void connection_close(struct connection *connection)
{
    if (connection->fd >= 0)
        (void)!close(connection->fd); /* what was not sent is asked for again */
    connection->fd = -1;
    if (connection->state == CONNECTION_WAITING)
        return;
    connection->state = CONNECTION_FREE;
    bytes_fini(&connection->request.bytes);
    bytes_fini(&connection->answer);
}

void connection_turn_away(struct connection *connection, const char *why)
{
    struct bytes answer = {0};

    INVARIANT(connection->state == CONNECTION_READING);
    connection->closing = true;
    control_answer(&answer, CONTROL_TRY_AGAIN, 0, why, NULL);
    connection_answer(connection, &answer, connection->active_us);
    connection_close(connection); /* what an empty socket did not take is not waited for */
    bytes_fini(&answer);
}

/*
 * Answer a request that never reached the core, and end: where a message of a wrong length ends is
 * unknown, so what follows on the stream cannot be read.
 */
static void connection_refuse(struct connection *connection, const char *why, uint64_t now_us)
{
    struct bytes answer = {0};

    connection->refused = why;
    control_answer(&answer, CONTROL_BAD_REQUEST, 0, why, NULL);
    connection->closing = true;
    connection_answer(connection, &answer, now_us);
    bytes_fini(&answer);
}

/* As recv(); an end or an error of the stream closes the connection. */
static ssize_t connection_receive(struct connection *connection, void *to, size_t size,
                                  uint64_t now_us)
{
    ssize_t got;

    do
        got = recv(connection->fd, to, size, 0);
    while (got < 0 && errno == EINTR);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK))
        connection_close(connection);
    if (got > 0) {
        connection->active_us = now_us;
        connection->moved_bytes += (size_t)got;
    }
    return got;
}

/* True: the length is there, and may be. */
static bool connection_take_prefix(struct connection *connection, uint64_t now_us)
{
    uint8_t *to = connection->prefix + connection->prefix_used;
    ssize_t got = connection_receive(connection, to,
                                     sizeof connection->prefix - connection->prefix_used, now_us);

    if (got <= 0)
        return false;
    connection->prefix_used += (size_t)got;
    if (connection->prefix_used < sizeof connection->prefix)
        return true;
    connection->wanted = be32_get(connection->prefix);
    if (connection->wanted == 0 || connection->wanted > CONTROL_BYTES_MAX) {
        connection_refuse(connection, "a message has from 1 byte to 2 MiB", now_us);
        return false;
    }
    return true;
}

/* True: some of it came, and there may be more. */
static bool connection_take_body(struct connection *connection, uint64_t now_us)
{
    uint8_t piece[16384];
    size_t room = connection->wanted - connection->request.bytes.size;
    ssize_t got =
        connection_receive(connection, piece, room < sizeof piece ? room : sizeof piece, now_us);

    if (got <= 0)
        return false;
    /* Grown as bytes come, not as they are announced: a length alone takes no memory. */
    bytes_append(&connection->request.bytes, piece, (size_t)got);
    if (connection->request.bytes.failed) {
        connection_refuse(connection, "out of memory; try again later", now_us);
        return false;
    }
    return true;
}

bool connection_readable(struct connection *connection, uint64_t now_us)
{
    while (connection->state == CONNECTION_READING) {
        /* First the length, then as many bytes as it says. */
        bool have_prefix = connection->prefix_used == sizeof connection->prefix;

        if (!(have_prefix ? connection_take_body(connection, now_us)
                          : connection_take_prefix(connection, now_us)))
            return false;
        if (connection->wanted > 0 && connection->request.bytes.size == connection->wanted) {
            connection->state = CONNECTION_WAITING;
            return true;
        }
    }
    return false;
}

void connection_writable(struct connection *connection, uint64_t now_us)
{
    while (connection->sent < connection->answer.size) {
        ssize_t put = send(connection->fd, connection->answer.data + connection->sent,
                           connection->answer.size - connection->sent, MSG_NOSIGNAL);

        if (put < 0 && errno == EINTR)
            continue;
        /* The socket is full: the poll reports when the client has taken some. */
        if (put < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return;
        if (put < 0) {
            connection_close(connection);
            return;
        }
        connection->sent += (size_t)put;
        connection->moved_bytes += (size_t)put;
        connection->active_us = now_us;
    }
    if (connection->closing)
        connection_close(connection);
    else
        connection_expect(connection, now_us);
}

void connection_answer(struct connection *connection, const struct bytes *answer, uint64_t now_us)
{
    struct bytes *out = &connection->answer;
    uint8_t prefix[4];

    connection->state = CONNECTION_WRITING;
    if (connection->fd < 0) {
        connection_close(connection); /* the client left meanwhile; now the place is free */
        return;
    }
    be32_put(prefix, (uint32_t)(CONTROL_HEAD_BYTES + answer->size));
    bytes_fini(&connection->request.bytes);
    bytes_clear(out);
    bytes_append(out, prefix, sizeof prefix);
    control_head(out, connection->site_key);
    bytes_append(out, answer->data, answer->size);
    connection->sent = 0;
    connection->active_us = now_us;
    connection->since_us = now_us;
    connection->moved_bytes = 0;
    if (out->failed || answer->failed) {
        connection_close(connection); /* out of memory: the client asks again with --retry */
        return;
    }
    connection_writable(connection, now_us);
}

short connection_events(const struct connection *connection)
{
    switch (connection->state) {
    case CONNECTION_READING:
        return POLLIN;
    case CONNECTION_WRITING:
        return POLLOUT;
    case CONNECTION_WAITING:
    case CONNECTION_FREE:
        break;
    }
    return 0;
}
