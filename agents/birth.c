/* Birth: what is checked, what is paid and what a new agent has. */
#include "agents/life.h"

#include <stdio.h>

#include "agents/accrual.h"
#include "agents/agent.h"
#include "agents/cap.h"
#include "agents/caps.h"
#include "agents/changes.h"
#include "agents/code.h"
#include "agents/customers.h"
#include "agents/funds.h"
#include "agents/life_tell.h"
#include "agents/limits.h"
#include "agents/message.h"
#include "agents/names.h"
#include "agents/program.h"
#include "agents/quotas.h"
#include "agents/ready.h"
#include "agents/set.h"
#include "agents/sleep.h"
#include "agents/turn.h"

const char *birth_result_text(enum birth_result result)
{
    switch (result) {
    case BIRTH_DONE:
        return "done";
    case BIRTH_SHORT:
        return "the endowment does not cover a birth, or the payer has not that much";
    case BIRTH_QUOTA:
        return "one of the customer's bounds is reached: of agents, memory, code, or events that "
               "wait";
    case BIRTH_FULL:
        return "the site's bound of agents is reached";
    case BIRTH_NO_CODE:
        return "there is no such code on this site";
    case BIRTH_LEAVING:
        return "the site is being drained: nothing is born here any more";
    case BIRTH_NO_ROOM:
        return "the site's disk is nearly full: nothing is born until its operator makes room";
    }
    return "unknown";
}

int32_t birth_result_refusal(enum birth_result result)
{
    switch (result) {
    case BIRTH_DONE:
        return 0;
    case BIRTH_SHORT:
        return SERAI_E_SHORT;
    case BIRTH_QUOTA:
        return SERAI_E_QUOTA;
    case BIRTH_FULL:
    case BIRTH_NO_ROOM:
        return SERAI_E_FULL;
    case BIRTH_NO_CODE:
        return SERAI_E_MISSING;
    case BIRTH_LEAVING:
        return SERAI_E_CLOSED;
    }
    return SERAI_E_INVALID;
}

struct money agents_birth_min(const struct agents *agents)
{
    struct money least = agent_needs(agents);

    money_accumulate(&least, agents->prices.burial_reserve);
    return least;
}

void agents_refuse_births(struct agents *agents, bool refuse)
{
    agents->refuses_births = refuse;
}

void agents_set_leaving(struct agents *agents, uint64_t until_us)
{
    agents->leaving_us = until_us;
}

/*
 * A birth within a turn that is undone.  Everything that the undo log holds about the agent was
 * restored before, as the log is played back from its end.
 */
static void birth_undo(void *context, void *argument)
{
    struct agents *agents = context;
    struct agent *agent = argument;

    /* No money came, it was only staged; so its account never was. */
    ledger_unopen(agents->ledger, agent->id);
    (void)!dense_remove(&agents->by_id, agent->id); /* it is there: agents_birth() put it */
    agent_is_gone(agents, agent);
    agent_unready(agents, agent); /* BORN made it so */
    agents->counters.births--;
    agents->counters.agents--;
    agent_free(agent); /* whatever pointed at it was undone before */
}

/* Whether an agent is born without what this slot holds: nobody gives what it has not itself. */
static bool birth_lacks(const struct agent *parent, const struct birth *birth, uint64_t slot)
{
    const struct cap *held = parent == NULL ? NULL : cap_table_at(&parent->caps, slot);

    return slot >= SERAI_SLOT_BUFFERS && ((birth->without & UINT32_C(1) << slot) != 0 ||
                                          (held != NULL && held->kind == SERAI_KIND_EMPTY));
}

/*
 * The slots of docs/guest-abi.md, "Slots": what every agent is born with, and the facet of its
 * origin.
 */
static void birth_give_caps(struct agents *agents, struct agent *agent, const struct agent *parent,
                            const struct birth *birth)
{
    for (uint64_t slot = 0; slot < SERAI_SLOT_FIRST_FREE; slot++) {
        struct cap cap = {.kind = cap_inborn_kind(slot)};

        if (slot == SERAI_SLOT_ORIGIN)
            cap = birth->origin;
        if (birth_lacks(parent, birth, slot))
            cap.kind = SERAI_KIND_EMPTY;
        agent_cap_set(agents, agent, slot, &cap);
    }
}

enum birth_result agents_birth_check_early(const struct agents *agents, const struct birth *birth)
{
    const struct customer_use *use = customer_use(agents, birth->customer);

    if (agents->refuses_births)
        return BIRTH_NO_ROOM;
    if (agents->leaving_us != 0)
        return BIRTH_LEAVING;
    if (agents->counters.agents >= agents->prices.agents_max)
        return BIRTH_FULL;
    if (!quota_allows(agents, use, CUSTOMER_AGENTS, 1) ||
        !quota_allows(agents, use, CUSTOMER_EVENTS, 1) ||
        !quota_allows(agents, use, CUSTOMER_EVENT_BYTES, birth->args_size))
        return BIRTH_QUOTA;
    return BIRTH_DONE;
}

static enum birth_result birth_check(struct agents *agents, const struct birth *birth,
                                     const struct code *code)
{
    const struct customer_use *use = customer_use(agents, birth->customer);
    enum birth_result early;
    uint64_t memory;

    if (code == NULL)
        return BIRTH_NO_CODE;
    early = agents_birth_check_early(agents, birth);
    if (early != BIRTH_DONE)
        return early;
    /* What depends on the module: the memory that it begins with, and its own bytes. */
    memory = (uint64_t)engine_code_memory_pages(code->engine) * ENGINE_WASM_PAGE_BYTES;
    if (!quota_allows(agents, use, CUSTOMER_MEMORY_BYTES, memory) ||
        !quota_allows_code(agents, use, code))
        return BIRTH_QUOTA;
    if (money_compare(birth->endowment, agents_birth_min(agents)) < 0)
        return BIRTH_SHORT;
    return BIRTH_DONE;
}

bool agents_birth_check(struct agents *agents, const struct birth *birth, enum birth_result *result)
{
    *result = birth_check(agents, birth, modules_find(&agents->modules, &birth->code));
    return *result == BIRTH_DONE;
}

/* The endowment pays all that an agent needs at once: its burial reserve and the event BORN. */
static void birth_post_money(struct agents *agents, const struct birth *birth, uint64_t id)
{
    agents_move(agents, birth->payer, id, birth->endowment, birth->endowment_code, id);
    agents_move(agents, id, ACCOUNT_DEPOSIT_BURIAL, agents->prices.burial_reserve,
                TRANSFER_BURIAL_DEPOSIT, id);
    agents_move(agents, id, ACCOUNT_HELD_RESERVE, agents_reserve(agents), TRANSFER_RESERVE_HOLD,
                id);
}

/* A child has no name of its own, and a birth outside of turns is for good, so it is found. */
static void birth_name(struct agents *agents, struct agent *agent, struct agent *parent,
                       const struct birth *birth)
{
    if (parent != NULL) {
        name_child(agents, agent, parent);
        return;
    }
    (void)snprintf(agent->name, sizeof agent->name, "%s", birth->name);
    if (agents->turn == NULL && !birth->is_desk)
        name_index_put(agents, agent);
}

static void birth_start_rent(struct agents *agents, struct agent *agent)
{
    /*
     * Rent is owed from now on.  That for code has an index of its own, which the reference holds.
     */
    for (int resource = 0; resource < RENT_CODE; resource++)
        agent->rent.index[resource] = rent_index_now(agents, (enum rent_resource)resource);
    agent->rent.touched_us = agents->now_us;
}

/* The account and the agent, in the set and with nothing in it yet. */
static struct agent *birth_make(struct agents *agents, const struct birth *birth)
{
    struct agent *made;
    uint64_t id;

    INVARIANT(ledger_open(agents->ledger, KIND_AGENT, birth->customer, &id) == ST_OK);
    made = agent_alloc(id);
    made->customer = birth->customer;
    made->use = customer_use(agents, birth->customer);
    made->parent = birth->parent;
    made->born_frame = ledger_frame(agents->ledger);
    made->burial = agents->prices.burial_reserve;
    (void)!dense_put(&agents->by_id, id, made); /* a new number replaces nothing */
    agent_is_awake(agents, made);
    agents->counters.births++;
    agents->counters.agents++;
    /* Before all that is saved for this agent: undone last, when no other entry points at it. */
    if (agents->turn != NULL)
        undo_on_rollback(agents->undo, birth_undo, agents, made);
    return made;
}

/* BORN brings the arguments, the caps of the parent, and then those that were given by kind. */
static void birth_deliver(struct agents *agents, struct agent *made, const struct birth *birth)
{
    struct message born = {.kind = SERAI_EVENT_BORN,
                           .status = birth->trial ? BORN_ON_TRIAL : BORN_FOR_GOOD,
                           .data = birth->args,
                           .size = birth->args_size,
                           .money = birth->endowment,
                           .reserve = agents_reserve(agents)};

    INVARIANT(birth->cap_count + birth->gift_count <= SERAI_MESSAGE_CAPS_MAX);
    for (size_t i = 0; i < birth->cap_count; i++)
        born.caps[born.cap_count++] = birth->caps[i];
    for (size_t i = 0; i < birth->gift_count; i++)
        born.caps[born.cap_count++] = (struct cap){.kind = birth->gifts[i]};
    agents_deliver(agents, made, &born);
}

enum birth_result agents_birth(struct agents *agents, const struct birth *birth,
                               struct agent **agent)
{
    struct code *code = modules_find(&agents->modules, &birth->code);
    enum birth_result result = birth_check(agents, birth, code);
    struct agent *parent = birth->parent == 0 ? NULL : agents_find(agents, birth->parent);
    struct agent *made;

    if (result != BIRTH_DONE)
        return result;
    /* Nothing below can be refused; in a turn all of it is undone with the turn. */
    made = birth_make(agents, birth);
    birth_name(agents, made, parent, birth);
    quota_take(agents, made->use, CUSTOMER_AGENTS, 1);
    agents_lineage_take(agents, made->customer);
    birth_start_rent(agents, made);
    agent_adopt_code(agents, made, code_ref_take(agents, made->use, code));
    made->confined = birth->confined || (parent != NULL && parent->confined);
    birth_give_caps(agents, made, parent, birth);
    birth_post_money(agents, birth, made->id);
    birth_deliver(agents, made, birth);
    if (!birth->is_desk)
        life_tell_birth(agents, made);
    agent_dirty(&agents->changes, made);
    *agent = made;
    return BIRTH_DONE;
}

/* ---- what one would cost ---- */

/* How many of these modules are the one at `index` and come before it. */
static uint32_t birth_named_before(const struct hash *modules, size_t index)
{
    uint32_t before = 0;

    for (size_t i = 0; i < index; i++)
        before += hash_equal(&modules[i], &modules[index]);
    return before;
}

/*
 * All references to a module pay an equal share of it, as code_share_update() has it: with those
 * that this birth would add.  A module that is kept is one reference however often it is named.
 */
static uint64_t birth_code_bytes(const struct agents *agents, const struct hash *modules,
                                 size_t count)
{
    uint64_t bytes = 0;

    for (size_t i = 0; i < count; i++) {
        const struct code *code = modules_find(&agents->modules, &modules[i]);
        bool also_kept = false;
        bool also_run = i > 0 && hash_equal(&modules[0], &modules[i]);

        INVARIANT(code != NULL);
        if (code->builtin || birth_named_before(modules, i) > (also_run ? 1 : 0))
            continue;
        for (size_t at = 1; i == 0 && at < count; at++)
            also_kept = also_kept || hash_equal(&modules[0], &modules[at]);
        bytes += code->held / (code->refs + 1 + (also_kept || also_run ? 1 : 0));
    }
    return bytes;
}

/* The rent of a day for bytes; what is more than there can be is the most that there can be. */
static struct money birth_rent_day(uint64_t bytes, struct money price)
{
    struct money rent = money_zero();

    return money_cost_ceil(&rent, price, bytes * 24, UINT64_C(1) << 30) ? rent : money_site_max();
}

void agents_birth_cost(const struct agents *agents, const struct birth *birth,
                       const struct hash *modules, size_t module_count, struct birth_cost *cost)
{
    const struct code *code = modules_find(&agents->modules, &modules[0]);
    uint64_t caps = SERAI_SLOT_FIRST_FREE + birth->gift_count;

    INVARIANT(code != NULL);
    if (birth->origin.kind == SERAI_KIND_EMPTY)
        caps--;
    cost->burial = agents->prices.burial_reserve;
    cost->reserve = agents_reserve(agents);
    cost->memory_bytes = HELD_AGENT + caps * HELD_CAP +
                         (uint64_t)engine_code_memory_pages(code->engine) * ENGINE_WASM_PAGE_BYTES;
    cost->code_bytes = birth_code_bytes(agents, modules, module_count);
    cost->rent_day = birth_rent_day(cost->memory_bytes, agents->prices.memory_rent);
    money_accumulate(&cost->rent_day, birth_rent_day(cost->code_bytes, agents->prices.code_rent));
}
