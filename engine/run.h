/* The work that both tiers share: memory, host calls and places of traps; private to the engine. */
#ifndef SERAI_ENGINE_RUN_H
#define SERAI_ENGINE_RUN_H

#include "engine/code.h"

struct activation {
    const union word *pc; /* where the caller goes on */
    uint64_t *cells;      /* the caller's */
    uint32_t used;        /* of the activation budget, with the caller's own */
};

struct engine_stack {
    uint32_t function; /* where the last run ended ... */
    uint32_t offset;
    uint32_t depth; /* ... and how many activations there were; 0 when it was done */
    const struct engine_code *code;
    struct activation frames[LIMIT_CALLS];
    uint64_t cells[LIMIT_STACK_CELLS + 1]; /* a result needs a cell where nothing else does */
};

/* The state of a run that helpers share. */
struct run_state {
    struct engine_instance *instance;
    const struct engine_code *code;
    struct engine_stack *stack;
    uint64_t memory_bytes;
    uint64_t fuel;
    uint32_t depth; /* tier 0 only, as `used` */
    uint32_t used;
};

/* ---- operators that are more than an expression; ENGINE_DONE: the run goes on ---- */

/*
 * Charge for the clear cards of the bytes that a store is about to change, and mark them.
 * ENGINE_OUT_OF_FUEL: nothing is marked.
 */
enum engine_outcome run_mark_cards(struct run_state *run, uint64_t address, uint64_t size);

/*
 * run_memory_fill() and run_memory_copy() perform the bulk operators.  A range outside of memory is
 * ENGINE_TRAP_MEMORY, at no more than the price of the operator; else the size and the cards are
 * charged before a byte is written.
 */
enum engine_outcome run_memory_fill(struct run_state *run, uint32_t to, uint32_t byte,
                                    uint32_t size);
enum engine_outcome run_memory_copy(struct run_state *run, uint32_t to, uint32_t from,
                                    uint32_t size);

/*
 * Perform memory.grow: *result is the former size in pages, or all ones of 32 bits when memory
 * cannot grow.  Only pages within the declared maximum are charged.
 */
enum engine_outcome run_memory_grow(struct run_state *run, uint32_t pages, uint64_t *result);

/*
 * Call the host's `order` with the arguments in `cells`; the result replaces the first.  Charges
 * FUEL_HOST.
 */
enum engine_outcome run_call_host(struct run_state *run, uint32_t order, uint64_t *cells);

/*
 * run_note_word() and run_note() record where the run ended.  The first is for tier 0, which knows
 * the word and the callers.
 */
void run_note_word(struct run_state *run, uint32_t word);
void run_note(struct engine_stack *stack, uint32_t function, uint32_t offset);

/* ---- the two tiers ---- */

/* Run a function as engine_run() does, in tier 0. */
enum engine_outcome run_interpret(struct engine_instance *instance, struct engine_stack *stack,
                                  uint32_t function, const uint64_t *args, uint64_t *result);

/*
 * Whether an instance can run a function in tier 1 now: its code has an object with an entry for
 * the function, this thread has the stack for it, and memory has the size that the object counts
 * on.
 */
bool native_has(const struct engine_instance *instance, uint32_t function);

/* Run a function as engine_run() does, where native_has() is true. */
enum engine_outcome native_run(struct engine_instance *instance, struct engine_stack *stack,
                               uint32_t function, const uint64_t *args, uint64_t *result);

#endif
