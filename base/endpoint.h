/*
 * Where a site listens or is dialled: tcp://HOST:PORT or ipc:///PATH.
 *
 * One function reads it wherever one is given (command, configuration, control request), so that
 * what can never work is refused there and then, with the same words.  It looks nothing up.
 */
#ifndef SERAI_BASE_ENDPOINT_H
#define SERAI_BASE_ENDPOINT_H

#include "base/status.h"

enum {
    ENDPOINT_BYTES_MAX = 128,
    ENDPOINT_PATH_BYTES_MAX = 107, /* what the address of a socket of the machine holds */
};

enum endpoint_use {
    ENDPOINT_DIAL,   /* a host: a name, an IPv4 address or an IPv6 address in brackets */
    ENDPOINT_LISTEN, /* the same, where a name is one of the machine's interfaces; or * for all */
};

enum endpoint_transport { ENDPOINT_TCP, ENDPOINT_IPC };

/* Plain values. */
struct endpoint {
    enum endpoint_transport transport;
    char host[ENDPOINT_BYTES_MAX + 1]; /* of tcp, without brackets; of ipc, the path */
    uint16_t port;                     /* of tcp */
    bool is_address;                   /* the host is a number: there is nothing to look up */
    bool is_ipv6;                      /* and that number is an IPv6 address */
};

/*
 * ST_INVALID: *fault says what is wrong with it and what is right.  The empty text is no endpoint.
 */
MUST_CHECK enum status endpoint_parse(struct endpoint *endpoint, const char *text,
                                      enum endpoint_use use, struct fault *fault);

#endif
