/*
 * The life of the connection that this site makes, as libzmq's monitor reports it, and what is
 * known of the peer.
 */
#include "site/daemon/wire.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <zmq.h>

#include "base/log.h"
#include "site/daemon/limits.h"

/* The connection did not come about; when that was shows why. */
static void wire_not_connected(struct wire *wire, uint64_t now_us);

/* ---- dialling ---- */

static enum status wire_open_monitor(struct wire *wire, void *context, struct fault *fault)
{
    const int linger = 0;
    char name[64];

    /* A new name each time: libzmq forgets that of a closed socket only after a while. */
    (void)snprintf(name, sizeof name, "inproc://monitor-%" PRIu32 "-%" PRIu64, wire->link.interface,
                   wire->dials);
    wire->monitor = zmq_socket(context, ZMQ_PAIR);
    wire->monitor_touched = true;
    if (wire->monitor == NULL ||
        zmq_setsockopt(wire->monitor, ZMQ_LINGER, &linger, sizeof linger) != 0 ||
        zmq_socket_monitor(wire->dialled->socket, name, ZMQ_EVENT_ALL) != 0 ||
        zmq_connect(wire->monitor, name) != 0)
        return fault_set(fault, ST_IO, "links: watch a connection: %s", zmq_strerror(errno));
    return ST_OK;
}

/* A socket of libzmq for the stream that was answered. */
static enum status wire_join(struct wire *wire, void *context, const struct call_keys *keys,
                             struct fault *fault)
{
    enum status status = call_join(wire->dialled, context, keys, wire->curve, fault);

    if (status == ST_OK)
        status = wire_open_monitor(wire, context, fault);
    return status == ST_OK ? call_open(wire->dialled, fault) : status;
}

enum status wire_dial(struct wire *wire, void *context, const struct call_keys *keys,
                      const char *address, uint64_t now_us, struct fault *fault)
{
    enum status status = ST_OK;
    int error = 0;

    INVARIANT(wire->dialled == NULL && wire->monitor == NULL);
    wire->redial_us = 0;
    wire->dial_us = now_us;
    wire->dials++;
    (void)snprintf(wire->address, sizeof wire->address, "%s", address);
    if (call_dial(&wire->dialled, &wire->endpoint,
                  address[0] == '\0' ? wire->endpoint.host : address, now_us, &error) != ST_OK)
        return fault_set(fault, ST_NOMEM, "links: out of memory");
    /* A path of the machine answers at once; over TCP wire_answered() goes on. */
    if (error == 0 && !wire->dialled->connecting)
        status = wire_join(wire, context, keys, fault);
    if (error != 0 || status != ST_OK)
        wire_close(wire);
    if (error != 0)
        wire_not_connected(wire, now_us);
    return status;
}

void wire_answered(struct wire *wire, void *context, const struct call_keys *keys, uint64_t now_us)
{
    int error = call_answered(wire->dialled);
    struct fault fault = {0};

    if (error == 0 && wire_join(wire, context, keys, &fault) == ST_OK)
        return;
    wire_close(wire);
    if (error != 0) {
        wire_not_connected(wire, now_us);
        return;
    }
    wire_failed(wire, now_us, "%s", fault.text);
    wire_redial_later(wire, now_us);
}

/* Twice as late each time, up to the most; a good connection begins again at the least. */
void wire_redial_later(struct wire *wire, uint64_t now_us)
{
    if (wire->delay_us == 0)
        wire->delay_us = REDIAL_US_MIN;
    wire->redial_us = now_us + wire->delay_us;
    wire->delay_us = wire->delay_us < REDIAL_US_MAX / 2 ? wire->delay_us * 2 : REDIAL_US_MAX;
}

/*
 * First libzmq's side: it waits, in the one thread that carries all links, until an event was taken
 * from the monitor, also when nobody reads that any more.
 */
void wire_unwatch(struct wire *wire)
{
    if (wire->monitor == NULL)
        return;
    (void)!zmq_socket_monitor(wire->dialled->socket, NULL, 0); /* only fails for what is none */
    (void)!zmq_close(wire->monitor);
    wire->monitor = NULL;
}

void wire_close(struct wire *wire)
{
    wire_unwatch(wire);
    call_free(wire->dialled);
    wire->dialled = NULL;
    wire->connected = false;
    wire->connected_unreported = false;
}

/* ---- whether the peer lives ---- */

void wire_lives(struct wire *wire, uint64_t now_us)
{
    wire->received_us = now_us;
    wire->live = true;
    wire->drained = false;
    wire->trouble[0] = '\0';
}

/* The same trouble is reported to the core once, until the peer has lived again. */
static void wire_set_trouble(struct wire *wire, const char *reason)
{
    /* That it does not answer is no news of a peer that said why it stops. */
    if (wire->drained && !wire->live)
        return;
    if (!wire->live && strcmp(wire->trouble, reason) == 0)
        return;
    (void)snprintf(wire->trouble, sizeof wire->trouble, "%s", reason);
    wire->live = false;
    wire->trouble_unreported = true;
}

void wire_trouble(struct wire *wire, const char *format, ...)
{
    char reason[WIRE_TROUBLE_BYTES];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(reason, sizeof reason, format, arguments); /* a long one is cut */
    va_end(arguments);
    wire_set_trouble(wire, reason);
}

void wire_failed(struct wire *wire, uint64_t now_us, const char *format, ...)
{
    char reason[WIRE_TROUBLE_BYTES];
    va_list arguments;
    bool is_news;

    va_start(arguments, format);
    (void)vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    /* The first failure is logged at once, another reason at most once in LOG_AGAIN_US. */
    is_news = !wire->live && strcmp(wire->trouble, reason) != 0 &&
              now_us - wire->logged_us >= LOG_AGAIN_US;
    if (wire->logged_us == 0 || is_news) {
        wire->logged_us = now_us;
        log_write(LOG_WARN, "link.not-connected", "interface=%" PRIu32 " endpoint=%s reason=\"%s\"",
                  wire->link.interface, wire->link.endpoint, reason);
    }
    /* Where the peer's own connection serves, the link is none the worse. */
    if (!wire->live)
        wire_set_trouble(wire, reason);
}

/* ---- watching ---- */

/* Two frames: event u16 and value u32 in the machine's order, then the endpoint. */
static bool wire_next_event(struct wire *wire, uint16_t *event, uint32_t *value)
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

static void wire_handshake_failed(struct wire *wire, const char *reason, uint64_t now_us)
{
    wire->connected = false;
    wire->redial_us = now_us + REDIAL_US;
    wire_failed(wire, now_us, "%s", reason);
}

static const char *wire_address_dialled(const struct wire *wire)
{
    return wire->address[0] != '\0' ? wire->address : wire->link.endpoint;
}

/* A refusal comes at once; only silence takes as long as a handshake may. */
static void wire_not_connected(struct wire *wire, uint64_t now_us)
{
    if (now_us - wire->dial_us >= HANDSHAKE_MS * UINT64_C(900))
        wire_failed(wire, now_us, "no answer from %s for %d s", wire_address_dialled(wire),
                    HANDSHAKE_MS / 1000);
    else
        wire_failed(wire, now_us, "connection refused at %s, or there is no way to it",
                    wire_address_dialled(wire));
    if (wire->redial_us == 0)
        wire_redial_later(wire, now_us);
}

static void wire_connected(struct wire *wire, uint64_t now_us)
{
    wire->dialled->known = true;
    wire->dialled->received_us = now_us;
    wire->connected = true;
    wire->connected_us = now_us;
    wire->connected_unreported = true;
    wire->logged_us = 0;
    wire->redial_us = 0;
    log_write(LOG_DEBUG, "link.connected", "interface=%" PRIu32 " endpoint=%s",
              wire->link.interface, wire->link.endpoint);
}

void wire_broken(struct wire *wire, uint64_t now_us)
{
    uint64_t silent_us = now_us - wire->received_us;

    if (silent_us >= SILENCE_US / 2)
        wire_trouble(wire, "no answer for %u s", (unsigned)(silent_us / 1000000));
    else
        wire_trouble(wire, "the connection was closed by the peer, or cut");
}

/* The connection is over: dialled again later, and trouble if the peer has not its own. */
static void wire_lost(struct wire *wire, uint64_t now_us)
{
    if (wire->connected) {
        log_write(LOG_DEBUG, "link.lost", "interface=%" PRIu32 " endpoint=%s", wire->link.interface,
                  wire->link.endpoint);
        if (now_us - wire->connected_us >= GOOD_CONNECTION_US)
            wire->delay_us = 0;
        if (wire->called == NULL)
            wire_broken(wire, now_us);
    }
    wire->connected = false;
    wire->connected_unreported = false;
    if (wire->redial_us == 0)
        wire_redial_later(wire, now_us);
}

/* libzmq reports how a handshake ended only where the other side said so; else time shows it. */
static const char *wire_no_handshake(const struct wire *wire, uint64_t now_us)
{
    return now_us - wire->dial_us >= HANDSHAKE_MS * UINT64_C(900)
               ? "no answer to the handshake: it stands still, or is no site"
               : "no handshake: not a site, or one with another key";
}

void wire_watch(struct wire *wire, uint64_t now_us)
{
    uint16_t event;
    uint32_t value;

    wire->monitor_touched = true; /* more of them may wait */
    for (int i = 0; i < WIRE_EVENTS_STEP && wire_next_event(wire, &event, &value); i++) {
        switch (event) {
        case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
            wire_connected(wire, now_us);
            break;
        case ZMQ_EVENT_DISCONNECTED:
            wire_lost(wire, now_us);
            break;
        case ZMQ_EVENT_CLOSED: /* before it was one */
            wire_not_connected(wire, now_us);
            break;
        case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
            wire_handshake_failed(wire, "the peer does not know this site's key", now_us);
            break;
        case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
            wire_handshake_failed(wire, "what answers there is no site with the link's key",
                                  now_us);
            break;
        case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
            wire_handshake_failed(wire, wire_no_handshake(wire, now_us), now_us);
            break;
        default: /* steps on the way */
            break;
        }
    }
}

/* A connection that is as good as dead keeps memory, and keeps us from dialling again. */
static void wire_end_silent(struct wire *wire, uint64_t now_us)
{
    wire_close(wire);
    if (wire->live && wire->called == NULL)
        wire_broken(wire, now_us);
    wire_redial_later(wire, now_us);
}

void wire_tire(struct wire *wire, uint64_t now_us)
{
    struct call *call = wire->dialled;

    if (call == NULL)
        return;
    if (call->connecting && now_us - wire->dial_us >= HANDSHAKE_MS * UINT64_C(1000)) {
        wire_close(wire);
        wire_not_connected(wire, now_us);
    } else if (call->known && now_us - call->received_us >= SILENCE_US) {
        wire_end_silent(wire, now_us);
    } else if (call_is_over(call) && wire->redial_us == 0) {
        wire_lost(wire, now_us);
    }
}
