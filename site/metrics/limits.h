/* Bounds of the server of figures, and why. */
#ifndef SERAI_SITE_METRICS_LIMITS_H
#define SERAI_SITE_METRICS_LIMITS_H

enum {
    /* A few scrapers and a browser; each answer is some hundred KB at most. */
    HTTP_CLIENTS_MAX = 16,
    /* Descriptors: those, the socket that listens, epoll, two for waking up, and one with which
     * the page asks over the control socket. */
    HTTP_FILES = HTTP_CLIENTS_MAX + 5,
    /* A request with its headers; one that is longer is answered 413 or 431. */
    HTTP_REQUEST_BYTES_MAX = 8 * 1024,
    /* What stands behind the ? of a request: an account's name, a few numbers. */
    HTTP_QUERY_MAX = 12,
    HTTP_QUERY_BYTES = 1024,
    /* A client that sends and takes nothing. */
    HTTP_IDLE_S = 5,
    /* One connection in all, whatever comes over it: one request each. */
    HTTP_CONNECTION_US = 10 * 1000 * 1000,
    HTTP_SWEEP_MS = 1000,
    /* Pages that are open and live; others ask now and then.  Scrapers have places beside them. */
    HTTP_STREAMS_MAX = 6,
    HTTP_STREAM_BLOCK_BYTES = 4096,
    /* How long one is served before its client has to come again. */
    HTTP_STREAM_US = 600 * 1000 * 1000,
    /* How often it is looked whether there is news, and something is sent without any. */
    HTTP_LIVE_US = 1000 * 1000,
    HTTP_BEAT_US = 15 * 1000 * 1000,
    /* Room for what libmicrohttpd and the routes put on the stack. */
    HTTP_STACK_BYTES = 256 * 1024,
    /* And of the thread that answers from the books: it reads frames of the journal. */
    HTTP_WORK_STACK_BYTES = 1024 * 1024,
    /* How often the core leaves figures, and at least goes round while somebody may ask. */
    METRICS_US = 1000 * 1000,
    /* Account numbers whose agents the survey looks at each time: a millisecond. */
    METRICS_SURVEY_STEP = 2048,
};

#endif
