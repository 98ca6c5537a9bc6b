/*
 * Reading everything back.  Each row is checked against those that it refers to.  Counts, queues
 * and what customers use are built from the rows and compared with what other rows say of them, so
 * that a lost row is found as surely as a changed one (docs/records-agents.md, "What is checked on
 * reading").
 */
#include "agents/agents.h"

#include <inttypes.h>
#include <string.h>

#include "agents/agent.h"
#include "agents/changes.h"
#include "agents/code.h"
#include "agents/facets.h"
#include "agents/objects.h"
#include "agents/pages/page_load.h"
#include "agents/rows/codec.h"
#include "agents/rows/keys.h"
#include "agents/rows/load_agents.h"
#include "agents/rows/load_owned.h"
#include "agents/rows/load_promises.h"
#include "agents/rows/loader.h"
#include "agents/set.h"
#include "base/hash.h"
#include "base/table.h"

/* A module that was read, and how many references its row says that it has. */
struct expected_code {
    struct code *code;
    bool has_state;
    uint64_t refs;
};

enum status rows_load_table(struct rows_loader *loader, const struct store_read *read,
                            enum store_table table, row_load_fn load, struct fault *fault)
{
    enum status status = ST_OK;
    struct store_cursor cursor;
    struct store_row stored;

    store_cursor_open(&cursor, read, table, NULL, 0, fault);
    while (status == ST_OK && store_cursor_next(&cursor, &stored))
        status = load(loader, &stored, fault);
    return store_cursor_close(&cursor, status);
}

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

/* ---- what only all rows together can show ---- */

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

/* ---- accounts without an agent ---- */

struct accounts_look {
    const struct agents *agents;
    uint64_t open;    /* accounts of agents */
    uint64_t missing; /* one without an agent; 0: none was found */
};

static void load_count_open(void *context, const struct account *account)
{
    struct accounts_look *look = context;

    look->open += account->kind == KIND_AGENT && !account->closed;
}

static void load_find_missing(void *context, const struct account *account)
{
    struct accounts_look *look = context;

    if (account->kind == KIND_AGENT && !account->closed && look->missing == 0 &&
        !agents_has(look->agents, account->id))
        look->missing = account->id;
}

/*
 * An open account of an agent without an agent: its row is lost.  Each agent that was read has such
 * an account, so there are as many, or a look at each finds the one.
 */
static enum status load_check_accounts(const struct rows_loader *loader, struct fault *fault)
{
    struct accounts_look look = {.agents = loader->agents};

    ledger_each_account(loader->agents->ledger, load_count_open, &look);
    if (look.open == loader->agent_rows)
        return ST_OK;
    ledger_each_account(loader->agents->ledger, load_find_missing, &look);
    return fault_set(fault, ST_CORRUPT,
                     "table agent, agent %" PRIu64 ": missing, but its account is open",
                     look.missing);
}

/* ---- leashes and replies ---- */

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

static void load_find_leash(void *context, uint64_t id, void *value)
{
    struct leash_check *check = context;
    const struct object *leash = value;
    const struct agent *child;

    if (leash->kind != OBJECT_LEASH)
        return;
    child = agents_find(check->agents, leash->u.leash.child);
    if (child == NULL || child->leash != id)
        check->bad = id;
}

/* Each agent that names a leash is held by it, so as many leashes as those are each named. */
static enum status load_check_leashes(const struct rows_loader *loader, struct fault *fault)
{
    struct leash_check check = {.agents = loader->agents};

    if (loader->leashes == 0)
        return ST_OK;
    if (loader->leashes != loader->leashed) {
        table_each(&loader->agents->objects.by_id, load_find_leash, &check);
        return fault_set(fault, ST_CORRUPT,
                         "table object, object %" PRIu64 ": a leash that its child does not name",
                         check.bad);
    }
    table_each(&loader->agents->objects.by_id, load_check_watch, &check);
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
    enum status status;

    if (!loader->has_counters &&
        (loader->codes.size > 0 || loader->agent_rows > 0 || loader->agents->heap.count > 0))
        return fault_set(fault, ST_CORRUPT, "table meta: the counters of agents are missing");
    status = load_check_accounts(loader, fault);
    if (status == ST_OK)
        status = load_check_codes(loader, fault);
    if (status == ST_OK)
        status = load_check_leashes(loader, fault);
    if (status == ST_OK)
        status = load_check_replies(loader->agents, fault);
    return status;
}

/* ---- all of them ---- */

enum status agents_load(struct agents *agents, const struct store_read *read,
                        struct ledger_claims *claims, struct fault *fault)
{
    struct rows_loader loader = {.agents = agents, .claims = claims};
    enum status status = load_counters(&loader, read, fault);

    /*
     * Each table after those that its rows refer to: objects name agents by their accounts, slots
     * and messages name objects, and pages belong to agents and buffers.
     */
    if (status == ST_OK)
        status = rows_load_table(&loader, read, STORE_CODE, load_code, fault);
    if (status == ST_OK)
        status = rows_load_objects(&loader, read, fault);
    if (status == ST_OK)
        status = rows_load_agents(&loader, read, fault);
    if (status == ST_OK)
        status = rows_load_heap(&loader, read, fault);
    if (status == ST_OK)
        status = rows_load_promises(agents, fault);
    if (status == ST_OK)
        status = page_log_load(agents, read, fault);
    if (status == ST_OK)
        status = load_check_all(&loader, fault);
    INVARIANT(status != ST_OK || dense_count(&loader.owned) == 0); /* all agents were read */
    bytes_fini(&loader.codes);
    dense_fini(&loader.owned);
    return status;
}
