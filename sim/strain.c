/*
 * Strains on a site: drawn, watched for, and counted.  What a guest brings about is seen from
 * outside, at the beginning and the end of each turn; nothing of a core is changed here.
 */
#include "sim/strain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agents/agent.h"
#include "agents/agents.h"
#include "agents/objects.h"
#include "agents/set.h"
#include "agents/turns/turn.h"
#include "sim/client.h"
#include "sim/sim.h"

enum {
    CROWD = 1000,
    CROWD_STEPS = 40,         /* it comes within this many */
    FLOOD = 3,                /* messages in a turn, before inboxes are looked at */
    BUYER_KILLED_ONE_IN = 16, /* of sites where one has just bought */
    DEAD_KILLED_ONE_IN = 4,
};

/* What is watched of one site. */
struct strain {
    uint64_t births;          /* when the last frame was closed */
    uint64_t dead_buyers;     /* ends that wait for an answer, of agents that are dead */
    struct table eaters;      /* agent -> its turns when it last ate all its fuel */
    bool bought, died_buying; /* in the turns since the last look */
    /* the turn that runs */
    uint64_t agent, messages, traps;
    bool answer_waits; /* unheard, from within the site */
    bool full;         /* its inbox, for one customer at least */
};

struct strain *strain_new(void)
{
    return calloc(1, sizeof(struct strain));
}

void strain_free(struct strain *strain)
{
    if (strain == NULL)
        return;
    table_fini(&strain->eaters);
    free(strain);
}

/* ---- ends ---- */

/* A count of channel ends whose purchase is not answered yet. */
struct ends {
    const struct agents *agents;
    uint64_t owner;
    uint64_t pending;      /* over links, of `owner` */
    uint64_t dead_pending; /* over links, of whoever is dead */
};

static void strain_count_end(void *context, struct channel_end *end)
{
    struct ends *ends = context;

    /* A death gives up what was pending, and the answer is still to come. */
    if ((end->state != CHANNEL_PENDING && end->state != CHANNEL_GIVEN_UP) ||
        end->interface == CHANNEL_INTERFACE_SELF)
        return;
    ends->pending += end->owner == ends->owner;
    ends->dead_pending += !agents_has(ends->agents, end->owner);
}

static struct ends strain_count_ends(const struct sim_site *site, uint64_t owner)
{
    struct ends ends = {.agents = site->core->agents, .owner = owner};

    channels_each(site->core->channels, strain_count_end, &ends);
    return ends;
}

/* What was counted before a crash says nothing about the core that started after it. */
void strain_begin(struct sim_site *site)
{
    struct strain *strain = site->strain;

    table_fini(&strain->eaters);
    *strain = (struct strain){.dead_buyers = strain_count_ends(site, 0).dead_pending};
}

/* ---- after a turn ---- */

/* Whether the turn used all its fuel, by the turn's own count: with none left it can only end. */
static void strain_look_for_eater(struct sim_site *site, const struct agent *agent)
{
    struct strain *strain = site->strain;
    uintptr_t before;

    if (site->core->agents->turn_memory->instance.fuel != 0)
        return;
    before =
        (uintptr_t)table_put(&strain->eaters, agent->id, (void *)(uintptr_t)agent->usage.turns);
    sim_saw(site->sim, SEEN_ALL_FUEL);
    if (before != 0 && before + 1 == agent->usage.turns)
        sim_saw(site->sim, SEEN_ALL_FUEL_AGAIN);
}

/* Visit each agent that is in RAM as a struct: one that is packed has no messages. */
static void strain_each_awake(const struct agents *agents,
                              void (*visit)(void *context, const struct agent *agent),
                              void *context)
{
    for (size_t at = 0; at < agents->awake.list.size; at += sizeof(struct agent *)) {
        const struct agent *agent;

        memcpy(&agent, agents->awake.list.data + at, sizeof agent);
        visit(context, agent);
    }
}

/* The number of customers for whom an agent's inbox is full. */
static size_t strain_full_for(const struct sim_site *site, const struct agent *agent)
{
    const struct pricebook *prices = &site->core->agents->prices;
    uint64_t part = prices->inbox_messages_max * prices->customer_inbox_percent / 100;
    size_t count = 0;

    for (size_t i = 0; i < agent->inbox.share_count; i++)
        count += agent->inbox.shares[i].messages >= part;
    return count;
}

static void strain_look_into_inbox(void *context, const struct agent *agent)
{
    struct sim_site *site = context;

    if (agent->inbox.count >= site->core->agents->prices.inbox_messages_max)
        sim_saw(site->sim, SEEN_INBOX_FULL);
    for (size_t i = strain_full_for(site, agent); i > 0; i--)
        sim_saw(site->sim, SEEN_PART_FULL);
}

/* A look for messages that wait for an agent's answer. */
struct promises {
    const struct agents *agents;
    uint64_t sender;
    bool found;
};

/*
 * A message from the dead agent whose reply leads to no facet any more: its answer would go to
 * nobody.
 */
static void strain_look_for_promise(void *context, const struct agent *agent)
{
    struct promises *promises = context;

    for (const struct inbox_message *at = agent->inbox.first; at != NULL; at = at->next) {
        if (at->m.sender == promises->sender && at->m.reply.kind == SERAI_KIND_FACET &&
            object_find(&promises->agents->objects, at->m.reply.object, OBJECT_FACET) == NULL)
            promises->found = true;
    }
}

/* Whether an entry of the heap was paid by this agent. */
static bool strain_has_deposits(const struct agents *agents, uint64_t payer)
{
    for (size_t bucket = 0; bucket < agents->heap.bucket_count; bucket++) {
        for (const struct heap_entry *at = agents->heap.buckets[bucket]; at != NULL;
             at = at->next) {
            if (at->payer == payer)
                return true;
        }
    }
    return false;
}

/*
 * What the agent that has just ended left behind: each is a moment that a run must come to (enum
 * seen).
 */
static void strain_look_at_death(struct sim_site *site)
{
    struct strain *strain = site->strain;
    const struct agents *agents = site->core->agents;
    struct promises promises = {agents, strain->agent, false};
    struct ends ends = strain_count_ends(site, strain->agent);

    strain_each_awake(agents, strain_look_for_promise, &promises);
    if (strain->full)
        sim_saw(site->sim, SEEN_DIED_FULL);
    if (promises.found)
        sim_saw(site->sim, SEEN_DIED_PROMISES);
    if (strain_has_deposits(agents, strain->agent))
        sim_saw(site->sim, SEEN_DIED_DEPOSITS);
    if (strain->answer_waits)
        sim_saw(site->sim, SEEN_DIED_BUYING);
    if (ends.pending > 0) {
        sim_saw(site->sim, SEEN_DIED_BUYING_FAR);
        strain->died_buying = true;
    }
    strain->dead_buyers = ends.dead_pending;
}

/* Whether an answer to a purchase within the site is in the inbox and not handled. */
static bool strain_answer_waits(const struct sim_site *site, const struct agent *agent)
{
    for (const struct inbox_message *at = agent->inbox.first; at != NULL; at = at->next) {
        const struct channel_end *end = at->m.kind == SERAI_EVENT_ANSWER
                                            ? channels_find(site->core->channels, at->m.end)
                                            : NULL;

        if (end != NULL && end->interface == CHANNEL_INTERFACE_SELF)
            return true;
    }
    return false;
}

void strain_mark(struct sim_site *site, uint64_t id)
{
    struct strain *strain = site->strain;
    struct agents *agents = site->core->agents;
    const struct agent *agent = agents_find(agents, id != 0 ? id : strain->agent);

    /* Begin: what the turn may change is noted, to be compared at its end. */
    if (id != 0) {
        strain->agent = id;
        strain->messages = agents->next_message;
        strain->answer_waits = strain_answer_waits(site, agent);
        strain->full = strain_full_for(site, agent) > 0;
        strain->traps = agent->usage.traps;
        return;
    }
    /* Inboxes are only looked into after a turn that sent much: nothing else fills one. */
    if (agents->next_message > strain->messages + FLOOD)
        strain_each_awake(agents, strain_look_into_inbox, site);
    if (agent == NULL) {
        strain_look_at_death(site);
        return;
    }
    strain_look_for_eater(site, agent);
    if (agent->usage.traps != strain->traps && agents->turn_memory->orders[SERAI_ORDER_spawn] > 0)
        sim_saw(site->sim, SEEN_BIRTHS_UNDONE);
    if (agents->turn_memory->orders[SERAI_ORDER_channel_buy] > 0 &&
        strain_count_ends(site, agent->id).pending > 0)
        strain->bought = true;
}

/* ---- between turns ---- */

void strain_frame(struct sim_site *site)
{
    struct strain *strain = site->strain;
    uint64_t births = core_count(site->core).births;

    if (births - strain->births >= CROWD)
        sim_saw(site->sim, SEEN_CROWD);
    strain->births = births;
}

void strain_parcel(struct sim_site *site)
{
    struct strain *strain = site->strain;
    uint64_t before = strain->dead_buyers;

    if (before == 0)
        return;
    strain->dead_buyers = strain_count_ends(site, 0).dead_pending;
    if (strain->dead_buyers < before)
        sim_saw(site->sim, SEEN_ANSWER_TO_DEAD);
}

bool strain_kills(struct sim_site *site)
{
    struct sim *sim = site->sim;
    struct strain *strain = site->strain;
    bool died = strain->died_buying;
    bool bought = strain->bought;

    /*
     * What is drawn now is of these turns; a site that is not killed now is not killed for them
     * later.
     */
    strain->died_buying = false;
    strain->bought = false;
    if (!sim->faults.tiny)
        return false;
    if (died && sim_chance(sim, &sim->disks, DEAD_KILLED_ONE_IN)) {
        sim_saw(sim, SEEN_KILLED_DEAD);
        return true;
    }
    if (bought && sim_chance(sim, &sim->disks, BUYER_KILLED_ONE_IN)) {
        sim_saw(sim, SEEN_KILLED_BUYING);
        return true;
    }
    return false;
}

/* ---- what is drawn ---- */

void strain_args(struct rng *rng, char *text, size_t size)
{
    /* Mostly deaths: there are four kinds of them. */
    switch (rng_below(rng, 6)) {
    case 0:
        (void)snprintf(text, size, "role=fill");
        break;
    case 1:
        (void)snprintf(text, size, "role=feed");
        break;
    default:
        (void)snprintf(text, size, "role=die mode=%u", (unsigned)rng_below(rng, 4));
        break;
    }
}

void strain_plan(struct sim *sim)
{
    uint32_t one_in = sim->options.profile->crowd;

    sim->crowd_site = UINT32_MAX;
    if (one_in == 0 || rng_below(&sim->people, one_in) != 0)
        return;
    sim->crowd_site = 0;
    sim->crowd_step = 1 + (uint32_t)rng_below(&sim->people, CROWD_STEPS);
}

bool strain_crowd_comes(struct sim_site *site)
{
    struct sim *sim = site->sim;

    if (site->index != sim->crowd_site || sim->step < sim->crowd_step || clients_wait(site))
        return false;
    sim->crowd_site = UINT32_MAX;
    return true;
}
