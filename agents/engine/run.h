/* What both tiers do in the same words: memory, host calls and places; private to the engine. */
#ifndef SERAI_AGENTS_ENGINE_RUN_H
#define SERAI_AGENTS_ENGINE_RUN_H

#include "agents/engine/code.h"

struct frame {
    const union word *pc; /* where the caller goes on */
    uint64_t *cells;      /* the caller's */
    uint32_t used;        /* of the activation budget, with the caller's own */
};

struct engine_stack {
    uint32_t function; /* where the last run ended ... */
    uint32_t offset;
    uint32_t depth; /* ... and how many activations there were; 0 when it was done */
    const struct engine_code *code;
    struct frame frames[LIMIT_CALLS];
    uint64_t cells[LIMIT_STACK_CELLS + 1]; /* a result needs a cell where nothing else does */
};

/* The state of a run that helpers share. */
struct run {
    struct engine_instance *instance;
    const struct engine_code *code;
    struct engine_stack *stack;
    uint64_t memory_bytes;
    uint64_t fuel;
    uint32_t depth; /* tier 0 only, as `used` */
    uint32_t used;
};

/* ---- operators that are more than an expression; ENGINE_DONE to go on ---- */

/* Before a store that meets a clear card: pay for the cards of its bytes and mark them. */
enum engine_outcome run_touch(struct run *run, uint64_t address, uint64_t size);
/* Outside of memory: a trap, at no more than the operator.  Else pay the size, the pages; write. */
enum engine_outcome run_memory_fill(struct run *run, uint32_t to, uint32_t byte, uint32_t size);
enum engine_outcome run_memory_copy(struct run *run, uint32_t to, uint32_t from, uint32_t size);
/* *result: the size before, or all ones when it cannot grow.  Only what can be had is charged. */
enum engine_outcome run_memory_grow(struct run *run, uint32_t pages, uint64_t *result);
/* Call the host's `order`.  The result replaces the arguments. */
enum engine_outcome run_call_host(struct run *run, uint32_t order, uint64_t *cells);

/* Where the run ended; the second form is of tier 0, which knows the word and the callers. */
void run_note_word(struct run *run, uint32_t word);
void run_note(struct engine_stack *stack, uint32_t function, uint32_t offset);

/* ---- tier 1 ---- */

/*
 * The code has an object with an entry for the function, this thread the stack for it, and memory
 * the size that the object may count on.
 */
bool native_has(const struct engine_instance *instance, uint32_t function);
/* As engine_run(), for a function that native_has(). */
enum engine_outcome native_run(struct engine_instance *instance, struct engine_stack *stack,
                               uint32_t function, const uint64_t *args, uint64_t *result);

#endif
