#include "tests/bench/site.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agents/modules.h"
#include "base/clock.h"
#include "sdk/abi.h"
#include "sdk/loader/loader_wasm.h"
#include "tests/bench/bench.h"
#include "tests/bench/native.h"
#include "tests/reading.h"

enum { STEP_TURNS = 64, FRAME_TURNS = 4096 };
static const uint64_t map_bytes = UINT64_C(8) << 30;
static const uint64_t balance_nanos = UINT64_C(1000) * 1000000000;

/* ---- life ---- */

static void page_lost(void *context)
{
    (void)context;
    bench_die("a page of an agent", NULL);
}

static void sign(void *context, const void *bytes, size_t size,
                 uint8_t signature[CONTROL_SIGNATURE_BYTES])
{
    const struct bench_site *site = context;

    (void)crypto_sign_detached(signature, NULL, bytes, size, site->site_secret);
}

static void load_core(struct bench_site *site, const struct store *store)
{
    struct core_options options = {.random = random_system(),
                                   .loader = loader_wasm,
                                   .loader_size = loader_wasm_size,
                                   .sign = sign,
                                   .sign_context = site};
    struct fault fault;

    memcpy(options.site_key, site->site_key, sizeof options.site_key);
    memcpy(options.operator_key, site->operator_key, sizeof options.operator_key);
    pricebook_default(&options.book, &core_order_names);
    options.page_lost = site->durable ? page_lost : NULL;
    /* Quotas are not what is measured. */
    options.book.agents_max = 10000000;
    options.book.customer_agents_max = 10000000;
    options.book.customer_memory_bytes_max = UINT64_C(1) << 40;
    options.book.customer_facets_max = 10000000;
    options.book.customer_events_max = CUSTOMER_EVENTS_MAX;
    options.book.customer_event_bytes_max = 0;
    options.book.customer_ends_max = 0;
    options.book.customer_inbox_percent = 100;
    if (core_new(&site->core, &options, &fault) != ST_OK ||
        WITH_READ(store, core_load(site->core, &read, &fault)) != ST_OK)
        bench_die("core", &fault);
    agents_watch_code(core_agents(site->core), 1, 0);
}

static void open_store(struct bench_site *site, enum store_mode mode)
{
    struct fault fault;

    if (store_lmdb_open(&site->lmdb, site->directory, mode, map_bytes, &fault) != ST_OK)
        bench_die("store", &fault);
    site->store = store_from_lmdb(site->lmdb);
}

static void make_directory(struct bench_site *site)
{
    const char *base = getenv("BENCH_DIR");

    (void)snprintf(site->directory, sizeof site->directory, "%.200s/serai-bench-XXXXXX",
                   base == NULL ? "/tmp" : base);
    if (mkdtemp(site->directory) == NULL)
        bench_die("mkdtemp", NULL);
}

/* ---- requests ---- */

/* Let the core answer what was asked, in a frame of its own; *reply points into `answer`. */
static void take_answer(struct bench_site *site, struct bytes *answer, struct control_reply *reply)
{
    struct core_frame frame = {0};
    struct fault fault;

    core_frame_close(site->core, 0, &frame);
    if (frame.writes && site->durable && store_commit(&site->store, &frame.batch, &fault) != ST_OK)
        bench_die("commit", &fault);
    INVARIANT(frame.reply_count == 1);
    bytes_append(answer, frame.replies[0].bytes.data, frame.replies[0].bytes.size);
    core_frame_fini(&frame);
    if (control_reply_decode(reply, answer->data, answer->size, &fault) != ST_OK)
        bench_die("reply", &fault);
    if (reply->status != CONTROL_DONE) {
        (void)fprintf(stderr, "bench: refused: %s\n", reply->message);
        exit(1);
    }
}

static void request(struct bench_site *site, const char *command, struct bytes *args,
                    struct bytes *answer, struct control_reply *reply)
{
    struct bytes envelope = {0};

    control_sign(&envelope, site->site_key, site->operator_key, site->operator_secret,
                 ++site->number, command, args);
    core_request(site->core, 1, CORE_PEER_OWN, envelope.data, envelope.size);
    take_answer(site, answer, reply);
    bytes_fini(&envelope);
    bytes_fini(args);
}

void site_request(struct bench_site *site, const char *command, struct bytes *args)
{
    struct bytes answer = {0};
    struct control_reply reply;

    request(site, command, args, &answer, &reply);
    bytes_fini(&answer);
}

static void put_module(struct bytes *args, const char *name)
{
    char path[512];
    size_t size;
    uint8_t *module;

    (void)snprintf(path, sizeof path, "%s/bench_%s.wasm", BENCH_GUESTS, name);
    module = bench_read_file(path, &size);
    cbor_put_bytes(args, module, size);
    free(module);
}

/* The number under "agent", the first of the answer's keys in their order. */
static uint64_t answered_agent(const struct control_reply *reply)
{
    struct cbor in;
    char key[32];
    uint64_t pairs;

    cbor_init(&in, reply->result, reply->result_size);
    pairs = cbor_get_map_any(&in, 16);
    for (uint64_t i = 0; i < pairs; i++) {
        size_t size;

        cbor_get_text(&in, key, sizeof key - 1);
        if (strcmp(key, "agent") == 0)
            return cbor_get_uint(&in, UINT64_MAX);
        (void)cbor_get_raw(&in, &size);
    }
    bench_die("the answer names no agent", NULL);
}

uint64_t site_deploy(struct bench_site *site, const struct deployment *deployment)
{
    struct bytes args = {0};
    struct bytes answer = {0};
    struct control_reply reply;
    static unsigned deployed; /* no two agents of a customer have one name */
    char name[CONTROL_NAME_BYTES_MAX + 1];
    uint64_t agent;

    cbor_put_array(&args, 6);
    (void)snprintf(name, sizeof name, "%.30s-%u", deployment->module, ++deployed);
    cbor_put_text(&args, name);
    put_module(&args, deployment->module);
    cbor_put_bytes(&args, deployment->args, strlen(deployment->args));
    cbor_put_uint(&args, deployment->endowment_nanos);
    cbor_put_array(&args, 4);
    cbor_put_uint(&args, SERAI_KIND_SPAWNER);
    cbor_put_uint(&args, SERAI_KIND_TIMER);
    cbor_put_uint(&args, SERAI_KIND_CLOCK);
    cbor_put_uint(&args, SERAI_KIND_RANDOM);
    cbor_put_array(&args, deployment->kept == NULL ? 0 : 1);
    if (deployment->kept != NULL)
        put_module(&args, deployment->kept);
    request(site, "agent.deploy", &args, &answer, &reply);
    agent = answered_agent(&reply);
    bytes_fini(&answer);
    return agent;
}

void site_send(struct bench_site *site, uint64_t agent, const char *text)
{
    struct bytes args = {0};

    cbor_put_array(&args, 3);
    cbor_put_uint(&args, agent);
    cbor_put_bytes(&args, text, strlen(text));
    cbor_put_uint(&args, 0);
    site_request(site, "agent.send", &args);
}

/* ---- frames ---- */

static void count_journal(struct bench_site *site, const struct core_frame *frame)
{
    struct store_op op;
    size_t offset = 0;

    while (site->counts && store_batch_next(&frame->batch, &offset, &op))
        if (op.table == STORE_JOURNAL)
            site->journal_bytes += op.key_size + op.value_size;
}

void site_frame(struct bench_site *site)
{
    struct core_frame frame = {0};
    struct clock_source clock = clock_system();
    struct fault fault;

    core_frame_close(site->core, clock.wall_us(clock.context), &frame);
    count_journal(site, &frame);
    if (frame.writes && site->durable && store_commit(&site->store, &frame.batch, &fault) != ST_OK)
        bench_die("commit", &fault);
    core_frame_fini(&frame);
    core_advance(site->core, clock.now_us(clock.context));
}

void site_run(struct bench_site *site, uint64_t turns)
{
    uint64_t start = core_count(site->core).turns;
    uint64_t frame_start = start;
    bool more = true;

    while (more && core_count(site->core).turns - start < turns) {
        more = core_run(site->core, STEP_TURNS);
        if (core_count(site->core).turns - frame_start >= FRAME_TURNS) {
            site_frame(site);
            frame_start = core_count(site->core).turns;
        }
    }
    site_frame(site);
}

/* ---- tier 1 ---- */

enum { OBJECTS_MAX = 16 };
static char objects[OBJECTS_MAX][NATIVE_PATH_BYTES];
static size_t objects_count;
static pid_t objects_owner; /* a child that measures leaves them to its parent */

static void remove_objects(void)
{
    for (size_t i = 0; i < objects_count && getpid() == objects_owner; i++)
        (void)unlink(objects[i]);
}

static bool is_built(const char *path)
{
    for (size_t i = 0; i < objects_count; i++)
        if (strcmp(objects[i], path) == 0)
            return true;
    return false;
}

static bool build_object(const uint8_t *module, size_t size, const char *path)
{
    struct bytes text = {0};
    struct fault fault;
    bool good;

    if (agents_code_emit(module, size, &text, &fault) != ST_OK)
        bench_die("emit", &fault);
    good = native_build(&text, path);
    bytes_fini(&text);
    if (!good)
        return false;
    INVARIANT(objects_count < OBJECTS_MAX);
    if (objects_count == 0 && atexit(remove_objects) != 0)
        bench_die("atexit", NULL);
    objects_owner = getpid();
    (void)snprintf(objects[objects_count++], NATIVE_PATH_BYTES, "%s", path);
    return true;
}

size_t site_compile(struct bench_site *site)
{
    struct agents *agents = core_agents(site->core);
    struct hot_code hot;
    size_t loaded = 0;

    while (agents_hot_code(agents, &hot)) {
        char name[HASH_TEXT_BYTES];
        char path[NATIVE_PATH_BYTES];
        struct fault fault;

        native_path(path, hash_print(name, &hot.id));
        if (!is_built(path) && !build_object(hot.bytes, hot.size, path))
            return 0;
        if (agents_code_load(agents, &hot.id, path, &fault) != ST_OK)
            bench_die("tier 1", &fault);
        loaded++;
    }
    return loaded;
}

/* ---- opening and closing ---- */

void site_money_in(struct bench_site *site, uint64_t nanos)
{
    struct bytes args = {0};

    cbor_put_array(&args, 2);
    cbor_put_uint(&args, 0);
    cbor_put_uint(&args, nanos);
    site_request(site, "money.in", &args);
}

void site_open(struct bench_site *site, bool durable)
{
    if (sodium_init() < 0)
        bench_die("libsodium", NULL);
    memset(site, 0, sizeof *site);
    rng_init(&site->rng, 1);
    (void)crypto_sign_keypair(site->operator_key, site->operator_secret);
    (void)crypto_sign_keypair(site->site_key, site->site_secret);
    site->durable = durable;
    if (durable) {
        make_directory(site);
        open_store(site, STORE_CREATE);
        load_core(site, &site->store);
    } else {
        struct store_memory *empty;
        struct store store;

        if (store_memory_new(&empty) != ST_OK)
            bench_die("store", NULL);
        store = store_from_memory(empty);
        load_core(site, &store);
        store_memory_free(empty);
    }
    site_money_in(site, balance_nanos);
}

void site_stop(struct bench_site *site)
{
    core_free(site->core);
    store_lmdb_close(site->lmdb);
}

void site_start(struct bench_site *site)
{
    open_store(site, STORE_WRITE);
    load_core(site, &site->store);
}

void site_read_file(const struct bench_site *site)
{
    static uint8_t buffer[1024 * 1024];
    char path[320];
    int file;

    (void)snprintf(path, sizeof path, "%s/data.mdb", site->directory);
    file = open(path, O_RDONLY);
    if (file < 0)
        bench_die(path, NULL);
    while (read(file, buffer, sizeof buffer) > 0)
        continue;
    (void)close(file);
}

void site_close(struct bench_site *site)
{
    static const char *const names[] = {"data.mdb", "lock.mdb", "lock"};
    char path[320];

    core_free(site->core);
    store_lmdb_close(site->lmdb);
    if (!site->durable)
        return;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", site->directory, names[i]);
        (void)unlink(path);
    }
    (void)rmdir(site->directory);
}
