/* serai code disasm: the text of a module, with the byte of each operator and each block's fuel. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "engine/inspect.h"
#include "site/cli/cli.h"
#include "site/cli/code_module.h"
#include "site/cli/commands.h"
#include "site/cli/render.h"

enum { DEPTH_SHOWN = 40 }; /* deeper blocks share a margin: a line stays readable */

/* A listing: of which module, and at which function it is. */
struct disasm {
    const struct code_module *module;
    uint32_t function;
    bool json;
};

/* One operator: where it stands, the fuel of the block that begins with it, its text. */
static bool disasm_show_line(void *context, const struct engine_line *line)
{
    const struct disasm *listing = context;
    uint32_t depth = line->depth < DEPTH_SHOWN ? line->depth : DEPTH_SHOWN;
    char fuel[16] = "";

    if (listing->json) {
        printf("{\"function\":%" PRIu32 ",\"offset\":%" PRIu32 ",\"size\":%" PRIu32
               ",\"depth\":%" PRIu32 ",\"fuel\":%" PRIu32 ",\"text\":",
               listing->function, line->offset, line->size, line->depth, line->fuel);
        code_name_json(stdout, line->text, strlen(line->text));
        printf("}\n");
        return true;
    }
    if (line->fuel != 0)
        (void)snprintf(fuel, sizeof fuel, "%" PRIu32, line->fuel);
    printf("  %7" PRIx32 " %6s  %*s", line->offset, fuel, (int)(2 * depth), "");
    render_escaped(stdout, line->text); /* it names functions as the module does */
    putchar('\n');
    return true;
}

/*
 * Print the names that a function is exported by, but for the first when that is its label already.
 */
static void disasm_print_exported(const struct engine_code *code, uint32_t function)
{
    bool is_label = engine_function_name(code, function) == NULL;
    struct engine_export export;

    for (uint32_t i = 0; i < engine_code_exports(code); i++) {
        engine_code_export_at(code, i, &export);
        if (export.kind != ENGINE_KIND_FUNCTION || export.index != function)
            continue;
        if (!is_label) {
            printf(", export ");
            code_name_print(stdout, export.name, export.name_bytes);
        }
        is_label = false;
    }
}

/* The head of a function: its names, its signature, its sizes. */
static void disasm_print_header(const struct engine_code *code, uint32_t index)
{
    struct engine_function function;
    char label[CODE_LABEL_BYTES];
    char signature[CODE_SIGNATURE_BYTES];

    engine_code_function(code, index, &function);
    printf("\n%s: %s", code_label(label, code, index),
           code_signature(signature, function.params, function.result));
    disasm_print_exported(code, index);
    printf("\n    %" PRIu32 " bytes, %" PRIu32 " locals, %" PRIu32 " cells, %" PRIu32
           " blocks, straight path %" PRIu64 " fuel\n",
           function.body_bytes, function.locals, function.cells, function.blocks,
           function.straight_fuel);
}

/* The module was validated, so its text can be read; if not, that is a fault of the program. */
static int disasm_show_function(struct disasm *listing)
{
    const struct code_module *module = listing->module;

    if (!listing->json)
        disasm_print_header(module->code, listing->function);
    if (engine_disassemble(module->code, listing->function, module->bytes.data, module->bytes.size,
                           disasm_show_line, listing) != ST_OK)
        return cli_fail(EXIT_INTERNAL, "%s: function %" PRIu32 " cannot be read again",
                        module->path, listing->function);
    return EXIT_OK;
}

/* The head of a listing: the module, and the orders that it imports, which have no text. */
static void disasm_print_module(const struct code_module *module)
{
    const struct engine_code *code = module->code;
    struct engine_function function;
    char id[HASH_TEXT_BYTES];
    char signature[CODE_SIGNATURE_BYTES];

    render_escaped(stdout, module->path);
    printf(": %zu bytes, fuel-%d, code %s\n", module->bytes.size, ENGINE_FUEL_TABLE_ID,
           hash_print(id, &module->id));
    printf("each line: byte (hex), fuel of the block that begins there, operator\n");
    if (engine_code_imports(code) != 0)
        putchar('\n');
    for (uint32_t i = 0; i < engine_code_imports(code); i++) {
        engine_code_function(code, i, &function);
        printf("f%" PRIu32 ": order %s, %s\n", i, code_order_name(code, i),
               code_signature(signature, function.params, function.result));
    }
}

/*
 * Find a function by "12" or "f12", else by the name of an export, else by the module's own name
 * for it.  Lists show all three.
 */
static bool disasm_find_function(const struct engine_code *code, const char *text,
                                 uint32_t *function)
{
    const char *digits = *text == 'f' ? text + 1 : text;

    if (*digits != '\0' && strlen(digits) < 8 && digits[strspn(digits, "0123456789")] == '\0') {
        *function = (uint32_t)strtoul(digits, NULL, 10);
        return *function < engine_code_functions(code);
    }
    if (engine_code_find_export(code, text, strlen(text), ENGINE_KIND_FUNCTION, function) == ST_OK)
        return true;
    for (*function = 0; *function < engine_code_functions(code); (*function)++) {
        const char *name = engine_function_name(code, *function);

        if (name != NULL && strcmp(name, text) == 0)
            return true;
    }
    return false;
}

/* The function that the command line names. */
static int disasm_show_one(const struct cli *cli, struct disasm *listing)
{
    const struct engine_code *code = listing->module->code;
    const char *text = cli->args.operands[1];

    if (!disasm_find_function(code, text, &listing->function))
        return cli_fail(EXIT_MISSING, "%s has no function \"%s\"; `serai code check` lists them",
                        listing->module->path, text);
    if (listing->function < engine_code_imports(code))
        return cli_fail(EXIT_MISSING,
                        "f%" PRIu32 " is the order %s: the site does it, and there is "
                        "no code of it",
                        listing->function, code_order_name(code, listing->function));
    return disasm_show_function(listing);
}

int cmd_code_disasm(struct cli *cli)
{
    struct code_module module;
    struct disasm listing = {.module = &module, .json = cli->args.given[OPT_JSON]};
    int code = code_module_load(&module, cli->args.operands[0]);

    if (code != EXIT_OK)
        return code;
    if (cli->args.operand_count > 1) {
        code = disasm_show_one(cli, &listing);
    } else {
        if (!listing.json)
            disasm_print_module(&module);
        listing.function = engine_code_imports(module.code);
        for (; code == EXIT_OK && listing.function < engine_code_functions(module.code);
             listing.function++)
            code = disasm_show_function(&listing);
    }
    code_module_free(&module);
    return code;
}
