/*
 * A small HTTP server in a thread of its own: a table of paths, each with a function that answers
 * GET and HEAD.  libmicrohttpd reads and writes; bounds are set here (limits.h).  A client that is
 * slow, sends too much or stays too long loses its connection, and nobody else waits for it.
 */
#ifndef SERAI_SITE_METRICS_HTTP_H
#define SERAI_SITE_METRICS_HTTP_H

#include "base/bytes.h"
#include "base/clock.h"

struct http_answer {
    unsigned status;   /* of HTTP; 200 as it comes */
    const char *type;  /* Content-Type; plain text as it comes */
    struct bytes body; /* filled in by the route, freed by the server */
};

/* A path; `answer` is called by the server's thread, and must not wait. */
struct http_route {
    const char *path;
    void (*answer)(void *context, struct http_answer *answer);
};

struct http_options {
    int listen_fd; /* bound, listens, does not block */
    /* Only clients of this machine are meant: a request that names a host by another name than
     * localhost is refused, as a page of another site could have made a browser send it. */
    bool own_names;
    const struct http_route *routes; /* borrowed */
    size_t route_count;
    void *context; /* for the routes */
    struct clock_source clock;
};

struct http; /* opaque */

/*
 * Start to serve.  On ST_OK `listen_fd` belongs to *http, and the caller ends it with http_free().
 * ST_NOMEM: memory, or a thread; ST_IO.
 */
MUST_CHECK enum status http_new(struct http **http, const struct http_options *options,
                                struct fault *fault);

/* Stop at once, and close what is open; NULL is allowed. */
void http_free(struct http *http);

#endif
