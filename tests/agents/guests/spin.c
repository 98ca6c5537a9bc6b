/* Spin: its first turn never ends by itself, only by its fuel. */
#include "tests/agents/guests/guest.h"

static volatile int64_t rounds; /* volatile: a loop without effect may be left out */

void serai_turn(int32_t kind, int32_t slot, int32_t size)
{
    (void)kind;
    (void)slot;
    (void)size;
    for (;;)
        rounds++;
}
