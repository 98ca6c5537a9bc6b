#include "site/daemon/edge.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"

enum { POLL_WAKE, POLL_SIGNAL, POLL_LISTEN, POLL_FIRST_CONNECTION };
enum { POLL_MAX = POLL_FIRST_CONNECTION + CONNECTIONS_MAX };
enum { SWEEP_MS = 1000, FAREWELL_MS = 20 };

static uint64_t now_us(const struct edge *edge)
{
    return edge->parts->clock.now_us(edge->parts->clock.context);
}

/* ---- opening ---- */

static bool set_flags(int fd)
{
    return fcntl(fd, F_SETFL, O_NONBLOCK) == 0 && fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

static enum status listen_at(struct edge *edge, const char *path, struct fault *fault)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    mode_t mask;
    int bound;

    if (strlen(path) >= sizeof address.sun_path)
        return fault_set(fault, ST_INVALID,
                         "socket %s: the path has %zu bytes and a socket allows %zu; set "
                         "control.socket in site.toml to a shorter one",
                         path, strlen(path), sizeof address.sun_path - 1);
    memcpy(address.sun_path, path, strlen(path) + 1);
    edge->listen_fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (edge->listen_fd < 0 || !set_flags(edge->listen_fd))
        return fault_set(fault, ST_IO, "socket %s: %s", path, strerror(errno));
    if (unlink(path) != 0 && errno != ENOENT)
        return fault_set(fault, ST_IO, "replace socket %s: %s", path, strerror(errno));
    mask = umask(0177); /* never open to others, not even for a moment */
    bound = bind(edge->listen_fd, (const struct sockaddr *)&address, sizeof address);
    (void)umask(mask);
    if (bound != 0 || listen(edge->listen_fd, CONNECTIONS_MAX) != 0)
        return fault_set(fault, ST_IO, "listen at %s: %s", path, strerror(errno));
    return ST_OK;
}

static enum status take_signals(struct edge *edge, struct fault *fault)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    edge->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (edge->signal_fd < 0)
        return fault_set(fault, ST_IO, "signalfd: %s", strerror(errno));
    return ST_OK;
}

enum status edge_init(struct edge *edge, struct parts *parts, const char *socket_path,
                      struct fault *fault)
{
    enum status status;

    *edge = (struct edge){.parts = parts, .listen_fd = -1, .signal_fd = -1};
    for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
        edge->connections[i].fd = -1;
        edge->connections[i].request.token = i;
    }
    status = listen_at(edge, socket_path, fault);
    if (status == ST_OK)
        status = take_signals(edge, fault);
    if (status != ST_OK)
        edge_fini(edge);
    return status;
}

void edge_fini(struct edge *edge)
{
    for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
        /* The core has ended, so nothing is lent any more. */
        edge->connections[i].state = CONNECTION_READING;
        connection_close(&edge->connections[i]);
    }
    if (edge->listen_fd >= 0)
        (void)!close(edge->listen_fd);
    if (edge->signal_fd >= 0)
        (void)!close(edge->signal_fd);
    edge->listen_fd = -1;
    edge->signal_fd = -1;
}

/* ---- serving ---- */

static struct connection *free_connection(struct edge *edge)
{
    for (size_t i = 0; i < CONNECTIONS_MAX; i++)
        if (edge->connections[i].state == CONNECTION_FREE)
            return &edge->connections[i];
    return NULL;
}

static void accept_clients(struct edge *edge)
{
    struct connection *connection;

    while ((connection = free_connection(edge)) != NULL) {
        int fd = accept(edge->listen_fd, NULL, NULL);

        if (fd < 0)
            return;
        if (set_flags(fd))
            connection_open(connection, fd, now_us(edge));
        else
            (void)!close(fd);
    }
}

static void take_signal(struct edge *edge)
{
    struct signalfd_siginfo info;

    if (read(edge->signal_fd, &info, sizeof info) != (ssize_t)sizeof info || edge->stopping)
        return;
    log_write(LOG_INFO, "site.stopping", "signal=%u", info.ssi_signo);
    edge->stopping = true;
    atomic_store(&edge->parts->stopping, true);
    wake_up(&edge->parts->core_wake);
}

/* What is durable may leave; the frame goes back to the core. */
static void take_durable(struct edge *edge)
{
    struct frame *frame;

    while ((frame = ring_pop(&edge->parts->durable)) != NULL) {
        for (size_t i = 0; i < frame->core.reply_count; i++) {
            const struct core_reply *reply = &frame->core.replies[i];

            INVARIANT(reply->token < CONNECTIONS_MAX);
            INVARIANT(edge->connections[reply->token].state == CONNECTION_WAITING);
            connection_answer(&edge->connections[reply->token], &reply->bytes, now_us(edge));
        }
        core_frame_fini(&frame->core);
        edge->done = edge->done || frame->last;
        INVARIANT(ring_push(&edge->parts->spent, frame));
    }
}

static void serve_client(struct edge *edge, struct connection *connection, short events)
{
    if (connection->state == CONNECTION_WRITING && events != 0)
        connection_writable(connection, now_us(edge));
    else if (connection->state == CONNECTION_READING && events != 0 && !edge->stopping &&
             connection_readable(connection, now_us(edge)))
        /* One request a connection at a time, and the ring has a place for each. */
        INVARIANT(ring_push(&edge->parts->requests, &connection->request));
}

static void close_idle(struct edge *edge)
{
    uint64_t now = now_us(edge);

    for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
        struct connection *connection = &edge->connections[i];
        bool ours =
            connection->state == CONNECTION_READING || connection->state == CONNECTION_WRITING;

        if (ours && now - connection->active_us > CONNECTION_IDLE_US)
            connection_close(connection);
    }
}

static void fill_poll(struct edge *edge, struct pollfd fds[POLL_MAX])
{
    bool accepting = !edge->stopping && free_connection(edge) != NULL;

    fds[POLL_WAKE] = (struct pollfd){.fd = edge->parts->edge_wake.fd, .events = POLLIN};
    fds[POLL_SIGNAL] = (struct pollfd){.fd = edge->signal_fd, .events = POLLIN};
    /* With all places taken, clients wait in the backlog. */
    fds[POLL_LISTEN] = (struct pollfd){.fd = accepting ? edge->listen_fd : -1, .events = POLLIN};
    for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
        const struct connection *connection = &edge->connections[i];
        short events = connection_events(connection);

        /* Once stopping, nothing new is read: it could not be answered. */
        if (edge->stopping && connection->state == CONNECTION_READING)
            events = 0;
        fds[POLL_FIRST_CONNECTION + i] =
            (struct pollfd){.fd = events == 0 ? -1 : connection->fd, .events = events};
    }
}

static bool is_writing(const struct edge *edge)
{
    for (size_t i = 0; i < CONNECTIONS_MAX; i++)
        if (edge->connections[i].state == CONNECTION_WRITING)
            return true;
    return false;
}

static void step(struct edge *edge, int timeout_ms)
{
    struct pollfd fds[POLL_MAX];

    fill_poll(edge, fds);
    if (poll(fds, POLL_MAX, timeout_ms) < 0)
        return; /* EINTR; the next round looks again */
    if (fds[POLL_WAKE].revents != 0)
        wake_take(&edge->parts->edge_wake);
    if (fds[POLL_SIGNAL].revents != 0)
        take_signal(edge);
    take_durable(edge);
    for (size_t i = 0; i < CONNECTIONS_MAX; i++)
        serve_client(edge, &edge->connections[i], fds[POLL_FIRST_CONNECTION + i].revents);
    if (fds[POLL_LISTEN].revents != 0)
        accept_clients(edge);
    close_idle(edge);
}

void edge_run(struct edge *edge)
{
    uint64_t farewell_us;

    while (!edge->done)
        step(edge, SWEEP_MS);
    farewell_us = now_us(edge) + FAREWELL_US;
    while (is_writing(edge) && now_us(edge) < farewell_us)
        step(edge, FAREWELL_MS);
}
