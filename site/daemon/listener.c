#define _GNU_SOURCE /* accept4 */
#include "site/daemon/listener.h"

#include <errno.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"

/* An address of any family. */
struct socket_address {
    struct sockaddr_storage any;
    socklen_t size;
};

/* ---- where ---- */

/* The port stands in a place of its own in each family. */
static void address_put_port(struct socket_address *address, uint16_t port)
{
    if (address->any.ss_family == AF_INET6)
        ((struct sockaddr_in6 *)&address->any)->sin6_port = htons(port);
    else
        ((struct sockaddr_in *)&address->any)->sin_port = htons(port);
}

/* The first address of a network interface; false: it has none, or there is no such one. */
static bool address_of_interface(struct socket_address *address, const char *name)
{
    struct ifaddrs *all = NULL;
    bool found = false;

    if (getifaddrs(&all) != 0)
        return false;
    for (const struct ifaddrs *one = all; one != NULL && !found; one = one->ifa_next) {
        found = one->ifa_addr != NULL && one->ifa_addr->sa_family == AF_INET &&
                strcmp(one->ifa_name, name) == 0;
        if (found) {
            address->size = sizeof(struct sockaddr_in);
            memcpy(&address->any, one->ifa_addr, address->size);
        }
    }
    freeifaddrs(all);
    return found;
}

/* No name is looked up here: a start must not wait for a name server. */
static bool address_of_number(struct socket_address *address, const struct endpoint *endpoint)
{
    const struct addrinfo hints = {.ai_family = endpoint->is_ipv6 ? AF_INET6 : AF_INET,
                                   .ai_socktype = SOCK_STREAM,
                                   .ai_flags = AI_NUMERICHOST | AI_PASSIVE};
    bool anywhere = strcmp(endpoint->host, "*") == 0;
    struct addrinfo *found = NULL;

    if (getaddrinfo(anywhere ? NULL : endpoint->host, anywhere ? "0" : NULL, &hints, &found) != 0)
        return false;
    address->size = found->ai_addrlen;
    memcpy(&address->any, found->ai_addr, address->size);
    freeaddrinfo(found);
    return true;
}

static bool address_of_endpoint(struct socket_address *address, const struct endpoint *endpoint)
{
    struct sockaddr_un *path = (struct sockaddr_un *)&address->any;
    bool found;

    *address = (struct socket_address){0};
    if (endpoint->transport == ENDPOINT_IPC) {
        path->sun_family = AF_UNIX;
        INVARIANT(strlen(endpoint->host) < sizeof path->sun_path); /* as it was parsed */
        memcpy(path->sun_path, endpoint->host, strlen(endpoint->host) + 1);
        address->size = sizeof *path;
        return true;
    }
    found = endpoint->is_address || strcmp(endpoint->host, "*") == 0
                ? address_of_number(address, endpoint)
                : address_of_interface(address, endpoint->host);
    if (found)
        address_put_port(address, endpoint->port);
    return found;
}

/* ---- opening ---- */

static bool listener_bind(struct listener *listener, const struct socket_address *address)
{
    const int one = 1;
    const int zero = 0;
    bool is_path = address->any.ss_family == AF_UNIX;
    mode_t mask;
    bool good;

    listener->fd = socket(address->any.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (listener->fd < 0)
        return false;
    /* A start right after a stop: connections of the last daemon may still hold the port. */
    if (!is_path)
        (void)!setsockopt(listener->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    /* On an IPv6 address callers by IPv4 get in as well. */
    if (address->any.ss_family == AF_INET6)
        (void)!setsockopt(listener->fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof zero);
    mask = umask(0177); /* a path is this user's alone, and not even for a moment anybody's */
    good = bind(listener->fd, (const struct sockaddr *)&address->any, address->size) == 0;
    (void)umask(mask);
    return good && (!is_path || place_remember_socket(&listener->place, listener->endpoint.host,
                                                      NULL) == ST_OK);
}

/* Everything up to the bind; the caller listens. */
static enum status listener_prepare(struct listener *listener, const char *endpoint,
                                    struct fault *fault)
{
    struct socket_address address;
    enum status status = endpoint_parse(&listener->endpoint, endpoint, ENDPOINT_LISTEN, fault);

    if (status != ST_OK)
        return fault_prefix(fault, "link.listen");
    if (!address_of_endpoint(&address, &listener->endpoint))
        return fault_set(fault, ST_IO,
                         "link.listen %s: no network interface of this machine has that name and "
                         "an IPv4 address; choose another in site.toml",
                         endpoint);
    if (!listener_bind(listener, &address))
        return fault_set(fault, ST_IO, "link.listen %s: %s; choose another address in site.toml",
                         endpoint, strerror(errno));
    return ST_OK;
}

enum status listener_look(const char *endpoint, struct fault *fault)
{
    struct listener listener = {.fd = -1};
    enum status status;

    if (endpoint[0] == '\0' || place_of_endpoint(endpoint) != NULL)
        return ST_OK;
    status = listener_prepare(&listener, endpoint, fault);
    listener_close(&listener);
    return status;
}

enum status listener_open(struct listener *listener, const char *endpoint, struct fault *fault)
{
    enum status status;

    *listener = (struct listener){.fd = -1};
    if (endpoint[0] == '\0')
        return ST_OK;
    status = listener_prepare(listener, endpoint, fault);
    if (status == ST_OK && listen(listener->fd, CALLS_BACKLOG) != 0)
        status = fault_set(fault, ST_IO, "link.listen %s: %s; choose another address in site.toml",
                           endpoint, strerror(errno));
    return status;
}

void listener_close(struct listener *listener)
{
    if (listener->fd < 0)
        return;
    if (listener->endpoint.transport == ENDPOINT_IPC)
        place_remove_socket(&listener->place, listener->endpoint.host);
    (void)!close(listener->fd); /* nothing is lost */
    listener->fd = -1;
}

/* ---- calls ---- */

bool listener_is_open(const struct listener *listener, uint64_t now_us)
{
    return listener->fd >= 0 && now_us >= listener->closed_until_us;
}

/* At most CALLS_S_MAX a second, from all callers together: each may cost a handshake. */
static bool listener_is_too_often(struct listener *listener, uint64_t now_us)
{
    if (now_us - listener->second_us >= UINT64_C(1000000)) {
        listener->second_us = now_us;
        listener->calls = 0;
    }
    if (listener->calls < CALLS_S_MAX)
        return false;
    listener->closed_until_us = listener->second_us + UINT64_C(1000000);
    return true;
}

int listener_accept(struct listener *listener, uint64_t now_us)
{
    int fd;

    if (!listener_is_open(listener, now_us) || listener_is_too_often(listener, now_us))
        return -1;
    fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    /* Out of something: to try at once again would fail again, and again. */
    if (fd < 0) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
            listener_rest(listener, now_us);
        return -1;
    }
    listener->calls++;
    return fd;
}

void listener_rest(struct listener *listener, uint64_t now_us)
{
    if (listener->fd < 0)
        return;
    listener->closed_until_us = now_us + ACCEPT_REST_US;
    if (now_us < listener->log_us)
        return;
    listener->log_us = now_us + UNKNOWN_LOG_US;
    log_write(LOG_WARN, "link.rests",
              "reason=\"no descriptor is left for who calls\" effect=\"new peers wait\"");
}
