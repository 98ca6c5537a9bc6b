#include "tests/fuzz/site.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "sdk/loader/loader_wasm.h"
#include "site/control/invite.h"
#include "tests/reading.h"

#define PERSON_NANOS UINT64_C(5000000000)

enum { AGENTS = 3, BURNING_FUEL = 300000 };

uint8_t fuzz_site_key[CONTROL_KEY_BYTES];
uint8_t fuzz_keys[FUZZ_PEOPLE][CONTROL_KEY_BYTES];
uint8_t fuzz_secrets[FUZZ_PEOPLE][CONTROL_SECRET_BYTES];
uint8_t fuzz_neighbour_keys[FUZZ_NEIGHBOURS][CONTROL_KEY_BYTES];
uint8_t fuzz_neighbour_secrets[FUZZ_NEIGHBOURS][CONTROL_SECRET_BYTES];
uint8_t fuzz_chaos[65536];
size_t fuzz_chaos_size;

static struct store_memory *base; /* what every run begins with */
static uint64_t base_numbers[FUZZ_PEOPLE];
static uint8_t site_secret[CONTROL_SECRET_BYTES];

static void must(bool holds, const char *what, const struct fault *fault)
{
    if (holds)
        return;
    (void)fprintf(stderr, "%s: %s\n", what, fault == NULL ? "" : fault->text);
    abort();
}

static void sign(void *context, const void *bytes, size_t size,
                 uint8_t signature[CONTROL_SIGNATURE_BYTES])
{
    (void)context;
    must(crypto_sign_detached(signature, NULL, bytes, size, site_secret) == 0, "a signature", NULL);
}

static void load(struct fuzz_site *site)
{
    struct core_options options = {
        .random = random_from_rng(&site->random),
        .loader = loader_wasm,
        .loader_size = loader_wasm_size,
        .sign = sign,
    };
    struct fault fault = {0};

    pricebook_default(&options.book, &core_order_names);
    options.book.turn_fuel_max = BURNING_FUEL; /* runs are many */
    options.book.reserve_fuel = BURNING_FUEL / 10;
    memcpy(options.site_key, fuzz_site_key, sizeof options.site_key);
    memcpy(options.operator_key, fuzz_keys[0], sizeof options.operator_key);
    must(core_new(&site->core, &options, &fault) == ST_OK, "a new core", &fault);
    must(WITH_READ(&site->store, core_load(site->core, &read, &fault)) == ST_OK, "a start", &fault);
    core_advance(site->core, site->now_us);
}

/* Whoever asks to join gets an answer that it can read. */
static void check_joined(const struct core_joined *answer)
{
    struct joined joined;
    struct fault fault = {0};

    must(joined_decode(&joined, answer->bytes.data, answer->bytes.size, &fault) == ST_OK,
         "an answer to JOIN", &fault);
}

void fuzz_site_frame(struct fuzz_site *site)
{
    struct core_frame frame = {0};
    struct fault fault = {0};

    core_frame_close(site->core, 1000000 + site->now_us, &frame);
    core_commit_begins(site->core);
    if (frame.writes)
        must(store_commit(&site->store, &frame.batch, &fault) == ST_OK, "commit", &fault);
    core_commit_ended(site->core);
    for (size_t i = 0; i < frame.joined_count; i++)
        check_joined(&frame.joined[i]);
    for (size_t i = 0; i < frame.parcel_count && site->post != NULL; i++)
        site->post(site->post_context, &frame.parcels[i]);
    core_frame_fini(&frame);
    must(core_check(site->core, &fault) == ST_OK, "the sums", &fault);
}

void fuzz_site_pass(struct fuzz_site *site, uint64_t us, uint32_t turns)
{
    site->now_us += us;
    core_advance(site->core, site->now_us);
    (void)core_links_tick(site->core);
    (void)core_run(site->core, turns);
    fuzz_site_frame(site);
    core_advance(site->core, site->now_us); /* a frame that was open had held the time up */
}

void fuzz_site_crash(struct fuzz_site *site)
{
    core_free(site->core);
    load(site);
}

void fuzz_site_lose_power(struct fuzz_site *site)
{
    fuzz_site_crash(site);
    core_lost_memory(site->core);
}

void fuzz_site_ask(struct fuzz_site *site, int person, const char *command, struct bytes *args)
{
    struct bytes envelope = {0};

    control_sign(&envelope, fuzz_site_key, fuzz_keys[person], fuzz_secrets[person],
                 ++site->numbers[person], command, args);
    core_request(site->core, 1, CORE_PEER_UNKNOWN, envelope.data, envelope.size);
    bytes_fini(&envelope);
    bytes_fini(args);
}

/* ---- what every run begins with ---- */

static void make_keys(struct rng *rng)
{
    uint8_t seed[crypto_sign_SEEDBYTES];

    must(sodium_init() >= 0, "libsodium", NULL);
    rng_fill(rng, seed, sizeof seed);
    must(crypto_sign_seed_keypair(fuzz_site_key, site_secret, seed) == 0, "a key", NULL);
    for (uint8_t i = 0; i < FUZZ_NEIGHBOURS; i++) {
        uint8_t neighbour[crypto_sign_SEEDBYTES] = {(uint8_t)(0x51 + i)};

        must(crypto_sign_seed_keypair(fuzz_neighbour_keys[i], fuzz_neighbour_secrets[i],
                                      neighbour) == 0,
             "a key", NULL);
    }
    for (int i = 0; i < FUZZ_PEOPLE; i++) {
        rng_fill(rng, seed, sizeof seed);
        must(crypto_sign_seed_keypair(fuzz_keys[i], fuzz_secrets[i], seed) == 0, "a key", NULL);
    }
}

static void read_chaos(void)
{
    FILE *file = fopen(FUZZ_CHAOS, "rb");

    must(file != NULL, FUZZ_CHAOS, NULL);
    fuzz_chaos_size = fread(fuzz_chaos, 1, sizeof fuzz_chaos, file);
    must(fclose(file) == 0 && fuzz_chaos_size > 0 && fuzz_chaos_size < sizeof fuzz_chaos,
         FUZZ_CHAOS, NULL);
}

static void deploy(struct fuzz_site *site, uint64_t seed)
{
    struct bytes args = {0};
    char name[CONTROL_NAME_BYTES_MAX + 1];
    uint8_t text[8];

    /* A name is one agent's. */
    (void)snprintf(name, sizeof name, "chaos-%llu", (unsigned long long)seed);
    le64_put(text, seed);
    cbor_put_array(&args, 6);
    cbor_put_text(&args, name);
    cbor_put_bytes(&args, fuzz_chaos, fuzz_chaos_size);
    cbor_put_bytes(&args, text, sizeof text);
    cbor_put_uint(&args, 200000000);
    cbor_put_array(&args, 4);
    cbor_put_uint(&args, SERAI_KIND_SPAWNER);
    cbor_put_uint(&args, SERAI_KIND_TIMER);
    cbor_put_uint(&args, SERAI_KIND_CLOCK);
    cbor_put_uint(&args, SERAI_KIND_RANDOM);
    cbor_put_array(&args, 0);
    fuzz_site_ask(site, 0, "agent.deploy", &args);
    fuzz_site_frame(site);
}

static void add_customer(struct fuzz_site *site, const char *name, const uint8_t *key)
{
    struct bytes args = {0};

    cbor_put_array(&args, 2);
    cbor_put_text(&args, name);
    cbor_put_bytes(&args, key, CONTROL_KEY_BYTES);
    fuzz_site_ask(site, 0, "customer.add", &args);
}

static void add_people(struct fuzz_site *site)
{
    struct bytes args = {0};

    add_customer(site, "one", fuzz_keys[1]);
    add_customer(site, "payer", fuzz_neighbour_keys[FUZZ_PEER]);
    for (size_t i = 0; i < site->core->customers.count; i++) {
        cbor_put_array(&args, 2);
        cbor_put_uint(&args, site->core->customers.items[i]->account);
        cbor_put_uint(&args, PERSON_NANOS);
        fuzz_site_ask(site, 0, "money.in", &args);
    }
    fuzz_site_frame(site);
}

void fuzz_site_join(struct fuzz_site *site, int neighbour)
{
    struct bytes args = {0};

    cbor_put_array(&args, 4);
    cbor_put_text(&args, neighbour == FUZZ_PEER ? FUZZ_LINK : FUZZ_HOUSE);
    cbor_put_bytes(&args, fuzz_neighbour_keys[neighbour], CONTROL_KEY_BYTES);
    cbor_put_text(&args, "");
    cbor_put_uint(&args, FUZZ_LIMIT_NANOS);
    fuzz_site_ask(site, 0, "link.add", &args);
}

static void make_base(void)
{
    struct fuzz_site site = {0};

    log_set_level(LOG_ERROR); /* what it was told is no news */
    rng_init(&site.random, 5);
    read_chaos();
    make_keys(&site.random);
    must(store_memory_new(&base) == ST_OK, "memory", NULL);
    site.store = store_from_memory(base);
    load(&site);
    fuzz_site_frame(&site);
    add_people(&site);
    fuzz_site_join(&site, FUZZ_PEER);
    fuzz_site_join(&site, FUZZ_OTHER);
    fuzz_site_frame(&site);
    must(links_count(site.core->links) == 2, "the links", NULL);
    for (uint64_t seed = 1; seed <= AGENTS; seed++)
        deploy(&site, seed);
    must(core_count(site.core).agents == AGENTS, "the agents", NULL);
    memcpy(base_numbers, site.numbers, sizeof base_numbers);
    core_free(site.core);
}

void fuzz_site_open(struct fuzz_site *site)
{
    if (base == NULL)
        make_base();
    memset(site, 0, sizeof *site);
    memcpy(site->numbers, base_numbers, sizeof site->numbers);
    rng_init(&site->random, 9);
    must(store_memory_copy(&site->memory, base) == ST_OK, "memory", NULL);
    site->store = store_from_memory(site->memory);
    load(site);
}

void fuzz_site_close(struct fuzz_site *site)
{
    struct verify_report report;
    struct fault fault = {0};

    fuzz_site_frame(site);
    must(WITH_READ(&site->store, audit_verify(&read, &core_audit, &report, &fault)) == ST_OK,
         "the books", &fault);
    core_free(site->core);
    store_memory_free(site->memory);
}
