/* A module's sections: everything but the function bodies is decoded and checked here. */
#include <stdlib.h>
#include <string.h>

#include "agents/engine/code.h"
#include "agents/engine/compile.h"
#include "agents/engine/names.h"
#include "agents/engine/reader.h"

enum section {
    SECTION_CUSTOM = 0,
    SECTION_TYPE = 1,
    SECTION_IMPORT = 2,
    SECTION_FUNCTION = 3,
    SECTION_TABLE = 4,
    SECTION_MEMORY = 5,
    SECTION_GLOBAL = 6,
    SECTION_EXPORT = 7,
    SECTION_START = 8,
    SECTION_ELEMENT = 9,
    SECTION_CODE = 10,
    SECTION_DATA = 11,
    SECTION_DATA_COUNT = 12,
    SECTION_TAG = 13,
};

struct decoder {
    struct reader in;
    struct engine_code *code;
    const struct engine_imports *imports;
    bool has_code;
};

/* Room for `count` zeroed items; at least one, so that NULL means what it says. */
static bool take(struct decoder *decoder, void *items_out, uint32_t count, size_t size)
{
    void *items = calloc(count == 0 ? 1 : count, size);

    if (items == NULL)
        return reader_out_of_memory(&decoder->in);
    memcpy(items_out, &items, sizeof items);
    return true;
}

/* ---- types ---- */

static bool signature_equal(const struct signature *a, const struct signature *b)
{
    return a->result == b->result && a->params_count == b->params_count &&
           memcmp(a->params, b->params, a->params_count) == 0;
}

static bool read_type(struct decoder *decoder, struct signature *type)
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

static bool read_types(struct decoder *decoder)
{
    struct engine_code *code = decoder->code;
    uint32_t count;

    if (!reader_count(&decoder->in, "types", LIMIT_TYPES, &count) ||
        !take(decoder, &code->types, count, sizeof *code->types))
        return false;
    for (uint32_t i = 0; i < count; i++) {
        struct signature *type = &code->types[i];
        uint32_t same = 0;

        if (!read_type(decoder, type))
            return false;
        while (same < i && !signature_equal(&code->types[same], type))
            same++;
        type->id = same;
        code->types_count++;
    }
    return true;
}

static bool read_type_index(struct decoder *decoder, uint32_t *index)
{
    size_t start = decoder->in.at;

    if (!reader_u32(&decoder->in, index))
        return false;
    if (*index >= decoder->code->types_count)
        return reader_refuse(&decoder->in, start, "there is no type %u", *index);
    return true;
}

/* ---- imports and functions ---- */

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

/* Compare a name of the module with a C string. */
static bool name_is(const char *name, uint32_t size, const char *text)
{
    return strlen(text) == size && memcmp(name, text, size) == 0;
}

static bool bind_import(struct decoder *decoder, size_t start, const char *name, uint32_t size,
                        uint32_t type)
{
    const struct engine_imports *imports = decoder->imports;
    struct function *function = &decoder->code->functions[decoder->code->functions_count];

    for (uint32_t order = 0; order < imports->count; order++) {
        if (!name_is(name, size, imports->items[order].name))
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

static bool read_import(struct decoder *decoder)
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
    if (!name_is(module, module_bytes, decoder->imports->module))
        return reader_refuse(in, start, "an import from \"%.*s\": only \"%s\" can be imported",
                             (int)module_bytes, module, decoder->imports->module);
    if (kind > 4)
        return reader_refuse(in, start, "an import of unknown kind %u", kind);
    if (kind != 0)
        return reader_refuse(in, start, "an imported %s is outside the profile", kinds[kind]);
    return read_type_index(decoder, &type) && bind_import(decoder, start, name, name_bytes, type);
}

static bool read_imports(struct decoder *decoder)
{
    struct engine_code *code = decoder->code;
    uint32_t count;

    /* The same order may be imported more than once. */
    if (!reader_count(&decoder->in, "imports", LIMIT_FUNCTIONS, &count) ||
        !take(decoder, &code->functions, count, sizeof *code->functions))
        return false;
    for (uint32_t i = 0; i < count; i++)
        if (!read_import(decoder))
            return false;
    return true;
}

static bool read_functions(struct decoder *decoder)
{
    struct engine_code *code = decoder->code;
    struct function *functions;
    uint32_t count;

    if (!reader_count(&decoder->in, "functions", LIMIT_FUNCTIONS - code->imports_count, &count))
        return false;
    functions = realloc(code->functions, (code->imports_count + count + 1) * sizeof *functions);
    if (functions == NULL)
        return reader_out_of_memory(&decoder->in);
    code->functions = functions;
    for (uint32_t i = 0; i < count; i++) {
        struct function *function = &functions[code->functions_count];

        *function = (struct function){0};
        if (!read_type_index(decoder, &function->type))
            return false;
        code->functions_count++;
    }
    return true;
}

/* ---- table, memory, globals ---- */

static bool read_limits(struct decoder *decoder, uint8_t *flags, uint32_t *min, uint32_t *max)
{
    struct reader *in = &decoder->in;
    size_t start = in->at;

    if (!reader_byte(in, flags))
        return false;
    if ((*flags & 4) != 0)
        return reader_refuse(in, start, "memory64 is outside the profile");
    if ((*flags & 2) != 0)
        return reader_refuse(in, start, "shared memory (threads) is outside the profile");
    if (*flags > 1)
        return reader_refuse(in, start, "unknown limits 0x%02x", *flags);
    if (!reader_u32(in, min))
        return false;
    *max = UINT32_MAX;
    if ((*flags & 1) != 0 && !reader_u32(in, max))
        return false;
    if (*max < *min)
        return reader_refuse(in, start, "a maximum of %u below the minimum of %u", *max, *min);
    return true;
}

static bool read_table(struct decoder *decoder)
{
    struct engine_code *code = decoder->code;
    struct reader *in = &decoder->in;
    size_t start = in->at;
    uint32_t count;
    uint32_t max;
    uint8_t byte;

    if (!reader_u32(in, &count))
        return false;
    if (count > 1)
        return reader_refuse(in, start, "a second table (reference types) is outside the profile");
    if (count == 0)
        return true;
    start = in->at;
    if (!reader_byte(in, &byte))
        return false;
    if (byte != 0x70)
        return reader_refuse(in, start,
                             "a table of 0x%02x (reference types) is outside the "
                             "profile",
                             byte);
    start = in->at;
    if (!read_limits(decoder, &byte, &count, &max))
        return false;
    if (count > LIMIT_TABLE)
        return reader_refuse(in, start, "a table of %u entries is over the limit of %d", count,
                             LIMIT_TABLE);
    if (!take(decoder, &code->table, count, sizeof *code->table))
        return false;
    for (uint32_t i = 0; i < count; i++)
        code->table[i] = TABLE_EMPTY;
    code->table_count = count;
    code->has_table = true;
    return true;
}

static bool read_memory(struct decoder *decoder)
{
    struct engine_code *code = decoder->code;
    struct reader *in = &decoder->in;
    size_t start = in->at;
    uint32_t count;
    uint8_t flags;

    if (!reader_u32(in, &count))
        return false;
    if (count > 1)
        return reader_refuse(in, start, "a second memory (multi-memory) is outside the profile");
    if (count == 0)
        return true;
    start = in->at;
    if (!read_limits(decoder, &flags, &code->memory_pages, &code->memory_pages_max))
        return false;
    if (flags == 0)
        return reader_refuse(in, start,
                             "the memory has no maximum: declare one of at most %d pages",
                             ENGINE_MEMORY_PAGES_MAX);
    if (code->memory_pages_max > ENGINE_MEMORY_PAGES_MAX)
        return reader_refuse(in, start, "a memory maximum of %u pages is over the limit of %d",
                             code->memory_pages_max, ENGINE_MEMORY_PAGES_MAX);
    code->has_memory = true;
    return true;
}

/* A constant expression: one constant of `type` and its end, for there are no imported globals. */
static bool read_constant(struct decoder *decoder, uint8_t type, uint64_t *value)
{
    static const uint8_t types[] = {TYPE_I32, TYPE_I64, TYPE_F32, TYPE_F64};
    struct reader *in = &decoder->in;
    size_t start = in->at;
    int32_t narrow = 0;
    int64_t wide = 0;
    uint8_t code;
    uint8_t end;
    bool fine;

    if (!reader_byte(in, &code))
        return false;
    if (code < 0x41 || code > 0x44)
        return reader_refuse(in, start, "operator 0x%02x is no constant of the profile", code);
    if (types[code - 0x41] != type)
        return reader_refuse(in, start, "a constant of another type than its place");
    if (type == TYPE_I32)
        fine = reader_s32(in, &narrow);
    else if (type == TYPE_I64)
        fine = reader_s64(in, &wide);
    else
        fine = reader_fixed(in, type == TYPE_F32 ? 4 : 8, value);
    if (!fine || !reader_byte(in, &end))
        return false;
    if (type == TYPE_I32)
        *value = (uint32_t)narrow;
    if (type == TYPE_I64)
        *value = (uint64_t)wide;
    if (end != 0x0b)
        return reader_refuse(
            in, in->at - 1,
            "a constant expression of more than one constant (extended constants) is "
            "outside the profile");
    return true;
}

static bool read_globals(struct decoder *decoder)
{
    struct engine_code *code = decoder->code;
    struct reader *in = &decoder->in;
    uint32_t count;

    if (!reader_count(in, "globals", ENGINE_GLOBALS_MAX, &count))
        return false;
    for (uint32_t i = 0; i < count; i++) {
        struct global *global = &code->globals[i];
        uint8_t mutability;

        if (!compile_value_type(in, &global->type) || !reader_byte(in, &mutability))
            return false;
        if (mutability > 1)
            return reader_refuse(in, in->at - 1, "unknown mutability %u", mutability);
        global->mutable = mutability == 1;
        if (!read_constant(decoder, global->type, &global->initial))
            return false;
        code->globals_count++;
    }
    return true;
}

/* ---- exports ---- */

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

static bool read_export(struct decoder *decoder, struct export *export)
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
    for (uint32_t i = 0; i < code->exports_count; i++)
        if (code->exports[i].name_bytes == export->name_bytes &&
            memcmp(code->exports[i].name, export->name, export->name_bytes) == 0)
            return reader_refuse(in, start, "two exports are named \"%.*s\"",
                                 (int)export->name_bytes, export->name);
    return true;
}

static bool read_exports(struct decoder *decoder)
{
    struct engine_code *code = decoder->code;
    uint32_t count;
    uint32_t bytes = 0;

    if (!reader_count(&decoder->in, "exports", LIMIT_EXPORTS, &count) ||
        !take(decoder, &code->exports, count, sizeof *code->exports))
        return false;
    for (uint32_t i = 0; i < count; i++) {
        if (!read_export(decoder, &code->exports[i]))
            return false;
        bytes += code->exports[i].name_bytes;
        code->exports_count++;
    }
    /* The module's bytes are only lent: keep the names. */
    if (!take(decoder, &code->names, bytes, 1))
        return false;
    for (uint32_t i = 0; i < count; i++) {
        char *to = code->names + code->names_bytes;

        memcpy(to, code->exports[i].name, code->exports[i].name_bytes);
        code->exports[i].name = to;
        code->names_bytes += code->exports[i].name_bytes;
    }
    return true;
}

/* ---- segments ---- */

/* The flags of an element or data segment: only 0, active in the one table or memory. */
static bool read_active(struct decoder *decoder, const char *what)
{
    struct reader *in = &decoder->in;
    size_t start = in->at;
    uint32_t flags;

    if (!reader_u32(in, &flags))
        return false;
    if (flags == 0)
        return true;
    if ((flags & 1) != 0)
        return reader_refuse(in, start, "a passive %s segment (bulk memory) is outside the profile",
                             what);
    return reader_refuse(in, start, "a %s segment of form %u is outside the profile", what, flags);
}

static bool read_element(struct decoder *decoder)
{
    struct engine_code *code = decoder->code;
    struct reader *in = &decoder->in;
    size_t start = in->at;
    uint64_t offset = 0;
    uint32_t count;

    if (!read_active(decoder, "element") || !read_constant(decoder, TYPE_I32, &offset) ||
        !reader_count(in, "elements", LIMIT_TABLE, &count))
        return false;
    if (!code->has_table)
        return reader_refuse(in, start, "an element segment in a module without a table");
    if (offset > code->table_count || count > code->table_count - offset)
        return reader_refuse(in, start, "an element segment outside the table");
    for (uint32_t i = 0; i < count; i++) {
        size_t at = in->at;
        uint32_t function;

        if (!reader_u32(in, &function))
            return false;
        if (function >= code->functions_count)
            return reader_refuse(in, at, "there is no function %u", function);
        code->table[offset + i] = function;
    }
    return true;
}

static bool read_elements(struct decoder *decoder)
{
    uint32_t count;

    if (!reader_count(&decoder->in, "element segments", LIMIT_ELEMENT_SEGMENTS, &count))
        return false;
    for (uint32_t i = 0; i < count; i++)
        if (!read_element(decoder))
            return false;
    return true;
}

static bool read_segment(struct decoder *decoder, struct segment *segment)
{
    struct engine_code *code = decoder->code;
    struct reader *in = &decoder->in;
    uint64_t room = (uint64_t)code->memory_pages * ENGINE_WASM_PAGE_BYTES;
    size_t start = in->at;
    const uint8_t *bytes;
    uint64_t offset = 0;

    if (!read_active(decoder, "data") || !read_constant(decoder, TYPE_I32, &offset) ||
        !reader_u32(in, &segment->size) || !reader_skip(in, segment->size, &bytes))
        return false;
    if (!code->has_memory)
        return reader_refuse(in, start, "a data segment in a module without memory");
    if (offset > room || segment->size > room - offset)
        return reader_refuse(in, start, "a data segment outside the initial memory");
    segment->offset = (uint32_t)offset;
    segment->data = code->data_bytes;
    memcpy(code->data + code->data_bytes, bytes, segment->size);
    code->data_bytes += segment->size;
    return true;
}

static bool read_data(struct decoder *decoder)
{
    struct engine_code *code = decoder->code;
    uint32_t count;

    if (!reader_count(&decoder->in, "data segments", LIMIT_DATA_SEGMENTS, &count) ||
        !take(decoder, &code->segments, count, sizeof *code->segments) ||
        !take(decoder, &code->data, (uint32_t)(decoder->in.end - decoder->in.at), 1))
        return false;
    for (uint32_t i = 0; i < count; i++) {
        if (!read_segment(decoder, &code->segments[i]))
            return false;
        code->segments_count++;
    }
    return true;
}

/* ---- code ---- */

static bool read_body(struct decoder *decoder, struct emit *emit, struct function *function)
{
    struct reader *in = &decoder->in;
    size_t start = in->at;
    size_t section_end = in->end;
    uint32_t size;

    if (!reader_u32(in, &size))
        return false;
    if (size > LIMIT_BODY_BYTES)
        return reader_refuse(in, start, "a function of %u bytes is over the limit of %d", size,
                             LIMIT_BODY_BYTES);
    if (size > section_end - in->at)
        return reader_refuse(in, start, "a function longer than its section");
    in->end = in->at + size;
    if (!compile_function(emit, function))
        return false;
    in->end = section_end;
    return true;
}

static bool read_bodies(struct decoder *decoder)
{
    struct engine_code *code = decoder->code;
    struct reader *in = &decoder->in;
    size_t start = in->at;
    struct emit *emit;
    uint32_t count;
    bool fine = true;

    if (!reader_count(in, "function bodies", LIMIT_FUNCTIONS, &count))
        return false;
    if (count != code->functions_count - code->imports_count)
        return reader_refuse(in, start, "%u function bodies for %u functions", count,
                             code->functions_count - code->imports_count);
    emit = compile_new(in, code);
    if (emit == NULL)
        return reader_out_of_memory(in);
    for (uint32_t i = 0; i < count && fine; i++)
        fine = read_body(decoder, emit, &code->functions[code->imports_count + i]);
    compile_free(emit);
    decoder->has_code = true;
    return fine;
}

/* ---- the module ---- */

static bool read_custom(struct decoder *decoder)
{
    const char *name;
    uint32_t size;

    if (!reader_name(&decoder->in, &name, &size))
        return false;
    /* It stands behind the code, by the specification; all others are dropped. */
    if (decoder->has_code && name_is(name, size, "name") &&
        !names_read(&decoder->in, decoder->code))
        return false;
    decoder->in.at = decoder->in.end;
    return true;
}

static bool read_section(struct decoder *decoder, uint8_t id, size_t start)
{
    switch ((enum section)id) {
    case SECTION_CUSTOM:
        return read_custom(decoder);
    case SECTION_TYPE:
        return read_types(decoder);
    case SECTION_IMPORT:
        return read_imports(decoder);
    case SECTION_FUNCTION:
        return read_functions(decoder);
    case SECTION_TABLE:
        return read_table(decoder);
    case SECTION_MEMORY:
        return read_memory(decoder);
    case SECTION_GLOBAL:
        return read_globals(decoder);
    case SECTION_EXPORT:
        return read_exports(decoder);
    case SECTION_START:
        return reader_refuse(&decoder->in, start, "a start function is outside the profile");
    case SECTION_ELEMENT:
        return read_elements(decoder);
    case SECTION_CODE:
        return read_bodies(decoder);
    case SECTION_DATA:
        return read_data(decoder);
    case SECTION_DATA_COUNT:
        return reader_refuse(&decoder->in, start,
                             "a data count section (bulk memory) is outside the profile");
    case SECTION_TAG:
        return reader_refuse(&decoder->in, start,
                             "a tag section (exception handling) is outside the profile");
    }
    return reader_refuse(&decoder->in, start, "unknown section %u", id);
}

static bool read_sections(struct decoder *decoder)
{
    struct reader *in = &decoder->in;
    size_t module_end = in->end;
    uint8_t last = SECTION_CUSTOM;

    while (in->at < module_end) {
        size_t start = in->at;
        uint32_t size;
        uint8_t id;

        if (!reader_byte(in, &id) || !reader_u32(in, &size))
            return false;
        if (size > module_end - in->at)
            return reader_refuse(in, start, "section %u is longer than the module", id);
        if (id != SECTION_CUSTOM && id <= SECTION_DATA) {
            if (id <= last)
                return reader_refuse(in, start, "section %u is repeated or out of order", id);
            last = id;
        }
        in->end = in->at + size;
        if (!read_section(decoder, id, start))
            return false;
        if (in->at != in->end)
            return reader_refuse(in, in->at, "bytes are left at the end of section %u", id);
        in->end = module_end;
    }
    return true;
}

static bool read_module(struct decoder *decoder)
{
    static const uint8_t header[8] = {0, 'a', 's', 'm', 1, 0, 0, 0};
    struct reader *in = &decoder->in;
    const struct engine_code *code = decoder->code;

    if (in->end > ENGINE_MODULE_BYTES_MAX)
        return reader_refuse(in, 0, "a module of %zu bytes is over the limit of %d", in->end,
                             ENGINE_MODULE_BYTES_MAX);
    if (in->end < sizeof header || memcmp(in->bytes, header, 4) != 0)
        return reader_refuse(in, 0, "this is no WebAssembly module");
    if (memcmp(in->bytes, header, sizeof header) != 0)
        return reader_refuse(in, 4, "WebAssembly of another version than 1");
    in->at = sizeof header;
    if (!read_sections(decoder))
        return false;
    if (!decoder->has_code && code->functions_count > code->imports_count)
        return reader_refuse(in, in->at, "%u functions have no bodies",
                             code->functions_count - code->imports_count);
    return true;
}

/* Give back what the growing arrays hold in reserve: the code lives as long as its agents. */
static void trim(struct engine_code *code)
{
    void *words = realloc(code->words, (code->words_count + 1) * sizeof *code->words);
    void *places = realloc(code->places, (code->places_count + 1) * sizeof *code->places);

    if (words != NULL) {
        code->words = words;
        code->words_room = code->words_count + 1;
    }
    if (places != NULL) {
        code->places = places;
        code->places_room = code->places_count + 1;
    }
}

enum status engine_code_new(struct engine_code **code, const uint8_t *bytes, size_t size,
                            const struct engine_imports *imports, struct fault *fault)
{
    struct decoder decoder = {.in = {.bytes = bytes, .end = size, .fault = fault},
                              .imports = imports};

    *code = NULL;
    decoder.code = calloc(1, sizeof *decoder.code);
    if (decoder.code == NULL)
        return fault_set(fault, ST_NOMEM, "no memory left to load the module");
    for (uint32_t i = 0; i < imports->count; i++)
        INVARIANT(strlen(imports->items[i].params) <= ENGINE_ARGS_MAX);
    if (!read_module(&decoder)) {
        engine_code_free(decoder.code);
        INVARIANT(decoder.in.status != ST_OK);
        return decoder.in.status;
    }
    trim(decoder.code);
    *code = decoder.code;
    return ST_OK;
}
