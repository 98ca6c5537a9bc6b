#include "site/testing/memory_site.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agents/agents.h"
#include "agents/views.h"
#include "base/array.h"
#include "sdk/loader/loader_wasm.h"

/* The calendar says this at the beginning; it decides nothing. */
static const uint64_t wall_first_us = UINT64_C(1767225600000000); /* 2026-01-01 */

enum { PASS_STEP_US = 60000000 }; /* no more than a frame takes, site/core/state.h */

/* ---- opening ---- */

static void memory_key(struct memory_site *site, uint8_t key[CONTROL_KEY_BYTES],
                       uint8_t secret[CONTROL_SECRET_BYTES])
{
    uint8_t seed[crypto_sign_SEEDBYTES];

    rng_fill(&site->random, seed, sizeof seed);
    INVARIANT(crypto_sign_seed_keypair(key, secret, seed) == 0);
}

static void memory_mark(void *context, uint64_t agent, uint64_t message)
{
    struct memory_site *site = context;

    (void)message;
    if (agent != 0)
        site->marked = agent;
}

static enum status memory_start(struct memory_site *site, struct fault *fault)
{
    struct core_options options = {.random = random_from_rng(&site->random),
                                   .loader = loader_wasm,
                                   .loader_size = loader_wasm_size,
                                   .book = site->book,
                                   .mark = memory_mark,
                                   .mark_context = site};
    struct store_read read;
    enum status status;

    memcpy(options.site_key, site->key, sizeof options.site_key);
    memcpy(options.operator_key, site->people[0].key, sizeof options.operator_key);
    status = core_new(&site->core, &options, fault);
    if (status != ST_OK)
        return status;
    status = store_read_begin(&read, &site->store, fault);
    if (status != ST_OK)
        return status;
    status = core_load(site->core, &read, fault);
    store_read_end(&read);
    return status;
}

/* Hand a parcel to the site at the other end. */
static void memory_post(struct memory_site *site, const struct core_parcel *parcel)
{
    struct memory_site *to = site->peers[parcel->interface - 1];
    struct memory_parcel *arrivals;

    if (site->cut[parcel->interface - 1])
        return;
    arrivals =
        array_grow(to->arrivals, &to->arrival_capacity, to->arrival_count + 1, sizeof *arrivals);

    INVARIANT(arrivals != NULL);
    to->arrivals = arrivals;
    arrivals[to->arrival_count] = (struct memory_parcel){0};
    memcpy(arrivals[to->arrival_count].from, site->key, CONTROL_KEY_BYTES);
    bytes_append(&arrivals[to->arrival_count].bytes, parcel->bytes.data, parcel->bytes.size);
    INVARIANT(!arrivals[to->arrival_count].bytes.failed);
    to->arrival_count++;
}

/* Close the frame and commit it; the last answer that it brings is kept. */
static void memory_frame(struct memory_site *site)
{
    struct core_frame frame = {0};
    struct fault fault = {0};

    core_frame_close(site->core, wall_first_us + site->now_us, &frame);
    /* A store in memory takes every batch that could be built. */
    if (frame.writes)
        INVARIANT(store_commit(&site->store, &frame.batch, &fault) == ST_OK);
    if (frame.reply_count > 0) {
        const struct bytes *bytes = &frame.replies[frame.reply_count - 1].bytes;

        bytes_clear(&site->answer);
        bytes_append(&site->answer, bytes->data, bytes->size);
        INVARIANT(!site->answer.failed);
        INVARIANT(control_reply_decode(&site->reply, site->answer.data, site->answer.size,
                                       &fault) == ST_OK);
    }
    for (size_t i = 0; i < frame.parcel_count; i++)
        memory_post(site, &frame.parcels[i]);
    core_frame_fini(&frame);
}

static enum status memory_bring_in(struct memory_site *site, uint64_t customer, struct money money,
                                   struct fault *fault)
{
    struct bytes args = {0};

    cbor_put_array(&args, 2);
    cbor_put_uint(&args, customer);
    cbor_put_money(&args, money);
    if (memory_site_request(site, 0, "money.in", &args) == CONTROL_DONE)
        return ST_OK;
    return fault_set(fault, ST_INVALID, "%.300s", site->reply.message);
}

enum status memory_site_open(struct memory_site *site, const struct pricebook *book, uint64_t seed,
                             struct fault *fault)
{
    uint8_t secret[CONTROL_SECRET_BYTES];
    enum status status;

    memset(site, 0, sizeof *site);
    rng_init(&site->random, seed);
    memory_key(site, site->key, secret);
    memory_key(site, site->people[0].key, site->people[0].secret);
    (void)snprintf(site->people[0].name, sizeof site->people[0].name, "operator");
    site->person_count = 1;
    site->book = *book;
    if (store_memory_new(&site->memory) != ST_OK)
        return fault_set(fault, ST_NOMEM, "out of memory");
    site->store = store_from_memory(site->memory);
    status = memory_start(site, fault);
    if (status != ST_OK)
        return status;
    core_advance(site->core, site->now_us);
    memory_frame(site);
    return ST_OK;
}

void memory_site_close(struct memory_site *site)
{
    core_free(site->core);
    if (site->memory != NULL)
        store_memory_free(site->memory);
    bytes_fini(&site->answer);
    for (size_t i = 0; i < site->arrival_count; i++)
        bytes_fini(&site->arrivals[i].bytes);
    free(site->arrivals);
    memset(site, 0, sizeof *site);
}

/* ---- requests ---- */

static enum control_status memory_hand_in(struct memory_site *site, const struct bytes *request)
{
    core_request(site->core, 1, CORE_PEER_OWN, request->data, request->size);
    memory_frame(site);
    return site->reply.status;
}

enum control_status memory_site_request(struct memory_site *site, size_t person,
                                        const char *command, struct bytes *args)
{
    struct memory_person *by = &site->people[person];
    struct bytes request = {0};
    enum control_status status;

    control_sign(&request, site->key, by->key, by->secret, ++by->number, command, args);
    INVARIANT(!request.failed);
    status = memory_hand_in(site, &request);
    bytes_fini(&request);
    bytes_fini(args);
    return status;
}

enum control_status memory_site_read(struct memory_site *site, const char *command,
                                     struct bytes *args)
{
    struct bytes request = {0};
    enum control_status status;

    control_read(&request, command, args);
    INVARIANT(!request.failed);
    status = memory_hand_in(site, &request);
    bytes_fini(&request);
    bytes_fini(args);
    return status;
}

/* The number under this name in the last answer; 0: it has none. */
static uint64_t memory_result(const struct memory_site *site, const char *name)
{
    struct cbor in;
    uint64_t count;

    cbor_init(&in, site->reply.result, site->reply.result_size);
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

enum status memory_site_person(struct memory_site *site, const char *name, struct money money,
                               struct fault *fault)
{
    struct memory_person *person = &site->people[site->person_count];
    struct bytes args = {0};

    if (site->person_count == MEMORY_PEOPLE_MAX)
        return fault_set(fault, ST_INVALID, "more than %d people", MEMORY_PEOPLE_MAX - 1);
    memory_key(site, person->key, person->secret);
    (void)snprintf(person->name, sizeof person->name, "%s", name);
    cbor_put_array(&args, 2);
    cbor_put_text(&args, person->name);
    cbor_put_bytes(&args, person->key, CONTROL_KEY_BYTES);
    if (memory_site_request(site, 0, "customer.add", &args) != CONTROL_DONE)
        return fault_set(fault, ST_INVALID, "%.300s", site->reply.message);
    person->account = memory_result(site, "customer");
    site->person_count++;
    return memory_bring_in(site, person->account, money, fault);
}

/* ---- turns and time ---- */

static uint64_t memory_traps(const struct memory_site *site, uint64_t agent)
{
    const struct agent *found = agents_find(core_agents(site->core), agent);
    struct agent_view view;

    if (found == NULL)
        return 0;
    agents_view(core_agents(site->core), found, &view);
    return view.traps;
}

/* At most one turn; none, if all that was ready could not pay. */
static void memory_one_turn(struct memory_site *site)
{
    struct memory_turn turn = {.agent = agents_next_ready(core_agents(site->core)).agent};
    uint64_t traps = memory_traps(site, turn.agent);

    site->marked = 0;
    (void)core_run(site->core, 1);
    turn.frame = core_frame(site->core);
    turn.undone = site->marked != 0 && memory_traps(site, turn.agent) > traps;
    if (turn.undone)
        turn.at_size =
            agents_backtrace(core_agents(site->core), turn.at, MEMORY_FRAMES_SHOWN, &turn.depth);
    memory_frame(site);
    if (site->marked != 0 && site->turn != NULL)
        site->turn(site->turn_context, site, &turn);
}

/* Take all parcels that came.  False: there were none. */
static bool memory_receive(struct memory_site *site)
{
    size_t count = site->arrival_count;

    for (size_t i = 0; i < count; i++) {
        struct memory_parcel *parcel = &site->arrivals[i];

        core_parcel(site->core, parcel->from, parcel->bytes.data, parcel->bytes.size);
        bytes_fini(&parcel->bytes);
    }
    /* Nothing is sent before a frame closes, so no other came meanwhile. */
    INVARIANT(site->arrival_count == count);
    site->arrival_count = 0;
    return count > 0;
}

/* What came, or one turn.  False: there was neither. */
static bool memory_step(struct memory_site *site, uint32_t *turns)
{
    core_advance(site->core, site->now_us);
    if (memory_receive(site)) {
        memory_frame(site);
        return true;
    }
    if (!core_ready(site->core)) {
        memory_frame(site); /* closing a frame may tell somebody of room */
        return core_ready(site->core);
    }
    memory_one_turn(site);
    (*turns)++;
    return true;
}

enum status memory_site_settle(struct memory_site *site, struct fault *fault)
{
    uint32_t turns = 0;

    /* A quiet round may only have written what the next one sends. */
    for (int quiet = 0; quiet < (site->peer_count == 0 ? 1 : 3); quiet++) {
        if (memory_step(site, &turns))
            quiet = -1;
        for (size_t i = 0; i < site->peer_count; i++)
            if (memory_step(site->peers[i], &turns))
                quiet = -1;
        if (turns > MEMORY_TURNS_MAX)
            return fault_set(fault, ST_FULL, "after %d turns agents still have something to do",
                             MEMORY_TURNS_MAX);
    }
    return ST_OK;
}

/* Let the clock of a site stand at this moment; its links look whether anything is to be said. */
static void memory_set_time(struct memory_site *site, uint64_t now_us)
{
    site->now_us = now_us;
    if (site->peer_count == 0)
        return;
    core_advance(site->core, site->now_us);
    (void)core_links_tick(site->core);
}

/* When anything is due here or at a neighbour, and no later than `next_us`. */
static uint64_t memory_next_us(const struct memory_site *site, uint64_t next_us)
{
    for (size_t i = 0; i <= site->peer_count; i++) {
        const struct memory_site *at = i == 0 ? site : site->peers[i - 1];
        uint64_t due_us = core_next_due_us(at->core);

        if (due_us > site->now_us && due_us < next_us)
            next_us = due_us;
    }
    return next_us;
}

enum status memory_site_pass(struct memory_site *site, uint64_t us, struct fault *fault)
{
    uint64_t end_us = site->now_us + us;
    enum status status = ST_OK;

    while (site->now_us < end_us && status == ST_OK) {
        uint64_t step_us =
            end_us - site->now_us < PASS_STEP_US ? end_us - site->now_us : (uint64_t)PASS_STEP_US;
        uint64_t next_us = memory_next_us(site, site->now_us + step_us);

        memory_set_time(site, next_us);
        for (size_t i = 0; i < site->peer_count; i++)
            memory_set_time(site->peers[i], next_us);
        status = memory_site_settle(site, fault);
    }
    return status;
}

/* ---- neighbours ---- */

/* One end of a link; with an endpoint it dials. */
static enum status memory_add_link(struct memory_site *site, const char *name,
                                   struct memory_site *peer, const char *endpoint,
                                   struct money limit, struct fault *fault)
{
    struct bytes args = {0};

    cbor_put_array(&args, 4);
    cbor_put_text(&args, name);
    cbor_put_bytes(&args, peer->key, CONTROL_KEY_BYTES);
    cbor_put_text(&args, endpoint);
    cbor_put_money(&args, limit);
    /* Before anything is sent over it. */
    site->peers[site->peer_count++] = peer;
    if (memory_site_request(site, 0, "link.add", &args) != CONTROL_DONE)
        return fault_set(fault, ST_INVALID, "%.300s", site->reply.message);
    return ST_OK;
}

enum status memory_site_join(struct memory_site *home, struct memory_site *neighbour,
                             const char *name, struct money limit, struct fault *fault)
{
    enum status status;

    if (home->peer_count == MEMORY_PEERS_MAX)
        return fault_set(fault, ST_INVALID, "more than %d neighbours", MEMORY_PEERS_MAX);
    status = memory_add_link(home, name, neighbour, "tcp://127.0.0.1:1", limit, fault);
    if (status == ST_OK)
        status = memory_add_link(neighbour, "home", home, "", limit, fault);
    if (status != ST_OK)
        return status;
    core_link_connected(home->core, (uint32_t)home->peer_count);
    memory_frame(home);
    return memory_site_settle(home, fault);
}

/* One end of a link goes down, or may come up. */
static void memory_set_cut(struct memory_site *site, size_t peer, bool cut)
{
    site->cut[peer] = cut;
    if (cut)
        core_link_trouble(site->core, (uint32_t)peer + 1, "cut by the test");
}

enum status memory_site_cut(struct memory_site *home, size_t peer, struct fault *fault)
{
    memory_set_cut(home, peer, true);
    memory_set_cut(home->peers[peer], 0, true);
    return memory_site_settle(home, fault);
}

enum status memory_site_rejoin(struct memory_site *home, size_t peer, struct fault *fault)
{
    memory_set_cut(home, peer, false);
    memory_set_cut(home->peers[peer], 0, false);
    core_link_connected(home->core, (uint32_t)peer + 1);
    memory_frame(home);
    return memory_site_settle(home, fault);
}

enum status memory_site_prices(struct memory_site *site, const struct pricebook *book,
                               struct fault *fault)
{
    enum status status = core_set_prices(site->core, book, fault);

    if (status == ST_OK)
        site->book = *book;
    memory_frame(site);
    return status;
}

uint64_t memory_site_frame(const struct memory_site *site)
{
    return core_frame(site->core);
}
