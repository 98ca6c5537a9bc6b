#include "tests/site/core/fixture.h"
#include "tests/reading.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agents/agents.h"
#include "agents/message.h"
#include "sdk/loader/loader_wasm.h"

/* ---- modules ---- */

enum { MODULES_MAX = 24 };

static struct {
    char name[32];
    uint8_t *bytes;
    size_t size;
} modules[MODULES_MAX];

static bool read_file(const char *path, uint8_t **bytes, size_t *size)
{
    FILE *file = fopen(path, "rb");
    long end;

    if (file == NULL)
        return false;
    ck_assert(fseek(file, 0, SEEK_END) == 0);
    end = ftell(file);
    ck_assert(end > 0 && fseek(file, 0, SEEK_SET) == 0);
    *size = (size_t)end;
    *bytes = malloc(*size);
    ck_assert_ptr_nonnull(*bytes);
    ck_assert_uint_eq(fread(*bytes, 1, *size, file), *size);
    (void)fclose(file);
    return true;
}

const uint8_t *module_bytes(const char *name, size_t *size)
{
    static const char *const folders[] = {CORE_TEST_GUESTS, CORE_TEST_EXAMPLES};
    size_t i = 0;

    while (i < MODULES_MAX && modules[i].bytes != NULL && strcmp(modules[i].name, name) != 0)
        i++;
    ck_assert_msg(i < MODULES_MAX, "more modules than the fixture keeps");
    for (size_t folder = 0; folder < 2 && modules[i].bytes == NULL; folder++) {
        char path[512];

        (void)snprintf(path, sizeof path, "%s/%s.wasm", folders[folder], name);
        (void)snprintf(modules[i].name, sizeof modules[i].name, "%s", name);
        (void)read_file(path, &modules[i].bytes, &modules[i].size);
    }
    ck_assert_msg(modules[i].bytes != NULL, "there is no module %s", name);
    *size = modules[i].size;
    return modules[i].bytes;
}

/* ---- life ---- */

static void sign_for_site(void *context, const void *bytes, size_t size,
                          uint8_t signature[CONTROL_SIGNATURE_BYTES])
{
    const struct site *site = context;

    (void)crypto_sign_detached(signature, NULL, bytes, size, site->site_secret);
}

static void start_core(struct site *site)
{
    struct core_options options = {.sign = site->signs ? sign_for_site : NULL,
                                   .sign_context = site,
                                   .random = random_from_rng(&site->random),
                                   .segment_bytes = site->segment_bytes,
                                   .loader = loader_wasm,
                                   .loader_size = loader_wasm_size,
                                   .book = site->book};
    struct fault fault = {0};

    memcpy(options.site_key, site->site_key, sizeof options.site_key);
    memcpy(options.operator_key, site->people[OPERATOR].key, sizeof options.operator_key);
    ck_assert_msg(core_new(&site->core, &options, &fault) == ST_OK, "%s", fault.text);
    ck_assert_msg(WITH_READ(&site->store, core_load(site->core, &read, &fault)) == ST_OK, "%s",
                  fault.text);
}

static void make_key(struct person *person, struct rng *rng)
{
    uint8_t seed[crypto_sign_SEEDBYTES];

    rng_fill(rng, seed, sizeof seed);
    ck_assert(crypto_sign_seed_keypair(person->key, person->secret, seed) == 0);
}

void site_open_book(struct site *site, uint64_t seed, uint64_t nanos,
                    void (*change)(struct pricebook *book))
{
    struct bytes args = {0};
    struct person itself = {0};

    memset(site, 0, sizeof *site);
    site->peer = CORE_PEER_OWN;
    rng_init(&site->random, seed);
    make_key(&itself, &site->random);
    memcpy(site->site_key, itself.key, sizeof site->site_key);
    memcpy(site->site_secret, itself.secret, sizeof site->site_secret);
    for (int i = 0; i < PEOPLE; i++)
        make_key(&site->people[i], &site->random);
    pricebook_default(&site->book, &core_order_names);
    /* Most tests count nanos and not lines; those of the journal's price set it. */
    site->book.journal = money_zero();
    if (change != NULL)
        change(&site->book);
    ck_assert(store_memory_new(&site->memory) == ST_OK);
    site->store = store_from_memory(site->memory);
    start_core(site);
    site_frame(site);
    site->people[OPERATOR].account = site->core->customers.items[0]->account;
    if (nanos == 0)
        return;
    cbor_put_array(&args, 2);
    cbor_put_uint(&args, 0);
    cbor_put_uint(&args, nanos);
    ck_assert_int_eq(site_request(site, OPERATOR, "money.in", &args), CONTROL_DONE);
}

void site_open(struct site *site, uint64_t seed, uint64_t nanos)
{
    site_open_book(site, seed, nanos, NULL);
}

void site_close(struct site *site)
{
    core_free(site->core);
    store_memory_free(site->memory);
    bytes_fini(&site->sent);
    bytes_fini(&site->answer);
}

static void keep_answer(struct site *site, const struct core_frame *frame)
{
    struct fault fault = {0};

    if (frame->reply_count == 0)
        return;
    bytes_clear(&site->answer);
    bytes_append(&site->answer, frame->replies[frame->reply_count - 1].bytes.data,
                 frame->replies[frame->reply_count - 1].bytes.size);
    ck_assert_msg(
        control_reply_decode(&site->reply, site->answer.data, site->answer.size, &fault) == ST_OK,
        "%s", fault.text);
}

void site_frame(struct site *site)
{
    struct core_frame frame = {0};
    struct fault fault = {0};

    core_frame_close(site->core, 1000000 + site->now_us + site->frames % 3 * site->wall_jump_us,
                     &frame);
    if (frame.writes) {
        ck_assert_msg(store_commit(&site->store, &frame.batch, &fault) == ST_OK, "%s", fault.text);
        site->frames++;
    }
    keep_answer(site, &frame);
    for (size_t i = 0; i < frame.parcel_count && site->post != NULL; i++)
        site->post(site->post_context, &frame.parcels[i]);
    core_frame_fini(&frame);
    ck_assert_msg(core_check(site->core, &fault) == ST_OK, "after frame %llu: %s",
                  (unsigned long long)site->frames, fault.text);
}

void site_pass(struct site *site, uint64_t us)
{
    while (us > 0) {
        uint64_t step = us < TIME_STEP_US_MAX ? us : TIME_STEP_US_MAX;

        site->now_us += step;
        us -= step;
        core_advance(site->core, site->now_us);
        site_frame(site);
    }
}

void site_settle(struct site *site)
{
    int frames = 0;
    bool more = true;

    while (more) {
        core_advance(site->core, site->now_us);
        (void)core_run(site->core, 64);
        site_frame(site);
        more = core_ready(site->core); /* closing a frame may have told somebody of room */
        ck_assert_msg(++frames < 10000, "the site never comes to rest");
    }
}

void site_reload(struct site *site)
{
    core_free(site->core);
    site->core = NULL;
    start_core(site);
    core_advance(site->core, site->now_us);
}

void site_reload_same(struct site *site)
{
    char *before;
    char *after;

    site_frame(site);
    before = site_portrait(site);
    core_free(site->core);
    site->core = NULL;
    start_core(site);
    after = site_portrait(site);
    portraits_equal(before, after);
    core_advance(site->core, site->now_us);
    free(before);
    free(after);
}

void site_verify(struct site *site)
{
    struct verify_report report;
    struct fault fault = {0};

    ck_assert_msg(WITH_READ(&site->store, audit_verify(&read, &core_audit, &report, &fault)) ==
                      ST_OK,
                  "%s", fault.text);
}

/* ---- requests ---- */

enum control_status site_request_raw(struct site *site, const uint8_t *bytes, size_t size)
{
    core_request(site->core, 1, site->peer, bytes, size);
    if (site->many_in_frame)
        return CONTROL_DONE;
    site_frame(site);
    return site->reply.status;
}

enum control_status site_request(struct site *site, int person, const char *command,
                                 struct bytes *args)
{
    struct person *by = &site->people[person];

    ck_assert(!args->failed);
    bytes_clear(&site->sent);
    control_sign(&site->sent, site->site_key, by->key, by->secret, ++by->number, command, args);
    bytes_fini(args);
    return site_request_raw(site, site->sent.data, site->sent.size);
}

/* Let `in` stand at the value of that name in the answer's result.  False: there is none. */
static bool result_find(const struct site *site, const char *name, struct cbor *in)
{
    uint64_t count;

    cbor_init(in, site->reply.result, site->reply.result_size);
    count = cbor_get_map_any(in, 64);
    for (uint64_t i = 0; i < count; i++) {
        char key[64];
        size_t size;

        cbor_get_text(in, key, sizeof key - 1);
        if (strcmp(key, name) == 0)
            return true;
        (void)cbor_get_raw(in, &size);
    }
    return false;
}

uint64_t site_result(const struct site *site, const char *name)
{
    struct cbor in;

    if (!result_find(site, name, &in))
        ck_abort_msg("the answer has no %s", name);
    return cbor_get_uint(&in, UINT64_MAX);
}

const char *site_result_text(const struct site *site, const char *name)
{
    static char text[600];
    struct cbor in;

    text[0] = '\0';
    if (result_find(site, name, &in))
        cbor_get_text(&in, text, sizeof text - 1);
    return text;
}

void site_customer(struct site *site, int person, const char *name, uint64_t nanos)
{
    struct bytes args = {0};

    cbor_put_array(&args, 2);
    cbor_put_text(&args, name);
    cbor_put_bytes(&args, site->people[person].key, CONTROL_KEY_BYTES);
    ck_assert_int_eq(site_request(site, OPERATOR, "customer.add", &args), CONTROL_DONE);
    site->people[person].account = site_result(site, "customer");
    if (nanos == 0)
        return;
    cbor_put_array(&args, 2);
    cbor_put_uint(&args, site->people[person].account);
    cbor_put_uint(&args, nanos);
    ck_assert_int_eq(site_request(site, OPERATOR, "money.in", &args), CONTROL_DONE);
}

void site_customers(struct site *site, int count, uint64_t nanos)
{
    static const char *const names[PEOPLE] = {"operator", "one", "two", "three"};

    ck_assert_int_lt(count, PEOPLE);
    for (int person = 1; person <= count; person++)
        site_customer(site, person, names[person], nanos);
}

enum control_status site_fund(struct site *site, int person, uint64_t agent, uint64_t nanos)
{
    struct bytes args = {0};

    cbor_put_array(&args, 2);
    cbor_put_uint(&args, agent);
    cbor_put_uint(&args, nanos);
    return site_request(site, person, "agent.fund", &args);
}

enum control_status site_send(struct site *site, int person, uint64_t agent, const char *data,
                              uint64_t nanos)
{
    struct bytes args = {0};

    cbor_put_array(&args, 3);
    cbor_put_uint(&args, agent);
    cbor_put_bytes(&args, data, strlen(data));
    cbor_put_uint(&args, nanos);
    return site_request(site, person, "agent.send", &args);
}

enum control_status site_on_agent(struct site *site, int person, const char *command,
                                  uint64_t agent)
{
    struct bytes args = {0};

    cbor_put_array(&args, 1);
    cbor_put_uint(&args, agent);
    return site_request(site, person, command, &args);
}

static void put_gifts(struct bytes *args, const char *gifts)
{
    size_t count = gifts == NULL ? 0 : strlen(gifts);

    cbor_put_array(args, count);
    for (size_t i = 0; i < count; i++) {
        cbor_put_uint(args, gifts[i] == 's'   ? SERAI_KIND_SPAWNER
                            : gifts[i] == 't' ? SERAI_KIND_TIMER
                            : gifts[i] == 'c' ? SERAI_KIND_CLOCK
                                              : SERAI_KIND_RANDOM);
    }
}

/* The module's own name, or with a number behind it if the person has an agent of that name. */
static void site_free_name(const struct site *site, int person, const char *module,
                           char name[CONTROL_NAME_BYTES_MAX + 1])
{
    unsigned number = 1;

    (void)snprintf(name, CONTROL_NAME_BYTES_MAX + 1, "%s", module);
    while (agents_named(site->core->agents, site->people[person].account, name) != 0)
        (void)snprintf(name, CONTROL_NAME_BYTES_MAX + 1, "%.30s-%u", module, ++number);
}

enum control_status site_try_deploy(struct site *site, int person, const struct deploy *deploy)
{
    struct bytes args = {0};
    size_t size;
    const uint8_t *bytes = module_bytes(deploy->module, &size);
    const char *slash = strrchr(deploy->module, '/');
    char name[CONTROL_NAME_BYTES_MAX + 1];
    size_t text_size = deploy->args == NULL     ? 0
                       : deploy->args_size != 0 ? deploy->args_size
                                                : strlen(deploy->args);

    cbor_put_array(&args, deploy->trial ? 7 : 6);
    site_free_name(site, person, slash == NULL ? deploy->module : slash + 1, name);
    cbor_put_text(&args, name);
    cbor_put_bytes(&args, bytes, size);
    cbor_put_bytes(&args, deploy->args, text_size);
    cbor_put_uint(&args, deploy->nanos);
    put_gifts(&args, deploy->gifts);
    cbor_put_array(&args, deploy->keeps == NULL ? 0 : 1);
    if (deploy->keeps != NULL) {
        bytes = module_bytes(deploy->keeps, &size);
        cbor_put_bytes(&args, bytes, size);
    }
    if (deploy->trial)
        cbor_put_bool(&args, true);
    return site_request(site, person, "agent.deploy", &args);
}

uint64_t site_deploy(struct site *site, int person, const struct deploy *deploy)
{
    ck_assert_msg(site_try_deploy(site, person, deploy) == CONTROL_DONE, "%s", site->reply.message);
    return site_result(site, "agent");
}

/* ---- looking ---- */

uint64_t site_balance(const struct site *site, uint64_t account)
{
    return money_nanos(ledger_balance(site->core->ledger, account));
}

struct agent *site_agent(const struct site *site, uint64_t agent)
{
    struct agent *found = agents_find(site->core->agents, agent);

    ck_assert_msg(found != NULL, "agent %llu is dead", (unsigned long long)agent);
    return found;
}

bool site_lives(const struct site *site, uint64_t agent)
{
    return agents_find(site->core->agents, agent) != NULL;
}

bool site_logged(const struct site *site, uint64_t agent, const char *words)
{
    const struct agent *found = site_agent(site, agent);
    size_t size = strlen(words);

    for (const struct agent_log_line *line = found->log.first; line != NULL; line = line->next) {
        for (size_t at = 0; at + size <= line->size; at++) {
            if (memcmp(line->text + at, words, size) == 0)
                return true;
        }
    }
    return false;
}

void site_holds_nothing(const struct site *site)
{
    ck_assert_uint_eq(site_balance(site, ACCOUNT_HELD_MESSAGE), 0);
    ck_assert_uint_eq(site_balance(site, ACCOUNT_HELD_RESERVE), 0);
}

uint64_t site_reserve(const struct site *site)
{
    return money_nanos(agents_reserve(site->core->agents));
}

void key_numbered(uint8_t key[CONTROL_KEY_BYTES], uint8_t number)
{
    uint8_t seed[crypto_sign_SEEDBYTES] = {number};
    uint8_t secret[CONTROL_SECRET_BYTES];

    ck_assert_int_eq(crypto_sign_seed_keypair(key, secret, seed), 0);
}
