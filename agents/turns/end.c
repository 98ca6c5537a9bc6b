/*
 * The end of a turn, whatever its outcome: state stands or is undone, and its fees and fuel are
 * booked.
 */
#include "agents/turns/end.h"

#include <string.h>

#include "agents/accrual.h"
#include "agents/agent.h"
#include "agents/agents.h"
#include "agents/code.h"
#include "agents/code_native.h"
#include "agents/follow_up.h"
#include "agents/limits.h"
#include "agents/low_balance.h"
#include "agents/message.h"
#include "agents/pages/arena.h"
#include "agents/pages/paged.h"
#include "agents/rent.h"
#include "agents/set.h"
#include "agents/turns/turn.h"
#include "agents/upgrade.h"
#include "base/hash.h"

/*
 * Book one charge of the turn; a quantity of 0 leaves no line.  `carry` is the remainder that the
 * line states (docs/records.md, "Fields of a line besides its amount").
 */
static void turn_book(struct turn *turn, uint64_t credit, struct money amount,
                      enum transfer_code code, uint64_t quantity, uint64_t object, uint64_t carry)
{
    struct transfer transfer = {
        .debit = turn->agent->id,
        .credit = credit,
        .amount = amount,
        .code = code,
        .quantity = quantity,
        .price_id = turn->agents->prices.id,
        .object = object,
        .carry = carry,
    };

    if (quantity > 0)
        ledger_transfer_checked(turn->agents->ledger, &transfer);
}

/* Fees of orders: one line for each order that was given, by its number. */
static void turn_book_orders(struct turn *turn)
{
    for (uint32_t order = 0; order < SERAI_ORDER_COUNT; order++) {
        struct money cost;

        if (turn->orders[order] == 0)
            continue;
        INVARIANT(money_scale(&cost, pricebook_order(&turn->agents->prices, (int)order),
                              turn->orders[order]));
        turn_book(turn, ACCOUNT_REVENUE_ORDERS, cost, TRANSFER_ORDER, turn->orders[order], order,
                  0);
    }
}

/*
 * Book quantity x price / unit in whole nanos.  What is left over goes into the agent's remainder
 * and so into its next charge.
 */
static void turn_book_metered(struct turn *turn, enum carry which, struct money price,
                              uint64_t quantity, uint64_t unit, uint64_t object)
{
    uint64_t *carry = &turn->agent->carry[which];
    struct money cost;

    INVARIANT(money_cost_carry(&cost, carry, price, quantity, unit));
    turn_book(turn, ACCOUNT_REVENUE_PACKETS, cost, TRANSFER_PACKET_FEE, quantity, object, *carry);
}

/* The shares of flushes: a product without a remainder, and no line where the price is 0. */
static void turn_book_strict(struct turn *turn, const struct turn_packets *sent)
{
    struct money cost;

    INVARIANT(money_scale(&cost, sent->prices.strict, sent->count));
    if (!money_is_zero(cost))
        turn_book(turn, ACCOUNT_REVENUE_FLUSHES, cost, TRANSFER_STRICT_FEE, sent->count,
                  sent->prices.strict_object, 0);
}

/*
 * The fees of single packets are computed again as one product an interface: with the carry the sum
 * is the same to the last numerator, in whatever steps it was taken.
 */
static void turn_book_packets(struct turn *turn)
{
    for (uint32_t i = 0; i < turn->packet_interfaces; i++) {
        const struct turn_packets *sent = &turn->packets[i];
        uint64_t object = sent->prices.object;

        turn_book_metered(turn, CARRY_PACKETS, sent->prices.packets, sent->count,
                          MARKET_PACKETS_UNIT, object);
        turn_book_metered(turn, CARRY_PACKET_DATA, sent->prices.packet_data, sent->bytes,
                          MARKET_PACKET_DATA_UNIT, object + 1);
        turn_book_strict(turn, sent);
    }
    /* What was taken packet by packet on the stage is what was booked now. */
    INVARIANT(turn->agent->carry[CARRY_PACKETS] == turn->carry[CARRY_PACKETS]);
    INVARIANT(turn->agent->carry[CARRY_PACKET_DATA] == turn->carry[CARRY_PACKET_DATA]);
}

/*
 * The turn's entry in the journal, as far as it was written, with this line itself.  What follows
 * from the turn later in its event was paid for when it was held.
 */
static void turn_book_journal(struct turn *turn)
{
    struct money price = turn->agents->prices.journal;
    uint64_t lines = ledger_event_lines(turn->agents->ledger) + 1;
    uint64_t bytes = ledger_counted_bytes(lines);
    struct money cost;

    if (money_is_zero(price))
        return;
    /* Each was held, rounded up: so the product with the carry is no more than that. */
    INVARIANT(lines <= turn->lines);
    INVARIANT(
        money_cost_carry(&cost, &turn->carry[CARRY_JOURNAL], price, bytes, MARKET_JOURNAL_UNIT));
    turn_book(turn, ACCOUNT_REVENUE_JOURNAL, cost, TRANSFER_JOURNAL_FEE, bytes, 0,
              turn->carry[CARRY_JOURNAL]);
}

/*
 * What stands whatever became of the turn.  Each amount was covered by `free` or by the hold when
 * it was taken, so none is refused.
 */
static void turn_book_fees(struct turn *turn, uint64_t used)
{
    const struct pricebook *prices = &turn->agents->prices;
    uint64_t fuel = used + turn->check_fuel;
    struct money cost;

    turn_book_orders(turn);
    turn_book_packets(turn);
    turn_book(turn, ACCOUNT_REVENUE_LOGS, turn->log_fees, TRANSFER_LOG_FEE, turn->log_bytes, 0,
              turn->carry[CARRY_LOG]);
    /* Fuel behind the fees: the turn's own and that of the modules it put, as one quantity. */
    INVARIANT(money_cost_carry(&cost, &turn->carry[CARRY_COMPUTE], prices->compute, fuel,
                               MARKET_FUEL_UNIT));
    /* The object of a compute line is the fuel table that defines the quantity. */
    turn_book(turn, ACCOUNT_REVENUE_COMPUTE, cost, TRANSFER_COMPUTE, fuel, ENGINE_FUEL_TABLE_ID,
              turn->carry[CARRY_COMPUTE]);
    turn_book_journal(turn);
    memcpy(turn->agent->carry, turn->carry, sizeof turn->carry);
    turn->agent->usage.fuel += fuel;
    code_used(turn->agents, turn->agent->program.code.code, used);
    turn->agents->counters.fuel += fuel;
}

/* A child whose money was taken by its leash may be due for its alert, and sooner for its rent. */
static void turn_look_at_payer(struct agents *agents, uint64_t account)
{
    struct agent *payer = account < ACCOUNT_FIRST_FREE ? NULL : agents_find(agents, account);

    if (payer == NULL)
        return;
    agent_check_mark(agents, payer);
    rent_schedule(agents, payer);
}

/*
 * An agent that ran dry and got money from this turn may go on, and its low-balance mark may be set
 * again.
 */
static void turn_thaw_payees(struct turn *turn)
{
    for (uint32_t i = 0; i < turn->transfer_count; i++) {
        uint64_t account = turn->transfers[i].credit;
        struct agent *payee;

        if (turn->transfers[i].code == TRANSFER_RECALLED)
            turn_look_at_payer(turn->agents, turn->transfers[i].debit);
        /* Accounts of the site are below; the agent itself is looked at after its turn. */
        if (account < ACCOUNT_FIRST_FREE || account == turn->agent->id)
            continue;
        payee = agents_find(turn->agents, account);
        if (payee != NULL)
            agents_topped_up(turn->agents, payee);
    }
}

void turn_commit(struct turn *turn, uint64_t fuel)
{
    struct agents *agents = turn->agents;
    struct agent *agent = turn->agent;

    /* By the memory that it held until now; from here on it may be more. */
    rent_accrue(agents, agent);
    paged_grow(&agent->program.memory,
               turn->instance.memory_pages * (ENGINE_WASM_PAGE_BYTES / PAGED_BYTES));
    /* Only granules that differ become the agent's, and these alone reach the log of deltas. */
    arena_commit(turn->slot, agent, turn->instance.memory_pages, &agents->pages.dirty);
    agent->program.memory_pages = turn->instance.memory_pages;
    agent->program.begun = true;
    memcpy(agent->program.globals, turn->instance.globals,
           engine_code_globals(agent->program.code.code->engine) * sizeof *agent->program.globals);
    /* State is final.  Only then money moves: nothing below may be refused or undone. */
    undo_commit(agents->undo);
    agents->turn = NULL;
    for (uint32_t i = 0; i < turn->transfer_count; i++)
        ledger_transfer_checked(agents->ledger, &turn->transfers[i]);
    turn_book_fees(turn, fuel);
    if (turn->tries)
        upgrade_stands(turn);
    turn_thaw_payees(turn);
}

void turn_undo_all(struct turn *turn, uint64_t fuel)
{
    struct agents *agents = turn->agents;

    /*
     * All state is as it was before the turn, memory included; the stage is dropped with the turn.
     * Fees and fuel alone are booked, out of `free` and the hold.
     */
    undo_rollback(agents->undo);
    follow_up_turn_undone(agents);
    if (turn->slot != NULL)
        arena_rollback(turn->slot, turn->agent, turn->instance.memory_pages);
    agents->turn = NULL;
    turn_book_fees(turn, fuel);
    turn->agent->usage.traps++;
    agents->counters.traps++;
}

void turn_event_end(struct turn *turn)
{
    const struct message *m = &turn->event->m;
    struct event event =
        event_of_turn(turn->agent->id, m->sender, m->id, (uint64_t)m->kind, turn->agents->now_us);

    event.bytes = hash_of(m->data, m->size);
    event.random = hash_of(turn->random, turn->random_size);
    (void)ledger_event_end(turn->agents->ledger, &event);
}
