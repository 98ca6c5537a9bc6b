/* A run: its stack, and the tier that it takes. */
#include <stdlib.h>

#include "engine/run.h"

enum status engine_stack_new(struct engine_stack **stack)
{
    *stack = calloc(1, sizeof **stack);
    return *stack == NULL ? ST_NOMEM : ST_OK;
}

void engine_stack_free(struct engine_stack *stack)
{
    free(stack);
}

enum engine_outcome engine_run(struct engine_instance *instance, struct engine_stack *stack,
                               uint32_t function, const uint64_t *args, uint64_t *result)
{
    const struct engine_code *code = instance->code;

    INVARIANT(function >= code->imports_count && function < code->functions_count);
    INVARIANT(instance->memory_pages <= code->memory_pages_max);
    stack->function = 0;
    stack->offset = 0;
    stack->depth = 0;
    if (native_has(instance, function))
        return native_run(instance, stack, function, args, result);
    return run_interpret(instance, stack, function, args, result);
}
