/*
 * The WebAssembly engine: decode, validate, meter and run untrusted modules.
 *
 * Profile (docs/design.md): MVP + sign extension + saturating truncation + memory.copy/fill +
 * mutable globals.  At most one memory with a declared maximum of at most ENGINE_MEMORY_PAGES_MAX;
 * functions may be imported only, from one module name, by exact name and signature; no start
 * function, threads, SIMD, reference types, passive segments or table mutation.  Everything else is
 * refused by name and byte offset.  So an agent's whole state between turns is its memory, its size
 * and its globals.
 *
 * Fuel is a function of the module and the inputs alone: table `fuel-3`, docs/fuel.md.  Each basic
 * block is charged on entry; a bulk operation that is inside memory by its size before it runs; the
 * first change to a page before it is made.  A trap costs what was entered, running out costs
 * exactly the budget.
 */
#ifndef SERAI_ENGINE_ENGINE_H
#define SERAI_ENGINE_ENGINE_H

#include "base/status.h"

enum {
    ENGINE_WASM_PAGE_BYTES = 65536,
    ENGINE_MEMORY_PAGES_MAX = 256, /* 16 MiB */
    ENGINE_CARD_BYTES = 4096,      /* one card covers this much of memory */
    ENGINE_CARDS_MAX = ENGINE_MEMORY_PAGES_MAX * (ENGINE_WASM_PAGE_BYTES / ENGINE_CARD_BYTES),
    ENGINE_MODULE_BYTES_MAX = 1024 * 1024,
    ENGINE_GLOBALS_MAX = 256,
    ENGINE_ARGS_MAX = 12,     /* of one import, and of an export that the host calls */
    ENGINE_NAME_BYTES = 128,  /* of a function's name, as people are shown it */
    ENGINE_FUEL_TABLE_ID = 3, /* fuel-3 */
};

/* ---- imports: the orders that the host offers ---- */

/*
 * One import that a module may name.  `params` is one letter a parameter, 'i' for i32 and 'l' for
 * i64 (no floats); every order returns an i64.  Its place in the host's array is its number.
 */
struct engine_import {
    const char *name;
    const char *params;
};

struct engine_imports {
    const char *module; /* "serai" */
    const struct engine_import *items;
    uint32_t count;
};

/* ---- code: a validated, pre-decoded module; immutable, shared by all its agents ---- */

struct engine_code; /* opaque; read by any thread */

/*
 * Decode, validate and pre-decode `size` bytes of a module (borrowed during the call only).  On
 * ST_OK the caller owns *code and ends it with engine_code_free().  ST_INVALID: outside the
 * profile, not valid, or over a limit; *fault says what, and at which byte, e.g. "simd is outside
 * the profile, at byte 0x1f3".  ST_NOMEM.  Linear in `size`; depth and memory are bounded
 * (engine/limits.h).
 */
MUST_CHECK enum status engine_code_new(struct engine_code **code, const uint8_t *bytes, size_t size,
                                       const struct engine_imports *imports, struct fault *fault);

/* Free a code that no instance uses any more; NULL is allowed. */
void engine_code_free(struct engine_code *code);

/* The initial size of the memory in wasm pages; 0 without memory. */
uint32_t engine_code_memory_pages(const struct engine_code *code);

/* The declared maximum of the memory in wasm pages. */
uint32_t engine_code_memory_pages_max(const struct engine_code *code);

/* The number of globals, in the order of the module. */
uint32_t engine_code_globals(const struct engine_code *code);

/*
 * Bytes of RAM that the pre-decoded form takes.  A function of the module alone: spare
 * room of arrays that could not be given back is not counted.
 */
size_t engine_code_bytes(const struct engine_code *code);

/*
 * The number of the exported function `name` with this signature: letters as above, and 'f' for
 * f32, 'd' for f64; result 0 for none.  ST_MISSING when there is none, ST_INVALID when its
 * signature differs or it is an import of the module.
 */
MUST_CHECK enum status engine_code_export(const struct engine_code *code, const char *name,
                                          const char *params, char result, uint32_t *function,
                                          struct fault *fault);

/*
 * Write the initial values of all globals: engine_code_globals() raw 64-bit values, i32
 * zero-extended.
 */
void engine_code_initial_globals(const struct engine_code *code, uint64_t *globals);

/*
 * Write the initial image of memory bytes [offset, offset + size) to `to`: zeroes and active data.
 * offset + size is at most the initial size.
 */
void engine_code_initial_memory(const struct engine_code *code, uint32_t offset, uint32_t size,
                                uint8_t *to);

/*
 * The n-th piece of the initial image and where it lies; bytes in no piece are zero, and a later
 * piece covers an earlier one.  NULL past the last.  The bytes belong to the code.
 */
const uint8_t *engine_code_data(const struct engine_code *code, uint32_t n, uint32_t *offset,
                                uint32_t *size);

/* ---- running ---- */

/*
 * The state that a run works on.  All memory is the caller's.  `memory` has room for the declared
 * maximum; bytes past the current size must be zero (memory.grow shows them).  `cards` has one byte
 * for each 4 KiB of the declared maximum: a run sets cards[i] = 1 for each card that a store may
 * have changed, and never clears one.  Setting one that was clear costs FUEL_PAGE, taken before a
 * byte is written; the turns of an agent begin with all of them clear.  Host calls that write guest
 * memory go through engine_guest_write().
 */
struct engine_instance {
    const struct engine_code *code;
    uint8_t *memory;
    uint32_t memory_pages; /* current size, in wasm pages */
    uint8_t *cards;
    uint64_t *globals;
    uint64_t fuel; /* in: the budget; out: what is left */

    /*
     * The host.  `order` is the import's number; args are raw 64-bit values (i32 zero-extended).
     * Puts the i64 result in *result and returns true; false ends the run with ENGINE_STOPPED.
     * It may read and write memory, cards and `fuel` (never raising it) of this instance; it must
     * not run it.  Before the call the engine has charged the fuel table's own price of a call.
     */
    bool (*host_call)(void *host, struct engine_instance *instance, uint32_t order,
                      const uint64_t *args, int64_t *result);
    void *host;
    /* Bytes of RAM that memory.grow asks for: false refuses it (the guest sees -1). NULL: allowed.
     */
    bool (*host_grow)(void *host, uint32_t pages_now, uint32_t pages_more);
};

/* Fixed numbers: shown to people and stored with events. */
enum engine_outcome {
    ENGINE_DONE = 0,
    ENGINE_OUT_OF_FUEL = 1, /* fuel is 0: it cost exactly the budget */
    ENGINE_STOPPED = 2,     /* the host asked for it */
    ENGINE_TRAP_UNREACHABLE = 3,
    ENGINE_TRAP_MEMORY = 4, /* load, store or bulk operation out of bounds */
    ENGINE_TRAP_DIVIDE_BY_ZERO = 5,
    ENGINE_TRAP_INTEGER_OVERFLOW = 6,
    ENGINE_TRAP_BAD_CONVERSION = 7,
    ENGINE_TRAP_TABLE = 8,     /* call_indirect outside the table, or an empty entry */
    ENGINE_TRAP_SIGNATURE = 9, /* call_indirect of another type */
    ENGINE_TRAP_STACK = 10,    /* the activation budget is used up: same depth on every machine */
};

/* The outcome in words for people: "done", "out of fuel", "unreachable executed".  Never NULL. */
const char *engine_outcome_name(enum engine_outcome outcome);

/* Scratch for one run at a time: value and control stacks of fixed size.  Make one per thread. */
struct engine_stack;

/*
 * Make a stack.  On ST_OK the caller owns *stack and ends it with engine_stack_free().
 * ST_NOMEM.
 */
MUST_CHECK enum status engine_stack_new(struct engine_stack **stack);

/* Free a stack; NULL is allowed. */
void engine_stack_free(struct engine_stack *stack);

/*
 * Run `function` (from engine_code_export) to its end.  args: raw values, as many as it has params.
 * *result: its raw result, 0 when it has none; it may lie in `args`.  Nothing is allocated.  After
 * anything but ENGINE_DONE memory, size and globals are as the guest left them: undoing is the
 * caller's, by the cards.
 */
enum engine_outcome engine_run(struct engine_instance *instance, struct engine_stack *stack,
                               uint32_t function, const uint64_t *args, uint64_t *result);

/*
 * Where the last run on this stack ended, unless it was ENGINE_DONE: the function's index and the
 * byte offset in the module.
 */
void engine_trap_place(const struct engine_stack *stack, uint32_t *function, uint32_t *offset);

/* One activation of a run that ended badly: where it was, or the call that it waited for. */
struct engine_frame {
    uint32_t function;
    uint32_t offset; /* in the module */
};

/*
 * The activations of the last run on this stack, if it was not ENGINE_DONE: the place of the trap
 * first, then its caller, at most `room`.  Returns how many were written; *depth is how many there
 * were.  For tools.  Tier 1 may know the first one alone; its *depth is 1 then.  The run's code
 * must still be there.
 */
uint32_t engine_backtrace(const struct engine_stack *stack, struct engine_frame *frames,
                          uint32_t room, uint32_t *depth);

/*
 * The name that the module's name section gives a function: printable ASCII, at most
 * ENGINE_NAME_BYTES with its NUL, other bytes shown as '?'.  NULL when it gives none.  An author's
 * claim: show it to people, and trust it nowhere.
 */
const char *engine_function_name(const struct engine_code *code, uint32_t function);

/*
 * Checked access for host calls: engine_guest_read() and engine_guest_write() return NULL when
 * [address, address + size) is not all inside the current memory.  The pointer holds until the
 * memory grows.  engine_guest_write() also marks the cards of the whole range, so call it last.
 */
const uint8_t *engine_guest_read(const struct engine_instance *instance, uint32_t address,
                                 uint32_t size);
uint8_t *engine_guest_write(struct engine_instance *instance, uint32_t address, uint32_t size);

/*
 * The fuel that the table asks for the cards which engine_guest_write() of a range would mark.  The
 * host charges it before it writes.
 */
uint64_t engine_guest_write_fuel(const struct engine_instance *instance, uint32_t address,
                                 uint32_t size);

#endif
