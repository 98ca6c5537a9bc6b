/*
 * What clients request: at once while the world is built, and by chance in each step.  Orders and
 * amounts are drawn from the stream of the people, so that a run with other faults has the same
 * people.
 */
#include "sim/requests.h"

#include <string.h>

#include "agents/agents.h"
#include "agents/views.h"
#include "sim/calls.h"
#include "sim/client.h"
#include "sim/deploy.h"
#include "sim/grants.h"
#include "sim/hog.h"
#include "sim/network.h"
#include "sim/past.h"
#include "sim/settle.h"
#include "sim/sim.h"
#include "sim/site.h"
#include "sim/wire_agents.h"

enum { AGAIN_US = 700000, PICK_MAX = 256 };

/* ---- handing in ---- */

/* A request on its way into a core, for site_call(). */
struct request_call {
    struct sim_site *site;
    const struct sim_client *client;
};

static void request_call(void *context)
{
    const struct request_call *handing = context;

    core_request(handing->site->core, client_token(handing->site, handing->client), CORE_PEER_OWN,
                 handing->client->request.data, handing->client->request.size);
}

/*
 * Hand a client's request to its site.  Whether the site dies of it or not, it is asked again
 * later.
 */
static void request_hand_in(struct sim_site *site, struct sim_client *client)
{
    struct request_call handing = {site, client};

    client->again_us = site->sim->now_us + AGAIN_US;
    if (site_call(site, request_call, &handing))
        grants_look_request(site, client);
}

uint64_t request_now(struct sim_site *site, uint32_t number, const char *command,
                     struct bytes *args, const char *wanted)
{
    struct sim_client *client = &site->clients[number];
    struct control_reply reply;
    struct fault fault;

    /* First what was done before: the request is the only one of its frame. */
    site_flush(site);
    client_sign(site, client, command, args);
    /* The treasury is checked against what clients asked to bring in (check_treasury()). */
    if (strcmp(command, "money.in") == 0) { /* [customer, amount] */
        struct control_request request;
        struct cbor in;

        INVARIANT(control_decode(&request, client->request.data, client->request.size, &fault) ==
                  ST_OK);
        cbor_init(&in, request.args, request.args_size);
        cbor_get_array(&in, 2);
        (void)cbor_get_uint(&in, UINT64_MAX);
        client->money_in = cbor_get_uint(&in, UINT64_MAX);
    }
    request_hand_in(site, client);
    site_flush(site);
    if (!client->answered)
        sim_fail(site->sim, "site %s: %s is not answered", site->name, command);
    INVARIANT(control_reply_decode(&reply, client->answer.data, client->answer.size, &fault) ==
              ST_OK);
    if (reply.status != CONTROL_DONE && wanted != NULL)
        sim_fail(site->sim, "site %s: %s: %s", site->name, command, reply.message);
    return wanted == NULL ? 0 : client_result(&reply, wanted);
}

/* ---- what they ask for ---- */

struct picking {
    uint64_t ids[PICK_MAX];
    size_t count;
};

static void pick_one(void *context, const struct agent *agent)
{
    struct picking *picking = context;

    picking->ids[picking->count++] = agent_id(agent);
}

/* The first agents of a site, in the order of their numbers. */
static void pick_agents(const struct sim_site *site, struct picking *picking)
{
    picking->count = 0;
    (void)agents_list(site->core->agents, 0, PICK_MAX, pick_one, picking);
}

/*
 * An agent that lives, rather one of the client's own; now and then a number that may be nobody's.
 */
static uint64_t ask_some_agent(struct sim_site *site, const struct sim_client *client)
{
    struct rng *rng = &site->sim->people;
    struct picking picking;
    uint64_t id = 0;

    pick_agents(site, &picking);
    if (picking.count == 0 || rng_below(rng, 20) == 0)
        return rng_edgy(rng);
    for (int i = 0; i < 4; i++) { /* rather one of its own */
        id = picking.ids[rng_below(rng, picking.count)];
        if (agent_customer(agents_find(site->core->agents, id)) == client->account)
            break;
    }
    return id;
}

/* The arguments of money.in and money.out up to the amount: whose money it is. */
static void ask_put_customer(struct sim_site *site, struct bytes *args)
{
    struct rng *rng = &site->sim->people;

    cbor_put_array(args, 2);
    cbor_put_uint(args, site->clients[rng_below(rng, SIM_CLIENTS)].account);
}

/* The operator brings money in for one of the clients, or takes it out. */
static void ask_money(struct sim_site *site, struct sim_client *client, bool in)
{
    struct rng *rng = &site->sim->people;
    uint64_t amount = rng_below(rng, 100000000);
    struct bytes args = {0};

    ask_put_customer(site, &args);
    cbor_put_uint(&args, amount);
    client_sign(site, client, in ? "money.in" : "money.out", &args);
    client->money_in = in ? amount : 0;
    client->money_out = in ? 0 : amount;
}

static void ask_on_agent(struct sim_site *site, struct sim_client *client, const char *command)
{
    struct bytes args = {0};

    cbor_put_array(&args, 1);
    cbor_put_uint(&args, ask_some_agent(site, client));
    client_sign(site, client, command, &args);
}

static void ask_send(struct sim_site *site, struct sim_client *client)
{
    struct rng *rng = &site->sim->people;
    struct bytes args = {0};

    cbor_put_array(&args, 3);
    cbor_put_uint(&args, ask_some_agent(site, client));
    cbor_put_bytes(&args, "go", 2);
    cbor_put_uint(&args, rng_below(rng, 3000));
    client_sign(site, client, "agent.send", &args);
}

static void ask_fund(struct sim_site *site, struct sim_client *client)
{
    struct rng *rng = &site->sim->people;
    struct bytes args = {0};

    cbor_put_array(&args, 2);
    cbor_put_uint(&args, ask_some_agent(site, client));
    cbor_put_uint(&args, rng_below(rng, 20000000));
    client_sign(site, client, "agent.fund", &args);
}

static void ask_withdraw(struct sim_site *site, struct sim_client *client)
{
    struct rng *rng = &site->sim->people;
    struct bytes args = {0};

    cbor_put_array(&args, 2);
    cbor_put_uint(&args, ask_some_agent(site, client));
    if (rng_coin(rng))
        cbor_put_null(&args);
    else
        cbor_put_uint(&args, rng_below(rng, 20000000));
    client_sign(site, client, "agent.withdraw", &args);
}

/* By few names, so that some are taken. */
static void ask_rename(struct sim_site *site, struct sim_client *client)
{
    struct rng *rng = &site->sim->people;
    struct bytes args = {0};
    char name[16];

    (void)snprintf(name, sizeof name, "named-%u", (unsigned)rng_below(rng, 20));
    cbor_put_array(&args, 2);
    cbor_put_uint(&args, ask_some_agent(site, client));
    cbor_put_text(&args, name);
    client_sign(site, client, "agent.rename", &args);
}

void request_rejoin_args(const struct link *link, struct bytes *args)
{
    cbor_put_array(args, 4);
    cbor_put_text(args, link->name);
    cbor_put_bytes(args, link->key, CONTROL_KEY_BYTES);
    cbor_put_text(args, link->endpoint);
    cbor_put_money(args, link->limit);
}

/* A soft limit anywhere below the peer's, now and then none. */
static void request_soft_limit_args(struct rng *rng, const struct link *link, struct bytes *args)
{
    uint64_t most = money_nanos(link->peer_limit);

    cbor_put_array(args, 3);
    cbor_put_text(args, link->name);
    cbor_put_text(args, "soft_limit");
    if (most == 0 || rng_below(rng, 4) == 0)
        cbor_put_null(args);
    else
        cbor_put_uint(args, rng_below(rng, most + 1)); /* the limit itself is refused */
}

/*
 * The operator looks after a link: resumes it if it is frozen, or sets a soft limit, makes a
 * checkpoint, freezes it, tries to remove it, and joins a peer again that was removed.
 */
static void ask_link(struct sim_site *site, struct sim_client *client)
{
    struct rng *rng = &site->sim->people;
    uint32_t peer = (uint32_t)rng_below(rng, site->sim->site_count);
    const struct link *link = network_link_to(site, peer);
    char name[2] = "a";
    struct bytes args = {0};

    name[0] = (char)('a' + peer);
    if (link != NULL && link->removed && rng_below(rng, 3) != 0) {
        request_rejoin_args(link, &args);
        client_sign(site, client, "link.add", &args);
        return;
    }
    if (link != NULL && !link->removed && rng_below(rng, 4) == 0) {
        request_soft_limit_args(rng, link, &args);
        client_sign(site, client, "link.set", &args);
        return;
    }
    if (link != NULL && !link->removed && rng_below(rng, 3) == 0) {
        settle_ask(site, client, link);
        return;
    }
    if (rng_below(rng, 5) == 0) {
        cbor_put_array(&args, 2);
        cbor_put_text(&args, name);
        cbor_put_text(&args, "now");
        client_sign(site, client, "link.mark", &args);
        return;
    }
    cbor_put_array(&args, 1);
    cbor_put_text(&args, name);
    switch (rng_below(rng, 12)) {
    case 0:
        client_sign(site, client, "link.freeze", &args);
        break;
    case 1:
    case 2:
    case 3:
        client_sign(site, client, "link.remove", &args);
        break;
    default:
        client_sign(site, client, "link.resume", &args);
        break;
    }
}

/* The operator drains the site for some seconds, or calls it off. */
static void ask_drain(struct sim_site *site, struct sim_client *client)
{
    struct rng *rng = &site->sim->people;
    struct bytes args = {0};

    cbor_put_array(&args, 1);
    if (rng_coin(rng))
        cbor_put_null(&args);
    else
        cbor_put_uint(&args, rng_below(rng, 5000000));
    client_sign(site, client, "site.drain", &args);
}

/* What its agents left here that came over links: mostly there is nothing. */
static void ask_claim(struct sim_site *site, struct sim_client *client)
{
    struct bytes args = {0};

    cbor_put_array(&args, 0);
    client_sign(site, client, "customer.claim", &args);
}

/* One request of some kind.  Customers draw below 20; money and links are the operator's. */
static void ask_any(struct sim_site *site, struct sim_client *client)
{
    bool is_operator = client == &site->clients[0];
    uint64_t what = rng_below(&site->sim->people, is_operator ? 30 : 20);
    struct bytes args = {0};

    if (is_operator && settle_decide_some(site, client))
        return;
    if (is_operator && past_ask(site, client))
        return;
    if (wire_agents_has_customer(site, client) && rng_coin(&site->sim->people)) {
        wire_agents_ask(site, client);
        return;
    }
    if (what < 10 && site->sim->options.seed % 4 == 2) {
        /* In these seeds only: all others are as they were before. */
        if (rng_below(&site->sim->people, 3) == 0)
            ask_send(site, client);
        else
            calls_ask(site, client, ask_some_agent(site, client));
    } else if (what < 10) {
        ask_send(site, client);
    } else if (what < 13) {
        ask_fund(site, client);
    } else if (what < 16) {
        deploy_some(site, &args);
        client_sign(site, client, "agent.deploy", &args);
    } else if (what < 18) {
        ask_on_agent(site, client, "agent.thaw");
    } else if (what == 18) {
        ask_on_agent(site, client,
                     rng_below(&site->sim->people, 4) == 0 ? "agent.end" : "agent.freeze");
    } else if (what == 19 && !is_operator) {
        if (rng_below(&site->sim->people, 3) == 0)
            ask_claim(site, client);
        else if (rng_below(&site->sim->people, 4) == 0)
            ask_on_agent(site, client, "agent.stop");
        else if (rng_below(&site->sim->people, 4) == 0 && !wire_agents_has_customer(site, client))
            ask_rename(site, client); /* a wire agent is found by its name */
        else
            ask_withdraw(site, client);
    } else if (what < 22) {
        ask_money(site, client, rng_below(&site->sim->people, 3) != 0);
    } else if (site->sim->options.seed % 8 == 3 && what == 22) {
        ask_drain(site, client); /* in these seeds only: all others are as they were before */
    } else {
        ask_link(site, client);
    }
}

/* The hog goes on deploying, and gives its agents all that they can use. */
static void ask_as_hog(struct sim_site *site, struct sim_client *client)
{
    uint64_t what = rng_below(&site->sim->people, 10);
    struct bytes args = {0};

    if (what < 5) {
        deploy_some(site, &args);
        client_sign(site, client, "agent.deploy", &args);
    } else if (what < 8) {
        ask_send(site, client);
    } else if (what == 8) {
        ask_fund(site, client);
    } else {
        ask_on_agent(site, client, "agent.end");
    }
}

static bool ask_is_hog(const struct sim_site *site, uint32_t client)
{
    return site->sim->options.profile->hog && client == HOG_CLIENT;
}

void requests_crowd(struct sim_site *site)
{
    for (uint32_t i = 0; i < SIM_CLIENTS && site->core != NULL; i++) {
        struct bytes args = {0};

        deploy_crowd(site, &args);
        client_sign(site, &site->clients[i], "agent.deploy", &args);
        request_hand_in(site, &site->clients[i]);
    }
}

/*
 * A client without an answer asks the same again, never something else: the number makes it one
 * request (docs/control.md).  A planted fault does otherwise.
 */
static void ask_again(struct sim_site *site, struct sim_client *client)
{
    struct control_request request;
    struct bytes args = {0};
    uint64_t money_in = client->money_in;
    uint64_t money_out = client->money_out;
    struct fault fault;

    if (site->sim->options.plant == PLANT_DOUBLE_REQUEST) {
        INVARIANT(control_decode(&request, client->request.data, client->request.size, &fault) ==
                  ST_OK);
        bytes_append(&args, request.args, request.args_size);
        {
            char command[CONTROL_COMMAND_BYTES_MAX + 1];

            memcpy(command, request.command, sizeof command);
            client_sign(site, client, command, &args);
        }
        client->money_in = money_in;
        client->money_out = money_out;
    }
    request_hand_in(site, client);
}

void requests_step(struct sim_site *site, bool fresh)
{
    struct sim *sim = site->sim;

    for (uint32_t i = 0; i < SIM_CLIENTS && site->core != NULL; i++) {
        struct sim_client *client = &site->clients[i];

        if (client->waiting) {
            if (sim->now_us >= client->again_us)
                ask_again(site, client);
            continue;
        }
        if (!fresh)
            continue;
        if (client->answered && rng_below(&sim->people, 40) == 0)
            request_hand_in(site, client); /* a repeat of what was answered */
        else if (ask_is_hog(site, i)) {
            ask_as_hog(site, client);
            request_hand_in(site, client);
        } else if (rng_below(&sim->people, wire_agents_belong(sim) ? 4 : 10) == 0) {
            ask_any(site, client);
            request_hand_in(site, client);
        }
    }
}
