/*
 * What an object of tier 1 depends on besides the module: the compiler's arguments, the engine's
 * own sources, and the stamp that ties an object to one code.
 */
#include <string.h>

#include "base/hash.h"
#include "engine/code.h"
#include "engine/native_text.h"

/*
 * Wrapping integers and no contraction keep results those of tier 0; without errno a square root is
 * one instruction.  Without a library, unwind tables and undefined symbols an object passes
 * native_elf.c.
 */
static const char *const flags[] = {
    "-std=gnu11",
    "-O2",
    "-Wframe-larger-than=2048", /* an error by the text: see NATIVE_STACK_BYTES */
    "-x",
    "c",
    "-shared",
    "-fPIC",
    "-nostdlib",
    "-nostdinc",
    "-ffreestanding",
    "-fvisibility=hidden",
    "-fno-strict-aliasing",
    "-fwrapv",
    "-ffp-contract=off",
    "-fno-math-errno",
    "-fno-asynchronous-unwind-tables",
    "-fcf-protection=none",
    "-fno-stack-protector",
    "-Wl,-z,defs",
    "-Wl,-z,noexecstack",
    "-Wl,-z,relro,-z,now",
    "-Wl,--build-id=none",
    NULL,
};

const char *const *engine_native_flags(void)
{
    return flags;
}

/*
 * The hash of the files that embed.cmake lists: a change of any of them makes another engine, so
 * objects of the former one are not taken.
 */
const char *engine_native_id(void)
{
    return native_sources;
}

/* As 8 bytes of this machine: an object is of its kind of machine anyway. */
static void add_number(struct hasher *hasher, uint64_t number)
{
    hasher_add(hasher, &number, sizeof number);
}

/*
 * All that the text of an object is a function of, in one fixed order: functions, types, exports,
 * globals, table, memory, words and places.  An object that was made of anything else has another
 * stamp.  Empty when out of memory, which no object carries.
 */
void native_stamp(const struct engine_code *code, char stamp[65])
{
    struct hasher *hasher = hasher_new();
    struct hash hash;

    if (hasher == NULL) {
        stamp[0] = '\0';
        return;
    }
    hasher_start(hasher);
    /* First the engine: equal words of another engine may mean another text. */
    hasher_add(hasher, native_sources, strlen(native_sources));
    add_number(hasher, code->functions_count);
    for (uint32_t i = 0; i < code->functions_count; i++) {
        const struct function *function = &code->functions[i];

        add_number(hasher, function->imported ? function->order + 1 : 0);
        add_number(hasher, function->code);
        add_number(hasher, function->cells);
        add_number(hasher, function->type);
    }
    add_number(hasher, code->types_count);
    for (uint32_t i = 0; i < code->types_count; i++) {
        const struct signature *type = &code->types[i];

        add_number(hasher, type->id);
        add_number(hasher, type->result);
        add_number(hasher, type->params_count);
        hasher_add(hasher, type->params, type->params_count);
    }
    add_number(hasher, code->exports_count);
    for (uint32_t i = 0; i < code->exports_count; i++)
        add_number(hasher, (uint64_t)code->exports[i].kind << 32 | code->exports[i].index);
    add_number(hasher, code->globals_count);
    for (uint32_t i = 0; i < code->globals_count; i++)
        add_number(hasher, code->globals[i].type);
    /* Calls through the table are compiled in with the entries' types and sizes. */
    add_number(hasher, code->table_count);
    hasher_add(hasher, code->table, code->table_count * sizeof *code->table);
    add_number(hasher, (uint64_t)code->memory_pages << 32 | code->memory_pages_max);
    /* The code itself, and where in the module traps are reported. */
    add_number(hasher, code->words_count);
    hasher_add(hasher, code->words, code->words_count * sizeof *code->words);
    for (uint32_t i = 0; i < code->places_count; i++)
        add_number(hasher, (uint64_t)code->places[i].word << 32 | code->places[i].offset);
    hash = hasher_end(hasher);
    hasher_free(hasher);
    (void)hash_print(stamp, &hash);
}
