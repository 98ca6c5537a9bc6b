/*
 * Tier 1's text of a whole module: what lies around its functions, in this order: prologue, types,
 * declarations, the table, the functions, and the entries that the engine calls.  See
 * native_emit.h.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "engine/fuse.h"
#include "engine/native.h"
#include "engine/native_emit.h"

/* ---- what a compiler can be asked to do ---- */

enum status engine_native_effort(const struct engine_code *code, uint64_t *whole,
                                 struct fault *fault)
{
    uint64_t all = 0;

    for (uint32_t i = code->imports_count; i < code->functions_count; i++) {
        /* A cell that is not used makes no line, but it is looked at. */
        uint64_t effort = 1 + code->functions[i].cells / 8;

        for (uint32_t at = code->functions[i].code; at < code_words_end(code, i);
             at += fuse_words(&code->words[at]))
            effort += native_effort(&code->words[at]);
        /*
         * A compiler's time grows faster than a function: one large function is refused in a small
         * module, too.
         */
        if (effort > LIMIT_NATIVE_FUNCTION_EFFORT ||
            effort * code->functions[i].cells > LIMIT_NATIVE_FUNCTION_SPREAD)
            return fault_set(fault, ST_INVALID,
                             "function %u is too large for tier 1: effort %" PRIu64
                             " over %u cells, where %d and a product of %d are allowed",
                             i, effort, code->functions[i].cells, LIMIT_NATIVE_FUNCTION_EFFORT,
                             LIMIT_NATIVE_FUNCTION_SPREAD);
        all += effort;
    }
    if (all > LIMIT_NATIVE_EFFORT)
        return fault_set(fault, ST_INVALID,
                         "the module is too large for tier 1: effort %" PRIu64
                         ", where %d is allowed",
                         all, LIMIT_NATIVE_EFFORT);
    *whole = all;
    return ST_OK;
}

/* A module that never grows its memory, or has no room to, gets its size as a constant. */
bool native_grows(const struct engine_code *code)
{
    for (uint32_t i = code->imports_count; i < code->functions_count; i++)
        for (uint32_t at = code->functions[i].code; at < code_words_end(code, i);
             at += fuse_words(&code->words[at]))
            if (code->words[at].op == OP_MEMORY_GROW)
                return code->memory_pages < code->memory_pages_max;
    return false;
}

/* ---- one module ---- */

/*
 * The type of a function as the caller of an entry of the table sees it.  Equal types have one id,
 * so one type of C.
 */
static void module_put_type(const struct engine_code *code, uint32_t id, struct bytes *text)
{
    const struct signature *type = &code->types[id];

    native_put(text, "typedef struct %s (*t%u)(C *, uint64_t, uint32_t",
               native_result_type(type->result), id);
    for (uint32_t i = 0; i < type->params_count; i++)
        native_put(text, ", %s", native_c_type(type->params[i]));
    native_put(text, ");\n");
}

/*
 * An import in the table: the same call as any other there, and the host behind it.  Its caller has
 * left its own place in the context (PLACE), for a trap.
 */
static void module_put_thunk(const struct engine_code *code, uint32_t index, struct bytes *text)
{
    const struct function *function = &code->functions[index];
    const struct signature *type = &code->types[function->type];

    native_put_head(text, type, index);
    native_put(text, "\n{ (void)room; uint64_t args[] = {");
    for (uint32_t i = 0; i < type->params_count; i++)
        native_put(text, "%c%u, ", native_letter(type->params[i]), i);
    native_put(text,
               "0}; fuel = c->host(c, fuel, %uu, args, c->function, c->offset);\n"
               "return (struct rl){fuel, args[0]}; }\n",
               function->order);
}

/*
 * The table as two arrays, what a call needs and the function itself: an index finds either in one
 * step.  Each ends with an entry that is never asked for, since C has no empty array.
 */
static void module_put_table(const struct engine_code *code, struct bytes *text)
{
    native_put(text, "#define TABLE %uu\nstatic const struct slot slots[] = {\n",
               code->table_count);
    for (uint32_t i = 0; i < code->table_count; i++) {
        const struct function *function;

        if (code->table[i] == TABLE_EMPTY) {
            native_put(text, "{0, UINT32_MAX},\n");
            continue;
        }
        function = &code->functions[code->table[i]];
        native_put(text, "{0x%" PRIx32 "u, %uu},\n", native_need(function),
                   code->types[function->type].id);
    }
    native_put(text, "{0}};\nstatic void (*const calls[])(void) = {\n");
    for (uint32_t i = 0; i < code->table_count; i++) {
        if (code->table[i] == TABLE_EMPTY)
            native_put(text, "0,\n");
        else
            native_put(text, "(void (*)(void))fn%u,\n", code->table[i]);
    }
    native_put(text, "0};\n");
}

/*
 * How the engine calls an exported function: raw cells in, the raw result out, the fuel returned.
 * A result has its exact bits already, so its flag is 0.
 */
static void module_put_entry(const struct engine_code *code, uint32_t index, struct bytes *text)
{
    const struct signature *type = &code->types[code->functions[index].type];

    native_put(text,
               "static uint64_t e%u(C *c, uint64_t fuel, uint32_t room, const uint64_t *args, "
               "uint64_t *result)\n{ (void)args; struct %s r = fn%u(c, fuel, room",
               index, native_result_type(type->result), index);
    for (uint32_t i = 0; i < type->params_count; i++)
        if (native_is_float(type->params[i]))
            native_put(text, ", V%s(args[%u])", type->params[i] == TYPE_F32 ? "32" : "64", i);
        else
            native_put(text, ", args[%u]", i);
    native_put(text, ");");
    if (native_is_float(type->result))
        native_put(text, " *result = B%s(r.v, 0);", type->result == TYPE_F32 ? "32" : "64");
    else if (type->result != TYPE_NONE)
        native_put(text, " *result = r.v;");
    else
        native_put(text, " (void)result;");
    native_put(text, " return r.fuel; }\n");
}

/*
 * What the engine can call: functions that are exported.  Each once, by however many names it is
 * exported; the table of them and the stamp are the one symbol that an object shows.
 */
static void module_put_entries(struct native_writer *writer, struct bytes *text)
{
    const struct engine_code *code = writer->code;
    char stamp[65];
    uint32_t count = 0;
    uint8_t *exported = calloc(code->functions_count + 1, 1);

    if (exported == NULL) {
        text->failed = true;
        return;
    }
    for (uint32_t i = 0; i < code->exports_count; i++)
        if (code->exports[i].kind == 0 && !code->functions[code->exports[i].index].imported)
            exported[code->exports[i].index] = 1;
    for (uint32_t i = 0; i < code->functions_count; i++)
        if (exported[i] != 0)
            module_put_entry(code, i, text);
    native_put(text, "static const struct native_entry entries[] = {\n");
    for (uint32_t i = 0; i < code->functions_count; i++)
        if (exported[i] != 0) {
            native_put(text, "{e%u, %uu},\n", i, i);
            count++;
        }
    free(exported);
    native_stamp(code, stamp);
    native_put(text,
               "{0, 0}};\n__attribute__((visibility(\"default\")))\n"
               "const struct native_object " NATIVE_SYMBOL " = {\"%s\", entries, %uu};\n",
               stamp, count);
}

/* Only then an indirect call may end at the host, which wants to know its caller's place. */
static bool module_host_in_table(const struct engine_code *code)
{
    for (uint32_t i = 0; i < code->table_count; i++)
        if (code->table[i] != TABLE_EMPTY && code->functions[code->table[i]].imported)
            return true;
    return false;
}

/* Whether n bytes at base + offset reach past the memory. */
static void module_put_past(const struct engine_code *code, struct bytes *text)
{
    /* Memory never shrinks, so a size that is not 0 now is not 0 later. */
    const char *past = code->memory_pages > 0 ? "(uint64_t)(base) + (offset) > bytes - (n)"
                                              : "(uint64_t)(base) + (offset) + (n) > bytes";

    native_put(text, "#define BYTES 0x%" PRIx32 "u\n#define PAST(base, offset, n) (%s)\n",
               code->memory_pages * ENGINE_WASM_PAGE_BYTES, past);
}

static void module_put(struct native_writer *writer, struct bytes *text)
{
    const struct engine_code *code = writer->code;

    /*
     * Whatever a line uses stands before it.  All functions are declared first, as they call each
     * other.
     */
    native_put_prologue(text);
    module_put_past(code, text);
    for (uint32_t i = 0; i < code->types_count; i++)
        if (code->types[i].id == i)
            module_put_type(code, i, text);
    for (uint32_t i = 0; i < code->functions_count; i++) {
        if (code->functions[i].imported)
            module_put_thunk(code, i, text);
        else {
            native_put_head(text, &code->types[code->functions[i].type], i);
            native_put(text, ";\n");
        }
    }
    module_put_table(code, text);
    for (uint32_t i = code->imports_count; i < code->functions_count; i++)
        native_put_function(writer, i, text);
    module_put_entries(writer, text);
}

enum status engine_native_emit(const struct engine_code *code, struct bytes *text,
                               struct fault *fault)
{
    struct native_writer writer = {
        .code = code, .grows = native_grows(code), .host_in_table = module_host_in_table(code)};
    uint64_t effort;
    /* First of all: the text of a module that is refused would be large. */
    enum status status = engine_native_effort(code, &effort, fault);

    if (status != ST_OK)
        return status;
    writer.used = malloc(LIMIT_LOCALS + LIMIT_OPERANDS);
    writer.target = malloc(code->words_count + 1);
    if (writer.used != NULL && writer.target != NULL)
        module_put(&writer, text);
    if (writer.used == NULL || writer.target == NULL || text->failed)
        status = fault_set(fault, ST_NOMEM, "no memory for the text of tier 1");
    free(writer.used);
    free(writer.target);
    bytes_fini(&writer.body);
    return status;
}
