#include "site/metrics/http_work.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/ring.h"

/* Jobs in the order in which they came. */
struct job_queue {
    struct http_job *first;
    struct http_job *last;
};

struct http_work {
    struct wake *wake;
    pthread_t thread;
    bool has_thread;
    pthread_mutex_t lock; /* over all that follows */
    pthread_cond_t news;
    struct job_queue waiting;
    struct job_queue ready;
    bool stopping;
};

void http_job_free(struct http_job *job)
{
    if (job != NULL)
        bytes_fini(&job->answer.body);
    free(job);
}

static void queue_add(struct job_queue *queue, struct http_job *job)
{
    job->next = NULL;
    *(queue->first == NULL ? &queue->first : &queue->last->next) = job;
    queue->last = job;
}

static struct http_job *queue_take(struct job_queue *queue)
{
    struct http_job *job = queue->first;

    if (job != NULL)
        queue->first = job->next;
    return job;
}

/* ---- the thread ---- */

/* Wait for a job; NULL: it is time to end. */
static struct http_job *work_wait(struct http_work *work)
{
    struct http_job *job = NULL;

    (void)pthread_mutex_lock(&work->lock);
    while (!work->stopping && (job = queue_take(&work->waiting)) == NULL)
        (void)pthread_cond_wait(&work->news, &work->lock);
    (void)pthread_mutex_unlock(&work->lock);
    return job;
}

static void *work_thread(void *context)
{
    struct http_work *work = context;
    struct http_job *job;

    while ((job = work_wait(work)) != NULL) {
        job->route->answer(job->context, &job->query, &job->answer);
        (void)pthread_mutex_lock(&work->lock);
        queue_add(&work->ready, job);
        (void)pthread_mutex_unlock(&work->lock);
        wake_up(work->wake);
    }
    return NULL;
}

/* ---- the server's side ---- */

void http_work_give(struct http_work *work, struct http_job *job)
{
    (void)pthread_mutex_lock(&work->lock);
    queue_add(&work->waiting, job);
    (void)pthread_cond_signal(&work->news);
    (void)pthread_mutex_unlock(&work->lock);
}

struct http_job *http_work_take(struct http_work *work)
{
    struct http_job *job;

    (void)pthread_mutex_lock(&work->lock);
    job = queue_take(&work->ready);
    (void)pthread_mutex_unlock(&work->lock);
    return job;
}

/* ---- life ---- */

static bool work_start(struct http_work *work)
{
    pthread_attr_t attributes;

    if (pthread_attr_init(&attributes) != 0)
        return false;
    work->has_thread = pthread_attr_setstacksize(&attributes, HTTP_WORK_STACK_BYTES) == 0 &&
                       pthread_create(&work->thread, &attributes, work_thread, work) == 0;
    (void)pthread_attr_destroy(&attributes); /* cannot fail: it was made above */
    return work->has_thread;
}

enum status http_work_new(struct http_work **work, struct wake *wake, struct fault *fault)
{
    struct http_work *made = calloc(1, sizeof *made);

    if (made == NULL)
        return fault_set(fault, ST_NOMEM, "metrics.listen: out of memory");
    made->wake = wake;
    /* Neither fails with default attributes. */
    INVARIANT(pthread_mutex_init(&made->lock, NULL) == 0);
    INVARIANT(pthread_cond_init(&made->news, NULL) == 0);
    if (!work_start(made)) {
        http_work_free(made);
        return fault_set(fault, ST_NOMEM, "metrics.listen: the system refuses a thread");
    }
    *work = made;
    return ST_OK;
}

void http_work_stop(struct http_work *work)
{
    struct http_job *job;

    if (work == NULL || !work->has_thread)
        return;
    (void)pthread_mutex_lock(&work->lock);
    work->stopping = true;
    (void)pthread_cond_signal(&work->news);
    (void)pthread_mutex_unlock(&work->lock);
    (void)!pthread_join(work->thread, NULL); /* it was made, and ends by the word above */
    work->has_thread = false;
    while ((job = queue_take(&work->waiting)) != NULL) {
        job->answer.status = 503;
        queue_add(&work->ready, job);
    }
}

void http_work_free(struct http_work *work)
{
    if (work == NULL)
        return;
    (void)pthread_cond_destroy(&work->news);
    (void)pthread_mutex_destroy(&work->lock);
    free(work);
}
