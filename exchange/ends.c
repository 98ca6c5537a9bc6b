/*
 * What is held for each end of a channel: a table over structs that never move, and its changes
 * within a turn.  channels/ keeps what an end may do, in a row of its own, and this the money; the
 * two begin and end together.
 */
#include "exchange/ends.h"

#include <stdlib.h>

#include "agents/agents.h"
#include "agents/message.h"
#include "exchange/parts.h"

/* ---- beginning and end ---- */

static void end_undo_begin(void *context, void *argument)
{
    struct exchange *exchange = context;
    struct exchange_end *held = argument;

    (void)table_remove(&exchange->ends, held->id);
    (void)table_remove(&exchange->ends_changed, held->id);
    free(held);
}

struct exchange_end *ends_begin(struct exchange *exchange, const struct channel_end *end,
                                uint64_t customer)
{
    struct exchange_end *held = calloc(1, sizeof *held);

    INVARIANT(held != NULL);
    *held = (struct exchange_end){
        .id = end->id, .customer = customer, .interface = end->interface, .dirty = true};
    INVARIANT(table_put(&exchange->ends, held->id, held) == NULL);
    (void)table_put(&exchange->ends_changed, held->id, held);
    undo_on_rollback(exchange->undo, end_undo_begin, exchange, held);
    return held;
}

static void end_undo_finish(void *context, void *argument)
{
    struct exchange *exchange = context;

    (void)table_put(&exchange->ends, ((struct exchange_end *)argument)->id, argument);
}

/* It is over for good.  Its memory lives on only while the store has a row that must go. */
static void end_commit_finish(void *context, void *argument)
{
    struct exchange *exchange = context;
    struct exchange_end *held = argument;

    if (held->stored) {
        (void)table_put(&exchange->ends_changed, held->id, held);
    } else {
        (void)table_remove(&exchange->ends_changed, held->id);
        free(held);
    }
}

void ends_finish(struct exchange *exchange, struct exchange_end *held)
{
    INVARIANT(table_remove(&exchange->ends, held->id) == held);
    undo_on_rollback(exchange->undo, end_undo_finish, exchange, held);
    undo_on_commit(exchange->undo, end_commit_finish, exchange, held);
}

/* ---- reading and changing ---- */

struct exchange_end *ends_held(const struct exchange *exchange, const struct channel_end *end)
{
    struct exchange_end *held = table_get(&exchange->ends, end->id);

    INVARIANT(held != NULL);
    return held;
}

struct exchange_end *ends_change(struct exchange *exchange, const struct channel_end *end)
{
    struct exchange_end *held = ends_held(exchange, end);

    undo_save(exchange->undo, held, sizeof *held);
    if (held->dirty)
        return held;
    /* A rollback makes it clean again; then it stays listed, and ends_save() looks at `dirty`. */
    held->dirty = true;
    (void)table_put(&exchange->ends_changed, held->id, held);
    return held;
}

static void end_free(void *context, uint64_t id, void *value)
{
    (void)context;
    (void)id;
    free(value);
}

/* One that is over is listed as changed alone, and must be looked at before the others go. */
static void end_free_finished(void *context, uint64_t id, void *value)
{
    if (table_get(&((struct exchange *)context)->ends, id) == NULL)
        free(value);
}

void ends_fini(struct exchange *exchange)
{
    table_each(&exchange->ends_changed, end_free_finished, exchange);
    table_each(&exchange->ends, end_free, NULL);
    table_fini(&exchange->ends_changed);
    table_fini(&exchange->ends);
}

/* ---- events for the owner ---- */

void ends_notify(struct exchange *exchange, const struct channel_end *end,
                 enum serai_event_kind kind, struct money reserve)
{
    struct agent *owner = agents_find(exchange->agents, end->owner);
    struct message message = {.kind = kind, .end = end->id, .reserve = reserve};

    INVARIANT(owner != NULL); /* a dead agent's ends are sold, and nothing comes to them */
    agents_deliver(exchange->agents, owner, &message);
}

void ends_wake(struct exchange *exchange, uint32_t interface, struct agent *owner)
{
    if (interface != CHANNEL_INTERFACE_SELF)
        agents_topped_up(exchange->agents, owner);
}

/* ---- by owner ---- */

static void ends_add_held(const struct exchange *exchange, uint64_t id, struct exchange_held *sum)
{
    const struct channel_end *end = channels_find(exchange->channels, id);
    const struct exchange_end *held;

    INVARIANT(end != NULL); /* its owner's list has it */
    held = ends_held(exchange, end);
    money_accumulate(&sum->deposits, held->deposit);
    money_accumulate(&sum->reserves, held->grant_reserve);
    money_accumulate(&sum->reserves, held->answer_reserve);
    money_accumulate(&sum->reserves, held->room_reserve);
    money_accumulate(&sum->reserves, held->close_reserve);
    money_accumulate(&sum->births, held->birth_money);
}

void exchange_held_for(const struct exchange *exchange, uint64_t owner, struct exchange_held *held)
{
    size_t count = channels_owned(exchange->channels, owner, NULL, 0);
    uint64_t *ids = calloc(count > 0 ? count : 1, sizeof *ids);

    INVARIANT(ids != NULL);
    *held = (struct exchange_held){0};
    (void)channels_owned(exchange->channels, owner, ids, count);
    for (size_t i = 0; i < count; i++)
        ends_add_held(exchange, ids[i], held);
    free(ids);
}
