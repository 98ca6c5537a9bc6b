/*
 * What a customer holds by its ends of channels: the ends, the events that may still come by them,
 * and the bytes that these may bring.  What is counted of an end is remembered next to its money,
 * so the counts follow whatever changes it by one call, and are undone with the turn, all three.
 */
#include "exchange/holdings.h"

#include "agents/quotas.h"
#include "exchange/ends.h"
#include "exchange/parts.h"

static void holding_follow(struct exchange *exchange, uint64_t customer,
                           enum customer_resource resource, uint64_t counted, uint64_t now)
{
    if (now > counted)
        agents_quota_take(exchange->agents, customer, resource, now - counted);
    else if (now < counted)
        agents_quota_give(exchange->agents, customer, resource, counted - now);
}

void holdings_follow(struct exchange *exchange, const struct channel_end *end)
{
    /* One that was removed holds nothing; its memory lasts until the turn or event is over. */
    bool is_there = channels_find(exchange->channels, end->id) == end;
    struct channel_holding now = is_there ? channel_holds(end) : (struct channel_holding){0};
    struct exchange_end *held = ends_held(exchange, end);

    holding_follow(exchange, held->customer, CUSTOMER_ENDS, held->counted.ends, now.ends);
    if (now.ends > held->counted.ends)
        agents_lineage_take(exchange->agents, held->customer);
    else if (now.ends < held->counted.ends)
        agents_lineage_give(exchange->agents, held->customer);
    holding_follow(exchange, held->customer, CUSTOMER_EVENTS, held->counted.events, now.events);
    holding_follow(exchange, held->customer, CUSTOMER_EVENT_BYTES, held->counted.bytes, now.bytes);
    undo_save(exchange->undo, &held->counted, sizeof held->counted);
    held->counted = now;
    if (!is_there)
        ends_finish(exchange, held);
}

bool holdings_allow(const struct exchange *exchange, uint64_t customer, struct channel_holding more)
{
    return agents_quota_allows(exchange->agents, customer, CUSTOMER_ENDS, more.ends) &&
           agents_quota_allows(exchange->agents, customer, CUSTOMER_EVENTS, more.events) &&
           agents_quota_allows(exchange->agents, customer, CUSTOMER_EVENT_BYTES, more.bytes);
}

bool holdings_allow_end(const struct exchange *exchange, const struct channel_end *end,
                        struct channel_holding holding)
{
    const struct exchange_end *held = ends_held(exchange, end);
    struct channel_holding more = {
        .events = holding.events - held->counted.events,
        .bytes = holding.bytes - held->counted.bytes,
    };

    return holdings_allow(exchange, held->customer, more);
}

/* ---- all of them ---- */

static void holding_load(void *context, struct channel_end *end)
{
    holdings_follow(context, end);
}

void holdings_load(struct exchange *exchange)
{
    channels_each(exchange->channels, holding_load, exchange);
    undo_commit(exchange->undo); /* nothing of it is taken back */
}

struct holding_sum {
    const struct exchange *exchange;
    void *sum;
    void (*add)(void *sum, uint64_t customer, enum customer_resource resource, uint64_t amount);
};

static void holding_add(void *context, struct channel_end *end)
{
    const struct holding_sum *to = context;
    uint64_t customer = ends_held(to->exchange, end)->customer;
    struct channel_holding holding = channel_holds(end);

    to->add(to->sum, customer, CUSTOMER_ENDS, holding.ends);
    to->add(to->sum, customer, CUSTOMER_EVENTS, holding.events);
    to->add(to->sum, customer, CUSTOMER_EVENT_BYTES, holding.bytes);
}

void holdings_sum(struct exchange *exchange, void *sum,
                  void (*add)(void *sum, uint64_t customer, enum customer_resource resource,
                              uint64_t amount))
{
    struct holding_sum to = {exchange, sum, add};

    channels_each(exchange->channels, holding_add, &to);
}
