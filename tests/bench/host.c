#include "tests/bench/host.h"

#include <stddef.h>
#include <string.h>

static unsigned int sequence = 1;
static unsigned char taken[HOST_ANSWER_BYTES];

void host_next_event(void *to)
{
    struct turns_event event;

    event.kind = 3;
    event.slot = 9;
    event.size = 16;
    event.status = 0;
    sequence = sequence * 1664525U + 1013904223U;
    event.badge = 1 + (sequence >> 8) % 100;
    event.money = 1 + (sequence >> 16) % 1000;
    /* The rest is not read; a copy of all of it would cost more than the turn. */
    memcpy(to, &event, offsetof(struct turns_event, rest));
}

void host_take_answer(const void *from)
{
    memcpy(taken, from, sizeof taken);
}

/* ---- as the machine's own code calls them ---- */

long long bench_event_info(struct turns_event *to)
{
    host_next_event(to);
    return 0;
}

long long bench_cap_kind(int slot)
{
    return slot & 1;
}

long long bench_facet_send(int facet, const void *data, int size, const int *caps, int cap_count,
                           long long money, long long postage, int reply)
{
    (void)facet;
    (void)caps;
    (void)cap_count;
    (void)money;
    (void)postage;
    (void)reply;
    if (size == HOST_ANSWER_BYTES)
        host_take_answer(data);
    return 0;
}
