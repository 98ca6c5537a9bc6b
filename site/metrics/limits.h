/* Bounds of the server of figures, and why. */
#ifndef SERAI_SITE_METRICS_LIMITS_H
#define SERAI_SITE_METRICS_LIMITS_H

enum {
    /* A few scrapers and a browser; each answer is some hundred KB at most. */
    HTTP_CLIENTS_MAX = 16,
    /* Descriptors: those, the socket that listens, epoll, two for waking up. */
    HTTP_FILES = HTTP_CLIENTS_MAX + 4,
    /* A request with its headers; one that is longer is answered 413 or 431. */
    HTTP_REQUEST_BYTES_MAX = 8 * 1024,
    /* A client that sends and takes nothing. */
    HTTP_IDLE_S = 5,
    /* One connection in all, whatever comes over it: one request each. */
    HTTP_CONNECTION_US = 10 * 1000 * 1000,
    HTTP_SWEEP_MS = 1000,
    /* Room for what libmicrohttpd and the routes put on the stack. */
    HTTP_STACK_BYTES = 256 * 1024,
    /* How often the core leaves figures, and at least goes round while somebody may ask. */
    METRICS_US = 1000 * 1000,
    /* Account numbers whose agents the survey looks at each time: a millisecond. */
    METRICS_SURVEY_STEP = 2048,
};

#endif
