/*
 * Where a run begins: the stack that it works on, and the tier that it takes.  Both tiers give the
 * same results, traps and fuel, so nothing but time depends on the choice.
 */
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

    /*
     * What an import is called for is the host's to do, and memory past the declared maximum is not
     * the caller's to lend: both are mistakes of the host.
     */
    INVARIANT(function >= code->imports_count && function < code->functions_count);
    INVARIANT(instance->memory_pages <= code->memory_pages_max);
    /* Nothing of an earlier run is reported as the end of this one. */
    stack->function = 0;
    stack->offset = 0;
    stack->depth = 0;
    /*
     * Asked at each run: the object may have come since, or this thread's stack may be too small
     * for it.
     */
    if (native_has(instance, function))
        return native_run(instance, stack, function, args, result);
    return run_interpret(instance, stack, function, args, result);
}
