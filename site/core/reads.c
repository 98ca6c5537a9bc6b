/* Reads, and who is shown what.  Keys of each result: docs/control.md. */
#include <stdio.h>
#include <string.h>

#include "agents/agents.h"
#include "agents/modules.h"
#include "agents/quotas.h"
#include "agents/views.h"
#include "site/core/map.h"
#include "site/core/state.h"

/* A list under construction: items are appended, then counted. */
struct list {
    const struct core *core;
    const struct viewer *viewer;
    uint64_t limit;
    uint64_t last; /* the number of the last one looked at, shown or not */
    struct bytes items;
    uint64_t count;
};

static void list_end(struct list *list, struct outcome *outcome)
{
    INVARIANT(!list->items.failed);
    cbor_put_array(&outcome->result, list->count);
    bytes_append(&outcome->result, list->items.data, list->items.size);
    bytes_fini(&list->items);
}

static uint64_t get_limit(struct cbor *in)
{
    uint64_t limit = cbor_get_uint(in, UINT64_MAX);

    return limit == 0 || limit > READ_LIMIT_MAX ? READ_LIMIT_MAX : limit;
}

/* The two arguments of a command that lists a page: what to begin after, and how many at most. */
struct page {
    uint64_t after;
    uint64_t limit;
};

static bool get_page(struct cbor *in, struct page *page, struct outcome *outcome)
{
    cbor_get_array(in, 2);
    page->after = cbor_get_uint(in, UINT64_MAX);
    page->limit = get_limit(in);
    return outcome_args_done(in, outcome);
}

/* Whether things of this customer are shown. */
static bool sees(const struct viewer *viewer, uint64_t customer)
{
    return viewer->all || (viewer->customer != 0 && viewer->customer == customer);
}

/* ---- site, status ---- */

static void public_entries(const struct core *core, struct map *map)
{
    map_hex(map, "site", core->options.site_key, CONTROL_KEY_BYTES);
    map_text(map, "currency", core->book.currency);
    map_uint(map, "frame", ledger_last_frame(core->ledger)->frame);
    map_uint(map, "site_time_us", core->site_time_us);
}

static void read_site(struct core *core, const struct viewer *viewer, struct cbor *in,
                      struct outcome *outcome)
{
    struct map map;

    (void)viewer;
    (void)in;
    map_init(&map);
    public_entries(core, &map);
    map_end(&map, &outcome->result);
}

static void add_revenue(void *context, const struct account *account)
{
    u128 *sum = context;

    if (account->kind == KIND_REVENUE)
        *sum += account->credits - account->debits;
}

static void tier1_entries(const struct core *core, struct map *map)
{
    const struct core_tier1 *tier1 = &core->tier1;

    if (tier1->mode[0] == '\0')
        return;
    map_text(map, "tier1", tier1->mode);
    if (strcmp(tier1->mode, "off") == 0)
        return;
    map_text_sized(map, "tier1_compiler", tier1->compiler, strlen(tier1->compiler));
    map_uint(map, "tier1_loaded", agents_codes_native(core->agents));
    map_uint(map, "tier1_compiling", tier1->compiling);
    map_uint(map, "tier1_compiled", tier1->compiled);
    map_uint(map, "tier1_failed", tier1->failed);
    if (tier1->reason[0] != '\0')
        map_text_sized(map, "tier1_reason", tier1->reason, strlen(tier1->reason));
}

static void read_status(struct core *core, const struct viewer *viewer, struct cbor *in,
                        struct outcome *outcome)
{
    const struct account *treasury = ledger_account(core->ledger, ACCOUNT_TREASURY);
    struct core_counters counters = core_count(core);
    struct hash head = ledger_head(core->ledger);
    u128 revenue = 0;
    struct map map;

    (void)in;
    map_init(&map);
    public_entries(core, &map);
    map_hex(&map, "head", head.bytes, HASH_BYTES);
    if (!viewer->all) {
        map_end(&map, &outcome->result);
        return;
    }
    ledger_each_account(core->ledger, add_revenue, &revenue);
    map_uint(&map, "agents", counters.agents);
    map_uint(&map, "frozen", counters.frozen);
    map_uint(&map, "customers", core->customers.count);
    map_uint(&map, "channel_ends", channels_count(core->channels));
    map_uint(&map, "turns", counters.turns);
    map_uint(&map, "traps", counters.traps);
    map_uint(&map, "fuel", counters.fuel);
    map_text(&map, "disk", core_disk_word(core));
    map_uint(&map, "disk_free_bytes", core->disk.told.free_bytes);
    map_total(&map, "minted", treasury->debits - treasury->credits);
    map_total(&map, "revenue", revenue);
    tier1_entries(core, &map);
    core_link_states(core, &map);
    map_end(&map, &outcome->result);
}

/* ---- agents ---- */

static void agent_entries(const struct core *core, const struct agent *agent, struct map *map)
{
    struct agent_view view;

    agents_view(core->agents, agent, &view);
    map_uint(map, "id", view.id);
    map_text(map, "name", view.name);
    map_uint(map, "customer", view.customer);
    map_text(map, "state", view.state);
    map_text(map, "reason", view.reason);
    map_money(map, "balance", ledger_balance(core->ledger, view.id));
    map_hex(map, "code", view.code.bytes, HASH_BYTES);
    map_uint(map, "memory_bytes", view.memory_bytes);
    map_uint(map, "inbox", view.inbox_messages);
}

static void list_agent(void *context, const struct agent *agent)
{
    struct list *list = context;
    struct map map;

    list->last = agent_id(agent);
    if (list->count == list->limit || !sees(list->viewer, agent_customer(agent)))
        return;
    map_init(&map);
    agent_entries(list->core, agent, &map);
    map_end(&map, &list->items);
    list->count++;
}

static void read_agents(struct core *core, const struct viewer *viewer, struct cbor *in,
                        struct outcome *outcome)
{
    struct list list = {.core = core, .viewer = viewer};
    struct page page;
    size_t seen;

    if (!get_page(in, &page, outcome))
        return;
    list.limit = page.limit;
    list.last = page.after;
    /* Those of others are passed over. */
    do
        seen = agents_list(core->agents, list.last, READ_LIMIT_MAX, list_agent, &list);
    while (seen == READ_LIMIT_MAX && list.count < list.limit);
    list_end(&list, outcome);
}

/* How long the balance lasts at today's rent if nothing happens. */
static uint64_t dry_in_s(const struct core *core, const struct agent_view *view)
{
    uint64_t lasts_us =
        market_rent_lasts_us(ledger_balance(core->ledger, view->id), view->rent_rate, 0);

    return lasts_us == UINT64_MAX ? UINT64_MAX : lasts_us / 1000000;
}

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
    map_money(map, "mark", view.mark);
    map_money(map, "burial", view.burial);
    if (!money_is_zero(view.needs))
        map_money(map, "needs", view.needs);
    if (dry_in_s(core, &view) != UINT64_MAX)
        map_uint(map, "dry_in_s", dry_in_s(core, &view));
}

static struct agent *find_agent(struct core *core, const struct viewer *viewer, uint64_t id,
                                struct outcome *outcome)
{
    struct agent *agent = agents_find(core->agents, id);

    if (agent == NULL)
        outcome_set(outcome, CONTROL_MISSING, "there is no agent %llu: `serai agent ls` lists them",
                    (unsigned long long)id);
    if (agent == NULL || sees(viewer, agent_customer(agent)))
        return agent;
    outcome_set(outcome, CONTROL_DENIED, "agent %llu belongs to another customer",
                (unsigned long long)id);
    return NULL;
}

static void read_agent(struct core *core, const struct viewer *viewer, struct cbor *in,
                       struct outcome *outcome)
{
    struct agent *agent;
    struct map map;
    uint64_t id;

    cbor_get_array(in, 1);
    id = cbor_get_uint(in, UINT64_MAX);
    if (!outcome_args_done(in, outcome))
        return;
    agent = find_agent(core, viewer, id, outcome);
    if (agent == NULL)
        return;
    map_init(&map);
    agent_details(core, agent, &map);
    map_end(&map, &outcome->result);
}

/* Whether a CBOR text can hold it: an agent may write any bytes. */
static bool is_text(const char *line, size_t size)
{
    return memchr(line, '\0', size) == NULL && utf8_is_valid(line, size);
}

static void list_line(void *context, const struct agent_log_view *line)
{
    struct list *list = context;
    struct map map;

    map_init(&map);
    map_uint(&map, "line", line->line);
    map_uint(&map, "time_us", line->time_us);
    map_text(&map, "by", line->by == LOG_BY_SITE ? "site" : "agent");
    map_text_sized(&map, "text", line->text, line->size);
    if (!is_text(line->text, line->size)) { /* then `text` has ? in the place of some */
        struct bytes exact = {0};

        cbor_put_bytes(&exact, line->text, line->size);
        map_raw(&map, "bytes", &exact);
        bytes_fini(&exact);
    }
    map_end(&map, &list->items);
    list->count++;
}

static void read_logs(struct core *core, const struct viewer *viewer, struct cbor *in,
                      struct outcome *outcome)
{
    struct list list = {.core = core};
    struct agent *agent;
    uint64_t id;
    uint64_t after;
    uint64_t limit;

    cbor_get_array(in, 3);
    id = cbor_get_uint(in, UINT64_MAX);
    after = cbor_get_uint(in, UINT64_MAX);
    limit = get_limit(in);
    if (!outcome_args_done(in, outcome))
        return;
    agent = find_agent(core, viewer, id, outcome);
    if (agent == NULL)
        return;
    (void)agents_log_list(core->agents, agent, after, limit, list_line, &list);
    list_end(&list, outcome);
}

/* ---- customers, heap, prices, accounts ---- */

static void read_customers(struct core *core, const struct viewer *viewer, struct cbor *in,
                           struct outcome *outcome)
{
    struct list list = {.core = core};
    struct page page;

    if (!get_page(in, &page, outcome))
        return;
    for (size_t i = core_customers_after(core, page.after);
         i < core->customers.count && list.count < page.limit; i++) {
        const struct customer *customer = core->customers.items[i];
        struct map map;

        if (!sees(viewer, customer->account))
            continue;
        map_init(&map);
        map_uint(&map, "account", customer->account);
        map_text(&map, "name", customer->name);
        map_hex(&map, "key", customer->key, CONTROL_KEY_BYTES);
        map_money(&map, "balance", ledger_balance(core->ledger, customer->account));
        map_uint(&map, "agents", agents_of_customer(core->agents, customer->account));
        map_uint(&map, "share", customer->share);
        map_bool(&map, "operator", i == 0);
        map_end(&map, &list.items);
        list.count++;
    }
    list_end(&list, outcome);
}

static const char *kind_name(uint8_t kind)
{
    return kind == SERAI_KIND_FACET ? "facet" : kind == SERAI_KIND_BUFFER ? "buffer" : "other";
}

static void list_entry(void *context, const struct heap_view *entry)
{
    struct list *list = context;
    const struct account *payer = ledger_account(list->core->ledger, entry->payer);
    struct map map;

    list->last = entry->serial;
    if (list->count == list->limit || !sees(list->viewer, payer == NULL ? 0 : payer->customer))
        return;
    map_init(&map);
    map_uint(&map, "serial", entry->serial);
    map_uint(&map, "agent", entry->payer);
    map_text(&map, "kind", kind_name(entry->kind));
    map_money(&map, "deposit", entry->deposit);
    map_end(&map, &list->items);
    list->count++;
}

static void read_heap(struct core *core, const struct viewer *viewer, struct cbor *in,
                      struct outcome *outcome)
{
    struct list list = {.core = core, .viewer = viewer};
    struct page page;
    size_t seen;

    if (!get_page(in, &page, outcome))
        return;
    list.limit = page.limit;
    list.last = page.after;
    do
        seen = agents_heap_list(core->agents, list.last, READ_LIMIT_MAX, list_entry, &list);
    while (seen == READ_LIMIT_MAX && list.count < list.limit);
    list_end(&list, outcome);
}

static void list_code(void *context, const struct code_view *code)
{
    struct list *list = context;
    struct map map;

    map_init(&map);
    map_uint(&map, "cursor", code->cursor);
    map_hex(&map, "code", code->id.bytes, HASH_BYTES);
    map_uint(&map, "bytes", code->size);
    map_uint(&map, "held", code->held);
    map_uint(&map, "users", code->refs);
    map_uint(&map, "fuel", code->fuel);
    map_uint(&map, "tier", code->native ? 1 : 0);
    map_text_sized(&map, "reason", code->reason, strlen(code->reason));
    map_end(&map, &list->items);
    list->count++;
}

static void read_codes(struct core *core, const struct viewer *viewer, struct cbor *in,
                       struct outcome *outcome)
{
    struct list list = {.core = core};
    struct page page;

    (void)viewer;
    if (!get_page(in, &page, outcome))
        return;
    (void)agents_code_list(core->agents, page.after, page.limit, list_code, &list);
    list_end(&list, outcome);
}

static void list_price(void *context, const struct pricebook_line *line)
{
    struct list *list = context;
    struct map map;

    map_init(&map);
    map_text(&map, "key", line->path);
    map_text(&map, "price", line->value);
    map_text(&map, "unit", line->unit);
    map_end(&map, &list->items);
    list->count++;
}

static void read_prices(struct core *core, const struct viewer *viewer, struct cbor *in,
                        struct outcome *outcome)
{
    struct list list = {.core = core};

    (void)viewer;
    (void)in;
    pricebook_each(&core->book, &core_order_names, list_price, &list);
    list_end(&list, outcome);
}

struct account_page {
    struct list list;
    struct page page;
};

static void list_account(void *context, const struct account *account)
{
    struct account_page *page = context;
    char name[ACCOUNT_NAME_BYTES];
    struct map map;

    if (account->id <= page->page.after || page->list.count >= page->page.limit ||
        !(sees(page->list.viewer, account->id) || sees(page->list.viewer, account->customer)))
        return;
    map_init(&map);
    map_uint(&map, "id", account->id);
    map_text(&map, "name", account_name(name, account->id, account->kind));
    map_uint(&map, "customer", account->customer);
    map_total(&map, "debits", account->debits);
    map_total(&map, "credits", account->credits);
    map_bool(&map, "closed", account->closed);
    map_end(&map, &page->list.items);
    page->list.count++;
}

static void read_accounts(struct core *core, const struct viewer *viewer, struct cbor *in,
                          struct outcome *outcome)
{
    struct account_page page = {.list = {.core = core, .viewer = viewer}};

    if (!get_page(in, &page.page, outcome))
        return;
    ledger_each_account(core->ledger, list_account, &page);
    list_end(&page.list, outcome);
}

/* ---- who may read what ---- */

enum access {
    FOR_EVERYBODY,
    FOR_CUSTOMERS, /* each its own things, the operator all */
    FOR_OPERATOR,
};

static const struct read {
    const char *command;
    enum access access;
    /* NULL: a read of links, which core_link_read() knows. */
    void (*run)(struct core *core, const struct viewer *viewer, struct cbor *in,
                struct outcome *outcome);
} reads[] = {
    {"site", FOR_EVERYBODY, read_site},
    {"status", FOR_EVERYBODY, read_status},
    {"prices", FOR_EVERYBODY, read_prices},
    {"agents", FOR_CUSTOMERS, read_agents},
    {"agent", FOR_CUSTOMERS, read_agent},
    {"logs", FOR_CUSTOMERS, read_logs},
    {"customers", FOR_CUSTOMERS, read_customers},
    {"heap", FOR_CUSTOMERS, read_heap},
    {"accounts", FOR_CUSTOMERS, read_accounts},
    {"codes", FOR_OPERATOR, read_codes},
    {"links", FOR_OPERATOR, NULL},
    {"link", FOR_OPERATOR, NULL},
};

enum { READS = sizeof reads / sizeof reads[0] };

static const struct read *find_read(const char *command)
{
    for (size_t i = 0; i < READS; i++)
        if (strcmp(reads[i].command, command) == 0)
            return &reads[i];
    return NULL;
}

static bool may_read(const struct viewer *viewer, const struct read *read, struct outcome *outcome)
{
    if (viewer->all || read->access == FOR_EVERYBODY ||
        (read->access == FOR_CUSTOMERS && viewer->customer != 0))
        return true;
    if (viewer->customer != 0)
        outcome_set(outcome, CONTROL_DENIED, "the read %s is the operator's", read->command);
    else
        outcome_set(outcome, CONTROL_DENIED,
                    "the read %s wants a signature, as this is not the daemon's user: give --key "
                    "FILE, the key of a customer of this site",
                    read->command);
    return false;
}

void core_read(struct core *core, const struct viewer *viewer,
               const struct control_request *request, struct outcome *outcome)
{
    const struct read *read = find_read(request->command);
    struct cbor in;

    if (read == NULL) {
        outcome_set(outcome, CONTROL_BAD_REQUEST, "there is nothing to read named %s",
                    request->command);
        return;
    }
    if (!may_read(viewer, read, outcome))
        return;
    cbor_init(&in, request->args, request->args_size);
    if (read->run != NULL)
        read->run(core, viewer, &in, outcome);
    else
        core_link_read(core, request, &in, outcome);
}
