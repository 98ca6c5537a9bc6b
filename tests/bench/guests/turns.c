/*
 * A market's turns, for WebAssembly and for the machine itself: a message names its sender by a
 * badge and bids a price; the book keeps what each sender has and the bids in a heap; the best bid
 * is served when the heap is full, and the sender is answered.
 */
#include "tests/bench/guests/turns.h"

typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;

enum { SENDERS = 256, BIDS = 63, PAGE_BYTES = 4096, PAGES = 4 };

struct sender {
    u64 badge;
    u64 money;
    u32 bids;
};
struct answer {
    u64 money;
    u64 best;
    u32 bids;
    u32 waiting;
};

static struct sender senders[SENDERS];
static u64 heap[BIDS + 1]; /* from 1; price in the high half, sender in the low */
static u32 heap_count;
static u64 served;
static volatile u8 pages[PAGES * PAGE_BYTES];

static struct sender *find_sender(u64 badge)
{
    u32 at = (u32)(badge * 0x9e3779b97f4a7c15ULL >> 56);

    while (senders[at].badge != badge && senders[at].badge != 0)
        at = (at + 1) % SENDERS;
    senders[at].badge = badge;
    return &senders[at];
}

static void push_bid(u64 bid)
{
    u32 at = ++heap_count;

    for (; at > 1 && heap[at / 2] < bid; at /= 2)
        heap[at] = heap[at / 2];
    heap[at] = bid;
}

static u64 pop_bid(void)
{
    u64 best = heap[1];
    u64 last = heap[heap_count--];
    u32 at = 1;

    for (u32 child = 2; child <= heap_count; child = 2 * at) {
        if (child < heap_count && heap[child + 1] > heap[child])
            child++;
        if (heap[child] <= last)
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = last;
    return best;
}

u64 turn_empty(u32 n)
{
    return n;
}

u64 turn_message(u32 n)
{
    struct turns_event event;
    struct answer answer;
    struct sender *sender;

    if (bench_event_info(&event) < 0)
        return 0;
    sender = find_sender(event.badge);
    sender->money += (u64)event.money;
    sender->bids++;
    push_bid((u64)event.money << 32 | event.badge);
    if (heap_count == BIDS) {
        u64 best = pop_bid();

        served += best >> 32;
        find_sender(best & 0xffffffff)->money -= best >> 32;
    }
    answer.money = sender->money;
    answer.best = heap[1];
    answer.bids = sender->bids;
    answer.waiting = heap_count;
    return (u64)bench_facet_send(event.slot, &answer, sizeof answer, 0, 0, 0, 100, -1) + served + n;
}

u64 turn_orders(u32 n)
{
    u64 sum = 0;

    for (u32 i = 0; i < n; i++)
        sum += (u64)bench_cap_kind((int)i);
    return sum;
}

u64 turn_dirty(u32 n)
{
    for (u32 page = 0; page < PAGES; page++)
        pages[page * PAGE_BYTES + n]++;
    return pages[n];
}
