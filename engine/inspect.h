/*
 * A module as tools look at it: its functions and what they cost, exports, imports, blocks, and its
 * text.  A site needs none of this.  All of it reads a finished code; nothing here runs one.
 */
#ifndef SERAI_ENGINE_INSPECT_H
#define SERAI_ENGINE_INSPECT_H

#include "engine/engine.h"

enum {
    ENGINE_PARAMS_MAX = 64, /* of any function */
    ENGINE_LINE_TEXT = 240, /* of a line of disassembly, with the terminating zero */
};

/*
 * Names of exports and imports are as the module has them: UTF-8, at most 256 bytes, not
 * terminated, any character; whoever prints them escapes them.  They live as long as the code.
 */

/* Types as letters: 'i' i32, 'l' i64, 'f' f32, 'd' f64. */
struct engine_function {
    bool imported;
    const char *name; /* by the name section: printable ASCII, terminated; NULL when it has none */
    char params[ENGINE_PARAMS_MAX + 1]; /* letters, terminated */
    char result;                        /* a letter, 0 for none */
    /* The rest is 0 for an import. */
    uint32_t body_offset; /* in the module, of the groups of its locals */
    uint32_t body_bytes;  /* to its last `end`, that included */
    uint32_t locals;      /* parameters too */
    uint32_t cells;       /* of the activation budget: locals and the deepest operand stack */
    uint32_t operands;    /* that deepest stack alone */
    uint32_t blocks;      /* that are charged; all that can be reached and cost something */
    /*
     * The charge of the straight path: from the entry with every br_if not taken, every `if`
     * taken, every br_table by its default, each loop once, to the first return, unreachable or
     * branch back.  What calls, bulk bytes and grown pages cost on top is not in it.
     */
    uint64_t straight_fuel;
};

/* The number of functions; imports come first. */
uint32_t engine_code_functions(const struct engine_code *code);

/* The number of imported functions. */
uint32_t engine_code_imports(const struct engine_code *code);

/*
 * Describe the function `index`, below engine_code_functions() (INVARIANT).  Its name lives as long
 * as the code.
 */
void engine_code_function(const struct engine_code *code, uint32_t index,
                          struct engine_function *function);

/*
 * The place in the host's array of the imported function `index`, below engine_code_imports()
 * (INVARIANT).
 */
uint32_t engine_code_import_order(const struct engine_code *code, uint32_t index);

enum engine_kind {
    ENGINE_KIND_FUNCTION = 0,
    ENGINE_KIND_TABLE = 1,
    ENGINE_KIND_MEMORY = 2,
    ENGINE_KIND_GLOBAL = 3,
};

struct engine_export {
    const char *name;
    uint32_t name_bytes;
    enum engine_kind kind;
    uint32_t index;
};

/* The number of exports of all kinds. */
uint32_t engine_code_exports(const struct engine_code *code);

/* The export at place `at`, below engine_code_exports() (INVARIANT), in the order of the module. */
void engine_code_export_at(const struct engine_code *code, uint32_t at,
                           struct engine_export *export);

/* Find the export of a name and kind.  ST_MISSING when there is none. */
MUST_CHECK enum status engine_code_find_export(const struct engine_code *code, const char *name,
                                               size_t name_bytes, enum engine_kind kind,
                                               uint32_t *index);

/*
 * The letter of a global's type; `global` is below engine_code_globals() (INVARIANT), and
 * is_mutable may be NULL.
 */
char engine_code_global_type(const struct engine_code *code, uint32_t global, bool *is_mutable);

/* Whether the module has a memory, be it of 0 pages. */
bool engine_code_has_memory(const struct engine_code *code);

/* The number of entries of the table; 0 without one. */
uint32_t engine_code_table_entries(const struct engine_code *code);

/* A block that is charged: where it begins in the module, and what entering it costs. */
struct engine_block {
    uint32_t offset; /* of its first priced operator; of a function's first block: body_offset */
    uint32_t fuel;
};

/*
 * The first charged block at or after the module's byte `offset`, in rising order of offsets; false
 * when there is none.  So a walk is: offset = 0, then block.offset + 1, ...
 */
bool engine_code_next_block(const struct engine_code *code, uint32_t offset,
                            struct engine_block *block);

/* One line of a function's text: its locals first, then an operator a line. */
struct engine_line {
    uint32_t offset;             /* in the module */
    uint32_t size;               /* in bytes */
    uint32_t depth;              /* of nested blocks, for the margin; a function's own is 0 */
    uint32_t fuel;               /* of the charged block that begins here; 0: none does */
    char text[ENGINE_LINE_TEXT]; /* printable ASCII; long lists of labels end with "..." */
};

/*
 * Call `line` with each line of the text of function `index`, in order, until it returns false.
 * `bytes` are those that the code was made of; other bytes give nonsense or ST_INVALID, and no
 * harm.  An imported function has no line.
 */
MUST_CHECK enum status
engine_disassemble(const struct engine_code *code, uint32_t index, const uint8_t *bytes,
                   size_t size, bool (*line)(void *context, const struct engine_line *line),
                   void *context);

#endif
