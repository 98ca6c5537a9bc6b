/* serai agent logs, events: what agents write and what happens to them, also as it comes. */
#define _GNU_SOURCE /* open_memstream */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "site/cli/cli.h"
#include "site/cli/commands.h"
#include "site/cli/follow.h"
#include "site/cli/names.h"
#include "site/cli/read.h"
#include "site/cli/render.h"

enum {
    LOG_LINES_DEFAULT = 1000,
    EVENTS_PAGE = 256, /* as many as the daemon gives at once */
    LOOK_US = 250000,  /* from one look to the next: cheap for the site, quick for a person */
    FOLLOW_S_MAX = 366 * 24 * 3600,
};

/* ---- following ---- */

/* Read --timeout, and begin.  Without --follow one look is all. */
static int watch_begin(const struct cli *cli, struct follow *follow)
{
    uint64_t seconds = UINT64_MAX;
    int code = EXIT_OK;

    if (cli->args.given[OPT_STOP_AFTER])
        code = cli_number(cli->args.values[OPT_STOP_AFTER], "--timeout", &seconds);
    if (code == EXIT_OK && cli->args.given[OPT_STOP_AFTER] && seconds > FOLLOW_S_MAX)
        code = cli_fail(EXIT_USAGE, "--timeout: at most %d seconds", FOLLOW_S_MAX);
    if (code == EXIT_OK && cli->args.given[OPT_STOP_AFTER] && !cli->args.given[OPT_FOLLOW])
        code = cli_fail(EXIT_USAGE, "--timeout is for --follow");
    follow_begin(follow, seconds, LOOK_US, LOOK_US);
    return code;
}

/* What was shown is written at once, as it may be piped; nobody there to read it ends it. */
static bool watch_goes_on(const struct cli *cli, struct follow *follow)
{
    if (!cli->args.given[OPT_FOLLOW] || fflush(stdout) != 0 || ferror(stdout) != 0)
        return false;
    return follow_pause(follow);
}

/* ---- logs ---- */

/* A log as it is shown. */
struct log_watch {
    const struct cli *cli;
    uint64_t last; /* the number of the line that was shown last */
};

/* The time by the calendar, or of a site that does not tell it the site's own. */
static void log_show_time(const uint8_t *item, size_t size)
{
    char text[RENDER_WALL_BYTES];
    uint64_t wall_us = 0;
    uint64_t time_us = 0;

    (void)!render_number(item, size, "time_us", &time_us); /* missing: 0 */
    if (render_number(item, size, "wall_us", &wall_us))
        printf("%s  ", render_wall(text, wall_us));
    else
        printf("%6" PRIu64 ".%06" PRIu64 "  ", time_us / 1000000, time_us % 1000000);
}

/* Show one line of an agent's log. */
static bool log_show_line(void *context, const uint8_t *item, size_t size)
{
    struct log_watch *watch = context;
    char by[RENDER_TEXT_BYTES];
    char text[RENDER_TEXT_BYTES];
    const uint8_t *bytes;
    size_t bytes_size;

    (void)!render_number(item, size, "line", &watch->last); /* there: it is the cursor */
    if (watch->cli->args.given[OPT_JSON]) {
        render_json(stdout, item, size);
        putchar('\n');
        return true;
    }
    (void)!render_text(item, size, "by", by); /* missing: empty */
    (void)!render_text(item, size, "text", text);
    bytes = render_bytes(item, size, "bytes", &bytes_size); /* when it is no text */
    log_show_time(item, size);
    /* The writer stands before the text, in a column of its own: no text can pass for it. */
    printf("%-5s  ", strcmp(by, "site") == 0 ? "site" : "agent");
    if (bytes == NULL)
        render_escaped(stdout, text);
    else
        render_escaped_sized(stdout, (const char *)bytes, bytes_size);
    putchar('\n');
    return true;
}

/* Remember the number of the line. */
static bool log_find_last(void *context, const uint8_t *item, size_t size)
{
    uint64_t *last = context;

    return render_number(item, size, "line", last);
}

/*
 * Set the cursor so that the newest `limit` lines are shown.  Lines are numbered without a gap, and
 * a log has a few pages at most, so they are looked through for the last one.
 */
static int log_begin_at_newest(struct cli *cli, struct cli_list *list)
{
    struct cli_list all = *list;
    uint64_t last = 0;
    int code;

    all.limit = UINT64_MAX;
    code = cli_list_each(cli, &all, log_find_last, &last);
    if (code == EXIT_OK)
        list->after = last > list->limit ? last - list->limit : 0;
    return code;
}

/* --tail N is the newest N, and so is --limit N without --after. */
static int log_take_options(const struct cli *cli, struct cli_list *list)
{
    bool tail = cli->args.given[OPT_TAIL];
    int code = cli_number(cli_value(cli, OPT_AFTER, "0"), "--after", &list->after);

    list->limit = LOG_LINES_DEFAULT;
    if (tail && (cli->args.given[OPT_LIMIT] || cli->args.given[OPT_AFTER]))
        return cli_fail(EXIT_USAGE, "--tail says where to begin: leave out --after and --limit");
    if (cli->args.given[OPT_FOLLOW] && cli->args.given[OPT_LIMIT])
        return cli_fail(EXIT_USAGE, "--follow has no --limit: --tail says where to begin");
    if (code == EXIT_OK && cli->args.given[OPT_LIMIT])
        code = cli_number(cli->args.values[OPT_LIMIT], "--limit", &list->limit);
    if (code == EXIT_OK && tail)
        code = cli_number(cli->args.values[OPT_TAIL], "--tail", &list->limit);
    return code;
}

int cmd_agent_logs(struct cli *cli)
{
    struct cli_list list = {.command = "logs", .cursor_key = "line", .has_subject = true};
    struct log_watch watch = {.cli = cli};
    struct follow follow;
    int code = log_take_options(cli, &list);

    if (code == EXIT_OK)
        code = watch_begin(cli, &follow);
    if (code == EXIT_OK)
        code = cli_agent(cli, cli->args.operands[0], &list.subject);
    if (code == EXIT_OK && !cli->args.given[OPT_AFTER])
        code = log_begin_at_newest(cli, &list);
    if (code != EXIT_OK)
        return code;
    do {
        watch.last = list.after;
        code = cli_list_each(cli, &list, log_show_line, &watch);
        list.after = watch.last;
        list.limit = UINT64_MAX;
    } while (code == EXIT_OK && watch_goes_on(cli, &follow));
    return code;
}

/* ---- events ---- */

/* Life events as they are shown: docs/control.md, "Reads", `events`. */
struct life_watch {
    struct cli *cli;
    uint64_t agent; /* only of this one; 0: of all */
    uint64_t run;   /* where the next look begins; 0: with the oldest that is kept */
    uint64_t next;
    uint64_t skip;  /* so many are passed over: --tail */
    uint64_t items; /* of the last look */
};

/* One object: the cursor after it, then what the site says. */
static void life_show_json(const struct life_watch *watch, uint64_t number, const uint8_t *item,
                           size_t size)
{
    char *text = NULL;
    size_t text_size = 0;
    FILE *out = open_memstream(&text, &text_size);

    if (out == NULL)
        return; /* no memory for a line */
    render_json(out, item, size);
    if (fclose(out) == 0)
        printf("{\"cursor\":\"%" PRIu64 ".%" PRIu64 "\",%s\n", watch->run, number, text + 1);
    free(text);
}

static void life_show_text(const struct life_watch *watch, const uint8_t *item, size_t size)
{
    char wall[RENDER_WALL_BYTES] = "-";
    char event[RENDER_TEXT_BYTES];
    char name[RENDER_TEXT_BYTES];
    char text[RENDER_TEXT_BYTES];
    uint64_t wall_us;
    uint64_t agent = 0;

    if (render_number(item, size, "wall_us", &wall_us))
        (void)render_wall(wall, wall_us);
    (void)!render_text(item, size, "event", event); /* missing: empty */
    (void)!render_text(item, size, "name", name);
    (void)!render_text(item, size, "balance", text);
    (void)!render_number(item, size, "agent", &agent);
    printf("%s  %-8s  %6" PRIu64 "  ", wall, event, agent);
    render_escaped(stdout, name);
    fputs("  ", stdout);
    render_escaped(stdout, text);
    printf(" %s", watch->cli->currency);
    if (render_text(item, size, "why", text) && text[0] != '\0') {
        fputs("  ", stdout);
        render_escaped(stdout, text);
    }
    putchar('\n');
}

static void life_show(void *context, const uint8_t *item, size_t size)
{
    struct life_watch *watch = context;
    uint64_t agent = 0;
    uint64_t number = 0;

    watch->items++;
    (void)!render_number(item, size, "agent", &agent); /* missing: 0 */
    (void)!render_number(item, size, "number", &number);
    if (watch->agent != 0 && agent != watch->agent)
        return;
    if (watch->skip > 0) {
        watch->skip--;
        return;
    }
    if (watch->cli->args.given[OPT_JSON])
        life_show_json(watch, number, item, size);
    else
        life_show_text(watch, item, size);
}

/* What is missing between two looks is said where the missing would stand. */
static void life_show_gap(const struct life_watch *watch, const struct control_reply *reply)
{
    bool json = watch->cli->args.given[OPT_JSON];
    bool restarted = render_true(reply->result, reply->result_size, "restarted");
    uint64_t lost = 0;

    (void)!render_number(reply->result, reply->result_size, "lost", &lost); /* missing: 0 */
    if (restarted && json)
        printf("{\"cursor\":\"%" PRIu64 ".0\",\"event\":\"restart\"}\n", watch->run);
    else if (restarted)
        (void)cli_fail(EXIT_OK, "the site was started again; what happened last before that may "
                                "be missing here");
    if (lost > 0 && json)
        printf("{\"cursor\":\"%" PRIu64 ".%" PRIu64 "\",\"event\":\"lost\",\"count\":%" PRIu64
               "}\n",
               watch->run, watch->next, lost);
    else if (lost > 0)
        (void)cli_fail(EXIT_OK, "%" PRIu64 " events are not kept any more: they are missing here",
                       lost);
}

/* Look once: one page.  `shows` is what is done with each. */
static int life_look(struct life_watch *watch,
                     void (*shows)(void *context, const uint8_t *item, size_t size))
{
    struct bytes args = {0};
    struct cli_answer answer;
    int code;

    cbor_put_array(&args, 3);
    cbor_put_uint(&args, watch->run);
    cbor_put_uint(&args, watch->next);
    cbor_put_uint(&args, EVENTS_PAGE);
    watch->items = 0;
    code = cli_read(watch->cli, "events", &args, &answer);
    if (code == EXIT_OK) {
        const struct control_reply *reply = &answer.reply;

        (void)!render_number(reply->result, reply->result_size, "run", &watch->run);
        if (shows == life_show)
            life_show_gap(watch, reply);
        render_each(reply->result, reply->result_size, shows, watch);
        (void)!render_number(reply->result, reply->result_size, "next", &watch->next);
    }
    cli_answer_fini(&answer);
    return code;
}

/* All pages that there are now. */
static int life_look_all(struct life_watch *watch,
                         void (*shows)(void *context, const uint8_t *item, size_t size))
{
    int code;

    do
        code = life_look(watch, shows);
    while (code == EXIT_OK && watch->items == EVENTS_PAGE);
    return code;
}

static void life_count(void *context, const uint8_t *item, size_t size)
{
    struct life_watch *watch = context;
    uint64_t agent = 0;

    watch->items++;
    (void)!render_number(item, size, "agent", &agent); /* missing: 0 */
    watch->skip += watch->agent == 0 || agent == watch->agent;
}

/* Pass over all but the newest N, which are counted first; what comes meanwhile is shown, too. */
static int life_begin_at_newest(struct life_watch *watch, uint64_t tail)
{
    struct life_watch counting = {.cli = watch->cli, .agent = watch->agent};
    int code = life_look_all(&counting, life_count);

    watch->skip = counting.skip > tail ? counting.skip - tail : 0;
    return code;
}

/* A cursor is RUN.NUMBER; the numbers of another run say nothing of this one. */
static int life_take_cursor(const char *text, struct life_watch *watch)
{
    const char *dot = strchr(text, '.');
    char run[24];

    if (dot == NULL || (size_t)(dot - text) >= sizeof run)
        return cli_fail(EXIT_USAGE, "--after: a cursor is as 17.204; --json prints them");
    memcpy(run, text, (size_t)(dot - text));
    run[dot - text] = '\0';
    if (!cli_is_number(run, &watch->run) || watch->run == 0 ||
        !cli_is_number(dot + 1, &watch->next))
        return cli_fail(EXIT_USAGE, "--after: a cursor is as 17.204; --json prints them");
    return EXIT_OK;
}

static int life_take_options(struct cli *cli, struct life_watch *watch)
{
    uint64_t tail = 0;
    int code = EXIT_OK;

    if (cli->args.given[OPT_TAIL] && cli->args.given[OPT_AFTER_EVENT])
        return cli_fail(EXIT_USAGE, "--tail and --after both say where to begin: give one");
    if (cli->args.given[OPT_ONLY_AGENT])
        code = cli_agent(cli, cli->args.values[OPT_ONLY_AGENT], &watch->agent);
    if (code == EXIT_OK && cli->args.given[OPT_AFTER_EVENT])
        code = life_take_cursor(cli->args.values[OPT_AFTER_EVENT], watch);
    if (code == EXIT_OK && cli->args.given[OPT_TAIL]) {
        code = cli_number(cli->args.values[OPT_TAIL], "--tail", &tail);
        if (code == EXIT_OK)
            code = life_begin_at_newest(watch, tail);
    }
    return code;
}

int cmd_events_show(struct cli *cli)
{
    struct life_watch watch = {.cli = cli};
    struct follow follow;
    int code = watch_begin(cli, &follow);

    if (code == EXIT_OK)
        code = life_take_options(cli, &watch);
    if (code != EXIT_OK)
        return code;
    do
        code = life_look_all(&watch, life_show);
    while (code == EXIT_OK && watch_goes_on(cli, &follow));
    return code;
}
