/*
 * A small HTTP server in a thread of its own: tables of paths, each with a function that answers
 * GET and HEAD.  libmicrohttpd reads and writes; bounds are set here (limits.h).  A client that is
 * slow, sends too much or stays too long loses its connection, and nobody else waits for it.
 */
#ifndef SERAI_SITE_METRICS_HTTP_H
#define SERAI_SITE_METRICS_HTTP_H

#include "base/bytes.h"
#include "base/clock.h"
#include "site/metrics/limits.h"

/* What is asked: the path, and what stands behind its ?, names and values, decoded. */
struct http_query {
    const char *path; /* of the route */
    struct {
        const char *name; /* into `text` */
        const char *value;
    } items[HTTP_QUERY_MAX];
    size_t count;
    size_t used;
    bool too_much; /* more of them, or longer, than there is room for: the request is refused */
    char text[HTTP_QUERY_BYTES];
};

/* The value of that name, the first if there are several; NULL: there is none. */
const char *http_value(const struct http_query *query, const char *name);

struct http_answer {
    unsigned status;   /* of HTTP; 200 as it comes */
    const char *type;  /* Content-Type; plain text as it comes */
    const char *etag;  /* names these very bytes, with quotes; NULL, as it comes: nobody keeps it */
    struct bytes body; /* filled in by the route, freed by the server */
};

/* How a path is answered. */
enum http_way {
    HTTP_AT_ONCE, /* by the server's thread: the route must not wait */
    HTTP_LATER,   /* by a second thread, one request after the other: it may take a while */
    /* A stream of events (text/event-stream).  The server's thread asks the route about once a
     * second while somebody listens; what it answers, one line, is sent to all when it changed. */
    HTTP_LIVE,
};

struct http_route {
    const char *path;
    void (*answer)(void *context, const struct http_query *query, struct http_answer *answer);
    enum http_way way;
};

struct http_table {
    const struct http_route *routes; /* borrowed */
    size_t count;
    void *context; /* for the routes */
    /* Only clients of this machine are meant: a request that names a host by another name than
     * localhost is refused, as a page of another site could have made a browser send it. */
    bool own_names;
};

enum { HTTP_TABLES_MAX = 2 };

struct http_options {
    int listen_fd; /* bound, listens, does not block */
    struct http_table tables[HTTP_TABLES_MAX];
    struct clock_source clock;
};

struct http; /* opaque */

/*
 * Start to serve.  On ST_OK `listen_fd` belongs to *http, and the caller ends it with http_free().
 * ST_NOMEM: memory, or a thread; ST_IO.
 */
MUST_CHECK enum status http_new(struct http **http, const struct http_options *options,
                                struct fault *fault);

/* Stop after the answer that is being made, and close what is open; NULL is allowed. */
void http_free(struct http *http);

#endif
