/*
 * Metronome: has itself woken as soon as it can be, for ever: one turn of its own in each frame.
 * It wants a timer.
 */
#include "tests/agents/guests/guest.h"

void serai_turn(int32_t kind, int32_t slot, int32_t size)
{
    (void)slot;
    (void)size;
    if (kind == SERAI_EVENT_BORN || kind == SERAI_EVENT_WAKE)
        (void)timer_wake(SERAI_SLOT_FIRST_FREE, 0, 0);
}
