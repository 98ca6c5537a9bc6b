/* Messages that are handed on, to an object here or elsewhere. */
#include "sdk/vat/inner.h"

/* A question that went on with the money that it brought. */
struct vat_relay {
    struct vat_ref later; /* who asked */
    int64_t money;
};

/* The site gave the money back to this agent, and not to whose it was. */
static void vat_relay_caught(struct vat_call *call)
{
    const struct vat_relay *relay = call->state;

    vat_end_question(vat_reply_of(relay->later), relay->money, (int32_t)vat_arg_int(call, 0),
                     vat_arg_text(call, 1));
}
const struct vat_then vat_relay_then = {
    .name = "vat_relay", .caught = vat_relay_caught, .bytes = sizeof(struct vat_relay), .refs = 1};

void vat_relay_answer(struct vat_message *message, const struct vat_wait *wait)
{
    const struct vat_relay *relay = (const struct vat_relay *)(const void *)wait->record;
    const struct serai_event *event = &message->event;
    int32_t reply = vat_reply_of(relay->later);
    int64_t answer = SERAI_E_INVALID;

    /* It need not be one between objects. */
    if (event->size <= VAT_BODY_BYTES_MAX) {
        (void)event_read(message->body, VAT_BODY_BYTES_MAX, 0);
        answer = facet_send(reply, message->body, event->size, event->caps, event->cap_count,
                            event->money, 0, event->reply);
    }
    if (answer < 0)
        vat_end_question(reply, event->money, VAT_LOST, vat_status_text((int32_t)answer));
}

/*
 * The message with the money that it brought.  If it fails, the site gives the money back to who
 * sent it, which is this agent; so this one asks for itself, and hears what comes of it.
 */
static void vat_pass_paid(struct vat_call *call, struct vat_sent *sent)
{
    struct vat_relay relay = {.money = call->money};

    if (call->reply == SERAI_SLOT_NONE)
        vat_fail(VAT_NOT_NEAR, "money goes on to another agent with a question: ask, do not send");
    relay.later = vat_later(call);
    sent->money = call->money; /* also what no argument speaks of */
    sent->promise = vat_entry_new(VAT_ENTRY_PROMISE, SERAI_SLOT_NONE);
    vat_on_with(sent->promise, &vat_relay_then, &relay);
}

void vat_pass(struct vat_call *call, struct vat_ref target)
{
    struct vat_value list[VAT_ARGS_MAX + 1];
    struct vat_call next = *call;
    struct vat_sent *sent;

    next.next_type = NULL;
    if (vat_want(target)->kind == VAT_ENTRY_NEAR) {
        vat_dispatch(&next, target);
        call->result = next.result;
        call->handed_on |= next.handed_on;
        return;
    }
    if (call->is_near)
        vat_fail(VAT_NOT_NEAR, "the object is not in this agent: ask for it");
    list[0] = vat_method(call);
    for (int32_t i = 0; i < call->count; i++)
        list[i + 1] = vat_is_money(call->args[i]) ? vat_money(call->args[i].number) : call->args[i];
    sent = vat_write_message(list, call->count + 1, false);
    sent->target = target;
    if (call->money > 0) {
        vat_pass_paid(call, sent);
        return;
    }
    sent->reply = call->reply;
    call->handed_on = true;
}
