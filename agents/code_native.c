/* Code on its way to tier 1 and back.  None of this is stored, so no frame shows it. */
#include "agents/code_native.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agents/code.h"
#include "agents/imports.h"
#include "agents/modules.h"
#include "agents/set.h"
#include "base/table.h"
#include "engine/native.h"

enum { WAITING_BYTES = 96 };

void agents_watch_code(struct agents *agents, uint64_t fuel, uint64_t effort_fuel)
{
    agents->modules.hot_fuel = fuel;
    agents->modules.effort_fuel = effort_fuel;
}

/*
 * The fuel from which on a compile of the module is worth its effort, but at least hot_fuel.  A
 * module that the emitter refuses is reported at once, for its compile costs nothing.
 */
static uint64_t code_worth(const struct agents *agents, const struct code *code)
{
    struct fault ignored;
    uint64_t effort = 0;
    uint64_t fuel;

    if (engine_native_effort(code->engine, &effort, &ignored) != ST_OK)
        return agents->modules.hot_fuel;
    if (__builtin_mul_overflow(effort, agents->modules.effort_fuel, &fuel))
        return UINT64_MAX;
    return fuel > agents->modules.hot_fuel ? fuel : agents->modules.hot_fuel;
}

void code_used(struct agents *agents, struct code *code, uint64_t fuel)
{
    code->fuel += fuel;
    code->watched_fuel += fuel;
    code->used_turn = agents->counters.turns;
    if (agents->modules.hot_fuel == 0 || code->reported == REPORTED_ALL ||
        code->watched_fuel < agents->modules.hot_fuel)
        return;
    /* Not before it is hot: finding what it is worth walks through all its words. */
    if (code->reported == REPORTED_NOTHING)
        code->worth_fuel = code_worth(agents, code);
    else if (code->watched_fuel < code->worth_fuel)
        return;
    code->reported = code->watched_fuel < code->worth_fuel ? REPORTED_HOT : REPORTED_ALL;
    /* It is in the list still; agents_hot_code() reports its state as it is by then. */
    if (code->waits)
        return;
    code->waits = true;
    bytes_append(&agents->modules.hot, &code->id, sizeof code->id);
    INVARIANT(!agents->modules.hot.failed);
}

bool agents_hot_code(struct agents *agents, struct hot_code *hot)
{
    struct bytes *ids = &agents->modules.hot;

    while (ids->size > 0) {
        struct code *code;

        /* The last one first: mostly there is one at most, so the order does not matter. */
        memcpy(&hot->id, ids->data + ids->size - sizeof hot->id, sizeof hot->id);
        ids->size -= sizeof hot->id;
        code = modules_find(&agents->modules, &hot->id);
        if (code == NULL) /* dropped meanwhile */
            continue;
        code->waits = false;
        hot->bytes = code->bytes;
        hot->size = code->size;
        hot->paid = code->reported == REPORTED_ALL;
        return true;
    }
    return false;
}

enum status agents_code_emit(const uint8_t *module, size_t size, struct bytes *text,
                             struct fault *fault)
{
    struct engine_code *code = NULL;
    enum status status = engine_code_new(&code, module, size, &turn_imports, fault);

    if (status != ST_OK)
        return status;
    status = engine_native_emit(code, text, fault);
    engine_code_free(code);
    return status;
}

enum status agents_code_load(struct agents *agents, const struct hash *id, const char *path,
                             struct fault *fault)
{
    struct code *code = modules_find(&agents->modules, id);
    struct engine_native *native = NULL;
    enum status status;

    INVARIANT(agents->turn == NULL);
    if (code == NULL)
        return fault_set(fault, ST_MISSING, "no agent has this code any more");
    if (code->native != NULL)
        return ST_OK;
    status = engine_native_load(&native, code->engine, path, fault);
    if (status != ST_OK)
        return status;
    /* Between two turns, so no run changes its tier within. */
    engine_code_use_native(code->engine, native);
    code->native = native;
    agents->modules.natives++;
    free(code->tier_reason);
    code->tier_reason = NULL;
    return ST_OK;
}

/* The one that was used longest ago makes room; it is watched again from zero. */
void agents_code_unload(struct agents *agents)
{
    struct code *oldest = NULL;

    INVARIANT(agents->turn == NULL);
    for (struct code *code = agents->modules.first; code != NULL; code = code->next) {
        if (code->native != NULL && (oldest == NULL || code->used_turn < oldest->used_turn))
            oldest = code;
    }
    if (oldest == NULL)
        return;
    engine_code_use_native(oldest->engine, NULL);
    engine_native_free(oldest->native);
    oldest->native = NULL;
    oldest->reported = REPORTED_NOTHING;
    oldest->watched_fuel = 0;
    agents->modules.natives--;
}

void agents_code_note(struct agents *agents, const struct hash *id, const char *reason)
{
    struct code *code = modules_find(&agents->modules, id);
    size_t size = strlen(reason) + 1;

    if (code == NULL)
        return;
    code->reported = REPORTED_ALL;
    free(code->tier_reason);
    code->tier_reason = malloc(size);
    if (code->tier_reason != NULL) /* else the list does not say why */
        memcpy(code->tier_reason, reason, size);
}

size_t agents_codes_native(const struct agents *agents)
{
    return agents->modules.natives;
}

/* How far a module is from tier 1, for lists; empty when it is there, or when nobody watches. */
static const char *code_waiting_reason(const struct agents *agents, const struct code *code,
                                       char text[WAITING_BYTES])
{
    uint64_t wanted =
        code->reported == REPORTED_NOTHING ? agents->modules.hot_fuel : code->worth_fuel;

    if (code->native != NULL || agents->modules.hot_fuel == 0)
        return "";
    if (code->watched_fuel >= wanted)
        return "the compiler has it, or will";
    (void)snprintf(text, WAITING_BYTES, "used %" PRIu64 " of %" PRIu64 " fuel%s",
                   code->watched_fuel, wanted,
                   code->reported == REPORTED_NOTHING ? "" : ", which a compile of it is worth");
    return text;
}

size_t agents_code_list(const struct agents *agents, uint64_t after, size_t limit,
                        void (*visit)(void *context, const struct code_view *code), void *context)
{
    uint64_t *cursors;
    size_t count;
    size_t visited = 0;
    char text[WAITING_BYTES];

    table_keys_sorted(&agents->modules.by_id, &cursors, &count);
    for (size_t i = 0; i < count && visited < limit; i++) {
        const struct code *code = table_get(&agents->modules.by_id, cursors[i]);

        if (cursors[i] <= after)
            continue;
        /*
         * Modules whose ids begin with the same 8 bytes have one cursor, so they are shown
         * together, even past the limit: the next list begins after them.
         */
        for (; code != NULL; code = code->same) {
            struct code_view view = {
                .cursor = cursors[i],
                .id = code->id,
                .size = code->size,
                .held = code->held,
                .refs = code->refs,
                .fuel = code->fuel,
                .builtin = code->builtin,
                .native = code->native != NULL,
                .reason = code->tier_reason == NULL ? code_waiting_reason(agents, code, text)
                                                    : code->tier_reason,
            };

            visit(context, &view);
            visited++;
        }
    }
    free(cursors);
    return visited;
}
