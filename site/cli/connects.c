#define _DEFAULT_SOURCE /* struct timeval of sockets */
#include "site/cli/connects.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"

enum { PIECE_BYTES = 16384 };

static int connects_to(int family, const struct sockaddr *address, socklen_t size)
{
    const struct timeval most = {.tv_sec = CONNECTS_WAIT_S};
    int fd = socket(family, SOCK_STREAM, 0);
    int error;

    if (fd < 0)
        return -1;
    (void)!setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof most);
    (void)!setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &most, sizeof most); /* of connect(), too */
    if (connect(fd, address, size) == 0)
        return fd;
    error = errno;
    (void)!close(fd);
    errno = error;
    return -1;
}

static int connects_unix(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    return connects_to(AF_UNIX, (const struct sockaddr *)&address, sizeof address);
}

int connects_tcp(const char *host, const char *port)
{
    const struct addrinfo wanted = {.ai_socktype = SOCK_STREAM,
                                    .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    int fd;

    if (getaddrinfo(host, port, &wanted, &found) != 0) {
        errno = EDESTADDRREQ;
        return -1;
    }
    fd = connects_to(found->ai_family, found->ai_addr, found->ai_addrlen);
    freeaddrinfo(found);
    return fd;
}

char *connects_place(char text[CONNECTS_PLACE_BYTES], const struct metrics_settings *metrics)
{
    if (metrics->place == METRICS_UNIX)
        (void)snprintf(text, CONNECTS_PLACE_BYTES, "%s", metrics->path);
    else
        (void)snprintf(text, CONNECTS_PLACE_BYTES, "%s port %u", metrics->host,
                       (unsigned)metrics->port);
    return text;
}

/* All that comes until the other end closes.  False: it is more than the most, or takes too long.
 */
static bool connects_receive(int fd, struct bytes *reply)
{
    struct clock_source clock = clock_system();
    uint64_t until_us = clock.now_us(clock.context) + CONNECTS_WAIT_S * UINT64_C(1000000);
    char piece[PIECE_BYTES];
    ssize_t got;

    while ((got = recv(fd, piece, sizeof piece, 0)) > 0) {
        if (reply->size > CONNECTS_REPLY_BYTES_MAX || clock.now_us(clock.context) > until_us) {
            errno = EFBIG;
            return false;
        }
        bytes_append(reply, piece, (size_t)got);
    }
    bytes_append(reply, "", 1);
    return got == 0 && !reply->failed;
}

/* "HTTP/1.1 503 ..." and the body behind an empty line; 0: it is something else. */
static int connects_take_reply(const struct bytes *reply, struct bytes *body)
{
    const char *text = (const char *)reply->data;
    const char *end = strstr(text, "\r\n\r\n");
    int status;

    errno = 0;
    if (strncmp(text, "HTTP/1.1 ", 9) != 0 || end == NULL)
        return 0;
    status = (int)strtol(text + 9, NULL, 10);
    end += 4;
    bytes_append(body, end, strlen(end) + 1);
    if (body->failed)
        return 0;
    body->size--;
    return status;
}

int connects_get(const struct metrics_settings *metrics, const char *path, struct bytes *body)
{
    char request[128];
    char port[8];
    struct bytes reply = {0};
    int status = 0;
    int size;
    int fd;

    (void)snprintf(port, sizeof port, "%u", (unsigned)metrics->port);
    fd = metrics->place == METRICS_UNIX ? connects_unix(metrics->path)
                                        : connects_tcp(metrics->host, port);
    if (fd < 0)
        return 0;
    size = snprintf(request, sizeof request,
                    "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", path);
    if (send(fd, request, (size_t)size, MSG_NOSIGNAL) == (ssize_t)size &&
        connects_receive(fd, &reply))
        status = connects_take_reply(&reply, body);
    bytes_fini(&reply);
    (void)!close(fd);
    return status;
}
