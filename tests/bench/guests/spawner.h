/* What guests look for that are deployed with a spawner, or another thing. */
#ifndef SERAI_TESTS_BENCH_GUESTS_SPAWNER_H
#define SERAI_TESTS_BENCH_GUESTS_SPAWNER_H

#include <serai.h>

/* The first slot that holds such a thing; a trap if there is none. */
static inline int32_t slot_of_kind(int64_t kind)
{
    for (int32_t slot = 0; slot < SERAI_SLOTS_MAX; slot++) {
        if (cap_kind(slot) == kind)
            return slot;
    }
    __builtin_trap();
}

static inline int32_t spawner_slot(void)
{
    return slot_of_kind(SERAI_KIND_SPAWNER);
}

#endif
