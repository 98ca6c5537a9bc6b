/* The model of `serai top`: paces, rows, their order.  No input, no output, no clock. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "site/cli/top.h"

/* ---- totals over time ---- */

void top_series_add(struct top_series *series, uint64_t now_us, u128 total)
{
    const struct top_point point = {.us = now_us, .total = total};

    if (series->now.us == 0 || total < series->now.total || now_us < series->now.us) {
        *series = (struct top_series){.begun = point, .middle = point, .now = point};
        return;
    }
    if (now_us == series->now.us) {
        series->now = point;
        return;
    }
    series->before = series->now;
    series->now = point;
    if (now_us - series->middle.us < TOP_MINUTE_US)
        return;
    series->begun = series->middle;
    series->middle = point;
}

bool top_pace(const struct top_series *series, enum top_window window, uint64_t per_us, u128 *pace)
{
    const struct top_point *from = window == TOP_LATEST ? &series->before : &series->begun;
    uint64_t took_us;
    u128 rise;

    if (from->us == 0 || series->now.us <= from->us)
        return false;
    took_us = series->now.us - from->us;
    rise = series->now.total - from->total;
    /* Divided first where the product would not fit: what is lost is nothing beside the sum. */
    *pace = rise > (u128)-1 / per_us ? rise / took_us * per_us : rise * per_us / took_us;
    return true;
}

bool top_burn(const struct top_agent *agent, enum top_window window, uint64_t per_us, u128 *burn,
              bool *rises)
{
    u128 out;
    u128 in;

    if (!top_pace(&agent->out, window, per_us, &out) || !top_pace(&agent->in, window, per_us, &in))
        return false;
    *rises = in > out;
    *burn = *rises ? in - out : out - in;
    return true;
}

bool top_lasts(const struct top_agent *agent, enum top_window window, uint64_t *lasts_s)
{
    bool rises;
    u128 burn;
    u128 lasts;

    /* Over a day, since little is lost by rounding there. */
    if (!top_burn(agent, window, top_per_us(TOP_PER_DAY), &burn, &rises) || rises || burn == 0)
        return false;
    lasts = agent->balance * (24 * 3600) / burn;
    *lasts_s = lasts > UINT64_MAX ? UINT64_MAX : (uint64_t)lasts;
    return true;
}

/* ---- rows ---- */

void top_init(struct top *top)
{
    memset(top, 0, sizeof *top);
    top->sweep = 1;
    top->choice.per = TOP_PER_HOUR;
}

void top_fini(struct top *top)
{
    for (size_t i = 0; i < top->row_count; i++)
        free(top->rows[i]);
    for (size_t i = 0; i < top->link_count; i++)
        free(top->links[i]);
    free(top->rows);
    table_fini(&top->by_id);
    top_init(top);
}

struct top_agent *top_row(struct top *top, uint64_t id)
{
    struct top_agent *agent = table_get(&top->by_id, id);
    struct top_agent **rows;

    if (agent != NULL || top->row_count == TOP_AGENTS_MAX)
        return agent;
    rows = array_grow(top->rows, &top->row_capacity, top->row_count + 1, sizeof(*rows));
    if (rows == NULL)
        return NULL;
    top->rows = rows;
    agent = calloc(1, sizeof *agent);
    if (agent == NULL)
        return NULL;
    agent->id = id;
    rows[top->row_count++] = agent;
    (void)table_put(&top->by_id, id, agent); /* there was none */
    return agent;
}

struct top_link *top_link_row(struct top *top, const char *name)
{
    struct top_link *link;

    for (size_t i = 0; i < top->link_count; i++)
        if (strcmp(top->links[i]->name, name) == 0)
            return top->links[i];
    if (top->link_count == TOP_LINKS_MAX)
        return NULL;
    link = calloc(1, sizeof *link);
    if (link == NULL)
        return NULL;
    (void)snprintf(link->name, sizeof link->name, "%s", name);
    top->links[top->link_count++] = link;
    return link;
}

struct top_resource *top_resource_row(struct top *top, const char *name)
{
    struct top_resource *resource;

    for (size_t i = 0; i < top->resource_count; i++)
        if (strcmp(top->resources[i].name, name) == 0)
            return &top->resources[i];
    if (top->resource_count == TOP_RESOURCES_MAX)
        return NULL;
    resource = &top->resources[top->resource_count++];
    *resource = (struct top_resource){0};
    (void)snprintf(resource->name, sizeof resource->name, "%s", name);
    return resource;
}

void top_links_end(struct top *top)
{
    size_t kept = 0;

    for (size_t i = 0; i < top->link_count; i++) {
        if (top->links[i]->sweep == top->read_us)
            top->links[kept++] = top->links[i];
        else
            free(top->links[i]);
    }
    top->link_count = kept;
}

void top_sweep_end(struct top *top)
{
    size_t kept = 0;

    top->memory_bytes = 0;
    top->inbox = 0;
    for (size_t i = 0; i < top->row_count; i++) {
        struct top_agent *agent = top->rows[i];

        if (agent->sweep != top->sweep) {
            (void)table_remove(&top->by_id, agent->id);
            free(agent);
            continue;
        }
        top->memory_bytes += agent->memory_bytes;
        top->inbox += agent->inbox;
        top->rows[kept++] = agent;
    }
    top->row_count = kept;
    top->shown = 0; /* until they are put in order again */
    top->sweep++;
    top->sweeps++;
    top->cursor = 0;
}

/* ---- the agent that is followed ---- */

void top_line_add(struct top *top, const struct top_line *line)
{
    top->lines[(top->line_first + top->line_count) % TOP_LINES_MAX] = *line;
    if (top->line_count < TOP_LINES_MAX)
        top->line_count++;
    else
        top->line_first = (top->line_first + 1) % TOP_LINES_MAX;
}

void top_follow(struct top *top, uint64_t agent)
{
    top->choice.followed = agent;
    top->line_first = 0;
    top->line_count = 0;
    top->wants_lines = agent != 0;
}

/* ---- the order ---- */

static const struct {
    const char *name;
    bool least_first; /* the other way round than most keys */
} keys[TOP_KEYS] = {
    [TOP_BY_BURN] = {"burn", false},   [TOP_BY_PAID] = {"paid", false},
    [TOP_BY_IN] = {"in", false},       [TOP_BY_BALANCE] = {"balance", false},
    [TOP_BY_LASTS] = {"lasts", true},  [TOP_BY_MEMORY] = {"memory", false},
    [TOP_BY_INBOX] = {"inbox", false}, [TOP_BY_NAME] = {"name", true},
    [TOP_BY_AGENT] = {"agent", true},
};

const char *top_key_name(enum top_key key)
{
    return keys[key].name;
}

bool top_key_find(const char *name, enum top_key *key)
{
    for (int i = 0; i < TOP_KEYS; i++)
        if (strcmp(keys[i].name, name) == 0) {
            *key = (enum top_key)i;
            return true;
        }
    return false;
}

static const struct {
    const char *name;
    uint64_t us;
} pers[TOP_PERS] = {
    [TOP_PER_SECOND] = {"s", TOP_SECOND_US},
    [TOP_PER_HOUR] = {"h", 3600 * TOP_SECOND_US},
    [TOP_PER_DAY] = {"d", 24 * 3600 * TOP_SECOND_US},
};

uint64_t top_per_us(enum top_per per)
{
    return pers[per].us;
}

const char *top_per_name(enum top_per per)
{
    return pers[per].name;
}

static u128 top_pace_or_0(const struct top_series *series, enum top_window window)
{
    u128 pace;

    return top_pace(series, window, top_per_us(TOP_PER_DAY), &pace) ? pace : 0;
}

static u128 top_burn_or_0(const struct top_agent *agent, enum top_window window)
{
    bool rises;
    u128 burn;

    return top_burn(agent, window, top_per_us(TOP_PER_DAY), &burn, &rises) && !rises ? burn : 0;
}

static u128 top_lasts_or_ever(const struct top_agent *agent, enum top_window window)
{
    uint64_t lasts_s;

    return top_lasts(agent, window, &lasts_s) ? lasts_s : (u128)-1;
}

/* What a row is ordered by, as a number; 0 for its name. */
static u128 top_value(const struct top_agent *agent, const struct top_choice *choice)
{
    switch (choice->by) {
    case TOP_BY_BURN:
        return top_burn_or_0(agent, choice->window);
    case TOP_BY_PAID:
        return top_pace_or_0(&agent->paid, choice->window);
    case TOP_BY_IN:
        return top_pace_or_0(&agent->in, choice->window);
    case TOP_BY_BALANCE:
        return agent->balance;
    case TOP_BY_LASTS:
        return top_lasts_or_ever(agent, choice->window);
    case TOP_BY_MEMORY:
        return agent->memory_bytes;
    case TOP_BY_INBOX:
        return agent->inbox;
    case TOP_BY_AGENT:
        return agent->id;
    case TOP_BY_NAME:
    case TOP_KEYS:
        break;
    }
    return 0;
}

/* A row while it is put in order. */
struct top_ranked {
    struct top_agent *agent;
    u128 value;
    bool hidden;
    const struct top_choice *choice; /* qsort() passes nothing else on */
};

static int top_compare(const void *left, const void *right)
{
    const struct top_ranked *a = left;
    const struct top_ranked *b = right;
    const struct top_choice *choice = a->choice;
    int order = (a->value > b->value) - (a->value < b->value);

    if (a->hidden != b->hidden)
        return a->hidden ? 1 : -1;
    if (choice->by == TOP_BY_NAME)
        order = strcmp(a->agent->name, b->agent->name);
    if (keys[choice->by].least_first == choice->reversed)
        order = -order;
    /* Two that are alike keep their places from one look to the next. */
    return order != 0 ? order : (a->agent->id > b->agent->id) - (a->agent->id < b->agent->id);
}

/* Whether the filter lets a row through: its text is in the name, the state, or a number. */
static bool top_matches(const struct top_agent *agent, const char *filter)
{
    char numbers[64];

    if (*filter == '\0')
        return true;
    (void)snprintf(numbers, sizeof numbers, "agent:%llu customer:%llu",
                   (unsigned long long)agent->id, (unsigned long long)agent->customer);
    return strstr(agent->name, filter) != NULL || strstr(agent->state, filter) != NULL ||
           strstr(numbers, filter) != NULL;
}

void top_order(struct top *top)
{
    struct top_ranked *ranked = calloc(top->row_count + 1, sizeof *ranked);

    top->shown = 0;
    for (size_t i = 0; i < top->row_count; i++)
        top->shown += top_matches(top->rows[i], top->choice.filter);
    if (ranked == NULL)
        return; /* the order stays as it was */
    for (size_t i = 0; i < top->row_count; i++)
        ranked[i] = (struct top_ranked){.agent = top->rows[i],
                                        .value = top_value(top->rows[i], &top->choice),
                                        .hidden = !top_matches(top->rows[i], top->choice.filter),
                                        .choice = &top->choice};
    qsort(ranked, top->row_count, sizeof *ranked, top_compare);
    for (size_t i = 0; i < top->row_count; i++)
        top->rows[i] = ranked[i].agent;
    free(ranked);
}

/* ---- the row that is selected ---- */

size_t top_selected(const struct top *top)
{
    for (size_t i = 0; i < top->shown; i++)
        if (top->rows[i]->id == top->choice.selected)
            return i;
    return 0;
}

void top_select(struct top *top, long by)
{
    size_t at = top_selected(top);

    if (top->shown == 0)
        return;
    if (by < 0)
        at = (size_t)-by > at ? 0 : at - (size_t)-by;
    else
        at = (size_t)by > top->shown - 1 - at ? top->shown - 1 : at + (size_t)by;
    top->choice.selected = top->rows[at]->id;
}
