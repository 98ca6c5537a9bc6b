/* The money of an agent, the needs of an event, and who gets the money of a closed account. */
#include "agents/funds.h"

#include "agents/agent.h"
#include "agents/agents.h"
#include "agents/message.h"
#include "agents/set.h"

struct money agent_funds(const struct agents *agents, const struct agent *agent)
{
    return ledger_balance(agents->ledger, agent->id);
}

struct money agents_reserve(const struct agents *agents)
{
    struct money reserve;

    INVARIANT(money_cost_ceil(&reserve, agents->prices.compute, agents->prices.reserve_fuel,
                              MARKET_FUEL_UNIT));
    return reserve;
}

/* The price of all the fuel that a turn may use, and as much again for its orders. */
struct money agent_needs_most(const struct agents *agents)
{
    struct money full;

    INVARIANT(money_cost_ceil(&full, agents->prices.compute, agents->prices.turn_fuel_max,
                              MARKET_FUEL_UNIT));
    INVARIANT(money_scale(&full, full, 2));
    return full;
}

/* Below this an event waits: the fuel floor for itself, and as much again for what it may order. */
struct money agent_needs(const struct agents *agents)
{
    struct money needs;

    INVARIANT(money_scale(&needs, agents_reserve(agents), 2));
    return needs;
}

uint64_t agents_payee(const struct agents *agents, uint64_t account)
{
    /* An account that lives gets its money itself, else its customer, else it is unclaimed. */
    const struct account *row = ledger_account(agents->ledger, account);

    if (row != NULL && !row->closed)
        return account;
    if (row != NULL && row->customer != 0) {
        const struct account *customer = ledger_account(agents->ledger, row->customer);

        if (customer != NULL && !customer->closed)
            return customer->id;
    }
    return ACCOUNT_UNCLAIMED;
}
