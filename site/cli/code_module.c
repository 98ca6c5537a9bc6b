#include "site/cli/code_module.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "engine/inspect.h"
#include "sdk/abi.h"
#include "site/cli/cli.h"
#include "site/cli/code_value.h"

/* The imports that a site has: the table of orders of sdk/abi.h. */
#define ORDER_IMPORT(number, name, params, kind, prototype) [number] = {#name, params},
static const struct engine_import order_imports[SERAI_ORDER_COUNT] = {SERAI_ORDERS(ORDER_IMPORT)};
static const struct engine_imports imports = {
    .module = "serai", .items = order_imports, .count = SERAI_ORDER_COUNT};

enum status code_module_open(struct code_module *module, const char *path, struct fault *fault)
{
    enum status status;

    *module = (struct code_module){.path = path};
    status = file_read(path, ENGINE_MODULE_BYTES_MAX, &module->bytes, fault);
    if (status == ST_FULL) /* of the bound of a module, not of the disk */
        status = fault_set(fault, ST_INVALID, "%.300s is refused: a module has at most %d bytes",
                           path, ENGINE_MODULE_BYTES_MAX);
    if (status != ST_OK) {
        code_module_free(module);
        return status;
    }
    /* The id that a site would know it by, also of a module that is refused. */
    module->id = hash_of(module->bytes.data, module->bytes.size);
    if (module->bytes.size == 0) {
        (void)fault_set(&module->fault, ST_INVALID, "the file is empty");
        return ST_OK;
    }
    if (engine_code_new(&module->code, module->bytes.data, module->bytes.size, &imports,
                        &module->fault) == ST_NOMEM) {
        code_module_free(module);
        return fault_set(fault, ST_NOMEM, "%.300s: out of memory", path);
    }
    return ST_OK;
}

int code_module_read(struct code_module *module, const char *path)
{
    struct fault fault = {0};

    return code_module_open(module, path, &fault) == ST_OK ? EXIT_OK : cli_fault(&fault);
}

int code_module_refused(const struct code_module *module)
{
    return cli_fail(EXIT_BAD_DATA, "%s is refused: %s", module->path, module->fault.text);
}

int code_module_load(struct code_module *module, const char *path)
{
    int code = code_module_read(module, path);

    if (code != EXIT_OK || module->code != NULL)
        return code;
    code = code_module_refused(module);
    code_module_free(module);
    return code;
}

void code_module_free(struct code_module *module)
{
    bytes_fini(&module->bytes);
    engine_code_free(module->code);
    engine_lines_free(module->lines);
    module->code = NULL;
    module->lines = NULL;
}

const char *code_order_of(uint32_t order)
{
    return order < SERAI_ORDER_COUNT ? order_imports[order].name : "unknown";
}

const char *code_order_name(const struct engine_code *code, uint32_t function)
{
    return code_order_of(engine_code_import_order(code, function));
}

/* ---- names ---- */

/* Whether a character stands for itself in a JSON string of plain ASCII. */
static bool code_is_plain(uint32_t character)
{
    return character >= 0x20 && character < 0x7f && character != '\\' && character != '"';
}

/*
 * Write a name in quotes, at most room_bytes with its end.  What does not fit is not shown; no
 * character is cut in two.
 */
static void code_quote_name(char *to, size_t room_bytes, const char *name, size_t size)
{
    size_t used = 1;

    to[0] = '"';
    for (size_t at = 0; at < size;) {
        char piece[TEXT_PIECE_BYTES];

        at += text_escape_one(piece, name + at, size - at);
        if (strcmp(piece, "\"") == 0)
            memcpy(piece, "\\\"", sizeof "\\\"");
        if (strlen(piece) + 2 > room_bytes - used)
            break;
        used += (size_t)snprintf(to + used, room_bytes - used, "%s", piece);
    }
    memcpy(to + used, "\"", 2);
}

void code_name_print(FILE *out, const char *name, size_t size)
{
    char quoted[CODE_LABEL_BYTES];

    code_quote_name(quoted, sizeof quoted, name, size);
    fputs(quoted, out);
}

void code_name_json(FILE *out, const char *name, size_t size)
{
    putc('"', out);
    for (size_t at = 0; at < size;) {
        uint32_t character = 0xfffd;
        size_t length = utf8_next(name + at, size - at, &character);

        at += length == 0 ? 1 : length;
        if (code_is_plain(character))
            putc((int)character, out);
        else if (character < 0x10000)
            fprintf(out, "\\u%04" PRIx32, character);
        else /* a pair of surrogates */
            fprintf(out, "\\u%04" PRIx32 "\\u%04" PRIx32, 0xd7c0 + (character >> 10),
                    0xdc00 + (character & 0x3ff));
    }
    putc('"', out);
}

/* Find the first name that a function is exported by.  False: it is not exported. */
static bool code_find_exported(const struct engine_code *code, uint32_t function,
                               struct engine_export *export)
{
    for (uint32_t i = 0; i < engine_code_exports(code); i++) {
        engine_code_export_at(code, i, export);
        if (export->kind == ENGINE_KIND_FUNCTION && export->index == function)
            return true;
    }
    return false;
}

char *code_label(char text[CODE_LABEL_BYTES], const struct engine_code *code, uint32_t function)
{
    const char *name = engine_function_name(code, function);
    size_t used = (size_t)snprintf(text, CODE_LABEL_BYTES, "f%" PRIu32, function);
    struct engine_export export;

    if (function < engine_code_imports(code)) {
        (void)snprintf(text + used, CODE_LABEL_BYTES - used, " order %s",
                       code_order_name(code, function));
    } else if (name != NULL) {
        text[used++] = ' ';
        (void)text_escape(text + used, CODE_LABEL_BYTES - used, name, strlen(name));
    } else if (code_find_exported(code, function, &export)) {
        text[used++] = ' ';
        code_quote_name(text + used, CODE_LABEL_BYTES - used, export.name, export.name_bytes);
    }
    return text;
}

/* ---- lines ---- */

/* Read the lines of PATH.debug, if there is one and it is of this code. */
static void code_seek_debug(struct code_module *module)
{
    char path[FILE_PATH_BYTES];
    struct bytes bytes = {0};
    struct fault fault = {0};
    enum status status = ST_MISSING;
    int size = snprintf(path, sizeof path, "%s.debug", module->path);

    if (size > 0 && (size_t)size < sizeof path)
        status = file_read(path, ENGINE_LINES_BYTES_MAX, &bytes, &fault);
    if (status == ST_OK &&
        !engine_same_code(module->bytes.data, module->bytes.size, bytes.data, bytes.size))
        status = fault_set(&fault, ST_INVALID, "%.300s is of another build than %.300s", path,
                           module->path);
    else if (status == ST_OK)
        status = engine_lines_new(&module->lines, bytes.data, bytes.size, &fault);
    if (status != ST_OK && status != ST_MISSING)
        (void)cli_fail(EXIT_OK, "no lines are shown: %s", fault.text);
    bytes_fini(&bytes);
}

/* False: no line is known.  *file is borrowed from the module, and any bytes. */
static bool code_line(struct code_module *module, uint32_t offset, const char **file,
                      uint32_t *line)
{
    if (!module->lines_sought) {
        module->lines_sought = true;
        if (engine_lines_new(&module->lines, module->bytes.data, module->bytes.size, NULL) != ST_OK)
            code_seek_debug(module);
    }
    return module->lines != NULL && engine_lines_find(module->lines, offset, file, line);
}

char *code_place(char text[CODE_PLACE_BYTES], struct code_module *module,
                 const struct engine_frame *at)
{
    char label[CODE_LABEL_BYTES];
    const char *file;
    uint32_t line;
    size_t used = (size_t)snprintf(text, CODE_PLACE_BYTES, "%s, byte 0x%" PRIx32,
                                   code_label(label, module->code, at->function), at->offset);

    if (!code_line(module, at->offset, &file, &line))
        return text;
    used += (size_t)snprintf(text + used, CODE_PLACE_BYTES - used, ", ");
    used += text_escape(text + used, CODE_PLACE_BYTES - used - 16, file, strlen(file));
    (void)snprintf(text + used, CODE_PLACE_BYTES - used, ":%" PRIu32, line);
    return text;
}

void code_place_json(FILE *out, struct code_module *module, const struct engine_frame *at)
{
    const char *name = engine_function_name(module->code, at->function);
    const char *file;
    uint32_t line;

    fprintf(out, "{\"function\":%" PRIu32, at->function);
    if (name != NULL) {
        fputs(",\"name\":", out);
        code_name_json(out, name, strlen(name));
    }
    fprintf(out, ",\"offset\":%" PRIu32, at->offset);
    if (code_line(module, at->offset, &file, &line)) {
        fprintf(out, ",\"line\":%" PRIu32 ",\"file\":", line);
        code_name_json(out, file, strlen(file));
    }
    putc('}', out);
}

char *code_signature(char text[CODE_SIGNATURE_BYTES], const char *params, char result)
{
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; params[i] != '\0'; i++) /* at most ENGINE_PARAMS_MAX of 5 bytes: fits */
        used += (size_t)snprintf(text + used, CODE_SIGNATURE_BYTES - used, "%s%s",
                                 i == 0 ? "" : ", ", code_type_name(params[i]));
    (void)snprintf(text + used, CODE_SIGNATURE_BYTES - used, "%s%s%s", used == 0 ? "nothing" : "",
                   result == 0 ? "" : " -> ", result == 0 ? "" : code_type_name(result));
    return text;
}
