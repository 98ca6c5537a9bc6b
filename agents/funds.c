/* The money of an agent, the needs of an event, and who gets the money of a closed account. */
#include "agents/funds.h"

#include "agents/agent.h"
#include "agents/agents.h"
#include "agents/limits.h"
#include "agents/message.h"
#include "agents/set.h"

struct money agent_funds(const struct agents *agents, const struct agent *agent)
{
    return ledger_balance(agents->ledger, agent->id);
}

/* The price of so many bytes of journal, rounded up. */
static struct money funds_journal(const struct pricebook *prices, uint64_t bytes)
{
    struct money price;

    INVARIANT(money_cost_ceil(&price, prices->journal, bytes, MARKET_JOURNAL_UNIT));
    return price;
}

void turn_prices_set(struct turn_prices *of_turn, const struct pricebook *prices)
{
    INVARIANT(money_cost_ceil(&of_turn->fuel_floor, prices->compute, prices->reserve_fuel,
                              MARKET_FUEL_UNIT));
    INVARIANT(money_cost_ceil(&of_turn->fuel_full, prices->compute, prices->turn_fuel_max,
                              MARKET_FUEL_UNIT));
    of_turn->entry = funds_journal(prices, ledger_counted_bytes(TURN_LINES));
    of_turn->line = funds_journal(prices, LEDGER_LINE_BYTES);
}

/* The fuel floor, and what the turn writes into the journal. */
struct money agents_reserve(const struct agents *agents)
{
    struct money reserve = agents->turn_prices.fuel_floor;

    money_accumulate(&reserve, agents->turn_prices.entry);
    return reserve;
}

/* The price of all that a turn may use of fuel and journal, and as much again for its orders. */
struct money agent_needs_most(const struct agents *agents)
{
    struct money full = agents->turn_prices.fuel_full;

    money_accumulate(&full, agents->turn_prices.entry);
    INVARIANT(money_scale(&full, full, 2));
    return full;
}

/* Below this an event waits: the reserve for itself, and as much again for what it may order. */
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
