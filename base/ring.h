/*
 * How threads talk: a bounded ring of pointers from one thread to one other, and an eventfd that
 * wakes the reader.  Several rings may wake the same reader.
 */
#ifndef SERAI_BASE_RING_H
#define SERAI_BASE_RING_H

#include <stdatomic.h>

#include "base/status.h"

struct wake {
    int fd; /* an eventfd; poll it for reading */
};

/* Make a wake.  ST_IO when the system has no more descriptors. */
MUST_CHECK enum status wake_init(struct wake *wake, struct fault *fault);

/* Close it. */
void wake_fini(struct wake *wake);

/* Wake the thread that waits, or that waits next.  Any thread. */
void wake_up(const struct wake *wake);

/* Wait for a wake-up at most timeout_ms (-1: without end), and take it.  The reader's thread. */
void wake_wait(const struct wake *wake, int timeout_ms);

/* Take a wake-up without waiting, for readers that poll the fd among others. */
void wake_take(const struct wake *wake);

enum { RING_SLOTS = 128 }; /* a power of two */

struct ring {
    _Atomic size_t head; /* next to read */
    _Atomic size_t tail; /* next to write */
    void *slots[RING_SLOTS];
    const struct wake *wake;
};

/* Make an empty ring, whose reader `wake` wakes; it is borrowed. */
void ring_init(struct ring *ring, const struct wake *wake);

/*
 * Put an item in and wake the reader.  One thread.  False when it is full: the caller must have
 * bounded what it sends.
 */
MUST_CHECK bool ring_push(struct ring *ring, void *item);

/* Take the oldest item out; NULL when the ring is empty.  One thread. */
void *ring_pop(struct ring *ring);

#endif
