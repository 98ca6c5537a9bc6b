/*
 * Modules of code: validated once, kept by their SHA-256, shared by all agents that run or keep
 * them; and tier 1, in which some of them run as native code.
 */
#ifndef SERAI_AGENTS_MODULES_H
#define SERAI_AGENTS_MODULES_H

#include "base/bytes.h"
#include "base/hash.h"
#include "market/market.h"

struct agents;
struct agent;
struct agents_module;
struct engine_code;

/*
 * Validate and keep a module.  `keeper` holds a reference to it (and pays its share of the rent).
 * ST_INVALID: refused, *fault says why.  ST_FULL: the keeper's list.  *id is its SHA-256.
 */
MUST_CHECK enum status agents_code_put(struct agents *agents, struct agent *keeper,
                                       const uint8_t *bytes, size_t size, struct hash *id,
                                       struct fault *fault);

/* Whether the agent keeps this module; running it does not count. */
MUST_CHECK bool agents_code_is_kept(const struct agents *agents, const struct agent *agent,
                                    const struct hash *id);

/* Whether a module that is here could be put on the agent's list of kept ones, or is on it. */
MUST_CHECK bool agents_code_fits(const struct agents *agents, const struct agent *agent,
                                 const struct agents_module *module);

/*
 * Validate and hold a module that no agent keeps yet: it is dropped with the next frame unless it
 * is used.  Fails as agents_code_put().
 */
MUST_CHECK enum status agents_code_stage(struct agents *agents, const uint8_t *bytes, size_t size,
                                         struct hash *id, struct fault *fault);

/* Drop at once a module that was staged and that no agent keeps, as if it had never been. */
void agents_code_unstage(struct agents *agents, const struct hash *id);

/* Whether a module is here already, validated. */
MUST_CHECK bool agents_code_is_here(const struct agents *agents, const struct hash *id);

/* Fuel for checking a module of `size` bytes, besides what the order itself takes. */
uint64_t agents_check_fuel(size_t size);

/* A module that somebody brings, and what it is known by. */
struct agents_module {
    const uint8_t *bytes;
    size_t size;
    struct hash id;
};
/*
 * How many bytes these would add to what the customer's agents run and keep (CUSTOMER_CODE_BYTES):
 * each counts once however often it is named, and none that they have already.  One that is not
 * here yet counts with its own bytes alone: what it decodes to is known once it is staged.
 */
MUST_CHECK uint64_t agents_code_adds(const struct agents *agents, uint64_t customer,
                                     const struct agents_module *modules, size_t count);

/* The functions of a module that a site calls. */
struct code_entry {
    uint32_t turn;    /* serai_turn */
    bool initializes; /* it has _initialize, to be run before the first turn that stands */
    uint32_t initialize;
};

/*
 * Find the functions of a module that a site calls.  ST_INVALID: there is no serai_turn, one of the
 * two has another signature, or the module counts on a call that no site makes (_start,
 * constructors without _initialize); *fault says which.
 */
MUST_CHECK enum status agents_code_entry(const struct engine_code *engine, struct code_entry *entry,
                                         struct fault *fault);

/* Validate a module and keep nothing.  Fails as agents_code_put(). */
MUST_CHECK enum status agents_code_check(const uint8_t *bytes, size_t size, struct fault *fault);

/* Keep a module that no agent pays for: the loader.  Fails as agents_code_put(). */
MUST_CHECK enum status agents_code_builtin(struct agents *agents, const uint8_t *bytes, size_t size,
                                           struct hash *id, struct fault *fault);

/*
 * ---- tier 1: code compiled by whoever runs the compiler (engine/native.h) ----
 *
 * Which tier code is in changes nothing that agents see, pay or store: frames are the same.
 */

/*
 * Let agents_hot_code() report each module once its agents used `fuel`, and again once they used
 * what a compile is worth: `effort_fuel` for each unit of its effort (engine_native_effort()), if
 * that is more.  With `fuel` 0, as at first, none is reported.
 */
void agents_watch_code(struct agents *agents, uint64_t fuel, uint64_t effort_fuel);

struct hot_code {
    struct hash id;
    const uint8_t *bytes; /* borrowed until a turn is run or a frame is saved */
    size_t size;
    bool paid; /* its agents used what a compile is worth; else take only an object at hand */
};

/* The next module that became hot; each time is reported once.  False: there is none. */
bool agents_hot_code(struct agents *agents, struct hot_code *hot);

/* Append a module's C text; for the process that compiles.  ST_INVALID: it is refused; ST_NOMEM. */
MUST_CHECK enum status agents_code_emit(const uint8_t *module, size_t size, struct bytes *text,
                                        struct fault *fault);

/*
 * Run a module by the object at `path` from the next turn on.  Not within a turn.  ST_MISSING: no
 * agent has it any more.  ST_INVALID, ST_IO: it stays as it was, and *fault says why.
 */
MUST_CHECK enum status agents_code_load(struct agents *agents, const struct hash *id,
                                        const char *path, struct fault *fault);

/* Move the module in tier 1 that ran longest ago back to tier 0; it may become hot again. */
void agents_code_unload(struct agents *agents);

/*
 * Record why a module stays in tier 0; agents_code_list() shows it, and it is not reported again.
 */
void agents_code_note(struct agents *agents, const struct hash *id, const char *reason);

/* The number of modules in tier 1. */
size_t agents_codes_native(const struct agents *agents);

struct code_view {
    uint64_t cursor; /* the first 8 bytes of the id, big-endian */
    struct hash id;
    uint64_t size;
    uint64_t held;      /* of memory, for which rent is paid; the loader's by nobody */
    uint64_t refs;      /* agents that run or keep it */
    uint64_t fuel;      /* used since the start */
    bool builtin;       /* the loader */
    bool native;        /* in tier 1 */
    const char *reason; /* why not, if somebody watches, else ""; for this visit */
};
/* Visit at most `limit` modules with a cursor above `after`, in its order.  Returns how many. */
size_t agents_code_list(const struct agents *agents, uint64_t after, size_t limit,
                        void (*visit)(void *context, const struct code_view *code), void *context);

#endif
