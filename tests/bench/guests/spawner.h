/* What guests look for that are deployed with a spawner. */
#ifndef SERAI_TESTS_BENCH_GUESTS_SPAWNER_H
#define SERAI_TESTS_BENCH_GUESTS_SPAWNER_H

#include <serai.h>

static int32_t spawner_slot(void)
{
    for (int32_t slot = 0; slot < SERAI_SLOTS_MAX; slot++) {
        if (cap_kind(slot) == SERAI_KIND_SPAWNER)
            return slot;
    }
    __builtin_trap();
}

#endif
