/* Messages that leave when the turn ends, and what becomes of those that the site refuses. */
#include "sdk/vat/inner.h"

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

    for (int32_t i = 0; i < sent->ref_count; i++) {
        caps[i] = vat_slot_of(sent->refs[i]);
        if (caps[i] == SERAI_SLOT_NONE) /* ended in this turn, or as the target below */
            return SERAI_E_BROKEN;
    }
    if (vat_is_nothing(sent->target)) /* an answer */
        return facet_send(sent->reply, vat_here.bodies + sent->begin, sent->size, caps,
                          sent->ref_count, sent->money, 0, SERAI_SLOT_NONE);
    target = vat_slot_of(sent->target);
    if (target == SERAI_SLOT_NONE) /* the promise of a message that could not be sent */
        return SERAI_E_BROKEN;
    if (sent->asks_when) {
        reply = vat_wait_facet(sent->wait);
        return reply < 0 ? reply : facet_when(target, (int32_t)reply);
    }
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
    bool closed = answer == SERAI_E_CLOSED;

    if (!vat_is_nothing(sent->target))
        return closed || answer == SERAI_E_BROKEN || answer == SERAI_E_KIND ||
               answer == SERAI_E_POSTAGE || answer == SERAI_E_FULL;
    /* Without room for the answer of this turn, or anyone for its money, the turn is undone. */
    if (sent->at_once)
        return closed && sent->money == 0;
    /* A later answer comes in the turn of somebody else, which would fail again and again. */
    return closed || answer == SERAI_E_FULL || answer == SERAI_E_BROKEN;
}

void vat_end_question(int32_t reply, int64_t money, int32_t code, const char *reason)
{
    const char *cut = vat_cut(reason, SERAI_REASON_BYTES_MAX);

    (void)serai_return(reply, code, cut, (int32_t)strlen(cut), money);
}

/* The message was refused: who waits for its answer is told, or the turn fails. */
static void vat_refused(const struct vat_sent *sent, int64_t answer)
{
    const char *reason = vat_status_text((int32_t)answer);
    struct vat_entry *promise = vat_entry_at(sent->promise);

    if (promise != NULL)
        promise->kind = VAT_ENTRY_FAR; /* in no slot: it leads nowhere */
    if (sent->wait >= 0)
        vat_wait_caught(&vat_here.waits[sent->wait], (int32_t)answer, vat_of_text(reason),
                        sent->money);
    else if (vat_is_lost(sent, answer))
        vat_end_question(sent->reply, sent->money, VAT_LOST, reason);
    else if (sent->at_once)
        vat_fail(VAT_LOST, "the answer finds nobody who takes it: %s", vat_of_text(reason));
    else
        vat_fail(VAT_LOST, "a message cannot be sent: refusal %d", answer);
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
