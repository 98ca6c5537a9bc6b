/*
 * Where a run ended, and who had called whom.  Words are found back in the module by the places
 * that the compiler kept: only words that can end a run have one (engine/code.h).
 */
#include "engine/run.h"

const char *engine_outcome_name(enum engine_outcome outcome)
{
    switch (outcome) {
    case ENGINE_DONE:
        return "done";
    case ENGINE_OUT_OF_FUEL:
        return "out of fuel";
    case ENGINE_STOPPED:
        return "stopped by the host";
    case ENGINE_TRAP_UNREACHABLE:
        return "unreachable executed";
    case ENGINE_TRAP_MEMORY:
        return "memory access out of bounds";
    case ENGINE_TRAP_DIVIDE_BY_ZERO:
        return "integer divided by zero";
    case ENGINE_TRAP_INTEGER_OVERFLOW:
        return "integer overflow";
    case ENGINE_TRAP_BAD_CONVERSION:
        return "conversion of NaN to an integer";
    case ENGINE_TRAP_TABLE:
        return "indirect call of an undefined table entry";
    case ENGINE_TRAP_SIGNATURE:
        return "indirect call of a function of another type";
    case ENGINE_TRAP_STACK:
        return "call stack exhausted";
    }
    return "unknown outcome";
}

/*
 * The module's offset of a word: the last place at or before it.  The search keeps low <= word <
 * high. 0 in a code without places.
 */
static uint32_t trace_offset_of(const struct engine_code *code, uint32_t word)
{
    uint32_t low = 0;
    uint32_t high = code->places_count;

    while (low + 1 < high) {
        uint32_t middle = low + (high - low) / 2;

        if (code->places[middle].word <= word)
            low = middle;
        else
            high = middle;
    }
    return code->places_count == 0 ? 0 : code->places[low].offset;
}

/*
 * The function whose words include this one: functions lie in the order of the module, imports have
 * no words.
 */
static uint32_t trace_function_of(const struct engine_code *code, uint32_t word)
{
    uint32_t low = code->imports_count;
    uint32_t high = code->functions_count;

    while (low + 1 < high) {
        uint32_t middle = low + (high - low) / 2;

        if (code->functions[middle].code <= word)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* Tier 1 has no frames of ours to walk, so a trap there has a depth of one. */
void run_note(struct engine_stack *stack, uint32_t function, uint32_t offset)
{
    stack->function = function;
    stack->offset = offset;
    stack->depth = 1;
}

void run_note_word(struct run_state *run, uint32_t word)
{
    struct engine_stack *stack = run->stack;

    stack->function = trace_function_of(run->code, word);
    stack->offset = trace_offset_of(run->code, word);
    /*
     * The frames stay as they are until the next run on this stack; a backtrace reads them there.
     */
    stack->depth = run->depth;
    stack->code = run->code;
}

void engine_trap_place(const struct engine_stack *stack, uint32_t *function, uint32_t *offset)
{
    *function = stack->function;
    *offset = stack->offset;
}

uint32_t engine_backtrace(const struct engine_stack *stack, struct engine_frame *frames,
                          uint32_t room, uint32_t *depth)
{
    const struct engine_code *code = stack->code;
    uint32_t count = stack->depth < room ? stack->depth : room;

    *depth = stack->depth;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t call;

        if (i == 0) {
            frames[i] = (struct engine_frame){stack->function, stack->offset};
            continue;
        }
        /* The word before the one where that caller would have gone on belongs to its call. */
        call = (uint32_t)(stack->frames[stack->depth - i].pc - code->words) - 1;
        frames[i] =
            (struct engine_frame){trace_function_of(code, call), trace_offset_of(code, call)};
    }
    return count;
}
