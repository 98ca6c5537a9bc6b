/*
 * Reading back what agents own: objects, capabilities, pages, messages, heap entries and log lines.
 * Each row is decoded and then checked against those that it refers to.
 */
#include "agents/rows/load_owned.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "agents/agent.h"
#include "agents/agents.h"
#include "agents/cap.h"
#include "agents/cap_heap.h"
#include "agents/caps.h"
#include "agents/customers.h"
#include "agents/facet_index.h"
#include "agents/facets.h"
#include "agents/holders.h"
#include "agents/inbox.h"
#include "agents/limits.h"
#include "agents/logs.h"
#include "agents/message.h"
#include "agents/objects.h"
#include "agents/pages/paged.h"
#include "agents/promise_queue.h"
#include "agents/quotas.h"
#include "agents/rows/agent_row.h"
#include "agents/rows/codec.h"
#include "agents/rows/found.h"
#include "agents/rows/keys.h"
#include "agents/rows/load_promises.h"
#include "agents/set.h"
#include "agents/sleep.h"
#include "base/heapq.h"
#include "base/table.h"

/*
 * Why this is no cap that the site can have made; NULL: it may be one.  A cap may outlive what it
 * names, but it names nothing of another kind and nothing that never was.
 */
static const char *load_cap_error(const struct agents *agents, const struct cap *cap)
{
    static const enum object_kind kinds[SERAI_KINDS] = {[SERAI_KIND_FACET] = OBJECT_FACET,
                                                        [SERAI_KIND_BUFFER] = OBJECT_BUFFER,
                                                        [SERAI_KIND_LEASH] = OBJECT_LEASH};
    enum object_kind kind = kinds[cap->kind];
    const struct object *object;

    if (kind == 0) /* no cap to an object of this part */
        return NULL;
    if (cap->object >= agents->objects.next)
        return "a capability to an object whose number is above the counter";
    object = table_get(&agents->objects.by_id, cap->object);
    if (object == NULL || object->kind == kind)
        return NULL;
    return cap_object(agents, cap) != NULL ? NULL : "a capability to an object of another kind";
}

/*
 * The same of a cap in a slot or message.  It takes note of replies, each of which may be in one
 * place only.
 */
static const char *load_place_error(const struct agents *agents, const struct cap *cap)
{
    const char *error = load_cap_error(agents, cap);
    struct object *reply;

    if (error != NULL)
        return error;
    reply = cap_reply(agents, cap);
    if (reply == NULL)
        return NULL;
    if (reply->held)
        return "a reply that is held in another place, too";
    reply->held = true;
    return NULL;
}

/* ---- objects ---- */

/*
 * Why this is no facet; NULL: it may be one.  The facet that was asked with must be there and of
 * the same owner: its replies end with it.  So must the promise that a reply resolves, and it has
 * no other.  Their numbers are lower, so their rows came before.
 */
static const char *load_facet_error(const struct agents *agents, const struct object *facet)
{
    const struct object *asked = object_find(&agents->objects, facet->u.facet.asked, OBJECT_FACET);
    const struct object *promise =
        object_find(&agents->objects, facet->u.facet.promise, OBJECT_PROMISE);

    if (facet->named != FACET_UNNAMED &&
        facet_index_find(agents, facet->owner, facet->u.facet.badge) != NULL)
        return "another facet that is found by the same badge";
    if (facet->u.facet.asked != 0 &&
        (asked == NULL || asked->one_shot || asked->owner != facet->owner))
        return "a reply to a question that was asked with no facet of its owner's";
    if (facet->u.facet.promise != 0 &&
        (promise == NULL || promise->owner != facet->owner ||
         promise->u.promise.state != PROMISE_OPEN || promise->u.promise.reply != 0))
        return "a reply that resolves no open promise of its owner's, or a second one";
    return NULL;
}

/* A facet's place in the lists and counts of what it belongs to. */
static void load_admit_facet(struct agents *agents, struct object *facet)
{
    struct object *asked = object_find(&agents->objects, facet->u.facet.asked, OBJECT_FACET);
    struct object *promise = object_find(&agents->objects, facet->u.facet.promise, OBJECT_PROMISE);

    if (facet->named != FACET_UNNAMED)
        facet_index_insert(agents, facet);
    if (promise != NULL)
        promise->u.promise.reply = facet->id;
    if (asked == NULL)
        return;
    reply_link(asked, facet);
    asked->holders++;
}

/* Add an object to its owner, with all that it counts for. */
static void load_admit_object(struct agents *agents, struct object *object)
{
    struct buffer *buffer = &object->u.buffer;
    struct agent *owner = agents_find(agents, object->owner);
    struct customer_use *use = owner->use;

    switch (object->kind) {
    case OBJECT_FACET:
        row_found(agents, owner->id, PART_FACETS, 1);
        use->used[CUSTOMER_FACETS]++;
        use->used[CUSTOMER_EVENTS] += facet_has_event(object);
        load_admit_facet(agents, object);
        break;
    case OBJECT_PROMISE:
        row_found(agents, owner->id, PART_FACETS, 1);
        use->used[CUSTOMER_FACETS]++;
        break;
    case OBJECT_BUFFER:
        paged_init(&buffer->pages, object->id,
                   (uint32_t)((buffer->size + PAGED_BYTES - 1) / PAGED_BYTES));
        row_found(agents, owner->id, PART_BUFFER_BYTES, buffer->size);
        use->used[CUSTOMER_BUFFER_BYTES] += buffer->size;
        break;
    case OBJECT_TIMER:
        row_found(agents, owner->id, PART_TIMERS, 1);
        use->used[CUSTOMER_TIMERS]++;
        use->used[CUSTOMER_EVENTS]++;
        object_queue_timer(&agents->objects, object);
        break;
    case OBJECT_LEASH:
        row_found(agents, owner->id, PART_FACETS, 1);
        row_found(agents, object->u.leash.child, PART_LEASH, object->id);
        use->used[CUSTOMER_FACETS]++;
        break;
    }
    object_link(agents, owner, object);
    agent_let_sleep(agents, owner);
}

/* The reason of a broken promise lies in the row, which is borrowed. */
static void load_promise(struct object *object, const struct promise *read)
{
    struct promise *promise = &object->u.promise;

    *promise = *read;
    promise->reason = NULL;
    if (read->reason_size == 0)
        return;
    promise->reason = malloc(read->reason_size);
    INVARIANT(promise->reason != NULL);
    memcpy(promise->reason, read->reason, read->reason_size);
}

static enum status load_object(struct agents *agents, const struct store_row *stored,
                               struct fault *fault)
{
    struct object read = {0};
    struct fault why = {0};
    struct object *object;

    if (stored->key_size != ROW_ID_KEY_BYTES)
        return row_wrong_key(fault, stored);
    read.id = be64_get(stored->key);
    if (row_decode_object(&read, stored->value, stored->value_size, &why) != ST_OK)
        return row_corrupt(fault, stored, "%s", why.text);
    /* Agents and objects share one space of numbers in the tables of pages. */
    if (read.id >= agents->objects.next || agents_has(agents, read.id))
        return row_corrupt(fault, stored, "its number is above the counter, or an agent's");
    if (!agents_has(agents, read.owner))
        return row_corrupt(fault, stored, "its owner, agent %" PRIu64 ", is missing", read.owner);
    if (read.kind == OBJECT_FACET && load_facet_error(agents, &read) != NULL)
        return row_corrupt(fault, stored, "%s", load_facet_error(agents, &read));
    if (read.kind == OBJECT_LEASH && !agents_has(agents, read.u.leash.child))
        return row_corrupt(fault, stored, "its child, agent %" PRIu64 ", is missing",
                           read.u.leash.child);
    object = object_alloc(&agents->small, read.kind);
    object->id = read.id;
    object->owner = read.owner;
    object->one_shot = read.one_shot;
    object->named = read.named;
    switch (read.kind) { /* no more than its kind has room for */
    case OBJECT_FACET:
        object->u.facet = read.u.facet;
        break;
    case OBJECT_BUFFER:
        object->u.buffer = read.u.buffer;
        break;
    case OBJECT_TIMER:
        object->u.timer = read.u.timer;
        break;
    case OBJECT_LEASH:
        object->u.leash = read.u.leash;
        break;
    case OBJECT_PROMISE:
        load_promise(object, &read.u.promise);
        break;
    }
    load_admit_object(agents, object);
    return ST_OK;
}

/* ---- capability tables ---- */

static enum status load_caps(struct agents *agents, const struct store_row *stored,
                             struct fault *fault)
{
    struct cap read[AGENT_CAPS_CHUNK];
    struct fault why = {0};
    struct agent *agent;
    uint32_t chunk;

    if (stored->key_size != ROW_PART_KEY_BYTES || be32_get(stored->key + 8) >= AGENT_CAPS_CHUNKS)
        return row_wrong_key(fault, stored);
    chunk = be32_get(stored->key + 8);
    agent = agents_find(agents, be64_get(stored->key));
    if (agent == NULL)
        return row_corrupt(fault, stored, "the agent is missing");
    if (row_decode_caps(read, stored->value, stored->value_size, &why) != ST_OK)
        return row_corrupt(fault, stored, "%s", why.text);
    for (uint32_t i = 0; i < AGENT_CAPS_CHUNK; i++) {
        const char *error = load_place_error(agents, &read[i]);

        if (error != NULL)
            return row_corrupt(fault, stored, "slot %" PRIu32 ": %s", chunk * AGENT_CAPS_CHUNK + i,
                               error);
        /* Groups come in order, so the last slot that is set is the highest. */
        if (read[i].kind == SERAI_KIND_EMPTY)
            continue;
        holders_gain(agents, &read[i], agent->id);
        agent->caps.used++;
        row_found(agents, agent->id, PART_CAPS, 1);
        agent->caps.highest = chunk * AGENT_CAPS_CHUNK + i + 1;
    }
    cap_table_grow(&agent->caps, chunk);
    memcpy(agent->caps.chunks[chunk], read, sizeof read);
    if (chunk >= CAPS_CHUNKS_COMMON) { /* a group that has a row holds something */
        agent->caps.large++;
        agent->use->used[CUSTOMER_MEMORY_BYTES] += CAPS_CHUNK_BYTES;
    }
    agent_let_sleep(agents, agent);
    return ST_OK;
}

/* ---- inboxes ---- */

/*
 * Move the message that was read last before all others: it was delivered to the front, though its
 * number is the highest so far.
 */
static void load_move_to_front(struct agent *agent)
{
    struct inbox_message *message = agent->inbox.last;

    if (message->previous == NULL)
        return;
    agent->inbox.last = message->previous;
    agent->inbox.last->next = NULL;
    message->previous = NULL;
    message->next = agent->inbox.first;
    agent->inbox.first->previous = message;
    agent->inbox.first = message;
}

/* Whether the account is an agent's, dead or alive. */
static bool load_is_agent(const struct agents *agents, uint64_t id)
{
    const struct account *account = ledger_account(agents->ledger, id);

    return account != NULL && account->kind == KIND_AGENT;
}

/* Why this is no message of this site; NULL: it may be one. */
static const char *load_message_error(const struct agents *agents, const struct message *m)
{
    const char *error = load_place_error(agents, &m->reply);

    for (uint8_t i = 0; error == NULL && i < m->cap_count; i++)
        error = load_place_error(agents, &m->caps[i]);
    if (m->id == 0 || m->id >= agents->next_message)
        error = "its number is above the counter";
    if (m->asker != 0 && !load_is_agent(agents, m->asker))
        error = "its asker was never an agent";
    return error;
}

/* A copy of the message, of which the row's bytes are borrowed. */
static struct inbox_message *load_copy_message(struct agents *agents,
                                               const struct inbox_message *read)
{
    struct inbox_message *message = inbox_message_new(&agents->small, &read->m);

    message->front = read->front;
    message->saved = true;
    return message;
}

static void load_admit_message(struct agents *agents, struct agent *agent,
                               const struct inbox_message *read)
{
    struct inbox_message *message = load_copy_message(agents, read);

    row_found(agents, agent->id, PART_MESSAGES, 1);
    inbox_push_loaded(agents, agent, message);
    if (message->front)
        load_move_to_front(agent);
}

/* A message that waits on a promise, and counts for its sender. */
static const char *load_admit_waiting(struct agents *agents, struct object *promise,
                                      const struct inbox_message *read)
{
    struct agent *sender = agents_find(agents, read->m.sender);

    if (sender == NULL)
        return "its sender is missing, which would have taken it back";
    if (promise->u.promise.unread == 0)
        return "more messages wait on the promise than its row counts";
    promise->u.promise.unread--;
    promise_queue_add_loaded(agents, promise, sender, load_copy_message(agents, read));
    agent_let_sleep(agents, sender);
    return NULL;
}

/* What a row of a message belongs to: an agent, or a promise, on which no other kinds wait. */
static const char *load_admit_to(struct agents *agents, uint64_t holder,
                                 const struct inbox_message *read)
{
    bool listens = read->m.kind == (enum serai_event_kind)WAITING_LISTENER;
    struct object *promise = object_find(&agents->objects, holder, OBJECT_PROMISE);
    struct agent *agent = agents_find(agents, holder);

    if (promise != NULL)
        return listens || read->m.kind == SERAI_EVENT_MESSAGE
                   ? load_admit_waiting(agents, promise, read)
                   : "an event of a kind that does not wait on a promise";
    if (agent == NULL)
        return "the agent is missing";
    if (listens)
        return "an agent's inbox has what only waits on a promise";
    load_admit_message(agents, agent, read);
    return NULL;
}

static enum status load_message(struct agents *agents, const struct store_row *stored,
                                struct fault *fault)
{
    struct inbox_message read = {0};
    struct fault why = {0};
    const char *error;

    if (stored->key_size != ROW_ITEM_KEY_BYTES)
        return row_wrong_key(fault, stored);
    read.m.id = be64_get(stored->key + 8);
    if (row_decode_message(&read, stored->value, stored->value_size, &why) != ST_OK)
        return row_corrupt(fault, stored, "%s", why.text);
    error = load_message_error(agents, &read.m);
    if (error == NULL)
        error = load_admit_to(agents, be64_get(stored->key), &read);
    return error == NULL ? ST_OK : row_corrupt(fault, stored, "%s", error);
}

/* ---- heap entries ---- */

static enum status load_heap(struct agents *agents, const struct store_row *stored,
                             struct fault *fault)
{
    struct heap_entry read = {0};
    struct fault why = {0};
    struct heap_entry *entry;
    const char *error;

    if (stored->key_size != SERAI_HEAP_NUMBER_BYTES)
        return row_wrong_key(fault, stored);
    if (row_decode_heap(&read, stored->value, stored->value_size, &why) != ST_OK)
        return row_corrupt(fault, stored, "%s", why.text);
    error = load_cap_error(agents, &read.cap);
    if (read.serial == 0 || read.serial >= agents->heap.next_serial)
        error = "its serial is above the counter";
    if (cap_reply(agents, &read.cap) != NULL)
        error = "a reply, which the heap does not hold";
    if (error != NULL)
        return row_corrupt(fault, stored, "serial %" PRIu64 ": %s", read.serial, error);
    memcpy(read.number, stored->key, sizeof read.number);
    entry = malloc(sizeof *entry);
    INVARIANT(entry != NULL);
    *entry = read;
    cap_heap_insert(&agents->heap, entry);
    holders_gain(agents, &entry->cap, HOLDER_NO_AGENT);
    customer_use(agents, entry->customer)->used[CUSTOMER_HEAP_ENTRIES]++;
    agents_lineage_take(agents, entry->customer);
    return ST_OK;
}

/* ---- logs ---- */

static void load_admit_line(struct agent *agent, const struct agent_log_line *read,
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

static enum status load_line(struct agents *agents, const struct store_row *stored,
                             struct fault *fault)
{
    struct agent_log_line read = {0};
    const uint8_t *text = NULL;
    struct fault why = {0};
    struct agent *agent;

    if (stored->key_size != ROW_ITEM_KEY_BYTES)
        return row_wrong_key(fault, stored);
    read.line = be64_get(stored->key + 8);
    agent = agents_find(agents, be64_get(stored->key));
    if (agent == NULL)
        return row_corrupt(fault, stored, "the agent is missing");
    if (row_decode_log(&read, &text, stored->value, stored->value_size, &why) != ST_OK)
        return row_corrupt(fault, stored, "%s", why.text);
    /* Lines follow one another; with the count at the end no line can be missing. */
    if (read.line != agent->log.deleted + agent->log.lines + 1 || read.line >= agent->log.next)
        return row_corrupt(fault, stored, "the line before it is missing");
    row_found(agents, agent->id, PART_LINES, 1);
    load_admit_line(agent, &read, text);
    agent_let_sleep(agents, agent);
    return ST_OK;
}

/* ---- all of them ---- */

/*
 * Objects before the capabilities that name them; slots, messages and heap entries each hold some.
 */
static const struct {
    enum store_table table;
    enum status (*load)(struct agents *agents, const struct store_row *stored, struct fault *fault);
} owned[] = {
    {STORE_OBJECT, load_object}, {STORE_CAPS, load_caps}, {STORE_INBOX, load_message},
    {STORE_HEAP, load_heap},     {STORE_LOG, load_line},
};

enum status rows_load_owned(struct agents *agents, const struct store_read *read,
                            struct fault *fault)
{
    enum status status = ST_OK;

    for (size_t i = 0; status == ST_OK && i < sizeof owned / sizeof owned[0]; i++) {
        struct store_cursor cursor;
        struct store_row stored;

        store_cursor_open(&cursor, read, owned[i].table, NULL, 0, fault);
        while (status == ST_OK && store_cursor_next(&cursor, &stored))
            status = owned[i].load(agents, &stored, fault);
        status = store_cursor_close(&cursor, status);
    }
    if (status == ST_OK)
        status = rows_load_promises(agents, fault);
    return status;
}
