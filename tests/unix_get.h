/* One request over HTTP to a server at a unix socket, for tests of what it serves. */
#ifndef SERAI_TESTS_UNIX_GET_H
#define SERAI_TESTS_UNIX_GET_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { UNIX_GET_BYTES = 65536 };

/*
 * The status that `path` is answered with; the whole answer, of at most UNIX_GET_BYTES - 1 bytes,
 * is in `answer` with a NUL behind it.  0: nobody answers.
 */
static inline int unix_get(const char *socket_path, const char *path, char answer[UNIX_GET_BYTES])
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    size_t size = 0;
    ssize_t got = 0;
    char text[100];

    ck_assert_int_ge(fd, 0);
    ck_assert_uint_lt(strlen(socket_path), sizeof address.sun_path);
    memcpy(address.sun_path, socket_path, strlen(socket_path) + 1);
    (void)snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", path);
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0 &&
        send(fd, text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text))
        while ((got = read(fd, answer + size, UNIX_GET_BYTES - 1 - size)) > 0)
            size += (size_t)got;
    (void)close(fd);
    answer[size] = '\0';
    return size > 12 ? atoi(answer + 9) : 0;
}

#endif
