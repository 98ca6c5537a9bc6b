/*
 * The commands of one JSON file of wabt's wast2json, on the engine.
 *
 *     spec FOLDER/FILE.json [TIER]      TIER: 0 (the interpreter, the default) or 1
 *
 * Prints a line for each command that is no plain success and the totals at last:
 *
 *     fail LINE TYPE WHAT...            the engine and the test differ
 *     outside LINE TYPE WHY...          the profile does not cover it; WHY begins with a group and
 * ":" passed COUNT
 *
 * Exits with 1 when something failed.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/inspect.h"
#include "tests/engine/native_build.h"

enum {
    MODULES_MAX = 512, /* of one file */
    FILE_BYTES_MAX = 4 * 1024 * 1024,
};
static const uint64_t budget = 2000000000;

struct guest {
    char name[64];   /* "$M"; empty: none */
    bool registered; /* for other modules to import from, and to change */
    struct engine_code *code;
    struct engine_native *native;
    struct engine_instance instance;
    uint64_t globals[ENGINE_GLOBALS_MAX];
};

struct spec {
    const char *folder;
    int tier;
    struct engine_stack *stack;
    struct guest *guests[MODULES_MAX];
    size_t guests_count;
    struct guest *last;              /* NULL: the last module is outside the profile ... */
    char why[FAULT_TEXT_BYTES + 32]; /* ... for this reason */
    bool linked;                     /* a module that imports from others was left out */
    json_int_t line;
    const char *type; /* of the command at hand */
    uint64_t passed;
    uint64_t failed;
};

_Noreturn static void die(const char *what, const char *which)
{
    (void)fprintf(stderr, "spec: %s: %s\n", what, which);
    exit(2);
}

/* ---- what is said ---- */

static void pass(struct spec *spec)
{
    spec->passed++;
}

static void fail(struct spec *spec, const char *format, ...) PRINTF_LIKE(2, 3);

static void fail(struct spec *spec, const char *format, ...)
{
    char text[512];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    printf("fail %" JSON_INTEGER_FORMAT " %s %s\n", spec->line, spec->type, text);
    spec->failed++;
}

static void outside(struct spec *spec, const char *why)
{
    printf("outside %" JSON_INTEGER_FORMAT " %s %s\n", spec->line, spec->type, why);
}

/* ---- modules ---- */

static uint8_t *read_file(const struct spec *spec, const char *name, size_t *size)
{
    char path[1024];
    uint8_t *bytes = malloc(FILE_BYTES_MAX);
    FILE *in;

    (void)snprintf(path, sizeof path, "%s/%s", spec->folder, name);
    in = fopen(path, "rb");
    if (in == NULL || bytes == NULL)
        die("cannot read", path);
    *size = fread(bytes, 1, FILE_BYTES_MAX, in);
    (void)fclose(in);
    return bytes;
}

static enum status load(const struct spec *spec, const char *file, struct engine_code **code,
                        struct fault *fault)
{
    /* No module of the test suite asks for orders of a site. */
    static const struct engine_imports imports = {.module = "serai"};
    size_t size = 0;
    uint8_t *bytes = read_file(spec, file, &size);
    enum status status = engine_code_new(code, bytes, size, &imports, fault);

    free(bytes);
    return status;
}

/* A refusal that is about the profile or a limit, and not about validity. */
static bool is_outside(const char *text)
{
    static const char *const words[] = {"outside the profile", "over the limit", "no maximum",
                                        "only \"serai\" can be imported", "is no constant of"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strstr(text, words[i]) != NULL)
            return true;
    return strncmp(text, "more than ", 10) == 0;
}

static struct guest *instance_new(const struct spec *spec, struct engine_code *code)
{
    struct guest *guest = calloc(1, sizeof *guest);
    uint32_t pages = engine_code_memory_pages(code);
    uint32_t pages_max = engine_code_memory_pages_max(code);

    if (guest == NULL)
        die("memory", "instance");
    guest->code = code;
    guest->instance =
        (struct engine_instance){.code = code, .memory_pages = pages, .globals = guest->globals};
    guest->instance.memory = calloc(pages_max + 1, ENGINE_WASM_PAGE_BYTES);
    guest->instance.cards = calloc(ENGINE_CARDS_MAX, 1);
    if (guest->instance.memory == NULL || guest->instance.cards == NULL)
        die("memory", "instance");
    engine_code_initial_memory(code, 0, pages * ENGINE_WASM_PAGE_BYTES, guest->instance.memory);
    engine_code_initial_globals(code, guest->globals);
    if (spec->tier == 1) {
        guest->native = native_build(code, "cc", NULL);
        engine_code_use_native(code, guest->native);
    }
    return guest;
}

static void do_module(struct spec *spec, const json_t *command)
{
    const char *name = json_string_value(json_object_get(command, "name"));
    struct engine_code *code = NULL;
    struct fault fault = {.text = ""};

    spec->last = NULL;
    if (load(spec, json_string_value(json_object_get(command, "filename")), &code, &fault) !=
        ST_OK) {
        (void)snprintf(spec->why, sizeof spec->why, "module: %s", fault.text);
        spec->linked = spec->linked || strstr(fault.text, "can be imported") != NULL;
        if (is_outside(fault.text))
            outside(spec, spec->why);
        else
            fail(spec, "refused: %s", fault.text);
        return;
    }
    if (spec->guests_count == MODULES_MAX)
        die("too many modules", "in one file");
    spec->last = instance_new(spec, code);
    spec->guests[spec->guests_count++] = spec->last;
    (void)snprintf(spec->last->name, sizeof spec->last->name, "%s", name == NULL ? "" : name);
    pass(spec);
}

static struct guest *guest_of(struct spec *spec, const json_t *action)
{
    const char *name = json_string_value(json_object_get(action, "module"));

    if (name == NULL)
        return spec->last;
    for (size_t i = spec->guests_count; i > 0; i--)
        if (strcmp(spec->guests[i - 1]->name, name) == 0)
            return spec->guests[i - 1];
    return NULL;
}

/* ---- values ---- */

static char letter_of(const char *type)
{
    return strcmp(type, "i32") == 0   ? 'i'
           : strcmp(type, "i64") == 0 ? 'l'
           : strcmp(type, "f32") == 0 ? 'f'
           : strcmp(type, "f64") == 0 ? 'd'
                                      : '?';
}

static bool value_is(const json_t *expected, uint64_t bits)
{
    const char *text = json_string_value(json_object_get(expected, "value"));
    char letter = letter_of(json_string_value(json_object_get(expected, "type")));
    uint64_t quiet = letter == 'f' ? 0x7fc00000 : 0x7ff8000000000000;
    uint64_t sign = letter == 'f' ? 0x80000000 : (uint64_t)1 << 63;

    if (strcmp(text, "nan:canonical") == 0)
        return (bits & ~sign) == quiet;
    if (strcmp(text, "nan:arithmetic") == 0)
        return (bits & quiet) == quiet;
    return strtoull(text, NULL, 10) == bits;
}

/* Its arguments; false: a type that the profile does not have. */
static bool read_args(const json_t *list, uint64_t *args, char *params)
{
    size_t count = json_array_size(list);

    for (size_t i = 0; i < count; i++) {
        const json_t *item = json_array_get(list, i);

        params[i] = letter_of(json_string_value(json_object_get(item, "type")));
        if (params[i] == '?')
            return false;
        args[i] = strtoull(json_string_value(json_object_get(item, "value")), NULL, 10);
    }
    params[count] = '\0';
    return true;
}

/* ---- actions ---- */

struct answer {
    enum engine_outcome outcome;
    uint64_t bits;
    char type; /* 0: none */
};

static bool invoke(struct spec *spec, struct guest *guest, const json_t *action,
                   struct answer *answer)
{
    const json_t *field = json_object_get(action, "field");
    const json_t *list = json_object_get(action, "args");
    uint64_t args[ENGINE_PARAMS_MAX] = {0};
    char params[ENGINE_PARAMS_MAX + 1];
    struct engine_function function;
    uint32_t index;

    if (json_array_size(list) > ENGINE_PARAMS_MAX || !read_args(list, args, params)) {
        outside(spec, "value: an argument of a type outside the profile");
        return false;
    }
    if (engine_code_find_export(guest->code, json_string_value(field), json_string_length(field),
                                ENGINE_KIND_FUNCTION, &index) != ST_OK) {
        fail(spec, "no export \"%s\"", json_string_value(field));
        return false;
    }
    engine_code_function(guest->code, index, &function);
    if (function.imported || strcmp(function.params, params) != 0) {
        fail(spec, "export \"%s\" takes \"%s\"", json_string_value(field), function.params);
        return false;
    }
    guest->instance.fuel = budget;
    answer->outcome = engine_run(&guest->instance, spec->stack, index, args, &answer->bits);
    answer->type = function.result;
    return true;
}

static bool get(struct spec *spec, struct guest *guest, const json_t *action, struct answer *answer)
{
    const json_t *field = json_object_get(action, "field");
    uint32_t index;

    if (engine_code_find_export(guest->code, json_string_value(field), json_string_length(field),
                                ENGINE_KIND_GLOBAL, &index) != ST_OK) {
        fail(spec, "no global \"%s\"", json_string_value(field));
        return false;
    }
    *answer = (struct answer){.outcome = ENGINE_DONE,
                              .bits = guest->globals[index],
                              .type = engine_code_global_type(guest->code, index, NULL)};
    return true;
}

/* false: it was said why there is no answer. */
static bool act(struct spec *spec, const json_t *command, struct answer *answer)
{
    const json_t *action = json_object_get(command, "action");
    struct guest *guest = guest_of(spec, action);

    if (guest == NULL) {
        outside(spec, spec->why);
        return false;
    }
    if (guest->registered && spec->linked) {
        outside(spec, "linking: a module that is outside may have changed this one");
        return false;
    }
    if (strcmp(json_string_value(json_object_get(action, "type")), "get") == 0)
        return get(spec, guest, action, answer);
    return invoke(spec, guest, action, answer);
}

static void do_action(struct spec *spec, const json_t *command)
{
    struct answer answer;

    if (!act(spec, command, &answer))
        return;
    if (answer.outcome == ENGINE_DONE)
        pass(spec);
    else
        fail(spec, "ended with: %s", engine_outcome_name(answer.outcome));
}

static void do_return(struct spec *spec, const json_t *command)
{
    const json_t *expected = json_object_get(command, "expected");
    struct answer answer;

    if (!act(spec, command, &answer))
        return;
    if (answer.outcome != ENGINE_DONE) {
        fail(spec, "ended with: %s", engine_outcome_name(answer.outcome));
        return;
    }
    if (json_array_size(expected) != (answer.type == 0 ? 0 : 1)) {
        fail(spec, "another number of results");
        return;
    }
    if (answer.type != 0) {
        const json_t *value = json_array_get(expected, 0);

        if (letter_of(json_string_value(json_object_get(value, "type"))) != answer.type ||
            !value_is(value, answer.bits)) {
            fail(spec, "%c:0x%" PRIx64 " is not %s", answer.type, answer.bits,
                 json_string_value(json_object_get(value, "value")));
            return;
        }
    }
    pass(spec);
}

/* The test suite's words for a trap begin with these. */
static bool trap_is(enum engine_outcome outcome, const char *text)
{
    static const struct {
        const char *text;
        enum engine_outcome outcome;
    } traps[] = {
        {"integer divide by zero", ENGINE_TRAP_DIVIDE_BY_ZERO},
        {"integer overflow", ENGINE_TRAP_INTEGER_OVERFLOW},
        {"invalid conversion to integer", ENGINE_TRAP_BAD_CONVERSION},
        {"out of bounds memory access", ENGINE_TRAP_MEMORY},
        {"unreachable", ENGINE_TRAP_UNREACHABLE},
        {"undefined element", ENGINE_TRAP_TABLE},
        {"uninitialized element", ENGINE_TRAP_TABLE},
        {"undefined", ENGINE_TRAP_TABLE},
        {"indirect call type mismatch", ENGINE_TRAP_SIGNATURE},
        {"indirect call", ENGINE_TRAP_SIGNATURE},
        {"call stack exhausted", ENGINE_TRAP_STACK},
    };

    for (size_t i = 0; i < sizeof traps / sizeof traps[0]; i++)
        if (strncmp(text, traps[i].text, strlen(traps[i].text)) == 0)
            return traps[i].outcome == outcome;
    return false;
}

static void do_trap(struct spec *spec, const json_t *command)
{
    const char *text = json_string_value(json_object_get(command, "text"));
    struct answer answer;

    if (!act(spec, command, &answer))
        return;
    if (trap_is(answer.outcome, text))
        pass(spec);
    else
        fail(spec, "ended with: %s, not: %s", engine_outcome_name(answer.outcome), text);
}

/* A module that must not load, whatever the reason that the engine gives. */
static void do_refused(struct spec *spec, const json_t *command)
{
    struct engine_code *code = NULL;
    struct fault fault = {.text = ""};

    if (strcmp(json_string_value(json_object_get(command, "module_type")), "text") == 0) {
        outside(spec, "text: a test of the text format, which a site never reads");
        return;
    }
    if (load(spec, json_string_value(json_object_get(command, "filename")), &code, &fault) ==
        ST_OK) {
        engine_code_free(code);
        fail(spec, "accepted: %s", json_string_value(json_object_get(command, "text")));
        return;
    }
    if (fault.status != ST_INVALID)
        fail(spec, "refused without a reason");
    else if (is_outside(fault.text))
        /* Refused, but it would have been in any case: that proves nothing. */
        outside(spec, strcmp(spec->type, "assert_unlinkable") == 0
                          ? "linking: imports come from a site alone"
                          : "refused: for another reason, the profile's");
    else
        pass(spec);
}

static void do_register(struct spec *spec, const json_t *command)
{
    const char *name = json_string_value(json_object_get(command, "name"));

    for (size_t i = 0; i < spec->guests_count; i++)
        if (name == NULL ? spec->guests[i] == spec->last : strcmp(spec->guests[i]->name, name) == 0)
            spec->guests[i]->registered = true;
    outside(spec, "linking: modules of the profile do not import each other");
}

static void do_command(struct spec *spec, const json_t *command)
{
    static const struct {
        const char *type;
        void (*run)(struct spec *spec, const json_t *command);
    } commands[] = {
        {"module", do_module},
        {"action", do_action},
        {"assert_return", do_return},
        {"assert_trap", do_trap},
        {"assert_exhaustion", do_trap},
        {"assert_invalid", do_refused},
        {"assert_malformed", do_refused},
        {"assert_unlinkable", do_refused},
        {"assert_uninstantiable", do_refused},
        {"register", do_register},
    };

    spec->type = json_string_value(json_object_get(command, "type"));
    spec->line = json_integer_value(json_object_get(command, "line"));
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (strcmp(commands[i].type, spec->type) == 0) {
            commands[i].run(spec, command);
            return;
        }
    fail(spec, "an unknown command");
}

static void free_guests(struct spec *spec)
{
    for (size_t i = 0; i < spec->guests_count; i++) {
        struct guest *guest = spec->guests[i];

        engine_code_use_native(guest->code, NULL);
        engine_native_free(guest->native);
        engine_code_free(guest->code);
        free(guest->instance.memory);
        free(guest->instance.cards);
        free(guest);
    }
}

int main(int argc, char **argv)
{
    struct spec spec = {.why = "module: there is none before it"};
    char folder[1024];
    json_error_t error;
    json_t *root;
    char *slash;

    if (argc < 2 || argc > 3 || strlen(argv[1]) >= sizeof folder)
        die("usage", "spec FOLDER/FILE.json [0|1]");
    (void)snprintf(folder, sizeof folder, "%s", argv[1]);
    slash = strrchr(folder, '/');
    if (slash == NULL)
        die("no folder", argv[1]);
    *slash = '\0';
    spec.folder = folder;
    spec.tier = argc == 3 && strcmp(argv[2], "1") == 0;
    root = json_load_file(argv[1], JSON_ALLOW_NUL, &error);
    if (root == NULL || engine_stack_new(&spec.stack) != ST_OK)
        die("cannot read", argv[1]);
    for (size_t i = 0; i < json_array_size(json_object_get(root, "commands")); i++)
        do_command(&spec, json_array_get(json_object_get(root, "commands"), i));
    printf("passed %" PRIu64 "\n", spec.passed);
    free_guests(&spec);
    engine_stack_free(spec.stack);
    json_decref(root);
    return spec.failed == 0 ? 0 : 1;
}
