/*
 * Any bytes as a module: decoded and validated the same each time; what is accepted runs on little
 * fuel, keeps its bounds and ends the same each time, marks the cards of what it changed, and can
 * be shown and emitted.  Mutations know where the operators of a module are.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/code.h"
#include "engine/inspect.h"
#include "engine/native.h"
#include "tests/differential/host.h"
#include "tests/differential/mutate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

enum { FUEL = 2000, FUNCTIONS_RUN = 64, PAGES_RUN = 8, LINES_SEEN = 4000 };

/* ---- what a run leaves ---- */

struct end {
    uint64_t digest;
    uint64_t outcomes;
};

static void stir(uint64_t *digest, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;

    for (size_t i = 0; i < size; i++)
        *digest = (*digest ^ at[i]) * 1099511628211u;
}

static void check_cards(const struct engine_instance *instance)
{
    uint32_t first = engine_code_memory_pages(instance->code) * ENGINE_WASM_PAGE_BYTES;
    uint8_t image[ENGINE_CARD_BYTES];

    for (uint32_t at = 0; at < instance->memory_pages * ENGINE_WASM_PAGE_BYTES;
         at += ENGINE_CARD_BYTES) {
        if (instance->cards[at / ENGINE_CARD_BYTES] != 0)
            continue;
        memset(image, 0, sizeof image);
        if (at < first)
            engine_code_initial_memory(instance->code, at, sizeof image, image);
        INVARIANT(memcmp(image, instance->memory + at, sizeof image) == 0);
    }
}

static void run_functions(struct engine_instance *instance, struct engine_stack *stack,
                          struct end *end)
{
    static const uint64_t args[LIMIT_PARAMS] = {3, 5, 7};
    const struct engine_code *code = instance->code;

    for (uint32_t i = code->imports_count;
         i < code->functions_count && i < code->imports_count + FUNCTIONS_RUN; i++) {
        enum engine_outcome outcome;
        uint64_t result;

        instance->fuel = FUEL;
        outcome = engine_run(instance, stack, i, args, &result);
        INVARIANT(instance->fuel <= FUEL);
        INVARIANT(outcome != ENGINE_OUT_OF_FUEL || instance->fuel == 0);
        INVARIANT(instance->memory_pages <= code->memory_pages_max);
        stir(&end->digest, &outcome, sizeof outcome);
        stir(&end->digest, &result, sizeof result);
        stir(&end->digest, &instance->fuel, sizeof instance->fuel);
    }
}

static void run(const struct engine_code *code, struct engine_stack *stack, struct end *end)
{
    static uint8_t cards[ENGINE_CARDS_MAX];
    static uint64_t globals[ENGINE_GLOBALS_MAX];
    uint32_t pages = engine_code_memory_pages(code);
    struct engine_instance instance = {.code = code,
                                       .memory_pages = pages,
                                       .cards = cards,
                                       .globals = globals,
                                       .host_call = host_call};

    /* As much as the guest may see, so that the sanitizer sees anything past it. */
    instance.memory =
        calloc(1, (size_t)engine_code_memory_pages_max(code) * ENGINE_WASM_PAGE_BYTES + 1);
    if (instance.memory == NULL)
        return;
    memset(cards, 0, sizeof cards);
    engine_code_initial_memory(code, 0, pages * ENGINE_WASM_PAGE_BYTES, instance.memory);
    engine_code_initial_globals(code, globals);
    run_functions(&instance, stack, end);
    check_cards(&instance);
    for (uint32_t card = 0; card < instance.memory_pages * 16; card++)
        if (cards[card] != 0)
            stir(&end->digest, instance.memory + (size_t)card * ENGINE_CARD_BYTES,
                 ENGINE_CARD_BYTES);
    stir(&end->digest, globals, engine_code_globals(code) * sizeof globals[0]);
    free(instance.memory);
}

/* ---- what tools and tier 1 make of it ---- */

static bool is_printable(char letter)
{
    return letter == '\n' || (letter >= ' ' && letter <= '~');
}

static bool see_line(void *context, const struct engine_line *line)
{
    size_t *lines = context;

    for (const char *at = line->text; *at != '\0'; at++)
        INVARIANT(is_printable(*at) && *at != '\n');
    return ++*lines < LINES_SEEN;
}

static void check_tools(const struct engine_code *code, const uint8_t *data, size_t size)
{
    struct engine_block block = {0};
    size_t lines = 0;

    for (uint32_t i = 0; i < engine_code_functions(code) && lines < LINES_SEEN; i++) {
        struct engine_function function;

        engine_code_function(code, i, &function);
        for (const char *at = function.name; at != NULL && *at != '\0'; at++)
            INVARIANT(is_printable(*at) && *at != '\n');
        INVARIANT(engine_disassemble(code, i, data, size, see_line, &lines) == ST_OK);
    }
    for (uint32_t offset = 0;
         lines++ < 2 * LINES_SEEN && engine_code_next_block(code, offset, &block);
         offset = block.offset + 1)
        INVARIANT(block.offset >= offset && block.offset < size);
    for (uint32_t i = 0; i < engine_code_exports(code); i++) {
        struct engine_export export;

        engine_code_export_at(code, i, &export);
    }
}

/* The compiler sees letters of ours and numbers, the same each time. */
static void check_text(const struct engine_code *code, const struct engine_code *again)
{
    static struct bytes text;
    static struct bytes text_again;
    enum status status;

    bytes_clear(&text);
    bytes_clear(&text_again);
    status = engine_native_emit(code, &text, NULL);
    INVARIANT(engine_native_emit(again, &text_again, NULL) == status);
    if (status != ST_OK)
        return;
    INVARIANT(text.size == text_again.size && memcmp(text.data, text_again.data, text.size) == 0);
    for (size_t i = 0; i < text.size; i++)
        INVARIANT(is_printable((char)text.data[i]));
}

/* ---- the same each time ---- */

static void check_same(const struct engine_code *a, const struct engine_code *b)
{
    INVARIANT(a->words_count == b->words_count && a->places_count == b->places_count);
    INVARIANT(memcmp(a->words, b->words, a->words_count * sizeof a->words[0]) == 0);
    INVARIANT(memcmp(a->places, b->places, a->places_count * sizeof a->places[0]) == 0);
    INVARIANT(a->functions_count == b->functions_count && a->types_count == b->types_count);
}

static void check_accepted(const struct engine_code *code, const struct engine_code *again,
                           const uint8_t *data, size_t size)
{
    static struct engine_stack *stack;
    struct end ends[2] = {{0}};
    uint64_t dice = 1;

    check_same(code, again);
    stir(&dice, data, size);
    if (dice % 8 == 0)
        check_tools(code, data, size);
    if (dice % 64 == 0) /* its prologue alone is longer than most modules' text */
        check_text(code, again);
    if (stack == NULL && engine_stack_new(&stack) != ST_OK)
        return;
    if (engine_code_memory_pages_max(code) > PAGES_RUN)
        return;
    run(code, stack, &ends[0]);
    run(again, stack, &ends[1]);
    INVARIANT(ends[0].digest == ends[1].digest);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct engine_code *code;
    struct engine_code *again;
    struct fault fault = {.text = ""};
    struct fault fault_again = {.text = ""};
    enum status status = engine_code_new(&code, data, size, &host_imports, &fault);

    INVARIANT(engine_code_new(&again, data, size, &host_imports, &fault_again) == status);
    INVARIANT(strcmp(fault.text, fault_again.text) == 0);
    if (status == ST_OK)
        check_accepted(code, again, data, size);
    else
        INVARIANT(code == NULL && again == NULL && fault.text[0] != '\0');
    engine_code_free(code);
    engine_code_free(again);
    return 0;
}

/* Half the time operators of a valid module change, else bytes as the fuzzer likes. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
    struct engine_code *code;
    struct bytes wasm = {0};
    struct rng rng;
    size_t changed = size;

    rng_init(&rng, seed);
    if (rng_coin(&rng) || engine_code_new(&code, data, size, &host_imports, NULL) != ST_OK)
        return LLVMFuzzerMutate(data, size, max_size);
    engine_code_free(code);
    bytes_append(&wasm, data, size);
    if (!wasm.failed) {
        mutate(&wasm, &rng);
        changed = wasm.size < max_size ? wasm.size : max_size;
        memcpy(data, wasm.data, changed);
    }
    bytes_fini(&wasm);
    return changed;
}
