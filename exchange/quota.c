/*
 * What a customer holds by its ends of channels: the ends, the events that may still come by them,
 * and the bytes that these may bring.  Each end remembers what is counted of it, so the counts
 * follow whatever changes it by one call; the end's own memory is undone with the turn, as they
 * are.
 */
#include "site/core/state.h"

static void follow(struct core *core, uint64_t customer, enum customer_resource resource,
                   uint64_t counted, uint64_t now)
{
    if (now > counted)
        agents_quota_take(core->agents, customer, resource, now - counted);
    else if (now < counted)
        agents_quota_give(core->agents, customer, resource, counted - now);
}

void core_end_changed(struct core *core, struct channel_end *end)
{
    /* One that was removed holds nothing; its memory lasts until the turn or event is over. */
    bool is_there = channels_find(core->channels, end->id) == end;
    struct channel_holding now = is_there ? channel_holds(end) : (struct channel_holding){0};

    follow(core, end->customer, CUSTOMER_ENDS, end->counted.ends, now.ends);
    if (now.ends > end->counted.ends)
        agents_lineage_take(core->agents, end->customer);
    else if (now.ends < end->counted.ends)
        agents_lineage_give(core->agents, end->customer);
    follow(core, end->customer, CUSTOMER_EVENTS, end->counted.events, now.events);
    follow(core, end->customer, CUSTOMER_EVENT_BYTES, end->counted.bytes, now.bytes);
    undo_save(core->undo, &end->counted, sizeof end->counted);
    end->counted = now;
}

void core_end_made(struct core *core, struct channel_end *end, uint64_t customer)
{
    channel_touch(end, core->undo);
    end->customer = customer;
    core_end_changed(core, end);
}

bool core_may_hold(const struct core *core, uint64_t customer, struct channel_holding more)
{
    return agents_quota_allows(core->agents, customer, CUSTOMER_ENDS, more.ends) &&
           agents_quota_allows(core->agents, customer, CUSTOMER_EVENTS, more.events) &&
           agents_quota_allows(core->agents, customer, CUSTOMER_EVENT_BYTES, more.bytes);
}

bool core_end_may_hold(const struct core *core, const struct channel_end *end,
                       struct channel_holding holding)
{
    struct channel_holding more = {
        .events = holding.events - end->counted.events,
        .bytes = holding.bytes - end->counted.bytes,
    };

    return core_may_hold(core, end->customer, more);
}

/* ---- all of them ---- */

static void load_end(void *context, struct channel_end *end)
{
    core_end_changed(context, end);
}

void core_ends_load(struct core *core)
{
    channels_each(core->channels, load_end, core);
    undo_commit(core->undo); /* nothing of it is taken back */
}

struct summing {
    void *sum;
    void (*add)(void *sum, uint64_t customer, enum customer_resource resource, uint64_t amount);
};

static void sum_end(void *context, struct channel_end *end)
{
    const struct summing *summing = context;
    struct channel_holding holding = channel_holds(end);

    summing->add(summing->sum, end->customer, CUSTOMER_ENDS, holding.ends);
    summing->add(summing->sum, end->customer, CUSTOMER_EVENTS, holding.events);
    summing->add(summing->sum, end->customer, CUSTOMER_EVENT_BYTES, holding.bytes);
}

void core_ends_sum(void *context, void *sum,
                   void (*add)(void *sum, uint64_t customer, enum customer_resource resource,
                               uint64_t amount))
{
    const struct core *core = context;
    struct summing summing = {sum, add};

    channels_each(core->channels, sum_end, &summing);
}
