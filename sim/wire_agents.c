/* All wire agents are of one family, so the first of a site takes the wires of all others. */
#include "sim/wire_agents.h"

#include <stdio.h>
#include <string.h>

#include "agents/views.h"
#include "sim/client.h"
#include "sim/modules.h"
#include "sim/requests.h"
#include "sim/sim.h"
#include "site/core/state.h"

#define FAMILY "5e1a15e1a15e1a15e1a15e1a"

enum { CLIENT = 1, WIRE_AGENT_NANOS = 400000000, LIAR_NANOS = 200000000 };

bool wire_agents_belong(const struct sim *sim)
{
    return sim->options.seed % 8 == 6 && !sim->options.profile->hog;
}

/* The arguments of agent.deploy (docs/control.md). */
static void put_agent(struct bytes *args, const char *name, const char *module, const char *text,
                      uint64_t nanos, const char *keeps)
{
    size_t size;
    const uint8_t *bytes = sim_module(module, &size);

    cbor_put_array(args, 6);
    cbor_put_text(args, name);
    cbor_put_bytes(args, bytes, size);
    cbor_put_bytes(args, text, strlen(text));
    cbor_put_uint(args, nanos);
    cbor_put_array(args, 0);
    cbor_put_array(args, keeps == NULL ? 0 : 1);
    if (keeps == NULL)
        return;
    bytes = sim_module(keeps, &size);
    cbor_put_bytes(args, bytes, size);
}

/* Any site, by the name of a link to it: there may be none. */
static char some_site(struct sim_site *site)
{
    return (char)('a' + rng_below(&site->sim->people, site->sim->site_count));
}

/* A neighbour of the site; its own letter if it has none, which is no link. */
static char some_neighbour(struct sim_site *site)
{
    const struct sim *sim = site->sim;
    char found = site->name[0];
    uint64_t seen = 0;

    for (size_t i = 0; i < sim->wire_count; i++) {
        const uint32_t *ends = sim->wires[i].ends;

        if ((ends[0] == site->index || ends[1] == site->index) &&
            rng_below(&site->sim->people, ++seen) == 0)
            found = (char)('a' + (ends[0] == site->index ? ends[1] : ends[0]));
    }
    return found;
}

static void deploy_wire_agent(struct sim_site *site)
{
    struct bytes args = {0};

    put_agent(&args, WIRE_AGENT_NAME, WIRE_AGENT_NAME, "family=" FAMILY, WIRE_AGENT_NANOS, NULL);
    (void)request_now(site, CLIENT, "agent.deploy", &args, NULL);
}

static void find_wire_agent(void *context, const struct agent *agent)
{
    if (*(uint64_t *)context == 0 && strcmp(agent_name(agent), WIRE_AGENT_NAME) == 0)
        *(uint64_t *)context = agent_id(agent);
}

static void ask_deploy_liar(struct sim_site *site, struct sim_client *client)
{
    struct bytes args = {0};
    char text[128];
    char name[16];

    (void)snprintf(text, sizeof text, "via=%c family=" FAMILY " seed=%u", some_neighbour(site),
                   1 + (unsigned)rng_below(&site->sim->people, 1000000));
    (void)snprintf(name, sizeof name, "liar-%u", (unsigned)rng_below(&site->sim->people, 1000));
    put_agent(&args, name, "liar", text, LIAR_NANOS, WIRE_AGENT_NAME);
    client_sign(site, client, "agent.deploy", &args);
}

void wire_agents_populate(struct sim *sim)
{
    for (uint32_t i = 0; wire_agents_belong(sim) && i < sim->site_count; i++)
        deploy_wire_agent(&sim->sites[i]);
}

bool wire_agents_has_customer(const struct sim_site *site, const struct sim_client *client)
{
    return wire_agents_belong(site->sim) && client == &site->clients[CLIENT];
}

void wire_agents_ask(struct sim_site *site, struct sim_client *client)
{
    struct bytes args = {0};
    uint64_t id = 0;
    char text[64];

    if (rng_below(&site->sim->people, 16) == 0) {
        ask_deploy_liar(site, client);
        return;
    }
    wire_agents_words(site, text, sizeof text);
    (void)agents_list(site->core->agents, 0, SIZE_MAX, find_wire_agent, &id);
    cbor_put_array(&args, 4);
    cbor_put_uint(&args, id);
    cbor_put_bytes(&args, text, strlen(text));
    cbor_put_array(&args, 0);
    cbor_put_uint(&args, 0);
    client_sign(site, client, "agent.call", &args);
}

void wire_agents_words(struct sim_site *site, char *text, size_t size)
{
    /* The numbers by which agents of chaos name what they have. */
    static const char named[] = "0707070707070707070707";
    struct rng *rng = &site->sim->people;
    char to = rng_below(rng, 4) == 0 ? some_site(site) : some_neighbour(site);

    switch (rng_below(rng, 9)) {
    case 0:
    case 1:
    case 2:
    case 3:
        (void)snprintf(text, size, "connect %c 0.02", to);
        break;
    case 4:
        (void)snprintf(text, size, "connect %c 0.02 again", to);
        break;
    case 5:
        (void)snprintf(text, size, "site %c", to);
        break;
    case 8:
        (void)snprintf(text, size, "fetch %02x%s", (unsigned)rng_below(rng, 24), named);
        break;
    case 6:
        (void)snprintf(text, size, "door");
        break;
    default:
        (void)snprintf(text, size, "status");
        break;
    }
}

/* ---- what became of it ---- */

struct counting {
    struct sim *sim;
    const struct agents *agents;
};

static bool line_begins(const struct agent_log_view *line, const char *words)
{
    return line->size >= strlen(words) && memcmp(line->text, words, strlen(words)) == 0;
}

static void count_line(void *context, const struct agent_log_view *line)
{
    struct sim *sim = context;

    if (line_begins(line, "joined with"))
        sim->result.seen[SEEN_WIRE_JOINED]++;
    else if (line_begins(line, "came "))
        sim->result.seen[SEEN_WIRE_LIES]++;
    sim_trace(sim, "log: %.*s", (int)line->size, line->text);
}

static void count_agent(void *context, const struct agent *agent)
{
    const struct counting *counting = context;

    if (strcmp(agent_name(agent), WIRE_AGENT_NAME) == 0 ||
        strncmp(agent_name(agent), "liar", 4) == 0)
        (void)agents_log_list(counting->agents, agent, 0, SIZE_MAX, count_line, counting->sim);
}

void wire_agents_count(struct sim *sim)
{
    for (uint32_t i = 0; wire_agents_belong(sim) && i < sim->site_count; i++) {
        const struct agents *agents = sim->sites[i].core->agents;
        struct counting counting = {.sim = sim, .agents = agents};

        (void)agents_list(agents, 0, SIZE_MAX, count_agent, &counting);
    }
}
