#include "site/daemon/wire.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <zmq.h>

#include "base/log.h"
#include "site/daemon/limits.h"

/* ---- options ---- */

struct option {
    int name;
    int value;
};

static enum status set_options(void *socket, const struct option *options, size_t count,
                               struct fault *fault)
{
    for (size_t i = 0; i < count; i++)
        if (zmq_setsockopt(socket, options[i].name, &options[i].value, sizeof(int)) != 0)
            return fault_set(fault, ST_IO, "links: socket option %d: %s", options[i].name,
                             zmq_strerror(errno));
    return ST_OK;
}

enum status wire_limits(void *socket, struct fault *fault)
{
    static const struct option options[] = {
        {ZMQ_LINGER, 0}, /* what did not leave is sent again by its number */
        {ZMQ_SNDHWM, PARCELS_OUT_MAX},
        {ZMQ_RCVHWM, PARCELS_IN_MAX},
        {ZMQ_HANDSHAKE_IVL, HANDSHAKE_MS},
        {ZMQ_HEARTBEAT_IVL, HEARTBEAT_MS},
        {ZMQ_HEARTBEAT_TIMEOUT, HEARTBEAT_TIMEOUT_MS},
        {ZMQ_HEARTBEAT_TTL, HEARTBEAT_TIMEOUT_MS},
    };
    /* libzmq compares it with the size of what is sealed. */
    const int64_t parcel_bytes_max = LINK_PARCEL_BYTES_MAX + CURVE_SEAL_BYTES;

    if (zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &parcel_bytes_max, sizeof parcel_bytes_max) != 0)
        return fault_set(fault, ST_IO, "links: limit of a parcel: %s", zmq_strerror(errno));
    return set_options(socket, options, sizeof options / sizeof options[0], fault);
}

static enum status set_dealer(struct wire *wire, const struct wire_keys *keys, struct fault *fault)
{
    static const struct option options[] = {
        {ZMQ_IMMEDIATE, 1}, /* with no connection, sending fails instead of queueing */
        {ZMQ_RECONNECT_IVL, RECONNECT_MS_MIN},
        {ZMQ_RECONNECT_IVL_MAX, RECONNECT_MS_MAX},
        {ZMQ_CONNECT_TIMEOUT, HANDSHAKE_MS},
    };
    const int ipv6 = strchr(wire->link.endpoint, '[') != NULL;
    enum status status = wire_limits(wire->dealer, fault);

    if (status == ST_OK)
        status = set_options(wire->dealer, options, sizeof options / sizeof options[0], fault);
    if (status != ST_OK)
        return status;
    /* libzmq copies the secret into memory of its own, which it does not wipe. */
    if (zmq_setsockopt(wire->dealer, ZMQ_IPV6, &ipv6, sizeof ipv6) != 0 ||
        zmq_setsockopt(wire->dealer, ZMQ_CURVE_SERVERKEY, wire->curve, CURVE_KEY_BYTES) != 0 ||
        zmq_setsockopt(wire->dealer, ZMQ_CURVE_PUBLICKEY, keys->public, CURVE_KEY_BYTES) != 0 ||
        zmq_setsockopt(wire->dealer, ZMQ_CURVE_SECRETKEY, keys->secret, CURVE_KEY_BYTES) != 0)
        return fault_set(fault, ST_IO, "links: keys: %s", zmq_strerror(errno));
    return ST_OK;
}

/* ---- dialling ---- */

static enum status open_monitor(struct wire *wire, void *context, struct fault *fault)
{
    const int linger = 0;
    char name[64];

    /* A new name each time: libzmq forgets that of a closed socket only after a while. */
    (void)snprintf(name, sizeof name, "inproc://monitor-%" PRIu32 "-%" PRIu64, wire->link.interface,
                   wire->dials++);
    wire->monitor = zmq_socket(context, ZMQ_PAIR);
    if (wire->monitor == NULL ||
        zmq_setsockopt(wire->monitor, ZMQ_LINGER, &linger, sizeof linger) != 0 ||
        zmq_socket_monitor(wire->dealer, name, ZMQ_EVENT_ALL) != 0 ||
        zmq_connect(wire->monitor, name) != 0)
        return fault_set(fault, ST_IO, "links: watch a connection: %s", zmq_strerror(errno));
    return ST_OK;
}

static bool is_transport(const char *endpoint)
{
    return strncmp(endpoint, "tcp://", 6) == 0 || strncmp(endpoint, "ipc://", 6) == 0;
}

enum status wire_dial(struct wire *wire, void *context, const struct wire_keys *keys,
                      struct fault *fault)
{
    enum status status;

    INVARIANT(wire->dealer == NULL && wire->monitor == NULL);
    wire->redial_us = 0;
    if (!is_transport(wire->link.endpoint))
        return fault_set(fault, ST_INVALID, "endpoint %s: wants tcp:// or ipc://",
                         wire->link.endpoint);
    wire->dealer = zmq_socket(context, ZMQ_DEALER);
    if (wire->dealer == NULL)
        return fault_set(fault, ST_IO, "links: a socket: %s", zmq_strerror(errno));
    status = set_dealer(wire, keys, fault);
    if (status == ST_OK)
        status = open_monitor(wire, context, fault);
    if (status == ST_OK && zmq_connect(wire->dealer, wire->link.endpoint) != 0)
        status = fault_set(fault, errno == EINVAL || errno == EPROTONOSUPPORT ? ST_INVALID : ST_IO,
                           "connect to %s: %s", wire->link.endpoint, zmq_strerror(errno));
    if (status != ST_OK)
        wire_close(wire);
    return status;
}

void wire_close(struct wire *wire)
{
    /* Closing fails only for what is no socket. */
    if (wire->dealer != NULL)
        (void)!zmq_close(wire->dealer);
    if (wire->monitor != NULL)
        (void)!zmq_close(wire->monitor);
    wire->dealer = NULL;
    wire->monitor = NULL;
    wire->connected = false;
    wire->tell_core = false;
}

/* ---- watching ---- */

/* Two frames: event u16 and value u32 in the machine's order, then the endpoint. */
static bool next_event(struct wire *wire, uint16_t *event, uint32_t *value)
{
    uint8_t frame[6];
    char rest[LINK_ENDPOINT_BYTES_MAX + 1];
    int more = 0;
    size_t size = sizeof more;
    int got = zmq_recv(wire->monitor, frame, sizeof frame, ZMQ_DONTWAIT);

    if (got < 0)
        return false;
    memset(frame + (got < (int)sizeof frame ? got : (int)sizeof frame), 0,
           sizeof frame - (size_t)(got < (int)sizeof frame ? got : (int)sizeof frame));
    while (zmq_getsockopt(wire->monitor, ZMQ_RCVMORE, &more, &size) == 0 && more != 0)
        (void)!zmq_recv(wire->monitor, rest, sizeof rest, ZMQ_DONTWAIT); /* whole or not at all */
    memcpy(event, frame, sizeof *event);
    memcpy(value, frame + sizeof *event, sizeof *value);
    return true;
}

static void failed(struct wire *wire, const char *reason, uint64_t now_us)
{
    wire->connected = false;
    wire->redial_us = now_us + REDIAL_US;
    if (wire->told)
        return;
    wire->told = true;
    log_write(LOG_WARN, "link.not-connected", "interface=%" PRIu32 " endpoint=%s reason=\"%s\"",
              wire->link.interface, wire->link.endpoint, reason);
}

static void connected(struct wire *wire)
{
    wire->connected = true;
    wire->tell_core = true;
    wire->told = false;
    wire->redial_us = 0;
    log_write(LOG_INFO, "link.connected", "interface=%" PRIu32 " endpoint=%s", wire->link.interface,
              wire->link.endpoint);
}

static void lost(struct wire *wire, uint64_t now_us)
{
    if (wire->connected)
        log_write(LOG_INFO, "link.lost", "interface=%" PRIu32 " endpoint=%s", wire->link.interface,
                  wire->link.endpoint);
    wire->connected = false;
    wire->tell_core = false;
    if (wire->redial_us == 0)
        wire->redial_us = now_us + REDIAL_US; /* unless libzmq says that it tries again */
}

void wire_watch(struct wire *wire, uint64_t now_us)
{
    uint16_t event;
    uint32_t value;

    for (int i = 0; i < WIRE_EVENTS_STEP && next_event(wire, &event, &value); i++) {
        switch (event) {
        case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
            connected(wire);
            break;
        case ZMQ_EVENT_DISCONNECTED:
            lost(wire, now_us);
            break;
        case ZMQ_EVENT_CONNECT_RETRIED:
        case ZMQ_EVENT_CONNECT_DELAYED:
            wire->redial_us = 0;
            break;
        case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
            failed(wire, "the neighbour does not know this site's key", now_us);
            break;
        case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
            failed(wire, "what answers there is no site with the link's key", now_us);
            break;
        case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
            failed(wire, "no handshake: not a site, or one with another key", now_us);
            break;
        default: /* steps on the way, and of listeners */
            break;
        }
    }
}
