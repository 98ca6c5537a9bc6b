/*
 * One client: its keys, its last request, and the answer that it got.  A client has one request at
 * a time, and keeps it until it is answered (docs/control.md, "Once, and only once").
 */
#include "sim/client.h"

#include <sodium.h>
#include <string.h>

#include "sim/sim.h"

void client_key(struct sim_client *client, struct rng *rng)
{
    uint8_t seed[crypto_sign_SEEDBYTES];

    rng_fill(rng, seed, sizeof seed);
    INVARIANT(crypto_sign_seed_keypair(client->key, client->secret, seed) == 0);
}

/* Numbers and clients together, so that an answer to an earlier request is known to be one. */
uint64_t client_token(const struct sim_site *site, const struct sim_client *client)
{
    return client->number * SIM_CLIENTS + (uint64_t)(client - site->clients);
}

void client_sign(struct sim_site *site, struct sim_client *client, const char *command,
                 struct bytes *args)
{
    INVARIANT(!args->failed);
    client->number++;
    client->waiting = true;
    client->answered = false;
    /* What the request asks for in money is set by the caller; most ask for none. */
    client->money_in = 0;
    client->money_out = 0;
    bytes_clear(&client->request);
    control_sign(&client->request, site->key, client->key, client->secret, client->number, command,
                 args);
    bytes_fini(args);
    site->sim->result.requests++;
}

/* ---- answers ---- */

uint64_t client_result(const struct control_reply *reply, const char *name)
{
    struct cbor in;
    uint64_t count;

    if (reply->result_size == 0)
        return 0;
    cbor_init(&in, reply->result, reply->result_size);
    if (cbor_peek(&in) != CBOR_MAP)
        return 0;
    /* The result's map of names and values; values that were not asked for are skipped whole. */
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

/* Remember what the site reported as done: after any crash it must still be so (check_loaded()). */
static void client_take(struct sim_site *site, struct sim_client *client,
                        const struct control_reply *reply)
{
    uint64_t agent;

    if (reply->status != CONTROL_DONE)
        return;
    if (reply->frame > site->answered_frame)
        site->answered_frame = reply->frame;
    site->money_in += client->money_in;
    site->money_out += client->money_out;
    agent = client_result(reply, "agent");
    if (agent > site->last_agent)
        site->last_agent = agent;
}

void client_answer(struct sim_site *site, const struct core_reply *reply)
{
    struct sim_client *client = &site->clients[reply->token % SIM_CLIENTS];
    struct control_reply decoded;
    struct fault fault;

    if (reply->token != client_token(site, client))
        return; /* to a request before this one */
    /*
     * A repeat of what was answered.  A site that was restored from a copy may have forgotten the
     * first answer.
     */
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
    client_take(site, client, &decoded);
    sim_trace(site->sim, "site %s answers client %u: status %d, frame %llu %s", site->name,
              (unsigned)(client - site->clients), (int)decoded.status,
              (unsigned long long)decoded.frame, decoded.message);
}

bool clients_wait(const struct sim_site *site)
{
    for (uint32_t i = 0; i < SIM_CLIENTS; i++) {
        if (site->clients[i].waiting)
            return true;
    }
    return false;
}
