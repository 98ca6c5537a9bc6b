/*
 * Answers that take a while: a thread makes them, one after the other, while their connections are
 * suspended.  There is one for each connection at most, which bounds them.
 */
#ifndef SERAI_SITE_METRICS_HTTP_WORK_H
#define SERAI_SITE_METRICS_HTTP_WORK_H

#include "site/metrics/http.h"

struct MHD_Connection;
struct wake;

struct http_job {
    struct http_job *next;
    struct MHD_Connection *connection; /* suspended, until the server takes the job back */
    const struct http_route *route;
    void *context;
    struct http_query query;
    struct http_answer answer;
};

/* Free a job and its answer; NULL is allowed. */
void http_job_free(struct http_job *job);

struct http_work; /* opaque */

/*
 * Start the thread; `wake`, which is borrowed, wakes the server when an answer is ready.  On ST_OK
 * the caller ends *work with http_work_stop() and http_work_free().  ST_NOMEM.
 */
MUST_CHECK enum status http_work_new(struct http_work **work, struct wake *wake,
                                     struct fault *fault);

/* Have a job answered; until it comes back it is the thread's. */
void http_work_give(struct http_work *work, struct http_job *job);

/* A job whose answer is ready; NULL: there is none now. */
struct http_job *http_work_take(struct http_work *work);

/* End the thread, after the answer that is being made.  Every job is ready then: those that nobody
 * has begun are answered 503.  NULL is allowed. */
void http_work_stop(struct http_work *work);

/* Free it, once it has stopped; NULL is allowed. */
void http_work_free(struct http_work *work);

#endif
