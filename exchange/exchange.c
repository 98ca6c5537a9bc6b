/* The exchange as a whole: its life, and what must hold of all ends and links. */
#include "exchange/exchange.h"

#include <inttypes.h>
#include <stdlib.h>

#include "agents/agents.h"
#include "exchange/booking.h"
#include "exchange/delivery.h"
#include "exchange/ends.h"
#include "exchange/holdings.h"
#include "exchange/orders.h"
#include "exchange/room.h"

/* ---- what is done for agents ---- */

static int64_t exchange_order(void *context, struct turn *turn, enum serai_order order,
                              const uint64_t *args)
{
    return orders_perform(context, turn, order, args);
}

/* All ends of an agent that dies: sold as if it had sold each itself. */
static void exchange_sell_ends(void *context, uint64_t owner)
{
    struct exchange *exchange = context;
    size_t count = channels_owned(exchange->channels, owner, NULL, 0);
    uint64_t *ids = calloc(count + 1, sizeof *ids);

    INVARIANT(ids != NULL);
    /* A list of ids, for selling removes ends while it is walked. */
    (void)channels_owned(exchange->channels, owner, ids, count);
    for (size_t i = 0; i < count; i++) {
        /* Two of its own may be the ends of one channel: the first sale may have ended the other.
         */
        struct channel_end *end = channels_find(exchange->channels, ids[i]);

        if (end != NULL && channel_check_sell(end) == CHANNEL_FINE)
            delivery_sell(exchange, end);
    }
    free(ids);
}

static bool exchange_end_is_live(void *context, uint64_t end)
{
    const struct channel_end *found = channels_find(((struct exchange *)context)->channels, end);

    return found != NULL && !channel_is_sold(found);
}

static void exchange_sum_holdings(void *context, void *sum,
                                  void (*add)(void *sum, uint64_t customer,
                                              enum customer_resource resource, uint64_t amount))
{
    holdings_sum(context, sum, add);
}

static const struct channel_handlers exchange_handlers = {
    .order = exchange_order,
    .sell_ends = exchange_sell_ends,
    .end_is_live = exchange_end_is_live,
    .holdings = exchange_sum_holdings,
};

/* ---- life ---- */

enum status exchange_new(struct exchange **exchange, const struct exchange_parts *parts,
                         const struct exchange_env *env)
{
    struct exchange *made = calloc(1, sizeof *made);

    if (made == NULL)
        return ST_NOMEM;
    made->env = *env;
    made->agents = parts->agents;
    made->channels = parts->channels;
    made->links = parts->links;
    made->ledger = parts->ledger;
    made->undo = parts->undo;
    if (parts->agents != NULL)
        agents_set_channels(parts->agents, &exchange_handlers, made);
    *exchange = made;
    return ST_OK;
}

void exchange_free(struct exchange *exchange)
{
    if (exchange == NULL)
        return;
    for (size_t i = 0; i < LINK_INTERFACES_MAX; i++)
        table_fini(&exchange->waiting[i]);
    ends_fini(exchange);
    free(exchange);
}

void exchange_set_loader(struct exchange *exchange, const struct hash *loader)
{
    exchange->loader = *loader;
}

enum status exchange_load(struct exchange *exchange, const struct store_read *read,
                          struct fault *fault)
{
    enum status status = ends_load(exchange, read, fault);

    if (status != ST_OK)
        return status;
    /* Neither is stored: both follow from the ends, which are all there now. */
    holdings_load(exchange);
    room_load(exchange);
    return booking_check_totals(exchange, fault);
}

void exchange_save(struct exchange *exchange, struct store_batch *batch)
{
    ends_save(exchange, batch);
}

/* ---- checking ---- */

struct exchange_checking {
    const struct exchange *exchange;
    struct fault *fault;
    enum status status;
};

/* What is wrong with an end beyond its own row: its link, its owner, its far end.  NULL: nothing.
 */
static const char *exchange_end_error(const struct exchange *exchange,
                                      const struct channel_end *end)
{
    enum channel_side far_side = end->side == CHANNEL_BUYER ? CHANNEL_BORN : CHANNEL_BUYER;
    const struct channel_end *far;

    if (end->interface != CHANNEL_INTERFACE_SELF &&
        links_find(exchange->links, end->interface) == NULL)
        return "it is over a link that there is not, or no more";
    if (room_is_lost(exchange, end))
        return "it waits for a place on its link, and nobody knows";
    /* The owner of a sold end may be dead. */
    if (channel_is_sold(end))
        return NULL;
    if (!agents_has(exchange->agents, end->owner))
        return "its owner is missing";
    if (end->interface != CHANNEL_INTERFACE_SELF || end->state != CHANNEL_OPEN)
        return NULL;
    /* Within the site a close reaches the far end in the same turn. */
    far = channels_at(exchange->channels, end->interface, end->number, far_side);
    return far == NULL || far->state != CHANNEL_OPEN ? "it is open, but its far end is not" : NULL;
}

static void exchange_check_end(void *context, struct channel_end *end)
{
    struct exchange_checking *checking = context;
    const char *error =
        checking->status == ST_OK ? exchange_end_error(checking->exchange, end) : NULL;

    if (error != NULL)
        checking->status = fault_set(checking->fault, ST_CORRUPT,
                                     "table link, channel end %" PRIu64 " of agent %" PRIu64 ": %s",
                                     end->id, end->owner, error);
}

static void exchange_check_link(void *context, struct link *link)
{
    struct exchange_checking *checking = context;

    if (checking->status == ST_OK && !link_places_add_up(checking->exchange->links, link))
        checking->status = fault_set(
            checking->fault, ST_CORRUPT,
            "link %s: the places that customers have are not those of its messages", link->name);
}

enum status exchange_check(const struct exchange *exchange, struct fault *fault)
{
    struct exchange_checking checking = {exchange, fault, ST_OK};

    links_each(exchange->links, exchange_check_link, &checking);
    channels_each(exchange->channels, exchange_check_end, &checking);
    if (checking.status == ST_OK)
        checking.status = booking_check_totals(exchange, fault);
    return checking.status;
}
