/*
 * One client at the control socket: takes one request at a time, whole, and sends its answer.
 * Knows nothing of who else is connected.  The edge thread's.
 */
#ifndef SERAI_SITE_DAEMON_CONNECTION_H
#define SERAI_SITE_DAEMON_CONNECTION_H

#include "site/daemon/parts.h"

enum connection_state {
    CONNECTION_FREE,
    CONNECTION_READING, /* a request, or waiting for one */
    CONNECTION_WAITING, /* the request is with the core */
    CONNECTION_WRITING, /* the answer */
};

struct connection {
    enum connection_state state;
    const uint8_t *site_key; /* said with each answer; set once */
    int fd;                  /* -1 when the client left while its request was with the core */
    bool closing;            /* after the answer: what follows on the stream makes no sense */
    uint64_t active_us;      /* something came or went */
    uint64_t since_us;       /* it was opened, or its last answer was out */
    struct request request;  /* lent to the core while WAITING */
    uint8_t prefix[4];       /* the length that comes before each message */
    size_t prefix_used;
    size_t wanted; /* bytes of the request */
    struct bytes answer;
    size_t sent;
};

void connection_open(struct connection *connection, int fd, enum core_peer peer, uint64_t now_us);
/* Ends it; while the core has the request, the place stays taken until connection_answer(). */
void connection_close(struct connection *connection);

/* How long it has been about the present request without being the core's to answer; 0: not. */
uint64_t connection_waits_us(const struct connection *connection, uint64_t now_us);

/* Take what has come.  True when a whole request is there: state is WAITING, lend it to the core.
 */
MUST_CHECK bool connection_readable(struct connection *connection, uint64_t now_us);
/* Send what fits. */
void connection_writable(struct connection *connection, uint64_t now_us);
/* The answer to the request; sends as much as fits at once. */
void connection_answer(struct connection *connection, const struct bytes *answer, uint64_t now_us);

/* What to poll for: POLLIN, POLLOUT or 0. */
short connection_events(const struct connection *connection);

#endif
