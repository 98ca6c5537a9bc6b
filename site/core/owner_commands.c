/* agent.end and agent.withdraw: money in an agent comes back without the agent's doing. */
#include <stdio.h>

#include "agents/agents.h"
#include "agents/life.h"
#include "agents/views.h"
#include "site/core/map.h"
#include "site/core/state.h"

/* What the end of an agent brought, and to whom. */
struct ending {
    uint64_t agent;
    uint64_t heir;
    struct money came_back;
    size_t open_ends; /* of channels, that a neighbour has not let go yet */
};

static void end_result(struct core *core, const struct ending *ending, const char *name,
                       struct outcome *outcome)
{
    struct map map;

    map_init(&map);
    map_uint(&map, "agent", ending->agent);
    map_text(&map, "name", name);
    map_text(&map, "state", "ended");
    map_uint(&map, "customer", ending->heir);
    map_money(&map, "came_back", ending->came_back);
    map_money(&map, "balance", ledger_balance(core->ledger, ending->heir));
    map_uint(&map, "closing", ending->open_ends);
    map_end(&map, &outcome->result);
}

void core_agent_end(struct core *core, struct customer *by, struct cbor *in,
                    struct outcome *outcome)
{
    struct ending ending = {0};
    struct agent_view view;
    struct agent *agent;
    struct money before;
    char name[CONTROL_NAME_BYTES_MAX + 1];

    cbor_get_array(in, 1);
    ending.agent = cbor_get_uint(in, UINT64_MAX);
    if (!outcome_args_done(in, outcome))
        return;
    agent = core_own_agent(core, by, ending.agent, outcome, true);
    if (agent == NULL)
        return;
    agents_view(core->agents, agent, &view);
    (void)snprintf(name, sizeof name, "%s", view.name);
    ending.heir = agents_payee(core->agents, view.customer);
    before = ledger_balance(core->ledger, ending.heir);
    agents_end(core->agents, agent);
    ending.came_back = money_sub_clamped(ledger_balance(core->ledger, ending.heir), before);
    ending.open_ends = channels_owned(core->channels, ending.agent, NULL, 0);
    end_result(core, &ending, name, outcome);
}

static void withdraw_result(struct core *core, const struct agent *agent, struct money amount,
                            struct outcome *outcome)
{
    struct agent_view view;
    struct map map;

    agents_view(core->agents, agent, &view);
    map_init(&map);
    map_uint(&map, "agent", view.id);
    map_text(&map, "state", view.state);
    map_money(&map, "taken", amount);
    map_money(&map, "left", ledger_balance(core->ledger, view.id));
    map_money(&map, "balance", ledger_balance(core->ledger, view.customer));
    map_end(&map, &outcome->result);
}

static void too_much(const struct core *core, const struct agent *agent, struct money most,
                     struct outcome *outcome)
{
    struct money has = ledger_balance(core->ledger, agent_id(agent));
    char most_text[MONEY_TEXT_BYTES];
    char has_text[MONEY_TEXT_BYTES];

    outcome_set(outcome, CONTROL_REFUSED, "agent %llu has %s, and %s of it can be taken; %s",
                (unsigned long long)agent_id(agent), money_print(has_text, has),
                money_print(most_text, most),
                money_compare(most, has) < 0
                    ? "its next event needs the rest: freeze the agent to take all, or end it"
                    : "what is held and deposited for it comes back when it ends");
}

/* No amount: all that can be taken. */
static bool get_amount(struct cbor *in, struct money *amount)
{
    if (cbor_peek(in) == CBOR_NULL) {
        cbor_get_null(in);
        return false;
    }
    *amount = cbor_get_money(in);
    return true;
}

void core_agent_withdraw(struct core *core, struct customer *by, struct cbor *in,
                         struct outcome *outcome)
{
    struct money amount = money_zero();
    struct agent *agent;
    struct money most;
    uint64_t id;
    bool named;

    cbor_get_array(in, 2);
    id = cbor_get_uint(in, UINT64_MAX);
    named = get_amount(in, &amount);
    if (!outcome_args_done(in, outcome))
        return;
    agent = core_own_agent(core, by, id, outcome, false);
    if (agent == NULL)
        return;
    most = agents_withdrawable(core->agents, agent);
    if (!named)
        amount = most;
    if (money_is_zero(amount) || money_compare(amount, most) > 0) {
        too_much(core, agent, most, outcome);
        return;
    }
    agents_withdraw(core->agents, agent, amount);
    withdraw_result(core, agent, amount, outcome);
}
