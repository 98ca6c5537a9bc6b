/*
 * Writing changed rows into a frame's batch.  What is listed as changed and is found no more has
 * its row deleted, so one list serves both.
 */
#include "agents/agents.h"

#include <string.h>

#include "agents/agent.h"
#include "agents/cap_heap.h"
#include "agents/changes.h"
#include "agents/code.h"
#include "agents/objects.h"
#include "agents/pages/page_cache.h"
#include "agents/pages/page_log.h"
#include "agents/promise_queue.h"
#include "agents/rows/agent_row.h"
#include "agents/rows/codec.h"
#include "agents/rows/keys.h"
#include "agents/set.h"
#include "agents/sleep.h"
#include "agents/upgrade.h"
#include "base/table.h"

struct saver {
    struct agents *agents;
    struct store_batch *batch;
    struct bytes row; /* of the value being built */
};

/* Put the value that was built into the batch, and have the next one begin empty. */
static void save_put(struct saver *saver, enum store_table table, const void *key, size_t key_size)
{
    INVARIANT(!saver->row.failed); /* a frame cannot be written by half */
    store_batch_put(saver->batch, table, key, key_size, saver->row.data, saver->row.size);
    bytes_clear(&saver->row);
}

/* Rows whose things keep no list of their own, such as messages that were delivered. */
static void save_tombstones(struct saver *saver)
{
    struct bytes *list = &saver->agents->changes.tombstones;

    for (size_t at = 0; at < list->size; at += sizeof(struct tombstone)) {
        struct tombstone tombstone;

        memcpy(&tombstone, list->data + at, sizeof tombstone);
        store_batch_delete(saver->batch, tombstone.table, tombstone.key, tombstone.key_size);
    }
    bytes_clear(list);
}

static void save_message(struct saver *saver, uint64_t holder, struct inbox_message *message)
{
    uint8_t key[ROW_ITEM_KEY_BYTES];

    row_key_item(key, holder, message->m.id);
    row_encode_message(&saver->row, message);
    save_put(saver, STORE_INBOX, key, sizeof key);
    message->saved = true;
    message->changed = false;
}

/* What is new lies at the end, amid entries that have no row (`saved` from the beginning). */
static void save_promise_queue(struct saver *saver, const struct object *promise)
{
    const struct inbox *queue = promise->u.promise.queue;

    for (struct inbox_message *at = queue == NULL ? NULL : queue->last; at != NULL;
         at = at->previous) {
        if (!at->saved)
            save_message(saver, promise->id, at);
        else if (at->m.kind != (enum serai_event_kind)WAITING_QUEUE)
            break;
    }
}

static void save_objects(struct saver *saver)
{
    struct bytes *list = &saver->agents->changes.objects;

    for (size_t at = 0; at < list->size; at += sizeof(uint64_t)) {
        uint8_t key[ROW_ID_KEY_BYTES];
        struct object *object;
        uint64_t id;

        memcpy(&id, list->data + at, sizeof id);
        row_key_id(key, id);
        /* Listed by number: an object that is found no more has ended in this frame. */
        object = table_get(&saver->agents->objects.by_id, id);
        if (object == NULL) {
            store_batch_delete(saver->batch, STORE_OBJECT, key, sizeof key);
            continue;
        }
        object->dirty = false;
        row_encode_object(&saver->row, object);
        save_put(saver, STORE_OBJECT, key, sizeof key);
        if (object->kind == OBJECT_PROMISE)
            save_promise_queue(saver, object);
    }
    bytes_clear(list);
}

static void save_heap(struct saver *saver)
{
    struct bytes *list = &saver->agents->changes.heap;

    for (size_t at = 0; at < list->size; at += SERAI_HEAP_NUMBER_BYTES) {
        const uint8_t *number = list->data + at;
        struct heap_entry *entry = cap_heap_find(&saver->agents->heap, number);

        if (entry == NULL) {
            store_batch_delete(saver->batch, STORE_HEAP, number, SERAI_HEAP_NUMBER_BYTES);
            continue;
        }
        entry->dirty = false;
        row_encode_heap(&saver->row, entry);
        save_put(saver, STORE_HEAP, number, SERAI_HEAP_NUMBER_BYTES);
    }
    bytes_clear(list);
}

/* ---- agents ---- */

/* Groups of slots that changed; a group with nothing in it has no row. */
static void save_caps(struct saver *saver, struct agent *agent)
{
    for (uint32_t chunk = 0; chunk < agent->caps.chunk_count; chunk++) {
        uint8_t packed[ROW_CAPS_BYTES];
        uint8_t key[ROW_PART_KEY_BYTES];

        if (!cap_table_take_dirty(&agent->caps, chunk))
            continue;
        row_key_part(key, agent->id, chunk);
        if (row_encode_caps(packed, agent->caps.chunks[chunk]))
            store_batch_put(saver->batch, STORE_CAPS, key, sizeof key, packed, sizeof packed);
        else
            store_batch_delete(saver->batch, STORE_CAPS, key, sizeof key);
    }
    cap_table_tidy(&agent->caps);
}

/*
 * What is new lies at the end, or at the front if it was delivered there, so these runs alone are
 * visited; all only when a message amid the others is said to have changed.
 */
static void save_inbox(struct saver *saver, struct agent *agent)
{
    struct inbox_message *message;

    for (message = agent->inbox.first; agent->inbox.changed && message != NULL;
         message = message->next) {
        if (!message->saved || message->changed)
            save_message(saver, agent->id, message);
    }
    agent->inbox.changed = false;
    for (message = agent->inbox.first; message != NULL && !message->saved; message = message->next)
        save_message(saver, agent->id, message);
    for (message = agent->inbox.last; message != NULL && !message->saved;
         message = message->previous)
        save_message(saver, agent->id, message);
}

static void save_log(struct saver *saver, struct agent *agent)
{
    uint8_t key[ROW_ITEM_KEY_BYTES];

    /*
     * First the rows of lines that were dropped, also of some that never had a row; then lines
     * without one.
     */
    for (uint64_t line = agent->log.erased + 1; line <= agent->log.deleted; line++) {
        row_key_item(key, agent->id, line);
        store_batch_delete(saver->batch, STORE_LOG, key, sizeof key);
    }
    if (agent->log.erased < agent->log.deleted)
        agent->log.erased = agent->log.deleted;
    for (struct agent_log_line *line = agent->log.first; line != NULL; line = line->next) {
        if (line->saved)
            continue;
        row_key_item(key, agent->id, line->line);
        row_encode_log(&saver->row, line);
        save_put(saver, STORE_LOG, key, sizeof key);
        line->saved = true;
    }
}

/*
 * An agent's row says where its references stand in their modules' share index; the row of that
 * index must never be behind it.
 */
static void save_note_share(struct agents *agents, struct code *code)
{
    if (code->market_index != code->market_saved)
        code_dirty(&agents->changes, code);
}

/* An agent's own row, which counts those of its parts, and the parts that changed. */
static void save_agent(struct saver *saver, struct agent *agent)
{
    uint8_t key[ROW_ID_KEY_BYTES];

    agent->dirty = false;
    row_key_id(key, agent->id);
    row_encode_agent(&saver->row, agent);
    save_put(saver, STORE_AGENT, key, sizeof key);
    save_caps(saver, agent);
    save_inbox(saver, agent);
    save_log(saver, agent);
    /* The row that was just written may refer to an index that its module's row has not. */
    save_note_share(saver->agents, agent->program.code.code);
    if (upgrade_is_under_way(agent))
        save_note_share(saver->agents, agent->upgrade.code.code);
    for (uint32_t i = 0; i < agent->program.kept_count; i++)
        save_note_share(saver->agents, agent->program.kept[i].code);
}

/* With the row, as what it says cannot be undone. */
static void save_tell(const struct agents *agents, struct agent *agent)
{
    bool frozen = agent_is_frozen(agent);
    const struct agents_told told = {.what = frozen ? NEWS_FROZEN : NEWS_THAWED,
                                     .agent = agent->id,
                                     .name = agent->name,
                                     .text = agent->reason,
                                     .size = strlen(agent->reason)};

    if (frozen == agent->frozen_told)
        return;
    agent->frozen_told = frozen;
    if (agents->env.news != NULL)
        agents->env.news(agents->env.context, &told);
}

static void save_agents(struct saver *saver)
{
    struct bytes *list = &saver->agents->changes.agents;

    for (size_t at = 0; at < list->size; at += sizeof(uint64_t)) {
        struct agent *agent;
        uint64_t id;

        memcpy(&id, list->data + at, sizeof id);
        agent = agents_find(saver->agents, id);
        if (agent != NULL) {
            save_agent(saver, agent);
            save_tell(saver->agents, agent);
        } else {
            uint8_t key[ROW_ID_KEY_BYTES];

            row_key_id(key, id);
            store_batch_delete(saver->batch, STORE_AGENT, key, sizeof key);
        }
    }
    bytes_clear(list);
}

/* ---- code ---- */

/* Nobody runs or keeps the module: its rows go, and the module itself. */
static void save_drop_code(struct saver *saver, struct code *code)
{
    uint8_t key[ROW_CODE_STATE_KEY_BYTES];

    row_key_code_state(key, &code->id);
    if (code->stored) {
        store_batch_delete(saver->batch, STORE_CODE, key, ROW_CODE_KEY_BYTES);
        store_batch_delete(saver->batch, STORE_CODE, key, sizeof key);
    }
    modules_remove(&saver->agents->modules, code);
    code_free(code);
}

/* The bytes never change and are written once; the row of references is written each time. */
static void save_code(struct saver *saver, struct code *code)
{
    uint8_t key[ROW_CODE_STATE_KEY_BYTES];

    code->dirty = false;
    if (code->refs == 0 && !code->builtin) {
        save_drop_code(saver, code);
        return;
    }
    row_key_code_state(key, &code->id);
    if (!code->stored)
        store_batch_put(saver->batch, STORE_CODE, key, ROW_CODE_KEY_BYTES, code->bytes, code->size);
    row_encode_code(&saver->row, code);
    save_put(saver, STORE_CODE, key, sizeof key);
    code->stored = true;
    code->market_saved = code->market_index;
}

static void save_codes(struct saver *saver)
{
    struct bytes *list = &saver->agents->changes.codes;

    for (size_t at = 0; at < list->size; at += sizeof(struct hash)) {
        struct code *code;
        struct hash id;

        memcpy(&id, list->data + at, sizeof id);
        code = modules_find(&saver->agents->modules, &id);
        if (code != NULL)
            save_code(saver, code);
    }
    bytes_clear(list);
}

/* ---- the rest ---- */

/*
 * Whether there is anything to write, so that a frame without changes of agents writes no counters.
 */
static bool save_is_needed(const struct agents *agents)
{
    return agents->changes.counters || agents->changes.agents.size > 0 ||
           agents->changes.objects.size > 0 || agents->changes.heap.size > 0 ||
           agents->changes.codes.size > 0 || page_log_has_work(agents) ||
           agents->changes.tombstones.size > 0;
}

static void save_counters(struct saver *saver)
{
    const uint8_t key = ROW_META_KEY_COUNTERS;

    row_encode_counters(&saver->row, saver->agents);
    save_put(saver, STORE_META, &key, sizeof key);
    saver->agents->changes.counters = false;
}

void agents_write_rows(struct agents *agents, struct store_batch *batch)
{
    struct saver saver = {.agents = agents, .batch = batch};
    bool changed;

    INVARIANT(agents->turn == NULL && agents->follow_ups.ends.size == 0);
    agents_follow_up(agents);  /* of what happened outside of turns; it moves no money */
    undo_commit(agents->undo); /* what was done outside of a turn is final by now */
    changed = save_is_needed(agents);
    save_tombstones(&saver);
    save_objects(&saver);
    save_heap(&saver);
    if (changed)
        page_log_save(agents, batch); /* after the tombstones: they delete rows of these */
    if (changed)
        save_counters(&saver); /* after the pages: they count rows */
    save_agents(&saver);       /* before the codes: it may list some */
    save_codes(&saver);
    bytes_fini(&saver.row);
}
