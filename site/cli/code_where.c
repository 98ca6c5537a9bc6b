/* serai code where: the function and the line of a byte of a module, as a log of a site names it.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "engine/inspect.h"
#include "site/cli/cli.h"
#include "site/cli/code_module.h"
#include "site/cli/commands.h"

/* Read "0x1f3" or "499". */
static int where_read_offset(const char *text, uint32_t *offset)
{
    bool hex = strncmp(text, "0x", 2) == 0;
    const char *digits = text + (hex ? 2 : 0);
    size_t size = strspn(digits, hex ? "0123456789abcdefABCDEF" : "0123456789");

    if (size == 0 || size > 8 || digits[size] != '\0')
        return cli_fail(EXIT_USAGE, "\"%s\" is no byte of a module: 499 or 0x1f3", text);
    *offset = (uint32_t)strtoul(digits, NULL, hex ? 16 : 10);
    return EXIT_OK;
}

/* Find the function that has this byte in its body. */
static bool where_find_function(const struct engine_code *code, struct engine_frame *at)
{
    for (uint32_t i = engine_code_imports(code); i < engine_code_functions(code); i++) {
        struct engine_function function;

        engine_code_function(code, i, &function);
        if (at->offset < function.body_offset ||
            at->offset - function.body_offset >= function.body_bytes)
            continue;
        at->function = i;
        return true;
    }
    return false;
}

int cmd_code_where(struct cli *cli)
{
    struct code_module module;
    struct engine_frame at = {0};
    char place[CODE_PLACE_BYTES];
    int code = where_read_offset(cli->args.operands[1], &at.offset);

    if (code == EXIT_OK)
        code = code_module_load(&module, cli->args.operands[0]);
    if (code != EXIT_OK)
        return code;
    if (!where_find_function(module.code, &at)) {
        code = cli_fail(EXIT_MISSING, "no function of %s has the byte 0x%" PRIx32, module.path,
                        at.offset);
    } else if (cli->args.given[OPT_JSON]) {
        code_place_json(stdout, &module, &at);
        putchar('\n');
    } else {
        printf("%s\n", code_place(place, &module, &at));
    }
    code_module_free(&module);
    return code;
}
