/* See tier.h. */
#include "tests/differential/tier.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/differential/host.h"

struct tier {
    struct engine_stack *stack;
    uint8_t *memory; /* all zero between runs */
    uint8_t cards[ENGINE_CARDS_MAX];
    uint64_t globals[ENGINE_GLOBALS_MAX];
    uint8_t image[ENGINE_CARD_BYTES];
};

enum status tier_new(struct tier **tier)
{
    *tier = calloc(1, sizeof **tier);
    if (*tier == NULL)
        return ST_NOMEM;
    (*tier)->memory = calloc(ENGINE_MEMORY_PAGES_MAX, ENGINE_WASM_PAGE_BYTES);
    if ((*tier)->memory != NULL && engine_stack_new(&(*tier)->stack) == ST_OK)
        return ST_OK;
    tier_free(*tier);
    *tier = NULL;
    return ST_NOMEM;
}

void tier_free(struct tier *tier)
{
    if (tier == NULL)
        return;
    engine_stack_free(tier->stack);
    free(tier->memory);
    free(tier);
}

/* A card must be marked wherever memory differs from the first image. */
static void check_cards(struct tier *tier, const struct engine_instance *instance)
{
    uint32_t first = engine_code_memory_pages(instance->code) * ENGINE_WASM_PAGE_BYTES;
    uint32_t bytes = instance->memory_pages * ENGINE_WASM_PAGE_BYTES;

    for (uint32_t at = 0; at < bytes; at += ENGINE_CARD_BYTES) {
        if (instance->cards[at / ENGINE_CARD_BYTES] != 0)
            continue;
        memset(tier->image, 0, sizeof tier->image);
        if (at < first)
            engine_code_initial_memory(instance->code, at, ENGINE_CARD_BYTES, tier->image);
        INVARIANT(memcmp(tier->image, instance->memory + at, ENGINE_CARD_BYTES) == 0);
    }
}

static void look(struct tier *tier, const struct diff_case *diff,
                 const struct engine_instance *instance, struct tier_seen *seen)
{
    const struct diff_plan *plan = &diff->plan;

    seen->seen.pages = instance->memory_pages;
    seen->seen.memory_hash =
        diff_hash(instance->memory, (size_t)instance->memory_pages * ENGINE_WASM_PAGE_BYTES);
    for (uint32_t i = 0; i < plan->globals_count; i++)
        seen->seen.globals[i] =
            diff_clean(plan->global_types[i], instance->globals[plan->global_numbers[i]]);
    memcpy(seen->globals, instance->globals,
           engine_code_globals(diff->code) * sizeof seen->globals[0]);
    seen->cards_hash = diff_hash(instance->cards, ENGINE_CARDS_MAX);
    check_cards(tier, instance);
}

static bool run_call(struct tier *tier, struct engine_instance *instance,
                     const struct diff_call *call, uint64_t budget, uint32_t i,
                     struct tier_seen *seen)
{
    enum engine_outcome outcome;
    uint64_t result = 0;

    instance->fuel = budget;
    outcome = engine_run(instance, tier->stack, call->function, call->args, &result);
    INVARIANT(instance->fuel <= budget);
    INVARIANT(outcome != ENGINE_OUT_OF_FUEL || instance->fuel == 0);
    seen->seen.outcome[i] = (uint8_t)outcome;
    seen->seen.result[i] = diff_clean(call->result, result);
    seen->fuel[i] = instance->fuel;
    if (outcome != ENGINE_DONE)
        engine_trap_place(tier->stack, &seen->function[i], &seen->offset[i]);
    seen->seen.calls_count = i + 1;
    return outcome != ENGINE_OUT_OF_FUEL;
}

void tier_run(struct tier *tier, const struct diff_case *diff, uint32_t calls,
              const uint64_t *budget, struct tier_seen *seen)
{
    uint32_t pages = engine_code_memory_pages(diff->code);
    struct engine_instance instance = {.code = diff->code,
                                       .memory = tier->memory,
                                       .memory_pages = pages,
                                       .cards = tier->cards,
                                       .globals = tier->globals,
                                       .host_call = host_call};
    bool whole = true;

    memset(seen, 0, sizeof *seen);
    memset(tier->cards, 0, sizeof tier->cards);
    seen->seen.accepted = true;
    engine_code_initial_memory(diff->code, 0, pages * ENGINE_WASM_PAGE_BYTES, tier->memory);
    engine_code_initial_globals(diff->code, tier->globals);
    for (uint32_t i = 0; i < calls && whole; i++)
        whole = run_call(tier, &instance, &diff->plan.calls[i],
                         budget == NULL ? TIER_FUEL : budget[i], i, seen);
    /* What a run that ran out leaves behind is undone: it may be anything. */
    if (whole)
        look(tier, diff, &instance, seen);
    memset(tier->memory, 0, (size_t)instance.memory_pages * ENGINE_WASM_PAGE_BYTES);
}

bool tier_differs(const struct diff_case *diff, const struct tier_seen *a,
                  const struct tier_seen *b, char *text, size_t size)
{
    for (uint32_t i = 0; i < a->seen.calls_count; i++) {
        if (a->seen.outcome[i] == b->seen.outcome[i] && a->seen.result[i] == b->seen.result[i] &&
            a->fuel[i] == b->fuel[i] && a->function[i] == b->function[i] &&
            a->offset[i] == b->offset[i])
            continue;
        (void)snprintf(text, size,
                       "call %u (%.*s): %s, result 0x%llx, fuel left %llu, at function %u byte "
                       "0x%x; the other: %s, 0x%llx, %llu, %u, 0x%x",
                       i, diff->plan.calls[i].name.size, diff->plan.calls[i].name.text,
                       engine_outcome_name((enum engine_outcome)a->seen.outcome[i]),
                       (unsigned long long)a->seen.result[i], (unsigned long long)a->fuel[i],
                       a->function[i], a->offset[i],
                       engine_outcome_name((enum engine_outcome)b->seen.outcome[i]),
                       (unsigned long long)b->seen.result[i], (unsigned long long)b->fuel[i],
                       b->function[i], b->offset[i]);
        return true;
    }
    if (a->seen.calls_count != b->seen.calls_count || a->seen.pages != b->seen.pages ||
        a->seen.memory_hash != b->seen.memory_hash || a->cards_hash != b->cards_hash) {
        (void)snprintf(text, size,
                       "%u calls, %u pages, memory %08x, cards %08x; the other: %u, %u, %08x, %08x",
                       a->seen.calls_count, a->seen.pages, a->seen.memory_hash, a->cards_hash,
                       b->seen.calls_count, b->seen.pages, b->seen.memory_hash, b->cards_hash);
        return true;
    }
    for (uint32_t i = 0; i < engine_code_globals(diff->code); i++) {
        if (a->globals[i] == b->globals[i])
            continue;
        (void)snprintf(text, size, "global %u: 0x%llx; the other: 0x%llx", i,
                       (unsigned long long)a->globals[i], (unsigned long long)b->globals[i]);
        return true;
    }
    return false;
}
