#define _GNU_SOURCE /* F_DUPFD_CLOEXEC, SO_ATTACH_FILTER */
#include "site/daemon/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zmq.h>

#include "base/log.h"

static const char monitor_name[] = "inproc://monitor-listener";

/* ---- spares ---- */

static void give_spares(struct listener *listener)
{
    while (listener->spare_count > 0)
        (void)!close(listener->spares[--listener->spare_count]); /* a copy: nothing is lost */
}

/* All of them, or none. */
static bool take_spares(struct listener *listener)
{
    while (listener->spare_count < listener->spares_wanted) {
        int fd = fcntl(listener->fd, F_DUPFD_CLOEXEC, 0);

        if (fd < 0) {
            give_spares(listener);
            return false;
        }
        listener->spares[listener->spare_count++] = fd;
    }
    return true;
}

/* ---- opening ---- */

static enum status open_monitor(struct listener *listener, void *context, struct fault *fault)
{
    const int linger = 0;

    listener->monitor = zmq_socket(context, ZMQ_PAIR);
    if (listener->monitor == NULL ||
        zmq_setsockopt(listener->monitor, ZMQ_LINGER, &linger, sizeof linger) != 0 ||
        zmq_socket_monitor(listener->router, monitor_name,
                           ZMQ_EVENT_LISTENING | ZMQ_EVENT_ACCEPT_FAILED) != 0 ||
        zmq_connect(listener->monitor, monitor_name) != 0)
        return fault_set(fault, ST_IO, "links: watch the listener: %s", zmq_strerror(errno));
    return ST_OK;
}

static enum status set_router(struct listener *listener, const struct wire_keys *keys,
                              const char *endpoint, int backlog, struct fault *fault)
{
    const int one = 1;
    const int ipv6 = strchr(endpoint, '[') != NULL;
    void *router = listener->router;

    if (wire_limits(router, fault) != ST_OK)
        return ST_IO;
    /* libzmq copies the secret into memory of its own, which it does not wipe. */
    if (zmq_setsockopt(router, ZMQ_IPV6, &ipv6, sizeof ipv6) != 0 ||
        zmq_setsockopt(router, ZMQ_BACKLOG, &backlog, sizeof backlog) != 0 ||
        zmq_setsockopt(router, ZMQ_ROUTER_MANDATORY, &one, sizeof one) != 0 ||
        zmq_setsockopt(router, ZMQ_ZAP_DOMAIN, "serai", 5) != 0 ||
        zmq_setsockopt(router, ZMQ_CURVE_SERVER, &one, sizeof one) != 0 ||
        zmq_setsockopt(router, ZMQ_CURVE_SECRETKEY, keys->secret, CURVE_KEY_BYTES) != 0)
        return fault_set(fault, ST_IO, "links: options: %s", zmq_strerror(errno));
    return ST_OK;
}

/* Two frames: event u16 and value u32 in the machine's order, then the endpoint. */
static bool next_event(struct listener *listener, uint16_t *event, uint32_t *value)
{
    uint8_t frame[sizeof *event + sizeof *value] = {0};
    char rest[LINK_ENDPOINT_BYTES_MAX + 1];

    if (zmq_recv(listener->monitor, frame, sizeof frame, ZMQ_DONTWAIT) < 0)
        return false;
    (void)!zmq_recv(listener->monitor, rest, sizeof rest, ZMQ_DONTWAIT); /* comes with it */
    memcpy(event, frame, sizeof *event);
    memcpy(value, frame + sizeof *event, sizeof *value);
    return true;
}

/* An ipc:// path is open to this user alone: nobody to go deaf to. */
static enum status find_socket(struct listener *listener, const char *endpoint, struct fault *fault)
{
    uint16_t event;
    uint32_t value;

    if (strncmp(endpoint, "tcp://", 6) != 0)
        return ST_OK;
    while (next_event(listener, &event, &value))
        if (event == ZMQ_EVENT_LISTENING)
            listener->fd = (int)value;
    return listener->fd >= 0 ? ST_OK : fault_set(fault, ST_IO, "links: where is the listener?");
}

enum status listener_open(struct listener *listener, void *context, const struct wire_keys *keys,
                          const char *endpoint, const struct files *files, struct fault *fault)
{
    enum status status;

    *listener = (struct listener){.fd = -1};
    if (endpoint[0] == '\0')
        return ST_OK;
    listener->spares_wanted = files == NULL ? 0 : files->spares;
    listener->router = zmq_socket(context, ZMQ_ROUTER);
    if (listener->router == NULL)
        return fault_set(fault, ST_IO, "links: a socket: %s", zmq_strerror(errno));
    status = set_router(listener, keys, endpoint,
                        files == NULL ? FILES_SPARE_MAX : (int)files->backlog, fault);
    if (status == ST_OK)
        status = open_monitor(listener, context, fault);
    if (status == ST_OK && zmq_bind(listener->router, endpoint) != 0)
        status = fault_set(fault, errno == EINVAL ? ST_INVALID : ST_IO,
                           "link.listen %s: %s; choose another address in site.toml", endpoint,
                           zmq_strerror(errno));
    if (status == ST_OK)
        status = find_socket(listener, endpoint, fault);
    if (status == ST_OK && listener->fd >= 0 && !take_spares(listener))
        status = fault_set(fault, ST_IO, "links: spare descriptors: %s", strerror(errno));
    return status;
}

void listener_close(struct listener *listener)
{
    give_spares(listener);
    if (listener->monitor != NULL)
        (void)!zmq_close(listener->monitor); /* only fails for what is no socket */
    if (listener->router != NULL)
        (void)!zmq_close(listener->router);
    listener->monitor = NULL;
    listener->router = NULL;
    listener->fd = -1;
}

/* ---- deaf and hearing ---- */

/* A filter that drops every packet: whoever calls takes us for slow, and calls again. */
static bool set_deaf(int fd, bool deaf)
{
    struct sock_filter drop[] = {BPF_STMT(BPF_RET | BPF_K, 0)};
    const struct sock_fprog program = {.len = 1, .filter = drop};
    const int none = 0;

    if (deaf)
        return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0;
    return setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &none, sizeof none) == 0;
}

void listener_rest(struct listener *listener, uint64_t now_us)
{
    if (listener->fd < 0)
        return;
    listener->hear_us = now_us + ACCEPT_REST_US;
    if (listener->deaf)
        return;
    if (!set_deaf(listener->fd, true))
        log_write(LOG_WARN, "link.cannot-rest", "reason=\"%s\"", strerror(errno));
    listener->deaf = true;
    give_spares(listener);
    log_write(LOG_WARN, "link.rests",
              "reason=\"no descriptor is left for who calls\" effect=\"new neighbours wait\"");
}

void listener_watch(struct listener *listener, uint64_t now_us)
{
    uint16_t event;
    uint32_t value;

    for (int i = 0; i < WIRE_EVENTS_STEP && next_event(listener, &event, &value); i++)
        if (event == ZMQ_EVENT_ACCEPT_FAILED && (value == EMFILE || value == ENFILE))
            listener_rest(listener, now_us);
}

void listener_sweep(struct listener *listener, uint64_t now_us)
{
    if (!listener->deaf || now_us < listener->hear_us)
        return;
    listener->hear_us = now_us + ACCEPT_REST_US;
    if (!take_spares(listener))
        return;
    if (set_deaf(listener->fd, false))
        listener->deaf = false;
    else
        log_write(LOG_WARN, "link.cannot-hear", "reason=\"%s\"", strerror(errno));
}
