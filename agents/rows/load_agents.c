/*
 * Reading agents back, each with its slots, messages and log lines: the keys of these tables begin
 * with the agent's number, so all four are read in one order, and an agent is whole before the next
 * one begins.  One that sleeps then becomes its record at once: one struct serves for all of them.
 */
#include "agents/rows/load_agents.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "agents/agent.h"
#include "agents/agents.h"
#include "agents/cap_table.h"
#include "agents/code.h"
#include "agents/customers.h"
#include "agents/freeze.h"
#include "agents/limits.h"
#include "agents/logs.h"
#include "agents/names.h"
#include "agents/objects.h"
#include "agents/pages/paged.h"
#include "agents/quotas.h"
#include "agents/rent.h"
#include "agents/rows/agent_row.h"
#include "agents/rows/claims.h"
#include "agents/rows/codec.h"
#include "agents/rows/keys.h"
#include "agents/rows/load_messages.h"
#include "agents/rows/load_owned.h"
#include "agents/rows/loader.h"
#include "agents/set.h"
#include "agents/sleep.h"

/* Tables whose keys begin with the number of an agent. */
enum agent_part { PART_CAPS, PART_MESSAGES, PART_LINES };
enum { AGENT_PARTS = 3 };

static const struct {
    enum store_table table;
    size_t key_bytes;
} part_tables[AGENT_PARTS] = {
    [PART_CAPS] = {STORE_CAPS, ROW_PART_KEY_BYTES},
    [PART_MESSAGES] = {STORE_INBOX, ROW_ITEM_KEY_BYTES},
    [PART_LINES] = {STORE_LOG, ROW_ITEM_KEY_BYTES},
};

/* A table that is read along with that of the agents. */
struct part_reading {
    struct store_cursor cursor;
    struct store_row row; /* the next one */
    uint64_t holder;      /* whose it is */
    size_t key_bytes;
    bool there; /* false: no row is left */
};

struct agents_reading {
    struct rows_loader *loader;
    struct part_reading parts[AGENT_PARTS];
    struct agent *agent; /* of the row that was read last, or NULL */
    bool admitted;       /* it is in the set as it is, and the next one needs another struct */
    struct agent_row row;
    struct fault *fault;
};

/* ---- rows that are read along ---- */

static enum status part_step(struct part_reading *part, struct fault *fault)
{
    part->there = store_cursor_next(&part->cursor, &part->row);
    if (!part->there)
        return part->cursor.status; /* what stopped it, or the end */
    if (part->row.key_size != part->key_bytes)
        return row_wrong_key(fault, &part->row);
    part->holder = be64_get(part->row.key);
    return ST_OK;
}

/*
 * Whether the next row is of this agent.  One of a lower number is left over: rows are in the order
 * of agents, and none came that it would belong to.
 */
static enum status part_is_of(const struct agents_reading *reading, enum agent_part which,
                              uint64_t id, bool *is)
{
    const struct part_reading *part = &reading->parts[which];

    *is = part->there && part->holder == id;
    if (!part->there || part->holder >= id)
        return ST_OK;
    return row_corrupt(reading->fault, &part->row, "the agent is missing");
}

/* Why the ledger has no account for such an agent; NULL: it has. */
static const char *agent_account_error(const struct agents *agents, const struct agent *agent)
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

/* ---- slots ---- */

static enum status agent_read_group(struct agents_reading *reading, const struct store_row *stored)
{
    struct agents *agents = reading->loader->agents;
    struct agent *agent = reading->agent;
    uint32_t chunk = be32_get(stored->key + 8);
    struct fault why = {0};
    struct cap *caps;

    if (chunk >= AGENT_CAPS_CHUNKS)
        return row_wrong_key(reading->fault, stored);
    cap_table_grow(&agent->caps, chunk);
    caps = agent->caps.chunks[chunk];
    if (row_decode_caps(caps, stored->value, stored->value_size, &why) != ST_OK)
        return row_corrupt(reading->fault, stored, "%s", why.text);
    for (uint32_t i = 0; i < AGENT_CAPS_CHUNK; i++) {
        const char *error;

        if (caps[i].kind == SERAI_KIND_EMPTY)
            continue;
        error = load_slot_error(agents, &caps[i], agent->id);
        if (error != NULL)
            return row_corrupt(reading->fault, stored, "slot %" PRIu32 ": %s",
                               chunk * AGENT_CAPS_CHUNK + i, error);
        agent->caps.used++;
        /* Groups come in order, so the last slot that is set is the highest. */
        agent->caps.highest = chunk * AGENT_CAPS_CHUNK + i + 1;
    }
    if (chunk >= CAPS_CHUNKS_COMMON) { /* a group that has a row holds something */
        agent->caps.large++;
        agent->use->used[CUSTOMER_MEMORY_BYTES] += CAPS_CHUNK_BYTES;
    }
    return ST_OK;
}

/* ---- logs ---- */

static void agent_take_line(struct agent *agent, const struct agent_log_line *read,
                            const uint8_t *text)
{
    struct agent_log_line *line = malloc(sizeof *line);

    INVARIANT(line != NULL);
    *line = *read;
    line->text = malloc(line->size > 0 ? line->size : 1);
    INVARIANT(line->text != NULL);
    if (line->size > 0)
        memcpy(line->text, text, line->size);
    line->saved = true;
    agent_log_append(&agent->log, line);
}

static enum status agent_read_line(struct agents_reading *reading, const struct store_row *stored)
{
    struct agent *agent = reading->agent;
    struct agent_log_line read = {0};
    const uint8_t *text = NULL;
    struct fault why = {0};

    read.line = be64_get(stored->key + 8);
    if (row_decode_log(&read, &text, stored->value, stored->value_size, &why) != ST_OK)
        return row_corrupt(reading->fault, stored, "%s", why.text);
    /* Lines follow one another; with the count at the end no line can be missing. */
    if (read.line != agent->log.deleted + agent->log.lines + 1 || read.line >= agent->log.next)
        return row_corrupt(reading->fault, stored, "the line before it is missing");
    agent_take_line(agent, &read, text);
    return ST_OK;
}

/* All rows of one agent in a table that is read along. */
static enum status agent_read_part(struct agents_reading *reading, enum agent_part which)
{
    struct part_reading *part = &reading->parts[which];
    bool is = false;
    enum status status = part_is_of(reading, which, reading->agent->id, &is);

    while (status == ST_OK && is) {
        switch (which) {
        case PART_CAPS:
            status = agent_read_group(reading, &part->row);
            break;
        case PART_MESSAGES:
            status =
                load_agent_message(reading->loader, reading->agent, &part->row, reading->fault);
            break;
        case PART_LINES:
            status = agent_read_line(reading, &part->row);
            break;
        }
        if (status == ST_OK)
            status = part_step(part, reading->fault);
        if (status == ST_OK)
            status = part_is_of(reading, which, reading->agent->id, &is);
    }
    return status;
}

/* ---- what an agent counts of other tables ---- */

static enum status agent_compare(const struct agents_reading *reading, enum store_table table,
                                 const char *what, uint64_t there, uint64_t counted)
{
    if (there == counted)
        return ST_OK;
    return fault_set(reading->fault, ST_CORRUPT,
                     "table %s, agent %" PRIu64 ": %" PRIu64
                     " %s are there, but its row in table agent counts %" PRIu64,
                     store_table_name(table), reading->agent->id, there, what, counted);
}

/* A leash names its child, and the child names its leash. */
static enum status agent_check_leash(struct agents_reading *reading)
{
    const struct agent *agent = reading->agent;
    const struct object *leash =
        object_find(&reading->loader->agents->objects, agent->leash, OBJECT_LEASH);

    if (agent->leash == 0)
        return ST_OK;
    reading->loader->leashed++;
    if (leash != NULL && leash->u.leash.child == agent->id)
        return ST_OK;
    return agent_compare(reading, STORE_OBJECT, "as the numbers of its leashes", 0, agent->leash);
}

/* The objects that were read before, and count for the agent's customer. */
static enum status agent_take_owned(struct agents_reading *reading)
{
    struct agent *agent = reading->agent;
    struct owned_sum sum = {0};
    enum status status;

    agent->owns.newest = dense_remove(&reading->loader->owned, agent->id);
    for (const struct object *at = agent->owns.newest; at != NULL; at = at->older_owned)
        load_count_owned(&sum, at);
    status = agent_compare(reading, STORE_OBJECT, "facets", sum.facets, reading->row.facets);
    if (status == ST_OK)
        status = agent_compare(reading, STORE_OBJECT, "timers", sum.timers, reading->row.timers);
    if (status == ST_OK)
        status = agent_compare(reading, STORE_OBJECT, "bytes of buffers", sum.buffer_bytes,
                               reading->row.buffer_bytes);
    if (status == ST_OK)
        status = agent_check_leash(reading);
    if (status != ST_OK)
        return status;
    if (agent->state == AGENT_DESK && sum.facets != sum.events + 1)
        return fault_set(reading->fault, ST_CORRUPT,
                         "agent %" PRIu64 ": a desk asks with one facet, and it has %" PRIu64,
                         agent->id, sum.facets - sum.events);
    agent->owns.facets = sum.facets;
    agent->owns.timers = sum.timers;
    agent->owns.buffer_bytes = sum.buffer_bytes;
    agent->use->used[CUSTOMER_FACETS] += sum.facets;
    agent->use->used[CUSTOMER_TIMERS] += sum.timers;
    agent->use->used[CUSTOMER_EVENTS] += sum.events + sum.timers;
    agent->use->used[CUSTOMER_BUFFER_BYTES] += sum.buffer_bytes;
    return ST_OK;
}

/* ---- one agent ---- */

/* The agent's own row. */
static enum status agent_read_row(struct agents_reading *reading, const struct store_row *stored)
{
    struct agents *agents = reading->loader->agents;
    struct agent *agent = reading->agent;
    struct fault why = {0};
    const char *error;

    if (row_decode_agent(agent, &reading->row, stored->value, stored->value_size, &why) != ST_OK)
        return row_corrupt(reading->fault, stored, "%s", why.text);
    error = agent_account_error(agents, agent);
    if (error != NULL)
        return row_corrupt(reading->fault, stored, "%s", error);
    agent->use = customer_use(agents, agent->customer);
    if (load_check_program(agents, agent, &reading->row, &why) != ST_OK)
        return row_corrupt(reading->fault, stored, "%s", why.text);
    paged_grow(&agent->program.memory,
               agent->program.memory_pages * (ENGINE_WASM_PAGE_BYTES / PAGED_BYTES));
    /* Lines of the log have no gap, so their number and the next one say which are there. */
    agent->log.deleted = agent->log.next - 1 - reading->row.log_lines;
    agent->log.erased = agent->log.deleted;
    return ST_OK;
}

/* What the agent counts for by its own row. */
static void agent_count(struct agents_reading *reading)
{
    struct agents *agents = reading->loader->agents;
    const struct agent *agent = reading->agent;
    struct customer_use *use = agent->use;

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
    agents->counters.desks += agent->state == AGENT_DESK;
    claims_of_agent(reading->loader->claims, agent);
    reading->loader->agent_rows++;
}

/*
 * Put the agent into the set: as a record if nothing waits for it, else as it is, and then its
 * messages come, which make it ready.
 */
static enum status agent_admit(struct agents_reading *reading)
{
    struct agents *agents = reading->loader->agents;
    struct agent *agent = reading->agent;
    bool waits = false;
    enum status status = part_is_of(reading, PART_MESSAGES, agent->id, &waits);

    if (status != ST_OK)
        return status;
    name_index_put(agents, agent);
    if (waits || !agent_load_packed(agents, agent)) {
        (void)!dense_put(&agents->by_id, agent->id, agent); /* keys of a table differ */
        agent_is_awake(agents, agent);
        reading->admitted = true;
        status = agent_read_part(reading, PART_MESSAGES);
    }
    if (status == ST_OK)
        status = agent_compare(reading, STORE_INBOX, "messages", agent->inbox.total,
                               reading->row.messages);
    if (status != ST_OK)
        return status;
    if (upgrade_is_under_way(agent) &&
        (agent->inbox.first == NULL || agent->inbox.first->m.kind != SERAI_EVENT_BECAME))
        return fault_set(reading->fault, ST_CORRUPT,
                         "agent %" PRIu64 ": it is to try another program, and its next event is "
                         "not BECAME",
                         agent->id);
    rent_schedule(agents, agent);
    return ST_OK;
}

static enum status load_agent(struct agents_reading *reading, const struct store_row *stored)
{
    enum status status;

    if (stored->key_size != ROW_ID_KEY_BYTES)
        return row_wrong_key(reading->fault, stored);
    if (reading->agent == NULL || reading->admitted)
        reading->agent = agent_alloc(be64_get(stored->key));
    else
        agent_renew(reading->agent, be64_get(stored->key));
    reading->admitted = false;
    status = agent_read_row(reading, stored);
    if (status == ST_OK)
        status = agent_read_part(reading, PART_CAPS);
    if (status == ST_OK)
        status = agent_compare(reading, STORE_CAPS, "capabilities", reading->agent->caps.used,
                               reading->row.caps);
    if (status == ST_OK)
        status = agent_read_part(reading, PART_LINES);
    if (status == ST_OK)
        status = agent_compare(reading, STORE_LOG, "log lines", reading->agent->log.lines,
                               reading->row.log_lines);
    if (status == ST_OK)
        status = agent_take_owned(reading);
    if (status != ST_OK)
        return status;
    reading->agent->frozen_told = agent_is_frozen(reading->agent); /* before this start */
    agent_count(reading);
    return agent_admit(reading);
}

/* ---- all of them ---- */

/* Behind the agents come the messages that wait on promises, and nothing else. */
static enum status load_behind_agents(struct agents_reading *reading)
{
    struct part_reading *waiting = &reading->parts[PART_MESSAGES];
    enum status status = ST_OK;
    bool is;

    while (status == ST_OK && waiting->there) {
        status = load_waiting_message(reading->loader, &waiting->row, reading->fault);
        if (status == ST_OK)
            status = part_step(waiting, reading->fault);
    }
    for (int i = 0; status == ST_OK && i < AGENT_PARTS; i++)
        status = part_is_of(reading, (enum agent_part)i, UINT64_MAX, &is);
    return status;
}

static enum status load_all_agents(struct agents_reading *reading, const struct store_read *read)
{
    enum status status = ST_OK;
    struct store_cursor cursor;
    struct store_row stored;

    for (int i = 0; status == ST_OK && i < AGENT_PARTS; i++)
        status = part_step(&reading->parts[i], reading->fault);
    store_cursor_open(&cursor, read, STORE_AGENT, NULL, 0, reading->fault);
    while (status == ST_OK && store_cursor_next(&cursor, &stored))
        status = load_agent(reading, &stored);
    status = store_cursor_close(&cursor, status);
    return status == ST_OK ? load_behind_agents(reading) : status;
}

enum status rows_load_agents(struct rows_loader *loader, const struct store_read *read,
                             struct fault *fault)
{
    struct agents_reading reading = {.loader = loader, .fault = fault};
    enum status status;

    for (int i = 0; i < AGENT_PARTS; i++) {
        reading.parts[i].key_bytes = part_tables[i].key_bytes;
        store_cursor_open(&reading.parts[i].cursor, read, part_tables[i].table, NULL, 0, fault);
    }
    status = load_all_agents(&reading, read);
    for (int i = 0; i < AGENT_PARTS; i++)
        status = store_cursor_close(&reading.parts[i].cursor, status);
    if (!reading.admitted)
        agent_free(reading.agent);
    return status;
}
