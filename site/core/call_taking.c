/*
 * A customer takes what agents answered, and keeps the capabilities among it under names of its
 * own.
 */
#include <stdio.h>

#include "agents/agents.h"
#include "site/core/calls.h"
#include "site/core/commands.h"
#include "site/core/customers.h"
#include "site/core/desks.h"
#include "site/core/map.h"
#include "site/core/state.h"

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
    if (!outcome_args_done(in, outcome) || !core_find_cap(by, name, &slot, outcome))
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
    if (!outcome_args_done(in, outcome) || !core_find_cap(by, name, &slot, outcome) ||
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
