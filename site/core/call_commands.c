/*
 * A customer asks an agent something, or to become another program.  What comes back is taken in
 * call_taking.c; what holds it is in desks.c and agents/desk.c.
 */
#include <stdio.h>
#include <string.h>

#include "agents/agents.h"
#include "agents/modules.h"
#include "site/core/calls.h"
#include "site/core/commands.h"
#include "site/core/customers.h"
#include "site/core/desks.h"
#include "site/core/map.h"
#include "site/core/state.h"

/* ---- asking ---- */

/* The args of agent.call, and what they name. */
struct call {
    uint64_t agent;                          /* when `target` is empty */
    char target[CONTROL_NAME_BYTES_MAX + 1]; /* a capability of the customer's */
    char caps[SERAI_MESSAGE_CAPS_MAX][CONTROL_NAME_BYTES_MAX + 1];
    struct desk_question question;
};

static void call_read(struct cbor *in, struct call *call)
{
    struct desk_question *question = &call->question;

    question->kind = SERAI_EVENT_MESSAGE;
    cbor_get_array(in, 4);
    if (cbor_peek(in) == CBOR_TEXT)
        cbor_get_text(in, call->target, CONTROL_NAME_BYTES_MAX);
    else
        call->agent = cbor_get_uint(in, UINT64_MAX);
    question->data = cbor_get_bytes(in, &question->size, SERAI_MESSAGE_BYTES_MAX);
    question->slot_count = (size_t)cbor_get_array_any(in, SERAI_MESSAGE_CAPS_MAX);
    for (size_t i = 0; i < question->slot_count; i++)
        cbor_get_text(in, call->caps[i], CONTROL_NAME_BYTES_MAX);
    question->money = cbor_get_money(in);
}

bool core_find_cap(const struct customer *by, const char *name, uint64_t *slot,
                   struct outcome *outcome)
{
    const struct desk_cap *cap = core_desk_find(by, name);

    if (cap == NULL) {
        outcome_set(outcome, CONTROL_MISSING,
                    "customer %s has no capability %s: `serai cap ls` lists them", by->name, name);
        return false;
    }
    *slot = cap->slot;
    return true;
}

/* An agent is called by its own customer, as it is sent messages; others hold a capability. */
static bool call_find_target(struct core *core, const struct customer *by, struct call *call,
                             struct outcome *outcome)
{
    if (call->target[0] != '\0')
        return core_find_cap(by, call->target, &call->question.slot, outcome);
    call->question.to = core_agent_argument(core, by, call->agent, false, outcome);
    return call->question.to != NULL;
}

/* What agents_desk_check() refused, in words. */
static void call_refused(const struct core *core, const struct customer *by,
                         const struct call *call, int64_t refusal, struct outcome *outcome)
{
    switch (refusal) {
    case SERAI_E_KIND:
        outcome_set(outcome, CONTROL_REFUSED, "%s is no facet, and nothing else can be called",
                    call->target);
        return;
    case SERAI_E_PENDING:
        outcome_set(outcome, CONTROL_TRY_AGAIN,
                    "%s is a promise, and what it stands for is not known yet: try again later",
                    call->target);
        return;
    case SERAI_E_BROKEN:
        outcome_set(outcome, CONTROL_REFUSED,
                    "%s is a broken promise: what it was to stand for never came", call->target);
        return;
    case SERAI_E_CLOSED:
        outcome_set(outcome, CONTROL_REFUSED,
                    "%s is dead: it was revoked or used up, or its agent has ended", call->target);
        return;
    case SERAI_E_INVALID:
        outcome_set(outcome, CONTROL_REFUSED, "a reply is in one place, and is named twice here");
        return;
    case SERAI_E_QUOTA:
        outcome_set(outcome, CONTROL_REFUSED,
                    "one of customer %s's bounds is reached: of facets or of events that wait",
                    by->name);
        return;
    default:
        break;
    }
    if (call->question.desk != NULL && agents_desk_calls(call->question.desk) >= DESK_CALLS_MAX &&
        !agents_desk_is_answer(core->agents, &call->question))
        outcome_set(outcome, CONTROL_REFUSED,
                    "customer %s has %d calls whose answers it has not taken, and may not have "
                    "more: `serai call ls` lists them",
                    by->name, DESK_CALLS_MAX);
    else
        outcome_set(outcome, CONTROL_TRY_AGAIN, "the inbox is full: try again later");
}

/* Whether the customer has what the call costs; with a first one the desk as well. */
static bool call_can_pay(struct core *core, const struct customer *by, const struct call *call,
                         struct money postage, struct outcome *outcome)
{
    struct money balance = ledger_balance(core->ledger, by->account);
    struct money total = call->question.money;
    char needs[MONEY_TEXT_BYTES];
    char has[MONEY_TEXT_BYTES];
    bool fits = money_add(&total, total, postage);

    if (by->desk == NULL)
        fits = fits && money_add(&total, total, agents_desk_price(core->agents)) &&
               money_add(&total, total, core->book.birth_fee);
    if (fits && money_compare(total, balance) <= 0)
        return true;
    if (!fits)
        outcome_set(outcome, CONTROL_REFUSED, "nobody has that much money");
    else
        outcome_set(outcome, CONTROL_REFUSED,
                    "customer %s has %s, and the call needs %s: its money and postage%s", by->name,
                    money_print(has, balance), money_print(needs, total),
                    by->desk == NULL ? ", and what a desk costs" : "");
    return false;
}

/* All that can refuse; then the call can be made. */
static bool call_check(struct core *core, struct customer *by, struct call *call,
                       struct money *postage, struct outcome *outcome)
{
    struct desk_question *question = &call->question;
    int64_t refusal;

    for (size_t i = 0; i < question->slot_count; i++) {
        if (!core_find_cap(by, call->caps[i], &question->slots[i], outcome))
            return false;
    }
    question->customer = by->account;
    question->desk = core_desk_agent(core, by);
    refusal = agents_desk_check(core->agents, question, postage);
    if (refusal != 0) {
        call_refused(core, by, call, refusal, outcome);
        return false;
    }
    return call_can_pay(core, by, call, *postage, outcome);
}

/* A first call makes the desk, which may be refused; then nothing was changed. */
static bool call_has_desk(struct core *core, struct customer *by, struct call *call,
                          struct outcome *outcome)
{
    if (call->question.desk == NULL)
        call->question.desk = core_desk_make(core, by, outcome);
    return call->question.desk != NULL;
}

void command_agent_call(struct core *core, struct customer *by, struct cbor *in,
                        struct outcome *outcome)
{
    struct call call = {0};
    struct money postage;
    struct map map;
    uint64_t number;

    call_read(in, &call);
    if (!outcome_args_done(in, outcome) || !call_find_target(core, by, &call, outcome) ||
        !call_check(core, by, &call, &postage, outcome) || !call_has_desk(core, by, &call, outcome))
        return;
    for (size_t i = 0; i < call.question.slot_count; i++) {
        if (agents_desk_is_reply(core->agents, call.question.desk, call.question.slots[i]))
            core_desk_unname(core, by, call.caps[i]); /* it moves */
    }
    if (call.target[0] != '\0' &&
        agents_desk_is_reply(core->agents, call.question.desk, call.question.slot))
        core_desk_unname(core, by, call.target); /* it is used up */
    number = agents_desk_ask(core->agents, &call.question);
    map_init(&map);
    if (number != 0)
        map_uint(&map, "call", number);
    else /* it answered somebody, and no answer comes to that */
        map_text(&map, "state", "sent");
    map_money(&map, "postage", postage);
    map_money(&map, "balance", ledger_balance(core->ledger, by->account));
    map_end(&map, &outcome->result);
}

/* ---- asking for an upgrade ---- */

/* What agent.upgrade brings, and the question that it becomes. */
struct upgrade {
    struct agents_module module;
    bool staged; /* it was not here before */
    struct call call;
};

static void upgrade_read(struct cbor *in, struct upgrade *upgrade)
{
    struct desk_question *question = &upgrade->call.question;

    question->kind = SERAI_EVENT_UPGRADE;
    cbor_get_array(in, 3);
    upgrade->call.agent = cbor_get_uint(in, UINT64_MAX);
    upgrade->module.bytes = cbor_get_bytes(in, &upgrade->module.size, CONTROL_BYTES_MAX);
    question->status = cbor_get_bool(in) ? SERAI_UPGRADE_TRY : 0;
    question->size = HASH_BYTES; /* its id, which is known once it is hashed */
}

/*
 * The module is checked and taken in, and can be put on the agent's list.  False: nothing was
 * changed but for the allowance, and the outcome says why.  No birth is paid here, so what is
 * checked uses the allowance up in any case.
 */
static bool upgrade_stage(struct core *core, struct customer *by, struct upgrade *upgrade,
                          struct outcome *outcome)
{
    struct agents_module *module = &upgrade->module;
    struct fault fault;

    upgrade->staged = !agents_code_is_here(core->agents, &module->id);
    if (upgrade->staged) {
        if (!core_may_check_code(core, by, outcome))
            return false;
        allowance_use(&by->refused_code, module->size);
        if (agents_code_stage(core->agents, module->bytes, module->size, &module->id, &fault) !=
            ST_OK) {
            core_refuse_module(&fault, outcome);
            return false;
        }
    }
    if (agents_code_fits(core->agents, upgrade->call.question.to, module))
        return true;
    outcome_set(outcome, CONTROL_REFUSED,
                "agent %llu keeps as many modules as it may, or the agents of customer %s as many "
                "bytes of code: drop some first",
                (unsigned long long)upgrade->call.agent, by->name);
    if (upgrade->staged)
        agents_code_unstage(core->agents, &module->id);
    return false;
}

/*
 * The module is kept for the agent until it has handled the event, and the question is answered
 * when that is decided (agents/upgrade.h).
 */
static void upgrade_ask(struct core *core, const struct customer *by, struct upgrade *upgrade,
                        struct outcome *outcome)
{
    struct desk_question *question = &upgrade->call.question;
    const struct agents_module *module = &upgrade->module;
    struct fault fault;
    struct hash id;
    struct map map;

    question->badge = !agents_code_is_kept(core->agents, question->to, &module->id);
    /* upgrade_stage() has seen to all that could refuse it; a full list may have it already. */
    if (question->badge != 0)
        INVARIANT(agents_code_put(core->agents, question->to, module->bytes, module->size, &id,
                                  &fault) == ST_OK);
    map_init(&map);
    map_uint(&map, "call", agents_desk_ask(core->agents, question));
    map_hex(&map, "module", module->id.bytes, HASH_BYTES);
    map_money(&map, "balance", ledger_balance(core->ledger, by->account));
    map_end(&map, &outcome->result);
}

void command_agent_upgrade(struct core *core, struct customer *by, struct cbor *in,
                           struct outcome *outcome)
{
    struct upgrade upgrade = {0};
    struct money postage;

    upgrade_read(in, &upgrade);
    if (!outcome_args_done(in, outcome))
        return;
    upgrade.module.id = hash_of(upgrade.module.bytes, upgrade.module.size);
    upgrade.call.question.data = upgrade.module.id.bytes;
    /* From the cheap to the dear, as a deployment is checked. */
    if (!call_find_target(core, by, &upgrade.call, outcome) ||
        !call_check(core, by, &upgrade.call, &postage, outcome) ||
        !upgrade_stage(core, by, &upgrade, outcome))
        return;
    if (call_has_desk(core, by, &upgrade.call, outcome))
        upgrade_ask(core, by, &upgrade, outcome);
    else if (upgrade.staged)
        agents_code_unstage(core->agents, &upgrade.module.id);
}
