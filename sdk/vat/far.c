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
    vat_entry_of(ref)->given = true;
}

struct vat_ref vat_fetch(const uint8_t number[SERAI_HEAP_NUMBER_BYTES])
{
    return vat_from_slot(heap_get(SERAI_SLOT_HEAP, number));
}

/* ---- asking ---- */

struct vat_ref vat_ask_list(struct vat_ref ref, const struct vat_value *list, int32_t count)
{
    struct vat_sent *sent;

    vat_entry_of(ref)->wanted = true;
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

/*
 * The facet on which the answer comes.  Each question has its own, and the site tells when it has
 * ended (vat_unheld()): a turn of the answer that fails is undone, and would leave a wait behind
 * that nothing comes to any more.
 */
static int64_t vat_wait_facet(int32_t index)
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
    int64_t answer;

    wait->then = then;
    wait->self = vat_here.self;
    wait->generation += 2;
    wait->facet = SERAI_SLOT_NONE;
    memcpy(wait->record, record, then->bytes);
    vat_hold_all(record, then->refs);
    vat_keep(wait->self);
    if (sent != NULL && sent->wait < 0) {
        sent->wait = index;
        return;
    }
    /* One of an earlier turn, or of somebody else. */
    answer = sent != NULL ? SERAI_E_EXISTS : vat_wait_facet(index);
    if (answer >= 0)
        answer = facet_when(vat_slot_of(promise), (int32_t)answer);
    if (answer < 0)
        vat_fail(VAT_NO_OBJECT, "nobody can wait for this: refusal %d", answer);
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

static void vat_wait_caught(struct vat_wait *waits, int32_t code, struct vat_value reason)
{
    struct vat_wait wait = vat_wait_end(waits);
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
    case SERAI_E_KIND:
        return "the answer was no object";
    case SERAI_E_BROKEN:
        return "the promise is broken";
    default:
        return status < 0 ? vat_text("refusal %d", status) : "it broke down";
    }
}

void vat_heard(struct vat_message *message, struct vat_wait *waits)
{
    struct vat_wait wait;
    struct vat_value reason = {.kind = VAT_TEXT, .bytes = (const char *)message->body};
    const char *malformed;

    if (message->event.kind == SERAI_EVENT_FAILED) {
        reason.size = (int32_t)event_read(message->body, VAT_BODY_BYTES_MAX, 0);
        if (reason.size <= 0)
            reason = vat_of_text(vat_status_text(message->event.status));
        vat_wait_caught(waits, message->event.status, reason);
        return;
    }
    malformed = vat_read_message(message, true);
    if (malformed != NULL) {
        vat_wait_caught(waits, VAT_MALFORMED, vat_of_text(malformed));
        return;
    }
    wait = vat_wait_end(waits);
    vat_resume(&wait, wait.then->heard, message->list, message->count);
    vat_resume(&wait, wait.then->finally, NULL, 0);
}

/* ---- leaving ---- */

/* Let the question go.  If its promise is wanted, that is in a slot from now on. */
static int64_t vat_leave_asking(const struct vat_sent *sent, int32_t target, const int32_t *caps,
                                int64_t postage, int32_t reply)
{
    const uint8_t *body = vat_here.bodies + sent->begin;
    struct vat_entry *promise = vat_entry_at(sent->promise);
    int64_t answer;

    if (promise == NULL || (!promise->wanted && promise->holds == 0))
        return facet_send(target, body, sent->size, caps, sent->ref_count, sent->money, postage,
                          reply);
    answer =
        facet_ask(target, body, sent->size, caps, sent->ref_count, sent->money, postage, reply);
    if (answer >= 0) {
        promise->kind = VAT_ENTRY_FAR;
        promise->slot = (int32_t)answer;
        promise->kept = true;
    }
    return answer;
}

/*
 * What a message is to bring.  Where a promise leads, and what is asked there, is not known yet: it
 * may be further away than what was asked, so more goes along, and what is not asked comes back.
 */
static int64_t vat_postage(int32_t target)
{
    int64_t postage = facet_postage(target);

    return postage >= 0 && postage < VAT_WAY_NANOS && facet_state(target) == SERAI_E_PENDING &&
                   self_balance(SERAI_SLOT_SELF) > 2 * VAT_SENT_MAX * VAT_WAY_NANOS
               ? VAT_WAY_NANOS
               : postage;
}

/* Returns 0 or more, or what the site refuses. */
static int64_t vat_leave(const struct vat_sent *sent)
{
    int32_t caps[VAT_ARGS_MAX];
    int64_t reply = sent->reply;
    int64_t postage;
    int32_t target;

    for (int32_t i = 0; i < sent->ref_count; i++)
        caps[i] = vat_slot_of(sent->refs[i]);
    if (vat_is_nothing(sent->target)) /* an answer */
        return facet_send(sent->reply, vat_here.bodies + sent->begin, sent->size, caps,
                          sent->ref_count, sent->money, 0, SERAI_SLOT_NONE);
    target = vat_slot_of(sent->target);
    if (target == SERAI_SLOT_NONE) /* the promise of a message that could not be sent */
        return SERAI_E_BROKEN;
    postage = vat_postage(target);
    if (postage > VAT_POSTAGE_NANOS_MAX)
        return SERAI_E_POSTAGE;
    if (sent->wait >= 0)
        reply = vat_wait_facet(sent->wait);
    if (postage < 0 || (sent->wait >= 0 && reply < 0))
        return postage < 0 ? postage : reply;
    return vat_leave_asking(sent, target, caps, postage, (int32_t)reply);
}

/*
 * Whether it is the receiver for whom the message did not go: that concerns nobody but who waits
 * for the answer.  Else one that asks too much, or is full, could stop all who send to many.
 */
static bool vat_is_lost(const struct vat_sent *sent, int64_t answer)
{
    if (answer == SERAI_E_CLOSED)
        return true;
    return !vat_is_nothing(sent->target) && (answer == SERAI_E_BROKEN || answer == SERAI_E_KIND ||
                                             answer == SERAI_E_POSTAGE || answer == SERAI_E_FULL);
}

/* The message was refused: who waits for its answer is told, or the turn fails. */
static void vat_refused(const struct vat_sent *sent, int64_t answer)
{
    const char *reason = vat_status_text((int32_t)answer);

    if (sent->wait >= 0)
        vat_wait_caught(&vat_here.waits[sent->wait], (int32_t)answer, vat_of_text(reason));
    else if (!vat_is_lost(sent, answer))
        vat_fail(VAT_NO_OBJECT, "a message cannot be sent: refusal %d", answer);
    else if (!vat_is_nothing(sent->target)) /* a reply that was to be handed on with it */
        (void)serai_break(sent->reply, VAT_NO_OBJECT, reason);
}

/* The message has left, with all that it speaks of. */
static void vat_mark_given(const struct vat_sent *sent)
{
    struct vat_entry *entry = vat_entry_at(sent->target);

    if (entry != NULL)
        entry->given = true; /* the message itself is at its facet */
    for (int32_t i = 0; i < sent->ref_count; i++) {
        entry = vat_entry_at(sent->refs[i]);
        if (entry != NULL)
            entry->given = true;
    }
}

void vat_flush(void)
{
    /* Who is told of a refusal may send more, which comes behind. */
    while (vat_here.sent_done < vat_here.sent_count) {
        const struct vat_sent *sent = &vat_here.sent[vat_here.sent_done++];
        int64_t answer = vat_leave(sent);

        if (answer < 0)
            vat_refused(sent, answer);
        else
            vat_mark_given(sent);
    }
    vat_here.sent_count = 0;
    vat_here.sent_done = 0;
    vat_here.bodies_size = 0;
}
