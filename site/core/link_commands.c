/* What the operator says about links, and what anyone may read of them.  docs/control.md lists it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "site/core/map.h"
#include "site/core/state.h"

static struct link *named_link(struct core *core, const char *name, struct outcome *outcome)
{
    struct link *link = links_named(core->links, name);

    if (link == NULL)
        outcome_set(outcome, CONTROL_MISSING, "there is no link %s: `serai link ls` lists them",
                    name);
    return link;
}

static const char *state_name(enum link_state state)
{
    switch (state) {
    case LINK_DOWN:
        return "down";
    case LINK_UP:
        return "up";
    case LINK_FROZEN:
        return "frozen";
    }
    return "unknown";
}

/* ---- reading ---- */

/* What we owe the neighbour and what it owes us: at most one is not zero. */
static void map_debts(struct map *map, const struct link *link)
{
    u128 sent = link->sent_total;
    u128 received = link->received_total;

    map_total(map, "we_owe", sent > received ? sent - received : 0);
    map_total(map, "it_owes", received > sent ? received - sent : 0);
}

static void link_entries(const struct core *core, const struct link *link, struct map *map)
{
    uint64_t messages;
    uint64_t bytes;

    link_outstanding(core->links, link, &messages, &bytes);
    map_uint(map, "interface", link->interface);
    map_text(map, "name", link->name);
    map_hex(map, "key", link->key, LINK_KEY_BYTES);
    map_text(map, "endpoint", link->endpoint);
    map_text(map, "state", link->removed ? "removed" : state_name(link->state));
    map_text(map, "reason", link->state == LINK_FROZEN ? link->reason : link->why);
    map_money(map, "limit", link->limit);
    map_money(map, "peer_limit", link->peer_limit);
    map_uint(map, "sent", link->sent_seq);
    map_uint(map, "acked", link->acked_seq);
    map_uint(map, "received", link->received_seq);
    map_total(map, "sent_total", link->sent_total);
    map_total(map, "received_total", link->received_total);
    map_uint(map, "outstanding", messages);
    map_debts(map, link);
}

struct list {
    const struct core *core;
    struct bytes items;
    uint64_t count;
    uint64_t after;
    uint64_t limit;
};

static void list_link(void *context, struct link *link)
{
    struct list *list = context;
    struct map map;

    if (link->interface <= list->after || list->count >= list->limit)
        return;
    map_init(&map);
    link_entries(list->core, link, &map);
    map_end(&map, &list->items);
    list->count++;
}

static void read_links(struct core *core, struct cbor *in, struct outcome *outcome)
{
    struct list list = {.core = core};

    cbor_get_array(in, 2);
    list.after = cbor_get_uint(in, UINT64_MAX);
    list.limit = cbor_get_uint(in, UINT64_MAX);
    if (list.limit == 0 || list.limit > READ_LIMIT_MAX)
        list.limit = READ_LIMIT_MAX;
    if (!outcome_args_done(in, outcome))
        return;
    links_each(core->links, list_link, &list);
    INVARIANT(!list.items.failed);
    cbor_put_array(&outcome->result, list.count);
    bytes_append(&outcome->result, list.items.data, list.items.size);
    bytes_fini(&list.items);
}

struct link_states {
    struct bytes items;
    uint64_t counts[LINK_FROZEN + 1];
};

static void add_state(void *context, struct link *link)
{
    struct link_states *states = context;
    struct map map;

    map_init(&map);
    map_text(&map, "name", link->name);
    map_text(&map, "state", state_name(link->state));
    map_text(&map, "reason", link->state == LINK_FROZEN ? link->reason : link->why);
    map_end(&map, &states->items);
    states->counts[link->state]++;
}

void core_link_states(struct core *core, struct map *map)
{
    struct link_states states = {0};
    struct bytes list = {0};

    links_each(core->links, add_state, &states);
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

static void map_checkpoint(const struct link *link, const struct link_checkpoint *one,
                           struct bytes *out)
{
    struct map map;

    map_init(&map);
    map_text(&map, "mark", one->name);
    map_uint(&map, "time_us", one->site_time_us);
    map_total(&map, "sent_total", one->sent_total);
    map_total(&map, "received_total", one->received_total);
    map_total(&map, "sent_since", link->sent_total - one->sent_total);
    map_total(&map, "received_since", link->received_total - one->received_total);
    map_end(&map, out);
}

/* They are a list inside the map, so they are put in as one raw value. */
static void map_checkpoints(const struct core *core, const struct link *link, struct bytes *out)
{
    const struct link_checkpoint *all;
    size_t all_count = links_checkpoints(core->links, &all);
    uint64_t count = 0;
    struct bytes items = {0};

    for (size_t i = 0; i < all_count; i++) {
        if (all[i].interface != link->interface)
            continue;
        map_checkpoint(link, &all[i], &items);
        count++;
    }
    INVARIANT(!items.failed);
    cbor_put_array(out, count);
    bytes_append(out, items.data, items.size);
    bytes_fini(&items);
}

static void read_link(struct core *core, struct cbor *in, struct outcome *outcome)
{
    char name[LINK_NAME_BYTES_MAX + 1];
    struct bytes checkpoints = {0};
    struct link *link;
    struct map map;

    cbor_get_array(in, 1);
    cbor_get_text(in, name, LINK_NAME_BYTES_MAX);
    if (!outcome_args_done(in, outcome))
        return;
    link = named_link(core, name, outcome);
    if (link == NULL)
        return;
    map_init(&map);
    link_entries(core, link, &map);
    map_uint(&map, "unchanged_s", (core->site_time_us - link->since_us) / 1000000);
    map_uint(&map, "epoch", link->epoch);
    map_uint(&map, "peer_epoch", link->peer_epoch);
    map_total(&map, "acked_total", link->acked_total);
    map_money(&map, "peer_birth_fee", link->peer_prices.birth_fee);
    map_money(&map, "peer_channel_fee", link->peer_prices.channel_fee);
    map_checkpoints(core, link, &checkpoints);
    map_raw(&map, "marks", &checkpoints);
    map_end(&map, &outcome->result);
    bytes_fini(&checkpoints);
}

void core_link_read(struct core *core, const struct control_request *request, struct cbor *in,
                    struct outcome *outcome)
{
    if (strcmp(request->command, "links") == 0)
        read_links(core, in, outcome);
    else
        read_link(core, in, outcome);
}

/* ---- commands ---- */

static void link_result(struct core *core, const struct link *link, struct outcome *outcome)
{
    struct map map;

    map_init(&map);
    link_entries(core, link, &map);
    map_end(&map, &outcome->result);
}

static void add_limit(void *context, struct link *link)
{
    struct money *sum = context;

    money_accumulate(sum, link->limit); /* each was looked at when it was added */
}

/*
 * What all neighbours together may come to owe is money on this site beside what was brought in:
 * bounded by a quarter of that, so that no balance and no sum of a turn outgrows an amount.
 */
static bool limits_fit(struct core *core, struct money more, struct outcome *outcome)
{
    struct money most = money_share_floor(money_site_max(), 1, 4);
    struct money sum = money_zero();
    char text[MONEY_TEXT_BYTES];

    links_each(core->links, add_limit, &sum);
    if (money_add(&sum, sum, more) && money_compare(sum, most) <= 0)
        return true;
    outcome_set(outcome, CONTROL_REFUSED, "the limits of all links come to at most %s: give less",
                money_print(text, most));
    return false;
}

/* Customers of a link are called LINK:TAG, and agent:5 is the agent of that number. */
static bool is_kind(const char *name)
{
    static const char *const kinds[] = {"agent", "customer", "link", "unclaimed", "account"};

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(name, kinds[i]) == 0)
            return true;
    return false;
}

void core_link_add(struct core *core, struct customer *by, struct cbor *in, struct outcome *outcome)
{
    char name[LINK_NAME_BYTES_MAX + 1];
    char endpoint[LINK_ENDPOINT_BYTES_MAX + 1];
    uint8_t key[LINK_KEY_BYTES];
    struct money limit;
    enum status opened;
    struct link *link;
    struct fault fault;

    (void)by;
    cbor_get_array(in, 4);
    cbor_get_text(in, name, LINK_NAME_BYTES_MAX);
    cbor_get_bytes_exact(in, key, sizeof key);
    cbor_get_text(in, endpoint, LINK_ENDPOINT_BYTES_MAX);
    limit = cbor_get_money(in);
    if (!outcome_args_done(in, outcome))
        return;
    if (memcmp(key, core->options.site_key, LINK_KEY_BYTES) == 0) {
        outcome_set(outcome, CONTROL_REFUSED,
                    "that is this site's own key: give the neighbour's (`serai site key` there)");
        return;
    }
    if (!control_is_key(key)) {
        outcome_set(outcome, CONTROL_REFUSED,
                    "key: that is no site's key, for it is no point of Ed25519: copy the whole of "
                    "what `serai site key` prints at the neighbour");
        return;
    }
    if (is_kind(name)) {
        outcome_set(outcome, CONTROL_BAD_REQUEST,
                    "a link cannot be called %s: its customers' names would be read as numbers of "
                    "%ss",
                    name, name);
        return;
    }
    if (!limits_fit(core, limit, outcome))
        return;
    if (links_add(core->links, name, key, endpoint, limit, &link, &fault) != ST_OK) {
        outcome_set(outcome, CONTROL_REFUSED, "%s", fault.text);
        return;
    }
    opened = ledger_open_link(core->ledger, link->interface);
    INVARIANT(opened == ST_OK || opened == ST_EXISTS); /* a new number, or one joined before */
    core->links_changed = true;
    link->since_us = core->site_time_us;
    link_lost(core->links, link,
              endpoint[0] == '\0' ? "waiting for the neighbour to connect" : "not connected yet");
    link_result(core, link, outcome);
}

/* Null when it is to stay as it is. */
static bool is_null(struct cbor *in)
{
    if (in->error != NULL || cbor_peek(in) != CBOR_NULL)
        return false;
    cbor_get_null(in);
    return true;
}

struct setting {
    char name[LINK_NAME_BYTES_MAX + 1];
    bool has_endpoint;
    char endpoint[LINK_ENDPOINT_BYTES_MAX + 1];
    bool has_limit;
    struct money limit;
};

static bool read_setting(struct cbor *in, struct outcome *outcome, struct setting *setting)
{
    *setting = (struct setting){.limit = money_zero()};
    cbor_get_array(in, 3);
    cbor_get_text(in, setting->name, LINK_NAME_BYTES_MAX);
    setting->has_endpoint = !is_null(in);
    if (setting->has_endpoint)
        cbor_get_text(in, setting->endpoint, LINK_ENDPOINT_BYTES_MAX);
    setting->has_limit = !is_null(in);
    if (setting->has_limit)
        setting->limit = cbor_get_money(in);
    return outcome_args_done(in, outcome);
}

/* Only upwards: what the neighbour sent under the old limit may be on its way, and taking it for a
 * broken rule would freeze the link. */
static bool limit_may_be(struct core *core, const struct link *link, struct money limit,
                         struct outcome *outcome)
{
    char text[MONEY_TEXT_BYTES];
    struct money more;

    if (money_sub(&more, limit, link->limit))
        return limits_fit(core, more, outcome);
    outcome_set(outcome, CONTROL_REFUSED,
                "the limit of link %s is %s and can be raised only: the neighbour may have sent up "
                "to it already",
                link->name, money_print(text, link->limit));
    return false;
}

void core_link_set(struct core *core, struct customer *by, struct cbor *in, struct outcome *outcome)
{
    struct setting setting;
    struct link *link;
    struct fault fault;

    (void)by;
    if (!read_setting(in, outcome, &setting))
        return;
    link = named_link(core, setting.name, outcome);
    if (link == NULL || (setting.has_limit && !limit_may_be(core, link, setting.limit, outcome)))
        return;
    if (setting.has_endpoint &&
        link_set_endpoint(core->links, link, setting.endpoint, &fault) != ST_OK) {
        outcome_set(outcome, CONTROL_REFUSED, "%s", fault.text);
        return;
    }
    core->links_changed = core->links_changed || setting.has_endpoint;
    if (setting.has_limit)
        link_raise_limit(core->links, link, setting.limit);
    link_result(core, link, outcome);
}

/* The link that a command's one argument names; NULL: the outcome says why. */
static struct link *link_argument(struct core *core, struct cbor *in, struct outcome *outcome)
{
    char name[LINK_NAME_BYTES_MAX + 1];

    cbor_get_array(in, 1);
    cbor_get_text(in, name, LINK_NAME_BYTES_MAX);
    return outcome_args_done(in, outcome) ? named_link(core, name, outcome) : NULL;
}

void core_link_mark(struct core *core, struct customer *by, struct cbor *in,
                    struct outcome *outcome)
{
    char link_name[LINK_NAME_BYTES_MAX + 1];
    char name[LINK_CHECKPOINT_NAME_BYTES_MAX + 1];
    struct link *link;
    struct map map;

    (void)by;
    cbor_get_array(in, 2);
    cbor_get_text(in, link_name, LINK_NAME_BYTES_MAX);
    cbor_get_text(in, name, LINK_CHECKPOINT_NAME_BYTES_MAX);
    if (!outcome_args_done(in, outcome))
        return;
    if (!text_is_name(name)) {
        outcome_set(outcome, CONTROL_BAD_REQUEST,
                    "the name of a mark begins with a letter, so that it is never taken for a "
                    "number: \"%s\" does not",
                    name);
        return;
    }
    link = named_link(core, link_name, outcome);
    if (link == NULL)
        return;
    if (link_checkpoint_named(core->links, link, name) != NULL) {
        outcome_set(outcome, CONTROL_REFUSED, "link %s has a mark %s already: choose another",
                    link_name, name);
        return;
    }
    link_checkpoint_set(core->links, link, name, core->site_time_us);
    map_init(&map);
    map_text(&map, "mark", name);
    link_entries(core, link, &map);
    map_end(&map, &outcome->result);
}

void core_link_unmark(struct core *core, struct customer *by, struct cbor *in,
                      struct outcome *outcome)
{
    char link_name[LINK_NAME_BYTES_MAX + 1];
    char name[LINK_CHECKPOINT_NAME_BYTES_MAX + 1];
    const struct link_checkpoint *checkpoint;
    struct link *link;

    (void)by;
    cbor_get_array(in, 2);
    cbor_get_text(in, link_name, LINK_NAME_BYTES_MAX);
    cbor_get_text(in, name, LINK_CHECKPOINT_NAME_BYTES_MAX);
    if (!outcome_args_done(in, outcome))
        return;
    link = named_link(core, link_name, outcome);
    if (link == NULL)
        return;
    checkpoint = link_checkpoint_named(core->links, link, name);
    if (checkpoint == NULL) {
        outcome_set(outcome, CONTROL_MISSING,
                    "link %s has no mark %s: `serai link show %s` lists them", link_name, name,
                    link_name);
        return;
    }
    link_checkpoint_drop(core->links, checkpoint);
    link_result(core, link, outcome);
}

void core_link_freeze(struct core *core, struct customer *by, struct cbor *in,
                      struct outcome *outcome)
{
    struct link *link = link_argument(core, in, outcome);
    enum link_state before;

    (void)by;
    if (link == NULL)
        return;
    before = link->state;
    link_freeze(core->links, link, "frozen by the operator");
    (void)core_link_tell(core, link, before);
    link_result(core, link, outcome);
}

void core_link_resume(struct core *core, struct customer *by, struct cbor *in,
                      struct outcome *outcome)
{
    struct link *link = link_argument(core, in, outcome);
    enum link_state before;
    struct fault fault;

    (void)by;
    if (link == NULL)
        return;
    before = link->state;
    if (link_resume(core->links, link, &fault) != ST_OK) {
        outcome_set(outcome, CONTROL_REFUSED, "%s", fault.text);
        return;
    }
    (void)core_link_tell(core, link, before);
    link_result(core, link, outcome);
}

void core_link_remove(struct core *core, struct customer *by, struct cbor *in,
                      struct outcome *outcome)
{
    struct link *link = link_argument(core, in, outcome);

    (void)by;
    if (link == NULL || !core_link_may_go(core, link, outcome))
        return;
    core_link_forget(core, link);
    link_remove(core->links, link);
    core->links_changed = true;
    log_write(LOG_INFO, "link.removed", "link=%s interface=%" PRIu32, link->name, link->interface);
    link_result(core, link, outcome);
}
