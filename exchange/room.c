/*
 * Room on links.  A link's window has places, and one payer has at most half of those that are free
 * (link_check_send()).  An end that asked for room and lacks a place waits, in a table of its link;
 * it is notified when a place was given back and it may have it.  The table is not stored: what an
 * end lacks can be seen from the end and its link.
 */
#include "exchange/room.h"

#include <stdlib.h>

#include "agents/agents.h"
#include "exchange/booking.h"
#include "exchange/ends.h"
#include "exchange/holdings.h"
#include "exchange/parts.h"

int64_t room_refusal(const struct exchange *exchange, uint32_t interface, uint64_t payer,
                     struct money money, size_t size)
{
    const struct link *link = links_find(exchange->links, interface);

    if (interface == CHANNEL_INTERFACE_SELF)
        return 0;
    if (link == NULL)
        return SERAI_E_MISSING;
    switch (link_check_send(exchange->links, link, payer, money, size)) {
    case LINK_FINE:
        return 0;
    case LINK_IS_FROZEN:
        return SERAI_E_CLOSED;
    case LINK_IS_FULL:
        return SERAI_E_FULL;
    case LINK_OVER_LIMIT:
        return SERAI_E_LIMIT;
    case LINK_OVER_VALUE:
        return SERAI_E_INVALID;
    }
    return SERAI_E_INVALID;
}

bool room_is_there(const struct exchange *exchange, const struct channel_end *end, uint64_t payer)
{
    return channel_may_send(end) > 0 && room_refusal(exchange, end->interface, payer, money_zero(),
                                                     CHANNEL_PACKET_BYTES_MAX) != SERAI_E_FULL;
}

/* ---- waiting ---- */

/* An end that asked and has a window lacks a place; one without gets ROOM with the next grant. */
static bool room_lacks_place(const struct channel_end *end)
{
    return end->room_asked && end->interface != CHANNEL_INTERFACE_SELF && channel_may_send(end) > 0;
}

static void room_forget(void *context, void *argument)
{
    (void)table_remove(context, ((const struct channel_end *)argument)->id);
}

void room_wait(struct exchange *exchange, struct channel_end *end)
{
    struct table *waiting;

    if (!room_lacks_place(end))
        return;
    waiting = &exchange->waiting[end->interface - 1];
    if (table_put(waiting, end->id, exchange) == NULL)
        undo_on_rollback(exchange->undo, room_forget, waiting, end);
}

/* ---- giving ---- */

static bool room_has_place(const struct exchange *exchange, const struct channel_end *end)
{
    const struct agent *owner = agents_find(exchange->agents, end->owner);
    uint64_t payer;

    INVARIANT(owner != NULL); /* an open end has one */
    payer = exchange->env.quota_owner(exchange->env.context, agent_customer(owner));
    return room_refusal(exchange, end->interface, payer, money_zero(), CHANNEL_PACKET_BYTES_MAX) ==
           0;
}

static void room_give(struct exchange *exchange, struct channel_end *end)
{
    struct exchange_end *held = ends_change(exchange, end);

    ends_notify(exchange, end, SERAI_EVENT_ROOM, held->room_reserve);
    held->room_reserve = money_zero();
    channel_room_given(end, exchange->undo);
    holdings_follow(exchange, end);
}

/* Whoever waited for a place and has one is notified; who waits no more is forgotten. */
static void room_give_to(struct exchange *exchange, struct table *waiting, uint64_t id)
{
    struct channel_end *end = channels_find(exchange->channels, id);
    bool lacks = end != NULL && room_lacks_place(end);

    if (lacks && !room_has_place(exchange, end))
        return;
    if (lacks)
        room_give(exchange, end);
    (void)table_remove(waiting, id);
}

bool exchange_give_room(struct exchange *exchange, struct link *link)
{
    struct table *waiting = &exchange->waiting[link->interface - 1];
    uint64_t *ids;
    size_t count;

    if (!link_freed(exchange->links, link))
        return false;
    table_keys_sorted(waiting, &ids, &count);
    if (count == 0)
        return false;
    ledger_event_begin(exchange->ledger);
    for (size_t i = 0; i < count; i++)
        room_give_to(exchange, waiting, ids[i]);
    undo_commit(exchange->undo);
    booking_event_end(exchange, link->interface, 0, NULL);
    free(ids);
    return true;
}

static void room_give_each(void *context, struct link *link)
{
    (void)exchange_give_room(context, link);
}

void exchange_give_room_all(struct exchange *exchange)
{
    links_each(exchange->links, room_give_each, exchange);
}

void exchange_forget_link(struct exchange *exchange, const struct link *link)
{
    table_fini(&exchange->waiting[link->interface - 1]); /* of ends that are gone */
}

/* ---- after a start ---- */

static void room_load_end(void *context, struct channel_end *end)
{
    struct exchange *exchange = context;

    if (room_lacks_place(end) && links_find(exchange->links, end->interface) != NULL)
        (void)table_put(&exchange->waiting[end->interface - 1], end->id, exchange);
}

void room_load(struct exchange *exchange)
{
    channels_each(exchange->channels, room_load_end, exchange);
}

bool room_is_lost(const struct exchange *exchange, const struct channel_end *end)
{
    return room_lacks_place(end) &&
           table_get(&exchange->waiting[end->interface - 1], end->id) == NULL;
}
