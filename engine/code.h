/* A module, validated and pre-decoded; private to the engine. */
#ifndef SERAI_ENGINE_CODE_H
#define SERAI_ENGINE_CODE_H

#include "engine/engine.h"
#include "engine/limits.h"

/* Value types by their bytes in a module. */
enum value_type {
    TYPE_NONE = 0, /* no result; on the validation stack: unknown */
    TYPE_I32 = 0x7f,
    TYPE_I64 = 0x7e,
    TYPE_F32 = 0x7d,
    TYPE_F64 = 0x7c,
};

struct signature {
    uint32_t id; /* the first type that is equal to this one */
    uint8_t result;
    uint8_t params_count;
    uint8_t params[LIMIT_PARAMS];
};

struct function {
    uint32_t type;
    bool imported;
    uint32_t order;       /* of an import: its number at the host */
    uint32_t code;        /* first word */
    uint32_t body_offset; /* in the module, for people */
    uint32_t body_bytes;
    uint32_t params;
    uint32_t locals; /* parameters too; its first cells */
    uint32_t cells;  /* of an activation: locals and the deepest operand stack */
};

/*
 * One word of pre-decoded code.  Operands a, b and c are cells of the activation: first the locals,
 * then the operand stack.  A branch target is a word's index.  Words that move a value of any type
 * say which in a field that is else unused: CONST in b, COPY and BR_TABLE in c, SELECT in the b of
 * its second word.
 */
union word {
    struct {
        uint16_t op;
        uint16_t a;
        union {
            struct {
                uint16_t b;
                uint16_t c;
            };
            uint32_t target;
        };
    };
    uint64_t constant;
};

/* Where in the module a word that can end a run came from; in rising order of `word`. */
struct code_place {
    uint32_t word;
    uint32_t offset;
};

struct global {
    uint8_t type;
    bool mutable;
    uint64_t initial;
};

struct export
{
    const char *name; /* into engine_code.names, not terminated */
    uint32_t name_bytes;
    uint32_t index;
    uint8_t kind; /* 0 function, 1 table, 2 memory, 3 global */
};

struct segment {
    uint32_t offset;
    uint32_t size;
    uint32_t data; /* index into engine_code.data */
};

enum { TABLE_EMPTY = UINT32_MAX >> 1 }; /* no function: above LIMIT_FUNCTIONS */

struct engine_code {
    struct signature *types;
    uint32_t types_count;
    struct function *functions; /* imports first */
    uint32_t functions_count;
    uint32_t imports_count;
    uint32_t *table; /* function numbers */
    uint32_t table_count;
    bool has_table;
    bool has_memory;
    uint32_t memory_pages;
    uint32_t memory_pages_max;
    uint32_t code_bytes; /* of the code section, its head apart */
    struct global globals[ENGINE_GLOBALS_MAX];
    uint32_t globals_count;
    struct export *exports;
    uint32_t exports_count;
    char *names; /* of the exports */
    uint32_t names_bytes;
    char *function_names;       /* terminated; NULL: the module has none */
    uint32_t *function_name_at; /* for each function, 0 for none */
    uint32_t function_names_bytes;
    struct segment *segments;
    uint32_t segments_count;
    uint8_t *data;
    uint32_t data_bytes;
    union word *words;
    uint32_t words_count;
    struct code_place *places;
    uint32_t places_count;
    const struct engine_native *native; /* NULL: tier 0 */
};

/*
 * The index of the word after the last one of a function of the module, when all of them are
 * compiled.
 */
uint32_t code_words_end(const struct engine_code *code, uint32_t function);

#endif
