/* Clients: signed requests, kept and repeated until they are answered. */
#include "sim/sim.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agents/agents.h"
#include "agents/life.h"
#include "agents/views.h"
#include "sim/hog.h"

enum { AGAIN_US = 700000, PICK_MAX = 256 };

void client_key(struct client *client, struct rng *rng)
{
    uint8_t seed[crypto_sign_SEEDBYTES];

    rng_fill(rng, seed, sizeof seed);
    INVARIANT(crypto_sign_seed_keypair(client->key, client->secret, seed) == 0);
}

static uint64_t token_of(const struct sim_site *site, const struct client *client)
{
    return client->number * SIM_CLIENTS + (uint64_t)(client - site->clients);
}

struct handing {
    struct sim_site *site;
    const struct client *client;
};

static void call_request(void *context)
{
    const struct handing *handing = context;

    core_request(handing->site->core, token_of(handing->site, handing->client), CORE_PEER_OWN,
                 handing->client->request.data, handing->client->request.size);
}

static void hand_in(struct sim_site *site, struct client *client)
{
    struct handing handing = {site, client};

    client->again_us = site->sim->now_us + AGAIN_US;
    if (site_call(site, call_request, &handing))
        grants_look(site);
}

static void sign(struct sim_site *site, struct client *client, const char *command,
                 struct bytes *args)
{
    INVARIANT(!args->failed);
    client->number++;
    client->waiting = true;
    client->answered = false;
    client->money_in = 0;
    client->money_out = 0;
    bytes_clear(&client->request);
    control_sign(&client->request, site->key, client->key, client->secret, client->number, command,
                 args);
    bytes_fini(args);
    site->sim->result.requests++;
}

/* ---- answers ---- */

static uint64_t result_number(const struct control_reply *reply, const char *name)
{
    struct cbor in;
    uint64_t count;

    if (reply->result_size == 0)
        return 0;
    cbor_init(&in, reply->result, reply->result_size);
    if (cbor_peek(&in) != CBOR_MAP)
        return 0;
    count = cbor_get_map_any(&in, 64);
    for (uint64_t i = 0; i < count; i++) {
        char key[64];
        size_t size;

        cbor_get_text(&in, key, sizeof key - 1);
        if (strcmp(key, name) == 0)
            return cbor_get_uint(&in, UINT64_MAX);
        (void)cbor_get_raw(&in, &size);
    }
    return 0;
}

/* What the site said that it did must never be gone. */
static void take(struct sim_site *site, struct client *client, const struct control_reply *reply)
{
    uint64_t agent;

    if (reply->status != CONTROL_DONE)
        return;
    if (reply->frame > site->answered_frame)
        site->answered_frame = reply->frame;
    site->money_in += client->money_in;
    site->money_out += client->money_out;
    agent = result_number(reply, "agent");
    if (agent > site->last_agent)
        site->last_agent = agent;
}

void client_answer(struct sim_site *site, const struct core_reply *reply)
{
    struct client *client = &site->clients[reply->token % SIM_CLIENTS];
    struct control_reply decoded;
    struct fault fault;

    if (reply->token != token_of(site, client))
        return; /* to a request before this one */
    if (client->answered) {
        if (!site->restored &&
            (client->answer.size != reply->bytes.size ||
             memcmp(client->answer.data, reply->bytes.data, reply->bytes.size) != 0))
            sim_fail(site->sim, "site %s: client %u: a repeat was answered differently", site->name,
                     (unsigned)(client - site->clients));
        return;
    }
    if (control_reply_decode(&decoded, reply->bytes.data, reply->bytes.size, &fault) != ST_OK)
        sim_fail(site->sim, "site %s: an answer cannot be read: %s", site->name, fault.text);
    client->waiting = false;
    client->answered = true;
    bytes_clear(&client->answer);
    bytes_append(&client->answer, reply->bytes.data, reply->bytes.size);
    take(site, client, &decoded);
    sim_trace(site->sim, "site %s answers client %u: status %d, frame %llu %s", site->name,
              (unsigned)(client - site->clients), (int)decoded.status,
              (unsigned long long)decoded.frame, decoded.message);
}

uint64_t client_ask(struct sim_site *site, uint32_t number, const char *command, struct bytes *args,
                    const char *wanted)
{
    struct client *client = &site->clients[number];
    struct control_reply reply;
    struct fault fault;

    site_flush(site);
    sign(site, client, command, args);
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
    hand_in(site, client);
    site_flush(site);
    if (!client->answered)
        sim_fail(site->sim, "site %s: %s is not answered", site->name, command);
    INVARIANT(control_reply_decode(&reply, client->answer.data, client->answer.size, &fault) ==
              ST_OK);
    if (reply.status != CONTROL_DONE && wanted != NULL)
        sim_fail(site->sim, "site %s: %s: %s", site->name, command, reply.message);
    return wanted == NULL ? 0 : result_number(&reply, wanted);
}

bool clients_wait(const struct sim_site *site)
{
    for (uint32_t i = 0; i < SIM_CLIENTS; i++) {
        if (site->clients[i].waiting)
            return true;
    }
    return false;
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

static void pick(const struct sim_site *site, struct picking *picking)
{
    picking->count = 0;
    (void)agents_list(site->core->agents, 0, PICK_MAX, pick_one, picking);
}

/* An agent that lives, or some number. */
static uint64_t some_agent(struct sim_site *site, const struct client *client)
{
    struct rng *rng = &site->sim->people;
    struct picking picking;
    uint64_t id = 0;

    pick(site, &picking);
    if (picking.count == 0 || rng_below(rng, 20) == 0)
        return rng_edgy(rng);
    for (int i = 0; i < 4; i++) { /* rather one of its own */
        id = picking.ids[rng_below(rng, picking.count)];
        if (agent_customer(agents_find(site->core->agents, id)) == client->account)
            break;
    }
    return id;
}

static void put_money(struct sim_site *site, struct bytes *args)
{
    struct rng *rng = &site->sim->people;

    cbor_put_array(args, 2);
    cbor_put_uint(args, site->clients[rng_below(rng, SIM_CLIENTS)].account);
}

static void ask_money(struct sim_site *site, struct client *client, bool in)
{
    struct rng *rng = &site->sim->people;
    uint64_t amount = rng_below(rng, 100000000);
    struct bytes args = {0};

    put_money(site, &args);
    cbor_put_uint(&args, amount);
    sign(site, client, in ? "money.in" : "money.out", &args);
    client->money_in = in ? amount : 0;
    client->money_out = in ? 0 : amount;
}

static void ask_on_agent(struct sim_site *site, struct client *client, const char *command)
{
    struct bytes args = {0};

    cbor_put_array(&args, 1);
    cbor_put_uint(&args, some_agent(site, client));
    sign(site, client, command, &args);
}

static void ask_send(struct sim_site *site, struct client *client)
{
    struct rng *rng = &site->sim->people;
    struct bytes args = {0};

    cbor_put_array(&args, 3);
    cbor_put_uint(&args, some_agent(site, client));
    cbor_put_bytes(&args, "go", 2);
    cbor_put_uint(&args, rng_below(rng, 3000));
    sign(site, client, "agent.send", &args);
}

static void ask_fund(struct sim_site *site, struct client *client)
{
    struct rng *rng = &site->sim->people;
    struct bytes args = {0};

    cbor_put_array(&args, 2);
    cbor_put_uint(&args, some_agent(site, client));
    cbor_put_uint(&args, rng_below(rng, 20000000));
    sign(site, client, "agent.fund", &args);
}

static void ask_withdraw(struct sim_site *site, struct client *client)
{
    struct rng *rng = &site->sim->people;
    struct bytes args = {0};

    cbor_put_array(&args, 2);
    cbor_put_uint(&args, some_agent(site, client));
    if (rng_coin(rng))
        cbor_put_null(&args);
    else
        cbor_put_uint(&args, rng_below(rng, 20000000));
    sign(site, client, "agent.withdraw", &args);
}

/* The operator looks after a link: resumes it if it is frozen, or marks it, freezes it, tries to
 * remove it, and joins again whom it removed. */
static void ask_link(struct sim_site *site, struct client *client)
{
    struct rng *rng = &site->sim->people;
    uint32_t neighbour = (uint32_t)rng_below(rng, site->sim->site_count);
    const struct link *link = network_link_to(site, neighbour);
    char name[2] = "a";
    struct bytes args = {0};

    name[0] = (char)('a' + neighbour);
    if (link != NULL && link->removed && rng_below(rng, 3) != 0) {
        network_rejoin_args(link, &args);
        sign(site, client, "link.add", &args);
        return;
    }
    if (rng_below(rng, 5) == 0) {
        cbor_put_array(&args, 2);
        cbor_put_text(&args, name);
        cbor_put_text(&args, "now");
        sign(site, client, "link.mark", &args);
        return;
    }
    cbor_put_array(&args, 1);
    cbor_put_text(&args, name);
    switch (rng_below(rng, 12)) {
    case 0:
        sign(site, client, "link.freeze", &args);
        break;
    case 1:
    case 2:
    case 3:
        sign(site, client, "link.remove", &args);
        break;
    default:
        sign(site, client, "link.resume", &args);
        break;
    }
}

static void ask(struct sim_site *site, struct client *client)
{
    bool is_operator = client == &site->clients[0];
    uint64_t what = rng_below(&site->sim->people, is_operator ? 30 : 20);
    struct bytes args = {0};

    if (what < 10) {
        ask_send(site, client);
    } else if (what < 13) {
        ask_fund(site, client);
    } else if (what < 16) {
        world_deploy(site, &args);
        sign(site, client, "agent.deploy", &args);
    } else if (what < 18) {
        ask_on_agent(site, client, "agent.thaw");
    } else if (what == 18) {
        ask_on_agent(site, client,
                     rng_below(&site->sim->people, 4) == 0 ? "agent.end" : "agent.freeze");
    } else if (what == 19 && !is_operator) {
        ask_withdraw(site, client);
    } else if (what < 22) {
        ask_money(site, client, rng_below(&site->sim->people, 3) != 0);
    } else {
        ask_link(site, client);
    }
}

/* It goes on deploying, and gives its agents all they can use. */
static void ask_as_hog(struct sim_site *site, struct client *client)
{
    uint64_t what = rng_below(&site->sim->people, 10);
    struct bytes args = {0};

    if (what < 5) {
        world_deploy(site, &args);
        sign(site, client, "agent.deploy", &args);
    } else if (what < 8) {
        ask_send(site, client);
    } else if (what == 8) {
        ask_fund(site, client);
    } else {
        ask_on_agent(site, client, "agent.end");
    }
}

static bool is_hog(const struct sim_site *site, uint32_t client)
{
    return site->sim->options.profile->hog && client == HOG_CLIENT;
}

void clients_ask_crowd(struct sim_site *site)
{
    for (uint32_t i = 0; i < SIM_CLIENTS && site->core != NULL; i++) {
        struct bytes args = {0};

        world_deploy_crowd(site, &args);
        sign(site, &site->clients[i], "agent.deploy", &args);
        hand_in(site, &site->clients[i]);
    }
}

/* A client that hears nothing asks the same again: never something else. */
static void ask_again(struct sim_site *site, struct client *client)
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
            sign(site, client, command, &args);
        }
        client->money_in = money_in;
        client->money_out = money_out;
    }
    hand_in(site, client);
}

void clients_act(struct sim_site *site, bool fresh)
{
    struct sim *sim = site->sim;

    for (uint32_t i = 0; i < SIM_CLIENTS && site->core != NULL; i++) {
        struct client *client = &site->clients[i];

        if (client->waiting) {
            if (sim->now_us >= client->again_us)
                ask_again(site, client);
            continue;
        }
        if (!fresh)
            continue;
        if (client->answered && rng_below(&sim->people, 40) == 0)
            hand_in(site, client); /* a repeat of what was answered */
        else if (is_hog(site, i)) {
            ask_as_hog(site, client);
            hand_in(site, client);
        } else if (rng_below(&sim->people, 10) == 0) {
            ask(site, client);
            hand_in(site, client);
        }
    }
}

struct freezing {
    struct sim_site *site;
    uint64_t last; /* that was visited */
    size_t count;
    uint64_t ids[PICK_MAX]; /* that still run */
};

static void note_running(void *context, const struct agent *agent)
{
    struct freezing *freezing = context;

    freezing->last = agent_id(agent);
    if (!agents_is_held(agent))
        freezing->ids[freezing->count++] = agent_id(agent);
}

void clients_freeze_all(struct sim_site *site)
{
    struct freezing freezing = {.site = site};
    size_t visited = PICK_MAX;

    while (visited == PICK_MAX) {
        freezing.count = 0;
        visited = agents_list(site->core->agents, freezing.last, PICK_MAX, note_running, &freezing);
        for (size_t i = 0; i < freezing.count; i++) {
            if (core_quarantine(site->core, freezing.ids[i], "the simulation ends") != ST_OK)
                sim_fail(site->sim, "site %s: an agent cannot be frozen", site->name);
        }
    }
}
