/* Between agents: references that come and go, and answers that are waited for. */
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
    /*
     * A reply is no object.  It is in one place, and gone when it is answered or passed on: kept
     * and told to another, it would be that other's to answer.
     */
    return serai_is_reply(slot) ? (struct vat_ref){0} : vat_entry_new(VAT_ENTRY_FAR, slot);
}

struct vat_ref vat_from_slot(int64_t slot)
{
    struct vat_ref ref;

    if (slot < 0)
        vat_fail(VAT_NO_OBJECT, "there is no such object: refusal %d", slot);
    ref = vat_arrive((int32_t)slot);
    if (vat_is_nothing(ref))
        vat_fail(VAT_NO_OBJECT, "a reply is no object");
    if (vat_is_near(ref))
        (void)cap_drop((int32_t)slot); /* it is at home, and needs no slot */
    else
        vat_entry_of(ref)->kept = true;
    return ref;
}

/*
 * The facet of an object here, made when somebody is first given it.  The site tells when nobody
 * elsewhere has it any more (vat_unheld()).
 */
static int32_t vat_export(struct vat_ref ref, struct vat_entry *entry)
{
    uint64_t badge = (uint64_t)ref.generation << 32 | ref.index;
    int64_t slot;

    if (entry->slot != SERAI_SLOT_NONE)
        return entry->slot;
    slot = self_facet_of(SERAI_SLOT_SELF, badge, 0, SERAI_FACET_WATCH);
    if (slot < 0)
        vat_fail(VAT_TOO_MUCH, "an object cannot be given away: refusal %d", slot);
    entry->slot = (int32_t)slot;
    entry->given = false; /* so far: the message may be refused */
    vat_touch(ref);
    return entry->slot;
}

static void vat_unheld_object(struct vat_ref ref)
{
    struct vat_entry *entry = vat_entry_at(ref);

    if (entry == NULL || entry->slot == SERAI_SLOT_NONE)
        return;
    (void)cap_drop(entry->slot); /* the facet is gone */
    entry->slot = SERAI_SLOT_NONE;
    vat_touch(ref);
}

int32_t vat_slot_of(struct vat_ref ref)
{
    struct vat_entry *entry = vat_entry_at(ref);

    if (entry == NULL)
        return SERAI_SLOT_NONE;
    return entry->kind == VAT_ENTRY_NEAR ? vat_export(ref, entry) : entry->slot;
}

struct vat_entry *vat_want(struct vat_ref ref)
{
    struct vat_entry *entry = vat_entry_of(ref);

    if (entry->kind == VAT_ENTRY_LATER)
        vat_fail(VAT_NO_OBJECT, "a question that waits for its answer is no object");
    entry->wanted = true;
    return entry;
}

bool vat_is_gone(struct vat_ref ref)
{
    const struct vat_entry *entry = vat_entry_at(ref);
    int64_t state;

    if (entry == NULL)
        return true;
    if (entry->kind != VAT_ENTRY_FAR && entry->kind != VAT_ENTRY_LATER)
        return false;
    state = facet_state(entry->slot); /* of an answered question: there is no such slot */
    return state == SERAI_E_SLOT || state == SERAI_E_CLOSED || state == SERAI_E_BROKEN ||
           state == SERAI_E_KIND;
}

void vat_publish(struct vat_ref ref, uint8_t number[SERAI_HEAP_NUMBER_BYTES])
{
    struct vat_entry *entry = vat_want(ref);
    int64_t answer = heap_add(SERAI_SLOT_HEAP, vat_slot_of(ref), number);

    if (answer < 0)
        vat_fail(VAT_NO_OBJECT, "the object cannot be published: refusal %d", answer);
    entry->given = true;
}

struct vat_ref vat_fetch(const uint8_t number[SERAI_HEAP_NUMBER_BYTES])
{
    return vat_from_slot(heap_get(SERAI_SLOT_HEAP, number));
}

/* ---- asking ---- */

struct vat_ref vat_ask_list(struct vat_ref ref, const struct vat_value *list, int32_t count)
{
    struct vat_sent *sent;

    (void)vat_want(ref);
    sent = vat_write_message(list, count, false);
    sent->target = ref;
    sent->promise = vat_entry_new(VAT_ENTRY_PROMISE, SERAI_SLOT_NONE);
    return sent->promise;
}

/* The message of this turn whose answer is promised. */
static struct vat_sent *vat_sent_for(struct vat_ref promise)
{
    (void)vat_entry_of(promise);
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
    int32_t spare = vat_here.own ? 0 : VAT_WAITS_OWN;

    for (int32_t i = 0; i < VAT_WAITS_MAX; i++) {
        if (vat_here.waits[i].then == NULL && spare-- == 0)
            return i;
    }
    vat_fail(VAT_TOO_MUCH, "%d questions wait for their answers already",
             VAT_WAITS_MAX - (vat_here.own ? 0 : VAT_WAITS_OWN));
}

/*
 * The facet on which the answer comes.  Each question has its own, and the site tells when it has
 * ended (vat_unheld()): a turn of the answer that fails is undone, and would leave a wait behind
 * that nothing comes to any more.
 */
int64_t vat_wait_facet(int32_t index)
{
    struct vat_wait *wait = &vat_here.waits[index];
    uint64_t badge = (uint64_t)wait->generation << 32 | (uint32_t)index;
    int64_t slot = wait->facet;

    if (slot == SERAI_SLOT_NONE) {
        slot = self_facet_of(SERAI_SLOT_SELF, badge, 0, SERAI_FACET_WATCH);
        if (slot >= 0)
            wait->facet = (int32_t)slot;
    }
    return slot;
}

void vat_on_with(struct vat_ref promise, const struct vat_then *then, const void *record)
{
    struct vat_sent *sent = vat_sent_for(promise);
    int32_t index = vat_wait_new();
    struct vat_wait *wait = &vat_here.waits[index];

    if (then->bytes > VAT_RECORD_BYTES || then->refs * sizeof(struct vat_ref) > then->bytes)
        vat_fail(VAT_TOO_MUCH, "the record of %s has %d bytes, and there is room for %d",
                 then->name, then->bytes, VAT_RECORD_BYTES);
    wait->then = then;
    wait->self = vat_here.self;
    wait->own = vat_here.own;
    wait->generation += 2;
    wait->facet = SERAI_SLOT_NONE;
    memcpy(wait->record, record, then->bytes);
    vat_hold_all(record, then->refs);
    vat_keep(wait->self);
    if (sent == NULL || sent->wait >= 0) {
        /* One of an earlier turn, of somebody else, or that another waits for already. */
        (void)vat_want(promise);
        sent = vat_write_text((struct vat_value){0});
        sent->target = promise;
        sent->asks_when = true;
    }
    sent->wait = index;
}

/* Nobody waits here any more. */
static struct vat_wait vat_wait_end(struct vat_wait *wait)
{
    struct vat_wait copy = *wait;

    wait->then = NULL;
    vat_drop_all(copy.record, copy.then->refs);
    vat_drop(copy.self);
    if (copy.facet != SERAI_SLOT_NONE && self_revoke(SERAI_SLOT_SELF, copy.facet) < 0)
        (void)cap_drop(copy.facet); /* the site has taken it away, and the slot is still ours */
    return copy;
}

struct vat_wait *vat_waiting(uint64_t badge)
{
    struct vat_wait *wait = &vat_here.waits[(uint32_t)badge % VAT_WAITS_MAX];

    return (uint32_t)badge < VAT_WAITS_MAX && wait->then != NULL &&
                   wait->generation == (uint32_t)(badge >> 32)
               ? wait
               : NULL;
}

void vat_unheld(uint64_t badge)
{
    struct vat_wait *wait = vat_is_wait(badge) ? vat_waiting(badge) : NULL;

    if (wait != NULL)
        (void)vat_wait_end(wait); /* the turn of its answer failed: nothing of it has happened */
    else if (badge != 0 && !vat_is_wait(badge))
        vat_unheld_object(vat_addressed(badge));
}

/* ---- hearing ---- */

void vat_wait_caught(struct vat_wait *waits, int32_t code, struct vat_value reason, int64_t money)
{
    struct vat_wait wait = vat_wait_end(waits);
    struct vat_value args[2] = {vat_of_int(code), reason};

    vat_resume(&wait, wait.then->caught, args, 2, money);
    vat_resume(&wait, wait.then->finally, NULL, 0, 0);
}

const char *vat_status_text(int32_t status)
{
    const char *words = serai_status_text(status);

    if (words != NULL)
        return words;
    return status < 0 ? vat_text("refusal %d", status) : "it broke down";
}

/* The reason that came with FAILED, which is whatever bytes its sender likes. */
static struct vat_value vat_reason(struct vat_message *message)
{
    int32_t size = (int32_t)event_read(message->body, VAT_BODY_BYTES_MAX, 0);

    if (size <= 0)
        return vat_of_text(vat_status_text(message->event.status));
    return vat_text_of(message->body, size);
}

void vat_heard(struct vat_message *message, struct vat_wait *waits)
{
    struct vat_wait wait;
    const char *malformed;

    if (message->event.kind == SERAI_EVENT_FAILED) {
        vat_wait_caught(waits, message->event.status, vat_reason(message), message->event.money);
        return;
    }
    malformed = vat_read_message(message, true);
    if (malformed != NULL) {
        vat_wait_caught(waits, VAT_MALFORMED, vat_of_text(malformed), message->event.money);
        return;
    }
    wait = vat_wait_end(waits);
    vat_resume(&wait, wait.then->heard, message->list, message->count, message->event.money);
    vat_resume(&wait, wait.then->finally, NULL, 0, 0);
}
