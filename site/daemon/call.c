#define _GNU_SOURCE /* accept4, struct ucred */
/*
 * Three ends of one connection: `outer` is the stream to the peer, `socket` is libzmq's, and
 * `inner` is the stream between the two, by which libzmq comes in through a door of the machine.
 */
#include "site/daemon/call.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "links/link.h"
#include "site/daemon/poller.h"

enum {
    /* ZMTP 3.1 has flags and a length of one byte, or of eight where the sealed body is longer. */
    FRAME_BYTES_SHORT = 2,
    FRAME_BYTES_LONG = 9,
    BODY_SHORT_MAX = 255,
    DOOR_BACKLOG = 4,
};

static_assert(CALL_BYTES_MAX / 2 >
                  LINK_PARCEL_BYTES_MAX + CURVE_SEAL_BYTES + FRAME_BYTES_LONG + CALLER_BYTES_MAX,
              "the largest parcel comes through, whatever else was not forgiven yet");

/* ---- streams ---- */

static bool io_is_for_later(ssize_t done)
{
    return done < 0 && (errno == EAGAIN || errno == EINTR);
}

static void call_close_fd(int *fd)
{
    if (*fd >= 0)
        (void)!close(*fd); /* a socket: nothing is lost */
    *fd = -1;
}

/* Parcels are whole: to wait for more to send with them would only make them late. */
static void call_hurry(int fd)
{
    const int one = 1;

    (void)!setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one); /* fails for ipc:// */
}

/* Returns the descriptor or -1; *error is 0, EINPROGRESS while no answer came, or why it failed. */
static int call_connect_ipc(const char *path, int *error)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    INVARIANT(strlen(path) < sizeof to.sun_path); /* endpoint_parse() saw to it */
    memcpy(to.sun_path, path, strlen(path) + 1);
    *error = fd < 0 || connect(fd, (const struct sockaddr *)&to, sizeof to) != 0 ? errno : 0;
    return fd;
}

/* A number needs no looking up, but for the zone of an IPv6 address, which the system knows. */
static int call_connect_tcp(const char *address, uint16_t port, int *error)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC,
                                   .ai_socktype = SOCK_STREAM,
                                   .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
    bool bracketed = address[0] == '[';
    char host[ENDPOINT_BYTES_MAX + 1];
    char service[8];
    struct addrinfo *found = NULL;
    int fd;

    (void)snprintf(host, sizeof host, "%.*s", (int)(strlen(address) - 2 * (size_t)bracketed),
                   address + bracketed);
    (void)snprintf(service, sizeof service, "%u", (unsigned)port);
    *error = EADDRNOTAVAIL;
    if (getaddrinfo(host, service, &hints, &found) != 0)
        return -1;
    fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    *error = fd < 0 || connect(fd, found->ai_addr, found->ai_addrlen) != 0 ? errno : 0;
    freeaddrinfo(found);
    return fd;
}

/* ---- life ---- */

static struct call *call_new(int outer, uint64_t now_us)
{
    static uint64_t numbers;
    struct call *call = calloc(1, sizeof *call);

    if (call == NULL)
        return NULL;
    *call = (struct call){.number = ++numbers,
                          .outer = outer,
                          .door = -1,
                          .inner = -1,
                          .in.bytes = malloc(CALL_WAY_BYTES),
                          .out.bytes = malloc(CALL_WAY_BYTES),
                          .since_us = now_us,
                          .forgiven_us = now_us};
    if (call->in.bytes != NULL && call->out.bytes != NULL)
        return call;
    call->outer = -1; /* it stays the caller's */
    call_free(call);
    return NULL;
}

enum status call_dial(struct call **call, const struct endpoint *endpoint, const char *address,
                      uint64_t now_us, int *error)
{
    struct call *made = call_new(-1, now_us);

    if (made == NULL)
        return ST_NOMEM;
    made->dialled = true;
    made->outer = endpoint->transport == ENDPOINT_IPC
                      ? call_connect_ipc(endpoint->host, error)
                      : call_connect_tcp(address, endpoint->port, error);
    made->connecting = *error == EINPROGRESS;
    if (made->connecting)
        *error = 0;
    if (made->outer >= 0)
        call_hurry(made->outer);
    *call = made;
    return ST_OK;
}

/* For the log: an address without a port, which says nothing of who calls. */
static void call_name_address(struct call *call)
{
    struct sockaddr_storage address = {.ss_family = AF_UNSPEC};
    socklen_t size = sizeof address;

    if (getpeername(call->outer, (struct sockaddr *)&address, &size) != 0 ||
        address.ss_family == AF_UNIX ||
        getnameinfo((const struct sockaddr *)&address, size, call->address, sizeof call->address,
                    NULL, 0, NI_NUMERICHOST) != 0)
        (void)snprintf(call->address, sizeof call->address, "local");
}

enum status call_take(struct call **call, int fd, uint64_t now_us)
{
    *call = call_new(fd, now_us);
    if (*call == NULL)
        return ST_NOMEM;
    call_name_address(*call);
    call_hurry(fd);
    return ST_OK;
}

/* Take out what waits in the socket, so that libzmq has room to read to the end. */
static void call_drop_messages(void *socket)
{
    zmq_msg_t message;

    (void)zmq_msg_init(&message);
    while (zmq_msg_recv(&message, socket, ZMQ_DONTWAIT) >= 0)
        continue;
    (void)zmq_msg_close(&message);
}

/* Whether libzmq has closed its end of the relay. */
static bool inner_is_closed(int inner)
{
    uint8_t bytes[4096];
    ssize_t got;

    do
        got = recv(inner, bytes, sizeof bytes, MSG_DONTWAIT);
    while (got > 0);
    return !io_is_for_later(got);
}

/*
 * A socket that is closed while its connection stands may leave behind what came of a message in
 * several parts: libzmq (4.3.4, and its newest source) forgets them when its thread finds the end
 * of what goes out before it is made to end (process_pipe_term after a delimiter, in its pipe).  A
 * peer could have us lose CALL_BYTES_MAX so, again and again.  So the connection ends first,
 * which rolls such a message back, and the socket after it.  libzmq answers within a fraction of a
 * millisecond; it is not waited for without end.
 */
static void call_end_inner(struct call *call)
{
    struct pollfd item = {.fd = call->inner, .events = POLLIN};

    if (call->inner < 0 || call->inner_over)
        return;
    (void)!shutdown(call->inner, SHUT_WR); /* fails where libzmq was first */
    for (int i = 0; i < CALL_END_POLLS; i++) {
        call_drop_messages(call->socket);
        (void)!poll(&item, 1, CALL_END_POLL_MS); /* what it finds is looked at in any case */
        if (inner_is_closed(call->inner))
            return;
    }
}

void call_free(struct call *call)
{
    if (call == NULL)
        return;
    if (call->socket != NULL) {
        call_end_inner(call);
        (void)!zmq_close(call->socket); /* only fails for what is no socket */
    }
    call_close_fd(&call->outer);
    call_close_fd(&call->door);
    call_close_fd(&call->inner);
    free(call->in.bytes);
    free(call->out.bytes);
    free(call);
}

/* ---- a socket of libzmq ---- */

struct socket_option {
    int name;
    int value;
};

static enum status call_set_limits(void *socket, struct fault *fault)
{
    static const struct socket_option options[] = {
        {ZMQ_LINGER, 0}, /* what did not leave is sent again by its number */
        {ZMQ_SNDHWM, PARCELS_OUT_MAX},
        {ZMQ_RCVHWM, PARCELS_IN_MAX},
        {ZMQ_HANDSHAKE_IVL, HANDSHAKE_MS},
        {ZMQ_HEARTBEAT_IVL, HEARTBEAT_MS},
        {ZMQ_HEARTBEAT_TIMEOUT, HEARTBEAT_TIMEOUT_MS},
        {ZMQ_HEARTBEAT_TTL, HEARTBEAT_TIMEOUT_MS},
        {ZMQ_IMMEDIATE, 1},      /* with no connection, sending fails instead of queueing */
        {ZMQ_RECONNECT_IVL, -1}, /* the relay has one connection, and no other follows */
    };
    /* libzmq compares it with the size of what is sealed. */
    const int64_t parcel_bytes_max = LINK_PARCEL_BYTES_MAX + CURVE_SEAL_BYTES;

    if (zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &parcel_bytes_max, sizeof parcel_bytes_max) != 0)
        return fault_set(fault, ST_IO, "links: limit of a parcel: %s", zmq_strerror(errno));
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        if (zmq_setsockopt(socket, options[i].name, &options[i].value, sizeof(int)) != 0)
            return fault_set(fault, ST_IO, "links: socket option %d: %s", options[i].name,
                             zmq_strerror(errno));
    return ST_OK;
}

/*
 * docs/wire.md, "Transport": the side that listens is the CURVE server.  libzmq copies the secret
 * into memory of its own, which it does not wipe (curve.h).
 */
static enum status call_set_keys(const struct call *call, const struct call_keys *keys,
                                 const uint8_t *server, struct fault *fault)
{
    const int one = 1;
    char domain[24];
    bool good;

    (void)snprintf(domain, sizeof domain, "%" PRIu64, call->number);
    /* By the domain of a server's socket zap.h knows which call a handshake belongs to. */
    if (server != NULL)
        good =
            zmq_setsockopt(call->socket, ZMQ_CURVE_SERVERKEY, server, CURVE_KEY_BYTES) == 0 &&
            zmq_setsockopt(call->socket, ZMQ_CURVE_PUBLICKEY, keys->public, CURVE_KEY_BYTES) == 0;
    else
        good = zmq_setsockopt(call->socket, ZMQ_CURVE_SERVER, &one, sizeof one) == 0 &&
               zmq_setsockopt(call->socket, ZMQ_ZAP_DOMAIN, domain, strlen(domain)) == 0;
    if (!good ||
        zmq_setsockopt(call->socket, ZMQ_CURVE_SECRETKEY, keys->secret, CURVE_KEY_BYTES) != 0)
        return fault_set(fault, ST_IO, "links: keys: %s", zmq_strerror(errno));
    return ST_OK;
}

enum status call_join(struct call *call, void *context, const struct call_keys *keys,
                      const uint8_t *server, struct fault *fault)
{
    enum status status;

    INVARIANT(call->socket == NULL);
    call->socket = zmq_socket(context, ZMQ_DEALER);
    if (call->socket == NULL)
        return fault_set(fault, ST_IO, "links: a socket: %s", zmq_strerror(errno));
    call->touched = true;
    status = call_set_limits(call->socket, fault);
    if (status == ST_OK)
        status = call_set_keys(call, keys, server, fault);
    return status;
}

/* A socket of the machine in no file system, under a name that the system makes up. */
enum status call_open(struct call *call, struct fault *fault)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    socklen_t size = offsetof(struct sockaddr_un, sun_path);
    char endpoint[sizeof address.sun_path + sizeof "ipc://@"];

    /* Bound without a name, so the kernel chooses one that nobody knows before. */
    call->door = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (call->door < 0 || bind(call->door, (const struct sockaddr *)&address, size) != 0 ||
        listen(call->door, DOOR_BACKLOG) != 0)
        return fault_set(fault, ST_IO, "links: a door for libzmq: %s", strerror(errno));
    size = sizeof address;
    if (getsockname(call->door, (struct sockaddr *)&address, &size) != 0)
        return fault_set(fault, ST_IO, "links: a door for libzmq: %s", strerror(errno));
    size -= (socklen_t)offsetof(struct sockaddr_un, sun_path) + 1; /* and the zero before it */
    (void)snprintf(endpoint, sizeof endpoint, "ipc://@%.*s", (int)size, address.sun_path + 1);
    /* It connects in its own thread; call_answer_door() takes it when it is there. */
    if (zmq_connect(call->socket, endpoint) != 0)
        return fault_set(fault, ST_IO, "links: libzmq at its door: %s", zmq_strerror(errno));
    return ST_OK;
}

/* Another process that found the door is shut out: only libzmq, in this one, may come in. */
static void call_answer_door(struct call *call)
{
    struct ucred peer = {0};
    socklen_t size = sizeof peer;
    int fd = accept4(call->door, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (fd < 0)
        return;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || peer.pid != getpid()) {
        (void)!close(fd);
        return;
    }
    call->inner = fd;
    call_close_fd(&call->door);
}

/* ---- counting ---- */

/* The bytes of a message of this size on the stream: sealed, and in a frame of ZMTP. */
static uint64_t call_sealed_bytes(size_t size)
{
    size_t body = size + CURVE_SEAL_BYTES;

    return body + (body > BODY_SHORT_MAX ? FRAME_BYTES_LONG : FRAME_BYTES_SHORT);
}

/* Handshakes and forgiven bytes make the count inexact: it never falls below 0. */
static void call_count_off(uint64_t *held, uint64_t bytes)
{
    *held -= bytes < *held ? bytes : *held;
}

/* Signs of life of ZMTP never come out as messages; time takes them off the count (CALL_FREE_S). */
static void call_forgive(struct call *call, uint64_t now_us)
{
    uint64_t passed_us = now_us - call->forgiven_us;

    if (now_us < call->forgiven_us || passed_us < CALL_FORGIVE_US)
        return;
    call->forgiven_us = now_us;
    call_count_off(&call->in_held, passed_us * CALL_FREE_S / 1000000);
}

/* How many bytes more may be handed to libzmq now; 0: what the peer sends waits at the peer. */
static size_t call_may_come(const struct call *call)
{
    uint64_t most = call->known ? CALL_BYTES_MAX : CALLER_BYTES_MAX;
    uint64_t left = call->in_held < most ? most - call->in_held : 0;

    return left < CALL_WAY_BYTES ? (size_t)left : CALL_WAY_BYTES;
}

bool call_is_choked(const struct call *call)
{
    return call->in_held > CALL_BYTES_MAX / 2;
}

/* ---- the relay ---- */

/* Returns how many came; 0: none now, or never again, which is noted. */
static size_t way_fill(struct way *way, int from, size_t most, bool *over)
{
    ssize_t got = recv(from, way->bytes, most, MSG_DONTWAIT);

    if (io_is_for_later(got))
        return 0;
    if (got <= 0) {
        *over = true;
        return 0;
    }
    way->first = 0;
    way->size = (size_t)got;
    return way->size;
}

/* False: not all of it could be written now, or never will, which is noted. */
static bool way_drain(struct way *way, int to, bool *over)
{
    ssize_t done;

    if (way->size == 0)
        return true;
    if (to < 0)
        return false;
    done = send(to, way->bytes + way->first, way->size, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (io_is_for_later(done))
        return false;
    if (done < 0) {
        *over = true;
        way->size = 0;
        return false;
    }
    way->first += (size_t)done;
    way->size -= (size_t)done;
    return way->size == 0;
}

/* From the peer to libzmq, as far as the count allows.  A bounded step: others have their turn. */
static void call_pump_in(struct call *call)
{
    for (int i = 0; i < CALL_STEP_MAX && way_drain(&call->in, call->inner, &call->inner_over);
         i++) {
        size_t most = call_may_come(call);

        if (call->outer_over || call->inner_over || most == 0)
            break;
        call->in_held += way_fill(&call->in, call->outer, most, &call->outer_over);
        if (call->in.size == 0) {
            call->outer_over = call->outer_over || call->outer_broken;
            break;
        }
    }
    if (call->outer_over && call->in.size == 0 && call->inner >= 0)
        (void)!shutdown(call->inner, SHUT_WR); /* libzmq takes what came, and ends it then */
}

/* From libzmq to the peer.  What was handed on is taken off the count of what waits. */
static void call_pump_out(struct call *call)
{
    for (int i = 0; i < CALL_STEP_MAX && way_drain(&call->out, call->outer, &call->outer_broken);
         i++) {
        if (call->inner < 0 || call->inner_over)
            return;
        call_count_off(&call->out_held,
                       way_fill(&call->out, call->inner, CALL_WAY_BYTES, &call->inner_over));
        if (call->out.size == 0)
            return;
    }
}

/*
 * A silent one has no socket of libzmq yet: to see whether it left, its first byte is only looked
 * at, so that it is still there for the socket.
 */
static void call_look(struct call *call)
{
    uint8_t byte;
    ssize_t got = recv(call->outer, &byte, 1, MSG_DONTWAIT | MSG_PEEK);

    call->outer_over = got == 0 || (got < 0 && !io_is_for_later(got));
}

void call_pump(struct call *call, uint64_t now_us)
{
    if (call->connecting || call->outer < 0)
        return;
    if (call->socket == NULL) {
        call_look(call);
        return;
    }
    call_forgive(call, now_us);
    if (call->door >= 0)
        call_answer_door(call);
    /* A peer that says its last word closes at once: sending to it may fail before that is read. */
    call_pump_out(call);
    call_pump_in(call);
    /* The socket stays: whole messages may wait in it, and the caller reads those first. */
    if (call_is_over(call)) {
        call_close_fd(&call->outer);
        call_close_fd(&call->inner);
        call_close_fd(&call->door);
        call->out_held = 0;
    }
}

/* With a socket it is libzmq that ends it, once it has taken all that came from the peer. */
bool call_is_over(const struct call *call)
{
    if (call->outer < 0)
        return true;
    if (call->socket == NULL)
        return call->outer_over && !call->connecting;
    return call->inner_over && call->out.size == 0;
}

int call_answered(struct call *call)
{
    int error = 0;
    socklen_t size = sizeof error;

    if (getsockopt(call->outer, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
        error = errno;
    call->connecting = false;
    return error;
}

/* ---- polling ---- */

/* With nothing wanted it is passed over: poll() would report a broken one again and again. */
static zmq_pollitem_t call_pollable(int fd, bool in, bool out)
{
    short events = (short)((in ? ZMQ_POLLIN : 0) | (out ? ZMQ_POLLOUT : 0));

    return (zmq_pollitem_t){.fd = events == 0 ? -1 : fd, .events = events};
}

void call_poll(struct call *call, zmq_pollitem_t *items, bool reads)
{
    bool comes = call->socket == NULL ? !call->connecting : call_may_come(call) > 0;

    items[CALL_POLL_OUTER] =
        call_pollable(call->outer, comes && !call->outer_over && call->in.size == 0,
                      call->connecting || call->out.size > 0);
    items[CALL_POLL_INNER] =
        call->door >= 0 ? call_pollable(call->door, true, false)
                        : call_pollable(call->inner, !call->inner_over && call->out.size == 0,
                                        call->in.size > 0);
    items[CALL_POLL_SOCKET] = call->socket == NULL
                                  ? call_pollable(-1, false, false)
                                  : poller_socket(call->socket, reads, &call->touched);
}

bool call_has_messages(struct call *call, const zmq_pollitem_t *items)
{
    if (items[call->place + CALL_POLL_SOCKET].revents == 0)
        return false;
    call->touched = true;
    return true;
}

bool call_moves(const struct call *call, const zmq_pollitem_t *items)
{
    return items[call->place + CALL_POLL_OUTER].revents != 0 ||
           items[call->place + CALL_POLL_INNER].revents != 0;
}

/* ---- messages ---- */

bool call_receive(struct call *call, zmq_msg_t *message, uint64_t now_us)
{
    (void)zmq_msg_init(message);
    if (call->socket == NULL || zmq_msg_recv(message, call->socket, ZMQ_DONTWAIT) < 0) {
        (void)zmq_msg_close(message);
        return false;
    }
    call->touched = true;
    call_count_off(&call->in_held, call_sealed_bytes(zmq_msg_size(message)));
    call->received_us = now_us;
    return true;
}

/* Its bytes count until libzmq hands them on, so what a peer does not take bounds what follows. */
bool call_send(struct call *call, const uint8_t *bytes, size_t size, uint64_t most)
{
    uint64_t more = call_sealed_bytes(size);

    if (call->socket == NULL || more > most || call->out_held > most - more)
        return false;
    call->touched = true; /* libzmq may take the news of something that came */
    if (zmq_send(call->socket, bytes, size, ZMQ_DONTWAIT) < 0)
        return false;
    call->out_held += more;
    return true;
}
