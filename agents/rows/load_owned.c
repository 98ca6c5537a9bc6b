/*
 * Reading back what has a number or an entry of its own: objects, and entries of the heap.  Each
 * row is decoded and then checked against those that it refers to.
 */
#include "agents/rows/load_owned.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "agents/agents.h"
#include "agents/cap.h"
#include "agents/cap_heap.h"
#include "agents/facet_index.h"
#include "agents/facets.h"
#include "agents/holders.h"
#include "agents/objects.h"
#include "agents/pages/paged.h"
#include "agents/quotas.h"
#include "agents/rows/claims.h"
#include "agents/rows/codec.h"
#include "agents/rows/keys.h"
#include "agents/rows/loader.h"
#include "agents/set.h"
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

const char *load_place_error(const struct agents *agents, const struct cap *cap)
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

const char *load_slot_error(struct agents *agents, const struct cap *cap, uint64_t agent)
{
    const char *error = load_place_error(agents, cap);

    if (error == NULL)
        holders_gain(agents, cap, agent);
    return error;
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

/*
 * Add an object to the table, and to the list of what its owner owns, which begins with the newest.
 * The owner's own row is still to come, with its customer: what the object counts for is counted
 * then (load_count_owned()).
 */
static void load_admit_object(struct rows_loader *loader, struct object *object)
{
    struct agents *agents = loader->agents;

    object->older_owned = dense_put(&loader->owned, object->owner, object);
    if (object->older_owned != NULL)
        object->older_owned->newer_owned = object;
    (void)!table_put(&agents->objects.by_id, object->id, object); /* keys of a table differ */
    claims_of_object(loader->claims, object);
    switch (object->kind) {
    case OBJECT_FACET:
        load_admit_facet(agents, object);
        break;
    case OBJECT_BUFFER:
        paged_init(&object->u.buffer.pages, object->id,
                   (uint32_t)((object->u.buffer.size + PAGED_BYTES - 1) / PAGED_BYTES));
        break;
    case OBJECT_TIMER:
        object_queue_timer(&agents->objects, object);
        break;
    case OBJECT_LEASH:
        loader->leashes++;
        break;
    case OBJECT_PROMISE:
        break;
    }
}

void load_count_owned(struct owned_sum *sum, const struct object *object)
{
    switch (object->kind) {
    case OBJECT_FACET:
        sum->facets++;
        sum->events += facet_has_event(object);
        break;
    case OBJECT_BUFFER:
        sum->buffer_bytes += object->u.buffer.size;
        break;
    case OBJECT_TIMER:
        sum->timers++;
        break;
    case OBJECT_LEASH:
    case OBJECT_PROMISE:
        sum->facets++;
        break;
    }
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

/* Whether there is an agent of this number, by its account: its row is checked against that. */
static bool load_agent_lives(const struct agents *agents, uint64_t id)
{
    const struct account *account = ledger_account(agents->ledger, id);

    return account != NULL && account->kind == KIND_AGENT && !account->closed;
}

static enum status load_object(struct rows_loader *loader, const struct store_row *stored,
                               struct fault *fault)
{
    struct agents *agents = loader->agents;
    struct object read = {0};
    struct fault why = {0};
    struct object *object;

    if (stored->key_size != ROW_ID_KEY_BYTES)
        return row_wrong_key(fault, stored);
    read.id = be64_get(stored->key);
    if (row_decode_object(&read, stored->value, stored->value_size, &why) != ST_OK)
        return row_corrupt(fault, stored, "%s", why.text);
    /* Agents and objects share one space of numbers in the tables of pages. */
    if (read.id >= agents->objects.next || read.id < AGENTS_FIRST_OBJECT)
        return row_corrupt(fault, stored, "its number is above the counter, or an agent's");
    if (!load_agent_lives(agents, read.owner))
        return row_corrupt(fault, stored, "its owner, agent %" PRIu64 ", is missing", read.owner);
    if (read.kind == OBJECT_FACET && load_facet_error(agents, &read) != NULL)
        return row_corrupt(fault, stored, "%s", load_facet_error(agents, &read));
    if (read.kind == OBJECT_LEASH && !load_agent_lives(agents, read.u.leash.child))
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
    load_admit_object(loader, object);
    return ST_OK;
}

/* ---- heap entries ---- */

static enum status load_heap(struct rows_loader *loader, const struct store_row *stored,
                             struct fault *fault)
{
    struct agents *agents = loader->agents;
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
    claims_of_heap_entry(loader->claims, entry);
    holders_gain(agents, &entry->cap, HOLDER_NO_AGENT);
    customer_use(agents, entry->customer)->used[CUSTOMER_HEAP_ENTRIES]++;
    agents_lineage_take(agents, entry->customer);
    return ST_OK;
}

/* ---- tables ---- */

enum status rows_load_objects(struct rows_loader *loader, const struct store_read *read,
                              struct fault *fault)
{
    return rows_load_table(loader, read, STORE_OBJECT, load_object, fault);
}

enum status rows_load_heap(struct rows_loader *loader, const struct store_read *read,
                           struct fault *fault)
{
    return rows_load_table(loader, read, STORE_HEAP, load_heap, fault);
}
