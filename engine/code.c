/* What can be asked about a module once it is decoded. */
#include "engine/code.h"

#include <stdlib.h>
#include <string.h>

void engine_code_free(struct engine_code *code)
{
    if (code == NULL)
        return;
    free(code->types);
    free(code->functions);
    free(code->table);
    free(code->exports);
    free(code->names);
    free(code->function_names);
    free(code->function_name_at);
    free(code->segments);
    free(code->data);
    free(code->words);
    free(code->places);
    free(code);
}

uint32_t engine_code_memory_pages(const struct engine_code *code)
{
    return code->memory_pages;
}

uint32_t engine_code_memory_pages_max(const struct engine_code *code)
{
    return code->memory_pages_max;
}

uint32_t engine_code_globals(const struct engine_code *code)
{
    return code->globals_count;
}

/* Counts, not what malloc() gave: the number is the same on every machine. */
size_t engine_code_bytes(const struct engine_code *code)
{
    return sizeof *code + code->types_count * sizeof *code->types +
           code->functions_count * sizeof *code->functions +
           code->table_count * sizeof *code->table + code->exports_count * sizeof *code->exports +
           code->names_bytes + code->function_names_bytes +
           (code->function_names == NULL ? 0 : code->functions_count * sizeof(uint32_t)) +
           code->segments_count * sizeof *code->segments + code->data_bytes +
           (code->words_count + 1) * sizeof *code->words +
           (code->places_count + 1) * sizeof *code->places;
}

uint32_t code_words_end(const struct engine_code *code, uint32_t function)
{
    return function + 1 < code->functions_count ? code->functions[function + 1].code
                                                : code->words_count;
}

/* Letters of engine_code_export(); TYPE_NONE for 0, and for what is no letter. */
static uint8_t code_type_of(char letter)
{
    return letter == 'i'   ? TYPE_I32
           : letter == 'l' ? TYPE_I64
           : letter == 'f' ? TYPE_F32
           : letter == 'd' ? TYPE_F64
                           : TYPE_NONE;
}

/* A letter that is none equals no parameter's type, so such a question is answered by no. */
static bool code_signature_is(const struct signature *type, const char *params, char result)
{
    size_t count = strlen(params);

    if (type->params_count != count || type->result != code_type_of(result))
        return false;
    for (size_t i = 0; i < count; i++)
        if (type->params[i] != code_type_of(params[i]))
            return false;
    return true;
}

enum status engine_code_export(const struct engine_code *code, const char *name, const char *params,
                               char result, uint32_t *function, struct fault *fault)
{
    size_t name_bytes = strlen(name);

    for (uint32_t i = 0; i < code->exports_count; i++) {
        const struct export *export = &code->exports[i];

        if (export->kind != 0 || export->name_bytes != name_bytes ||
            memcmp(export->name, name, name_bytes) != 0)
            continue;
        /* An import has no words to run, so the host cannot begin there. */
        if (code->functions[export->index].imported)
            return fault_set(fault, ST_INVALID, "export \"%s\" is an import of the module", name);
        if (!code_signature_is(&code->types[code->functions[export->index].type], params, result))
            return fault_set(fault, ST_INVALID,
                             "export \"%s\" has another signature: it must take \"%s\" (i: i32, "
                             "l: i64, f: f32, d: f64) and return %s",
                             name, params,
                             result == 0     ? "nothing"
                             : result == 'i' ? "i32"
                             : result == 'l' ? "i64"
                             : result == 'f' ? "f32"
                                             : "f64");
        *function = export->index;
        return ST_OK;
    }
    return fault_set(fault, ST_MISSING, "the module has no exported function \"%s\"", name);
}

const char *engine_function_name(const struct engine_code *code, uint32_t function)
{
    if (code->function_names == NULL || function >= code->functions_count ||
        code->function_name_at[function] == 0)
        return NULL;
    return code->function_names + code->function_name_at[function];
}

void engine_code_initial_globals(const struct engine_code *code, uint64_t *globals)
{
    for (uint32_t i = 0; i < code->globals_count; i++)
        globals[i] = code->globals[i].initial;
}

/* One after the other they make the initial image: see engine_code_initial_memory(). */
const uint8_t *engine_code_data(const struct engine_code *code, uint32_t n, uint32_t *offset,
                                uint32_t *size)
{
    if (n >= code->segments_count)
        return NULL;
    *offset = code->segments[n].offset;
    *size = code->segments[n].size;
    return code->data + code->segments[n].data;
}

void engine_code_initial_memory(const struct engine_code *code, uint32_t offset, uint32_t size,
                                uint8_t *to)
{
    uint64_t end = (uint64_t)offset + size;

    INVARIANT(end <= (uint64_t)code->memory_pages * ENGINE_WASM_PAGE_BYTES);
    if (size == 0)
        return;
    memset(to, 0, size);
    /* Later segments cover earlier ones. */
    for (uint32_t i = 0; i < code->segments_count; i++) {
        const struct segment *segment = &code->segments[i];
        uint64_t segment_end = (uint64_t)segment->offset + segment->size;
        uint64_t from = segment->offset > offset ? segment->offset : offset;
        uint64_t until = segment_end < end ? segment_end : end;

        if (from < until)
            memcpy(to + (from - offset), code->data + segment->data + (from - segment->offset),
                   until - from);
    }
}
