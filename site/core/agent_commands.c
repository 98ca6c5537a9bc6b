/*
 * What customers, and for some of it the operator, do with agents that are there.  How one comes to
 * be there is in deploy.c.
 */
#include <stdio.h>

#include "agents/agents.h"
#include "agents/life.h"
#include "agents/message.h"
#include "agents/views.h"
#include "channels/channels.h"
#include "site/core/claims.h"
#include "site/core/commands.h"
#include "site/core/customers.h"
#include "site/core/desks.h"
#include "site/core/map.h"
#include "site/core/state.h"

/* As core_agent_argument(), and desks too. */
static struct agent *agent_argument(struct core *core, const struct customer *by, uint64_t id,
                                    bool operator_too, struct outcome *outcome)
{
    struct agent *agent = agents_find(core->agents, id);

    if (agent == NULL) {
        outcome_set(outcome, CONTROL_MISSING, "there is no agent %llu: `serai agent ls` lists them",
                    (unsigned long long)id);
        return NULL;
    }
    if (core_customer_rules(core, by, agent_customer(agent)) ||
        (operator_too && core_is_operator(core, by)))
        return agent;
    outcome_set(outcome, CONTROL_DENIED, "agent %llu belongs to another customer",
                (unsigned long long)id);
    return NULL;
}

struct agent *core_agent_argument(struct core *core, const struct customer *by, uint64_t id,
                                  bool operator_too, struct outcome *outcome)
{
    struct agent *agent = agent_argument(core, by, id, operator_too, outcome);

    if (agent == NULL || !agent_is_desk(agent))
        return agent;
    outcome_set(outcome, CONTROL_REFUSED,
                "agent %llu is a customer's desk, and takes no turns: `serai cap ls` and `serai "
                "call ls` list what is on it",
                (unsigned long long)id);
    return NULL;
}

/* Begin a result by which agent it is about, and the state that it is in now. */
static void agent_result_begin(const struct core *core, const struct agent *agent, struct map *map)
{
    struct agent_view view;

    agents_view(core->agents, agent, &view);
    map_init(map);
    map_uint(map, "agent", view.id);
    map_text(map, "state", view.state);
}

/* The agent as it is after what was done, with its own balance. */
static void agent_result(const struct core *core, const struct agent *agent,
                         struct outcome *outcome)
{
    struct map map;

    agent_result_begin(core, agent, &map);
    map_money(&map, "balance", ledger_balance(core->ledger, agent_id(agent)));
    map_end(&map, &outcome->result);
}

/* ---- money and messages to it ---- */

/* Anybody may fund any agent: it takes nothing from whoever owns it. */
void command_agent_fund(struct core *core, struct customer *by, struct cbor *in,
                        struct outcome *outcome)
{
    struct transfer line = {.debit = by->account, .code = TRANSFER_FUND};
    struct agent *agent;

    cbor_get_array(in, 2);
    line.credit = cbor_get_uint(in, UINT64_MAX);
    line.amount = cbor_get_money(in);
    if (!outcome_args_done(in, outcome))
        return;
    agent = agents_find(core->agents, line.credit);
    if (agent == NULL) {
        outcome_set(outcome, CONTROL_MISSING,
                    "there is no agent %llu: `serai agent ls` lists them; no money was moved",
                    (unsigned long long)line.credit);
        return;
    }
    if (!outcome_transfer(core->ledger, &line, outcome))
        return;
    agents_topped_up(core->agents, agent);
    agents_measure_anew(core->agents, agent);
    agent_result(core, agent, outcome);
}

static void agent_result_message(const struct message *message, uint64_t number,
                                 struct outcome *outcome)
{
    struct map map;

    map_init(&map);
    map_uint(&map, "message", number);
    map_money(&map, "postage", message->postage);
    map_end(&map, &outcome->result);
}

void command_agent_send(struct core *core, struct customer *by, struct cbor *in,
                        struct outcome *outcome)
{
    struct message message = {.kind = SERAI_EVENT_MESSAGE,
                              .sender = by->account,
                              .sender_customer = by->account,
                              .postage = agents_reserve(core->agents)};
    struct agent *agent;
    struct money both;
    uint64_t id;

    cbor_get_array(in, 3);
    id = cbor_get_uint(in, UINT64_MAX);
    message.data = cbor_get_bytes(in, &message.size, SERAI_MESSAGE_BYTES_MAX);
    message.money = cbor_get_money(in);
    if (!outcome_args_done(in, outcome))
        return;

    /* All of the check comes first: once money is held for the message, it is delivered. */
    agent = core_agent_argument(core, by, id, false, outcome);
    if (agent == NULL)
        return;
    if (agents_inbox_room(core->agents, agent, by->account, message.size) != 0) {
        outcome_set(outcome, CONTROL_TRY_AGAIN, "the inbox of agent %llu is full: try again later",
                    (unsigned long long)id);
        return;
    }
    if (!money_add(&both, message.postage, message.money) ||
        money_compare(both, ledger_balance(core->ledger, by->account)) > 0) {
        outcome_set(outcome, CONTROL_REFUSED,
                    "customer %s has not enough for the message's money and postage", by->name);
        return;
    }

    agent_result_message(&message, agents_newest_message(core->agents) + 1, outcome);
    ledger_move(core->ledger, by->account, ACCOUNT_HELD_MESSAGE, message.postage,
                TRANSFER_POSTAGE_HOLD, 0);
    ledger_move(core->ledger, by->account, ACCOUNT_HELD_MESSAGE, message.money,
                TRANSFER_MESSAGE_HOLD, 0);
    agents_deliver(core->agents, agent, &message);
    /* The postage pays for the turn: one that ran dry can take it. */
    agents_topped_up(core->agents, agent);
}

/* ---- its name ---- */

/* A child gets a name that its customer gives, too; its parent goes on counting. */
void command_agent_rename(struct core *core, struct customer *by, struct cbor *in,
                          struct outcome *outcome)
{
    char name[CONTROL_NAME_BYTES_MAX + 1];
    struct agent *agent;
    struct map map;
    uint64_t id;

    cbor_get_array(in, 2);
    id = cbor_get_uint(in, UINT64_MAX);
    cbor_get_text(in, name, CONTROL_NAME_BYTES_MAX);
    if (!outcome_args_done(in, outcome))
        return;
    agent = core_agent_argument(core, by, id, false, outcome);
    if (agent == NULL || !outcome_name_is_plain(name, "an agent's", outcome) ||
        !core_name_is_free(core, agent_customer(agent), name, id, outcome))
        return;
    agents_rename(core->agents, agent, name);
    agent_result_begin(core, agent, &map);
    map_text(&map, "name", name);
    map_end(&map, &outcome->result);
}

/* ---- running and standing still ---- */

static void agent_freeze_or_thaw(struct core *core, const struct customer *by, struct cbor *in,
                                 bool freeze, struct outcome *outcome)
{
    const bool by_operator = core_is_operator(core, by);
    struct agent *agent;
    struct fault fault;
    uint64_t id;

    cbor_get_array(in, 1);
    id = cbor_get_uint(in, UINT64_MAX);
    if (!outcome_args_done(in, outcome))
        return;
    agent = core_agent_argument(core, by, id, true, outcome);
    if (agent == NULL)
        return;
    /* Nor may a customer freeze it once more: that would make the freeze its own to end. */
    if (!by_operator && agents_is_held_by_site(agent)) {
        outcome_set(outcome, CONTROL_DENIED,
                    "agent %llu was frozen by the site: ask its operator to thaw it",
                    (unsigned long long)id);
        return;
    }
    if (freeze) {
        agents_freeze(core->agents, agent, by_operator ? FREEZE_BY_OPERATOR : FREEZE_BY_CUSTOMER);
    } else if (agents_thaw(core->agents, agent, &fault) != ST_OK) {
        outcome_set(outcome, CONTROL_REFUSED, "%s", fault.text);
        return;
    }
    agent_result(core, agent, outcome);
}

void command_agent_freeze(struct core *core, struct customer *by, struct cbor *in,
                          struct outcome *outcome)
{
    agent_freeze_or_thaw(core, by, in, true, outcome);
}

void command_agent_thaw(struct core *core, struct customer *by, struct cbor *in,
                        struct outcome *outcome)
{
    agent_freeze_or_thaw(core, by, in, false, outcome);
}

/* ---- its money goes home ---- */

/*
 * Where the money went that an agent paid to its customer's account, or that it left: of an agent
 * that came over a link, on to the customer with the same key, if that one asked for it.
 */
static uint64_t agent_money_home(struct core *core, const struct customer *by, uint64_t account)
{
    const struct customer *row = core_customer_by_account(core, account);

    if (account == by->account || row == NULL || !core_customer_rules(core, by, account))
        return account;
    core_claim_take(core, row, by);
    return by->account;
}

/* ---- its end ---- */

/* What the end of an agent brought, and to whom. */
struct ending {
    uint64_t agent;
    uint64_t heir;
    struct money came_back;
    size_t open_ends; /* of channels, that a peer has not let go yet */
};

static void agent_end_result(struct core *core, const struct ending *ending, const char *name,
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

void command_agent_end(struct core *core, struct customer *by, struct cbor *in,
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
    agent = agent_argument(core, by, ending.agent, true, outcome);
    if (agent == NULL)
        return;

    /* What the result says of the agent is taken now: `view` borrows from it, and it goes. */
    agents_view(core->agents, agent, &view);
    (void)snprintf(name, sizeof name, "%s", view.name);
    ending.heir = agents_payee(core->agents, view.customer);
    if (agent_is_desk(agent))
        core_desk_over(core, core_customer_by_account(core, view.customer));
    before = ledger_balance(core->ledger, ending.heir);

    agents_end(core->agents, agent);
    ending.came_back = money_sub_clamped(ledger_balance(core->ledger, ending.heir), before);
    ending.open_ends = channels_owned(core->channels, ending.agent, NULL, 0);
    ending.heir = agent_money_home(core, by, ending.heir);
    agent_end_result(core, &ending, name, outcome);
}

/* ---- money out of it ---- */

static void agent_withdraw_result(struct core *core, const struct customer *by,
                                  const struct agent *agent, struct money amount,
                                  struct outcome *outcome)
{
    uint64_t payee = agent_money_home(core, by, agent_customer(agent));
    struct map map;

    agent_result_begin(core, agent, &map);
    map_money(&map, "taken", amount);
    map_money(&map, "left", ledger_balance(core->ledger, agent_id(agent)));
    map_money(&map, "balance", ledger_balance(core->ledger, payee));
    map_end(&map, &outcome->result);
}

/*
 * Frozen first, so that no event has to be paid for and all can be taken.  One that the site has
 * frozen stays so: a customer's freeze would be the customer's to end.
 */
void command_agent_stop(struct core *core, struct customer *by, struct cbor *in,
                        struct outcome *outcome)
{
    struct agent *agent;
    struct money most;
    uint64_t id;

    cbor_get_array(in, 1);
    id = cbor_get_uint(in, UINT64_MAX);
    if (!outcome_args_done(in, outcome))
        return;
    agent = core_agent_argument(core, by, id, false, outcome);
    if (agent == NULL)
        return;
    if (!agents_is_held_by_site(agent))
        agents_freeze(core->agents, agent, FREEZE_BY_CUSTOMER);
    most = agents_withdrawable(core->agents, agent);
    agents_withdraw(core->agents, agent, most);
    agent_withdraw_result(core, by, agent, most, outcome);
}

static void agent_withdraw_refused(const struct core *core, const struct agent *agent,
                                   struct money most, struct outcome *outcome)
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

/* False: no amount was named, so all that can be taken is meant. */
static bool agent_withdraw_amount(struct cbor *in, struct money *amount)
{
    if (cbor_take_null(in))
        return false;
    *amount = cbor_get_money(in);
    return true;
}

void command_agent_withdraw(struct core *core, struct customer *by, struct cbor *in,
                            struct outcome *outcome)
{
    struct money amount = money_zero();
    struct agent *agent;
    struct money most;
    uint64_t id;
    bool named;

    cbor_get_array(in, 2);
    id = cbor_get_uint(in, UINT64_MAX);
    named = agent_withdraw_amount(in, &amount);
    if (!outcome_args_done(in, outcome))
        return;
    agent = agent_argument(core, by, id, false, outcome);
    if (agent == NULL)
        return;
    /* Asking bills the agent's rent, so a refusal too may have moved money in this event. */
    most = agents_withdrawable(core->agents, agent);
    if (!named)
        amount = most;
    if (money_is_zero(amount) || money_compare(amount, most) > 0) {
        agent_withdraw_refused(core, agent, most, outcome);
        return;
    }
    agents_withdraw(core->agents, agent, amount);
    agent_withdraw_result(core, by, agent, amount, outcome);
}
