#include "site/daemon/metrics_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "site/daemon/access.h"

enum { METRICS_BACKLOG = 16 };

static enum status metrics_socket_fault(struct fault *fault, const char *what)
{
    if (errno == EADDRINUSE) /* the site's lock, which would name it, is taken later */
        return fault_set(fault, ST_BUSY,
                         "metrics.listen: %s is in use by another program, or by a daemon of this "
                         "site that runs already",
                         what);
    return fault_set(fault, ST_IO, "metrics.listen: %s: %s", what, strerror(errno));
}

static int metrics_socket_new(int family)
{
    int fd = socket(family, SOCK_STREAM, 0);

    if (fd < 0)
        return -1;
    /* No other thread runs yet that could start a program in between. */
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 || fcntl(fd, F_SETFL, O_NONBLOCK) != 0) {
        (void)!close(fd); /* nothing came over it */
        return -1;
    }
    return fd;
}

static enum status metrics_socket_bind_unix(struct metrics_socket *socket,
                                            const struct metrics_settings *settings,
                                            const char *dir, struct fault *fault)
{
    const struct socket_access access = {.mode = settings->mode};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    enum status status = place_clear_socket(dir, "metrics.listen", settings->path, fault);
    mode_t mask;
    int bound;

    if (status != ST_OK)
        return status;
    memcpy(address.sun_path, settings->path, strlen(settings->path) + 1); /* it was checked */
    mask = umask(0177); /* never open to others, not even for a moment */
    bound = bind(socket->fd, (const struct sockaddr *)&address, sizeof address);
    (void)umask(mask);
    if (bound != 0)
        return metrics_socket_fault(fault, settings->path);
    socket->path = settings->path;
    status = place_remember_socket(&socket->place, settings->path, fault);
    return status == ST_OK ? access_set(settings->path, &access, fault) : status;
}

static enum status metrics_socket_bind_tcp(const struct metrics_socket *socket,
                                           const struct metrics_settings *settings,
                                           struct fault *fault)
{
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(settings->port)};
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(settings->port)};
    bool is_six = inet_pton(AF_INET6, settings->host, &six.sin6_addr) == 1;
    char place[METRICS_HOST_BYTES + 8];
    int yes = 1;
    int bound;

    if (!is_six && inet_pton(AF_INET, settings->host, &four.sin_addr) != 1)
        return fault_set(fault, ST_INVALID, "metrics.listen: %s is no address", settings->host);
    /* A daemon that is started again may not wait for its last one's connections to be forgotten.
     */
    (void)!setsockopt(socket->fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    bound = is_six ? bind(socket->fd, (const struct sockaddr *)&six, sizeof six)
                   : bind(socket->fd, (const struct sockaddr *)&four, sizeof four);
    if (bound == 0)
        return ST_OK;
    (void)snprintf(place, sizeof place, "%s:%u", settings->host, (unsigned)settings->port);
    return metrics_socket_fault(fault, place);
}

static int metrics_socket_family(const struct metrics_settings *settings)
{
    if (settings->place == METRICS_UNIX)
        return AF_UNIX;
    return strchr(settings->host, ':') != NULL ? AF_INET6 : AF_INET;
}

enum status metrics_socket_look(const struct metrics_settings *settings, struct fault *fault)
{
    struct metrics_socket socket = {.fd = -1};
    enum status status;

    if (settings->place != METRICS_TCP)
        return ST_OK;
    socket.fd = metrics_socket_new(metrics_socket_family(settings));
    if (socket.fd < 0)
        return metrics_socket_fault(fault, "socket");
    status = metrics_socket_bind_tcp(&socket, settings, fault);
    (void)!close(socket.fd); /* it did not listen */
    return status;
}

enum status metrics_socket_open(struct metrics_socket *socket,
                                const struct metrics_settings *settings, const char *dir,
                                struct fault *fault)
{
    enum status status;

    *socket = (struct metrics_socket){.fd = metrics_socket_new(metrics_socket_family(settings))};
    if (socket->fd < 0)
        return metrics_socket_fault(fault, "socket");
    status = settings->place == METRICS_UNIX
                 ? metrics_socket_bind_unix(socket, settings, dir, fault)
                 : metrics_socket_bind_tcp(socket, settings, fault);
    if (status == ST_OK && listen(socket->fd, METRICS_BACKLOG) != 0)
        status = metrics_socket_fault(fault, "listen");
    if (status == ST_OK)
        return ST_OK;
    (void)!close(socket->fd); /* nobody was let in */
    socket->fd = -1;
    metrics_socket_remove(socket);
    return status;
}

void metrics_socket_remove(struct metrics_socket *socket)
{
    if (socket->path != NULL)
        place_remove_socket(&socket->place, socket->path);
    socket->path = NULL;
}
