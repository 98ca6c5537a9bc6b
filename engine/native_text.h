/*
 * The parts of tier 1's C text that are the same for all modules, and what an object and the engine
 * share; private to the engine.
 */
#ifndef SERAI_ENGINE_NATIVE_TEXT_H
#define SERAI_ENGINE_NATIVE_TEXT_H

#include "base/bytes.h"
#include "engine/native.h"

/*
 * These words are C of the engine here and text of every object there, so both have one layout.
 *
 * `room` is what is left of the activation budget (see NATIVE_ROOM).  A function of the object
 * takes the fuel that is left and returns it; the ones below end the run instead of returning when
 * they cannot go on.  `function` and `offset` say where in the module that is.
 */
#define NATIVE_SHARED                                                                              \
    struct native_context {                                                                        \
        uint8_t *memory;                                                                           \
        uint64_t bytes;                                                                            \
        uint8_t *cards;                                                                            \
        uint64_t *globals;                                                                         \
        uint32_t function;                                                                         \
        uint32_t offset;                                                                           \
        void (*trap)(struct native_context * c, uint64_t fuel, uint32_t outcome,                   \
                     uint32_t function, uint32_t offset);                                          \
        uint64_t (*host)(struct native_context * c, uint64_t fuel, uint32_t order, uint64_t *args, \
                         uint32_t function, uint32_t offset);                                      \
        uint64_t (*mark)(struct native_context * c, uint64_t fuel, uint64_t address,               \
                         uint64_t size, uint32_t function, uint32_t offset);                       \
        uint64_t (*fill)(struct native_context * c, uint64_t fuel, uint64_t *args,                 \
                         uint32_t function, uint32_t offset);                                      \
        uint64_t (*copy)(struct native_context * c, uint64_t fuel, uint64_t *args,                 \
                         uint32_t function, uint32_t offset);                                      \
        uint64_t (*grow)(struct native_context * c, uint64_t fuel, uint64_t *args,                 \
                         uint32_t function, uint32_t offset);                                      \
    };                                                                                             \
    struct native_entry {                                                                          \
        uint64_t (*call)(struct native_context * c, uint64_t fuel, uint32_t room,                  \
                         const uint64_t *args, uint64_t *result);                                  \
        uint64_t function;                                                                         \
    };                                                                                             \
    struct native_object {                                                                         \
        uint8_t stamp[64];                                                                         \
        const struct native_entry *entries;                                                        \
        uint64_t entries_count;                                                                    \
    };

NATIVE_SHARED

/* The one symbol of an object: its struct native_object. */
#define NATIVE_SYMBOL "serai_native"

/*
 * The activation budget in one word: cells below, calls above, a bit above each that is set when it
 * is overdrawn.  An activation takes one NATIVE_NEED; both are checked by one test.
 */
enum {
    NATIVE_CALL_SHIFT = 18,
    NATIVE_GUARD = 1 << 17 | 1 << 30,
};
#define NATIVE_ROOM(calls, cells) ((uint32_t)(calls) << NATIVE_CALL_SHIFT | (uint32_t)(cells))

/* Append what every object begins with: types, macros and numeric.h. */
void native_put_prologue(struct bytes *text);

/* The numbers of numeric.h as text, and the hash of the emitter's sources; made by the build. */
extern const char native_numeric[];
extern const char native_sources[];

/* In hex: what the object of this code must carry. */
void native_stamp(const struct engine_code *code, char stamp[65]);

/* Memory may be larger than the code declares: some word of it can grow it. */
bool native_grows(const struct engine_code *code);

/* engine_native_load() of an object that goes by another name: tests put many into one file. */
MUST_CHECK enum status native_load_symbol(struct engine_native **native,
                                          const struct engine_code *code, const char *path,
                                          const char *symbol, struct fault *fault);

#endif
