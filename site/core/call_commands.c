/*
 * A customer asks an agent, takes what comes back, and keeps the capabilities among it under names
 * of its own.  What holds them is in desks.c and agents/desk.c.
 */
#include <stdio.h>
#include <string.h>

#include "agents/agents.h"
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

static bool call_find_cap(const struct customer *by, const char *name, uint64_t *slot,
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
        return call_find_cap(by, call->target, &call->question.slot, outcome);
    call->question.to = core_agent_argument(core, by, call->agent, false, outcome);
    return call->question.to != NULL;
}

/* What agents_desk_check() refused, in words. */
static void call_refused(const struct customer *by, const struct call *call, int64_t refusal,
                         struct outcome *outcome)
{
    switch (refusal) {
    case SERAI_E_KIND:
        outcome_set(outcome, CONTROL_REFUSED, "%s is no facet, and nothing else can be called",
                    call->target);
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
        outcome_set(outcome, CONTROL_TRY_AGAIN, "the inbox is full: try again later");
        return;
    }
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

    if (!call_find_target(core, by, call, outcome))
        return false;
    for (size_t i = 0; i < question->slot_count; i++) {
        if (!call_find_cap(by, call->caps[i], &question->slots[i], outcome))
            return false;
    }
    question->customer = by->account;
    question->desk = core_desk_agent(core, by);
    if (question->desk != NULL && agents_desk_calls(question->desk) >= DESK_CALLS_MAX) {
        outcome_set(outcome, CONTROL_REFUSED,
                    "customer %s has %d calls whose answers it has not taken, and may not have "
                    "more: `serai call ls` lists them",
                    by->name, DESK_CALLS_MAX);
        return false;
    }
    refusal = agents_desk_check(core->agents, question, postage);
    if (refusal != 0) {
        call_refused(by, call, refusal, outcome);
        return false;
    }
    return call_can_pay(core, by, call, *postage, outcome);
}

void command_agent_call(struct core *core, struct customer *by, struct cbor *in,
                        struct outcome *outcome)
{
    struct call call = {0};
    struct money postage;
    struct map map;
    uint64_t number;

    call_read(in, &call);
    if (!outcome_args_done(in, outcome) || !call_check(core, by, &call, &postage, outcome))
        return;
    if (call.question.desk == NULL) {
        call.question.desk = core_desk_make(core, by, outcome);
        if (call.question.desk == NULL)
            return;
    }
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

/* ---- taking the answer ---- */

/* The answer to a call of the customer's; NULL: the outcome says why there is none. */
static const struct message *call_answer(const struct agent *desk, uint64_t call,
                                         struct outcome *outcome)
{
    const struct message *answer = desk == NULL ? NULL : agents_desk_answer(desk, call);

    if (answer != NULL)
        return answer;
    if (desk != NULL && agents_desk_waits(desk, call))
        outcome_set(outcome, CONTROL_TRY_AGAIN, "call %llu has no answer yet",
                    (unsigned long long)call);
    else
        outcome_set(outcome, CONTROL_MISSING,
                    "there is no call %llu: its answer was taken, or it was dropped",
                    (unsigned long long)call);
    return NULL;
}

/* The name of the `index`th of several: car, car-2, car-3. */
static bool cap_name_numbered(char name[CONTROL_NAME_BYTES_MAX + 1], const char *base, size_t index)
{
    int size;

    if (index == 0)
        size = snprintf(name, CONTROL_NAME_BYTES_MAX + 1, "%s", base);
    else
        size = snprintf(name, CONTROL_NAME_BYTES_MAX + 1, "%s-%zu", base, index + 1);
    return size > 0 && size <= CONTROL_NAME_BYTES_MAX;
}

/* Names for all that an answer brings: a base, numbered from the first that is free for all. */
struct cap_names {
    const char *base; /* empty: any that is free, from "cap" on */
    size_t first;
    size_t count;
};

static bool cap_names_are_free(const struct customer *by, const struct cap_names *names)
{
    char name[CONTROL_NAME_BYTES_MAX + 1];

    for (size_t i = 0; i < names->count; i++) {
        if (!cap_name_numbered(name, names->base, names->first + i) ||
            core_desk_find(by, name) != NULL)
            return false;
    }
    return true;
}

/* A name that was asked for is given or refused: never another one. */
static bool cap_names_choose(const struct customer *by, struct cap_names *names,
                             struct outcome *outcome)
{
    bool chosen = names->base[0] != '\0';

    if (names->count == 0)
        return true;
    if (by->desk->count + names->count > DESK_CAPS_MAX) {
        outcome_set(outcome, CONTROL_REFUSED,
                    "customer %s has %zu capabilities, and may have %d: drop some (`serai cap "
                    "drop`), and take the answer again",
                    by->name, by->desk->count, DESK_CAPS_MAX);
        return false;
    }
    if (chosen && !outcome_name_is_plain(names->base, "a capability's", outcome))
        return false;
    if (chosen && cap_names_are_free(by, names))
        return true;
    if (chosen) {
        outcome_set(outcome, CONTROL_REFUSED,
                    "customer %s has a capability %s already, or a name with a number is too long: "
                    "take the answer with another name",
                    by->name, names->base);
        return false;
    }
    names->base = "cap";
    while (!cap_names_are_free(by, names))
        names->first++; /* at most DESK_CAPS_MAX of them are taken */
    return true;
}

/* Name what the answer brought, and list it. */
static void call_name_caps(struct core *core, struct customer *by, struct agent *desk,
                           const struct cap_names *names, const uint64_t *slots, struct map *map)
{
    struct bytes list = {0};

    cbor_put_array(&list, names->count);
    for (size_t i = 0; i < names->count; i++) {
        char name[CONTROL_NAME_BYTES_MAX + 1];
        struct map cap;

        (void)!cap_name_numbered(name, names->base, names->first + i); /* it was asked */
        core_desk_name(core, by, slots[i], name);
        map_init(&cap);
        map_text(&cap, "name", name);
        map_text(&cap, "kind", core_cap_word(core, desk, slots[i]));
        map_end(&cap, &list);
    }
    map_raw(map, "caps", &list);
    bytes_fini(&list);
}

void command_call_take(struct core *core, struct customer *by, struct cbor *in,
                       struct outcome *outcome)
{
    struct agent *desk = core_desk_agent(core, by);
    char base[CONTROL_NAME_BYTES_MAX + 1];
    uint64_t slots[DESK_ANSWER_CAPS_MAX];
    struct cap_names names = {.base = base};
    const struct message *answer;
    struct map map;
    uint64_t call;

    cbor_get_array(in, 2);
    call = cbor_get_uint(in, UINT64_MAX);
    cbor_get_text(in, base, CONTROL_NAME_BYTES_MAX);
    if (!outcome_args_done(in, outcome))
        return;
    answer = call_answer(desk, call, outcome);
    if (answer == NULL)
        return;
    names.count = agents_desk_answer_caps(answer);
    if (!cap_names_choose(by, &names, outcome))
        return;
    map_init(&map);
    core_call_entries(&map, call, answer);
    core_call_data(&map, answer);
    agents_desk_take(core->agents, desk, call, slots);
    call_name_caps(core, by, desk, &names, slots, &map);
    map_money(&map, "balance", ledger_balance(core->ledger, by->account));
    map_end(&map, &outcome->result);
}

/* An answer that is there is taken and thrown away, but for its money. */
void command_call_drop(struct core *core, struct customer *by, struct cbor *in,
                       struct outcome *outcome)
{
    struct agent *desk = core_desk_agent(core, by);
    struct map map;
    uint64_t call;

    cbor_get_array(in, 1);
    call = cbor_get_uint(in, UINT64_MAX);
    if (!outcome_args_done(in, outcome))
        return;
    if (desk != NULL && agents_desk_waits(desk, call))
        agents_desk_forget(core->agents, desk, call);
    else if (call_answer(desk, call, outcome) != NULL)
        agents_desk_take(core->agents, desk, call, NULL);
    else
        return;
    map_init(&map);
    map_uint(&map, "call", call);
    map_text(&map, "state", "dropped");
    map_money(&map, "balance", ledger_balance(core->ledger, by->account));
    map_end(&map, &outcome->result);
}

/* ---- what is kept ---- */

void command_cap_drop(struct core *core, struct customer *by, struct cbor *in,
                      struct outcome *outcome)
{
    char name[CONTROL_NAME_BYTES_MAX + 1];
    struct agent *desk = core_desk_agent(core, by);
    struct map map;
    uint64_t slot;

    cbor_get_array(in, 1);
    cbor_get_text(in, name, CONTROL_NAME_BYTES_MAX);
    if (!outcome_args_done(in, outcome) || !call_find_cap(by, name, &slot, outcome))
        return;
    core_desk_unname(core, by, name);
    agents_desk_drop(core->agents, desk, slot);
    map_init(&map);
    map_text(&map, "name", name);
    map_text(&map, "state", "dropped");
    map_end(&map, &outcome->result);
}

void command_cap_name(struct core *core, struct customer *by, struct cbor *in,
                      struct outcome *outcome)
{
    char name[CONTROL_NAME_BYTES_MAX + 1];
    char fresh[CONTROL_NAME_BYTES_MAX + 1];
    struct map map;
    uint64_t slot;

    cbor_get_array(in, 2);
    cbor_get_text(in, name, CONTROL_NAME_BYTES_MAX);
    cbor_get_text(in, fresh, CONTROL_NAME_BYTES_MAX);
    if (!outcome_args_done(in, outcome) || !call_find_cap(by, name, &slot, outcome) ||
        !outcome_name_is_plain(fresh, "a capability's", outcome))
        return;
    if (core_desk_find(by, fresh) != NULL) {
        outcome_set(outcome, CONTROL_REFUSED, "customer %s has a capability %s already", by->name,
                    fresh);
        return;
    }
    core_desk_unname(core, by, name);
    core_desk_name(core, by, slot, fresh);
    map_init(&map);
    map_text(&map, "name", fresh);
    map_end(&map, &outcome->result);
}
