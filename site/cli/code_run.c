/*
 * serai code run: one exported function, run as a site would, by itself; _initialize before it.
 *
 * There is no site around it, so an order ends the run: what it would answer depends on money,
 * capabilities and peers that are not there, and an answer made up would be a wrong one.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "agents/agents.h"
#include "engine/inspect.h"
#include "site/cli/cli.h"
#include "site/cli/code_module.h"
#include "site/cli/code_native.h"
#include "site/cli/code_value.h"
#include "site/cli/commands.h"

enum { FRAMES_SHOWN = 16 };
static const char fuel_default[] = "10000000"; /* what a turn has by the usual price book */

/* A run: what is asked for, then what came of it. */
struct code_run {
    struct code_module *module;
    struct engine_instance instance;
    struct engine_stack *stack;
    uint32_t index;
    struct engine_function function;
    uint64_t args[ENGINE_ARGS_MAX];
    uint64_t fuel; /* the budget */
    int tier;
    bool initializes; /* _initialize is run before the function ... */
    uint32_t initialize;
    uint64_t initialize_fuel; /* ... and took this */

    enum engine_outcome outcome;
    uint64_t result;
    uint32_t order; /* that ended the run, when it was stopped */
    uint64_t order_args[ENGINE_ARGS_MAX];
};

/* ---- what is asked for ---- */

static int run_take_options(struct cli *cli, struct code_run *run)
{
    const char *tier = cli_value(cli, OPT_TIER, "0");

    if (strcmp(tier, "0") != 0 && strcmp(tier, "1") != 0)
        return cli_fail(EXIT_USAGE, "--tier: \"%s\" is neither 0 (interpreter) nor 1 (compiled)",
                        tier);
    run->tier = *tier - '0';
    return cli_number(cli_value(cli, OPT_FUEL, fuel_default), "--fuel", &run->fuel);
}

/* Find the function, and refuse what cannot be run here. */
static int run_find_export(struct code_run *run, const char *name)
{
    const struct engine_code *code = run->module->code;

    if (engine_code_find_export(code, name, strlen(name), ENGINE_KIND_FUNCTION, &run->index) !=
        ST_OK)
        return cli_fail(EXIT_MISSING,
                        "%s exports no function \"%s\"; `serai code check` lists its exports",
                        run->module->path, name);
    engine_code_function(code, run->index, &run->function);
    if (run->function.imported)
        return cli_fail(EXIT_REFUSED, "\"%s\" is the order %s, which needs a site", name,
                        code_order_name(code, run->index));
    if (strlen(run->function.params) > ENGINE_ARGS_MAX)
        return cli_fail(EXIT_REFUSED, "\"%s\" takes %zu arguments, and this can give at most %d",
                        name, strlen(run->function.params), ENGINE_ARGS_MAX);
    return EXIT_OK;
}

/*
 * Find _initialize.  A site runs it before the first turn, so whatever is tried here starts from
 * what it made, too.
 */
static int run_find_initialize(struct code_run *run)
{
    struct fault fault = {0};
    enum status status =
        engine_code_export(run->module->code, "_initialize", "", 0, &run->initialize, &fault);

    if (status == ST_INVALID)
        return cli_fail(EXIT_BAD_DATA, "%s: %s", run->module->path, fault.text);
    run->initializes = status == ST_OK && run->initialize != run->index;
    return EXIT_OK;
}

/* Read the arguments by the types of the function's parameters. */
static int run_take_args(const struct cli *cli, struct code_run *run)
{
    const char *params = run->function.params;
    size_t given = cli->args.operand_count - 2;
    char signature[CODE_SIGNATURE_BYTES];
    struct fault fault = {0};

    if (given != strlen(params))
        return cli_fail(EXIT_USAGE, "\"%s\" takes %zu arguments (%s), and %zu are given",
                        cli->args.operands[1], strlen(params),
                        code_signature(signature, params, run->function.result), given);
    for (size_t i = 0; i < given; i++)
        if (code_value_parse(cli->args.operands[2 + i], params[i], &run->args[i], &fault) != ST_OK)
            return cli_fail(EXIT_USAGE, "argument %zu: %s", i + 1, fault.text);
    return EXIT_OK;
}

/* ---- running ---- */

/*
 * Called by the engine for an order: remember it with its arguments, and end the run.  The number
 * of arguments is that of the import that is bound to the order.
 */
static bool run_stop_at_order(void *host, struct engine_instance *instance, uint32_t order,
                              const uint64_t *args, int64_t *result)
{
    struct code_run *run = host;

    (void)instance;
    (void)result;
    run->order = order;
    for (uint32_t i = 0; i < engine_code_imports(run->module->code); i++) {
        struct engine_function function;

        if (engine_code_import_order(run->module->code, i) != order)
            continue;
        engine_code_function(run->module->code, i, &function);
        memcpy(run->order_args, args, strlen(function.params) * sizeof *args);
        break;
    }
    return false;
}

/*
 * Make an instance as a site's arena does, of the largest memory that the module may grow to.
 * False: out of memory.  run_end() frees it in any case.
 */
static bool run_begin(struct code_run *run)
{
    const struct engine_code *code = run->module->code;
    struct engine_instance *instance = &run->instance;
    uint32_t pages = engine_code_memory_pages(code);
    uint32_t pages_max = engine_code_memory_pages_max(code);

    *instance = (struct engine_instance){.code = code,
                                         .memory_pages = pages,
                                         .fuel = run->fuel,
                                         .host_call = run_stop_at_order,
                                         .host = run};
    instance->memory = calloc(pages_max > 0 ? pages_max : 1, ENGINE_WASM_PAGE_BYTES);
    instance->cards = calloc(ENGINE_CARDS_MAX, 1);
    instance->globals = calloc(ENGINE_GLOBALS_MAX, sizeof *instance->globals);
    if (instance->memory == NULL || instance->cards == NULL || instance->globals == NULL ||
        engine_stack_new(&run->stack) != ST_OK)
        return false;
    engine_code_initial_memory(code, 0, pages * ENGINE_WASM_PAGE_BYTES, instance->memory);
    engine_code_initial_globals(code, instance->globals);
    return true;
}

static void run_end(struct code_run *run)
{
    free(run->instance.memory);
    free(run->instance.cards);
    free(run->instance.globals);
    engine_stack_free(run->stack);
}

/* _initialize and the function share one budget. */
static void run_both(struct code_run *run)
{
    struct engine_instance *instance = &run->instance;

    run->outcome = ENGINE_DONE;
    if (run->initializes)
        run->outcome = engine_run(instance, run->stack, run->initialize, NULL, &run->result);
    run->initialize_fuel = run->fuel - instance->fuel;
    if (run->outcome == ENGINE_DONE)
        run->outcome = engine_run(instance, run->stack, run->index, run->args, &run->result);
}

/* ---- what came of it ---- */

/* Two runs that end with the same hash left the same memory, in either tier. */
static struct hash run_memory_hash(const struct code_run *run)
{
    return hash_of(run->instance.memory,
                   (size_t)run->instance.memory_pages * ENGINE_WASM_PAGE_BYTES);
}

static uint32_t run_cards_marked(const struct code_run *run)
{
    uint32_t marked = 0;

    for (uint32_t i = 0; i < ENGINE_CARDS_MAX; i++)
        marked += run->instance.cards[i] != 0;
    return marked;
}

/* The frames of a run that did not end well, innermost first.  *depth: how many there were. */
static uint32_t run_frames(const struct code_run *run, struct engine_frame frames[FRAMES_SHOWN],
                           uint32_t *depth)
{
    *depth = 0;
    return run->outcome == ENGINE_DONE ? 0
                                       : engine_backtrace(run->stack, frames, FRAMES_SHOWN, depth);
}

/*
 * Print the order that ended the run, "facet_send(7, 1024, 5, ...)", with numbers as the guest has
 * them.
 */
static void run_print_order(const struct code_run *run)
{
    struct engine_function function;
    const struct engine_code *code = run->module->code;
    char text[CODE_VALUE_BYTES];

    printf("%s", code_order_of(run->order));
    for (uint32_t i = 0; i < engine_code_imports(code); i++) {
        if (engine_code_import_order(code, i) != run->order)
            continue;
        engine_code_function(code, i, &function);
        putchar('(');
        for (size_t at = 0; function.params[at] != '\0'; at++)
            printf("%s%s", at == 0 ? "" : ", ",
                   code_value_print(text, function.params[at], run->order_args[at]));
        putchar(')');
        return;
    }
}

/* What ended the run, and where. */
static void run_text_outcome(const struct code_run *run)
{
    struct engine_frame frames[FRAMES_SHOWN];
    char place[CODE_PLACE_BYTES];
    uint32_t depth;
    uint32_t count = run_frames(run, frames, &depth);

    if (run->outcome == ENGINE_STOPPED) {
        printf("outcome          stopped: order ");
        run_print_order(run);
        printf(" needs a site\n");
    } else {
        printf("outcome          %s\n", engine_outcome_name(run->outcome));
    }
    for (uint32_t i = 0; i < count; i++)
        printf("%-16s %s\n",
               i == 0   ? "at"
               : i == 1 ? "called from"
                        : "",
               code_place(place, run->module, &frames[i]));
    if (depth > count)
        printf("%-16s and %" PRIu32 " more\n", "", depth - count);
}

static void run_print_text(const struct code_run *run)
{
    char result = run->function.result;
    char value[CODE_VALUE_BYTES];
    char bits[CODE_VALUE_BYTES];
    char digest[HASH_TEXT_BYTES];
    struct hash hash = run_memory_hash(run);

    run_text_outcome(run);
    if (run->outcome == ENGINE_DONE && result != 0)
        printf("result           %s %s, bits %s\n", code_type_name(result),
               code_value_print(value, result, run->result),
               code_bits_print(bits, result, run->result));
    printf("fuel             %" PRIu64 " of %" PRIu64 ", by fuel-%d in tier %d\n",
           run->fuel - run->instance.fuel, run->fuel, ENGINE_FUEL_TABLE_ID, run->tier);
    if (run->initializes)
        printf("of it            %" PRIu64 " of _initialize (f%" PRIu32 "), which is run first\n",
               run->initialize_fuel, run->initialize);
    printf("memory           %" PRIu32 " KiB, %" PRIu32 " cards of 4 KiB marked\n"
           "memory hash      %s\n",
           64 * run->instance.memory_pages, run_cards_marked(run), hash_print(digest, &hash));
}

/* Fixed words for programs; those of engine_outcome_name() are for people and may change. */
static const char *run_outcome_word(enum engine_outcome outcome)
{
    switch (outcome) {
    case ENGINE_DONE:
        return "done";
    case ENGINE_OUT_OF_FUEL:
        return "out-of-fuel";
    case ENGINE_STOPPED:
        return "stopped";
    case ENGINE_TRAP_UNREACHABLE:
        return "unreachable";
    case ENGINE_TRAP_MEMORY:
        return "memory";
    case ENGINE_TRAP_DIVIDE_BY_ZERO:
        return "divide-by-zero";
    case ENGINE_TRAP_INTEGER_OVERFLOW:
        return "integer-overflow";
    case ENGINE_TRAP_BAD_CONVERSION:
        return "bad-conversion";
    case ENGINE_TRAP_TABLE:
        return "table";
    case ENGINE_TRAP_SIGNATURE:
        return "signature";
    case ENGINE_TRAP_STACK:
        return "stack";
    }
    return "unknown";
}

static void run_json_frames(const struct code_run *run)
{
    struct engine_frame frames[FRAMES_SHOWN];
    uint32_t depth;
    uint32_t count = run_frames(run, frames, &depth);

    printf(",\"depth\":%" PRIu32 ",\"backtrace\":[", depth);
    for (uint32_t i = 0; i < count; i++) {
        fputs(i == 0 ? "" : ",", stdout);
        code_place_json(stdout, run->module, &frames[i]);
    }
    putchar(']');
}

static void run_print_json(const struct code_run *run)
{
    char result = run->function.result;
    char value[CODE_VALUE_BYTES];
    char bits[CODE_VALUE_BYTES];
    char digest[HASH_TEXT_BYTES];
    struct hash hash = run_memory_hash(run);

    printf("{\"outcome\":\"%s\",\"tier\":%d,\"code\":\"%s\"", run_outcome_word(run->outcome),
           run->tier, hash_print(digest, &run->module->id));
    printf(",\"function\":%" PRIu32 ",\"results\":[", run->index);
    if (run->outcome == ENGINE_DONE && result != 0)
        printf("{\"type\":\"%s\",\"value\":\"%s\",\"bits\":\"%s\"}", code_type_name(result),
               code_value_print(value, result, run->result),
               code_bits_print(bits, result, run->result));
    printf("],\"fuel\":%" PRIu64 ",\"fuel_limit\":%" PRIu64 ",\"fuel_table\":%d",
           run->fuel - run->instance.fuel, run->fuel, ENGINE_FUEL_TABLE_ID);
    if (run->initializes)
        printf(",\"initialize_fuel\":%" PRIu64, run->initialize_fuel);
    if (run->outcome == ENGINE_STOPPED)
        printf(",\"order\":\"%s\"", code_order_of(run->order));
    if (run->outcome != ENGINE_DONE)
        run_json_frames(run);
    printf(",\"memory_pages\":%" PRIu32 ",\"cards\":%" PRIu32 ",\"memory_sha256\":\"%s\"}\n",
           run->instance.memory_pages, run_cards_marked(run), hash_print(digest, &hash));
}

static int run_module(struct cli *cli, struct code_run *run)
{
    if (!run_begin(run))
        return cli_fail(EXIT_INTERNAL, "out of memory");
    run_both(run);
    if (cli->args.given[OPT_JSON])
        run_print_json(run);
    else
        run_print_text(run);
    return run->outcome == ENGINE_DONE ? EXIT_OK : EXIT_REFUSED;
}

int cmd_code_run(struct cli *cli)
{
    struct code_module module;
    struct code_run run = {.module = &module};
    struct engine_native *native = NULL;
    int code = run_take_options(cli, &run);

    if (code == EXIT_OK)
        code = code_module_load(&module, cli->args.operands[0]);
    if (code != EXIT_OK)
        return code;
    code = run_find_export(&run, cli->args.operands[1]);
    if (code == EXIT_OK)
        code = run_find_initialize(&run);
    if (code == EXIT_OK)
        code = run_take_args(cli, &run);
    if (code == EXIT_OK && run.tier == 1)
        code = code_native_use(&module, &native);
    if (code == EXIT_OK)
        code = run_module(cli, &run);
    run_end(&run);
    /* In this order: the module must not point to code that is gone. */
    engine_code_use_native(module.code, NULL);
    engine_native_free(native);
    code_module_free(&module);
    return code;
}
