/*
 * The sections that name things and give them signatures: types, imports, functions, exports.
 * These are sections 1, 2, 3 and 7, which decode.c calls in their order.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/compile.h"
#include "engine/decode.h"

void *decode_take(struct decoder *decoder, uint32_t count, size_t size)
{
    void *items = calloc(count == 0 ? 1 : count, size);

    if (items == NULL)
        (void)reader_out_of_memory(&decoder->in);
    return items;
}

/* ---- types ---- */

/* An order of signatures by what they are, not by their numbers; 0: they are equal. */
static int signature_compare(const struct signature *a, const struct signature *b)
{
    if (a->result != b->result)
        return a->result < b->result ? -1 : 1;
    if (a->params_count != b->params_count)
        return a->params_count < b->params_count ? -1 : 1;
    return memcmp(a->params, b->params, a->params_count);
}

/*
 * For qsort(): equal signatures in the order of the module.  Until they are numbered, a type's id
 * is its place.
 */
static int signature_order(const void *a, const void *b)
{
    const struct signature *const *x = a;
    const struct signature *const *y = b;
    int order = signature_compare(*x, *y);

    return order != 0 ? order : (*x)->id < (*y)->id ? -1 : 1;
}

/*
 * Equal types get the number of the first of them, which call_indirect compares.  They are sorted,
 * so that a module of many types costs little more than one of few.
 */
static bool decode_number_types(struct decoder *decoder)
{
    struct engine_code *code = decoder->code;
    const struct signature **sorted = calloc(code->types_count + 1, sizeof *sorted);
    uint32_t first = 0;

    if (sorted == NULL)
        return reader_out_of_memory(&decoder->in);
    for (uint32_t i = 0; i < code->types_count; i++) {
        code->types[i].id = i;
        sorted[i] = &code->types[i];
    }
    qsort(sorted, code->types_count, sizeof *sorted, signature_order);
    for (uint32_t i = 0; i < code->types_count; i++) {
        uint32_t place = (uint32_t)(sorted[i] - code->types);

        if (i == 0 || signature_compare(sorted[i - 1], sorted[i]) != 0)
            first = place;
        code->types[place].id = first;
    }
    free(sorted);
    return true;
}

/* One signature.  At most one result: blocks and functions with more are outside the profile. */
static bool decode_type(struct decoder *decoder, struct signature *type)
{
    struct reader *in = &decoder->in;
    size_t start = in->at;
    uint32_t count;
    uint8_t form;

    if (!reader_byte(in, &form))
        return false;
    if (form != 0x60)
        return reader_refuse(in, start, "type form 0x%02x is outside the profile", form);
    if (!reader_count(in, "parameters", LIMIT_PARAMS, &count))
        return false;
    type->params_count = (uint8_t)count;
    for (uint32_t i = 0; i < count; i++)
        if (!compile_value_type(in, &type->params[i]))
            return false;
    start = in->at;
    if (!reader_u32(in, &count))
        return false;
    if (count > 1)
        return reader_refuse(in, start, "multi-value (%u results) is outside the profile", count);
    return count == 0 || compile_value_type(in, &type->result);
}

bool decode_types(struct decoder *decoder)
{
    struct engine_code *code = decoder->code;
    uint32_t count;

    if (!reader_count(&decoder->in, "types", LIMIT_TYPES, &count))
        return false;
    code->types = decode_take(decoder, count, sizeof *code->types);
    if (code->types == NULL)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        if (!decode_type(decoder, &code->types[i]))
            return false;
        code->types_count++;
    }
    return decode_number_types(decoder);
}

/* A number of a type that is there. */
static bool decode_type_index(struct decoder *decoder, uint32_t *index)
{
    size_t start = decoder->in.at;

    if (!reader_u32(&decoder->in, index))
        return false;
    if (*index >= decoder->code->types_count)
        return reader_refuse(&decoder->in, start, "there is no type %u", *index);
    return true;
}

/* ---- imports and functions ---- */

/* An order returns an i64 and takes what its letters say (struct engine_import); never a float. */
static bool import_matches(const struct engine_import *import, const struct signature *type)
{
    size_t count = strlen(import->params);

    if (type->result != TYPE_I64 || type->params_count != count)
        return false;
    for (size_t i = 0; i < count; i++)
        if (type->params[i] != (import->params[i] == 'i' ? TYPE_I32 : TYPE_I64))
            return false;
    return true;
}

bool decode_name_is(const char *name, uint32_t size, const char *text)
{
    return strlen(text) == size && memcmp(name, text, size) == 0;
}

/*
 * Bind the next function to the host's order of this name.  The signature must be the host's to the
 * letter: an agent that was built against other headers is refused here, not at its first call.
 */
static bool import_bind(struct decoder *decoder, size_t start, const char *name, uint32_t size,
                        uint32_t type)
{
    const struct engine_imports *imports = decoder->imports;
    struct function *function = &decoder->code->functions[decoder->code->functions_count];

    for (uint32_t order = 0; order < imports->count; order++) {
        if (!decode_name_is(name, size, imports->items[order].name))
            continue;
        if (!import_matches(&imports->items[order], &decoder->code->types[type]))
            return reader_refuse(&decoder->in, start,
                                 "import \"%.*s\" has another signature here: it takes \"%s\" "
                                 "(i: i32, l: i64) and returns i64",
                                 (int)size, name, imports->items[order].params);
        *function = (struct function){.type = type, .imported = true, .order = order};
        decoder->code->functions_count++;
        decoder->code->imports_count++;
        return true;
    }
    return reader_refuse(&decoder->in, start, "the host has no import \"%.*s\"", (int)size, name);
}

/* One import: only functions, and only from the host's one module. */
static bool decode_import(struct decoder *decoder)
{
    static const char *const kinds[] = {"function", "table", "memory", "global", "tag"};
    struct reader *in = &decoder->in;
    size_t start = in->at;
    const char *module;
    const char *name;
    uint32_t module_bytes;
    uint32_t name_bytes;
    uint32_t type;
    uint8_t kind;

    if (!reader_name(in, &module, &module_bytes) || !reader_name(in, &name, &name_bytes) ||
        !reader_byte(in, &kind))
        return false;
    if (!decode_name_is(module, module_bytes, decoder->imports->module))
        return reader_refuse(in, start, "an import from \"%.*s\": only \"%s\" can be imported",
                             (int)module_bytes, module, decoder->imports->module);
    if (kind > 4)
        return reader_refuse(in, start, "an import of unknown kind %u", kind);
    if (kind != 0)
        return reader_refuse(in, start, "an imported %s is outside the profile", kinds[kind]);
    return decode_type_index(decoder, &type) && import_bind(decoder, start, name, name_bytes, type);
}

bool decode_imports(struct decoder *decoder)
{
    struct engine_code *code = decoder->code;
    uint32_t count;

    /* The same order may be imported more than once. */
    if (!reader_count(&decoder->in, "imports", LIMIT_FUNCTIONS, &count))
        return false;
    code->functions = decode_take(decoder, count, sizeof *code->functions);
    if (code->functions == NULL)
        return false;
    for (uint32_t i = 0; i < count; i++)
        if (!decode_import(decoder))
            return false;
    return true;
}

bool decode_functions(struct decoder *decoder)
{
    struct engine_code *code = decoder->code;
    struct function *functions;
    uint32_t count;

    if (!reader_count(&decoder->in, "functions", LIMIT_FUNCTIONS - code->imports_count, &count))
        return false;
    /* One more than there are, so that the size is never 0. */
    functions = realloc(code->functions, (code->imports_count + count + 1) * sizeof *functions);
    if (functions == NULL)
        return reader_out_of_memory(&decoder->in);
    code->functions = functions;
    for (uint32_t i = 0; i < count; i++) {
        struct function *function = &functions[code->functions_count];

        *function = (struct function){0};
        if (!decode_type_index(decoder, &function->type))
            return false;
        code->functions_count++;
    }
    return true;
}

/* ---- exports ---- */

/* Whether there is such a thing to export. */
static bool export_exists(const struct engine_code *code, uint8_t kind, uint32_t index)
{
    switch (kind) {
    case 0:
        return index < code->functions_count;
    case 1:
        return index == 0 && code->has_table;
    case 2:
        return index == 0 && code->has_memory;
    default:
        return index < code->globals_count;
    }
}

/* One export.  Its name still points into the module's bytes. */
static bool decode_export(struct decoder *decoder, struct export *export)
{
    struct engine_code *code = decoder->code;
    struct reader *in = &decoder->in;
    size_t start = in->at;

    if (!reader_name(in, &export->name, &export->name_bytes) || !reader_byte(in, &export->kind) ||
        !reader_u32(in, &export->index))
        return false;
    if (export->kind > 3)
        return reader_refuse(in, start, "an export of kind %u is outside the profile",
                             export->kind);
    if (!export_exists(code, export->kind, export->index))
        return reader_refuse(in, start, "export \"%.*s\" is of something that does not exist",
                             (int)export->name_bytes, export->name);
    return true;
}

/* By length, then by bytes: an order that nobody sees, and 0 for equal names. */
static int export_compare(const struct export *a, const struct export *b)
{
    if (a->name_bytes != b->name_bytes)
        return a->name_bytes < b->name_bytes ? -1 : 1;
    return memcmp(a->name, b->name, a->name_bytes);
}

/* For qsort(): equal names in the order of the module. */
static int export_order(const void *a, const void *b)
{
    const struct export *const *x = a;
    const struct export *const *y = b;
    int order = export_compare(*x, *y);

    return order != 0 ? order : *x < *y ? -1 : 1;
}

/* Refuse two exports of one name.  They are sorted, so that many exports cost little. */
static bool decode_distinct_exports(struct decoder *decoder)
{
    struct engine_code *code = decoder->code;
    const struct export **sorted = calloc(code->exports_count + 1, sizeof *sorted);
    bool fine = true;

    if (sorted == NULL)
        return reader_out_of_memory(&decoder->in);
    for (uint32_t i = 0; i < code->exports_count; i++)
        sorted[i] = &code->exports[i];
    qsort(sorted, code->exports_count, sizeof *sorted, export_order);
    for (uint32_t i = 1; i < code->exports_count && fine; i++)
        if (export_compare(sorted[i - 1], sorted[i]) == 0)
            fine = reader_refuse(
                &decoder->in, (size_t)((const uint8_t *)sorted[i]->name - decoder->in.bytes),
                "two exports are named \"%.*s\"", (int)sorted[i]->name_bytes, sorted[i]->name);
    free(sorted);
    return fine;
}

bool decode_exports(struct decoder *decoder)
{
    struct engine_code *code = decoder->code;
    uint32_t count;
    uint32_t bytes = 0;

    if (!reader_count(&decoder->in, "exports", LIMIT_EXPORTS, &count))
        return false;
    code->exports = decode_take(decoder, count, sizeof *code->exports);
    if (code->exports == NULL)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        if (!decode_export(decoder, &code->exports[i]))
            return false;
        bytes += code->exports[i].name_bytes;
        code->exports_count++;
    }
    /* While names point into the module, so that a refusal can say at which byte. */
    if (!decode_distinct_exports(decoder))
        return false;
    /* The module's bytes are only lent: keep the names. */
    code->names = decode_take(decoder, bytes, 1);
    if (code->names == NULL)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        char *to = code->names + code->names_bytes;

        memcpy(to, code->exports[i].name, code->exports[i].name_bytes);
        code->exports[i].name = to;
        code->names_bytes += code->exports[i].name_bytes;
    }
    return true;
}
