/* serai support bundle: what helps to find a fault, in one file, without secrets. */
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "site/cli/cli.h"
#include "site/cli/client.h"
#include "site/cli/commands.h"
#include "site/cli/doctor.h"
#include "site/cli/render.h"
#include "site/cli/support.h"

static void support_print_json(const struct support *support, const char *path, uint64_t bytes)
{
    fputs("{\"file\":", stdout);
    render_json_text(stdout, path);
    printf(",\"bytes\":%" PRIu64 ",\"items\":[", bytes);
    for (size_t i = 0; i < support->count; i++) {
        const struct support_item *item = &support->items[i];

        printf("%s{\"name\":\"%s\"", i == 0 ? "" : ",", item->name);
        if (item->why[0] == '\0') {
            printf(",\"bytes\":%" PRIu64 "}", item->bytes);
        } else {
            fputs(",\"why\":", stdout);
            render_json_text(stdout, item->why);
            putchar('}');
        }
    }
    puts("]}");
}

static void support_print_text(const struct support *support, const char *path, uint64_t bytes)
{
    for (size_t i = 0; i < support->count; i++) {
        const struct support_item *item = &support->items[i];

        if (item->why[0] == '\0') {
            printf("%-16s %" PRIu64 " bytes\n", item->name, item->bytes);
        } else {
            printf("%-16s not there: ", item->name);
            render_escaped(stdout, item->why);
            putchar('\n');
        }
    }
    fputs("written          ", stdout);
    render_escaped(stdout, path);
    printf(", %" PRIu64 " bytes: no key, no memory of agents, no packets\n", bytes);
}

/* Everything between the directory's begin and its end. */
static int support_make(struct support *support, const char *path)
{
    struct cli *cli = support->cli;
    struct doctor doctor;
    struct fault fault = {0};
    const char *secret;
    struct stat made = {0};

    doctor_look(&doctor, cli);
    client_set_timeout(DOCTOR_ANSWER_S);
    support_take_all(support, &doctor, cli_value(cli, OPT_LOG_FILE, NULL));
    doctor_fini(&doctor);
    secret = support_find_secret(support);
    if (secret != NULL)
        return cli_fail(EXIT_REFUSED,
                        "%s holds a secret key of the site: nothing was written. If it came by the "
                        "log, take that key for known to others",
                        secret);
    if (support_pack(support, path, &fault) != ST_OK)
        return cli_fault(&fault);
    (void)!stat(path, &made); /* it was just written; 0 bytes say otherwise */
    (cli->args.given[OPT_JSON] ? support_print_json : support_print_text)(support, path,
                                                                          (uint64_t)made.st_size);
    return EXIT_OK;
}

int cmd_support_bundle(struct cli *cli)
{
    struct support support = {.cli = cli};
    struct fault fault = {0};
    int code;

    if (support_begin(&support, &fault) != ST_OK)
        return cli_fault(&fault);
    code = support_make(&support, cli->args.operands[0]);
    support_end(&support);
    return code;
}
