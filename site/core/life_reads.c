/* The keys of each result are those of docs/control.md, "Reads". */
#include "site/core/life_reads.h"

#include <string.h>

#include "agents/agents.h"
#include "agents/life_events.h"
#include "agents/message.h"
#include "agents/views.h"
#include "site/core/map.h"
#include "site/core/outcome.h"
#include "site/core/read_list.h"
#include "site/core/state.h"
#include "site/core/wall.h"

/* ---- events ---- */

/* A page of life events: for a customer they are numbered by themselves. */
struct life_page {
    const struct viewer *viewer;
    struct wall wall;
    uint64_t limit;
    uint64_t next;  /* the number of the last that was looked at: where the next page begins */
    uint64_t lost;  /* numbers before it that are not kept */
    bool from_here; /* what came before the first one is no loss: the reader begins */
    struct bytes items;
    uint64_t count;
};

static void life_put_event(struct life_page *page, const struct life_event *event, uint64_t number)
{
    uint64_t wall_us = wall_at(&page->wall, event->time_us);
    struct map map;

    map_init(&map);
    map_uint(&map, "number", number);
    map_text(&map, "event", life_kind_name(event->kind));
    map_uint(&map, "time_us", event->time_us);
    if (wall_us != 0)
        map_uint(&map, "wall_us", wall_us);
    map_uint(&map, "agent", event->agent);
    map_text_sized(&map, "name", event->name, strlen(event->name));
    map_uint(&map, "customer", event->customer);
    map_money(&map, "balance", event->balance);
    if (event->parent != 0)
        map_uint(&map, "parent", event->parent);
    if (event->message != 0)
        map_uint(&map, "message", event->message);
    if (event->text_size != 0)
        map_text_sized(&map, "why", event->text, event->text_size);
    map_end(&map, &page->items);
    page->count++;
}

static bool life_visit(void *context, const struct life_event *event)
{
    struct life_page *page = context;
    uint64_t number = page->viewer->all ? event->number : event->own;

    /* Of its own account alone: numbers of several would run into each other. */
    if (!(page->viewer->all || event->customer == page->viewer->customer) || number <= page->next)
        return true;
    if (page->count == page->limit)
        return false;
    if (!page->from_here)
        page->lost += number - page->next - 1;
    page->from_here = false;
    page->next = number;
    life_put_event(page, event, number);
    return true;
}

/* The last ones may be counted and not kept: then there is nothing to wait for before them. */
static void life_end_page(const struct core *core, struct life_page *page)
{
    uint64_t last = agents_life_last(core->agents, page->viewer->all ? 0 : page->viewer->customer);

    if (page->count == page->limit || last <= page->next)
        return;
    if (!page->from_here)
        page->lost += last - page->next;
    page->next = last;
}

void core_read_events(struct core *core, const struct viewer *viewer, struct cbor *in,
                      struct outcome *outcome)
{
    struct life_page page = {.viewer = viewer};
    struct bytes items = {0};
    struct map map;
    uint64_t run;
    bool restarted;

    cbor_get_array(in, 3);
    run = cbor_get_uint(in, UINT64_MAX);
    page.next = cbor_get_uint(in, UINT64_MAX);
    page.limit = read_list_limit(in);
    if (!outcome_args_done(in, outcome))
        return;
    restarted = run != 0 && run != core->run;
    if (restarted || run == 0)
        page.next = 0;
    page.from_here = run == 0;
    wall_begin(&page.wall, core);
    agents_life_each(core->agents, life_visit, &page);
    wall_end(&page.wall);
    life_end_page(core, &page);

    cbor_put_array(&items, page.count);
    bytes_append(&items, page.items.data, page.items.size);
    INVARIANT(!items.failed && !page.items.failed);
    map_init(&map);
    map_uint(&map, "run", core->run);
    map_uint(&map, "next", page.next);
    map_uint(&map, "lost", page.lost);
    map_bool(&map, "restarted", restarted);
    map_raw(&map, "events", &items);
    map_end(&map, &outcome->result);
    bytes_fini(&items);
    bytes_fini(&page.items);
}

/* ---- turn ---- */

/* What became of a message, as far as it is known; the agent may be gone by then. */
static const char *turn_state(const struct agent *agent, uint64_t message,
                              const struct life_event *event)
{
    if (event != NULL)
        return life_kind_name(event->kind);
    if (agent == NULL)
        return "gone";
    return agents_message_waits(agent, message) ? "waiting" : "done";
}

/* The outcome says why it is not shown. */
static bool turn_is_shown(const struct viewer *viewer, uint64_t id, const struct agent *agent,
                          const struct life_event *event, struct outcome *outcome)
{
    uint64_t customer = event != NULL ? event->customer : agent == NULL ? 0 : agent_customer(agent);

    if (event == NULL && agent == NULL)
        outcome_set(outcome, CONTROL_MISSING,
                    "there is no agent %llu, and nothing is known of that message",
                    (unsigned long long)id);
    else if (!viewer_sees(viewer, customer))
        outcome_set(outcome, CONTROL_DENIED, "agent %llu belongs to another customer",
                    (unsigned long long)id);
    else
        return true;
    return false;
}

static void turn_entries(const struct core *core, const struct agent *agent,
                         const struct life_event *event, struct map *map)
{
    struct agent_view view;

    if (event != NULL && event->text_size != 0)
        map_text_sized(map, "why", event->text, event->text_size);
    if (agent == NULL)
        return;
    agents_view(core->agents, agent, &view);
    map_text(map, "agent_state", view.state);
    map_text(map, "reason", view.reason);
}

void core_read_turn(struct core *core, const struct viewer *viewer, struct cbor *in,
                    struct outcome *outcome)
{
    const struct life_event *event;
    const struct agent *agent;
    struct map map;
    uint64_t message;
    uint64_t id;

    cbor_get_array(in, 2);
    id = cbor_get_uint(in, UINT64_MAX);
    message = cbor_get_uint(in, UINT64_MAX);
    if (!outcome_args_done(in, outcome))
        return;
    agent = agents_find(core->agents, id);
    event = message == 0 ? NULL : agents_life_of_message(core->agents, message);
    if (event != NULL && event->agent != id)
        event = NULL;
    if (!turn_is_shown(viewer, id, agent, event, outcome))
        return;
    map_init(&map);
    map_uint(&map, "agent", id);
    map_uint(&map, "message", message);
    map_text(&map, "state", turn_state(agent, message, event));
    turn_entries(core, agent, event, &map);
    map_end(&map, &outcome->result);
}
