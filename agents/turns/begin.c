/*
 * The beginning of a turn: the event's money becomes the agent's, fuel is set aside, memory is laid
 * out.
 */
#include "agents/turns/begin.h"

#include <stddef.h>
#include <string.h>

#include "agents/agent.h"
#include "agents/cap.h"
#include "agents/caps.h"
#include "agents/code.h"
#include "agents/customers.h"
#include "agents/facets.h"
#include "agents/follow_up.h"
#include "agents/funds.h"
#include "agents/limits.h"
#include "agents/message.h"
#include "agents/orders/dispatch.h"
#include "agents/pages/arena.h"
#include "agents/pages/page_cache.h"
#include "agents/post.h"
#include "agents/set.h"
#include "agents/turn.h"
#include "agents/turns/turn.h"
#include "agents/upgrade.h"

/*
 * memory.grow: more bytes held, so the customer's quota bounds them.  The rent follows at the
 * commit, and an undone turn gives the quota back.
 */
static bool turn_grow_memory(void *host, uint32_t pages_now, uint32_t pages_more)
{
    struct turn *turn = host;
    struct customer_use *use = turn->agent->use;
    uint64_t more = (uint64_t)pages_more * ENGINE_WASM_PAGE_BYTES;

    (void)pages_now;
    if (!quota_allows(turn->agents, use, CUSTOMER_MEMORY_BYTES, more))
        return false;
    quota_take(turn->agents, use, CUSTOMER_MEMORY_BYTES, more);
    return true;
}

/* Postage and reserve become the agent's when its turn begins, and stand. */
static void turn_take_postage(struct agents *agents, struct agent *agent, const struct message *m)
{
    ledger_move(agents->ledger, ACCOUNT_HELD_MESSAGE, agent->id, m->postage, TRANSFER_POSTAGE,
                m->id);
    ledger_move(agents->ledger, ACCOUNT_HELD_RESERVE, agent->id, m->reserve, TRANSFER_RESERVE,
                m->id);
}

/*
 * The fuel hold: what a full turn may cost, but half of a poor agent's money stays for its orders,
 * and the fuel floor comes before both.  The entry in the journal comes first, as it is written
 * whatever becomes of the turn; and as much again stays for the lines of orders.
 */
static uint64_t turn_hold_fuel(struct turn *turn, struct money pot)
{
    const struct pricebook *prices = &turn->agents->prices;
    const struct turn_prices *of_turn = &turn->agents->turn_prices;
    struct money rest;
    struct money hold;
    uint64_t fuel;

    turn->fees = of_turn->entry;
    turn->lines = TURN_LINES;
    INVARIANT(money_sub(&rest, pot, of_turn->entry)); /* next_can_pay() */
    hold = money_share_floor(money_sub_clamped(rest, of_turn->entry), 1, 2);
    hold = money_min(of_turn->fuel_full, hold);
    if (money_compare(hold, of_turn->fuel_floor) < 0)
        hold = money_min(rest, of_turn->fuel_floor);
    /*
     * A poor agent that runs out of fuel lacked money, not leave: its event will wait
     * (turn_ran_dry()).
     */
    turn->poor = money_compare(hold, of_turn->fuel_full) < 0;
    fuel = money_buys(hold, prices->compute, MARKET_FUEL_UNIT, turn->carry[CARRY_COMPUTE]);
    /*
     * From here on orders may spend `free` alone; whatever the fuel costs in the end is at most the
     * hold.
     */
    INVARIANT(money_sub(&turn->free, pot, hold));
    turn->pot = pot;
    return fuel < prices->turn_fuel_max ? fuel : prices->turn_fuel_max;
}

/*
 * Put a cap that came with the event into a slot.  It is lent for the turn only, or whoever may
 * send something could fill the table; what an agent is born with is its own.
 */
static int64_t turn_lend(struct turn *turn, const struct cap *cap)
{
    int64_t slot;

    if (cap->kind == SERAI_KIND_EMPTY)
        return SERAI_SLOT_NONE;
    slot = turn_give_cap(turn, cap);
    INVARIANT(slot >= 0); /* next_run() refused what does not fit */
    if (turn->event->m.kind != SERAI_EVENT_BORN)
        turn->lent[turn->lent_count++] = (uint64_t)slot;
    return slot;
}

/*
 * The event becomes what its agent sees: slots for its end, its reply and its caps, and its money
 * as the first transfer of the stage.
 */
static void turn_arrive(struct turn *turn)
{
    const struct message *m = &turn->event->m;
    struct cap end = {.kind = SERAI_KIND_CHANNEL, .object = m->end};
    const struct object *reply;

    turn->event_slot = m->end != 0 ? cap_table_find(&turn->agent->caps, &end) : SERAI_SLOT_NONE;
    if (m->kind == SERAI_EVENT_ANSWER && m->status != 0 && turn->event_slot >= 0)
        turn_take_cap(turn, (uint64_t)turn->event_slot); /* what was refused is no end */
    turn->reply_slot = turn_lend(turn, &m->reply);
    reply = m->kind == SERAI_EVENT_MESSAGE ? cap_reply(turn->agents, &m->reply) : NULL;
    turn->reply_promised = reply != NULL && reply->u.facet.promise != 0;
    for (size_t i = 0; i < m->cap_count; i++)
        turn->cap_slots[i] = turn_lend(turn, &m->caps[i]);
    /*
     * Staged and not booked: a turn that is undone gives it back (message_return()).
     * Other events' money was credited before, or only informs.
     */
    if (m->kind == SERAI_EVENT_MESSAGE && !money_is_zero(m->money)) {
        struct transfer money = {.debit = ACCOUNT_HELD_MESSAGE,
                                 .credit = turn->agent->id,
                                 .amount = m->money,
                                 .code = TRANSFER_MESSAGE,
                                 .object = m->id};

        turn_stage(turn, &money);
    }
}

/*
 * Let the guest have its memory: pages that were evicted come from the store, then all of them are
 * laid out in a slot of the arena, unless they still lie there.
 */
static void turn_lay_out(struct turn *turn)
{
    struct agents *agents = turn->agents;
    struct agent *agent = turn->agent;

    if (!arena_has(agents->pages.arena, agent->id))
        page_cache_fetch(agents, &agent->program.memory, 0, UINT32_MAX);
    turn->slot = arena_take(agents->pages.arena, agent);
    turn->instance.memory = turn->slot->memory;
    turn->instance.cards = turn->slot->cards;
}

/*
 * Fuel for what has to be ready before a turn: the memory in the arena, the index of the slots.
 * Most turns find both, and all pay alike: fuel must not depend on who ran before.
 */
static uint64_t turn_beginning_work(const struct agent *agent)
{
    uint64_t slots = agent->caps.used > CAPS_SMALL ? agent->caps.used : 0;

    /* A larger table keeps its index, as its agent is not packed (sleep_may()). */
    if (slots > CAPS_CHUNKS_COMMON * AGENT_CAPS_CHUNK)
        slots = CAPS_CHUNKS_COMMON * AGENT_CAPS_CHUNK;

    return (uint64_t)agent->program.memory_pages * WORK_LAY_OUT + slots * WORK_SLOT;
}

void turn_begin(struct turn *turn, struct agents *agents, struct agent *agent,
                struct inbox_message *event, uint64_t *globals)
{
    struct transfer *transfers = turn->transfers;

    /* The large arrays at the end are not cleared: their sizes say what of them counts. */
    memset(turn, 0, offsetof(struct turn, become_args));
    turn->random_size = 0;
    turn->transfers = transfers;
    turn->agents = agents;
    turn->agent = agent;
    turn->event = event;
    turn->number = agents->counters.turns + 1;
    if (event->m.kind == SERAI_EVENT_BECAME && upgrade_is_under_way(agent))
        upgrade_try(turn);
    memcpy(turn->carry, agent->carry, sizeof turn->carry);
    /*
     * Before the hold, which is a share of what the agent has with them; and outside the stage, as
     * they stand whatever the turn does.
     */
    turn_take_postage(agents, agent, &event->m);
    /* The guest works on a copy of its globals; turn_commit() takes it over, an undo drops it. */
    memcpy(globals, agent->program.globals,
           engine_code_globals(agent->program.code.code->engine) * sizeof *globals);
    turn->instance = (struct engine_instance){
        .code = agent->program.code.code->engine,
        .memory_pages = agent->program.memory_pages,
        .globals = globals,
        .fuel = turn_hold_fuel(turn, agent_funds(agents, agent)),
        .host_call = turn_host_call,
        .host = turn,
        .host_grow = turn_grow_memory,
    };
    turn->budget = turn->instance.fuel;
    /* From here on everything that changes is saved in the undo log first. */
    agents->turn = turn;
    follow_up_turn_begins(agents);
    if (!turn_work(turn, turn_beginning_work(agent)))
        return; /* so nothing was done for it */
    turn_lay_out(turn);
    turn_arrive(turn);
}
