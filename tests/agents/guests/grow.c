/* Grow: takes memory page by page until it is refused, writes in each, and logs how far it came. */
#include "tests/agents/guests/guest.h"

void serai_turn(int32_t kind, int32_t slot, int32_t size)
{
    size_t pages = __builtin_wasm_memory_size(0);

    (void)slot;
    (void)size;
    if (kind != SERAI_EVENT_BORN)
        return;
    serai_log_values("grow: %d pages at first", pages);
    while (__builtin_wasm_memory_grow(0, 1) != SIZE_MAX) {
        *(volatile uint8_t *)(pages * 65536) = 1;
        pages++;
    }
    serai_log_values("grow: %d pages at last", pages);
}
