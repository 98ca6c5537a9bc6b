/*
 * Flood: sends messages to one facet until it is refused.
 *
 *   to=...       the facet, by its heap number: 24 hex digits
 *   count=1000   how many at most
 *   bytes=100    of data in each
 *   money=0      nanos with each
 */
#include "tests/agents/guests/guest.h"

static uint8_t data[SERAI_MESSAGE_BYTES_MAX];

static void flood(void)
{
    char args[512];
    int32_t args_size = (int32_t)event_read(args, sizeof args, 0);
    int64_t to = guest_arg_heap("to", args, args_size);
    int64_t count = serai_arg_int("count", args, args_size, 1000);
    int32_t bytes = (int32_t)serai_arg_int("bytes", args, args_size, 100);
    int64_t money = serai_arg_int("money", args, args_size, 0);
    int64_t answer = to;
    int64_t sent = 0;

    while (answer >= 0 && sent < count) {
        answer = facet_send((int32_t)to, data, bytes, NULL, 0, money, facet_postage((int32_t)to),
                            SERAI_SLOT_NONE);
        sent += answer >= 0;
    }
    serai_log_values("flood: sent %d, last answer %d", sent, answer);
}

void serai_turn(int32_t kind, int32_t slot, int32_t size)
{
    (void)slot;
    (void)size;
    if (kind == SERAI_EVENT_BORN || kind == SERAI_EVENT_BECAME)
        flood();
}
