/*
 * How threads talk: a bounded ring of pointers from one thread to one other, and an eventfd that
 * wakes the reader.  Several rings may wake the same reader.
 */
#ifndef SERAI_SITE_DAEMON_RING_H
#define SERAI_SITE_DAEMON_RING_H

#include <stdatomic.h>

#include "base/status.h"
#include "site/daemon/limits.h"

struct wake {
    int fd; /* an eventfd; poll it for reading */
};

/* ST_IO when the system has no more of them. */
MUST_CHECK enum status wake_init(struct wake *wake, struct fault *fault);
void wake_fini(struct wake *wake);
void wake_up(const struct wake *wake); /* any thread */
/* Wait for a wake-up at most timeout_ms (-1: for ever), and take it. The reader's thread. */
void wake_wait(const struct wake *wake, int timeout_ms);
/* Take what is there, without waiting; for readers that poll the fd among others. */
void wake_take(const struct wake *wake);

struct ring {
    _Atomic size_t head; /* next to read */
    _Atomic size_t tail; /* next to write */
    void *slots[RING_SLOTS];
    const struct wake *wake;
};

void ring_init(struct ring *ring, const struct wake *wake); /* `wake` is borrowed */
/* False when it is full: the caller must have bounded what it sends. */
MUST_CHECK bool ring_push(struct ring *ring, void *item);
void *ring_pop(struct ring *ring); /* NULL when it is empty */

#endif
