/*
 * A module's sections, in the order of the specification (5.5): everything but the function bodies
 * is decoded and checked here.  Whatever is outside the profile (engine.h) is refused by its name,
 * and each count before memory is taken for it.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/block.h"
#include "engine/code.h"
#include "engine/compile.h"
#include "engine/decode.h"
#include "engine/names.h"
#include "engine/reader.h"

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

/* ---- table, memory, globals ---- */

/*
 * The limits of a table or memory.  Without a maximum *max is UINT32_MAX, and bit 0 of *flags
 * clear.
 */
static bool decode_limits(struct decoder *decoder, uint8_t *flags, uint32_t *min, uint32_t *max)
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

/*
 * At most one table, of functions.  Its maximum is read and dropped: nothing of the profile grows
 * it.
 */
static bool decode_table(struct decoder *decoder)
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
    if (!decode_limits(decoder, &byte, &count, &max))
        return false;
    if (count > LIMIT_TABLE)
        return reader_refuse(in, start, "a table of %u entries is over the limit of %d", count,
                             LIMIT_TABLE);
    code->table = decode_take(decoder, count, sizeof *code->table);
    if (code->table == NULL)
        return false;
    for (uint32_t i = 0; i < count; i++)
        code->table[i] = TABLE_EMPTY;
    code->table_count = count;
    code->has_table = true;
    return true;
}

/*
 * At most one memory.  It must declare a maximum, as that decides the price of loads and stores and
 * the room that is kept for it.
 */
static bool decode_memory(struct decoder *decoder)
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
    if (!decode_limits(decoder, &flags, &code->memory_pages, &code->memory_pages_max))
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

/*
 * A constant expression: one constant of `type` and its end, for there are no imported globals.
 * *value is its raw cell.
 */
static bool decode_constant(struct decoder *decoder, uint8_t type, uint64_t *value)
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

static bool decode_globals(struct decoder *decoder)
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
        if (!decode_constant(decoder, global->type, &global->initial))
            return false;
        code->globals_count++;
    }
    return true;
}

/* ---- segments ---- */

/*
 * The flags of an element or data segment.  Only 0 is in the profile: active, in the one table or
 * memory, so that a module has no state but memory and globals once it is loaded.
 */
static bool decode_segment_form(struct decoder *decoder, const char *what)
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

/* Put one segment's functions into the table, over what earlier segments put there. */
static bool decode_element(struct decoder *decoder)
{
    struct engine_code *code = decoder->code;
    struct reader *in = &decoder->in;
    size_t start = in->at;
    uint64_t offset = 0;
    uint32_t count;

    if (!decode_segment_form(decoder, "element") || !decode_constant(decoder, TYPE_I32, &offset) ||
        !reader_count(in, "elements", LIMIT_TABLE, &count))
        return false;
    if (!code->has_table)
        return reader_refuse(in, start, "an element segment in a module without a table");
    /* The whole range first, so that nothing has to be asked about for each element. */
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

static bool decode_elements(struct decoder *decoder)
{
    uint32_t count;

    if (!reader_count(&decoder->in, "element segments", LIMIT_ELEMENT_SEGMENTS, &count))
        return false;
    for (uint32_t i = 0; i < count; i++)
        if (!decode_element(decoder))
            return false;
    return true;
}

/*
 * One piece of the initial memory.  Its bytes are copied to the end of code->data, which has room
 * for all that the section can hold.
 */
static bool decode_segment(struct decoder *decoder, struct segment *segment)
{
    struct engine_code *code = decoder->code;
    struct reader *in = &decoder->in;
    uint64_t room = (uint64_t)code->memory_pages * ENGINE_WASM_PAGE_BYTES;
    size_t start = in->at;
    const uint8_t *bytes;
    uint64_t offset = 0;

    if (!decode_segment_form(decoder, "data") || !decode_constant(decoder, TYPE_I32, &offset) ||
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

static bool decode_segments(struct decoder *decoder)
{
    struct engine_code *code = decoder->code;
    uint32_t count;

    if (!reader_count(&decoder->in, "data segments", LIMIT_DATA_SEGMENTS, &count))
        return false;
    code->segments = decode_take(decoder, count, sizeof *code->segments);
    if (code->segments == NULL)
        return false;
    /* The segments' bytes together are fewer than the section's. */
    code->data = decode_take(decoder, (uint32_t)(decoder->in.end - decoder->in.at), 1);
    if (code->data == NULL)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        if (!decode_segment(decoder, &code->segments[i]))
            return false;
        code->segments_count++;
    }
    return true;
}

/* ---- code ---- */

/*
 * One body, under a cursor that ends where the body does: what it reads past that is refused there.
 */
static bool decode_body(struct decoder *decoder, struct emit *emit, struct function *function)
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

/*
 * Compile all bodies in one pass.  What they refer to is known: types, imports, table, memory and
 * globals stand in earlier sections.
 */
static bool decode_bodies(struct decoder *decoder)
{
    struct engine_code *code = decoder->code;
    struct reader *in = &decoder->in;
    size_t start = in->at;
    struct emit *emit;
    uint32_t count;
    bool fine = true;

    code->code_bytes = (uint32_t)(in->end - start); /* prices depend on it */
    if (!reader_count(in, "function bodies", LIMIT_FUNCTIONS, &count))
        return false;
    if (count != code->functions_count - code->imports_count)
        return reader_refuse(in, start, "%u function bodies for %u functions", count,
                             code->functions_count - code->imports_count);
    emit = compile_new(in, code);
    if (emit == NULL)
        return reader_out_of_memory(in);
    for (uint32_t i = 0; i < count && fine; i++)
        fine = decode_body(decoder, emit, &code->functions[code->imports_count + i]);
    fine = fine && compile_keep(emit);
    compile_free(emit);
    decoder->has_code = true;
    return fine;
}

/* ---- the module ---- */

/*
 * How many data segments are to come.  It is for readers that check passive segments in one pass;
 * here nothing depends on it, but what it says must be so (decode_counted()).
 */
static bool decode_data_count(struct decoder *decoder, size_t start)
{
    decoder->data_count_at = start;
    return reader_u32(&decoder->in, &decoder->data_count);
}

/* Whether as many data segments came as the module has counted, if it has counted them. */
static bool decode_counted(struct decoder *decoder)
{
    uint32_t found = decoder->code->segments_count;

    if (decoder->data_count_at == 0 || decoder->data_count == found)
        return true;
    return reader_refuse(&decoder->in, decoder->data_count_at,
                         "a data count of %u, and %u data segments", decoder->data_count, found);
}

static bool decode_custom(struct decoder *decoder)
{
    const char *name;
    uint32_t size;

    if (!reader_name(&decoder->in, &name, &size))
        return false;
    /* It stands behind the code, by the specification; all others are dropped. */
    if (decoder->has_code && decode_name_is(name, size, "name") &&
        !names_read(&decoder->in, decoder->code))
        return false;
    decoder->in.at = decoder->in.end;
    return true;
}

static bool decode_section(struct decoder *decoder, uint8_t id, size_t start)
{
    switch ((enum section)id) {
    case SECTION_CUSTOM:
        return decode_custom(decoder);
    case SECTION_TYPE:
        return decode_types(decoder);
    case SECTION_IMPORT:
        return decode_imports(decoder);
    case SECTION_FUNCTION:
        return decode_functions(decoder);
    case SECTION_TABLE:
        return decode_table(decoder);
    case SECTION_MEMORY:
        return decode_memory(decoder);
    case SECTION_GLOBAL:
        return decode_globals(decoder);
    case SECTION_EXPORT:
        return decode_exports(decoder);
    case SECTION_START:
        return reader_refuse(&decoder->in, start,
                             "a start function is outside the profile: export it as _initialize, "
                             "which a site runs before the first turn");
    case SECTION_ELEMENT:
        return decode_elements(decoder);
    case SECTION_CODE:
        return decode_bodies(decoder);
    case SECTION_DATA:
        return decode_segments(decoder);
    case SECTION_DATA_COUNT:
        return decode_data_count(decoder, start);
    case SECTION_TAG:
        return reader_refuse(&decoder->in, start,
                             "a tag section (exception handling) is outside the profile");
    }
    return reader_refuse(&decoder->in, start, "unknown section %u", id);
}

/*
 * Where a section of the profile stands among the others.  The data count came to the specification
 * last, but to the module before the code.
 */
static uint32_t section_place(uint8_t id)
{
    return id == SECTION_DATA_COUNT ? 2 * SECTION_ELEMENT + 1 : 2 * (uint32_t)id;
}

/* All sections, each at most once and in their order; custom ones anywhere. */
static bool decode_sections(struct decoder *decoder)
{
    struct reader *in = &decoder->in;
    size_t module_end = in->end;
    uint32_t last = 0;

    while (in->at < module_end) {
        size_t start = in->at;
        uint32_t size;
        uint8_t id;

        if (!reader_byte(in, &id) || !reader_u32(in, &size))
            return false;
        if (size > module_end - in->at)
            return reader_refuse(in, start, "section %u is longer than the module", id);
        /* Later numbers are refused by name whatever their order (decode_section()). */
        if (id != SECTION_CUSTOM && id <= SECTION_DATA_COUNT) {
            if (section_place(id) <= last)
                return reader_refuse(in, start, "section %u is repeated or out of order", id);
            last = section_place(id);
        }
        in->end = in->at + size;
        if (!decode_section(decoder, id, start))
            return false;
        if (in->at != in->end)
            return reader_refuse(in, in->at, "bytes are left at the end of section %u", id);
        in->end = module_end;
    }
    return true;
}

/*
 * Without a code section there are blocks of no words, and nobody has to ask whether there are any.
 */
static bool decode_no_words(struct decoder *decoder)
{
    struct engine_code *code = decoder->code;

    code->words = block_take(0);
    code->places = block_take(0);
    return (code->words != NULL && code->places != NULL) || reader_out_of_memory(&decoder->in);
}

/* The header, the sections, and that functions have bodies. */
static bool decode_module(struct decoder *decoder)
{
    static const uint8_t header[8] = {0, 'a', 's', 'm', 1, 0, 0, 0};
    struct reader *in = &decoder->in;
    const struct engine_code *code = decoder->code;

    /* First the size: it bounds all work and memory below. */
    if (in->end > ENGINE_MODULE_BYTES_MAX)
        return reader_refuse(in, 0, "a module of %zu bytes is over the limit of %d", in->end,
                             ENGINE_MODULE_BYTES_MAX);
    if (in->end < sizeof header || memcmp(in->bytes, header, 4) != 0)
        return reader_refuse(in, 0, "this is no WebAssembly module");
    if (memcmp(in->bytes, header, sizeof header) != 0)
        return reader_refuse(in, 4, "WebAssembly of another version than 1");
    in->at = sizeof header;
    if (!decode_sections(decoder))
        return false;
    if (!decoder->has_code && code->functions_count > code->imports_count)
        return reader_refuse(in, in->at, "%u functions have no bodies",
                             code->functions_count - code->imports_count);
    if (!decode_counted(decoder))
        return false;
    return decoder->has_code || decode_no_words(decoder);
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
        /* The host's own table: a mistake there is a bug, not a refusal. */
        INVARIANT(strlen(imports->items[i].params) <= ENGINE_ARGS_MAX);
    if (!decode_module(&decoder)) {
        engine_code_free(decoder.code);
        INVARIANT(decoder.in.status != ST_OK);
        return decoder.in.status;
    }
    *code = decoder.code;
    return ST_OK;
}
