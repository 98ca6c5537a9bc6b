/* See compare.h. */
#include "tests/differential/compare.h"

#include <stdio.h>
#include <string.h>

typedef bool outcome_same(uint8_t ours, uint8_t theirs);

static bool wabt_outcome_same(uint8_t ours, uint8_t theirs)
{
    return ours == theirs;
}

/*
 * V8 says "float unrepresentable" of NaN and of too large alike, and "null function or function
 * signature mismatch" of both; and tells an integer's overflow from a float's.
 */
static bool v8_outcome_same(uint8_t ours, uint8_t theirs)
{
    if (theirs == ENGINE_TRAP_BAD_CONVERSION)
        return ours == ENGINE_TRAP_BAD_CONVERSION || ours == ENGINE_TRAP_INTEGER_OVERFLOW;
    if (theirs == ENGINE_TRAP_SIGNATURE)
        return ours == ENGINE_TRAP_SIGNATURE || ours == ENGINE_TRAP_TABLE;
    return ours == theirs;
}

/*
 * What we refuse and others take must be a matter of the profile or of a limit, and be said so.
 * A module that the profile takes is valid for all.
 */
static bool refusal_is_of_the_profile(const char *why)
{
    static const char *const reasons[] = {
        "outside the profile",
        "over the limit",
        "the host has no import",
        "has another signature here",
        "can be imported",
        "the memory has no maximum",
        "is no constant of the profile",
        "of more than one constant",
        "nested deeper than",
        "more than",           /* locals, operands */
        "segment outside the", /* others find out when they make an instance */
    };

    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        if (strstr(why, reasons[i]) != NULL)
            return true;
    return false;
}

static enum compared compare_seen(const struct diff_case *diff, const struct diff_seen *other,
                                  outcome_same *same, char *text, size_t size)
{
    const struct diff_seen *ours = &diff->tier0;
    uint32_t calls = diff->plan.foreign;

    for (uint32_t i = 0; i < calls; i++) {
        if (other->outcome[i] == ENGINE_TRAP_STACK)
            return COMPARED_SHALLOW;
        if (same(ours->outcome[i], other->outcome[i]) && ours->result[i] == other->result[i])
            continue;
        (void)snprintf(text, size, "call %u (%.*s): %s, 0x%llx; the other: %s, 0x%llx", i,
                       diff->plan.calls[i].name.size, diff->plan.calls[i].name.text,
                       engine_outcome_name((enum engine_outcome)ours->outcome[i]),
                       (unsigned long long)ours->result[i],
                       engine_outcome_name((enum engine_outcome)other->outcome[i]),
                       (unsigned long long)other->result[i]);
        return COMPARED_DIFFERENT;
    }
    if (ours->pages != other->pages || ours->memory_hash != other->memory_hash) {
        (void)snprintf(text, size, "memory: %u pages, %08x; the other: %u pages, %08x", ours->pages,
                       ours->memory_hash, other->pages, other->memory_hash);
        return COMPARED_DIFFERENT;
    }
    for (uint32_t i = 0; i < diff->plan.globals_count; i++) {
        if (ours->globals[i] == other->globals[i])
            continue;
        (void)snprintf(text, size, "global %.*s: 0x%llx; the other: 0x%llx",
                       diff->plan.globals[i].size, diff->plan.globals[i].text,
                       (unsigned long long)ours->globals[i], (unsigned long long)other->globals[i]);
        return COMPARED_DIFFERENT;
    }
    return COMPARED_SAME;
}

static enum compared compare_side(const struct diff_case *diff, const struct diff_seen *other,
                                  outcome_same *same, char *text, size_t size)
{
    if (diff->code == NULL) {
        if (!other->accepted || refusal_is_of_the_profile(diff->fault.text))
            return COMPARED_SAME;
        (void)snprintf(text, size, "refused (%s); the other accepts it", diff->fault.text);
        return COMPARED_DIFFERENT;
    }
    if (!other->accepted || other->why[0] != '\0') {
        (void)snprintf(text, size, "accepted; the other: %s", other->why);
        return COMPARED_DIFFERENT;
    }
    return diff->plan.foreign == 0 ? COMPARED_SAME : compare_seen(diff, other, same, text, size);
}

enum compared compare_wabt(const struct diff_case *diff, char *text, size_t size)
{
    /* It takes some modules that are not valid, such as code behind the end of a function. */
    if (diff->code == NULL)
        return COMPARED_SAME;
    return compare_side(diff, &diff->wabt, wabt_outcome_same, text, size);
}

enum compared compare_v8(const struct diff_case *diff, char *text, size_t size)
{
    return compare_side(diff, &diff->v8, v8_outcome_same, text, size);
}
