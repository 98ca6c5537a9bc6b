/* See names.h.  The format is appendix "Custom Sections" of the specification. */
#include "engine/names.h"

#include <stdlib.h>

enum { SUBSECTION_FUNCTIONS = 1 };

/*
 * Keep a copy that any log and any terminal can show, cut to ENGINE_NAME_BYTES.  The first name of
 * a function counts; past LIMIT_FUNCTION_NAMES_BYTES the rest goes without.
 */
static void names_keep(struct engine_code *code, uint32_t function, const uint8_t *bytes,
                       uint32_t size)
{
    uint32_t kept = size < ENGINE_NAME_BYTES ? size : ENGINE_NAME_BYTES - 1;
    char *to = code->function_names + code->function_names_bytes;

    if (size == 0 || code->function_name_at[function] != 0 ||
        kept + 1 > LIMIT_FUNCTION_NAMES_BYTES - code->function_names_bytes)
        return;
    for (uint32_t i = 0; i < kept; i++)
        to[i] = bytes[i] > ' ' && bytes[i] < 0x7f ? (char)bytes[i] : '?';
    to[kept] = '\0';
    code->function_name_at[function] = code->function_names_bytes;
    code->function_names_bytes += kept + 1;
}

/* The subsection of function names: pairs of an index and a name.  False: it is wrong. */
static bool names_functions(struct reader *in, struct engine_code *code)
{
    const uint8_t *name = NULL;
    uint32_t count;
    uint32_t function;
    uint32_t size;

    if (!reader_u32(in, &count))
        return false;
    for (uint32_t i = 0; i < count; i++) {
        if (!reader_u32(in, &function) || !reader_u32(in, &size) || !reader_skip(in, size, &name))
            return false;
        /* An index of no function is an author's error in what only people read: skipped. */
        if (function < code->functions_count)
            names_keep(code, function, name, size);
    }
    return in->at == in->end;
}

/* Each subsection has its size, so unknown ones are stepped over.  False: the section is wrong. */
static bool names_subsections(struct reader *in, struct engine_code *code)
{
    size_t section_end = in->end;

    while (in->at < section_end) {
        uint32_t size;
        uint8_t id;

        if (!reader_byte(in, &id) || !reader_u32(in, &size) || size > section_end - in->at)
            return false;
        in->end = in->at + size;
        if (id == SUBSECTION_FUNCTIONS && !names_functions(in, code))
            return false;
        in->at = in->end;
        in->end = section_end;
    }
    return true;
}

bool names_read(struct reader *in, struct engine_code *code)
{
    /* Its own cursor, so that what is wrong here stays here. */
    struct reader own = {.bytes = in->bytes, .at = in->at, .end = in->end};
    size_t room = in->end - in->at + 1; /* a name is there as long as its terminated copy */
    void *fit;

    if (code->function_name_at != NULL)
        return true; /* the first section counts */
    if (room > LIMIT_FUNCTION_NAMES_BYTES)
        room = LIMIT_FUNCTION_NAMES_BYTES;
    code->function_name_at = calloc((size_t)code->functions_count + 1, sizeof(uint32_t));
    code->function_names = malloc(room);
    if (code->function_name_at == NULL || code->function_names == NULL)
        return reader_out_of_memory(in);
    code->function_names[0] = '\0'; /* place 0 says: none */
    code->function_names_bytes = 1;
    /* Wrong or empty: the module has no names, rather than some of them. */
    if (!names_subsections(&own, code) || code->function_names_bytes == 1) {
        free(code->function_names);
        free(code->function_name_at);
        code->function_names = NULL;
        code->function_name_at = NULL;
        code->function_names_bytes = 0;
        return true;
    }
    /* What was too much goes back; if it cannot, all of it stays. */
    fit = realloc(code->function_names, code->function_names_bytes);
    if (fit != NULL)
        code->function_names = fit;
    return true;
}
