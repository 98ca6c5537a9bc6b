#include "site/cli/top_print.h"

#include <inttypes.h>

#include "site/cli/render.h"
#include "site/cli/top_view.h"

/* ---- text ---- */

static void print_line(void *context, const char *text)
{
    FILE *out = context;

    for (; *text != '\0'; text++)
        if ((unsigned char)*text >= TOP_MARKS)
            putc(*text, out);
    putc('\n', out);
}

void top_print_text(FILE *out, const struct top *top, size_t columns, bool ascii)
{
    const struct top_page page = {.columns = columns,
                                  .ascii = ascii,
                                  .now_us = top->read_us,
                                  .line = print_line,
                                  .context = out};

    top_view(top, &page);
}

/* ---- JSON: docs/json.md ---- */

#define JSON_NUMBER_MAX ((UINT64_C(1) << 53) - 1)

static void snapshot_total(FILE *out, const char *key, u128 nanos)
{
    char text[64];

    fprintf(out, ",\"%s\":\"%s\"", key, render_total(text, nanos));
}

/* An amount an hour; not there while it is not known. */
static void snapshot_pace(FILE *out, const struct top *top, const char *key,
                          const struct top_series *series)
{
    char text[64];
    u128 pace;

    if (top_pace(series, top->choice.window, top_per_us(TOP_PER_HOUR), &pace))
        fprintf(out, ",\"%s\":\"%s\"", key, render_total(text, pace));
}

/* How much its balance falls in an hour; 0 if it rises, as `in_per_hour` is more then. */
static void snapshot_burn(FILE *out, const struct top *top, const struct top_agent *agent)
{
    char text[64];
    bool rises;
    u128 burn;

    if (top_burn(agent, top->choice.window, top_per_us(TOP_PER_HOUR), &burn, &rises))
        fprintf(out, ",\"burn_per_hour\":\"%s\"", render_total(text, rises ? 0 : burn));
}

/* A count a minute: a whole number. */
static void snapshot_count_pace(FILE *out, const struct top *top, const char *key,
                                const struct top_series *series)
{
    u128 pace;

    if (top_pace(series, top->choice.window, TOP_MINUTE_US, &pace))
        fprintf(out, ",\"%s\":%" PRIu64, key, (uint64_t)pace);
}

/* Texts are as lists show them: escaped (base/text.h), as they are in the model. */
static void snapshot_text(FILE *out, const char *key, const char *text)
{
    fprintf(out, ",\"%s\":", key);
    render_json_text(out, text);
}

static void snapshot_site(FILE *out, const struct top *top)
{
    fputs("{\"type\":\"site\"", out);
    snapshot_text(out, "site", top->site);
    snapshot_text(out, "unit", top->currency);
    fprintf(out, ",\"frame\":%" PRIu64 ",\"site_time_us\":%" PRIu64, top->frame, top->site_time_us);
    snapshot_total(out, "revenue", top->revenue);
    snapshot_pace(out, top, "revenue_per_hour", &top->earned);
    snapshot_total(out, "liabilities", top->liabilities);
    snapshot_count_pace(out, top, "turns_per_minute", &top->turns);
    snapshot_count_pace(out, top, "undone_per_minute", &top->traps);
    snapshot_count_pace(out, top, "messages_per_minute", &top->messages);
    fprintf(out,
            ",\"agents\":%" PRIu64 ",\"running\":%" PRIu64 ",\"dry\":%" PRIu64
            ",\"frozen\":%" PRIu64 ",\"ready\":%" PRIu64 ",\"customers\":%" PRIu64
            ",\"memory_bytes\":%" PRIu64 ",\"inbox\":%" PRIu64 ",\"disk_free_bytes\":%" PRIu64,
            top->agents, top->running, top->dry, top->frozen, top->ready, top->customers,
            top->memory_bytes, top->inbox, top->disk_free_bytes);
    snapshot_text(out, "disk", top->disk);
    snapshot_text(out, "state", top->state);
    fputs("}\n", out);
}

static void snapshot_link(FILE *out, const struct top *top, const struct top_link *link)
{
    fputs("{\"type\":\"link\"", out);
    snapshot_text(out, "link", link->name);
    snapshot_text(out, "state", link->state);
    fprintf(out, ",\"unchanged_s\":%" PRIu64 ",\"outstanding\":%" PRIu64, link->unchanged_s,
            link->outstanding);
    snapshot_text(out, "unit", top->currency);
    snapshot_total(out, "we_owe", link->we_owe);
    snapshot_total(out, "peer_limit", link->peer_limit);
    snapshot_total(out, "it_owes", link->it_owes);
    snapshot_total(out, "limit", link->limit);
    snapshot_pace(out, top, "sent_per_hour", &link->sent);
    snapshot_pace(out, top, "received_per_hour", &link->received);
    fputs("}\n", out);
}

static void snapshot_agent(FILE *out, const struct top *top, const struct top_agent *agent)
{
    uint64_t lasts_s;

    fprintf(out, "{\"type\":\"agent\",\"agent\":%" PRIu64 ",\"customer\":%" PRIu64, agent->id,
            agent->customer);
    snapshot_text(out, "name", agent->name);
    snapshot_text(out, "state", agent->state);
    snapshot_text(out, "reason", agent->reason);
    snapshot_text(out, "unit", top->currency);
    snapshot_total(out, "balance", agent->balance);
    snapshot_burn(out, top, agent);
    snapshot_pace(out, top, "out_per_hour", &agent->out);
    snapshot_pace(out, top, "in_per_hour", &agent->in);
    if (top->has_books)
        snapshot_pace(out, top, "paid_per_hour", &agent->paid);
    if (top_lasts(agent, top->choice.window, &lasts_s) && lasts_s <= JSON_NUMBER_MAX)
        fprintf(out, ",\"lasts_s\":%" PRIu64, lasts_s);
    fprintf(out, ",\"memory_bytes\":%" PRIu64 ",\"inbox\":%" PRIu64 "}\n", agent->memory_bytes,
            agent->inbox);
}

void top_print_json(FILE *out, const struct top *top)
{
    snapshot_site(out, top);
    for (size_t i = 0; i < top->resource_count; i++) {
        fputs("{\"type\":\"resource\"", out);
        snapshot_text(out, "resource", top->resources[i].name);
        snapshot_text(out, "unit", top->currency);
        snapshot_total(out, "revenue", top->resources[i].total);
        snapshot_pace(out, top, "revenue_per_hour", &top->resources[i].earned);
        fputs("}\n", out);
    }
    for (size_t i = 0; i < top->link_count; i++)
        snapshot_link(out, top, top->links[i]);
    for (size_t i = 0; i < top->shown; i++)
        snapshot_agent(out, top, top->rows[i]);
}
