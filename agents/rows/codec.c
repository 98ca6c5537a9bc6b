/* Values of the rows besides those of agents themselves (docs/records-agents.md). */
#include "agents/rows/codec.h"

#include <string.h>

#include "agents/cap.h"
#include "agents/code.h"
#include "agents/message.h"
#include "agents/objects.h"
#include "agents/promise_queue.h"
#include "agents/set.h"
#include "agents/views.h"
#include "base/cbor.h"

enum {
    MESSAGE_FIELDS = 17,
    FACET_FIELDS = 10,
    PROMISE_FIELDS = 12,
    BUFFER_FIELDS = 4,
    TIMER_FIELDS = 6,
    LEASH_FIELDS = 6,
    HEAP_FIELDS = 6,
    CODE_FIELDS = 4,
    LOG_FIELDS = 4,
    COUNTERS_FIELDS = 13,
    RIGHTS_MAX = SERAI_RIGHT_READ | SERAI_RIGHT_WRITE | SERAI_RIGHT_OWNER,
};

/* ---- parts of values ---- */

void row_get_version(struct cbor *in)
{
    if (cbor_get_uint(in, UINT64_MAX) != ROW_VERSION)
        cbor_fail(in, "a version that this program does not know");
}

/*
 * Kind, rights, object: the 10 bytes of docs/records-agents.md, the same in slots, messages and
 * heap entries.
 */
void row_cap_pack(uint8_t to[ROW_CAP_BYTES], const struct cap *cap)
{
    memset(to, 0, ROW_CAP_BYTES);
    if (cap->kind == SERAI_KIND_EMPTY)
        return; /* whatever else an emptied slot still says */
    to[0] = cap->kind;
    to[1] = cap->rights;
    le64_put(to + 2, cap->object);
}

const char *row_cap_unpack(struct cap *cap, const uint8_t from[ROW_CAP_BYTES])
{
    bool named;

    *cap = (struct cap){.kind = from[0], .rights = from[1], .object = le64_get(from + 2)};
    if (cap->kind >= SERAI_KINDS)
        return "a capability of no known kind";
    /*
     * Each kind of capability says all, or names an object with rights; one value has one encoding.
     */
    named = cap->kind == SERAI_KIND_FACET || cap->kind == SERAI_KIND_BUFFER ||
            cap->kind == SERAI_KIND_CHANNEL || cap->kind == SERAI_KIND_LEASH;
    if (named && cap->object == 0)
        return "a capability to nothing";
    if (!named && cap->object != 0)
        return "a capability whose kind names no object names one";
    if (cap->rights > (named ? RIGHTS_MAX : 0))
        return "a capability with rights that there are not";
    return NULL;
}

static void row_put_cap(struct bytes *out, const struct cap *cap)
{
    uint8_t packed[ROW_CAP_BYTES];

    row_cap_pack(packed, cap);
    cbor_put_bytes(out, packed, sizeof packed);
}

static void row_get_cap(struct cbor *in, struct cap *cap)
{
    uint8_t packed[ROW_CAP_BYTES];
    const char *error;

    cbor_get_bytes_exact(in, packed, sizeof packed);
    error = row_cap_unpack(cap, packed);
    if (error != NULL)
        cbor_fail(in, error);
}

/* ---- messages ---- */

void row_encode_message(struct bytes *out, const struct inbox_message *message)
{
    const struct message *m = &message->m;

    cbor_put_array(out, MESSAGE_FIELDS);
    cbor_put_uint(out, ROW_VERSION);
    cbor_put_bool(out, message->front);
    cbor_put_uint(out, (uint64_t)m->kind);
    cbor_put_uint(out, m->sender);
    cbor_put_uint(out, m->asker);
    cbor_put_uint(out, m->sender_customer);
    cbor_put_uint(out, m->end);
    cbor_put_uint(out, m->badge);
    cbor_put_uint(out, (uint32_t)m->status); /* two's complement */
    cbor_put_money(out, m->fee);
    cbor_put_money(out, m->money);
    cbor_put_money(out, m->postage);
    cbor_put_money(out, m->reserve);
    cbor_put_money(out, m->spent);
    row_put_cap(out, &m->reply);
    cbor_put_array(out, m->cap_count);
    for (uint8_t i = 0; i < m->cap_count; i++)
        row_put_cap(out, &m->caps[i]);
    cbor_put_bytes(out, m->data, m->size);
}

/* An event, or what waits on a promise and is none. */
static enum serai_event_kind row_get_kind(struct cbor *in)
{
    uint64_t kind = cbor_get_uint(in, WAITING_LISTENER);

    if (kind < SERAI_EVENT_BORN || (kind > SERAI_EVENT_UNHELD && kind != WAITING_LISTENER))
        cbor_fail(in, "an event of no known kind");
    return (enum serai_event_kind)kind;
}

enum status row_decode_message(struct inbox_message *message, const uint8_t *value, size_t size,
                               struct fault *fault)
{
    struct message *m = &message->m;
    struct cbor in;

    cbor_init_fields(&in, value, size);
    cbor_get_array(&in, MESSAGE_FIELDS);
    row_get_version(&in);
    message->front = cbor_get_bool(&in);
    m->kind = row_get_kind(&in);
    m->sender = cbor_get_uint(&in, UINT64_MAX);
    m->asker = cbor_get_uint(&in, UINT64_MAX);
    m->sender_customer = cbor_get_uint(&in, UINT64_MAX);
    m->end = cbor_get_uint(&in, UINT64_MAX);
    m->badge = cbor_get_uint(&in, UINT64_MAX);
    m->status = (int32_t)(uint32_t)cbor_get_uint(&in, UINT32_MAX);
    m->fee = cbor_get_money(&in);
    m->money = cbor_get_money(&in);
    m->postage = cbor_get_money(&in);
    m->reserve = cbor_get_money(&in);
    m->spent = cbor_get_money(&in);
    row_get_cap(&in, &m->reply);
    m->cap_count = (uint8_t)cbor_get_array_any(&in, SERAI_MESSAGE_CAPS_MAX);
    for (uint8_t i = 0; i < m->cap_count; i++)
        row_get_cap(&in, &m->caps[i]);
    m->data = cbor_get_bytes(&in, &m->size, STORE_VALUE_BYTES_MAX);
    return cbor_done(&in, fault, "row");
}

/* ---- facets, buffers, timers and promises ---- */

static void row_encode_facet(struct bytes *out, const struct object *object)
{
    const struct facet *facet = &object->u.facet;

    cbor_put_array(out, FACET_FIELDS);
    cbor_put_uint(out, ROW_VERSION);
    cbor_put_uint(out, OBJECT_FACET);
    cbor_put_uint(out, object->owner);
    cbor_put_uint(out, facet->badge);
    cbor_put_money(out, facet->postage);
    cbor_put_bool(out, object->one_shot);
    cbor_put_money(out, facet->reserve);
    cbor_put_uint(out, facet->asked);
    cbor_put_uint(out, facet->promise);
    cbor_put_uint(out, object->named);
}

static void row_encode_buffer(struct bytes *out, const struct object *object)
{
    const struct buffer *buffer = &object->u.buffer;

    cbor_put_array(out, BUFFER_FIELDS);
    cbor_put_uint(out, ROW_VERSION);
    cbor_put_uint(out, OBJECT_BUFFER);
    cbor_put_uint(out, object->owner);
    cbor_put_uint(out, buffer->size);
}

static void row_encode_timer(struct bytes *out, const struct object *object)
{
    const struct timer *timer = &object->u.timer;

    cbor_put_array(out, TIMER_FIELDS);
    cbor_put_uint(out, ROW_VERSION);
    cbor_put_uint(out, OBJECT_TIMER);
    cbor_put_uint(out, object->owner);
    cbor_put_uint(out, timer->at_us);
    cbor_put_uint(out, timer->badge);
    cbor_put_money(out, timer->reserve);
}

static void row_encode_leash(struct bytes *out, const struct object *object)
{
    const struct leash *leash = &object->u.leash;

    cbor_put_array(out, LEASH_FIELDS);
    cbor_put_uint(out, ROW_VERSION);
    cbor_put_uint(out, OBJECT_LEASH);
    cbor_put_uint(out, object->owner);
    cbor_put_uint(out, leash->child);
    cbor_put_uint(out, leash->watch);
    cbor_put_bool(out, leash->estate);
}

/* What waits on it has rows of its own, which this one counts. */
static void row_encode_promise(struct bytes *out, const struct object *object)
{
    const struct promise *promise = &object->u.promise;

    cbor_put_array(out, PROMISE_FIELDS);
    cbor_put_uint(out, ROW_VERSION);
    cbor_put_uint(out, OBJECT_PROMISE);
    cbor_put_uint(out, object->owner);
    cbor_put_uint(out, (uint64_t)promise->state);
    cbor_put_uint(out, (uint32_t)promise->status); /* two's complement */
    cbor_put_bytes(out, promise->reason, promise->reason_size);
    row_put_cap(out, &promise->target);
    cbor_put_money(out, promise->postage);
    cbor_put_uint(out, promise->pipe);
    cbor_put_uint(out, promise->waits_in);
    cbor_put_uint(out, promise->waits_at);
    cbor_put_uint(out, promise_queue_rows(object));
}

void row_encode_object(struct bytes *out, const struct object *object)
{
    switch (object->kind) {
    case OBJECT_FACET:
        row_encode_facet(out, object);
        break;
    case OBJECT_BUFFER:
        row_encode_buffer(out, object);
        break;
    case OBJECT_TIMER:
        row_encode_timer(out, object);
        break;
    case OBJECT_LEASH:
        row_encode_leash(out, object);
        break;
    case OBJECT_PROMISE:
        row_encode_promise(out, object);
        break;
    }
}

static void row_decode_facet(struct cbor *in, struct object *object)
{
    struct facet *facet = &object->u.facet;

    object->owner = cbor_get_uint(in, UINT64_MAX);
    facet->badge = cbor_get_uint(in, UINT64_MAX);
    facet->postage = cbor_get_money(in);
    object->one_shot = cbor_get_bool(in);
    facet->reserve = cbor_get_money(in);
    facet->asked = cbor_get_uint(in, UINT64_MAX);
    facet->promise = cbor_get_uint(in, UINT64_MAX);
    object->named = (uint8_t)cbor_get_uint(in, FACET_TOLD);
    /* Only a reply was made of another facet, or of a promise. */
    if (!object->one_shot && (facet->asked != 0 || facet->promise != 0))
        cbor_fail(in, "a facet that is no reply, with a question");
    if (object->one_shot && object->named != FACET_UNNAMED)
        cbor_fail(in, "a reply that is found by its badge");
}

/* Only a promise that is resolved has a target, and only it can wait in another's queue. */
static void row_decode_promise(struct cbor *in, struct object *object)
{
    struct promise *promise = &object->u.promise;
    size_t reason_size = 0;

    object->owner = cbor_get_uint(in, UINT64_MAX);
    promise->state = (enum promise_state)cbor_get_uint(in, PROMISE_BROKEN);
    promise->status = (int32_t)(uint32_t)cbor_get_uint(in, UINT32_MAX);
    /* Borrowed; who keeps the object copies it. */
    promise->reason = (uint8_t *)cbor_get_bytes(in, &reason_size, SERAI_REASON_BYTES_MAX);
    promise->reason_size = (uint32_t)reason_size;
    row_get_cap(in, &promise->target);
    promise->postage = cbor_get_money(in);
    promise->pipe = cbor_get_uint(in, UINT64_MAX);
    promise->waits_in = cbor_get_uint(in, UINT64_MAX);
    promise->waits_at = cbor_get_uint(in, UINT64_MAX);
    promise->unread = (uint32_t)cbor_get_uint(in, UINT32_MAX);
    if ((promise->state == PROMISE_RESOLVED) != (promise->target.kind != SERAI_KIND_EMPTY))
        cbor_fail(in, "a promise that is resolved to nothing, or the other way round");
    if ((promise->state == PROMISE_BROKEN) != (promise->status != 0))
        cbor_fail(in, "a promise that is broken without a reason, or the other way round");
    if (promise->pipe != 0 && promise->state != PROMISE_OPEN)
        cbor_fail(in, "a promise that has ended, with a pipe");
    if ((promise->waits_in != 0) != (promise->waits_at != 0) ||
        (promise->waits_in != 0 && promise->state != PROMISE_RESOLVED) ||
        (promise->unread > 0 && promise->state != PROMISE_OPEN && promise->waits_in == 0))
        cbor_fail(in, "a promise that has ended, on which messages wait");
}

static void row_decode_buffer(struct cbor *in, struct object *object)
{
    struct buffer *buffer = &object->u.buffer;

    object->owner = cbor_get_uint(in, UINT64_MAX);
    buffer->size = cbor_get_uint(in, SERAI_BUFFER_BYTES_MAX);
    if (buffer->size == 0)
        cbor_fail(in, "a buffer without bytes");
}

static void row_decode_timer(struct cbor *in, struct object *object)
{
    struct timer *timer = &object->u.timer;

    object->owner = cbor_get_uint(in, UINT64_MAX);
    timer->at_us = cbor_get_uint(in, UINT64_MAX);
    timer->badge = cbor_get_uint(in, UINT64_MAX);
    timer->reserve = cbor_get_money(in);
}

static void row_decode_leash(struct cbor *in, struct object *object)
{
    struct leash *leash = &object->u.leash;

    object->owner = cbor_get_uint(in, UINT64_MAX);
    leash->child = cbor_get_uint(in, UINT64_MAX);
    leash->watch = cbor_get_uint(in, UINT64_MAX);
    leash->estate = cbor_get_bool(in);
}

static const struct {
    uint64_t fields;
    void (*decode)(struct cbor *in, struct object *object);
} object_rows[] = {
    [OBJECT_FACET] = {FACET_FIELDS, row_decode_facet},
    [OBJECT_BUFFER] = {BUFFER_FIELDS, row_decode_buffer},
    [OBJECT_TIMER] = {TIMER_FIELDS, row_decode_timer},
    [OBJECT_LEASH] = {LEASH_FIELDS, row_decode_leash},
    [OBJECT_PROMISE] = {PROMISE_FIELDS, row_decode_promise},
};

enum status row_decode_object(struct object *object, const uint8_t *value, size_t size,
                              struct fault *fault)
{
    uint64_t fields;
    struct cbor in;

    cbor_init_fields(&in, value, size);
    /* The kind is inside and decides how many fields there must be. */
    fields = cbor_get_array_any(&in, PROMISE_FIELDS);
    row_get_version(&in);
    object->kind = (enum object_kind)cbor_get_uint(&in, OBJECT_PROMISE);
    if (object_rows[object->kind].decode == NULL || fields != object_rows[object->kind].fields)
        cbor_fail(&in, "an object of no known kind, or with other fields");
    if (in.error == NULL)
        object_rows[object->kind].decode(&in, object);
    return cbor_done(&in, fault, "row");
}

/* ---- heap entries ---- */

void row_encode_heap(struct bytes *out, const struct heap_entry *entry)
{
    cbor_put_array(out, HEAP_FIELDS);
    cbor_put_uint(out, ROW_VERSION);
    cbor_put_uint(out, entry->serial);
    cbor_put_uint(out, entry->payer);
    cbor_put_uint(out, entry->customer);
    cbor_put_money(out, entry->deposit);
    row_put_cap(out, &entry->cap);
}

enum status row_decode_heap(struct heap_entry *entry, const uint8_t *value, size_t size,
                            struct fault *fault)
{
    struct cbor in;

    cbor_init_fields(&in, value, size);
    cbor_get_array(&in, HEAP_FIELDS);
    row_get_version(&in);
    entry->serial = cbor_get_uint(&in, UINT64_MAX);
    entry->payer = cbor_get_uint(&in, UINT64_MAX);
    entry->customer = cbor_get_uint(&in, UINT64_MAX);
    entry->deposit = cbor_get_money(&in);
    row_get_cap(&in, &entry->cap);
    if (in.error == NULL && entry->cap.kind == SERAI_KIND_EMPTY)
        cbor_fail(&in, "an entry that names nothing");
    return cbor_done(&in, fault, "row");
}

/* ---- references of a module ---- */

void row_encode_code(struct bytes *out, const struct code *code)
{
    cbor_put_array(out, CODE_FIELDS);
    cbor_put_uint(out, ROW_VERSION);
    cbor_put_uint(out, code->refs);
    cbor_put_u128(out, code->share_index);
    cbor_put_u128(out, code->market_index);
}

enum status row_decode_code(struct code_row *row, const uint8_t *value, size_t size,
                            struct fault *fault)
{
    struct cbor in;

    cbor_init_fields(&in, value, size);
    cbor_get_array(&in, CODE_FIELDS);
    row_get_version(&in);
    row->refs = cbor_get_uint(&in, UINT64_MAX);
    row->share_index = cbor_get_u128(&in);
    row->market_index = cbor_get_u128(&in);
    return cbor_done(&in, fault, "row");
}

/* ---- log lines ---- */

void row_encode_log(struct bytes *out, const struct agent_log_line *line)
{
    cbor_put_array(out, LOG_FIELDS);
    cbor_put_uint(out, ROW_VERSION);
    cbor_put_uint(out, line->time_us);
    cbor_put_uint(out, (uint64_t)line->by);
    cbor_put_bytes(out, line->text, line->size); /* an agent need not write UTF-8 */
}

enum status row_decode_log(struct agent_log_line *line, const uint8_t **text, const uint8_t *value,
                           size_t size, struct fault *fault)
{
    struct cbor in;

    cbor_init_fields(&in, value, size);
    cbor_get_array(&in, LOG_FIELDS);
    row_get_version(&in);
    line->time_us = cbor_get_uint(&in, UINT64_MAX);
    line->by = (enum log_writer)cbor_get_uint(&in, LOG_BY_SITE);
    *text = cbor_get_bytes(&in, &line->size, SERAI_LOG_LINE_BYTES_MAX);
    return cbor_done(&in, fault, "row");
}

/* ---- counters ---- */

void row_encode_counters(struct bytes *out, const struct agents *agents)
{
    cbor_put_array(out, COUNTERS_FIELDS);
    cbor_put_uint(out, ROW_VERSION);
    cbor_put_uint(out, agents->objects.next);
    cbor_put_uint(out, agents->next_message);
    cbor_put_uint(out, agents->heap.next_serial);
    cbor_put_bytes(out, agents->heap.key, sizeof agents->heap.key);
    cbor_put_uint(out, agents->counters.turns);
    cbor_put_uint(out, agents->counters.traps);
    cbor_put_uint(out, agents->counters.births);
    cbor_put_uint(out, agents->counters.messages);
    cbor_put_uint(out, agents->counters.fuel);
    cbor_put_uint(out, agents->pages.log.images);
    cbor_put_uint(out, agents->pages.log.first_row);
    cbor_put_uint(out, agents->pages.log.next_row);
}

enum status row_decode_counters(struct agents *agents, const uint8_t *value, size_t size,
                                struct fault *fault)
{
    struct cbor in;

    cbor_init_fields(&in, value, size);
    cbor_get_array(&in, COUNTERS_FIELDS);
    row_get_version(&in);
    agents->objects.next = cbor_get_uint(&in, UINT64_MAX);
    agents->next_message = cbor_get_uint(&in, UINT64_MAX);
    agents->heap.next_serial = cbor_get_uint(&in, UINT64_MAX);
    cbor_get_bytes_exact(&in, agents->heap.key, sizeof agents->heap.key);
    agents->counters.turns = cbor_get_uint(&in, UINT64_MAX);
    agents->counters.traps = cbor_get_uint(&in, UINT64_MAX);
    agents->counters.births = cbor_get_uint(&in, UINT64_MAX);
    agents->counters.messages = cbor_get_uint(&in, UINT64_MAX);
    agents->counters.fuel = cbor_get_uint(&in, UINT64_MAX);
    agents->pages.log.images = cbor_get_uint(&in, UINT64_MAX);
    agents->pages.log.first_row = cbor_get_uint(&in, UINT64_MAX);
    agents->pages.log.next_row = cbor_get_uint(&in, UINT64_MAX);
    return cbor_done(&in, fault, "row");
}
