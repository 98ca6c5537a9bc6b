/* serai code check: would a site take this module, and what would its parts cost? */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "agents/modules.h"
#include "base/text.h"
#include "engine/inspect.h"
#include "site/cli/cli.h"
#include "site/cli/code_module.h"
#include "site/cli/code_value.h"
#include "site/cli/commands.h"
#include "site/cli/render.h"

enum { CELL_BYTES = 64, NAME_SHOWN = 40 };

static const char *check_kind_name(enum engine_kind kind)
{
    switch (kind) {
    case ENGINE_KIND_FUNCTION:
        return "function";
    case ENGINE_KIND_TABLE:
        return "table";
    case ENGINE_KIND_MEMORY:
        return "memory";
    case ENGINE_KIND_GLOBAL:
        return "global";
    }
    return "unknown";
}

/* ---- for programs ---- */

/*
 * Find the byte at which a module was refused.  The engine ends the text of a refusal with "at byte
 * 0x1f3" where it knows it; a name out of the module may hold these words as well, so the last
 * counts.
 */
static bool check_refused_at(const char *reason, uint64_t *offset)
{
    static const char words[] = "at byte 0x";
    const char *found = NULL;
    char *end;

    for (const char *next = strstr(reason, words); next != NULL; next = strstr(next + 1, words))
        found = next + sizeof words - 1;
    if (found == NULL)
        return false;
    *offset = strtoull(found, &end, 16);
    return end != found;
}

/* The fields that both outcomes have. */
static void check_json_head(const struct code_module *module, bool accepted)
{
    char id[HASH_TEXT_BYTES];

    printf("{\"accepted\":%s,\"file\":", accepted ? "true" : "false");
    code_name_json(stdout, module->path, strlen(module->path));
    printf(",\"code\":\"%s\",\"bytes\":%zu", hash_print(id, &module->id), module->bytes.size);
}

static void check_json_refused(const struct code_module *module)
{
    uint64_t offset;

    check_json_head(module, false);
    printf(",\"reason\":");
    code_name_json(stdout, module->fault.text, strlen(module->fault.text));
    if (check_refused_at(module->fault.text, &offset))
        printf(",\"offset\":%" PRIu64, offset);
    printf("}\n");
}

/* Parameters and results as arrays of type names, as WebAssembly has them. */
static void check_json_signature(const struct engine_function *function)
{
    printf(",\"params\":[");
    for (size_t i = 0; function->params[i] != '\0'; i++)
        printf("%s\"%s\"", i == 0 ? "" : ",", code_type_name(function->params[i]));
    printf("],\"results\":[");
    if (function->result != 0)
        printf("\"%s\"", code_type_name(function->result));
    putchar(']');
}

/* Imports are orders of the site, nothing else: the engine refuses others. */
static void check_json_imports(const struct engine_code *code)
{
    struct engine_function function;

    printf(",\"imports\":[");
    for (uint32_t i = 0; i < engine_code_imports(code); i++) {
        engine_code_function(code, i, &function);
        printf("%s{\"function\":%" PRIu32 ",\"order\":\"%s\"", i == 0 ? "" : ",", i,
               code_order_name(code, i));
        check_json_signature(&function);
        putchar('}');
    }
    putchar(']');
}

static void check_json_exports(const struct engine_code *code)
{
    struct engine_export export;

    printf(",\"exports\":[");
    for (uint32_t i = 0; i < engine_code_exports(code); i++) {
        engine_code_export_at(code, i, &export);
        printf("%s{\"name\":", i == 0 ? "" : ",");
        code_name_json(stdout, export.name, export.name_bytes);
        printf(",\"kind\":\"%s\",\"index\":%" PRIu32 "}", check_kind_name(export.kind),
               export.index);
    }
    putchar(']');
}

/* Functions with a body: what a site would pay for and where each begins. */
static void check_json_functions(const struct engine_code *code)
{
    struct engine_function function;
    const char *comma = "";

    printf(",\"functions\":[");
    for (uint32_t i = engine_code_imports(code); i < engine_code_functions(code); i++) {
        engine_code_function(code, i, &function);
        printf("%s{\"function\":%" PRIu32, comma, i);
        if (function.name != NULL) {
            printf(",\"name\":");
            code_name_json(stdout, function.name, strlen(function.name));
        }
        check_json_signature(&function);
        printf(",\"offset\":%" PRIu32 ",\"bytes\":%" PRIu32 ",\"locals\":%" PRIu32
               ",\"cells\":%" PRIu32 ",\"blocks\":%" PRIu32 ",\"straight_fuel\":%" PRIu64 "}",
               function.body_offset, function.body_bytes, function.locals, function.cells,
               function.blocks, function.straight_fuel);
        comma = ",";
    }
    putchar(']');
}

static void check_json_accepted(const struct code_module *module)
{
    const struct engine_code *code = module->code;
    struct fault fault = {0};
    struct code_entry entry;

    check_json_head(module, true);
    /*
     * Accepted by the engine; whether it can be an agent is another question, as a library cannot.
     */
    printf(",\"fuel_table\":%d", ENGINE_FUEL_TABLE_ID);
    if (agents_code_entry(code, &entry, &fault) == ST_OK) {
        printf(",\"agent\":true,\"entry\":%" PRIu32, entry.turn);
        if (entry.initializes)
            printf(",\"initialize\":%" PRIu32, entry.initialize);
    } else {
        printf(",\"agent\":false,\"agent_reason\":");
        code_name_json(stdout, fault.text, strlen(fault.text));
    }
    if (engine_code_has_memory(code))
        printf(",\"memory\":{\"pages\":%" PRIu32 ",\"pages_max\":%" PRIu32 "}",
               engine_code_memory_pages(code), engine_code_memory_pages_max(code));
    printf(",\"table\":%" PRIu32 ",\"globals\":[", engine_code_table_entries(code));
    for (uint32_t i = 0; i < engine_code_globals(code); i++)
        printf("%s\"%s\"", i == 0 ? "" : ",",
               code_type_name(engine_code_global_type(code, i, NULL)));
    putchar(']');
    check_json_imports(code);
    check_json_exports(code);
    check_json_functions(code);
    printf("}\n");
}

/* ---- for people ---- */

/* The module as a whole, and whether it can be an agent. */
static void check_text_head(const struct code_module *module)
{
    const struct engine_code *code = module->code;
    struct fault fault = {0};
    char id[HASH_TEXT_BYTES];
    struct code_entry entry;

    printf("accepted         ");
    render_escaped(stdout, module->path);
    printf("\ncode             %s\nbytes            %zu\nfuel table       fuel-%d\n",
           hash_print(id, &module->id), module->bytes.size, ENGINE_FUEL_TABLE_ID);
    if (engine_code_has_memory(code))
        printf("memory           %" PRIu32 " KiB, at most %" PRIu32 " KiB\n",
               64 * engine_code_memory_pages(code), 64 * engine_code_memory_pages_max(code));
    else
        printf("memory           none\n");
    printf("globals          %" PRIu32 "\n", engine_code_globals(code));
    if (engine_code_table_entries(code) != 0)
        printf("table            %" PRIu32 " functions\n", engine_code_table_entries(code));
    if (agents_code_entry(code, &entry, &fault) != ST_OK) {
        printf("agent            no: ");
        render_escaped(stdout, fault.text);
        putchar('\n');
        return;
    }
    printf("agent            yes: its turns enter f%" PRIu32, entry.turn);
    if (entry.initializes)
        printf("; before the first, _initialize (f%" PRIu32 ") is run", entry.initialize);
    putchar('\n');
}

/* The orders that it imports, on lines of about 80 columns under their label. */
static void check_text_imports(const struct engine_code *code)
{
    enum { COLUMNS = 80, MARGIN = 16 };
    size_t column = MARGIN;

    if (engine_code_imports(code) == 0)
        return;
    printf("orders          ");
    for (uint32_t i = 0; i < engine_code_imports(code); i++) {
        const char *name = code_order_name(code, i);

        if (column + 1 + strlen(name) > COLUMNS) {
            printf("\n%*s", MARGIN, "");
            column = MARGIN;
        }
        printf(" %s", name);
        column += 1 + strlen(name);
    }
    putchar('\n');
}

/* Escape a text into a cell of a table; a long one ends with TEXT_CUT.  Returns `cell`. */
static const char *check_cell_text(char cell[CELL_BYTES], const char *text, size_t size)
{
    (void)text_escape(cell, NAME_SHOWN + 1, text, size);
    return cell;
}

static const char *check_cell_cut(char cell[CELL_BYTES], const char *text)
{
    return check_cell_text(cell, text, strlen(text));
}

static const char *check_cell_number(char cell[CELL_BYTES], uint64_t number)
{
    (void)snprintf(cell, CELL_BYTES, "%" PRIu64, number);
    return cell;
}

/* Functions have a signature, globals a type; tables and memories have neither. */
static void check_text_exports(const struct engine_code *code)
{
    static const char *const headers[] = {"EXPORT", "KIND", "NUMBER", "SIGNATURE"};
    struct table_text *table = table_text_new(headers, 4);
    struct engine_export export;
    struct engine_function function;
    char name[CELL_BYTES];
    char number[CELL_BYTES];
    char signature[CODE_SIGNATURE_BYTES];
    char shown[CELL_BYTES];

    for (uint32_t i = 0; i < engine_code_exports(code); i++) {
        engine_code_export_at(code, i, &export);
        signature[0] = '\0';
        if (export.kind == ENGINE_KIND_FUNCTION) {
            engine_code_function(code, export.index, &function);
            (void)code_signature(signature, function.params, function.result);
        } else if (export.kind == ENGINE_KIND_GLOBAL) {
            (void)snprintf(signature, sizeof signature, "%s",
                           code_type_name(engine_code_global_type(code, export.index, NULL)));
        }
        table_text_row_escaped(
            table,
            (const char *[]){check_cell_text(name, export.name, export.name_bytes),
                             check_kind_name(export.kind), check_cell_number(number, export.index),
                             check_cell_cut(shown, signature)});
    }
    putchar('\n');
    table_text_print(table, stdout);
}

/* One row for each function with a body, by its number. */
static void check_text_functions(const struct engine_code *code)
{
    static const char *const headers[] = {"FUNCTION", "NAME",  "SIGNATURE", "AT BYTE",
                                          "BYTES",    "CELLS", "BLOCKS",    "STRAIGHT FUEL"};
    struct table_text *table = table_text_new(headers, 8);
    struct engine_function function;
    char cells[8][CELL_BYTES];
    char signature[CODE_SIGNATURE_BYTES];

    for (uint32_t i = engine_code_imports(code); i < engine_code_functions(code); i++) {
        engine_code_function(code, i, &function);
        (void)snprintf(cells[0], CELL_BYTES, "f%" PRIu32, i);
        (void)snprintf(cells[3], CELL_BYTES, "0x%" PRIx32, function.body_offset);
        table_text_row_escaped(
            table,
            (const char *[]){cells[0],
                             check_cell_cut(cells[1], function.name == NULL ? "" : function.name),
                             check_cell_cut(cells[2], code_signature(signature, function.params,
                                                                     function.result)),
                             cells[3], check_cell_number(cells[4], function.body_bytes),
                             check_cell_number(cells[5], function.cells),
                             check_cell_number(cells[6], function.blocks),
                             check_cell_number(cells[7], function.straight_fuel)});
    }
    putchar('\n');
    table_text_print(table, stdout);
}

int cmd_code_check(struct cli *cli)
{
    struct code_module module;
    bool json = cli->args.given[OPT_JSON];
    int code = code_module_read(&module, cli->args.operands[0]);

    if (code != EXIT_OK)
        return code;
    /* A refusal is a result, too: --json prints it on stdout, and stderr has it for people. */
    if (module.code == NULL) {
        if (json)
            check_json_refused(&module);
        code = code_module_refused(&module);
    } else if (json) {
        check_json_accepted(&module);
    } else {
        check_text_head(&module);
        check_text_imports(module.code);
        check_text_exports(module.code);
        check_text_functions(module.code);
    }
    code_module_free(&module);
    return code;
}
