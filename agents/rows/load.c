/*
 * Reading everything back.  Each row is decoded and then checked against those that it refers to.
 * Counts, queues and what customers use are built from the rows and compared with what other rows
 * say of them, so that a lost row is found as surely as a changed one (docs/records-agents.md,
 * "What is checked on reading").
 */
#include "agents/agents.h"

#include <inttypes.h>
#include <string.h>

#include "agents/agent.h"
#include "agents/cap.h"
#include "agents/changes.h"
#include "agents/code.h"
#include "agents/customers.h"
#include "agents/facets.h"
#include "agents/freeze.h"
#include "agents/limits.h"
#include "agents/objects.h"
#include "agents/pages/page_load.h"
#include "agents/pages/paged.h"
#include "agents/quotas.h"
#include "agents/rent.h"
#include "agents/rows/agent_row.h"
#include "agents/rows/codec.h"
#include "agents/rows/found.h"
#include "agents/rows/keys.h"
#include "agents/rows/load_owned.h"
#include "agents/set.h"
#include "agents/sleep.h"
#include "base/hash.h"
#include "base/table.h"

/* A module that was read, and how many references its row says that it has. */
struct expected_code {
    struct code *code;
    bool has_state;
    uint64_t refs;
};

struct rows_loader {
    struct agents *agents;
    struct bytes codes; /* of struct expected_code, in order of id */
    struct rows_loading agent_rows;
    bool has_counters;
    uint64_t missing_agent; /* an open account without an agent; 0: none */
};

/* ---- counters ---- */

static enum status load_counters(struct rows_loader *loader, const struct store_read *read,
                                 struct fault *fault)
{
    static const uint8_t key = ROW_META_KEY_COUNTERS;
    struct store_row stored;
    struct fault why = {0};
    enum status status = store_get(read, STORE_META, &key, sizeof key, &stored, fault);

    if (status != ST_OK)
        return status == ST_MISSING ? ST_OK
                                    : status; /* load_check_all() wants them if there are rows */
    if (row_decode_counters(loader->agents, stored.value, stored.value_size, &why) != ST_OK)
        return row_corrupt(fault, &stored, "counters of agents: %s", why.text);
    loader->agents->changes.counters = false;
    loader->has_counters = true;
    return ST_OK;
}

/* ---- code ---- */

/*
 * The row of a module's bytes: they must hash to the key, and are validated as if they were put
 * now.
 */
static enum status load_module(struct rows_loader *loader, const struct store_row *stored,
                               struct fault *fault)
{
    struct agents *agents = loader->agents;
    struct expected_code expected = {0};
    struct hash id = hash_of(stored->value, stored->value_size);
    struct fault why = {0};
    enum status status;

    if (memcmp(id.bytes, stored->key, HASH_BYTES) != 0)
        return row_corrupt(fault, stored, "the SHA-256 of the module's bytes is another");
    expected.code = modules_find(&agents->modules, &id); /* the loader may be kept already */
    if (expected.code == NULL) {
        status = code_make(&expected.code, &id, stored->value, stored->value_size, &why);
        if (status == ST_NOMEM)
            return fault_set(fault, ST_NOMEM, "%s", why.text);
        if (status != ST_OK)
            return row_corrupt(fault, stored, "%s", why.text);
        modules_add(&agents->modules, expected.code);
    }
    expected.code->stored = true;
    bytes_append(&loader->codes, &expected, sizeof expected);
    INVARIANT(!loader->codes.failed);
    return ST_OK;
}

/* The module's own row has the same key without the last byte, so it came just before. */
static enum status load_code_state(struct rows_loader *loader, const struct store_row *stored,
                                   struct fault *fault)
{
    struct expected_code expected = {0};
    uint8_t *last = loader->codes.data;
    struct code_row row = {0};
    struct fault why = {0};

    if (loader->codes.size > 0) {
        last += loader->codes.size - sizeof expected;
        memcpy(&expected, last, sizeof expected);
    }
    if (expected.code == NULL || memcmp(expected.code->id.bytes, stored->key, HASH_BYTES) != 0)
        return row_corrupt(fault, stored, "the module's bytes are missing");
    if (row_decode_code(&row, stored->value, stored->value_size, &why) != ST_OK)
        return row_corrupt(fault, stored, "%s", why.text);
    expected.has_state = true;
    expected.refs = row.refs;
    expected.code->share_index = row.share_index;
    expected.code->market_index = row.market_index;
    expected.code->market_saved = row.market_index;
    memcpy(last, &expected, sizeof expected);
    return ST_OK;
}

static enum status load_code(struct rows_loader *loader, const struct store_row *stored,
                             struct fault *fault)
{
    if (stored->key_size == ROW_CODE_KEY_BYTES)
        return load_module(loader, stored, fault);
    if (stored->key_size == ROW_CODE_STATE_KEY_BYTES &&
        stored->key[HASH_BYTES] == ROW_CODE_KEY_STATE)
        return load_code_state(loader, stored, fault);
    return row_wrong_key(fault, stored);
}

/* ---- agents ---- */

/* Why the ledger has no account for such an agent; NULL: it has. */
static const char *load_account_error(const struct agents *agents, const struct agent *agent)
{
    const struct account *account = ledger_account(agents->ledger, agent->id);

    if (account == NULL)
        return "it has no account";
    if (account->kind != KIND_AGENT)
        return "its account is of another kind";
    if (account->closed)
        return "its account is closed";
    if (account->customer != agent->customer)
        return "its account has another customer";
    return NULL;
}

/*
 * Let a reference name its module, and count it.  False: there is no such module, or the reference
 * has paid for more than the module's share index says.
 */
static bool load_take_ref(const struct agents *agents, struct customer_use *use,
                          struct code_ref *ref, const struct hash *id)
{
    ref->code = modules_find(&agents->modules, id);
    if (ref->code == NULL || ref->share_index > ref->code->share_index)
        return false;
    ref->code->refs++;
    customer_adds_code(use, ref->code);
    return true;
}

/*
 * The program must be one that its module can have come to: memory within its bounds, its globals.
 */
static enum status load_check_program(const struct agents *agents, struct agent *agent,
                                      const struct agent_row *row, struct fault *why)
{
    const struct engine_code *engine;

    if (!load_take_ref(agents, agent->use, &agent->program.code, &row->code))
        return fault_set(why, ST_INVALID, "its code is missing, or paid for past its share");
    for (uint32_t i = 0; i < agent->program.kept_count; i++) {
        if (!load_take_ref(agents, agent->use, &agent->program.kept[i], &row->kept[i]))
            return fault_set(why, ST_INVALID,
                             "code that it keeps is missing, or paid for past its share");
    }
    if (row->upgrades && !load_take_ref(agents, agent->use, &agent->upgrade.code, &row->upgrade))
        return fault_set(why, ST_INVALID,
                         "code that it is to try is missing, or paid for past its share");
    engine = agent->program.code.code->engine;
    if (agent->program.memory_pages > engine_code_memory_pages_max(engine))
        return fault_set(why, ST_INVALID,
                         "memory of %" PRIu32 " pages is over its module's maximum of %" PRIu32,
                         agent->program.memory_pages, engine_code_memory_pages_max(engine));
    if (agent->program.memory_pages < engine_code_memory_pages(engine))
        return fault_set(why, ST_INVALID,
                         "memory of %" PRIu32 " pages is under its module's first %" PRIu32,
                         agent->program.memory_pages, engine_code_memory_pages(engine));
    if (row->globals != engine_code_globals(engine))
        return fault_set(why, ST_INVALID, "%" PRIu64 " globals, but its module has %" PRIu32,
                         row->globals, engine_code_globals(engine));
    return ST_OK;
}

/*
 * Add the agent to the set, with all that it counts for by its own row.  What the row says of other
 * tables is noted, to be compared when these are read.
 */
static void load_admit_agent(struct rows_loader *loader, struct agent *agent,
                             const struct agent_row *row)
{
    struct agents *agents = loader->agents;
    struct customer_use *use = agent->use;
    struct expected_agent expected = {
        .id = agent->id,
        .missing = {row->caps, row->messages, row->facets, row->timers, row->buffer_bytes,
                    row->log_lines, agent->leash},
    };

    agent->owns.facets = row->facets;
    agent->owns.timers = row->timers;
    agent->owns.buffer_bytes = row->buffer_bytes;
    paged_grow(&agent->program.memory,
               agent->program.memory_pages * (ENGINE_WASM_PAGE_BYTES / PAGED_BYTES));
    /* Lines of the log have no gap, so their number and the next one say which are there. */
    agent->log.deleted = agent->log.next - 1 - row->log_lines;
    agent->log.erased = agent->log.deleted;
    (void)!dense_put(&agents->by_id, agent->id, agent); /* keys of a table differ */
    agent_is_awake(agents, agent);
    use->used[CUSTOMER_AGENTS]++;
    agents_lineage_take(agents, agent->customer);
    use->used[CUSTOMER_EVENTS] += agent->low.armed;
    use->used[CUSTOMER_MEMORY_BYTES] +=
        (uint64_t)agent->program.memory_pages * ENGINE_WASM_PAGE_BYTES;
    if (upgrade_is_under_way(agent)) {
        use->used[CUSTOMER_EVENTS]++;
        use->used[CUSTOMER_MEMORY_BYTES] +=
            (uint64_t)engine_code_memory_pages(agent->upgrade.code.code->engine) *
            ENGINE_WASM_PAGE_BYTES;
    }
    agents->counters.agents++;
    agent_count_frozen(agents, agent);
    if (agent->state == AGENT_DESK)
        agents->counters.desks++;
    rent_schedule(agents, agent);
    bytes_append(&loader->agent_rows.rows, &expected, sizeof expected);
    INVARIANT(!loader->agent_rows.rows.failed);
    /* Packed at once: a site may have more agents than fit into RAM as structs. */
    agent_let_sleep(agents, agent);
}

static enum status load_agent(struct rows_loader *loader, const struct store_row *stored,
                              struct fault *fault)
{
    struct agent_row row = {0};
    struct fault why = {0};
    struct agent *agent;
    const char *error;
    enum status status;

    if (stored->key_size != ROW_ID_KEY_BYTES)
        return row_wrong_key(fault, stored);
    agent = agent_alloc(be64_get(stored->key));
    status = row_decode_agent(agent, &row, stored->value, stored->value_size, &why);
    if (status == ST_OK) {
        error = load_account_error(loader->agents, agent);
        if (error != NULL)
            status = fault_set(&why, ST_INVALID, "%s", error);
    }
    if (status == ST_OK) {
        agent->use = customer_use(loader->agents, agent->customer);
        status = load_check_program(loader->agents, agent, &row, &why);
    }
    if (status != ST_OK) {
        agent_free(agent);
        return row_corrupt(fault, stored, "%s", why.text);
    }
    load_admit_agent(loader, agent, &row);
    return ST_OK;
}

/* ---- what only all rows together can show ---- */

/*
 * Everything that the agent's row counts must have been found; the first that was not names the
 * table.
 */
static enum status load_check_agent(const struct agents *agents,
                                    const struct expected_agent *expected, struct fault *fault)
{
    static const struct {
        enum store_table table;
        const char *what;
    } parts[ROW_PARTS] = {
        [PART_CAPS] = {STORE_CAPS, "capabilities"},
        [PART_MESSAGES] = {STORE_INBOX, "messages"},
        [PART_FACETS] = {STORE_OBJECT, "facets"},
        [PART_TIMERS] = {STORE_OBJECT, "timers"},
        [PART_BUFFER_BYTES] = {STORE_OBJECT, "bytes of buffers"},
        [PART_LINES] = {STORE_LOG, "log lines"},
        [PART_LEASH] = {STORE_OBJECT, "as the numbers of its leashes"},
    };

    for (size_t i = 0; i < ROW_PARTS; i++) {
        uint64_t missing = expected->missing[i];
        const struct agent *agent;
        uint64_t counted[ROW_PARTS];

        if (missing == 0)
            continue;
        agent = agents_find(agents, expected->id);
        counted[PART_CAPS] = agent->caps.used + missing; /* these were counted as they came */
        counted[PART_MESSAGES] = agent->inbox.total + missing;
        counted[PART_LINES] = agent->log.lines + missing;
        counted[PART_FACETS] = agent->owns.facets; /* and these are as the row says */
        counted[PART_TIMERS] = agent->owns.timers;
        counted[PART_BUFFER_BYTES] = agent->owns.buffer_bytes;
        counted[PART_LEASH] = agent->leash;
        return fault_set(fault, ST_CORRUPT,
                         "table %s, agent %" PRIu64 ": %" PRIu64 " %s are there, but its row "
                         "in table agent counts %" PRIu64,
                         store_table_name(parts[i].table), expected->id, counted[i] - missing,
                         parts[i].what, counted[i]);
    }
    return ST_OK;
}

static enum status load_check_agents(const struct rows_loader *loader, struct fault *fault)
{
    const struct rows_loading *loading = &loader->agent_rows;
    size_t count = loading->rows.size / sizeof(struct expected_agent);
    enum status status = ST_OK;

    for (size_t at = 0; status == ST_OK && at < count; at++)
        status = load_check_agent(loader->agents, row_expected_at(loading, at), fault);
    return status;
}

/* As many references must have been counted as the row of each module says. */
static enum status load_check_codes(struct rows_loader *loader, struct fault *fault)
{
    for (size_t at = 0; at < loader->codes.size; at += sizeof(struct expected_code)) {
        struct expected_code expected;
        struct store_row about = {.table = STORE_CODE, .key_size = HASH_BYTES};

        memcpy(&expected, loader->codes.data + at, sizeof expected);
        about.key = expected.code->id.bytes;
        if (!expected.has_state)
            return row_corrupt(fault, &about, "the row of its references is missing");
        if (expected.code->refs != expected.refs)
            return row_corrupt(fault, &about,
                               "%" PRIu64 " references are there, but its row counts %" PRIu64,
                               expected.code->refs, expected.refs);
        if (expected.refs == 0) /* goes with the next save, unless the program has it built in */
            code_dirty(&loader->agents->changes, expected.code);
    }
    return ST_OK;
}

/* An open account of an agent without an agent: its row is lost. */
static void load_find_missing(void *context, const struct account *account)
{
    struct rows_loader *loader = context;

    if (account->kind == KIND_AGENT && !account->closed && loader->missing_agent == 0 &&
        !agents_has(loader->agents, account->id))
        loader->missing_agent = account->id;
}

struct leash_check {
    const struct agents *agents;
    uint64_t bad; /* a leash, or 0 */
};

/* The reply that watches a leash is held by it; it may be gone, but it is no other's. */
static void load_check_watch(void *context, uint64_t id, void *value)
{
    struct leash_check *check = context;
    const struct object *leash = value;
    struct cap watch = {.kind = SERAI_KIND_FACET};
    struct object *reply;

    if (leash->kind != OBJECT_LEASH || leash->u.leash.watch == 0)
        return;
    watch.object = leash->u.leash.watch;
    reply = cap_reply(check->agents, &watch);
    if (watch.object >= check->agents->objects.next ||
        (reply != NULL && (reply->held || reply->owner != leash->owner)))
        check->bad = id;
    else if (reply != NULL)
        reply->held = true;
}

static enum status load_check_leashes(const struct agents *agents, struct fault *fault)
{
    struct leash_check check = {.agents = agents};

    table_each(&agents->objects.by_id, load_check_watch, &check);
    if (check.bad == 0)
        return ST_OK;
    return fault_set(fault, ST_CORRUPT,
                     "table object, object %" PRIu64
                     ": a leash that is watched by what is no reply "
                     "of its holder's",
                     check.bad);
}

struct unheld {
    uint64_t id; /* of the reply, or 0 */
};

/* Find a reply that no slot and no message holds. */
static void load_find_unheld(void *context, uint64_t id, void *value)
{
    struct unheld *unheld = context;
    struct object *object = value;

    if (object->kind == OBJECT_FACET && object->one_shot && !object->held)
        unheld->id = id;
}

/*
 * Each reply is held in exactly one place, or its owner would wait for an answer that nobody can
 * give.
 */
static enum status load_check_replies(const struct agents *agents, struct fault *fault)
{
    struct unheld unheld = {0};

    table_each(&agents->objects.by_id, load_find_unheld, &unheld);
    if (unheld.id == 0)
        return ST_OK;
    return fault_set(fault, ST_CORRUPT,
                     "table object, object %" PRIu64 ": a reply that nobody holds", unheld.id);
}

/* Checks that need all rows.  The counters may only be missing on a site that never had agents. */
static enum status load_check_all(struct rows_loader *loader, struct fault *fault)
{
    const struct agents *agents = loader->agents;
    enum status status;

    if (!loader->has_counters &&
        (loader->codes.size > 0 || loader->agent_rows.rows.size > 0 || agents->heap.count > 0))
        return fault_set(fault, ST_CORRUPT, "table meta: the counters of agents are missing");
    ledger_each_account(agents->ledger, load_find_missing, loader);
    if (loader->missing_agent != 0)
        return fault_set(fault, ST_CORRUPT,
                         "table agent, agent %" PRIu64 ": missing, but its account is open",
                         loader->missing_agent);
    status = load_check_agents(loader, fault);
    if (status == ST_OK)
        status = load_check_codes(loader, fault);
    if (status == ST_OK)
        status = load_check_leashes(agents, fault);
    if (status == ST_OK)
        status = load_check_replies(agents, fault);
    return status;
}

/* ---- tables, each after those that its rows refer to ---- */

static enum status
load_table(struct rows_loader *loader, const struct store_read *read, enum store_table table,
           enum status (*load)(struct rows_loader *loader, const struct store_row *stored,
                               struct fault *fault),
           struct fault *fault)
{
    enum status status = ST_OK;
    struct store_cursor cursor;
    struct store_row stored;

    store_cursor_open(&cursor, read, table, NULL, 0, fault);
    while (status == ST_OK && store_cursor_next(&cursor, &stored))
        status = load(loader, &stored, fault);
    return store_cursor_close(&cursor, status);
}

enum status agents_load(struct agents *agents, const struct store_read *read, struct fault *fault)
{
    struct rows_loader loader = {.agents = agents};
    enum status status;

    /*
     * Modules before agents, agents before what they own, all of these before pages: each table
     * after those that its rows refer to.
     */
    agents->loading = &loader.agent_rows;
    status = load_counters(&loader, read, fault);
    if (status == ST_OK)
        status = load_table(&loader, read, STORE_CODE, load_code, fault);
    if (status == ST_OK)
        status = load_table(&loader, read, STORE_AGENT, load_agent, fault);
    if (status == ST_OK)
        status = rows_load_owned(agents, read, fault);
    if (status == ST_OK)
        status = page_log_load(agents, read, fault);
    if (status == ST_OK)
        status = load_check_all(&loader, fault);
    bytes_fini(&loader.codes);
    bytes_fini(&loader.agent_rows.rows);
    agents->loading = NULL;
    return status;
}
