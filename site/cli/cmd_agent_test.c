/* serai agent test: an agent on a site in memory, by a file of steps and expectations. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "engine/inspect.h"
#include "site/cli/cli.h"
#include "site/cli/code_module.h"
#include "site/cli/commands.h"
#include "site/cli/render.h"
#include "site/config/config.h"
#include "site/core/core.h"
#include "site/testing/test_expect.h"
#include "site/testing/test_file.h"
#include "site/testing/test_print.h"
#include "site/testing/test_run.h"

enum { TEST_MODULES_MAX = 64 };

/* The test, and the modules that were read for it: their functions have names. */
struct agent_test {
    const char *file; /* the paths in it are from its folder */
    struct code_module modules[TEST_MODULES_MAX];
    char paths[TEST_MODULES_MAX][FILE_PATH_BYTES];
    size_t module_count;
};

/* Read a module, once however often it is named.  It is for the site to refuse. */
static enum status test_read_module(struct agent_test *test, const char *path,
                                    const struct code_module **read, struct fault *fault)
{
    struct code_module *module = &test->modules[test->module_count];
    enum status status;

    for (size_t i = 0; i < test->module_count; i++) {
        if (strcmp(test->paths[i], path) == 0) {
            *read = &test->modules[i];
            return ST_OK;
        }
    }
    if (test->module_count == TEST_MODULES_MAX)
        return fault_set(fault, ST_INVALID, "a test names at most %d modules", TEST_MODULES_MAX);
    (void)snprintf(test->paths[test->module_count], FILE_PATH_BYTES, "%s", path);
    status = code_module_open(module, test->paths[test->module_count], fault);
    if (status != ST_OK)
        return status;
    test->module_count++;
    *read = module;
    return ST_OK;
}

/* For test_env: a path is from the folder of the file. */
static enum status test_give_module(void *context, const char *path, struct bytes *bytes,
                                    struct fault *fault)
{
    struct agent_test *test = context;
    const char *slash = strrchr(test->file, '/');
    const struct code_module *module;
    char whole[FILE_PATH_BYTES];
    enum status status;
    int size;

    if (*path == '/' || slash == NULL)
        size = snprintf(whole, sizeof whole, "%s", path);
    else
        size =
            snprintf(whole, sizeof whole, "%.*s/%s", (int)(slash - test->file), test->file, path);
    if (size < 0 || (size_t)size >= sizeof whole)
        return fault_set(fault, ST_INVALID, "%.200s: the path is too long", path);
    status = test_read_module(test, whole, &module, fault);
    if (status == ST_OK)
        bytes_append(bytes, module->bytes.data, module->bytes.size);
    return status;
}

/* For test_env: "f12 serve, byte 0x7f, sdk/examples/shop.c:31". */
static void test_name_place(void *context, const struct hash *code, const struct engine_frame *at,
                            char *text, size_t text_bytes)
{
    struct agent_test *test = context;
    char place[CODE_PLACE_BYTES];

    (void)snprintf(place, sizeof place, "f%u, byte 0x%x", (unsigned)at->function,
                   (unsigned)at->offset);
    for (size_t i = 0; i < test->module_count; i++) {
        struct code_module *module = &test->modules[i];

        if (module->code == NULL || !hash_equal(&module->id, code))
            continue;
        (void)code_place(place, module, at);
        break;
    }
    (void)snprintf(text, text_bytes, "%s", place);
}

static void test_report_error(void *context, const struct config_error *error)
{
    (void)context;
    render_escaped(stderr, error->file);
    fprintf(stderr, ":%u:%u: ", (unsigned)error->line, (unsigned)error->column);
    render_escaped(stderr, error->text);
    putc('\n', stderr);
}

static int test_read_prices(const struct cli *cli, struct pricebook *book)
{
    const struct config_reader reader = {.orders = &core_order_names, .report = test_report_error};
    struct fault fault = {0};
    enum status status;

    pricebook_default(book, &core_order_names);
    if (!cli->args.given[OPT_PRICES])
        return EXIT_OK;
    status = config_load_prices(cli->args.values[OPT_PRICES], &reader, book, &fault);
    if (status == ST_OK)
        return EXIT_OK;
    return status == ST_INVALID ? cli_fail(EXIT_CONFIG, "%s", fault.text) : cli_fault(&fault);
}

/* What is wrong with the file itself is EXIT_BAD_DATA. */
static int test_failed(const struct fault *fault)
{
    return fault->status == ST_INVALID ? cli_fail(EXIT_BAD_DATA, "%s", fault->text)
           : fault->status == ST_FULL  ? cli_fail(EXIT_REFUSED, "%s", fault->text)
                                       : cli_fault(fault);
}

static int test_show(const struct cli *cli, const struct pricebook *book, const json_t *report)
{
    if (cli->args.given[OPT_JSON]) {
        if (json_dumpf(report, stdout, JSON_COMPACT) != 0)
            return cli_fail(EXIT_IO, "the report could not be written");
        putchar('\n');
    } else {
        test_print(stdout, report, book->currency);
    }
    return json_is_true(json_object_get(report, "ok")) ? EXIT_OK : EXIT_REFUSED;
}

static int test_run_file(struct cli *cli, struct agent_test *test, const json_t *file,
                         const struct pricebook *book)
{
    const struct test_env env = {
        .context = test, .module = test_give_module, .place = test_name_place};
    const struct code_module *module;
    struct fault fault = {0};
    json_t *report = NULL;
    int code;

    if (test_read_module(test, cli->args.operands[0], &module, &fault) != ST_OK)
        return test_failed(&fault);
    if (module->code == NULL)
        return code_module_refused(module);
    log_set_level(LOG_ERROR); /* what a site logs is no part of the report */
    if (test_run(file, &module->bytes, book, &env, &report, &fault) != ST_OK)
        return test_failed(&fault);
    test_expect_all(file, report);
    code = test_show(cli, book, report);
    json_decref(report);
    return code;
}

int cmd_agent_test(struct cli *cli)
{
    struct agent_test *test;
    struct fault fault = {0};
    struct pricebook book;
    json_t *file = NULL;
    int code = test_read_prices(cli, &book);

    if (code != EXIT_OK)
        return code;
    test = calloc(1, sizeof *test);
    if (test == NULL)
        return cli_fail(EXIT_INTERNAL, "out of memory");
    test->file = cli->args.operands[1];
    if (test_file_load(&file, test->file, &fault) != ST_OK)
        code = test_failed(&fault);
    else
        code = test_run_file(cli, test, file, &book);
    json_decref(file);
    for (size_t i = 0; i < test->module_count; i++)
        code_module_free(&test->modules[i]);
    free(test);
    return code;
}
