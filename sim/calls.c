/*
 * Calls of clients.  Each that makes any deploys a talker, which answers in all ways that there
 * are. Whom they call and what they send along, take and drop is drawn from what is on their desks,
 * and now and then made up.
 */
#include "sim/calls.h"

#include <string.h>

#include "agents/agent.h"
#include "agents/desk.h"
#include "agents/set.h"
#include "agents/views.h"
#include "sim/client.h"
#include "sim/modules.h"
#include "sim/sim.h"
#include "sim/wire_agents.h"
#include "site/core/state.h"

static const struct customer *calls_row(const struct sim_site *site,
                                        const struct sim_client *client)
{
    return core_customer_by_account(site->core, client->account);
}

uint64_t calls_desk_of(const struct sim_site *site, const struct sim_client *client)
{
    const struct customer *row = site->core == NULL ? NULL : calls_row(site, client);

    return row == NULL || row->desk == NULL ? 0 : row->desk->agent;
}

struct own_search {
    uint64_t customer;
    const char *name;
    uint64_t found;
};

static void calls_look_for_own(void *context, const struct agent *agent)
{
    struct own_search *search = context;

    if (agent_customer(agent) == search->customer && strcmp(agent_name(agent), search->name) == 0)
        search->found = agent_id(agent);
}

/* The client's own agent of this name; 0: it has none. */
static uint64_t calls_own(const struct sim_site *site, const struct sim_client *client,
                          const char *name)
{
    struct own_search search = {.customer = client->account, .name = name};

    (void)agents_list(site->core->agents, 0, SIZE_MAX, calls_look_for_own, &search);
    return search.found;
}

/* An agent of that name, by which it is found again. */
static void calls_deploy(struct sim_site *site, struct sim_client *client, const char *name)
{
    struct bytes args = {0};
    size_t size;
    const uint8_t *module = sim_module(name, &size);

    cbor_put_array(&args, 6);
    cbor_put_text(&args, name);
    cbor_put_bytes(&args, module, size);
    cbor_put_bytes(&args, "", 0);
    cbor_put_uint(&args, 5000000);
    cbor_put_array(&args, 0);
    cbor_put_array(&args, 0);
    client_sign(site, client, "agent.deploy", &args);
}

/* Ask the agent to become a version that goes on, traps, or never ends its first turn. */
static void calls_upgrade(struct sim_site *site, struct sim_client *client, uint64_t agent)
{
    static const char *const versions[] = {"version1", "version2", "version3", "version4"};
    struct rng *rng = &site->sim->people;
    struct bytes args = {0};
    size_t size;
    uint64_t version = rng_below(rng, 4);
    const uint8_t *module = sim_module(versions[version], &size);

    cbor_put_array(&args, 3);
    cbor_put_uint(&args, agent);
    cbor_put_bytes(&args, module, size);
    /* One that fails loses the state without a way back. */
    cbor_put_bool(&args, version >= 2 || rng_below(rng, 4) != 0);
    client_sign(site, client, "agent.upgrade", &args);
}

/*
 * The number after the word " turns " in an answer of a version; 0: it is none.  Answers are not
 * ended by a NUL.
 */
static uint64_t calls_turns_told(const struct message *answer)
{
    static const char first[] = "version ";
    static const char word[] = " turns ";
    const char *text = (const char *)answer->data;
    uint64_t number = 0;
    size_t at = 0;

    if (answer->size < sizeof first || memcmp(text, first, sizeof first - 1) != 0)
        return 0;
    while (at + sizeof word <= answer->size && memcmp(text + at, word, sizeof word - 1) != 0)
        at++;
    for (at += sizeof word - 1; at < answer->size && text[at] >= '0' && text[at] <= '9'; at++)
        number = number * 10 + (uint64_t)(text[at] - '0');
    return number;
}

/* The answer that came last, of those that came since `since`; NULL: none did. */
struct calls_latest {
    uint64_t since; /* the number of a message */
    const struct message *answer;
};

static bool calls_see_answer(void *context, uint64_t call, const struct message *answer)
{
    struct calls_latest *latest = context;

    (void)call;
    if (answer != NULL && answer->id >= latest->since) {
        latest->since = answer->id;
        latest->answer = answer;
    }
    return true;
}

void calls_mark(struct sim_site *site, uint64_t id)
{
    const struct agents *agents = site->core->agents;
    const struct agent *agent = agents_find(agents, id != 0 ? id : site->asked_agent);
    const struct customer *row;
    const struct agent *desk;
    struct calls_latest latest = {.since = site->asked_message};

    if (id != 0) {
        site->asked_agent = id;
        site->asked_message = agents->next_message;
        return;
    }
    if (agent == NULL || strcmp(agent->name, "version1") != 0)
        return;
    row = core_customer_by_account(site->core, agent->customer);
    desk = row == NULL ? NULL : core_desk_agent(site->core, row);
    if (desk != NULL)
        agents_desk_each(desk, 0, calls_see_answer, &latest);
    if (latest.answer == NULL || calls_turns_told(latest.answer) == 0)
        return;
    /* No upgrade, and none that failed, has lost any of its state. */
    if (calls_turns_told(latest.answer) != agent->usage.turns - agent->usage.traps)
        sim_fail(site->sim, "site %s: agent %llu tells of %llu turns, and %llu stood", site->name,
                 (unsigned long long)agent->id, (unsigned long long)calls_turns_told(latest.answer),
                 (unsigned long long)(agent->usage.turns - agent->usage.traps));
}

/* The name of a capability that the client holds, or one that hardly anybody does. */
static const char *calls_some_cap(struct sim_site *site, const struct sim_client *client)
{
    struct rng *rng = &site->sim->people;
    const struct customer *row = calls_row(site, client);
    const struct desk *desk = row == NULL ? NULL : row->desk;

    if (desk == NULL || desk->count == 0 || rng_below(rng, 20) == 0)
        return "cap-3";
    return desk->caps[rng_below(rng, desk->count)].name;
}

struct calls_draw {
    struct rng *rng;
    uint64_t seen;
    uint64_t chosen;
};

/* One of all that come by, each as likely. */
static bool calls_draw_one(void *context, uint64_t call, const struct message *answer)
{
    struct calls_draw *draw = context;

    (void)answer;
    if (rng_below(draw->rng, ++draw->seen) == 0)
        draw->chosen = call;
    return true;
}

static uint64_t calls_some_call(struct sim_site *site, const struct sim_client *client)
{
    struct calls_draw draw = {.rng = &site->sim->people};
    const struct customer *row = calls_row(site, client);
    const struct agent *desk = row == NULL ? NULL : core_desk_agent(site->core, row);

    if (desk != NULL && rng_below(draw.rng, 20) != 0)
        agents_desk_each(desk, 0, calls_draw_one, &draw);
    return draw.chosen != 0 ? draw.chosen : rng_edgy(draw.rng);
}

/* One of its talker, of another agent, or by what it holds if that is anything. */
static void calls_put_call(struct sim_site *site, const struct sim_client *client, uint64_t agent,
                           struct bytes *args)
{
    static const char *const words[] = {"twin",         "pair",       "ask",  "tell @0 hi",
                                        "pass @0 trap", "pass @0 hi", "back", "later",
                                        "now",          "trap",       "say",  "silent"};
    struct rng *rng = &site->sim->people;
    const struct customer *row = calls_row(site, client);
    bool holds = row != NULL && row->desk != NULL && row->desk->count > 0;
    const char *word = words[rng_below(rng, sizeof words / sizeof words[0])];
    const char *whom = rng_below(rng, 4) == 0 ? "version1" : "talker";
    uint64_t own;
    uint64_t caps = holds ? rng_below(rng, 3) : 0;
    char wire_words[64];

    if (wire_agents_belong(site->sim) && rng_coin(rng)) {
        wire_agents_words(site, wire_words, sizeof wire_words);
        word = wire_words;
        whom = WIRE_AGENT_NAME;
    }
    own = calls_own(site, client, whom);
    cbor_put_array(args, 4);
    if (holds && rng_coin(rng))
        cbor_put_text(args, calls_some_cap(site, client));
    else
        cbor_put_uint(args, own != 0 && rng_below(rng, 4) != 0 ? own : agent);
    cbor_put_bytes(args, word, strlen(word));
    cbor_put_array(args, caps);
    for (uint64_t i = 0; i < caps; i++)
        cbor_put_text(args, calls_some_cap(site, client));
    cbor_put_uint(args, rng_below(rng, 3000));
}

void calls_ask(struct sim_site *site, struct sim_client *client, uint64_t agent)
{
    struct rng *rng = &site->sim->people;
    const struct customer *row = calls_row(site, client);
    const struct agent *desk = row == NULL ? NULL : core_desk_agent(site->core, row);
    uint64_t what = rng_below(rng, 20);
    struct bytes args = {0};

    /* Rather what can be done: with nothing to take, or to drop, it calls. */
    if (rng_below(rng, 10) != 0 &&
        (desk == NULL || (what < 18 ? agents_desk_calls(desk) : row->desk->count) == 0))
        what = rng_below(rng, 10);
    if (what < 2 && calls_own(site, client, "version1") != 0) {
        calls_upgrade(site, client, calls_own(site, client, "version1"));
    } else if (what < 2) {
        calls_deploy(site, client, "version1");
    } else if (what < 4 && calls_own(site, client, "talker") == 0) {
        calls_deploy(site, client, "talker");
    } else if (what < 10) {
        calls_put_call(site, client, agent, &args);
        client_sign(site, client, "agent.call", &args);
    } else if (what < 17) {
        cbor_put_array(&args, 2);
        cbor_put_uint(&args, calls_some_call(site, client));
        cbor_put_text(&args, rng_below(rng, 4) == 0 ? "car" : "");
        client_sign(site, client, "call.take", &args);
    } else if (what == 17) {
        cbor_put_array(&args, 1);
        cbor_put_uint(&args, calls_some_call(site, client));
        client_sign(site, client, "call.drop", &args);
    } else if (what == 18) {
        cbor_put_array(&args, 1);
        cbor_put_text(&args, calls_some_cap(site, client));
        client_sign(site, client, "cap.drop", &args);
    } else {
        cbor_put_array(&args, 2);
        cbor_put_text(&args, calls_some_cap(site, client));
        cbor_put_text(&args, "van");
        client_sign(site, client, "cap.name", &args);
    }
}
