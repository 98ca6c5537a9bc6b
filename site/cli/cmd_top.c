/* serai top: what a site earns and its agents spend, live; or once, for scripts. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "site/cli/cli.h"
#include "site/cli/client.h"
#include "site/cli/commands.h"
#include "site/cli/top_print.h"
#include "site/cli/top_read.h"
#include "site/cli/top_terminal.h"
#include "site/cli/top_view.h"

enum {
    INTERVAL_MS_MIN = 100,
    INTERVAL_MS_MAX = 3600 * 1000,
    ANSWER_S = 5, /* a site that stands still is told to have gone after it */
    COLUMNS_DEFAULT = 80,
};

static uint64_t top_now_us(void)
{
    struct clock_source clock = clock_system();

    return clock.now_us(clock.context);
}

/* ---- the command line ---- */

/* Seconds with at most three decimals. */
static int top_take_interval(const char *text, uint64_t *interval_us)
{
    struct money seconds; /* a decimal number is read the same */
    struct fault fault = {0};
    uint64_t ms;

    if (money_parse(&seconds, text, &fault) != ST_OK)
        return cli_fail(EXIT_USAGE, "--interval: \"%.40s\" is no number of seconds", text);
    ms = money_nanos(seconds) / 1000000;
    if (ms < INTERVAL_MS_MIN || ms > INTERVAL_MS_MAX)
        return cli_fail(EXIT_USAGE, "--interval: from 0.1 to 3600 seconds");
    *interval_us = ms * 1000;
    return EXIT_OK;
}

static int top_take_options(const struct cli *cli, struct top *top, uint64_t *interval_us)
{
    const char *filter = cli_value(cli, OPT_FILTER, "");
    const char *sort = cli_value(cli, OPT_SORT, "burn");

    (void)text_escape(top->site, sizeof top->site, cli->dir, strlen(cli->dir));
    if (!top_key_find(sort, &top->choice.by))
        return cli_fail(EXIT_USAGE,
                        "--sort: \"%.40s\" is not burn, paid, in, balance, lasts, memory, inbox, "
                        "name or agent",
                        sort);
    if (strlen(filter) >= sizeof top->choice.filter)
        return cli_fail(EXIT_USAGE, "--filter: at most %zu characters",
                        sizeof top->choice.filter - 1);
    (void)text_escape(top->choice.filter, sizeof top->choice.filter, filter, strlen(filter));
    return top_take_interval(cli_value(cli, OPT_INTERVAL, "1"), interval_us);
}

/* ---- once ---- */

static void top_rest(uint64_t rest_us)
{
    struct timespec left = {.tv_sec = (time_t)(rest_us / 1000000),
                            .tv_nsec = (long)(rest_us % 1000000) * 1000};

    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        continue;
}

/* Two reads, as a pace lies between them. */
static int top_once(struct cli *cli, struct top *top, struct top_source *source,
                    uint64_t interval_us)
{
    const char *columns = getenv("COLUMNS");
    uint64_t wide = COLUMNS_DEFAULT;
    int code = top_read(source, top, true);

    if (code == EXIT_OK) {
        top_rest(interval_us);
        code = top_read(source, top, true);
    }
    if (code != EXIT_OK)
        return cli_fail((enum exit_code)code, "%s", top->fault);
    if (cli->args.given[OPT_JSON]) {
        top_print_json(stdout, top);
        return EXIT_OK;
    }
    if (columns == NULL || !cli_is_number(columns, &wide))
        wide = COLUMNS_DEFAULT;
    if (wide < TOP_COLUMNS_MIN)
        wide = TOP_COLUMNS_MIN;
    top_print_text(stdout, top, wide > TOP_COLUMNS_MAX ? TOP_COLUMNS_MAX : (size_t)wide,
                   top_terminal_is_ascii());
    return EXIT_OK;
}

/* ---- live ---- */

/* Take all keys that wait.  Returns the strongest of their effects. */
static enum top_effect top_take_keys(struct top *top)
{
    enum top_effect all = TOP_NOTHING;
    int key;

    while (all != TOP_QUIT && top_terminal_key(&key)) {
        enum top_effect effect = top_press(top, key, top_terminal_page(top));

        if (effect > all)
            all = effect;
        if (effect == TOP_CHANGED)
            top_order(top); /* the next key may be about the new order */
    }
    return all;
}

/* Until a person or a signal ends it: read when it is time, draw when something has changed. */
static void top_live(struct top *top, struct top_source *source, uint64_t interval_us)
{
    uint64_t due_us = 0;

    while (!client_was_interrupted()) {
        uint64_t now_us = top_now_us();
        enum top_effect effect;

        if (now_us >= due_us) {
            (void)top_read(source, top, false); /* what failed is shown, and tried again */
            now_us = top_now_us();
            due_us = now_us + interval_us;
        }
        top_terminal_draw(top, now_us);
        (void)!client_wait_input(STDIN_FILENO, due_us - now_us); /* a key, a signal, or time */
        effect = top_take_keys(top);
        if (effect == TOP_QUIT)
            return;
        if (effect == TOP_READ)
            due_us = 0;
    }
}

static int top_on_terminal(struct top *top, struct top_source *source, uint64_t interval_us)
{
    if (isatty(STDIN_FILENO) == 0 || isatty(STDOUT_FILENO) == 0)
        return cli_fail(EXIT_USAGE, "top draws on a terminal, and this is none: --once prints it "
                                    "once, --json one JSON object a line");
    /* Before ncurses, which leaves alone what is caught already. */
    client_catch_signals();
    client_set_timeout(ANSWER_S);
    if (!top_terminal_begin()) {
        client_release_signals();
        return EXIT_USAGE;
    }
    top_live(top, source, interval_us);
    top_terminal_end();
    client_release_signals();
    return EXIT_OK;
}

int cmd_top_show(struct cli *cli)
{
    struct top *top = malloc(sizeof *top); /* too large for the stack */
    struct top_source source;
    uint64_t interval_us = 0;
    int code;

    if (top == NULL)
        return cli_fail(EXIT_INTERNAL, "no memory for the figures");
    top_init(top);
    top_source_init(&source, cli);
    code = top_take_options(cli, top, &interval_us);
    if (code == EXIT_OK)
        code = cli->args.given[OPT_ONCE] || cli->args.given[OPT_JSON]
                   ? top_once(cli, top, &source, interval_us)
                   : top_on_terminal(top, &source, interval_us);
    top_source_fini(&source);
    top_fini(top);
    free(top);
    return code;
}
