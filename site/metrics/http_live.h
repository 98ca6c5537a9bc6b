/*
 * Streams of server-sent events.  All of them show the same: what the table's live route answers,
 * whenever that has changed.  A stream waits suspended; one whose client does not read is closed by
 * the server's bound on silence.  Used by the server's thread alone.
 */
#ifndef SERAI_SITE_METRICS_HTTP_LIVE_H
#define SERAI_SITE_METRICS_HTTP_LIVE_H

#include "site/metrics/http.h"

struct MHD_Connection;
struct MHD_Response;
struct http_stream;

/* All-zero is none. */
struct http_live {
    const struct http_route *route; /* of the streams that there are */
    void *context;
    struct http_stream *streams[HTTP_STREAMS_MAX];
    struct bytes event; /* the latest, as it is sent */
    uint64_t serial;    /* of it, from 1 */
    uint64_t looked_us; /* when the route was asked last; 0: ask it now */
};

/*
 * Begin a stream over the connection.  NULL: there are as many as may be, or no memory; else the
 * response that the caller queues and then destroys.
 */
struct MHD_Response *http_live_begin(struct http_live *live, const struct http_table *table,
                                     const struct http_route *route,
                                     struct MHD_Connection *connection, uint64_t now_us);

/* Ask the route if it is time to, and wake the streams that have something to send. */
void http_live_look(struct http_live *live, uint64_t now_us);

/* Let all streams end, so that the server can stop. */
void http_live_end(struct http_live *live);

/* Free what is left, once all streams have ended. */
void http_live_fini(struct http_live *live);

#endif
