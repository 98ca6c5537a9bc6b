/*
 * What tools ask about a finished code.  All is found in what a site keeps anyway: words, places
 * and signatures.
 */
#include "engine/inspect.h"

#include <string.h>

#include "engine/code.h"
#include "engine/fuse.h"

_Static_assert((int)ENGINE_PARAMS_MAX == (int)LIMIT_PARAMS, "all parameters of a type are shown");

static char inspect_letter(uint8_t type)
{
    return type == TYPE_I32   ? 'i'
           : type == TYPE_I64 ? 'l'
           : type == TYPE_F32 ? 'f'
           : type == TYPE_F64 ? 'd'
                              : 0;
}

/* ---- functions ---- */

uint32_t engine_code_functions(const struct engine_code *code)
{
    return code->functions_count;
}

uint32_t engine_code_imports(const struct engine_code *code)
{
    return code->imports_count;
}

uint32_t engine_code_import_order(const struct engine_code *code, uint32_t index)
{
    INVARIANT(index < code->imports_count);
    return code->functions[index].order;
}

/*
 * A br_if whose value must be moved first is a branch around the move and the branch.  An `if`
 * never looks so: a move in its arm has a price, which is charged there.
 */
static bool inspect_goes_around(const union word *words, uint32_t at)
{
    uint32_t move = at + 1;
    uint32_t branch = move + fuse_words(&words[move]);

    return (words[move].op == OP_CONST || words[move].op == OP_COPY) && words[branch].op == OP_BR &&
           words[at].target == branch + 1;
}

/*
 * The charges of the straight path from the word `at` (struct engine_function says which that is).
 */
static uint64_t inspect_straight_fuel(const struct engine_code *code, uint32_t at, uint32_t end)
{
    const union word *words = code->words;
    uint64_t fuel = 0;

    while (at < end) {
        uint32_t next = at + fuse_words(&words[at]);

        switch (words[at].op) {
        case OP_CHARGE:
            fuel += words[at].target;
            break;
        case OP_BR:
            next = words[at].target;
            break;
        case OP_BR_UNLESS:
            if (inspect_goes_around(words, at))
                next = words[at].target;
            break;
        /* Its last entry is the default. */
        case OP_BR_TABLE:
            next = words[at + 2 + words[at + 1].constant].target;
            break;
        case OP_UNREACHABLE:
        case OP_RETURN:
        case OP_RETURN_VALUE:
            return fuel;
        default:
            break;
        }
        /* A branch back: each loop once. */
        if (next <= at)
            return fuel;
        at = next;
    }
    return fuel;
}

/* The first place whose word is `word` or later. */
static uint32_t inspect_place_at(const struct engine_code *code, uint32_t word)
{
    uint32_t low = 0;
    uint32_t high = code->places_count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (code->places[middle].word < word)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Whether a place is that of a word which charges a block, and so begins one. */
static bool inspect_is_charge(const struct engine_code *code, uint32_t place)
{
    return code->words[code->places[place].word].op == OP_CHARGE;
}

/* The charged blocks among the words [first, end) of a function. */
static uint32_t inspect_count_blocks(const struct engine_code *code, uint32_t first, uint32_t end)
{
    uint32_t count = 0;

    for (uint32_t i = inspect_place_at(code, first);
         i < code->places_count && code->places[i].word < end; i++)
        count += inspect_is_charge(code, i) ? 1 : 0;
    return count;
}

void engine_code_function(const struct engine_code *code, uint32_t index,
                          struct engine_function *function)
{
    const struct function *from = &code->functions[index];
    const struct signature *type;

    INVARIANT(index < code->functions_count);
    type = &code->types[from->type];
    memset(function, 0, sizeof *function);
    function->imported = from->imported;
    function->name = engine_function_name(code, index);
    for (uint32_t i = 0; i < type->params_count; i++)
        function->params[i] = inspect_letter(type->params[i]);
    function->result = inspect_letter(type->result);
    if (from->imported)
        return;
    function->body_offset = from->body_offset;
    function->body_bytes = from->body_bytes;
    function->locals = from->locals;
    function->cells = from->cells;
    function->operands = from->cells - from->locals;
    function->blocks = inspect_count_blocks(code, from->code, code_words_end(code, index));
    function->straight_fuel = inspect_straight_fuel(code, from->code, code_words_end(code, index));
}

/* ---- exports, globals, memory ---- */

uint32_t engine_code_exports(const struct engine_code *code)
{
    return code->exports_count;
}

void engine_code_export_at(const struct engine_code *code, uint32_t at,
                           struct engine_export *export)
{
    const struct export *from = &code->exports[at];

    INVARIANT(at < code->exports_count);
    *export = (struct engine_export){.name = from->name,
                                     .name_bytes = from->name_bytes,
                                     .kind = (enum engine_kind)from->kind,
                                     .index = from->index};
}

enum status engine_code_find_export(const struct engine_code *code, const char *name,
                                    size_t name_bytes, enum engine_kind kind, uint32_t *index)
{
    for (uint32_t i = 0; i < code->exports_count; i++) {
        const struct export *export = &code->exports[i];

        if (export->kind != kind || export->name_bytes != name_bytes ||
            memcmp(export->name, name, name_bytes) != 0)
            continue;
        *index = export->index;
        return ST_OK;
    }
    return ST_MISSING;
}

char engine_code_global_type(const struct engine_code *code, uint32_t global, bool *is_mutable)
{
    INVARIANT(global < code->globals_count);
    if (is_mutable != NULL)
        *is_mutable = code->globals[global].mutable;
    return inspect_letter(code->globals[global].type);
}

bool engine_code_has_memory(const struct engine_code *code)
{
    return code->has_memory;
}

uint32_t engine_code_table_entries(const struct engine_code *code)
{
    return code->table_count;
}

/* ---- blocks ---- */

bool engine_code_next_block(const struct engine_code *code, uint32_t offset,
                            struct engine_block *block)
{
    uint32_t low = 0;
    uint32_t high = code->places_count;

    /* Functions and their operators are compiled in the order of the module. */
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (code->places[middle].offset < offset)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < code->places_count; low++)
        if (inspect_is_charge(code, low)) {
            *block = (struct engine_block){.offset = code->places[low].offset,
                                           .fuel = code->words[code->places[low].word].target};
            return true;
        }
    return false;
}
