/* Between agents: references that come and go, and messages that leave when the turn ends. */
#include "sdk/vat/inner.h"

/* ---- references ---- */

struct vat_ref vat_arrive(int32_t slot)
{
    uint64_t badge;
    struct vat_ref ref;

    /* One of our own comes home: the site says so, and nobody else can. */
    if (self_badge(SERAI_SLOT_SELF, slot, &badge) == 1) {
        ref = vat_addressed(badge);
        if (vat_entry_at(ref) != NULL)
            return ref;
    }
    return vat_entry_new(VAT_ENTRY_FAR, slot);
}

struct vat_ref vat_from_slot(int64_t slot)
{
    struct vat_ref ref;

    if (slot < 0)
        vat_fail(VAT_NO_OBJECT, "there is no such object: refusal %d", slot);
    ref = vat_arrive((int32_t)slot);
    vat_entry_of(ref)->kept = true;
    return ref;
}

/* The facet of an object here, made when somebody is first given it. */
static int32_t vat_export(struct vat_ref ref, struct vat_entry *entry)
{
    uint64_t badge = (uint64_t)ref.generation << 32 | ref.index;
    int64_t slot;

    if (entry->slot != SERAI_SLOT_NONE)
        return entry->slot;
    slot = self_facet(SERAI_SLOT_SELF, badge, 0);
    if (slot < 0)
        vat_fail(VAT_TOO_MUCH, "an object cannot be given away: refusal %d", slot);
    entry->slot = (int32_t)slot;
    return entry->slot;
}

int32_t vat_slot_of(struct vat_ref ref)
{
    struct vat_entry *entry = vat_entry_at(ref);
    int32_t slot;

    if (entry == NULL)
        return SERAI_SLOT_NONE;
    if (entry->kind == VAT_ENTRY_NEAR)
        return vat_export(ref, entry);
    slot = entry->slot;
    if (entry->kind == VAT_ENTRY_LATER)
        entry->slot = SERAI_SLOT_NONE; /* a reply moves */
    return slot;
}

void vat_publish(struct vat_ref ref, uint8_t number[SERAI_HEAP_NUMBER_BYTES])
{
    int64_t answer = heap_add(SERAI_SLOT_HEAP, vat_slot_of(ref), number);

    if (answer < 0)
        vat_fail(VAT_NO_OBJECT, "the object cannot be published: refusal %d", answer);
}

struct vat_ref vat_fetch(const uint8_t number[SERAI_HEAP_NUMBER_BYTES])
{
    return vat_from_slot(heap_get(SERAI_SLOT_HEAP, number));
}

/* ---- asking ---- */

struct vat_ref vat_ask_list(struct vat_ref ref, const struct vat_value *list, int32_t count)
{
    struct vat_sent *sent;

    (void)vat_entry_of(ref);
    sent = vat_write_message(list, count, false);
    sent->target = ref;
    sent->promise = vat_entry_new(VAT_ENTRY_PROMISE, SERAI_SLOT_NONE);
    return sent->promise;
}

/* The message of this turn whose answer is promised. */
static struct vat_sent *vat_sent_for(struct vat_ref promise)
{
    for (int32_t i = vat_here.sent_count - 1; i >= vat_here.sent_done; i--) {
        struct vat_sent *sent = &vat_here.sent[i];

        if (sent->promise.index == promise.index && sent->promise.generation == promise.generation)
            return sent;
    }
    return NULL;
}

/* A place for one more who waits. */
static int32_t vat_wait_new(void)
{
    for (int32_t i = 0; i < VAT_WAITS_MAX; i++) {
        if (vat_here.waits[i].then == NULL)
            return i;
    }
    vat_fail(VAT_TOO_MUCH, "%d questions wait for their answers already", VAT_WAITS_MAX);
}

void vat_on_with(struct vat_ref promise, const struct vat_then *then, const void *record)
{
    struct vat_sent *sent = vat_sent_for(promise);
    struct vat_wait *wait;
    int32_t index;

    if (sent == NULL || sent->wait >= 0)
        vat_fail(VAT_NO_OBJECT, "this is no promise of a question of this turn");
    index = vat_wait_new();
    wait = &vat_here.waits[index];
    wait->then = then;
    wait->self = vat_here.self;
    wait->promise = promise;
    memcpy(wait->record, record, then->bytes);
    vat_hold_all(record, then->refs);
    vat_keep(wait->self);
    vat_keep(promise);
    sent->wait = index;
}

/* Who waited has what he waited for, and is no more. */
static struct vat_wait vat_wait_end(uint32_t index)
{
    struct vat_wait *wait = &vat_here.waits[index];
    struct vat_wait copy = *wait;

    wait->then = NULL;
    vat_drop_all(copy.record, copy.then->refs);
    vat_drop(copy.self);
    vat_drop(copy.promise);
    return copy;
}

/* ---- hearing ---- */

static void vat_wait_caught(uint32_t index, int32_t code, struct vat_value reason)
{
    struct vat_wait wait = vat_wait_end(index);
    struct vat_value args[2] = {vat_of_int(code), reason};

    vat_resume(&wait, wait.then->caught, args, 2);
    vat_resume(&wait, wait.then->finally, NULL, 0);
}

/* What a status says that comes without words. */
static const char *vat_status_text(int32_t status)
{
    switch (status) {
    case SERAI_E_CLOSED:
        return "it is gone";
    case SERAI_E_SILENT:
        return "no answer was given";
    case SERAI_E_FROZEN:
        return "it is frozen";
    case SERAI_E_FULL:
        return "there is no room";
    default:
        return status < 0 ? vat_text("refusal %d", status) : "it broke down";
    }
}

void vat_heard(struct vat_message *message, uint32_t index)
{
    struct vat_wait wait;
    struct vat_value reason = {.kind = VAT_TEXT, .bytes = (const char *)message->body};

    if (index >= VAT_WAITS_MAX || vat_here.waits[index].then == NULL)
        return;
    if (message->event.kind == SERAI_EVENT_FAILED) {
        reason.size = (int32_t)event_read(message->body, VAT_BODY_BYTES_MAX, 0);
        if (reason.size <= 0)
            reason = vat_of_text(vat_status_text(message->event.status));
        vat_wait_caught(index, message->event.status, reason);
        return;
    }
    vat_read_message(message, true);
    wait = vat_wait_end(index);
    vat_resume(&wait, wait.then->heard, message->list, message->count);
    vat_resume(&wait, wait.then->finally, NULL, 0);
}

/* ---- leaving ---- */

/* The facet on which the answer comes to who waits. */
static int64_t vat_wait_facet(int32_t index)
{
    struct vat_wait *wait = &vat_here.waits[index];
    int64_t slot;

    if (wait->has_facet)
        return wait->facet;
    slot = self_facet(SERAI_SLOT_SELF, VAT_BADGE_WAIT + (uint64_t)index, 0);
    if (slot >= 0) {
        wait->facet = (int32_t)slot;
        wait->has_facet = true;
    }
    return slot;
}

/* Returns what facet_send() returns. */
static int64_t vat_leave(const struct vat_sent *sent)
{
    const uint8_t *body = vat_here.bodies + sent->begin;
    int32_t caps[VAT_ARGS_MAX];
    int64_t reply = sent->reply;
    int64_t postage;
    int32_t target;

    for (int32_t i = 0; i < sent->ref_count; i++)
        caps[i] = vat_slot_of(sent->refs[i]);
    if (vat_is_nothing(sent->target)) /* an answer */
        return facet_send(sent->reply, body, sent->size, caps, sent->ref_count, sent->money, 0,
                          SERAI_SLOT_NONE);
    target = vat_slot_of(sent->target);
    postage = facet_postage(target);
    if (postage > VAT_POSTAGE_NANOS_MAX)
        return SERAI_E_POSTAGE;
    if (sent->wait >= 0)
        reply = vat_wait_facet(sent->wait);
    if (postage < 0 || (sent->wait >= 0 && reply < 0))
        return postage < 0 ? postage : reply;
    return facet_send(target, body, sent->size, caps, sent->ref_count, sent->money, postage,
                      (int32_t)reply);
}

void vat_flush(void)
{
    /* Who is told of a refusal may send more, which comes behind. */
    while (vat_here.sent_done < vat_here.sent_count) {
        const struct vat_sent *sent = &vat_here.sent[vat_here.sent_done++];
        int64_t answer = vat_leave(sent);

        if (answer >= 0 || answer == SERAI_E_CLOSED) {
            if (answer < 0 && sent->wait >= 0)
                vat_wait_caught((uint32_t)sent->wait, (int32_t)answer,
                                vat_of_text(vat_status_text((int32_t)answer)));
        } else if (sent->wait >= 0) {
            vat_wait_caught((uint32_t)sent->wait, (int32_t)answer,
                            vat_of_text(vat_status_text((int32_t)answer)));
        } else {
            vat_fail(VAT_NO_OBJECT, "a message cannot be sent: refusal %d", answer);
        }
    }
    vat_here.sent_count = 0;
    vat_here.sent_done = 0;
    vat_here.bodies_size = 0;
}
