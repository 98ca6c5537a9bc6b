#include "site/core/link_reads.h"

#include "links/specie.h"
#include "site/core/link_loss.h"
#include "site/core/map.h"
#include "site/core/outcome.h"
#include "site/core/read_list.h"
#include "site/core/settlements.h"
#include "site/core/state.h"

struct link *core_link_named(struct core *core, const char *name, struct outcome *outcome)
{
    struct link *link = links_named(core->links, name);

    if (link == NULL)
        outcome_set(outcome, CONTROL_MISSING, "there is no link %s: `serai link ls` lists them",
                    name);
    return link;
}

/* ---- one link ---- */

/* What we owe the peer and what it owes us: at most one is not zero. */
static void link_map_debts(struct map *map, const struct link *link)
{
    map_total(map, "we_owe", link_we_owe(link));
    map_total(map, "it_owes", link_it_owes(link));
}

/* The keys of the read `links` in docs/control.md, and `endpoint` as the operator gave it. */
void core_link_entries(const struct core *core, const struct link *link, struct map *map)
{
    uint64_t messages;
    uint64_t bytes;

    link_outstanding(core->links, link, &messages, &bytes);
    map_uint(map, "interface", link->interface);
    map_text(map, "name", link->name);
    map_hex(map, "key", link->key, LINK_KEY_BYTES);
    map_text(map, "endpoint", link->endpoint);
    map_text(map, "state", link->removed ? "removed" : link_state_word(link->state));
    map_text(map, "reason", link_reason(link));
    map_money(map, "limit", link->limit);
    map_money(map, "peer_limit", link->peer_limit);
    map_uint(map, "sent", link->sent_seq);
    map_uint(map, "acked", link->acked_seq);
    map_uint(map, "received", link->received_seq);
    map_total(map, "sent_total", link->sent_total);
    map_total(map, "received_total", link->received_total);
    map_uint(map, "outstanding", messages);
    link_map_debts(map, link);
    map_text(map, "durability", link_is_bounded(link) ? "bounded" : "strict");
    map_money(map, "flush_amount", link->flush_amount);
    map_uint(map, "flush_ms", link->flush_ms);
    map_money(map, "lost", link->lost);
}

void core_link_result(struct core *core, const struct link *link, struct outcome *outcome)
{
    struct map map;

    map_init(&map);
    core_link_entries(core, link, &map);
    core_loss_entries(core, link, &map);
    map_end(&map, &outcome->result);
}

/* What a packet over the link costs now besides its own price: nothing while it is bounded. */
static void link_map_strict(const struct core *core, const struct link *link, struct map *map)
{
    map_money(map, "strict_packet_price", exchange_strict_now(agents_prices(core->agents), link));
}

/* What money over the link costs now, once it has a soft limit: per 1.00, for the next nano. */
static void link_map_drain(const struct core *core, const struct link *link, struct map *map)
{
    struct money price;
    uint32_t step;

    if (!link->has_soft_limit)
        return;
    step = exchange_drain_now(core->exchange, link, &price);
    map_money(map, "soft_limit", link->soft_limit);
    map_uint(map, "drain_step", step);
    map_money(map, "drain_price", price);
}

/* At the pace of the last minutes: which limit fills, and when it is full; nothing if neither. */
static void link_map_forecast(const struct core *core, const struct link *link, struct map *map)
{
    struct link_forecast forecast;

    if (!link_forecast(core->links, link, core->site_time_us, &forecast))
        return;
    map_uint(map, "pace_over_s", forecast.span_us / 1000000);
    map_total(map, "net_sent", forecast.drain);
    map_total(map, "net_received", forecast.fill);
    if (forecast.we_reach_us != UINT64_MAX)
        map_uint(map, "we_reach_peer_limit_in_s", forecast.we_reach_us / 1000000);
    if (forecast.it_reaches_us != UINT64_MAX)
        map_uint(map, "it_reaches_limit_in_s", forecast.it_reaches_us / 1000000);
}

/* One item of `marks`: the totals then, and how much has passed since. */
static void link_map_checkpoint(const struct link *link, const struct link_checkpoint *one,
                                struct bytes *out)
{
    struct map map;

    map_init(&map);
    map_text(&map, "mark", one->name);
    map_uint(&map, "time_us", one->site_time_us);
    map_total(&map, "sent_total", one->sent_total);
    map_total(&map, "received_total", one->received_total);
    /* Totals never fall, so what passed since is the plain difference. */
    map_total(&map, "sent_since", link->sent_total - one->sent_total);
    map_total(&map, "received_since", link->received_total - one->received_total);
    map_end(&map, out);
}

/* They are a list inside the map, so they are put in as one raw value. */
static void link_map_checkpoints(const struct core *core, const struct link *link, struct map *map)
{
    const struct link_checkpoint *all;
    size_t all_count = links_checkpoints(core->links, &all);
    uint64_t count = 0;
    struct bytes items = {0};
    struct bytes list = {0};

    for (size_t i = 0; i < all_count; i++) {
        if (all[i].interface != link->interface)
            continue;
        link_map_checkpoint(link, &all[i], &items);
        count++;
    }
    cbor_put_array(&list, count);
    bytes_append(&list, items.data, items.size);
    INVARIANT(!items.failed && !list.failed);
    map_raw(map, "marks", &list);
    bytes_fini(&list);
    bytes_fini(&items);
}

/* The peer's last statement: what it signed that it has, and in which frame of its books. */
static void link_map_evidence(const struct core *core, const struct link *link, struct map *map)
{
    const struct specie_signed *theirs = link_evidence(core->links, link);
    const struct specie *statement;

    if (theirs == NULL)
        return;
    statement = &theirs->statement;
    map_uint(map, "signed_frame", statement->frame);
    map_hex(map, "signed_head", statement->head.bytes, HASH_BYTES);
    map_uint(map, "signed_received", statement->received.seq);
    map_total(map, "signed_received_total", statement->received.total);
    map_uint(map, "signed_sent", statement->sent.seq);
    map_total(map, "signed_sent_total", statement->sent.total);
}

void core_read_link(struct core *core, const struct viewer *viewer, struct cbor *in,
                    struct outcome *outcome)
{
    char name[LINK_NAME_BYTES_MAX + 1];
    struct link *link;
    struct map map;

    (void)viewer;
    cbor_get_array(in, 1);
    cbor_get_text(in, name, LINK_NAME_BYTES_MAX);
    if (!outcome_args_done(in, outcome))
        return;
    link = core_link_named(core, name, outcome);
    if (link == NULL)
        return;

    map_init(&map);
    core_link_entries(core, link, &map);
    core_loss_entries(core, link, &map);
    map_uint(&map, "unchanged_s", (core->site_time_us - link->since_us) / 1000000);
    map_uint(&map, "epoch", link->epoch);
    map_uint(&map, "peer_epoch", link->peer_epoch);
    map_total(&map, "acked_total", link->acked_total);
    map_money(&map, "peer_birth_fee", link->peer_prices.birth_fee);
    map_money(&map, "peer_channel_fee", link->peer_prices.channel_fee);
    core_settlement_entries(core, link, &map);
    link_map_evidence(core, link, &map);
    link_map_strict(core, link, &map);
    link_map_drain(core, link, &map);
    link_map_forecast(core, link, &map);
    link_map_checkpoints(core, link, &map);
    map_end(&map, &outcome->result);
}

/* ---- all links ---- */

/* One visit of a link; those up to the cursor and beyond the page are passed over. */
static void link_list_one(void *context, struct link *link)
{
    struct read_list *list = context;
    struct map map;

    if (link->interface <= list->after || list->count >= list->limit)
        return;
    map_init(&map);
    core_link_entries(list->core, link, &map);
    map_end(&map, &list->items);
    list->count++;
}

void core_read_links(struct core *core, const struct viewer *viewer, struct cbor *in,
                     struct outcome *outcome)
{
    struct read_list list = {.core = core, .viewer = viewer};

    if (!read_list_begin(&list, in, outcome))
        return;
    links_each(core->links, link_list_one, &list);
    read_list_end(&list, outcome);
}

/* The states of all links: one item for each, and how many there are of each state. */
struct link_states {
    struct bytes items;
    uint64_t counts[LINK_FROZEN + 1];
};

static void link_states_add(void *context, struct link *link)
{
    struct link_states *states = context;
    struct map map;

    map_init(&map);
    map_text(&map, "name", link->name);
    map_text(&map, "state", link_state_word(link->state));
    map_text(&map, "reason", link_reason(link));
    map_end(&map, &states->items);
    states->counts[link->state]++;
}

void core_link_states(struct core *core, struct map *map)
{
    struct link_states states = {0};
    struct bytes list = {0};

    links_each(core->links, link_states_add, &states);
    cbor_put_array(&list, links_count(core->links));
    bytes_append(&list, states.items.data, states.items.size);
    INVARIANT(!states.items.failed && !list.failed);
    map_uint(map, "links_up", states.counts[LINK_UP]);
    map_uint(map, "links_down", states.counts[LINK_DOWN]);
    map_uint(map, "links_frozen", states.counts[LINK_FROZEN]);
    map_raw(map, "links", &list);
    bytes_fini(&list);
    bytes_fini(&states.items);
}
