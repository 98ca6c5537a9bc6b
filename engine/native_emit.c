/*
 * Tier 1's text of functions: each word of the pre-decoded code becomes a line of C, with labels
 * where something branches to.  Calls, branches and the function around them are here; plain
 * operators are in native_plain.c.
 */
#include "engine/native_emit.h"

#include <inttypes.h>
#include <string.h>

#include "engine/emit.h"
#include "engine/fuse.h"
#include "engine/native_plain.h"

/* ---- calls ---- */

uint32_t native_need(const struct function *function)
{
    return function->imported ? 0 : NATIVE_ROOM(1, function->cells);
}

/* Exact values: a callee's parameter begins with its flag clear (writer_variables()). */
static void writer_arguments(struct native_writer *writer, const struct signature *type,
                             uint16_t first)
{
    for (uint32_t i = 0; i < type->params_count; i++)
        native_put(&writer->body, ", %s",
                   native_exact(writer, (uint16_t)(first + i), type->params[i]).text);
}

/*
 * After a call that left a struct in `r`: the fuel that is left, the value, and memory that may
 * have grown in between.
 */
static void writer_result(struct native_writer *writer, const struct signature *type, uint16_t to)
{
    native_put(&writer->body, " fuel = r.fuel;%s", writer->grows ? " bytes = c->bytes;" : "");
    if (type->result != TYPE_NONE)
        native_put(&writer->body, " %s = r.v;", native_cell(writer, to, type->result).text);
    native_put(&writer->body, " }");
    if (type->result == TYPE_NONE)
        native_put(&writer->body, "\n");
    else
        native_flag(writer, to, type->result, false);
}

/*
 * The host sees raw cells.  Orders take no floats (engine.h), so all of them are plain integers;
 * the array is never empty, as the result takes the first argument's place.
 */
static void writer_host_call(struct native_writer *writer, const struct function *callee,
                             uint16_t first)
{
    const struct signature *type = &writer->code->types[callee->type];
    struct bytes *body = &writer->body;

    native_put(body, "{ uint64_t args[] = {");
    for (uint32_t i = 0; i < type->params_count; i++)
        native_put(body, "%s, ", native_cell(writer, (uint16_t)(first + i), type->params[i]).text);
    native_put(body, "0}; fuel = c->host(c, fuel, %uu, args, SELF, 0x%" PRIx32 "u);%s ",
               callee->order, writer->at, writer->grows ? " bytes = c->bytes;" : "");
    native_put(body, "%s = args[0]; }\n", native_cell(writer, first, TYPE_I64).text);
}

/*
 * The budget is checked by the caller, for what the callee takes: a trap is reported at the call,
 * as in tier 0.
 */
static void writer_call(struct native_writer *writer, const union word *word)
{
    const struct function *callee = &writer->code->functions[word->target];
    const struct signature *type = &writer->code->types[callee->type];
    struct bytes *body = &writer->body;

    if (callee->imported) {
        writer_host_call(writer, callee, word->a);
        return;
    }
    native_put(body, "{ ENTER(0x%" PRIx32 "u, 0x%" PRIx32 "u) struct %s r = fn%u(c, fuel, inner",
               native_need(callee), writer->at, native_result_type(type->result), word->target);
    writer_arguments(writer, type, word->a);
    native_put(body, ");");
    writer_result(writer, type, word->a);
}

/*
 * The table's entry has the type and the need of its function.  An import in the table gets the
 * caller's place by the context, since all calls of a type have the same parameters.
 */
static void writer_call_indirect(struct native_writer *writer, const union word *word)
{
    uint32_t id = (uint32_t)word[1].constant;
    const struct signature *type = &writer->code->types[id];
    struct bytes *body = &writer->body;

    struct native_name index = native_cell(writer, word->b, TYPE_I32);

    native_put(body, "{ FIND(%s, %uu, 0x%" PRIx32 "u) ENTER(slots[%s].need, 0x%" PRIx32 "u) ",
               index.text, id, writer->at, index.text, writer->at);
    if (writer->host_in_table)
        native_put(body, "PLACE(0x%" PRIx32 "u) ", writer->at);
    native_put(body, "struct %s r = ((t%u)calls[%s])(c, fuel, inner",
               native_result_type(type->result), id, index.text);
    writer_arguments(writer, type, word->a);
    native_put(body, ");");
    writer_result(writer, type, word->a);
}

/* ---- the rest ---- */

static void writer_return(struct native_writer *writer, const union word *word, uint8_t type)
{
    if (type == TYPE_NONE)
        native_put(&writer->body, "return (struct rv){fuel};\n");
    else
        native_put(&writer->body, "return (struct %s){fuel, %s};\n", native_result_type(type),
                   native_exact(writer, word->a, type).text);
}

/* A switch of C: the compiler chooses between a table and comparisons. */
static void writer_br_table(struct native_writer *writer, const union word *word)
{
    uint32_t count = (uint32_t)word[1].constant;
    uint8_t type = (uint8_t)word->c;
    struct bytes *body = &writer->body;

    native_put(body, "switch (%s) {\n", native_cell(writer, word->a, TYPE_I32).text);
    for (uint32_t i = 0; i <= count; i++) {
        const union word *entry = &word[2 + i];

        if (i == count)
            native_put(body, "default: ");
        else
            native_put(body, "case %uu: ", i);
        /* Adjacent cases that do the same share one jump. */
        if (i < count && entry[1].target == entry->target && entry[1].a == entry->a)
            continue;
        if (entry->a != EMIT_NO_CELL)
            native_copy(writer, entry->a, word->b, type);
        native_put(body, "goto L%u;\n", entry->target);
    }
    native_put(body, "}\n");
}

/*
 * Globals are raw cells of the instance, in both tiers: a float is stored by its bits and loaded as
 * it is.
 */
static void writer_global(struct native_writer *writer, const union word *word)
{
    struct bytes *body = &writer->body;
    bool set = word->op == OP_GLOBAL_SET;
    uint32_t index = set ? word->target : (uint32_t)word[1].constant;
    uint8_t type = writer->code->globals[index].type;

    if (set) {
        native_put(body, "g[%u] = %s;\n", index, native_bits(writer, word->a, type).text);
        return;
    }
    native_put(body, "%s = ", native_cell(writer, word->a, type).text);
    if (native_is_float(type))
        native_put(body, "V%s(g[%u]);", type == TYPE_F32 ? "32" : "64", index);
    else
        native_put(body, "g[%u];", index);
    native_flag(writer, word->a, type, false);
}

/*
 * Bounds, fuel and cards are the helper's (run.h); the line passes three operands and comes back
 * with the fuel.
 */
static void writer_bulk(struct native_writer *writer, const union word *word)
{
    struct bytes *body = &writer->body;

    native_put(body, "{ uint64_t args[] = {%s, ", native_cell(writer, word->a, TYPE_I32).text);
    native_put(body, "%s, ", native_cell(writer, word->b, TYPE_I32).text);
    native_put(body, "%s}; fuel = c->%s(c, fuel, args, SELF, 0x%" PRIx32 "u); }\n",
               native_cell(writer, word->c, TYPE_I32).text,
               word->op == OP_MEMORY_COPY ? "copy" : "fill", writer->at);
}

/*
 * The same, but that the result comes back in the arguments, and the size of memory in the context.
 */
static void writer_grow(struct native_writer *writer, const union word *word)
{
    struct bytes *body = &writer->body;

    native_put(body,
               "{ uint64_t args[] = {%s}; fuel = c->grow(c, fuel, args, SELF, 0x%" PRIx32 "u); ",
               native_cell(writer, word->b, TYPE_I32).text, writer->at);
    native_put(body, "%s%s = args[0]; }\n", writer->grows ? "bytes = c->bytes; " : "",
               native_cell(writer, word->a, TYPE_I32).text);
}

/*
 * The line of one word.  A charge traps at its own place, like any other word that can end a run.
 */
static void writer_word(struct native_writer *writer, const union word *word)
{
    const struct signature *type = &writer->code->types[writer->function->type];
    struct bytes *body = &writer->body;

    switch (word->op) {
    case OP_CHARGE:
        native_put(body, "CHARGE(%uu, 0x%" PRIx32 "u)\n", word->target, writer->at);
        break;
    case OP_UNREACHABLE:
        native_put(body, "TRAP(TRAP_UNREACHABLE, 0x%" PRIx32 "u);\n", writer->at);
        break;
    case OP_BR:
        native_put(body, "goto L%u;\n", word->target);
        break;
    case OP_BR_IF:
        native_put(body, "if (%s) goto L%u;\n", native_cell(writer, word->a, TYPE_I32).text,
                   word->target);
        break;
    case OP_BR_UNLESS:
        native_put(body, "if (!%s) goto L%u;\n", native_cell(writer, word->a, TYPE_I32).text,
                   word->target);
        break;
    case OP_BR_TABLE:
        writer_br_table(writer, word);
        break;
    case OP_RETURN:
    case OP_RETURN_VALUE:
        writer_return(writer, word, type->result);
        break;
    case OP_CALL:
        writer_call(writer, word);
        break;
    case OP_CALL_INDIRECT:
        writer_call_indirect(writer, word);
        break;
    case OP_CONST:
        native_constant(writer, word->a, (uint8_t)word->b, word[1].constant);
        break;
    case OP_COPY:
        native_copy(writer, word->a, word->b, (uint8_t)word->c);
        break;
    case OP_SELECT:
        native_select(writer, word);
        break;
    case OP_GLOBAL_GET:
    case OP_GLOBAL_SET:
        writer_global(writer, word);
        break;
    case OP_MEMORY_SIZE:
        native_put(body, "%s = bytes >> 16;\n", native_cell(writer, word->a, TYPE_I32).text);
        break;
    case OP_MEMORY_GROW:
        writer_grow(writer, word);
        break;
    case OP_MEMORY_COPY:
    case OP_MEMORY_FILL:
        writer_bulk(writer, word);
        break;
    default:
        native_plain(writer, word);
        break;
    }
}

/* ---- one function ---- */

static void writer_note_target(struct native_writer *writer, const union word *word, uint32_t first)
{
    switch (word->op) {
    case OP_BR:
    case OP_BR_IF:
    case OP_BR_UNLESS:
        writer->target[word->target - first] = 1;
        break;
    case OP_BR_TABLE:
        for (uint32_t i = 0; i <= word[1].constant; i++)
            writer->target[word[2 + i].target - first] = 1;
        break;
    default:
        break;
    }
}

void native_put_head(struct bytes *text, const struct signature *type, uint32_t index)
{
    native_put(text, "static struct %s fn%u(C *c, uint64_t fuel, uint32_t room",
               native_result_type(type->result), index);
    for (uint32_t i = 0; i < type->params_count; i++)
        native_put(text, ", %s %c%u", native_c_type(type->params[i]),
                   native_letter(type->params[i]), i);
    native_put(text, ")");
}

/*
 * Declare what the body uses, known only when it is written.  All begin as 0, as WebAssembly's
 * locals do; parameters are declared by the head, and come with exact bits.
 */
static void writer_variables(struct native_writer *writer, struct bytes *text)
{
    static const uint8_t types[] = {TYPE_I32, TYPE_I64, TYPE_F32, TYPE_F64};
    const struct function *function = writer->function;

    for (uint32_t i = 0; i < function->cells; i++)
        for (uint32_t j = 0; j < 4; j++) {
            uint8_t type = types[j];
            bool param =
                i < function->params && writer->code->types[function->type].params[i] == type;

            if ((writer->used[i] & native_type_bit(type)) == 0)
                continue;
            if (!param)
                native_put(text, "%s %c%u = 0;\n", native_c_type(type), native_letter(type), i);
            if (native_is_float(type))
                native_put(text, "bool %c%u = %d;\n", native_flag_letter(type), i, !param);
        }
}

void native_put_function(struct native_writer *writer, uint32_t index, struct bytes *text)
{
    const struct engine_code *code = writer->code;
    const struct function *function = &code->functions[index];
    uint32_t first = function->code;
    uint32_t end = code_words_end(code, index);
    uint32_t effort = 0;

    writer->function = function;
    writer->index = index;
    bytes_clear(&writer->body);
    memset(writer->used, 0, function->cells);
    memset(writer->target, 0, end - first);
    for (uint32_t at = first; at < end; at += fuse_words(&code->words[at])) {
        writer_note_target(writer, &code->words[at], first);
        effort += native_effort(&code->words[at]);
    }
    for (uint32_t at = first; at < end; at += fuse_words(&code->words[at])) {
        /*
         * Places rise with words, and functions are written in their order: the cursor only goes
         * forward.
         */
        while (writer->place < code->places_count && code->places[writer->place].word <= at)
            writer->at = code->places[writer->place++].offset;
        if (writer->target[at - first] != 0)
            native_put(&writer->body, "L%u:;\n", at);
        writer_word(writer, &code->words[at]);
    }
    /* A hint: without it a compiler thinks the checks too much to repeat even a small function. */
    native_put(text, "\n#undef SELF\n#define SELF %uu\n%s", index,
               effort <= LIMIT_NATIVE_INLINE ? "inline " : "");
    native_put_head(text, &code->types[function->type], index);
    /* What every body has in variables: the macros of the prologue name them. */
    native_put(text, "\n{\nuint8_t *const memory = c->memory;\nuint8_t *const cards = c->cards;\n"
                     "uint64_t *const g = c->globals;\n");
    if (writer->grows)
        native_put(text, "uint64_t bytes = c->bytes;\n");
    else
        native_put(text, "const uint64_t bytes = BYTES;\n");
    writer_variables(writer, text);
    bytes_append(text, writer->body.data, writer->body.size);
    native_put(text, "}\n");
    if (writer->body.failed)
        text->failed = true;
}

/* Roughly the lines of C, and the ways that control can take, which a word becomes. */
uint32_t native_effort(const union word *word)
{
    switch (word->op) {
    case OP_CALL:
        return 6;
    case OP_CALL_INDIRECT:
        return 8;
    case OP_CHARGE:
    case OP_MEMORY_GROW:
    case OP_MEMORY_COPY:
    case OP_MEMORY_FILL:
        return 2;
    case OP_BR_TABLE:
        return fuse_words(word);
    default:
        break;
    }
    return native_plain_effort(word);
}
