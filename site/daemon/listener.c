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
struct place {
    struct sockaddr_storage address;
    socklen_t size;
};

/* ---- where ---- */

static void put_port(struct place *place, uint16_t port)
{
    if (place->address.ss_family == AF_INET6)
        ((struct sockaddr_in6 *)&place->address)->sin6_port = htons(port);
    else
        ((struct sockaddr_in *)&place->address)->sin_port = htons(port);
}

/* The first address of a network interface; false: it has none, or there is no such one. */
static bool find_interface(struct place *place, const char *name)
{
    struct ifaddrs *all = NULL;
    bool found = false;

    if (getifaddrs(&all) != 0)
        return false;
    for (const struct ifaddrs *one = all; one != NULL && !found; one = one->ifa_next) {
        found = one->ifa_addr != NULL && one->ifa_addr->sa_family == AF_INET &&
                strcmp(one->ifa_name, name) == 0;
        if (found) {
            place->size = sizeof(struct sockaddr_in);
            memcpy(&place->address, one->ifa_addr, place->size);
        }
    }
    freeifaddrs(all);
    return found;
}

static bool find_number(struct place *place, const struct endpoint *endpoint)
{
    const struct addrinfo hints = {.ai_family = endpoint->is_ipv6 ? AF_INET6 : AF_INET,
                                   .ai_socktype = SOCK_STREAM,
                                   .ai_flags = AI_NUMERICHOST | AI_PASSIVE};
    bool anywhere = strcmp(endpoint->host, "*") == 0;
    struct addrinfo *found = NULL;

    if (getaddrinfo(anywhere ? NULL : endpoint->host, anywhere ? "0" : NULL, &hints, &found) != 0)
        return false;
    place->size = found->ai_addrlen;
    memcpy(&place->address, found->ai_addr, place->size);
    freeaddrinfo(found);
    return true;
}

static bool find_place(struct place *place, const struct endpoint *endpoint)
{
    struct sockaddr_un *path = (struct sockaddr_un *)&place->address;
    bool found;

    *place = (struct place){0};
    if (endpoint->transport == ENDPOINT_IPC) {
        path->sun_family = AF_UNIX;
        INVARIANT(strlen(endpoint->host) < sizeof path->sun_path); /* as it was parsed */
        memcpy(path->sun_path, endpoint->host, strlen(endpoint->host) + 1);
        place->size = sizeof *path;
        return true;
    }
    found = endpoint->is_address || strcmp(endpoint->host, "*") == 0
                ? find_number(place, endpoint)
                : find_interface(place, endpoint->host);
    if (found)
        put_port(place, endpoint->port);
    return found;
}

/* ---- opening ---- */

static bool bind_to(struct listener *listener, const struct place *place)
{
    const int one = 1;
    const int zero = 0;
    bool is_path = place->address.ss_family == AF_UNIX;
    mode_t mask;
    bool good;

    listener->fd = socket(place->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (listener->fd < 0)
        return false;
    if (!is_path)
        (void)!setsockopt(listener->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (place->address.ss_family == AF_INET6)
        (void)!setsockopt(listener->fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof zero);
    mask = umask(0177); /* a path is this user's alone, and not even for a moment anybody's */
    good = bind(listener->fd, (const struct sockaddr *)&place->address, place->size) == 0;
    (void)umask(mask);
    return good && (!is_path || place_remember_socket(&listener->place, listener->endpoint.host,
                                                      NULL) == ST_OK);
}

enum status listener_open(struct listener *listener, const char *endpoint, struct fault *fault)
{
    struct place place;
    enum status status;

    *listener = (struct listener){.fd = -1};
    if (endpoint[0] == '\0')
        return ST_OK;
    status = endpoint_parse(&listener->endpoint, endpoint, ENDPOINT_LISTEN, fault);
    if (status != ST_OK)
        return fault_prefix(fault, "link.listen");
    if (!find_place(&place, &listener->endpoint))
        return fault_set(fault, ST_IO,
                         "link.listen %s: no network interface of this machine has that name and "
                         "an IPv4 address; choose another in site.toml",
                         endpoint);
    if (!bind_to(listener, &place) || listen(listener->fd, CALLS_BACKLOG) != 0)
        return fault_set(fault, ST_IO, "link.listen %s: %s; choose another address in site.toml",
                         endpoint, strerror(errno));
    return ST_OK;
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

/* ---- who calls ---- */

bool listener_hears(const struct listener *listener, uint64_t now_us)
{
    return listener->fd >= 0 && now_us >= listener->hear_us;
}

/* So many a second, whoever calls: each may cost a handshake. */
static bool is_too_often(struct listener *listener, uint64_t now_us)
{
    if (now_us - listener->second_us >= UINT64_C(1000000)) {
        listener->second_us = now_us;
        listener->calls = 0;
    }
    if (listener->calls < CALLS_S_MAX)
        return false;
    listener->hear_us = listener->second_us + UINT64_C(1000000);
    return true;
}

int listener_accept(struct listener *listener, uint64_t now_us)
{
    int fd;

    if (!listener_hears(listener, now_us) || is_too_often(listener, now_us))
        return -1;
    fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
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
    listener->hear_us = now_us + ACCEPT_REST_US;
    if (now_us < listener->tell_us)
        return;
    listener->tell_us = now_us + UNKNOWN_LOG_US;
    log_write(LOG_WARN, "link.rests",
              "reason=\"no descriptor is left for who calls\" effect=\"new neighbours wait\"");
}
