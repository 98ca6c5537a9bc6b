/*
 * What a customer holds by its ends of channels: the ends, the events that may still come by them,
 * and the bytes that these may bring.  Each end remembers what is counted of it, so the counts
 * follow whatever changes it by one call; the end's own memory is undone with the turn, as they
 * are.
 */
#include "exchange/holdings.h"

#include "exchange/parts.h"

static void holding_follow(struct exchange *exchange, uint64_t customer,
                           enum customer_resource resource, uint64_t counted, uint64_t now)
{
    if (now > counted)
        agents_quota_take(exchange->agents, customer, resource, now - counted);
    else if (now < counted)
        agents_quota_give(exchange->agents, customer, resource, counted - now);
}

void holdings_follow(struct exchange *exchange, struct channel_end *end)
{
    /* One that was removed holds nothing; its memory lasts until the turn or event is over. */
    bool is_there = channels_find(exchange->channels, end->id) == end;
    struct channel_holding now = is_there ? channel_holds(end) : (struct channel_holding){0};

    holding_follow(exchange, end->customer, CUSTOMER_ENDS, end->counted.ends, now.ends);
    if (now.ends > end->counted.ends)
        agents_lineage_take(exchange->agents, end->customer);
    else if (now.ends < end->counted.ends)
        agents_lineage_give(exchange->agents, end->customer);
    holding_follow(exchange, end->customer, CUSTOMER_EVENTS, end->counted.events, now.events);
    holding_follow(exchange, end->customer, CUSTOMER_EVENT_BYTES, end->counted.bytes, now.bytes);
    undo_save(exchange->undo, &end->counted, sizeof end->counted);
    end->counted = now;
}

void holdings_begin(struct exchange *exchange, struct channel_end *end, uint64_t customer)
{
    channel_touch(end, exchange->undo);
    end->customer = customer;
    holdings_follow(exchange, end);
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
    struct channel_holding more = {
        .events = holding.events - end->counted.events,
        .bytes = holding.bytes - end->counted.bytes,
    };

    return holdings_allow(exchange, end->customer, more);
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
    void *sum;
    void (*add)(void *sum, uint64_t customer, enum customer_resource resource, uint64_t amount);
};

static void holding_add(void *context, struct channel_end *end)
{
    const struct holding_sum *to = context;
    struct channel_holding holding = channel_holds(end);

    to->add(to->sum, end->customer, CUSTOMER_ENDS, holding.ends);
    to->add(to->sum, end->customer, CUSTOMER_EVENTS, holding.events);
    to->add(to->sum, end->customer, CUSTOMER_EVENT_BYTES, holding.bytes);
}

void exchange_sum_holdings(const struct exchange *exchange, void *sum,
                           void (*add)(void *sum, uint64_t customer,
                                       enum customer_resource resource, uint64_t amount))
{
    struct holding_sum to = {sum, add};

    channels_each(exchange->channels, holding_add, &to);
}
