/* Signed requests: what the operator and the customers may change.  docs/control.md lists them. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agents/agents.h"
#include "agents/life.h"
#include "agents/message.h"
#include "agents/views.h"
#include "base/text.h"
#include "site/core/map.h"
#include "site/core/state.h"

void outcome_set(struct outcome *outcome, enum control_status status, const char *format, ...)
{
    va_list list;

    outcome->status = status;
    va_start(list, format);
    (void)vsnprintf(outcome->message, sizeof outcome->message, format, list);
    va_end(list);
}

/* ---- reading arguments ---- */

bool outcome_args_done(const struct cbor *in, struct outcome *outcome)
{
    struct fault fault;

    if (cbor_done(in, &fault, outcome->command) == ST_OK)
        return true;
    outcome_set(outcome, CONTROL_BAD_REQUEST, "%.300s", fault.text);
    return false;
}

static bool is_operator(const struct core *core, const struct customer *by)
{
    return by == core->customers.items[0];
}

static bool transfer(struct core *core, const struct transfer *line, struct outcome *outcome)
{
    enum transfer_result result = ledger_transfer(core->ledger, line);
    char amount[MONEY_TEXT_BYTES];
    char balance[MONEY_TEXT_BYTES];
    char name[ACCOUNT_NAME_BYTES];

    if (result == TRANSFER_DONE)
        return true;
    if (result == TRANSFER_SHORT_OF_FUNDS) {
        account_name(name, line->debit, ledger_account(core->ledger, line->debit)->kind);
        outcome_set(outcome, CONTROL_REFUSED,
                    "%s has %s, and %s is asked for: bring money in first", name,
                    money_print(balance, ledger_balance(core->ledger, line->debit)),
                    money_print(amount, line->amount));
    } else {
        outcome_set(outcome, CONTROL_REFUSED, "the transfer was refused: %s",
                    transfer_result_text(result));
    }
    return false;
}

/* ---- money ---- */

static struct customer *named_customer(struct core *core, uint64_t account, struct outcome *outcome)
{
    struct customer *customer =
        account == 0 ? core->customers.items[0] : core_customer_by_account(core, account);

    if (customer == NULL)
        outcome_set(outcome, CONTROL_MISSING,
                    "there is no customer %llu: `serai customer ls` lists them",
                    (unsigned long long)account);
    return customer;
}

static void money_result(struct core *core, const struct customer *customer,
                         struct outcome *outcome)
{
    struct map map;

    map_init(&map);
    map_uint(&map, "customer", customer->account);
    map_text(&map, "name", customer->name);
    map_money(&map, "balance", ledger_balance(core->ledger, customer->account));
    map_end(&map, &outcome->result);
}

static bool fits_the_site(const struct core *core, struct money amount, struct outcome *outcome)
{
    const struct account *treasury = ledger_account(core->ledger, ACCOUNT_TREASURY);
    char most[MONEY_TEXT_BYTES];
    struct money minted;

    if (money_from_total(&minted, treasury->debits - treasury->credits) &&
        money_add(&minted, minted, amount) && money_compare(minted, money_site_max()) <= 0)
        return true;
    outcome_set(outcome, CONTROL_REFUSED, "one site holds at most %s, all together",
                money_print(most, money_site_max()));
    return false;
}

static void move_money(struct core *core, struct cbor *in, struct outcome *outcome, bool inward)
{
    uint64_t account;
    struct money amount;
    struct customer *customer;
    struct transfer line = {0};

    cbor_get_array(in, 2);
    account = cbor_get_uint(in, UINT64_MAX);
    amount = cbor_get_money(in);
    if (!outcome_args_done(in, outcome))
        return;
    customer = named_customer(core, account, outcome);
    if (customer == NULL)
        return;
    line.debit = inward ? ACCOUNT_TREASURY : customer->account;
    line.credit = inward ? customer->account : ACCOUNT_TREASURY;
    line.code = inward ? TRANSFER_MONEY_IN : TRANSFER_MONEY_OUT;
    line.amount = amount;
    if (money_is_zero(amount)) {
        outcome_set(outcome, CONTROL_REFUSED, "%s: the amount is zero", outcome->command);
        return;
    }
    if (inward && !fits_the_site(core, amount, outcome))
        return;
    if (!transfer(core, &line, outcome))
        return;
    money_result(core, customer, outcome);
    if (!inward)
        core_customer_may_be_over(core, customer->account);
}

static void money_in(struct core *core, struct customer *by, struct cbor *in,
                     struct outcome *outcome)
{
    (void)by;
    move_money(core, in, outcome, true);
}

static void money_out(struct core *core, struct customer *by, struct cbor *in,
                      struct outcome *outcome)
{
    (void)by;
    move_money(core, in, outcome, false);
}

/* ---- customers ---- */

bool core_name_is_plain(const char *name, const char *whose, struct outcome *outcome)
{
    if (text_is_name(name) &&
        strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._-") == strlen(name))
        return true;
    outcome_set(outcome, CONTROL_BAD_REQUEST,
                "%s name is 1 to %d of a-z, 0-9, '.', '_' and '-', and begins with a letter, so "
                "that it is never taken for a number: \"%s\" is none",
                whose, CONTROL_NAME_BYTES_MAX, name);
    return false;
}

static void customer_add(struct core *core, struct customer *by, struct cbor *in,
                         struct outcome *outcome)
{
    char name[CONTROL_NAME_BYTES_MAX + 1];
    uint8_t key[CONTROL_KEY_BYTES];
    struct fault fault;
    uint64_t account;
    struct map map;

    (void)by; /* the operator */
    cbor_get_array(in, 2);
    cbor_get_text(in, name, CONTROL_NAME_BYTES_MAX);
    cbor_get_bytes_exact(in, key, sizeof key);
    if (!outcome_args_done(in, outcome))
        return;
    if (!core_name_is_plain(name, "a customer's", outcome))
        return;
    if (!control_is_key(key)) {
        outcome_set(outcome, CONTROL_REFUSED,
                    "key: nobody can sign with it, for it is no point of Ed25519: copy the whole "
                    "of the customer's .pub file");
        return;
    }
    if (core_customer_add(core, name, key, &account, &fault) != ST_OK) {
        outcome_set(outcome, CONTROL_REFUSED, "%s", fault.text);
        return;
    }
    map_init(&map);
    map_uint(&map, "customer", account);
    map_text(&map, "name", name);
    map_end(&map, &outcome->result);
}

static void customer_share(struct core *core, struct customer *by, struct cbor *in,
                           struct outcome *outcome)
{
    struct customer *customer;
    uint64_t account;
    uint64_t share;
    struct map map;

    (void)by; /* the operator */
    cbor_get_array(in, 2);
    account = cbor_get_uint(in, UINT64_MAX);
    share = cbor_get_uint(in, UINT64_MAX);
    if (!outcome_args_done(in, outcome))
        return;
    customer = named_customer(core, account, outcome);
    if (customer == NULL)
        return;
    if (share < 1 || share > CUSTOMER_SHARE_MAX) {
        outcome_set(outcome, CONTROL_REFUSED, "a customer's share is from 1 to %d",
                    CUSTOMER_SHARE_MAX);
        return;
    }
    if (customer->interface != 0) {
        outcome_set(outcome, CONTROL_REFUSED,
                    "%s is a neighbour's customer: all of a neighbour have the share 1 together",
                    customer->name);
        return;
    }
    customer->share = (uint32_t)share;
    core_customer_changed(core, customer);
    agents_set_share(core->agents, customer->account, customer->share);
    map_init(&map);
    map_uint(&map, "customer", customer->account);
    map_text(&map, "name", customer->name);
    map_uint(&map, "share", share);
    map_end(&map, &outcome->result);
}

/* ---- agents ---- */

struct agent *core_own_agent(struct core *core, const struct customer *by, uint64_t id,
                             struct outcome *outcome, bool operator_too)
{
    struct agent *agent = agents_find(core->agents, id);

    if (agent == NULL) {
        outcome_set(outcome, CONTROL_MISSING, "there is no agent %llu: `serai agent ls` lists them",
                    (unsigned long long)id);
        return NULL;
    }
    if (agent_customer(agent) == by->account || (operator_too && is_operator(core, by)))
        return agent;
    outcome_set(outcome, CONTROL_DENIED, "agent %llu belongs to another customer",
                (unsigned long long)id);
    return NULL;
}

/* How the agent stands after what was done. */
static void state_result(const struct core *core, const struct agent *agent,
                         struct outcome *outcome)
{
    struct agent_view view;
    struct map map;

    agents_view(core->agents, agent, &view);
    map_init(&map);
    map_uint(&map, "agent", view.id);
    map_text(&map, "state", view.state);
    map_money(&map, "balance", ledger_balance(core->ledger, view.id));
    map_end(&map, &outcome->result);
}

static void agent_fund(struct core *core, struct customer *by, struct cbor *in,
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
    if (!transfer(core, &line, outcome))
        return;
    agents_topped_up(core->agents, agent);
    state_result(core, agent, outcome);
}

static void agent_send(struct core *core, struct customer *by, struct cbor *in,
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
    agent = core_own_agent(core, by, id, outcome, false);
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
    ledger_move(core->ledger, by->account, ACCOUNT_HELD_MESSAGE, message.postage,
                TRANSFER_POSTAGE_HOLD, 0);
    ledger_move(core->ledger, by->account, ACCOUNT_HELD_MESSAGE, message.money,
                TRANSFER_MESSAGE_HOLD, 0);
    agents_deliver(core->agents, agent, &message);
    agents_topped_up(core->agents, agent);
}

static void freeze_or_thaw(struct core *core, struct customer *by, struct cbor *in,
                           struct outcome *outcome, bool freeze)
{
    struct agent *agent;
    struct fault fault;
    uint64_t id;

    cbor_get_array(in, 1);
    id = cbor_get_uint(in, UINT64_MAX);
    if (!outcome_args_done(in, outcome))
        return;
    agent = core_own_agent(core, by, id, outcome, true);
    if (agent == NULL)
        return;
    if (!is_operator(core, by) && agents_is_held_by_site(agent)) {
        outcome_set(outcome, CONTROL_DENIED,
                    "agent %llu was frozen by the site: ask its operator to thaw it",
                    (unsigned long long)id);
        return;
    }
    if (freeze) {
        agents_freeze(core->agents, agent,
                      is_operator(core, by) ? FREEZE_BY_OPERATOR : FREEZE_BY_CUSTOMER);
    } else if (agents_thaw(core->agents, agent, &fault) != ST_OK) {
        outcome_set(outcome, CONTROL_REFUSED, "%s", fault.text);
        return;
    }
    state_result(core, agent, outcome);
}

static void agent_freeze(struct core *core, struct customer *by, struct cbor *in,
                         struct outcome *outcome)
{
    freeze_or_thaw(core, by, in, outcome, true);
}

static void agent_thaw(struct core *core, struct customer *by, struct cbor *in,
                       struct outcome *outcome)
{
    freeze_or_thaw(core, by, in, outcome, false);
}

/* ---- all commands ---- */

enum {
    OPERATOR_ONLY = 1, /* customers may not give it */
    FREE = 2,          /* nobody is charged for it: customers give it at a rate */
    WHILE_RESTING = 4, /* customers may give it while the site rests for its disk */
    NOT_WHEN_FULL = 8, /* nobody may give it while the disk is full */
};

static const struct command {
    const char *name;
    unsigned traits;
    void (*run)(struct core *core, struct customer *by, struct cbor *in, struct outcome *outcome);
} commands[] = {
    {"money.in", OPERATOR_ONLY, money_in},
    {"money.out", OPERATOR_ONLY, money_out},
    {"customer.add", OPERATOR_ONLY, customer_add},
    {"customer.share", OPERATOR_ONLY, customer_share},
    {"agent.deploy", NOT_WHEN_FULL, core_agent_deploy},
    {"agent.fund", FREE | WHILE_RESTING, agent_fund},
    {"agent.send", 0, agent_send},
    {"agent.freeze", FREE | WHILE_RESTING, agent_freeze},
    {"agent.thaw", FREE, agent_thaw},
    {"agent.end", FREE | WHILE_RESTING, core_agent_end},
    {"agent.withdraw", FREE | WHILE_RESTING, core_agent_withdraw},
    {"link.add", OPERATOR_ONLY, core_link_add},
    {"link.set", OPERATOR_ONLY, core_link_set},
    {"link.mark", OPERATOR_ONLY, core_link_mark},
    {"link.unmark", OPERATOR_ONLY, core_link_unmark},
    {"link.freeze", OPERATOR_ONLY, core_link_freeze},
    {"link.resume", OPERATOR_ONLY, core_link_resume},
    {"link.remove", OPERATOR_ONLY, core_link_remove},
};

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    }
    return NULL;
}

static bool disk_allows(const struct core *core, const struct command *command, bool by_operator,
                        struct outcome *outcome)
{
    bool rests = core_disk_rests(core) && !by_operator && (command->traits & WHILE_RESTING) == 0;

    if (!rests && !(core_disk_is_full(core) && (command->traits & NOT_WHEN_FULL) != 0))
        return true;
    outcome_set(outcome, CONTROL_TRY_AGAIN,
                "the site's disk is nearly full, and %s waits until its operator makes room",
                command->name);
    return false;
}

static bool may_for_nothing(const struct core *core, struct customer *by, struct outcome *outcome)
{
    static const struct allowance_rule rule = {FREE_COMMANDS_MAX, FREE_COMMANDS_PER_S};
    unsigned long long wait_s = allowance_wait_s(&by->free_commands, &rule, core->site_time_us);

    if (wait_s == 0)
        return true;
    outcome_set(outcome, CONTROL_TRY_AGAIN,
                "customer %s has given many commands that cost nothing, and has to wait: try again "
                "in %llu s",
                by->name, wait_s);
    return false;
}

void core_command(struct core *core, struct customer *by, const struct control_request *request,
                  struct outcome *outcome)
{
    const struct command *command = find_command(request->command);
    const bool by_operator = is_operator(core, by);
    struct cbor in;
    bool counts;

    if (command == NULL) {
        outcome_set(outcome, CONTROL_BAD_REQUEST, "there is no command %s", request->command);
        return;
    }
    if ((command->traits & OPERATOR_ONLY) != 0 && !by_operator) {
        outcome_set(outcome, CONTROL_DENIED, "%s is the operator's: sign with the operator's key",
                    command->name);
        return;
    }
    if (!disk_allows(core, command, by_operator, outcome))
        return;
    counts = (command->traits & FREE) != 0 && !by_operator;
    if (counts && !may_for_nothing(core, by, outcome))
        return;
    cbor_init(&in, request->args, request->args_size);
    command->run(core, by, &in, outcome);
    if (counts && outcome->status == CONTROL_DONE)
        allowance_use(&by->free_commands, 1);
}
