/*
 * How threads talk: a bounded ring of pointers from one thread to one other, and an eventfd that
 * wakes the reader.  Several rings may wake the same reader.
 */
#ifndef SERAI_BASE_RING_H
#define SERAI_BASE_RING_H

#include <stdatomic.h>

#include "base/status.h"

struct wake {
    int fd;             /* an eventfd; poll it for reading */
    _Atomic bool news;  /* somebody woke the reader, which has not taken it yet */
    _Atomic bool waits; /* the reader polls, or is about to: it needs the eventfd */
};

/* Make a wake.  ST_IO when the system has no more descriptors. */
MUST_CHECK enum status wake_init(struct wake *wake, struct fault *fault);

/* Close it. */
void wake_fini(struct wake *wake);

/* Wake the thread that waits, or that waits next.  Any thread.  No call of the system's if it does
 * not wait. */
void wake_up(struct wake *wake);

/* Wait for a wake-up at most timeout_ms (-1: without end), and take it.  The reader's thread. */
void wake_wait(struct wake *wake, int timeout_ms);

/*
 * For readers that poll the fd among others.  wake_begins() says that the reader is about to poll;
 * false: there was a wake-up already, so it must not wait.  wake_take() comes after the poll, which
 * found the fd `readable` or not, and takes the wake-up, before the reader looks at its rings.
 */
MUST_CHECK bool wake_begins(struct wake *wake);
void wake_take(struct wake *wake, bool readable);

enum { RING_SLOTS = 128 }; /* a power of two */

struct ring {
    _Atomic size_t head; /* next to read */
    _Atomic size_t tail; /* next to write */
    void *slots[RING_SLOTS];
    struct wake *wake;
    _Atomic bool wanted; /* the reader found it empty, and is to be woken by ring_put() as well */
};

/* Make an empty ring, whose reader `wake` wakes; it is borrowed. */
void ring_init(struct ring *ring, struct wake *wake);

/*
 * Put an item in and wake the reader.  One thread.  False when it is full: the caller must have
 * bounded what it sends.
 */
MUST_CHECK bool ring_push(struct ring *ring, void *item);

/*
 * As ring_push(), for what the reader need not know of at once, such as what comes back to a pool:
 * it is woken only if it asked with ring_want().
 */
MUST_CHECK bool ring_put(struct ring *ring, void *item);

/* Take the oldest item out; NULL when the ring is empty.  One thread. */
void *ring_pop(struct ring *ring);

/* As ring_pop(), and when the ring is empty, the next ring_put() wakes the reader. */
void *ring_want(struct ring *ring);

#endif
