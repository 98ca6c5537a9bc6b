/* A port of this machine that nobody listens at, for servers of tests. */
#ifndef SERAI_TESTS_FREE_PORT_H
#define SERAI_TESTS_FREE_PORT_H

#include <check.h>
#include <netinet/in.h>
#include <sodium.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

static inline bool port_is_free(unsigned port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                  .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    bool is_free;

    ck_assert_int_ge(fd, 0);
    is_free = bind(fd, (const struct sockaddr *)&address, sizeof address) == 0;
    (void)close(fd);
    return is_free;
}

/* Below the ports that the system gives to those who dial, so that none of them takes it. */
static inline unsigned free_port(void)
{
    unsigned port;

    do
        port = 15000 + randombytes_uniform(15000);
    while (!port_is_free(port));
    return port;
}

#endif
