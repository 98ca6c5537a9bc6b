/* Whether somebody answers where the running site is to be reached. */
#define _DEFAULT_SOURCE /* struct timeval of sockets */
#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "site/cli/cli.h"
#include "site/cli/doctor.h"
#include "site/cli/setup.h"

enum { REPLY_BYTES = 512 };

/* A socket that waits for DOCTOR_ANSWER_S at most; -1 and errno. */
static int sockets_open(int family)
{
    const struct timeval most = {.tv_sec = DOCTOR_ANSWER_S};
    int fd = socket(family, SOCK_STREAM, 0);

    if (fd >= 0) {
        (void)!setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof most);
        (void)!setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &most, sizeof most);
    }
    return fd;
}

static int sockets_connect(int family, const struct sockaddr *address, socklen_t size)
{
    int fd = sockets_open(family);
    int error;

    if (fd >= 0 && connect(fd, address, size) == 0)
        return fd;
    error = errno;
    if (fd >= 0)
        (void)!close(fd);
    errno = error;
    return -1;
}

static int sockets_connect_unix(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    return sockets_connect(AF_UNIX, (const struct sockaddr *)&address, sizeof address);
}

/* Addresses in digits alone: nothing here asks a name server. */
static int sockets_connect_tcp(const char *host, const char *port)
{
    const struct addrinfo wanted = {.ai_socktype = SOCK_STREAM,
                                    .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    int fd;

    if (getaddrinfo(host, port, &wanted, &found) != 0) {
        errno = EDESTADDRREQ;
        return -1;
    }
    fd = sockets_connect(found->ai_family, found->ai_addr, found->ai_addrlen);
    freeaddrinfo(found);
    return fd;
}

/* ---- metrics ---- */

/* The status of GET /readyz, and the first line of its text; 0: no answer. */
static int sockets_ask_ready(int fd, char *reply)
{
    static const char request[] = "GET /readyz HTTP/1.1\r\nHost: localhost\r\n"
                                  "Connection: close\r\n\r\n";
    size_t used = 0;

    if (send(fd, request, sizeof request - 1, MSG_NOSIGNAL) != (ssize_t)(sizeof request - 1))
        return 0;
    while (used < REPLY_BYTES - 1) {
        ssize_t got = recv(fd, reply + used, REPLY_BYTES - 1 - used, 0);

        if (got <= 0)
            break;
        used += (size_t)got;
    }
    reply[used] = '\0';
    if (strncmp(reply, "HTTP/1.1 ", 9) != 0)
        return 0;
    return reply[9] == '2' ? 200 : 503;
}

static void sockets_look_at_metrics(struct doctor *doctor, const struct metrics_settings *metrics)
{
    char place[METRICS_PATH_BYTES + 16];
    char reply[REPLY_BYTES] = "";
    char port[8];
    const char *body;
    int status = 0;
    int fd;

    (void)snprintf(port, sizeof port, "%u", (unsigned)metrics->port);
    if (metrics->place == METRICS_UNIX) {
        (void)snprintf(place, sizeof place, "%s", metrics->path);
        fd = sockets_connect_unix(metrics->path);
    } else {
        (void)snprintf(place, sizeof place, "%s port %s", metrics->host, port);
        fd = sockets_connect_tcp(metrics->host, port);
    }
    if (fd >= 0) {
        status = sockets_ask_ready(fd, reply);
        (void)!close(fd);
    }
    body = strstr(reply, "\r\n\r\n");
    if (status == 200)
        doctor_find(doctor, DOCTOR_OK, "metrics", "they are served at %s", place);
    else if (status != 0)
        doctor_find(doctor, DOCTOR_WARN, "metrics", "/readyz at %s: %.100s", place,
                    body == NULL ? "" : body + 4);
    else
        doctor_find(doctor, DOCTOR_FAULT, "metrics", "no answer at %s: %s", place,
                    fd < 0 ? strerror(errno) : "it says nothing");
    if (status != 200)
        doctor_next(doctor,
                    "serai site run --check-config --site %s; a change of metrics.listen "
                    "takes a restart",
                    doctor->cli->dir);
}

/* ---- links ---- */

/* Where peers dial: tcp://ADDRESS:PORT; what is not an address in digits is not tried. */
static void sockets_look_at_listen(struct doctor *doctor, const char *endpoint)
{
    char host[64];
    const char *at = endpoint + strlen("tcp://");
    const char *colon = strrchr(endpoint, ':');
    size_t size;
    int fd;

    if (strncmp(endpoint, "tcp://", strlen("tcp://")) != 0 || colon == NULL || colon < at)
        return;
    size = (size_t)(colon - at);
    if (size >= 2 && at[0] == '[') { /* an address of IPv6 stands in brackets */
        at++;
        size -= 2;
    }
    if (size >= sizeof host)
        return;
    memcpy(host, at, size);
    host[size] = '\0';
    if (strcmp(host, "*") == 0 || strcmp(host, "0.0.0.0") == 0)
        memcpy(host, "127.0.0.1", sizeof "127.0.0.1");
    fd = sockets_connect_tcp(host, colon + 1);
    if (fd < 0 && errno == EDESTADDRREQ)
        return;
    if (fd >= 0) {
        (void)!close(fd);
        doctor_find(doctor, DOCTOR_OK, "links", "peers find it at %s", endpoint);
        return;
    }
    doctor_find(doctor, DOCTOR_FAULT, "links", "nobody answers at link.listen, %s: %s", endpoint,
                strerror(errno));
    doctor_next(doctor, "serai site status --site %s: a change of link.listen takes a restart",
                doctor->cli->dir);
}

void doctor_look_sockets(struct doctor *doctor)
{
    const struct site_config *config = &doctor->setup->config;

    if (!doctor->runs || !doctor->configured)
        return;
    if (metrics_are_served(&config->metrics))
        sockets_look_at_metrics(doctor, &config->metrics);
    if (config->link_listen[0] != '\0')
        sockets_look_at_listen(doctor, config->link_listen);
}
