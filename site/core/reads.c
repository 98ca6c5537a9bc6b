/*
 * Which reads there are, who is shown each, and those of the site as a whole.  The keys of each
 * result are those of docs/control.md, "Reads".
 */
#include "site/core/reads.h"

#include <string.h>

#include "agents/agents.h"
#include "agents/modules.h"
#include "agents/quotas.h"
#include "agents/views.h"
#include "site/core/agent_reads.h"
#include "site/core/calls.h"
#include "site/core/customer_terms.h"
#include "site/core/customers.h"
#include "site/core/disk.h"
#include "site/core/figures_read.h"
#include "site/core/joining.h"
#include "site/core/life_reads.h"
#include "site/core/link_reads.h"
#include "site/core/map.h"
#include "site/core/outcome.h"
#include "site/core/read_list.h"
#include "site/core/settlements.h"
#include "site/core/state.h"

/* ---- site, status ---- */

/* The keys that everybody is shown, of both reads. */
static void read_public_entries(const struct core *core, struct map *map)
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
    read_public_entries(core, &map);
    map_end(&map, &outcome->result);
}

/* One visit of an account: what the site has earned is what its revenue accounts hold. */
static void read_add_revenue(void *context, const struct account *account)
{
    u128 *sum = context;

    if (account->kind == KIND_REVENUE)
        *sum += account->credits - account->debits;
}

/* Nothing of these is in any frame: two sites with one history may differ in them. */
static void read_tier1_entries(const struct core *core, struct map *map)
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
    read_public_entries(core, &map);
    map_hex(&map, "head", head.bytes, HASH_BYTES);
    /* The head of the chain is public, too: who keeps it can prove later what the books were. */
    if (!viewer->all) {
        map_end(&map, &outcome->result);
        return;
    }
    ledger_each_account(core->ledger, read_add_revenue, &revenue);
    map_uint(&map, "agents", counters.agents);
    map_uint(&map, "frozen", counters.frozen);
    map_uint(&map, "customers", core->customers.count);
    map_uint(&map, "channel_ends", channels_count(core->channels));
    map_uint(&map, "turns", counters.turns);
    map_uint(&map, "traps", counters.traps);
    map_uint(&map, "fuel", counters.fuel);
    map_uint(&map, "first_frame", ledger_first_frame(core->ledger));
    map_uint(&map, "frames_leaving", ledger_frames_leaving(core->ledger));
    map_text(&map, "disk", core_disk_word(core));
    core_drain_entries(core, &map);
    map_uint(&map, "disk_free_bytes", core->disk.room.free_bytes);
    map_uint(&map, "disk_low_bytes", core->disk.room.low_bytes);
    map_uint(&map, "disk_full_bytes", core->disk.room.full_bytes);
    map_total(&map, "minted", treasury->debits - treasury->credits);
    map_total(&map, "revenue", revenue);
    read_tier1_entries(core, &map);
    core_link_states(core, &map);
    map_end(&map, &outcome->result);
}

/* ---- customers, modules, prices, accounts ---- */

static void read_customers(struct core *core, const struct viewer *viewer, struct cbor *in,
                           struct outcome *outcome)
{
    struct read_list list = {.core = core};

    if (!read_list_begin(&list, in, outcome))
        return;
    for (size_t i = core_customers_after(core, list.after);
         i < core->customers.count && list.count < list.limit; i++) {
        const struct customer *customer = core->customers.items[i];
        struct map map;

        if (!viewer_sees(viewer, customer->account))
            continue;
        map_init(&map);
        map_uint(&map, "account", customer->account);
        map_text(&map, "name", customer->name);
        map_hex(&map, "key", customer->key, CONTROL_KEY_BYTES);
        map_money(&map, "balance", ledger_balance(core->ledger, customer->account));
        map_uint(&map, "agents", agents_of_customer(core->agents, customer->account));
        map_uint(&map, "share", customer->share);
        map_text(&map, "state", customer->suspended ? "suspended" : "active");
        map_bool(&map, "operator", i == 0);
        map_end(&map, &list.items);
        list.count++;
    }
    read_list_end(&list, outcome);
}

static void read_list_code(void *context, const struct code_view *code)
{
    struct read_list *list = context;
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
    struct read_list list = {.core = core};

    (void)viewer;
    if (!read_list_begin(&list, in, outcome))
        return;
    (void)agents_code_list(core->agents, list.after, list.limit, read_list_code, &list);
    read_list_end(&list, outcome);
}

static void read_list_price(void *context, const struct pricebook_line *line)
{
    struct read_list *list = context;
    struct map map;

    map_init(&map);
    map_text(&map, "key", line->path);
    map_text(&map, "price", line->value);
    map_text(&map, "unit", line->unit);
    map_end(&map, &list->items);
    list->count++;
}

static void read_pricebook(struct core *core, const struct viewer *viewer, struct cbor *in,
                           struct outcome *outcome)
{
    struct read_list list = {.core = core};

    (void)viewer;
    (void)in;
    pricebook_each(&core->book, &core_order_names, read_list_price, &list);
    read_list_end(&list, outcome);
}

/* One visit: an account is a viewer's if it is the customer's own or one of its agents'. */
static void read_list_account(void *context, const struct account *account)
{
    struct read_list *list = context;
    char name[ACCOUNT_NAME_BYTES];
    struct map map;

    if (account->id <= list->after || list->count >= list->limit ||
        !(viewer_sees(list->viewer, account->id) || viewer_sees(list->viewer, account->customer)))
        return;
    map_init(&map);
    map_uint(&map, "id", account->id);
    map_text(&map, "name", account_name(name, account->id, account->kind));
    map_uint(&map, "customer", account->customer);
    map_total(&map, "debits", account->debits);
    map_total(&map, "credits", account->credits);
    map_bool(&map, "closed", account->closed);
    map_end(&map, &list->items);
    list->count++;
}

static void read_accounts(struct core *core, const struct viewer *viewer, struct cbor *in,
                          struct outcome *outcome)
{
    struct read_list list = {.core = core, .viewer = viewer};

    if (!read_list_begin(&list, in, outcome))
        return;
    ledger_each_account(core->ledger, read_list_account, &list);
    read_list_end(&list, outcome);
}

/* ---- reload ---- */

/* The core has no files: who drives it reads them, and answers. */
static void read_reload(struct core *core, const struct viewer *viewer, struct cbor *in,
                        struct outcome *outcome)
{
    (void)core;
    (void)viewer;
    cbor_get_array(in, 0);
    if (outcome_args_done(in, outcome))
        outcome->reloads = true;
}

/* ---- who may read what ---- */

/* docs/control.md, "Reads": who is shown what. */
enum access {
    FOR_EVERYBODY,
    FOR_CUSTOMERS, /* each its own things, the operator all */
    FOR_OPERATOR,
};

static const struct read {
    const char *command;
    enum access access;
    void (*run)(struct core *core, const struct viewer *viewer, struct cbor *in,
                struct outcome *outcome);
} reads[] = {
    {"site", FOR_EVERYBODY, read_site},
    {"status", FOR_EVERYBODY, read_status}, /* the operator sees more of it */
    {"prices", FOR_EVERYBODY, read_pricebook},
    {"agents", FOR_CUSTOMERS, core_read_agents},
    {"agent", FOR_CUSTOMERS, core_read_agent},
    {"logs", FOR_CUSTOMERS, core_read_logs},
    {"events", FOR_CUSTOMERS, core_read_events},
    {"turn", FOR_CUSTOMERS, core_read_turn},
    {"customers", FOR_CUSTOMERS, read_customers},
    {"customer", FOR_CUSTOMERS, core_read_customer},
    {"heap", FOR_CUSTOMERS, core_read_heap},
    {"call", FOR_CUSTOMERS, core_read_call},
    {"calls", FOR_CUSTOMERS, core_read_calls},
    {"caps", FOR_CUSTOMERS, core_read_caps},
    {"accounts", FOR_CUSTOMERS, read_accounts},
    {"figures", FOR_OPERATOR, core_read_figures},
    {"deploy", FOR_CUSTOMERS, core_read_deploy},
    {"codes", FOR_OPERATOR, read_codes},
    {"reload", FOR_OPERATOR, read_reload},
    {"links", FOR_OPERATOR, core_read_links},
    {"link", FOR_OPERATOR, core_read_link},
    {"settlements", FOR_OPERATOR, core_read_settlements},
    {"invitations", FOR_OPERATOR, core_read_invitations},
};

enum { READS = sizeof reads / sizeof reads[0] };

static const struct read *read_find(const char *command)
{
    for (size_t i = 0; i < READS; i++)
        if (strcmp(reads[i].command, command) == 0)
            return &reads[i];
    return NULL;
}

/* The refusal names what is lacking: the operator's key, or any key at all. */
static bool read_is_allowed(const struct viewer *viewer, const struct read *read,
                            struct outcome *outcome)
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
    const struct read *read = read_find(request->command);
    struct cbor in;

    if (read == NULL) {
        outcome_set(outcome, CONTROL_BAD_REQUEST, "there is nothing to read named %s",
                    request->command);
        return;
    }
    if (!read_is_allowed(viewer, read, outcome))
        return;
    cbor_init(&in, request->args, request->args_size);
    read->run(core, viewer, &in, outcome);
}
