/*
 * A ring for one producer and one consumer, without a lock.  `tail` belongs to the producer and
 * `head` to the consumer; each releases what it did and acquires what the other did.  Both only
 * count up, and their difference is what is in the ring.
 *
 * Who puts something in says so, then looks whether the reader waits; the reader says that it
 * waits, then looks whether there is something.  In the one order of sequentially consistent
 * operations at least one of the two sees what the other did, so no wake-up is lost.
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
    atomic_init(&wake->news, false);
    atomic_init(&wake->waits, false);
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

void wake_up(struct wake *wake)
{
    const uint64_t one = 1;

    /* Whoever set it before has seen to the eventfd, or the reader has not begun to wait. */
    if (atomic_exchange(&wake->news, true) || !atomic_load(&wake->waits))
        return;
    /* It can only fail when 2^64 wake-ups are waiting, and then one is. */
    (void)!write(wake->fd, &one, sizeof one);
}

bool wake_begins(struct wake *wake)
{
    atomic_store(&wake->waits, true);
    return !atomic_load(&wake->news);
}

void wake_take(struct wake *wake, bool readable)
{
    uint64_t count;

    atomic_store(&wake->waits, false);
    /* Not readable, though written to since the poll: then the next poll ends at once, in vain. */
    if (readable)
        (void)!read(wake->fd, &count, sizeof count);
    /* Before the reader looks at its rings: what comes after that look is news again. */
    (void)atomic_exchange(&wake->news, false);
}

void wake_wait(struct wake *wake, int timeout_ms)
{
    struct pollfd fd = {.fd = wake->fd, .events = POLLIN};

    if (wake_begins(wake))
        (void)!poll(&fd, 1, timeout_ms); /* early is fine: the caller looks at its rings */
    wake_take(wake, fd.revents != 0);
}

void ring_init(struct ring *ring, struct wake *wake)
{
    static_assert((RING_SLOTS & (RING_SLOTS - 1)) == 0, "indexes wrap by a mask");
    *ring = (struct ring){.wake = wake};
    atomic_init(&ring->head, 0);
    atomic_init(&ring->tail, 0);
    atomic_init(&ring->wanted, false);
}

/* False: there is no place. */
static bool ring_add(struct ring *ring, void *item)
{
    size_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    size_t head = atomic_load_explicit(&ring->head, memory_order_acquire);

    if (tail - head == RING_SLOTS)
        return false;
    /* The slot is written before the tail that shows it. */
    ring->slots[tail & (RING_SLOTS - 1)] = item;
    atomic_store_explicit(&ring->tail, tail + 1, memory_order_release);
    return true;
}

bool ring_push(struct ring *ring, void *item)
{
    if (!ring_add(ring, item))
        return false;
    wake_up(ring->wake);
    return true;
}

bool ring_put(struct ring *ring, void *item)
{
    if (!ring_add(ring, item))
        return false;
    /* As the file's comment says: the fences put both sides' steps into one order. */
    atomic_thread_fence(memory_order_seq_cst);
    if (atomic_load(&ring->wanted) && atomic_exchange(&ring->wanted, false))
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

void *ring_want(struct ring *ring)
{
    void *item = ring_pop(ring);

    if (item != NULL)
        return item;
    atomic_store(&ring->wanted, true);
    atomic_thread_fence(memory_order_seq_cst);
    return ring_pop(ring);
}
