/* One socket of libzmq, watched by its monitor: that alone says why a handshake fails. */
#include "site/cli/join_call.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>
#include <zmq.h>

#include "base/clock.h"

enum { JOIN_RETRY_MS = 500, JOIN_STRANGE_MAX = 3, EVENT_BYTES = 6, EVENT_TEXT_BYTES = 256 };

struct calling {
    const struct invite *invite;
    void *context;
    void *socket;
    void *monitor;
    uint64_t due_us;
    int strange; /* handshakes that ended without a word */
    bool sent;
};

static enum status calling_failed(struct fault *fault, const char *what)
{
    return fault_set(fault, ST_IO, "%s: %s", what, zmq_strerror(errno));
}

/* The keys: one-time here, and the image of the inviting site's own there. */
static enum status calling_set_keys(struct calling *calling, struct fault *fault)
{
    uint8_t server[INVITE_KEY_BYTES];
    uint8_t public[INVITE_KEY_BYTES];
    uint8_t private[INVITE_KEY_BYTES];
    enum status status = ST_OK;

    if (crypto_sign_ed25519_pk_to_curve25519(server, calling->invite->site) != 0)
        return fault_set(fault, ST_INVALID, "the invitation names no site's key");
    invite_keys(public, private, calling->invite->secret);
    if (zmq_setsockopt(calling->socket, ZMQ_CURVE_SERVERKEY, server, sizeof server) != 0 ||
        zmq_setsockopt(calling->socket, ZMQ_CURVE_PUBLICKEY, public, sizeof public) != 0 ||
        zmq_setsockopt(calling->socket, ZMQ_CURVE_SECRETKEY, private, sizeof private) != 0)
        status = calling_failed(fault, "keys of the invitation");
    sodium_memzero(private, sizeof private);
    return status;
}

static enum status calling_open(struct calling *calling, struct fault *fault)
{
    static const char watch[] = "inproc://join";
    static const struct {
        int name;
        int value;
    } options[] = {
        {ZMQ_LINGER, 0},
        {ZMQ_IPV6, 1},
        {ZMQ_IMMEDIATE, 1}, /* so nothing is sent before the handshake is over */
        {ZMQ_RECONNECT_IVL, JOIN_RETRY_MS},
    };
    const int64_t parcel_bytes_max = JOIN_PARCEL_BYTES_MAX + 64; /* sealed */

    calling->context = zmq_ctx_new();
    if (calling->context == NULL)
        return calling_failed(fault, "start ZeroMQ");
    calling->socket = zmq_socket(calling->context, ZMQ_DEALER);
    calling->monitor = zmq_socket(calling->context, ZMQ_PAIR);
    if (calling->socket == NULL || calling->monitor == NULL ||
        zmq_setsockopt(calling->socket, ZMQ_MAXMSGSIZE, &parcel_bytes_max,
                       sizeof parcel_bytes_max) != 0)
        return calling_failed(fault, "a socket");
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        if (zmq_setsockopt(calling->socket, options[i].name, &options[i].value, sizeof(int)) != 0)
            return calling_failed(fault, "a socket");
    if (calling_set_keys(calling, fault) != ST_OK)
        return fault->status;
    if (zmq_socket_monitor(calling->socket, watch, ZMQ_EVENT_ALL) != 0 ||
        zmq_connect(calling->monitor, watch) != 0 ||
        zmq_connect(calling->socket, calling->invite->endpoint) != 0)
        return calling_failed(fault, "call the site");
    return ST_OK;
}

static void calling_close(struct calling *calling)
{
    if (calling->socket != NULL) {
        (void)!zmq_socket_monitor(calling->socket, NULL, 0); /* only fails for what is none */
        (void)!zmq_close(calling->socket);
    }
    if (calling->monitor != NULL)
        (void)!zmq_close(calling->monitor);
    if (calling->context != NULL)
        (void)!zmq_ctx_term(calling->context);
}

/* What the monitor saw next; 0: nothing. */
static uint16_t calling_event(const struct calling *calling)
{
    uint8_t event[EVENT_BYTES] = {0};
    char text[EVENT_TEXT_BYTES];
    int more = 0;
    size_t size = sizeof more;
    uint16_t number;

    if (zmq_recv(calling->monitor, event, sizeof event, ZMQ_DONTWAIT) < 0)
        return 0;
    while (zmq_getsockopt(calling->monitor, ZMQ_RCVMORE, &more, &size) == 0 && more != 0)
        (void)!zmq_recv(calling->monitor, text, sizeof text, ZMQ_DONTWAIT);
    memcpy(&number, event, sizeof number);
    return number;
}

/* ST_OK: the call may still come to something. */
static enum status calling_watch(struct calling *calling, struct fault *fault)
{
    uint16_t event;

    while ((event = calling_event(calling)) != 0) {
        if (event == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH)
            return fault_set(fault, ST_DENIED,
                             "the site at %s does not know this invitation: it was given up long "
                             "ago, or the site's books were put back; ask its operator for another",
                             calling->invite->endpoint);
        /* Another site cannot read what was sealed for this one, and so says nothing. */
        calling->strange += event == ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL;
        if (event == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL || calling->strange == JOIN_STRANGE_MAX)
            return fault_set(fault, ST_DENIED,
                             "what answers at %s is not the site that made the invitation",
                             calling->invite->endpoint);
        /* The JOIN may have been read: a second one is answered as the first. */
        if (event == ZMQ_EVENT_DISCONNECTED)
            calling->sent = false;
    }
    return ST_OK;
}

/* True: the answer is there, or it is damaged. */
static bool calling_receive(struct calling *calling, struct joined *joined, enum status *status,
                            struct fault *fault)
{
    uint8_t bytes[JOIN_PARCEL_BYTES_MAX];
    int size = zmq_recv(calling->socket, bytes, sizeof bytes, ZMQ_DONTWAIT);

    if (size < 0)
        return false;
    *status = joined_decode(joined, bytes,
                            (size_t)size < sizeof bytes ? (size_t)size : sizeof bytes, fault);
    return true;
}

static enum status calling_late(const struct calling *calling, bool ever_sent, struct fault *fault)
{
    if (ever_sent)
        return fault_set(fault, ST_UNKNOWN,
                         "the site at %s gave no answer for %d s, and may have made its end of the "
                         "link",
                         calling->invite->endpoint, JOIN_CALL_S);
    return fault_set(fault, ST_BUSY,
                     "no site answers at %s: does it run, and can this machine reach it?",
                     calling->invite->endpoint);
}

static enum status calling_talk(struct calling *calling, const struct bytes *parcel,
                                struct joined *joined, struct fault *fault)
{
    struct clock_source clock = clock_system();
    enum status status = ST_OK;
    bool ever_sent = false;

    calling->due_us = clock.now_us(clock.context) + JOIN_CALL_S * UINT64_C(1000000);
    while (clock.now_us(clock.context) < calling->due_us) {
        zmq_pollitem_t items[] = {{.socket = calling->monitor, .events = ZMQ_POLLIN},
                                  {.socket = calling->socket, .events = ZMQ_POLLIN}};

        if (!calling->sent)
            items[1].events = ZMQ_POLLIN | ZMQ_POLLOUT;
        (void)!zmq_poll(items, 2, JOIN_RETRY_MS); /* EINTR: it is looked at in any case */
        if (calling_receive(calling, joined, &status, fault))
            return status;
        status = calling_watch(calling, fault);
        if (status != ST_OK)
            return status;
        if (!calling->sent && (items[1].revents & ZMQ_POLLOUT) != 0)
            calling->sent =
                zmq_send(calling->socket, parcel->data, parcel->size, ZMQ_DONTWAIT) >= 0;
        ever_sent = ever_sent || calling->sent;
    }
    return calling_late(calling, ever_sent, fault);
}

enum status join_call(const struct invite *invite, const struct join *join, struct joined *joined,
                      struct fault *fault)
{
    struct calling calling = {.invite = invite};
    struct bytes parcel = {0};
    enum status status;

    join_encode(&parcel, join);
    INVARIANT(!parcel.failed && parcel.size <= JOIN_PARCEL_BYTES_MAX);
    status = calling_open(&calling, fault);
    if (status == ST_OK)
        status = calling_talk(&calling, &parcel, joined, fault);
    calling_close(&calling);
    bytes_fini(&parcel);
    return status;
}
