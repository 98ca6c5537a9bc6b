/*
 * Rent is paid: whole nanos of what accrued (accrual.c), before a turn and once a minute, never
 * inside a turn.  An agent that cannot pay is frozen, and its burial reserve pays.
 */
#include "agents/rent.h"

#include <assert.h>

#include "agents/accrual.h"
#include "agents/agent.h"
#include "agents/billing_queue.h"
#include "agents/changes.h"
#include "agents/code.h"
#include "agents/freeze.h"
#include "agents/funds.h"
#include "agents/limits.h"
#include "agents/pages/paged.h"
#include "agents/set.h"

static_assert((int)CARRIES == 5, "rows/agent_row.c writes each carry");

/* A week: among ten million agents each is billed sooner. */
static const uint64_t NOTE_US_MAX = UINT64_C(7) * 24 * 3600 * 1000000;

static const struct {
    uint64_t account;
    enum transfer_code code;
} rent_to[RENT_RESOURCES] = {
    [RENT_MEMORY] = {ACCOUNT_REVENUE_MEMORY, TRANSFER_RENT_MEMORY},
    [RENT_BUFFERS] = {ACCOUNT_REVENUE_BUFFERS, TRANSFER_RENT_BUFFER},
    [RENT_CODE] = {ACCOUNT_REVENUE_CODE, TRANSFER_RENT_CODE},
};

/*
 * The quantity of a rent line: bytes held when it is billed (docs/records.md, codes 7 to 9); for
 * code only those of the module that the agent runs.
 */
static uint64_t rent_units(const struct agent *agent, enum rent_resource resource)
{
    switch (resource) {
    case RENT_MEMORY:
        return agent_bytes_held(agent);
    case RENT_BUFFERS:
        return agent->owns.buffer_bytes;
    case RENT_CODE:
        return agent->program.code.code != NULL ? agent->program.code.code->held : 0;
    }
    return 0;
}

/*
 * Pay one resource's rent: out of the agent's balance, then out of its burial reserve (code 34),
 * and what neither has is never booked.  False: the balance did not suffice.
 */
static bool rent_pay(struct agents *agents, struct agent *agent, enum rent_resource resource,
                     struct money due)
{
    struct money own = money_min(due, agent_funds(agents, agent));
    struct money rest = money_sub_clamped(due, own);
    struct money buried = money_min(rest, agent->burial);
    struct transfer transfer = {
        .debit = agent->id,
        .credit = rent_to[resource].account,
        .amount = own,
        .code = rent_to[resource].code,
        .quantity = rent_units(agent, resource),
        .price_id = agents->prices.id,
        .carry = (uint64_t)agent->rent.owed[resource],
    };

    if (!money_is_zero(own))
        ledger_transfer_checked(agents->ledger, &transfer);
    if (money_is_zero(buried))
        return money_is_zero(rest);
    transfer.debit = ACCOUNT_DEPOSIT_BURIAL;
    transfer.amount = buried;
    transfer.code = TRANSFER_BURIAL_RENT;
    transfer.object = agent->id;
    ledger_transfer_checked(agents->ledger, &transfer);
    money_deduct(&agent->burial, buried);
    return false;
}

bool rent_is_due(struct agents *agents, struct agent *agent)
{
    rent_accrue(agents, agent);
    for (int resource = 0; resource < RENT_RESOURCES; resource++) {
        if (agent->rent.owed[resource] >= MARKET_RENT_UNIT)
            return true;
    }
    return false;
}

/* A customer pays for its desk: before that is billed, what it lacks is drawn from the account. */
static void rent_draw(struct agents *agents, struct agent *desk)
{
    uint64_t customer = agents_payee(agents, desk->customer);
    struct money due;
    u128 whole = 0;

    for (int resource = 0; resource < RENT_RESOURCES; resource++)
        whole += desk->rent.owed[resource] / MARKET_RENT_UNIT;
    if (customer != desk->customer || !money_from_total(&due, whole))
        return;
    due = money_sub_clamped(due, agent_funds(agents, desk));
    due = money_min(due, ledger_balance(agents->ledger, customer));
    ledger_move(agents->ledger, customer, desk->id, due, TRANSFER_FUND, desk->id);
}

void rent_bill(struct agents *agents, struct agent *agent)
{
    bool paid = true;

    rent_accrue(agents, agent);
    if (agent->state == AGENT_DESK)
        rent_draw(agents, agent);
    for (int resource = 0; resource < RENT_RESOURCES; resource++) {
        u128 whole = agent->rent.owed[resource] / MARKET_RENT_UNIT;
        struct money due;

        if (whole == 0)
            continue;
        /* Whole nanos are billed; the rest stays owed, so no rounding adds up. */
        agent->rent.owed[resource] %= MARKET_RENT_UNIT;
        /*
         * A debt above the largest amount is billed as that amount, which no account holds either.
         */
        if (!money_from_total(&due, whole))
            INVARIANT(money_from_nanos(&due, MONEY_NANOS_MAX) == ST_OK);
        paid &= rent_pay(agents, agent, (enum rent_resource)resource, due);
        agent_dirty(&agents->changes, agent);
    }
    if (!paid && agent->state == AGENT_RUNNING)
        agent_freeze_dry(agents, agent, DRY_OF_RENT);
}

u128 agent_rent_rate(const struct agents *agents, const struct agent *agent)
{
    u128 rate = 0;

    INVARIANT(market_rent_rate_add(&rate, agent_bytes_held(agent), agents->prices.memory_rent));
    INVARIANT(market_rent_rate_add(&rate, agent->owns.buffer_bytes, agents->prices.buffer_rent));
    if (agent->program.code.code != NULL && agent->program.code.code->refs > 0 &&
        !agent->program.code.code->builtin)
        INVARIANT(market_rent_rate_add(
            &rate, agent->program.code.code->held / agent->program.code.code->refs,
            agents->prices.code_rent));
    return rate;
}

/*
 * What the rent may take until the low-balance alert is due, or if none is set until nothing is
 * left.
 */
static struct money rent_room(const struct agents *agents, const struct agent *agent)
{
    struct money balance = agent_funds(agents, agent);

    return agent->low.armed ? money_sub_clamped(balance, agent->low.mark) : balance;
}

void rent_schedule(struct agents *agents, const struct agent *agent)
{
    u128 rate = agent_rent_rate(agents, agent);
    u128 owed = 0;
    u128 room;
    uint64_t due_us;

    if (agent->state != AGENT_RUNNING || rate == 0)
        return;
    for (int resource = 0; resource < RENT_RESOURCES; resource++)
        owed += agent->rent.owed[resource];
    /* One nano more than there is: at that debt the alert or the freeze is due. */
    room = ((u128)money_nanos(rent_room(agents, agent)) + 1) * MARKET_RENT_UNIT;
    room = room > owed ? room - owed : 0;
    if (room / rate >= NOTE_US_MAX)
        return; /* the round of all agents comes sooner */
    due_us = agents->now_us + (uint64_t)(room / rate);
    /* Not more often than that, or an agent with next to nothing would be billed without end. */
    if (due_us < agents->now_us + BILL_US_MIN)
        due_us = agents->now_us + BILL_US_MIN;
    bill_by(agents, agent->id, due_us);
}
