/*
 * One client at the control socket: takes one request at a time, whole, and sends its answer.
 * It knows of no other connection.  Used by the edge thread alone.
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
    const uint8_t *site_key; /* goes before each answer; set once */
    int fd;                  /* -1 when the client left while its request was with the core */
    bool closing;            /* after the answer: what follows on the stream makes no sense */
    bool by_operator;        /* a request signed by the operator's key has come over it */
    const char *refused;     /* why what it sent was no message; NULL: it was, so far */
    uint64_t active_us;      /* something came or went */
    uint64_t since_us;       /* the message that comes or goes now could have begun */
    uint64_t moved_bytes;    /* of it */
    struct request request;  /* lent to the core while WAITING */
    uint8_t prefix[4];       /* the length that comes before each message */
    size_t prefix_used;
    size_t wanted; /* bytes of the request */
    struct bytes answer;
    size_t sent;
};

/* Begin to serve a client at `fd`, which is taken.  The connection must be CONNECTION_FREE. */
void connection_open(struct connection *connection, int fd, enum core_peer peer, uint64_t now_us);

/*
 * End a connection.  While the core has its request the place stays taken until
 * connection_answer().
 */
void connection_close(struct connection *connection);

/*
 * End a connection that is READING with an answer of status 75: nothing was done.  `why` is for
 * people.
 */
void connection_turn_away(struct connection *connection, const char *why);

/* Whether the next step is the client's, and not the core's. */
bool connection_is_clients(const struct connection *connection);

/*
 * How far the client is behind one that sends or takes CONNECTION_BYTES_PER_US, since its message
 * could have begun; 0 while the next step is not its own.
 */
uint64_t connection_late_us(const struct connection *connection, uint64_t now_us);

/* The memory that its request and its answer take. */
size_t connection_held_bytes(const struct connection *connection);

/*
 * Read what has come.  True when a whole request is there: its state is WAITING then, and the
 * caller lends it to the core.
 */
MUST_CHECK bool connection_readable(struct connection *connection, uint64_t now_us);

/* Send as much of the answer as fits. */
void connection_writable(struct connection *connection, uint64_t now_us);

/* Take the answer to the request, and send as much as fits at once. */
void connection_answer(struct connection *connection, const struct bytes *answer, uint64_t now_us);

/* The events to poll for: POLLIN, POLLOUT or 0. */
short connection_events(const struct connection *connection);

#endif
