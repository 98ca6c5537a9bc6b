/* Code on its way to tier 1 and back.  None of this is stored, so no frame shows it. */
#include <stdlib.h>
#include <string.h>

#include "agents/engine/native.h"
#include "agents/turn.h"

void agents_watch_code(struct agents *agents, uint64_t fuel)
{
    agents->hot_fuel = fuel;
}

void code_burnt(struct agents *agents, struct code *code, uint64_t fuel)
{
    code->fuel += fuel;
    code->heat += fuel;
    code->used_turn = agents->counters.turns;
    if (agents->hot_fuel == 0 || code->told || code->heat < agents->hot_fuel)
        return;
    code->told = true;
    bytes_append(&agents->hot_codes, &code->id, sizeof code->id);
    INVARIANT(!agents->hot_codes.failed);
}

bool agents_hot_code(struct agents *agents, struct hash *id, const uint8_t **bytes, size_t *size)
{
    struct bytes *hot = &agents->hot_codes;

    while (hot->size > 0) {
        const struct code *code;

        /* The last one first: there is one or none but for a moment. */
        memcpy(id, hot->data + hot->size - sizeof *id, sizeof *id);
        hot->size -= sizeof *id;
        code = code_find(agents, id);
        if (code == NULL) /* dropped meanwhile */
            continue;
        *bytes = code->bytes;
        *size = code->size;
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
    struct code *code = code_find(agents, id);
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
    engine_code_use_native(code->engine, native);
    code->native = native;
    agents->natives++;
    free(code->tier_reason);
    code->tier_reason = NULL;
    return ST_OK;
}

void agents_code_unload(struct agents *agents)
{
    struct code *oldest = NULL;

    INVARIANT(agents->turn == NULL);
    for (struct code *code = agents->codes; code != NULL; code = code->next) {
        if (code->native != NULL && (oldest == NULL || code->used_turn < oldest->used_turn))
            oldest = code;
    }
    if (oldest == NULL)
        return;
    engine_code_use_native(oldest->engine, NULL);
    engine_native_free(oldest->native);
    oldest->native = NULL;
    oldest->told = false;
    oldest->heat = 0;
    agents->natives--;
}

void agents_code_note(struct agents *agents, const struct hash *id, const char *reason)
{
    struct code *code = code_find(agents, id);
    size_t size = strlen(reason) + 1;

    if (code == NULL)
        return;
    free(code->tier_reason);
    code->tier_reason = malloc(size);
    if (code->tier_reason != NULL) /* else the list does not say why */
        memcpy(code->tier_reason, reason, size);
}

size_t agents_codes_native(const struct agents *agents)
{
    return agents->natives;
}

size_t agents_code_list(const struct agents *agents, uint64_t after, size_t limit,
                        void (*visit)(void *context, const struct code_view *code), void *context)
{
    uint64_t *cursors;
    size_t count;
    size_t visited = 0;

    table_keys_sorted(&agents->codes_by_id, &cursors, &count);
    for (size_t i = 0; i < count && visited < limit; i++) {
        const struct code *code = table_get(&agents->codes_by_id, cursors[i]);

        if (cursors[i] <= after)
            continue;
        /* Two that begin with the same 8 bytes are shown together, or the second never would be. */
        for (; code != NULL; code = code->same) {
            struct code_view view = {
                .cursor = cursors[i],
                .id = code->id,
                .size = code->size,
                .refs = code->refs,
                .fuel = code->fuel,
                .builtin = code->builtin,
                .native = code->native != NULL,
                .reason = code->tier_reason == NULL ? "" : code->tier_reason,
            };

            visit(context, &view);
            visited++;
        }
    }
    free(cursors);
    return visited;
}
