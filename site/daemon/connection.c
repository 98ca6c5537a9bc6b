#include "site/daemon/connection.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"

static void expect_request(struct connection *connection)
{
    connection->state = CONNECTION_READING;
    connection->prefix_used = 0;
    connection->wanted = 0;
    bytes_clear(&connection->request.bytes);
    bytes_clear(&connection->answer);
    connection->sent = 0;
}

void connection_open(struct connection *connection, int fd, enum core_peer peer, uint64_t now_us)
{
    INVARIANT(connection->state == CONNECTION_FREE);
    connection->fd = fd;
    connection->closing = false;
    connection->active_us = now_us;
    connection->since_us = now_us;
    connection->request.peer = peer;
    expect_request(connection);
}

uint64_t connection_waits_us(const struct connection *connection, uint64_t now_us)
{
    bool with_client =
        connection->state == CONNECTION_READING || connection->state == CONNECTION_WRITING;

    return with_client ? now_us - connection->since_us : 0;
}

void connection_close(struct connection *connection)
{
    if (connection->fd >= 0)
        (void)!close(connection->fd); /* what was not sent is asked for again */
    connection->fd = -1;
    if (connection->state == CONNECTION_WAITING)
        return;
    connection->state = CONNECTION_FREE;
    /* A large request's memory is not kept for the next client. */
    bytes_fini(&connection->request.bytes);
    bytes_fini(&connection->answer);
}

/* Answer a request that never reached the core. */
static void refuse(struct connection *connection, const char *why, uint64_t now_us)
{
    struct bytes answer = {0};

    log_write(LOG_WARN, "control.refused", "reason=\"%s\"", why);
    control_answer(&answer, CONTROL_BAD_REQUEST, 0, why, NULL);
    connection->closing = true;
    connection_answer(connection, &answer, now_us);
    bytes_fini(&answer);
}

static ssize_t receive(struct connection *connection, void *to, size_t size)
{
    ssize_t got;

    do
        got = recv(connection->fd, to, size, 0);
    while (got < 0 && errno == EINTR);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK))
        connection_close(connection);
    return got;
}

static bool take_prefix(struct connection *connection, uint64_t now_us)
{
    uint8_t *to = connection->prefix + connection->prefix_used;
    ssize_t got = receive(connection, to, sizeof connection->prefix - connection->prefix_used);

    if (got <= 0)
        return false;
    connection->active_us = now_us;
    connection->prefix_used += (size_t)got;
    if (connection->prefix_used < sizeof connection->prefix)
        return true;
    connection->wanted = be32_get(connection->prefix);
    if (connection->wanted == 0 || connection->wanted > CONTROL_BYTES_MAX) {
        refuse(connection, "a message has from 1 byte to 2 MiB", now_us);
        return false;
    }
    return true;
}

static bool take_body(struct connection *connection, uint64_t now_us)
{
    uint8_t piece[16384];
    size_t room = connection->wanted - connection->request.bytes.size;
    ssize_t got = receive(connection, piece, room < sizeof piece ? room : sizeof piece);

    if (got <= 0)
        return false;
    connection->active_us = now_us;
    /* Grown as bytes come, not as they are announced: a length alone takes no memory. */
    bytes_append(&connection->request.bytes, piece, (size_t)got);
    if (connection->request.bytes.failed) {
        refuse(connection, "memory is short; try again later", now_us);
        return false;
    }
    return true;
}

bool connection_readable(struct connection *connection, uint64_t now_us)
{
    while (connection->state == CONNECTION_READING) {
        bool have_prefix = connection->prefix_used == sizeof connection->prefix;

        if (!(have_prefix ? take_body(connection, now_us) : take_prefix(connection, now_us)))
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
        if (put < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return;
        if (put < 0) {
            connection_close(connection);
            return;
        }
        connection->sent += (size_t)put;
        connection->active_us = now_us;
    }
    connection->since_us = now_us;
    if (connection->closing)
        connection_close(connection);
    else
        expect_request(connection);
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
    bytes_clear(out);
    bytes_append(out, prefix, sizeof prefix);
    control_head(out, connection->site_key);
    bytes_append(out, answer->data, answer->size);
    connection->sent = 0;
    connection->active_us = now_us;
    if (out->failed || answer->failed) {
        connection_close(connection); /* memory is short: the client asks again with --retry */
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
