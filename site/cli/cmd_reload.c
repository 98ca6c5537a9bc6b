/* serai site reload: docs/operate.md, "Changing the files of a running site" */
#include <inttypes.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cbor.h"
#include "site/cli/cli.h"
#include "site/cli/commands.h"
#include "site/cli/read.h"
#include "site/cli/render.h"

/* An error goes to stderr, as `site run --check-config` prints it. */
static void reload_print_error(const uint8_t *item, size_t size, const char *file)
{
    char reason[RENDER_TEXT_BYTES];
    uint64_t line = 0;
    uint64_t column = 0;

    (void)!render_text(item, size, "reason", reason); /* missing: empty */
    (void)!render_number(item, size, "line", &line);  /* missing: 0, the whole file */
    (void)!render_number(item, size, "column", &column);
    render_escaped(stderr, file);
    fprintf(stderr, ":%" PRIu64 ":%" PRIu64 ": ", line, column);
    render_escaped(stderr, reason);
    putc('\n', stderr);
}

static void reload_print_value(const char *value)
{
    fputs(" \"", stdout);
    render_escaped(stdout, value);
    putchar('"');
}

static void reload_print_item(void *context, const uint8_t *item, size_t size)
{
    char file[RENDER_TEXT_BYTES];
    char key[RENDER_TEXT_BYTES];
    char old[RENDER_TEXT_BYTES];
    char new[RENDER_TEXT_BYTES];
    char effect[RENDER_TEXT_BYTES];

    (void)context;
    (void)!render_text(item, size, "file", file);
    if (!render_text(item, size, "key", key)) {
        reload_print_error(item, size, file);
        return;
    }
    (void)!render_text(item, size, "old", old);
    (void)!render_text(item, size, "new", new);
    (void)!render_text(item, size, "effect", effect);
    render_escaped(stdout, key);
    reload_print_value(old);
    fputs(" ->", stdout);
    reload_print_value(new);
    puts(strcmp(effect, "now") == 0 ? "" : ", at the next start");
}

static void reload_print_sum(const struct control_reply *reply)
{
    uint64_t changed = 0;
    uint64_t at_start = 0;

    (void)!render_number(reply->result, reply->result_size, "changed", &changed);
    (void)!render_number(reply->result, reply->result_size, "at_start", &at_start);
    if (changed == 0 && at_start == 0)
        puts("nothing has changed");
    else
        printf("changed: %" PRIu64 "; at the next start: %" PRIu64 "\n", changed, at_start);
}

int cmd_site_reload(struct cli *cli)
{
    struct bytes args = {0};
    struct cli_answer answer;
    uint64_t wrong = 0;
    int code;

    cbor_put_array(&args, 0);
    code = cli_read(cli, "reload", &args, &answer);
    /* A refusal has a result, too: where the files are wrong. */
    if (answer.reply.result != NULL &&
        render_number(answer.reply.result, answer.reply.result_size, "wrong", &wrong)) {
        if (cli->args.given[OPT_JSON])
            cli_print_result(cli, &answer);
        else
            render_each(answer.reply.result, answer.reply.result_size, reload_print_item, NULL);
        if (code == EXIT_OK && !cli->args.given[OPT_JSON])
            reload_print_sum(&answer.reply);
    }
    cli_answer_fini(&answer);
    return wrong > 0 ? EXIT_CONFIG : code;
}
