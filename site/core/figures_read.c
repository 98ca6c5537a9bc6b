/*
 * The figures of the site in one answer, for whoever watches it: all of one moment, and in a time
 * that does not grow with the number of agents.  The keys are those of docs/control.md, "Reads".
 */
#include "site/core/figures_read.h"

#include <stdlib.h>

#include "ledger/account.h"
#include "site/core/disk.h"
#include "site/core/drain.h"
#include "site/core/figures.h"
#include "site/core/map.h"
#include "site/core/outcome.h"
#include "site/core/state.h"

static void figures_map_agents(struct map *map, const struct core_figures *figures)
{
    const struct agents_counters *agents = &figures->agents;

    map_uint(map, "agents", agents->agents);
    map_uint(map, "running", agents->agents - agents->frozen - agents->desks);
    map_uint(map, "dry", agents->frozen_by[FROZEN_DRY]);
    map_uint(map, "frozen", agents->frozen);
    map_uint(map, "desks", agents->desks);
    map_uint(map, "ready", figures->ready);
    map_uint(map, "turns", agents->turns);
    map_uint(map, "traps", agents->traps);
    map_uint(map, "births", agents->births);
    map_uint(map, "messages", agents->messages);
    map_uint(map, "fuel", agents->fuel);
}

/* What keeps turns from being run, the strongest first; `running` if nothing does. */
static const char *figures_state(const struct core *core)
{
    if (core->options.frozen)
        return "frozen";
    if (core->drain.state == DRAIN_OVER)
        return "drained";
    if (core_disk_rests(core))
        return "rests";
    return core->drain.state == DRAIN_LEAVING ? "draining" : "running";
}

static void figures_map_disk(const struct core *core, struct map *map)
{
    map_text(map, "disk", core_disk_word(core));
    map_uint(map, "disk_free_bytes", core->disk.room.free_bytes);
    map_uint(map, "disk_low_bytes", core->disk.room.low_bytes);
    map_uint(map, "disk_full_bytes", core->disk.room.full_bytes);
}

static void figures_map_accounts(struct map *map, const struct core_figures *figures)
{
    struct bytes items = {0};

    cbor_put_array(&items, figures->account_count);
    for (size_t i = 0; i < figures->account_count; i++) {
        const struct core_account_figures *account = &figures->accounts[i];
        char name[ACCOUNT_NAME_BYTES];
        struct map item;

        map_init(&item);
        map_uint(&item, "id", account->id);
        map_text(&item, "name", account_name(name, account->id, account->kind));
        map_total(&item, "debits", account->debits);
        map_total(&item, "credits", account->credits);
        map_end(&item, &items);
    }
    map_raw(map, "accounts", &items);
    bytes_fini(&items);
}

static void figures_map_links(struct map *map, const struct core_figures *figures)
{
    struct bytes items = {0};

    cbor_put_array(&items, figures->link_count);
    for (size_t i = 0; i < figures->link_count; i++) {
        const struct core_link_figures *link = &figures->links[i];
        struct map item;

        map_init(&item);
        map_text(&item, "name", link->name);
        map_text(&item, "state", link_state_word(link->state));
        map_uint(&item, "unchanged_s", link->unchanged_us / 1000000);
        map_total(&item, "we_owe", link->we_owe);
        map_total(&item, "peer_limit", link->peer_limit);
        map_total(&item, "it_owes", link->it_owes);
        map_total(&item, "limit", link->limit);
        map_total(&item, "sent_total", link->sent_total);
        map_total(&item, "received_total", link->received_total);
        map_total(&item, "lost", link->lost);
        map_uint(&item, "outstanding", link->outstanding_messages);
        map_end(&item, &items);
    }
    map_raw(map, "links", &items);
    bytes_fini(&items);
}

void core_read_figures(struct core *core, const struct viewer *viewer, struct cbor *in,
                       struct outcome *outcome)
{
    struct core_figures *figures;
    struct map map;

    (void)viewer;
    cbor_get_array(in, 0);
    if (!outcome_args_done(in, outcome))
        return;
    figures = malloc(sizeof *figures); /* too large for the stack of a thread */
    if (figures == NULL) {
        outcome_set(outcome, CONTROL_TRY_AGAIN, "no memory for the figures");
        return;
    }
    core_figures(core, figures);
    map_init(&map);
    map_hex(&map, "site", core->options.site_key, CONTROL_KEY_BYTES);
    map_text(&map, "currency", figures->currency);
    map_uint(&map, "frame", figures->frame);
    map_uint(&map, "site_time_us", figures->site_time_us);
    map_text(&map, "state", figures_state(core));
    figures_map_agents(&map, figures);
    map_uint(&map, "customers", figures->customers);
    map_uint(&map, "channel_ends", figures->channel_ends);
    map_total(&map, "liabilities", figures->liabilities);
    figures_map_disk(core, &map);
    core_drain_entries(core, &map);
    figures_map_accounts(&map, figures);
    figures_map_links(&map, figures);
    map_end(&map, &outcome->result);
    free(figures);
}
