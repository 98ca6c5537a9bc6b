/* The keys of each result are those of docs/control.md, "Reads". */
#include "site/core/agent_reads.h"

#include <string.h>

#include "agents/agents.h"
#include "agents/views.h"
#include "site/core/map.h"
#include "site/core/outcome.h"
#include "site/core/read_list.h"
#include "site/core/state.h"
#include "site/core/wall.h"

/* ---- agents ---- */

/* What the read `agents` shows of each. */
static void agent_entries(const struct core *core, const struct agent *agent, struct map *map)
{
    const struct account *account;
    struct agent_view view;

    agents_view(core->agents, agent, &view);
    account = ledger_account(core->ledger, view.id);
    map_uint(map, "id", view.id);
    map_text(map, "name", view.name);
    map_uint(map, "customer", view.customer);
    map_text(map, "state", view.state);
    map_text(map, "reason", view.reason);
    map_money(map, "balance", view.balance);
    /* What ever left its account and came to it: what a watcher takes the pace from. */
    map_total(map, "debits", account->debits);
    map_total(map, "credits", account->credits);
    map_hex(map, "code", view.code.bytes, HASH_BYTES);
    map_uint(map, "memory_bytes", view.memory_bytes);
    map_uint(map, "inbox", view.inbox_messages);
    if (view.lasts_us != UINT64_MAX)
        map_uint(map, "dry_in_s", view.lasts_us / 1000000);
}

static void agent_list_one(void *context, const struct agent *agent)
{
    struct read_list *list = context;
    struct map map;

    list->last = agent_id(agent);
    if (list->count == list->limit || !viewer_sees(list->viewer, agent_customer(agent)))
        return;
    map_init(&map);
    agent_entries(list->core, agent, &map);
    map_end(&map, &list->items);
    list->count++;
}

/* Those that the viewer does not see are passed over, so it takes several steps to fill a page. */
void core_read_agents(struct core *core, const struct viewer *viewer, struct cbor *in,
                      struct outcome *outcome)
{
    struct read_list list = {.core = core, .viewer = viewer};
    size_t seen;

    if (!read_list_begin(&list, in, outcome))
        return;
    do
        seen = agents_list(core->agents, list.last, READ_LIMIT_MAX, agent_list_one, &list);
    while (seen == READ_LIMIT_MAX && list.count < list.limit);
    read_list_end(&list, outcome);
}

/* What is its money and not in its balance, by what it is held for. */
static void agent_holdings_entries(const struct core *core, const struct agent *agent,
                                   struct map *map)
{
    struct agent_holdings own;
    struct exchange_held ends;

    agents_holdings(core->agents, agent, &own);
    exchange_held_for(core->exchange, agent_id(agent), &ends);
    map_money(map, "held_for_events", own.events);
    map_money(map, "deposit_for_channels", ends.deposits);
    map_money(map, "held_for_channels", ends.reserves);
    map_money(map, "held_for_births", ends.births);
    map_money(map, "waits_in_inbox", own.inbox);
}

/* ... and what the read `agent` adds. */
static void agent_details(const struct core *core, const struct agent *agent, struct map *map)
{
    struct agent_view view;

    agents_view(core->agents, agent, &view);
    agent_entries(core, agent, map);
    map_uint(map, "parent", view.parent);
    map_uint(map, "turns", view.turns);
    map_uint(map, "traps", view.traps);
    map_uint(map, "fuel", view.fuel);
    map_uint(map, "slots", view.slots);
    map_uint(map, "facets", view.facets);
    map_uint(map, "codes", view.codes);
    map_uint(map, "channels", channels_owned(core->channels, view.id, NULL, 0));
    map_uint(map, "buffer_bytes", view.buffer_bytes);
    map_uint(map, "inbox_bytes", view.inbox_bytes);
    map_uint(map, "born_frame", view.born_frame);
    map_uint(map, "log_line", view.log_line);
    map_money(map, "booked", ledger_balance(core->ledger, view.id));
    map_money(map, "mark", view.mark);
    map_money(map, "burial", view.burial);
    agent_holdings_entries(core, agent, map);
    /* Keys that would say nothing are left out: a client passes over what is not there. */
    if (view.leash_holder != 0)
        map_uint(map, "leash_holder", view.leash_holder);
    if (!money_is_zero(view.needs))
        map_money(map, "needs", view.needs);
    if (!money_is_zero(view.burnt)) {
        map_money(map, "burnt", view.burnt);
        map_uint(map, "burnt_over_ms", view.burnt_us / 1000);
    }
}

/* The agent of that number, if it is shown to the viewer; NULL: the outcome says why not. */
static struct agent *agent_shown(struct core *core, const struct viewer *viewer, uint64_t id,
                                 struct outcome *outcome)
{
    struct agent *agent = agents_find(core->agents, id);

    if (agent == NULL)
        outcome_set(outcome, CONTROL_MISSING, "there is no agent %llu: `serai agent ls` lists them",
                    (unsigned long long)id);
    if (agent == NULL || viewer_sees(viewer, agent_customer(agent)))
        return agent;
    outcome_set(outcome, CONTROL_DENIED, "agent %llu belongs to another customer",
                (unsigned long long)id);
    return NULL;
}

void core_read_agent(struct core *core, const struct viewer *viewer, struct cbor *in,
                     struct outcome *outcome)
{
    struct agent *agent;
    struct map map;
    uint64_t id;

    cbor_get_array(in, 1);
    id = cbor_get_uint(in, UINT64_MAX);
    if (!outcome_args_done(in, outcome))
        return;
    agent = agent_shown(core, viewer, id, outcome);
    if (agent == NULL)
        return;
    map_init(&map);
    agent_details(core, agent, &map);
    map_end(&map, &outcome->result);
}

/* ---- logs ---- */

/* A list of lines, with what the calendar said when they were written. */
struct log_listing {
    struct read_list list;
    struct wall wall;
};

/* Whether a CBOR text can hold it: an agent may write any bytes. */
static bool log_line_is_text(const char *line, size_t size)
{
    return memchr(line, '\0', size) == NULL && utf8_is_valid(line, size);
}

static void log_list_line(void *context, const struct agent_log_view *line)
{
    struct log_listing *listing = context;
    struct read_list *list = &listing->list;
    uint64_t wall_us = wall_at(&listing->wall, line->time_us);
    struct map map;

    map_init(&map);
    if (wall_us != 0)
        map_uint(&map, "wall_us", wall_us);
    map_uint(&map, "line", line->line);
    map_uint(&map, "time_us", line->time_us);
    map_text(&map, "by", line->by == LOG_BY_SITE ? "site" : "agent");
    map_text_sized(&map, "text", line->text, line->size);
    if (!log_line_is_text(line->text, line->size)) { /* then `text` has ? in the place of some */
        struct bytes exact = {0};

        cbor_put_bytes(&exact, line->text, line->size);
        map_raw(&map, "bytes", &exact);
        bytes_fini(&exact);
    }
    map_end(&map, &list->items);
    list->count++;
}

/* Whether the log of an agent that has ended is kept, and shown to the viewer. */
static bool agent_is_remembered(const struct core *core, const struct viewer *viewer, uint64_t id)
{
    uint64_t customer = 0;

    return agents_last_log_owner(core->agents, id, &customer) && viewer_sees(viewer, customer);
}

void core_read_logs(struct core *core, const struct viewer *viewer, struct cbor *in,
                    struct outcome *outcome)
{
    struct log_listing listing = {.list = {.core = core}};
    struct read_list *list = &listing.list;
    struct agent *agent;
    uint64_t id;

    cbor_get_array(in, 3);
    id = cbor_get_uint(in, UINT64_MAX);
    list->after = cbor_get_uint(in, UINT64_MAX);
    list->limit = read_list_limit(in);
    if (!outcome_args_done(in, outcome))
        return;
    agent = agents_has(core->agents, id) || !agent_is_remembered(core, viewer, id)
                ? agent_shown(core, viewer, id, outcome)
                : NULL;
    if (outcome->status != CONTROL_DONE)
        return;
    wall_begin(&listing.wall, core);
    if (agent != NULL)
        (void)agents_log_list(core->agents, agent, list->after, list->limit, log_list_line,
                              &listing);
    else
        (void)agents_last_log_list(core->agents, id, list->after, list->limit, log_list_line,
                                   &listing);
    wall_end(&listing.wall);
    read_list_end(list, outcome);
}

/* ---- the heap of capabilities ---- */

static const char *heap_entry_kind(uint8_t kind)
{
    return kind == SERAI_KIND_FACET ? "facet" : kind == SERAI_KIND_BUFFER ? "buffer" : "other";
}

/* An entry is its payer's customer's; its number, which is the capability, is never shown. */
static void heap_list_entry(void *context, const struct heap_view *entry)
{
    struct read_list *list = context;
    const struct account *payer = ledger_account(list->core->ledger, entry->payer);
    struct map map;

    list->last = entry->serial;
    if (list->count == list->limit ||
        !viewer_sees(list->viewer, payer == NULL ? 0 : payer->customer))
        return;
    map_init(&map);
    map_uint(&map, "serial", entry->serial);
    map_uint(&map, "agent", entry->payer);
    map_text(&map, "kind", heap_entry_kind(entry->kind));
    map_money(&map, "deposit", entry->deposit);
    map_end(&map, &list->items);
    list->count++;
}

void core_read_heap(struct core *core, const struct viewer *viewer, struct cbor *in,
                    struct outcome *outcome)
{
    struct read_list list = {.core = core, .viewer = viewer};
    size_t seen;

    if (!read_list_begin(&list, in, outcome))
        return;
    do
        seen = agents_heap_list(core->agents, list.last, READ_LIMIT_MAX, heap_list_entry, &list);
    while (seen == READ_LIMIT_MAX && list.count < list.limit);
    read_list_end(&list, outcome);
}
