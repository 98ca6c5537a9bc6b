/*
 * Out of memory: while a core is called, one of its allocations fails, or all from some on.  Either
 * it refuses the work and goes on, or it stops on an invariant; then this process goes on without
 * that core, as after a crash.  malloc, calloc, realloc and invariant_failed of the whole program
 * are wrapped at link time (CMakeLists.txt); whatever is not called through here is not touched.
 */
#ifndef SERAI_SIM_MEMORY_H
#define SERAI_SIM_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

/* Nothing fails in this call: `from` of a guarded one. */
#define MEMORY_ENOUGH UINT64_MAX

struct memory_outcome {
    bool stopped;     /* an invariant failed: what the call worked on is not to be touched again */
    uint64_t refused; /* allocations that failed */
    uint64_t asked;   /* before one failed, or in all */
};

/*
 * Make the call; its allocation number `from` (from 0) fails, and those after it too unless `once`.
 */
struct memory_outcome memory_guard(uint64_t from, bool once, void (*call)(void *context),
                                   void *context);

/* Leave the simulator's own allocations within such a call alone: false to begin, true to end. */
void memory_count(bool on);

#endif
