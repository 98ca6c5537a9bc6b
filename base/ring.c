/*
 * A ring for one producer and one consumer, without a lock.  `tail` belongs to the producer and
 * `head` to the consumer; each releases what it did and acquires what the other did.  Both only
 * count up, and their difference is what is in the ring.
 */
#include "base/ring.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum status wake_init(struct wake *wake, struct fault *fault)
{
    wake->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (wake->fd < 0)
        return fault_set(fault, ST_IO, "eventfd: %s", strerror(errno));
    return ST_OK;
}

void wake_fini(struct wake *wake)
{
    if (wake->fd >= 0)
        (void)!close(wake->fd); /* nothing to lose */
    wake->fd = -1;
}

void wake_up(const struct wake *wake)
{
    const uint64_t one = 1;

    /* It can only fail when 2^64 wake-ups are waiting, and then one is. */
    (void)!write(wake->fd, &one, sizeof one);
}

void wake_take(const struct wake *wake)
{
    uint64_t count;

    (void)!read(wake->fd, &count, sizeof count); /* none is fine */
}

void wake_wait(const struct wake *wake, int timeout_ms)
{
    struct pollfd fd = {.fd = wake->fd, .events = POLLIN};

    (void)!poll(&fd, 1, timeout_ms); /* early is fine: the caller looks at its rings */
    wake_take(wake);
}

void ring_init(struct ring *ring, const struct wake *wake)
{
    static_assert((RING_SLOTS & (RING_SLOTS - 1)) == 0, "indexes wrap by a mask");
    *ring = (struct ring){.wake = wake};
    atomic_init(&ring->head, 0);
    atomic_init(&ring->tail, 0);
}

bool ring_push(struct ring *ring, void *item)
{
    size_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    size_t head = atomic_load_explicit(&ring->head, memory_order_acquire);

    if (tail - head == RING_SLOTS)
        return false;
    /* The slot is written before the tail that shows it. */
    ring->slots[tail & (RING_SLOTS - 1)] = item;
    atomic_store_explicit(&ring->tail, tail + 1, memory_order_release);
    wake_up(ring->wake);
    return true;
}

void *ring_pop(struct ring *ring)
{
    size_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
    size_t tail = atomic_load_explicit(&ring->tail, memory_order_acquire);
    void *item;

    if (head == tail)
        return NULL;
    /* The slot is read before the head that gives it back. */
    item = ring->slots[head & (RING_SLOTS - 1)];
    atomic_store_explicit(&ring->head, head + 1, memory_order_release);
    return item;
}
