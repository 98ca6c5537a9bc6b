/* See case.h. */
#include "tests/differential/case.h"

#include <string.h>

#include "engine/code.h"

uint32_t diff_hash(const uint8_t *bytes, size_t size)
{
    uint32_t lanes[4] = {1, 2, 3, 4};

    for (size_t at = 0; at + 16 <= size; at += 16)
        for (size_t i = 0; i < 4; i++)
            lanes[i] = (lanes[i] ^ le32_get(bytes + at + 4 * i)) * 0x01000193U;
    return ((lanes[0] * 31 + lanes[1]) * 31 + lanes[2]) * 31 + lanes[3];
}

uint64_t diff_clean(char type, uint64_t bits)
{
    if (type == 'f' && (bits & 0x7fffffff) > 0x7f800000)
        return 0x7fc00000;
    if (type == 'd' && (bits & (uint64_t)INT64_MAX) > 0x7ff0000000000000)
        return 0x7ff8000000000000;
    return bits;
}

static char letter_of(uint8_t type)
{
    switch (type) {
    case TYPE_I32:
        return 'i';
    case TYPE_I64:
        return 'l';
    case TYPE_F32:
        return 'f';
    case TYPE_F64:
        return 'd';
    default:
        return 0;
    }
}

static uint64_t argument(struct rng *rng, uint8_t type)
{
    static const uint64_t floats[] = {0,
                                      0x3ff0000000000000,
                                      0xbff0000000000000,
                                      0x41e0000000000000,
                                      0x7ff0000000000000,
                                      0x8000000000000000,
                                      0x7ff8000000000001,
                                      0x3fb999999999999a};
    static const uint32_t narrow[] = {0,          0x3f800000, 0xbf800000, 0x4f000000,
                                      0x7f800000, 0x80000000, 0x7fc00001, 0x3dcccccd};

    switch (type) {
    case TYPE_F32:
        return narrow[rng_below(rng, 8)];
    case TYPE_F64:
        return floats[rng_below(rng, 8)];
    case TYPE_I32:
        return (uint32_t)(rng_coin(rng) ? rng_below(rng, 12) : rng_edgy(rng));
    default:
        return rng_edgy(rng);
    }
}

static bool name_of(const struct export *export, struct diff_name *name)
{
    if (export->name_bytes > DIFF_NAME_MAX)
        return false;
    name->size = (uint8_t) export->name_bytes;
    memcpy(name->text, export->name, export->name_bytes);
    return true;
}

static void add_call(struct diff_case *diff, const struct export *export, struct rng *rng)
{
    const struct function *function = &diff->code->functions[export->index];
    const struct signature *type = &diff->code->types[function->type];
    struct diff_call *call = &diff->plan.calls[diff->plan.calls_count];

    if (diff->plan.calls_count == DIFF_CALLS_MAX || function->imported ||
        type->params_count > ENGINE_ARGS_MAX || !name_of(export, &call->name))
        return;
    call->function = export->index;
    call->params_count = type->params_count;
    call->result = letter_of(type->result);
    for (uint32_t i = 0; i < type->params_count; i++) {
        call->params[i] = letter_of(type->params[i]);
        call->args[i] = argument(rng, type->params[i]);
    }
    diff->plan.calls_count++;
}

static void add_global(struct diff_case *diff, const struct export *export)
{
    struct diff_plan *plan = &diff->plan;

    if (plan->globals_count == DIFF_GLOBALS_MAX ||
        !name_of(export, &plan->globals[plan->globals_count]))
        return;
    plan->global_types[plan->globals_count] = letter_of(diff->code->globals[export->index].type);
    plan->global_numbers[plan->globals_count++] = export->index;
}

bool diff_plan_make(struct diff_case *diff, struct rng *rng)
{
    memset(&diff->plan, 0, sizeof diff->plan);
    for (uint32_t i = 0; i < diff->code->exports_count; i++) {
        const struct export *export = &diff->code->exports[i];

        if (export->kind == 0)
            add_call(diff, export, rng);
        else if (export->kind == 2 && !diff->plan.has_memory)
            diff->plan.has_memory = name_of(export, &diff->plan.memory);
        else if (export->kind == 3)
            add_global(diff, export);
    }
    return diff->plan.calls_count > 0;
}
