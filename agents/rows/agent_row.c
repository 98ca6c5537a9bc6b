/* The row of an agent, and the rows of its capability table. */
#include "agents/rows/agent_row.h"

#include <string.h>

#include "agents/agent.h"
#include "agents/cap.h"
#include "agents/code.h"
#include "agents/limits.h"
#include "agents/rows/codec.h"
#include "base/cbor.h"

enum { AGENT_FIELDS = 34, CODE_REF_FIELDS = 2 };

/* ---- writing ---- */

static void row_put_code_ref(struct bytes *out, const struct code_ref *ref)
{
    INVARIANT(ref->code != NULL);
    cbor_put_array(out, CODE_REF_FIELDS);
    cbor_put_bytes(out, ref->code->id.bytes, HASH_BYTES);
    cbor_put_u128(out, ref->share_index);
}

/* The program: its fuel table, modules by id, memory, globals. */
static void row_put_program(struct bytes *out, const struct agent *agent)
{
    uint32_t globals = engine_code_globals(agent->program.code.code->engine);

    cbor_put_uint(out, ENGINE_FUEL_TABLE_ID);
    row_put_code_ref(out, &agent->program.code);
    cbor_put_array(out, agent->program.kept_count);
    for (uint32_t i = 0; i < agent->program.kept_count; i++)
        row_put_code_ref(out, &agent->program.kept[i]);
    cbor_put_uint(out, agent->program.memory_pages);
    cbor_put_array(out, globals);
    for (uint32_t i = 0; i < globals; i++)
        cbor_put_uint(out, agent->program.globals[i]);
    cbor_put_bool(out, agent->program.begun);
}

/* An upgrade that waits for its trial, or nothing. */
static void row_put_upgrade(struct bytes *out, const struct agent *agent)
{
    bool waits = upgrade_is_under_way(agent);

    cbor_put_array(out, waits ? 2 : 0);
    if (!waits)
        return;
    row_put_code_ref(out, &agent->upgrade.code);
    cbor_put_money(out, agent->upgrade.reserve);
}

static void row_put_accruals(struct bytes *out, const struct agent *agent)
{
    cbor_put_array(out, RENT_RESOURCES);
    for (int i = 0; i < RENT_RESOURCES; i++)
        cbor_put_u128(out, agent->rent.owed[i]);
    cbor_put_array(out, RENT_RESOURCES);
    for (int i = 0; i < RENT_RESOURCES; i++)
        cbor_put_u128(out, agent->rent.index[i]);
    cbor_put_array(out, CARRIES);
    for (int i = 0; i < CARRIES; i++)
        cbor_put_uint(out, agent->carry[i]);
}

/*
 * The fields in the order of docs/records-agents.md, "Values"; row_decode_agent() reads the same.
 */
void row_encode_agent(struct bytes *out, const struct agent *agent)
{
    cbor_put_array(out, AGENT_FIELDS);
    cbor_put_uint(out, ROW_VERSION);
    cbor_put_uint(out, agent->customer);
    cbor_put_uint(out, agent->parent);
    cbor_put_uint(out, agent->leash);
    cbor_put_bool(out, agent->confined);
    /* As bytes: a name or a reason that was cut short need not be UTF-8 any more. */
    cbor_put_bytes(out, agent->name, strlen(agent->name));
    cbor_put_uint(out, (uint64_t)agent->state);
    cbor_put_bytes(out, agent->reason, strlen(agent->reason));
    cbor_put_uint(out, agent->born_frame);
    cbor_put_uint(out, agent->children);
    cbor_put_uint(out, agent->frozen_us);
    row_put_program(out, agent);
    cbor_put_money(out, agent->needs);
    cbor_put_money(out, agent->low.mark);
    cbor_put_bool(out, agent->low.armed);
    cbor_put_money(out, agent->low.reserve);
    cbor_put_money(out, agent->burial);
    row_put_accruals(out, agent);
    cbor_put_array(out, 3);
    cbor_put_uint(out, agent->usage.turns);
    cbor_put_uint(out, agent->usage.traps);
    cbor_put_uint(out, agent->usage.fuel);
    cbor_put_uint(out, agent->log.next);
    /* The counts of rows in other tables: by them the loss of one is noticed. */
    cbor_put_uint(out, agent->caps.used);
    cbor_put_uint(out, agent->inbox.total);
    cbor_put_uint(out, agent->owns.facets);
    cbor_put_uint(out, agent->owns.timers);
    cbor_put_uint(out, agent->owns.buffer_bytes);
    cbor_put_uint(out, agent->log.lines);
    row_put_upgrade(out, agent);
}

/* ---- reading ---- */

/* The module of a reference is found later (agents/rows/load.c); here it is an id. */
static void row_get_code_ref(struct cbor *in, struct code_ref *ref, struct hash *id)
{
    cbor_get_array(in, CODE_REF_FIELDS);
    cbor_get_bytes_exact(in, id->bytes, HASH_BYTES);
    *ref = (struct code_ref){.share_index = cbor_get_u128(in)};
}

/* An agent's fuel is a promise made by one table: it is never metered by another one unasked. */
static void row_get_fuel_table(struct cbor *in)
{
    if (cbor_get_uint(in, UINT64_MAX) != ENGINE_FUEL_TABLE_ID)
        cbor_fail(in, "metered by another fuel table than fuel-3, the one that this program has");
}

static void row_get_program(struct cbor *in, struct agent *agent, struct agent_row *row)
{
    row_get_fuel_table(in);
    row_get_code_ref(in, &agent->program.code, &row->code);
    agent->program.kept_count = (uint32_t)cbor_get_array_any(in, AGENT_CODES_MAX);
    if (agent->program.kept_count > 0)
        agent_make_kept(agent);
    for (uint32_t i = 0; i < agent->program.kept_count; i++)
        row_get_code_ref(in, &agent->program.kept[i], &row->kept[i]);
    agent->program.memory_pages = (uint32_t)cbor_get_uint(in, ENGINE_MEMORY_PAGES_MAX);
    row->globals = cbor_get_array_any(in, ENGINE_GLOBALS_MAX);
    agent_fit_globals(agent, (uint32_t)row->globals);
    for (uint64_t i = 0; i < row->globals; i++)
        agent->program.globals[i] = cbor_get_uint(in, UINT64_MAX);
    agent->program.begun = cbor_get_bool(in);
}

static void row_get_upgrade(struct cbor *in, struct agent *agent, struct agent_row *row)
{
    uint64_t items = cbor_get_array_any(in, 2);

    agent->upgrade = (struct agent_upgrade){0};
    row->upgrades = items != 0;
    if (!row->upgrades)
        return;
    if (items != 2)
        cbor_fail(in, "an upgrade without its reserve");
    row_get_code_ref(in, &agent->upgrade.code, &row->upgrade);
    agent->upgrade.reserve = cbor_get_money(in);
}

static void row_get_accruals(struct cbor *in, struct agent *agent)
{
    cbor_get_array(in, RENT_RESOURCES);
    for (int i = 0; i < RENT_RESOURCES; i++)
        agent->rent.owed[i] = cbor_get_u128(in);
    cbor_get_array(in, RENT_RESOURCES);
    for (int i = 0; i < RENT_RESOURCES; i++)
        agent->rent.index[i] = cbor_get_u128(in);
    cbor_get_array(in, CARRIES);
    for (int i = 0; i < CARRIES; i++)
        agent->carry[i] = cbor_get_uint(in, UINT64_MAX);
}

/* Read bytes as a text; `to` has size_max + 1 bytes.  A NUL within would cut it short. */
static void row_get_string(struct cbor *in, char *to, size_t size_max)
{
    size_t size = 0;
    const uint8_t *text = cbor_get_bytes(in, &size, size_max);

    if (in->error != NULL)
        return;
    if (size > 0 && memchr(text, 0, size) != NULL) {
        cbor_fail(in, "a text with a NUL in it");
        return;
    }
    if (size > 0)
        memcpy(to, text, size);
    to[size] = '\0';
}

enum status row_decode_agent(struct agent *agent, struct agent_row *row, const uint8_t *value,
                             size_t size, struct fault *fault)
{
    struct cbor in;

    cbor_init_fields(&in, value, size);
    cbor_get_array(&in, AGENT_FIELDS);
    row_get_version(&in);
    agent->customer = cbor_get_uint(&in, UINT64_MAX);
    agent->parent = cbor_get_uint(&in, UINT64_MAX);
    agent->leash = cbor_get_uint(&in, UINT64_MAX);
    agent->confined = cbor_get_bool(&in);
    row_get_string(&in, agent->name, AGENT_NAME_BYTES_MAX);
    agent->state = (enum agent_state)cbor_get_uint(&in, AGENT_DESK);
    if (agent->state == AGENT_DEAD)
        cbor_fail(&in, "a dead agent");
    row_get_string(&in, agent->reason, AGENT_REASON_BYTES_MAX);
    agent->born_frame = cbor_get_uint(&in, UINT64_MAX);
    agent->children = cbor_get_uint(&in, UINT64_MAX);
    agent->frozen_us = cbor_get_uint(&in, UINT64_MAX);
    row_get_program(&in, agent, row);
    agent->needs = cbor_get_money(&in);
    agent->low.mark = cbor_get_money(&in);
    agent->low.armed = cbor_get_bool(&in);
    agent->low.reserve = cbor_get_money(&in);
    agent->burial = cbor_get_money(&in);
    row_get_accruals(&in, agent);
    cbor_get_array(&in, 3);
    agent->usage.turns = cbor_get_uint(&in, UINT64_MAX);
    agent->usage.traps = cbor_get_uint(&in, UINT64_MAX);
    agent->usage.fuel = cbor_get_uint(&in, UINT64_MAX);
    /* Code begins by a turn that stood, so not all turns can have trapped. */
    if (agent->program.begun && agent->usage.traps >= agent->usage.turns)
        cbor_fail(&in, "code that has begun, and no turn that stood");
    agent->log.next = cbor_get_uint(&in, UINT64_MAX);
    row->caps = cbor_get_uint(&in, SERAI_SLOTS_MAX);
    row->messages = cbor_get_uint(&in, UINT64_MAX);
    row->facets = cbor_get_uint(&in, UINT64_MAX);
    row->timers = cbor_get_uint(&in, UINT64_MAX);
    row->buffer_bytes = cbor_get_uint(&in, UINT64_MAX);
    row->log_lines = cbor_get_uint(&in, AGENT_LOG_LINES_MAX);
    if (agent->log.next == 0 || row->log_lines >= agent->log.next)
        cbor_fail(&in, "more log lines than were written");
    row_get_upgrade(&in, agent, row);
    return cbor_done(&in, fault, "row");
}

/* ---- capability tables ---- */

bool row_encode_caps(uint8_t to[ROW_CAPS_BYTES], const struct cap *chunk)
{
    bool any = false;

    for (size_t i = 0; i < AGENT_CAPS_CHUNK; i++) {
        row_cap_pack(to + i * ROW_CAP_BYTES, &chunk[i]);
        any = any || chunk[i].kind != SERAI_KIND_EMPTY;
    }
    return any;
}

enum status row_decode_caps(struct cap *chunk, const uint8_t *value, size_t size,
                            struct fault *fault)
{
    bool any = false;

    if (size != ROW_CAPS_BYTES)
        return fault_set(fault, ST_INVALID, "%zu bytes are not %d slots", size, AGENT_CAPS_CHUNK);
    for (size_t i = 0; i < AGENT_CAPS_CHUNK; i++) {
        const char *error = row_cap_unpack(&chunk[i], value + i * ROW_CAP_BYTES);

        if (error != NULL)
            return fault_set(fault, ST_INVALID, "slot %zu of the group: %s", i, error);
        any = any || chunk[i].kind != SERAI_KIND_EMPTY;
    }
    if (!any)
        return fault_set(fault, ST_INVALID, "no slot of the group holds anything");
    return ST_OK;
}
