/* What the daemon tells `serai top`: the read `figures`, and pages of `agents`. */
#include "site/cli/top_read.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "site/cli/cli.h"
#include "site/cli/read.h"
#include "site/cli/render.h"
#include "site/cli/top_books.h"

enum { PAGE_ITEMS = 256 };

struct top_reading {
    struct top *top;
    uint64_t now_us;
    uint64_t cursor;
    uint64_t items;
};

/* ---- fields ---- */

/* Copy a text that others may have chosen, escaped. */
static void take_text(const uint8_t *map, size_t size, const char *key, char *to, size_t room)
{
    char text[RENDER_TEXT_BYTES];

    (void)!render_text(map, size, key, text); /* missing: empty */
    (void)text_escape(to, room, text, strlen(text));
}

/* ---- figures ---- */

static void take_account(void *context, const uint8_t *item, size_t size)
{
    static const char prefix[] = "revenue:";
    struct top_reading *reading = context;
    struct top_resource *resource;
    char name[RENDER_TEXT_BYTES];

    if (!render_text(item, size, "name", name) || strncmp(name, prefix, sizeof prefix - 1) != 0)
        return;
    resource = top_resource_row(reading->top, name + sizeof prefix - 1);
    if (resource == NULL)
        return;
    resource->total =
        render_total_or_0(item, size, "credits") - render_total_or_0(item, size, "debits");
    top_series_add(&resource->earned, reading->now_us, resource->total);
    reading->top->revenue += resource->total;
}

static void take_link(void *context, const uint8_t *item, size_t size)
{
    struct top_reading *reading = context;
    char name[TOP_NAME_BYTES];
    struct top_link *link;

    take_text(item, size, "name", name, sizeof name);
    link = top_link_row(reading->top, name);
    if (link == NULL)
        return;
    take_text(item, size, "state", link->state, sizeof link->state);
    link->unchanged_s = render_number_or_0(item, size, "unchanged_s");
    link->we_owe = render_total_or_0(item, size, "we_owe");
    link->peer_limit = render_total_or_0(item, size, "peer_limit");
    link->it_owes = render_total_or_0(item, size, "it_owes");
    link->limit = render_total_or_0(item, size, "limit");
    link->outstanding = render_number_or_0(item, size, "outstanding");
    top_series_add(&link->sent, reading->now_us, render_total_or_0(item, size, "sent_total"));
    top_series_add(&link->received, reading->now_us,
                   render_total_or_0(item, size, "received_total"));
    link->sweep = reading->top->read_us;
}

static void take_counts(struct top *top, const uint8_t *map, size_t size, uint64_t now_us)
{
    top->frame = render_number_or_0(map, size, "frame");
    top->site_time_us = render_number_or_0(map, size, "site_time_us");
    top->agents = render_number_or_0(map, size, "agents");
    top->running = render_number_or_0(map, size, "running");
    top->dry = render_number_or_0(map, size, "dry");
    top->frozen = render_number_or_0(map, size, "frozen");
    top->ready = render_number_or_0(map, size, "ready");
    top->customers = render_number_or_0(map, size, "customers");
    top->liabilities = render_total_or_0(map, size, "liabilities");
    top->disk_free_bytes = render_number_or_0(map, size, "disk_free_bytes");
    take_text(map, size, "currency", top->currency, sizeof top->currency);
    take_text(map, size, "disk", top->disk, sizeof top->disk);
    take_text(map, size, "state", top->state, sizeof top->state);
    top_series_add(&top->turns, now_us, render_number_or_0(map, size, "turns"));
    top_series_add(&top->traps, now_us, render_number_or_0(map, size, "traps"));
    top_series_add(&top->messages, now_us, render_number_or_0(map, size, "messages"));
}

static int read_figures(struct cli *cli, struct top_reading *reading)
{
    struct top *top = reading->top;
    struct bytes args = {0};
    struct cli_answer answer;
    int code;

    cbor_put_array(&args, 0);
    code = cli_read(cli, "figures", &args, &answer);
    if (code == EXIT_OK) {
        const uint8_t *map = answer.reply.result;
        size_t size = answer.reply.result_size;

        top->read_us = reading->now_us;
        top->revenue = 0;
        take_counts(top, map, size, reading->now_us);
        render_list(map, size, "accounts", take_account, reading);
        render_list(map, size, "links", take_link, reading);
        top_links_end(top);
        top_series_add(&top->earned, reading->now_us, top->revenue);
    }
    cli_answer_fini(&answer);
    return code;
}

/* ---- agents ---- */

static void take_agent(void *context, const uint8_t *item, size_t size)
{
    struct top_reading *reading = context;
    struct top *top = reading->top;
    uint64_t id = render_number_or_0(item, size, "id");
    struct top_agent *agent;

    reading->items++;
    if (id <= reading->cursor)
        return; /* an answer that does not move the cursor ends the sweep below */
    reading->cursor = id;
    agent = top_row(top, id);
    if (agent == NULL)
        return;
    agent->sweep = top->sweep;
    agent->customer = render_number_or_0(item, size, "customer");
    take_text(item, size, "name", agent->name, sizeof agent->name);
    take_text(item, size, "state", agent->state, sizeof agent->state);
    take_text(item, size, "reason", agent->reason, sizeof agent->reason);
    /* The one freeze that money ends has a word of its own. */
    if (strncmp(agent->reason, "out of money", strlen("out of money")) == 0)
        memcpy(agent->state, "dry", sizeof "dry");
    agent->balance = render_total_or_0(item, size, "balance");
    agent->memory_bytes = render_number_or_0(item, size, "memory_bytes");
    agent->inbox = render_number_or_0(item, size, "inbox");
    top_series_add(&agent->out, reading->now_us, render_total_or_0(item, size, "debits"));
    top_series_add(&agent->in, reading->now_us, render_total_or_0(item, size, "credits"));
}

/* The next page; *ended: it was the last of the sweep. */
static int read_page(struct cli *cli, struct top_reading *reading, bool *ended)
{
    struct clock_source clock = clock_system();
    struct bytes args = {0};
    struct cli_answer answer;
    uint64_t before = reading->top->cursor;
    int code;

    cbor_put_array(&args, 2);
    cbor_put_uint(&args, before);
    cbor_put_uint(&args, PAGE_ITEMS);
    code = cli_read(cli, "agents", &args, &answer);
    reading->now_us = clock.now_us(clock.context);
    reading->cursor = before;
    reading->items = 0;
    if (code == EXIT_OK)
        render_each(answer.reply.result, answer.reply.result_size, take_agent, reading);
    cli_answer_fini(&answer);
    reading->top->cursor = reading->cursor;
    *ended = reading->items < PAGE_ITEMS || reading->cursor == before;
    return code;
}

static int read_agents(struct cli *cli, struct top_reading *reading, bool whole)
{
    int code = EXIT_OK;
    bool ended = false;

    for (int page = 0; code == EXIT_OK && !ended && (whole || page < TOP_PAGES_MAX); page++)
        code = read_page(cli, reading, &ended);
    if (code == EXIT_OK && ended)
        top_sweep_end(reading->top);
    return code;
}

/* ---- all ---- */

void top_source_init(struct top_source *source, struct cli *cli)
{
    *source = (struct top_source){.cli = cli};
}

void top_source_fini(struct top_source *source)
{
    top_books_close(source->books);
    source->books = NULL;
}

int top_read(struct top_source *source, struct top *top, bool whole)
{
    struct clock_source clock = clock_system();
    struct top_reading reading = {.top = top, .now_us = clock.now_us(clock.context)};
    char said[TOP_FAULT_BYTES] = "";
    int code;

    /* A screen has no place for messages that come in between. */
    cli_keep_messages(said, sizeof said);
    code = read_figures(source->cli, &reading);
    if (code == EXIT_OK)
        code = read_agents(source->cli, &reading, whole);
    cli_keep_messages(NULL, 0);
    if (code != EXIT_OK) {
        (void)text_escape(top->fault, sizeof top->fault, said, strlen(said));
        if (top->lost_us == 0)
            top->lost_us = reading.now_us;
    } else {
        top->fault[0] = '\0';
        top->lost_us = 0;
    }
    top_books_read(source, top, clock.now_us(clock.context));
    top_order(top);
    return code;
}
