/* The screens of `serai top`: the site with its agents, one agent with its lines, and the keys. */
#include "site/cli/top_view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "site/cli/top_out.h"
#include "site/cli/top_table.h"

enum {
    RESOURCE_COLUMNS = 26,
    MONEY_COLUMNS = 12,
    SHARE_OF_ROWS = 8, /* resources, and links, have at most an eighth of the rows each */
};

/* ---- figures, and figures as text ---- */

bool top_debt_is_near(u128 owes, u128 limit)
{
    return limit > 0 && owes / 4 >= limit / 5;
}

unsigned top_debt_percent(u128 owes, u128 limit)
{
    return (unsigned)(owes >= limit ? 100 : owes * 100 / limit);
}

char *top_print_money(char text[64], u128 nanos, size_t columns)
{
    char whole[U128_TEXT_BYTES];
    char decimals[10];
    size_t used = strlen(u128_print(whole, nanos / MONEY_NANOS_PER_UNIT));
    size_t places = columns > used + 1 ? columns - used - 1 : 0;

    if (places > 9)
        places = 9;
    (void)snprintf(decimals, sizeof decimals, "%09llu",
                   (unsigned long long)(nanos % MONEY_NANOS_PER_UNIT));
    if (places == 0 || nanos == 0)
        (void)snprintf(text, 64, "%s", whole);
    else
        (void)snprintf(text, 64, "%s.%.*s", whole, (int)places, decimals);
    return text;
}

char *top_print_bytes(char text[32], uint64_t bytes)
{
    static const char units[] = "BKMGTPE";
    size_t unit = 1;
    uint64_t tenths;

    if (bytes < 1024) {
        (void)snprintf(text, 32, "%uB", (unsigned)bytes);
        return text;
    }
    /* Tenths of the next unit, cut; 2^64 bytes are 16 E. */
    for (tenths = bytes / 1024 * 10 + bytes % 1024 * 10 / 1024; tenths >= 10240; unit++)
        tenths /= 1024;
    (void)snprintf(text, 32, "%u.%u%c", (unsigned)(tenths / 10), (unsigned)(tenths % 10),
                   units[unit]);
    return text;
}

char *top_print_seconds(char text[32], uint64_t seconds)
{
    static const struct {
        uint64_t seconds;
        char name;
    } units[] = {{365 * 24 * 3600, 'y'}, {24 * 3600, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
    size_t i = 0;

    /* Two of a unit at least, so that little is lost by cutting. */
    while (i + 1 < sizeof units / sizeof units[0] && seconds < 2 * units[i].seconds)
        i++;
    if (seconds / units[i].seconds > 999)
        (void)snprintf(text, 32, ">999%c", units[i].name);
    else
        (void)snprintf(text, 32, "%u%c", (unsigned)(seconds / units[i].seconds), units[i].name);
    return text;
}

/* ---- the site ---- */

static void view_pace(struct top_out *out, const struct top *top, const struct top_series *series)
{
    char text[64];
    u128 pace;

    if (!top_pace(series, top->choice.window, top_per_us(top->choice.per), &pace))
        top_putf(out, "-/%s", top_per_name(top->choice.per));
    else
        top_putf(out, "%s/%s", top_print_money(text, pace, MONEY_COLUMNS),
                 top_per_name(top->choice.per));
}

/* A count a second, with one decimal. */
static void view_count_pace(struct top_out *out, const struct top *top, const char *what,
                            const struct top_series *series)
{
    u128 tenths;

    if (!top_pace(series, top->choice.window, 10 * TOP_SECOND_US, &tenths))
        top_putf(out, "%s -/s", what);
    else
        top_putf(out, "%s %llu.%u/s", what, (unsigned long long)(tenths / 10),
                 (unsigned)(tenths % 10));
}

static void view_head(struct top_out *out, const struct top *top)
{
    char since[32];

    top_mark(out, TOP_MARK_BOLD);
    top_put(out, "serai top ");
    top_put(out, top->site);
    top_mark(out, TOP_MARK_PLAIN);
    top_putf(out, "  frame %llu  ", (unsigned long long)top->frame);
    if (top->lost_us != 0) {
        uint64_t lost_us = out->page->now_us > top->lost_us ? out->page->now_us - top->lost_us : 0;

        top_mark(out, TOP_MARK_BAD);
        top_putf(out, "no answer for %s, trying again",
                 top_print_seconds(since, lost_us / TOP_SECOND_US));
    } else {
        top_mark(out, strcmp(top->state, "running") == 0 ? TOP_MARK_GOOD : TOP_MARK_WARN);
        top_put(out, top->read_us == 0 ? "asking" : top->state);
    }
    top_end_line(out);
    if (top->lost_us == 0)
        return;
    top_mark(out, TOP_MARK_WARN);
    top_put(out, top->fault);
    top_end_line(out);
}

static void view_revenue(struct top_out *out, const struct top *top)
{
    char earned[64];
    char owed[64];

    top_mark(out, TOP_MARK_BOLD);
    top_put(out, "revenue ");
    view_pace(out, top, &top->earned);
    top_mark(out, TOP_MARK_PLAIN);
    top_putf(out, "  earned %s  owed to customers %s %s",
             top_print_money(earned, top->revenue, MONEY_COLUMNS),
             top_print_money(owed, top->liabilities, MONEY_COLUMNS), top->currency);
    top_end_line(out);
}

struct view_resource {
    const struct top_resource *resource;
    u128 pace;
};

static int view_compare_resources(const void *left, const void *right)
{
    const struct view_resource *a = left;
    const struct view_resource *b = right;

    if (a->pace != b->pace)
        return a->pace < b->pace ? 1 : -1;
    if (a->resource->total != b->resource->total)
        return a->resource->total < b->resource->total ? 1 : -1;
    return strcmp(a->resource->name, b->resource->name);
}

/* How many lines a part with so many may have. */
static size_t view_share(const struct top_out *out, size_t lines)
{
    size_t most = out->page->rows / SHARE_OF_ROWS;

    return out->page->rows == 0 || lines < most ? lines : most;
}

/* What the revenue is made of: who never earned anything is left out. */
static void view_resources(struct top_out *out, const struct top *top)
{
    struct view_resource list[TOP_RESOURCES_MAX] = {0};
    size_t each = out->page->columns / RESOURCE_COLUMNS;
    size_t count = 0;
    size_t shown;

    for (size_t i = 0; i < top->resource_count; i++) {
        const struct top_resource *resource = &top->resources[i];

        if (resource->total == 0)
            continue;
        list[count] = (struct view_resource){.resource = resource};
        if (!top_pace(&resource->earned, top->choice.window, top_per_us(TOP_PER_DAY),
                      &list[count].pace))
            list[count].pace = 0;
        count++;
    }
    qsort(list, count, sizeof *list, view_compare_resources);
    shown = view_share(out, (count + each - 1) / each) * each;
    for (size_t i = 0; i < count && i < shown; i++) {
        top_put(out, "  ");
        top_put_cell(out, list[i].resource->name, 10, false);
        view_pace(out, top, &list[i].resource->earned);
        if ((i + 1) % each == 0 || i + 1 == count)
            top_end_line(out);
        else
            top_put_cell(out, "", (i % each + 1) * RESOURCE_COLUMNS - out->columns, false);
    }
}

static void view_activity(struct top_out *out, const struct top *top)
{
    char memory[32];
    char disk[32];

    view_count_pace(out, top, "turns", &top->turns);
    view_count_pace(out, top, "  undone", &top->traps);
    view_count_pace(out, top, "  messages", &top->messages);
    top_putf(out, "  ready %llu  disk ", (unsigned long long)top->ready);
    top_mark(out, strcmp(top->disk, "roomy") == 0 ? TOP_MARK_PLAIN : TOP_MARK_BAD);
    top_putf(out, "%s %s free", top->disk, top_print_bytes(disk, top->disk_free_bytes));
    top_end_line(out);
    top_putf(out, "agents %llu: %llu running, ", (unsigned long long)top->agents,
             (unsigned long long)top->running);
    top_mark(out, top->dry > 0 ? TOP_MARK_WARN : TOP_MARK_PLAIN);
    top_putf(out, "%llu dry", (unsigned long long)top->dry);
    top_mark(out, TOP_MARK_PLAIN);
    top_putf(out, ", %llu frozen  memory %s  inbox %llu",
             (unsigned long long)(top->frozen - (top->dry < top->frozen ? top->dry : top->frozen)),
             top->sweeps == 0 ? "-" : top_print_bytes(memory, top->memory_bytes),
             (unsigned long long)top->inbox);
    top_end_line(out);
}

static void view_debt(struct top_out *out, const char *who, u128 owes, u128 limit)
{
    char text[64];
    char of[64];

    top_mark(out, top_debt_is_near(owes, limit) ? TOP_MARK_WARN : TOP_MARK_PLAIN);
    top_putf(out, "  %s %s of %s", who, top_print_money(text, owes, 8),
             top_print_money(of, limit, 8));
    if (limit > 0)
        top_putf(out, " (%u%%)", top_debt_percent(owes, limit));
    top_mark(out, TOP_MARK_PLAIN);
}

static void view_one_link(struct top_out *out, const struct top *top, const struct top_link *link)
{
    char since[32];
    bool up = strcmp(link->state, "up") == 0;

    top_put(out, "link ");
    top_put_cell(out, link->name, 12, false);
    top_put(out, " ");
    top_mark(out, up                                   ? TOP_MARK_GOOD
                  : strcmp(link->state, "frozen") == 0 ? TOP_MARK_BAD
                                                       : TOP_MARK_WARN);
    top_putf(out, "%s %s", link->state, top_print_seconds(since, link->unchanged_s));
    top_mark(out, TOP_MARK_PLAIN);
    /* One of the two is nothing, and the one that is not says more. */
    if (link->we_owe > 0)
        view_debt(out, "we owe", link->we_owe, link->peer_limit);
    else
        view_debt(out, "it owes", link->it_owes, link->limit);
    top_put(out, "  out ");
    view_pace(out, top, &link->sent);
    top_put(out, "  in ");
    view_pace(out, top, &link->received);
    top_putf(out, "  in flight %llu", (unsigned long long)link->outstanding);
    top_end_line(out);
}

/* Those that do not stand well first, when not all have room. */
static void view_links(struct top_out *out, const struct top *top)
{
    size_t room = view_share(out, top->link_count);
    size_t shown = 0;

    for (int well = 0; well < 2; well++)
        for (size_t i = 0; i < top->link_count && shown < room; i++)
            if ((strcmp(top->links[i]->state, "up") == 0) == (well == 1)) {
                view_one_link(out, top, top->links[i]);
                shown++;
            }
    if (shown < top->link_count) {
        top_putf(out, "%llu more links: serai link ls",
                 (unsigned long long)(top->link_count - shown));
        top_end_line(out);
    }
}

static void view_foot(struct top_out *out, const struct top *top)
{
    const struct top_choice *choice = &top->choice;

    if (!out->page->keys)
        return;
    while (top_rows_left(out) > 1)
        top_end_line(out);
    top_mark(out, TOP_MARK_REVERSE);
    if (choice->filtering)
        top_putf(out, "filter: %s_   Enter keeps it, Esc ends it", choice->filter);
    else if (choice->followed != 0)
        top_putf(out, "Esc back  w %s  u per %s  q quit  ? keys",
                 choice->window == TOP_MINUTE ? "minute" : "now", top_per_name(choice->per));
    else
        top_putf(out, "q quit  ? keys  s by %s%s  / %s%s  Enter follow  w %s  u per %s",
                 top_key_name(choice->by), choice->reversed ? " (turned)" : "",
                 *choice->filter == '\0' ? "filter" : "only ", choice->filter,
                 choice->window == TOP_MINUTE ? "minute" : "now", top_per_name(choice->per));
    top_fill(out);
    top_end_line(out);
}

static void view_site(struct top_out *out, const struct top *top)
{
    view_head(out, top);
    view_revenue(out, top);
    view_resources(out, top);
    view_activity(out, top);
    view_links(out, top);
    top_view_table(out, top);
    view_foot(out, top);
}

/* ---- one agent ---- */

static void view_agent_head(struct top_out *out, const struct top *top,
                            const struct top_agent *agent)
{
    char balance[64];
    char memory[32];
    char lasts[32];
    uint64_t lasts_s;

    top_mark(out, TOP_MARK_BOLD);
    top_putf(out, "agent:%llu ", (unsigned long long)agent->id);
    top_put(out, agent->name);
    top_mark(out, TOP_MARK_PLAIN);
    top_putf(out, "  customer:%llu  ", (unsigned long long)agent->customer);
    top_mark(out, strcmp(agent->state, "running") == 0 ? TOP_MARK_GOOD : TOP_MARK_WARN);
    top_putf(out, "%s%s%s", agent->state, *agent->reason == '\0' ? "" : ": ", agent->reason);
    top_end_line(out);
    top_mark(out, TOP_MARK_BOLD);
    top_putf(out, "balance %s %s", top_print_money(balance, agent->balance, 20), top->currency);
    top_mark(out, TOP_MARK_PLAIN);
    if (top_lasts(agent, top->choice.window, &lasts_s))
        top_putf(out, "  lasts %s", top_print_seconds(lasts, lasts_s));
    top_putf(out, "  memory %s  inbox %llu", top_print_bytes(memory, agent->memory_bytes),
             (unsigned long long)agent->inbox);
    top_end_line(out);
    top_put(out, "paid the site ");
    view_pace(out, top, &agent->paid);
    top_put(out, "  out ");
    view_pace(out, top, &agent->out);
    top_put(out, "  in ");
    view_pace(out, top, &agent->in);
    top_end_line(out);
}

static void view_line(struct top_out *out, const struct top_line *line)
{
    char amount[64];
    char cell[96];

    (void)snprintf(cell, sizeof cell, "%llu", (unsigned long long)line->frame);
    top_put_cell(out, cell, 9, true);
    (void)snprintf(cell, sizeof cell, "%c%s", line->is_out ? '-' : '+',
                   top_print_money(amount, line->amount, 15));
    top_mark(out, line->is_out ? TOP_MARK_PLAIN : TOP_MARK_GOOD);
    top_put_cell(out, cell, 17, true);
    top_mark(out, TOP_MARK_PLAIN);
    top_put(out, line->is_out ? " to   " : " from ");
    top_put_cell(out, line->other, 18, false);
    top_put(out, " ");
    top_put_cell(out, line->why, 22, false);
    if (line->quantity > 0)
        top_putf(out, " %llu", (unsigned long long)line->quantity);
    top_end_line(out);
}

static void view_lines(struct top_out *out, const struct top *top)
{
    size_t room =
        top_rows_left(out) > 1 && out->page->keys ? top_rows_left(out) - 1 : top_rows_left(out);
    size_t count = top->line_count < room ? top->line_count : room;

    if (*top->books_fault != '\0') {
        top_mark(out, TOP_MARK_WARN);
        top_put(out, top->books_fault);
        top_end_line(out);
    } else if (count == 0) {
        top_put(out, "no line of it in the last frames; new ones come here");
        top_end_line(out);
    }
    for (size_t i = top->line_count - count; i < top->line_count; i++)
        view_line(out, &top->lines[(top->line_first + i) % TOP_LINES_MAX]);
}

static void view_agent(struct top_out *out, const struct top *top)
{
    const struct top_agent *agent = table_get(&top->by_id, top->choice.followed);

    view_head(out, top);
    if (agent == NULL) {
        top_mark(out, TOP_MARK_WARN);
        top_putf(out,
                 "agent:%llu is gone; its last lines:", (unsigned long long)top->choice.followed);
        top_end_line(out);
    } else {
        view_agent_head(out, top, agent);
    }
    top_mark(out, TOP_MARK_REVERSE);
    top_put_cell(out, "FRAME", 9, true);
    top_put_cell(out, "AMOUNT", 17, true);
    top_put(out, "      ACCOUNT            WHY                    QUANTITY");
    top_fill(out);
    top_end_line(out);
    view_lines(out, top);
    view_foot(out, top);
}

/* ---- the keys ---- */

static void view_keys(struct top_out *out, const struct top *top)
{
    static const char *const lines[] = {
        "c p i    order by what it consumes (BURN), paid the site, got",
        "b l      by balance, by how long that lasts",
        "m x n a  by memory, inbox, name, number",
        "s r      the next order; turned round",
        "/        only rows with a text: a name, a state, customer:4096",
        "w u      pace of a minute or of now; per second, hour, day",
        "Enter    follow the agent: its lines as they come; Esc back",
        "j k g G  down, up, first, last, as the arrows do",
        "q        quit",
    };

    (void)top;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        top_put(out, lines[i]);
        top_end_line(out);
    }
}

/* ---- all ---- */

static bool view_is_too_small(size_t rows, size_t columns)
{
    return columns < TOP_COLUMNS_MIN || (rows != 0 && rows < TOP_ROWS_MIN);
}

void top_view(const struct top *top, const struct top_page *page)
{
    struct top_out out = {.page = page};

    if (view_is_too_small(page->rows, page->columns)) {
        top_putf(&out, "too small: %dx%d needed", TOP_COLUMNS_MIN, TOP_ROWS_MIN);
        top_end_line(&out);
        return;
    }
    if (top->choice.helps)
        view_keys(&out, top);
    else if (top->read_us == 0)
        view_head(&out, top);
    else if (top->choice.followed != 0)
        view_agent(&out, top);
    else
        view_site(&out, top);
}

static void view_count_line(void *context, const char *text)
{
    size_t *agents = context;

    (void)text;
    (*agents)++;
}

size_t top_view_agents(const struct top *top, size_t rows, size_t columns)
{
    size_t used = 0;
    const struct top_page page = {
        .rows = rows, .columns = columns, .line = view_count_line, .context = &used};
    struct top_out out = {.page = &page};

    if (view_is_too_small(rows, columns))
        return 1;
    view_head(&out, top);
    view_revenue(&out, top);
    view_resources(&out, top);
    view_activity(&out, top);
    view_links(&out, top);
    return rows > used + 2 ? rows - used - 2 : 1; /* the header and the keys */
}
