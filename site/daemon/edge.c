/*
 * One loop around one poll: signals, links and clients, then what became durable.  Whatever is done
 * in a round is bounded, so none of them keeps the others waiting.
 */
#define _GNU_SOURCE /* accept4 */
#include "site/daemon/edge.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "site/daemon/poller.h"

enum { POLL_WAKE, POLL_SIGNAL, POLL_LISTEN, POLL_FIRST_CONNECTION };
enum { POLL_MAX = POLL_FIRST_CONNECTION + CONNECTIONS_MAX + WIRES_POLL_MAX };

static_assert((int)POLL_MAX <= (int)POLLER_ITEMS_MAX, "all of them are polled together");
static_assert(CONNECTIONS_MAX < (int)RING_SLOTS,
              "each has a place in the ring, and the stop message");
enum { SWEEP_MS = 1000, FAREWELL_MS = 20 };

static uint64_t edge_now_us(const struct edge *edge)
{
    return edge->parts->clock.now_us(edge->parts->clock.context);
}

/* ---- opening ---- */

static enum status edge_listen(struct edge *edge, const char *path,
                               const struct socket_access *access, struct fault *fault)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    enum status status;
    mode_t mask;
    int bound;

    INVARIANT(strlen(path) < sizeof address.sun_path); /* the place was checked */
    memcpy(address.sun_path, path, strlen(path) + 1);
    edge->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (edge->listen_fd < 0)
        return fault_set(fault, ST_IO, "socket %s: %s", path, strerror(errno));
    mask = umask(0177); /* never open to others, not even for a moment */
    bound = bind(edge->listen_fd, (const struct sockaddr *)&address, sizeof address);
    (void)umask(mask);
    if (bound != 0)
        return fault_set(fault, errno == EADDRINUSE ? ST_BUSY : ST_IO, "listen at %s: %s", path,
                         strerror(errno));
    edge->socket_path = path;
    status = place_remember_socket(&edge->place, path, fault);
    if (status == ST_OK)
        status = access_set(path, access, fault);
    if (status != ST_OK)
        return status;
    if (listen(edge->listen_fd, (int)edge->places.count) != 0)
        return fault_set(fault, ST_IO, "listen at %s: %s", path, strerror(errno));
    return ST_OK;
}

enum status edge_init(struct edge *edge, struct parts *parts, const char *socket_path,
                      const struct socket_access *access, const struct files *files,
                      struct wires *wires, struct signals *signals, struct fault *fault)
{
    enum status status;

    *edge = (struct edge){.parts = parts, .wires = wires, .signals = signals, .listen_fd = -1};
    places_init(&edge->places, files->connections, parts->site_key);
    status = edge_listen(edge, socket_path, access, fault);
    if (status != ST_OK)
        edge_fini(edge);
    return status;
}

void edge_fini(struct edge *edge)
{
    reload_fini(&edge->reload);
    places_fini(&edge->places); /* the core has ended, so nothing is lent any more */
    if (edge->socket_path != NULL)
        place_remove_socket(&edge->place, edge->socket_path);
    edge->socket_path = NULL;
    if (edge->listen_fd >= 0)
        (void)!close(edge->listen_fd);
    edge->listen_fd = -1;
}

/* ---- serving ---- */

/* All places are with the core, so none can be given up for this client. */
static void edge_turn_away(struct edge *edge, int fd, enum core_peer peer)
{
    struct connection guest = {.site_key = edge->parts->site_key};

    connection_open(&guest, fd, peer, edge_now_us(edge));
    connection_turn_away(&guest, "all places are taken: try again");
}

/* Take what has come of the request; a whole one goes to the core. */
static void edge_read_client(struct edge *edge, struct connection *connection)
{
    if (places_may_read(&edge->places) && places_read(&edge->places, connection, edge_now_us(edge)))
        /* One request a connection at a time, and the ring has a place for each. */
        INVARIANT(ring_push(&edge->parts->requests, &connection->request));
}

/* Give the client a place; docs/control.md, "Messages", says whose may be taken for it. */
static void edge_seat(struct edge *edge, int fd)
{
    enum core_peer peer = access_is_own(fd) ? CORE_PEER_OWN : CORE_PEER_UNKNOWN;
    struct connection *place = places_take(&edge->places, peer, edge_now_us(edge));

    if (place == NULL) {
        edge_turn_away(edge, fd, peer);
        return;
    }
    connection_open(place, fd, peer, edge_now_us(edge));
    edge_read_client(edge, place); /* a small request is there already */
}

static void edge_accept(struct edge *edge)
{
    for (size_t i = 0; i < edge->places.count && places_any(&edge->places); i++) {
        int fd = accept4(edge->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

        /* No descriptor, most likely: to poll again at once would only spin. */
        if (fd < 0 && errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
            log_write(LOG_WARN, "control.rests", "reason=\"accept: %s\"", strerror(errno));
            edge->accept_us = edge_now_us(edge) + ACCEPT_REST_US;
            if (edge->wires != NULL)
                wires_rest(edge->wires, edge_now_us(edge));
        }
        if (fd < 0)
            return;
        edge_seat(edge, fd);
    }
}

/* The manager shows that the site reloads, until edge_end_reload(). */
static void edge_begin_reload(struct edge *edge, struct connection *client, uint64_t frame)
{
    pulse_tell(&edge->pulse, "RELOADING=1");
    reload_begin(&edge->reload, client, frame);
}

/* SIGHUP: the files are to be read again, or a terminal closed; which of the two is unknown. */
static void edge_hang_up(struct edge *edge)
{
    edge->signals->hang_up = false;
    log_write(LOG_INFO, "site.hang-up", "effect=\"site.toml and prices.toml are read again\"");
    edge_begin_reload(edge, NULL, 0);
}

/* A client that asked for a reload: its answer comes when what changed is in force. */
static void edge_reload_for(struct edge *edge, struct connection *client, uint64_t frame)
{
    struct bytes answer = {0};

    if (!edge->stopping && !edge->reload.under_way) {
        edge_begin_reload(edge, client, frame);
        return;
    }
    reload_answer_busy(&answer, frame,
                       edge->stopping ? "the site is stopping" : "a reload is under way");
    connection_answer(client, &answer, edge_now_us(edge));
    bytes_fini(&answer);
}

/* What was read is in force, or was refused. */
static void edge_end_reload(struct edge *edge)
{
    struct connection *client = edge->reload.client;
    struct bytes answer = {0};

    if (!reload_is_done(&edge->reload))
        return;
    reload_end(&edge->reload, &answer);
    pulse_tell(&edge->pulse, "READY=1");
    if (client != NULL)
        connection_answer(client, &answer, edge_now_us(edge));
    bytes_fini(&answer);
}

/* The core may end before it takes a book that is on its way: the next start reads it anyway. */
static void edge_leave_reload(struct edge *edge)
{
    struct bytes answer = {0};

    if (!edge->reload.under_way || edge->reload.client == NULL)
        return;
    reload_answer_busy(&answer, edge->reload.frame, "the site is stopping");
    connection_answer(edge->reload.client, &answer, edge_now_us(edge));
    edge->reload.client = NULL;
    bytes_fini(&answer);
}

/* Nothing new is read from now on; the core answers what it has and closes its last frame. */
static void edge_stop(struct edge *edge)
{
    notify_send(edge->pulse.notify, "STOPPING=1", "stopping");
    edge_leave_reload(edge);
    if (edge->signals->stop != 0)
        log_write(LOG_INFO, "site.stopping", "signal=%d", edge->signals->stop);
    else
        log_write(LOG_INFO, "site.stopping", "reason=\"it was drained\"");
    edge->stopping = true;
    if (edge->parts->board != NULL)
        board_set_phase(edge->parts->board, BOARD_STOPPING);
    atomic_store(&edge->parts->stopping, true);
    wake_up(&edge->parts->core_wake);
}

/* Some may have been taken off the descriptor in the start. */
static void edge_take_signals(struct edge *edge, bool came)
{
    if (came)
        signals_take(edge->signals);
    if (edge->signals->hang_up && !edge->stopping && !edge->reload.under_way)
        edge_hang_up(edge);
    if (edge->signals->stop != 0 && !edge->stopping)
        edge_stop(edge);
}

static void edge_send_parcels(struct edge *edge, const struct core_frame *frame)
{
    if (edge->wires == NULL)
        return;
    /* First, so that a new link has its socket; what it cannot take yet is sent again. */
    if (frame->links != NULL)
        wires_configure(edge->wires, frame->links, frame->link_count, edge_now_us(edge));
    if (frame->invited != NULL)
        wires_invite(edge->wires, frame->invited, frame->invited_count);
    for (size_t i = 0; i < frame->parcel_count; i++)
        wires_send(edge->wires, &frame->parcels[i]);
    for (size_t i = 0; i < frame->joined_count; i++)
        wires_answer(edge->wires, &frame->joined[i]);
}

/* Early parcels of bounded links leave, and their frames go back to the core. */
static void edge_take_early(struct edge *edge)
{
    struct parts_frame *frame;

    while ((frame = ring_pop(&edge->parts->early)) != NULL) {
        edge_send_parcels(edge, &frame->core);
        core_frame_fini(&frame->core);
        INVARIANT(ring_put(&edge->parts->spent, frame));
    }
}

/* Replies and parcels of a durable frame leave, and the frame goes back to the core. */
static void edge_take_durable(struct edge *edge)
{
    struct parts_frame *frame;

    while ((frame = ring_pop(&edge->parts->durable)) != NULL) {
        for (size_t i = 0; i < frame->core.reply_count; i++) {
            const struct core_reply *reply = &frame->core.replies[i];
            struct connection *connection = &edge->places.list[reply->token];

            INVARIANT(reply->token < edge->places.count);
            INVARIANT(connection->state == CONNECTION_WAITING);
            connection->by_operator = connection->by_operator || reply->by_operator;
            if (reply->reloads)
                edge_reload_for(edge, connection, frame->core.header.frame);
            else
                connection_answer(connection, &reply->bytes, edge_now_us(edge));
        }
        places_bound_memory(&edge->places, edge_now_us(edge));
        edge_send_parcels(edge, &frame->core);
        if (frame->core.ends && !edge->stopping) {
            if (edge->wires != NULL)
                wires_say_drained(edge->wires);
            edge_stop(edge);
        }
        core_frame_fini(&frame->core);
        edge->done = edge->done || frame->last;
        INVARIANT(ring_put(&edge->parts->spent, frame));
    }
}

static void edge_take_arrivals(struct edge *edge)
{
    struct ring *done = &edge->parts->arrivals_done;
    struct arrival *arrival;

    while ((arrival = (edge->wires != NULL && wires_is_full(edge->wires) ? ring_want
                                                                         : ring_pop)(done)) != NULL)
        wires_give_back(edge->wires, arrival);
}

static void edge_serve_client(struct edge *edge, struct connection *connection, short events)
{
    if (connection->state == CONNECTION_WRITING && events != 0)
        connection_writable(connection, edge_now_us(edge));
    else if (connection->state == CONNECTION_READING && events != 0 && !edge->stopping)
        edge_read_client(edge, connection);
}

static zmq_pollitem_t edge_pollable(int fd, short events)
{
    return (zmq_pollitem_t){.fd = fd, .events = events};
}

static size_t edge_first_wire(const struct edge *edge)
{
    return POLL_FIRST_CONNECTION + edge->places.count;
}

/*
 * Returns how many; items of descriptor -1 are passed over.  They are no more than descriptors are
 * allowed, or poll() fails: each has one, but for the free places, which files_share() counts.
 */
static size_t edge_fill_poll(struct edge *edge, zmq_pollitem_t items[POLL_MAX])
{
    bool accepting =
        !edge->stopping && edge_now_us(edge) >= edge->accept_us && places_any(&edge->places);
    bool reading = !edge->stopping && places_may_read(&edge->places);

    items[POLL_WAKE] = edge_pollable(edge->parts->edge_wake.fd, ZMQ_POLLIN);
    items[POLL_SIGNAL] = edge_pollable(edge->signals->fd, ZMQ_POLLIN);
    /* With all requests at the core, clients wait in the backlog. */
    items[POLL_LISTEN] = edge_pollable(accepting ? edge->listen_fd : -1, ZMQ_POLLIN);
    for (size_t i = 0; i < edge->places.count; i++) {
        const struct connection *connection = &edge->places.list[i];
        short events = connection_events(connection);

        /* Once stopping, nothing new is read: it could not be answered. */
        if (!reading && connection->state == CONNECTION_READING)
            events = 0;
        items[POLL_FIRST_CONNECTION + i] = edge_pollable(
            events == 0 ? -1 : connection->fd, events == POLLIN ? ZMQ_POLLIN : ZMQ_POLLOUT);
    }
    if (edge->wires == NULL)
        return edge_first_wire(edge);
    /* While stopping nothing is read, but the last parcels still leave. */
    return edge_first_wire(edge) +
           wires_poll(edge->wires, items + edge_first_wire(edge), !edge->stopping);
}

static bool edge_is_writing(const struct edge *edge)
{
    for (size_t i = 0; i < edge->places.count; i++)
        if (edge->places.list[i].state == CONNECTION_WRITING)
            return true;
    return false;
}

static bool edge_is_sending(const struct edge *edge)
{
    return edge->wires != NULL && wires_is_sending(edge->wires);
}

/* The tasks of each second. */
static void edge_sweep(struct edge *edge)
{
    if (edge->wires != NULL && !edge->stopping)
        wires_sweep(edge->wires, edge_now_us(edge));
    if (edge_now_us(edge) - edge->swept_us < SWEEP_MS * UINT64_C(1000))
        return;
    edge->swept_us = edge_now_us(edge);
    log_catch_up();
}

/* How long the poll may wait when it finds nothing. */
static int edge_wait_ms(const struct edge *edge)
{
    bool idle = edge->wires == NULL || edge->stopping;
    uint64_t due_us = idle ? UINT64_MAX : wires_due_us(edge->wires);
    uint64_t now = edge_now_us(edge);

    if (pulse_due_us(&edge->pulse) < due_us)
        due_us = pulse_due_us(&edge->pulse);
    if (due_us <= now)
        return 1;
    return due_us - now >= SWEEP_MS * UINT64_C(1000) ? SWEEP_MS : (int)((due_us - now) / 1000) + 1;
}

static void edge_step(struct edge *edge, int timeout_ms)
{
    zmq_pollitem_t items[POLL_MAX];
    size_t count = edge_fill_poll(edge, items);

    if (!wake_begins(&edge->parts->edge_wake))
        timeout_ms = 0;
    poller_poll(items, count, timeout_ms);
    wake_take(&edge->parts->edge_wake, items[POLL_WAKE].revents != 0);
    edge_take_signals(edge, items[POLL_SIGNAL].revents != 0);
    /* Before anything is done to the sockets that the poll saw. */
    if (count > edge_first_wire(edge))
        wires_serve(edge->wires, items + edge_first_wire(edge), edge_now_us(edge));
    edge_sweep(edge);
    edge_take_arrivals(edge);
    edge_take_early(edge);
    edge_take_durable(edge);
    edge_end_reload(edge);
    pulse_step(&edge->pulse, edge_now_us(edge), edge->stopping);
    for (size_t i = 0; i < edge->places.count; i++)
        edge_serve_client(edge, &edge->places.list[i], items[POLL_FIRST_CONNECTION + i].revents);
    if (items[POLL_LISTEN].revents != 0)
        edge_accept(edge);
    places_close_idle(&edge->places, edge_now_us(edge));
}

void edge_run(struct edge *edge)
{
    uint64_t end_us;

    while (!edge->done)
        edge_step(edge, edge_wait_ms(edge));
    /* The last answers and parcels get a moment; clients and peers that are slower ask again. */
    end_us = edge_now_us(edge);
    while ((edge_is_writing(edge) && edge_now_us(edge) - end_us < FAREWELL_US) ||
           (edge_is_sending(edge) && edge_now_us(edge) - end_us < LAST_PARCELS_US))
        edge_step(edge, FAREWELL_MS);
}
