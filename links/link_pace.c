/*
 * How fast a link fills: what crossed it lately, for a forecast (docs/links.md, "How long a limit
 * lasts").  Two samples, of which the older is one to two periods old: so the pace is of the recent
 * past, and no single message makes it.  In RAM alone, as why a link is down: a forecast decides
 * nothing.
 */
#include "links/link.h"

#include "links/link_set.h"

/* The newer sample becomes the older one. */
static void pace_take(struct link_node *node, uint64_t now_us)
{
    node->pace[0] = node->pace[1].is_set ? node->pace[1] : node->pace[0];
    node->pace[1] = (struct pace_sample){.is_set = true,
                                         .at_us = now_us,
                                         .sent = node->link.sent_total,
                                         .received = node->link.received_total};
}

void links_sample_pace(struct links *links, uint64_t now_us)
{
    bool due = now_us >= links->next_sample_us;

    if (!due && links->sampled == links->count)
        return;
    if (due)
        links->next_sample_us = now_us + LINK_PACE_PERIOD_US;
    /* A link that is new since has its first sample at once. */
    for (size_t i = due ? 0 : links->sampled; i < links->count; i++)
        pace_take(links->nodes[i], now_us);
    links->sampled = links->count;
}

/* Microseconds until `left` nanos are gone at `moved` in `span_us`; UINT64_MAX: not within reach.
 */
static uint64_t pace_lasts_us(u128 left, u128 moved, uint64_t span_us)
{
    u128 lasts_us;

    /* Below it the product fits: no limit is as high, so a link never has more left. */
    if (moved == 0 || left > UINT64_MAX)
        return UINT64_MAX;
    lasts_us = left * span_us / moved;
    return lasts_us > UINT64_MAX ? UINT64_MAX : (uint64_t)lasts_us;
}

/* How much may still go one way, where `owed` is owed and `owing` the other way; none past it. */
static u128 pace_left(u128 owed, u128 owing, struct money limit)
{
    u128 most = owing + money_nanos(limit);

    return most > owed ? most - owed : 0;
}

bool link_forecast(const struct links *links, const struct link *link, uint64_t now_us,
                   struct link_forecast *forecast)
{
    const struct link_node *node = node_of_link(links, link);
    const struct pace_sample *from = node->pace[0].is_set ? &node->pace[0] : &node->pace[1];
    u128 sent;
    u128 received;

    if (!from->is_set || now_us <= from->at_us)
        return false;
    *forecast = (struct link_forecast){
        .span_us = now_us - from->at_us, .we_reach_us = UINT64_MAX, .it_reaches_us = UINT64_MAX};
    sent = link->sent_total - from->sent;
    received = link->received_total - from->received;
    /* What comes back pays off what goes: only the difference fills a limit, and only one side's.
     */
    if (sent > received) {
        forecast->drain = sent - received;
        forecast->we_reach_us =
            pace_lasts_us(pace_left(link_we_owe(link), link_it_owes(link), link->peer_limit),
                          forecast->drain, forecast->span_us);
    } else if (received > sent) {
        forecast->fill = received - sent;
        forecast->it_reaches_us =
            pace_lasts_us(pace_left(link_it_owes(link), link_we_owe(link), link->limit),
                          forecast->fill, forecast->span_us);
    }
    return true;
}
