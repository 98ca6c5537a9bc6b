/* Turns, and calls from object to object. */
#include "sdk/vat/inner.h"

_Noreturn void vat_fail_with(int32_t code, const char *reason)
{
    serai_fail(code, vat_cut(reason, SERAI_REASON_BYTES_MAX));
}

_Noreturn void vat_fail_method(const struct vat_call *call)
{
    vat_fail(VAT_NO_METHOD, "there is no method %s here", vat_method(call));
}

/* ---- calls ---- */

void vat_dispatch(struct vat_call *call, struct vat_ref target)
{
    struct vat_ref before = vat_here.self;
    struct vat_entry *entry = vat_entry_of(target);

    if (entry->kind != VAT_ENTRY_NEAR)
        vat_fail(VAT_NOT_NEAR, "the object is not in this agent: ask it");
    if (vat_here.depth == VAT_DEPTH_MAX)
        vat_fail(VAT_TOO_MUCH, "objects call each other more than %d deep", VAT_DEPTH_MAX);
    vat_here.depth++;
    vat_here.self = target;
    call->self = target;
    call->state = entry->state;
    entry->type->act(call);
    if (call->next_type != NULL && vat_entry_at(target) != NULL)
        vat_put_state(target, call->next_type, call->next_state);
    call->next_type = NULL;
    vat_here.self = before;
    vat_here.depth--;
}

/* The method and the arguments of a list of values. */
static struct vat_call vat_call_of(const struct vat_value *list, int32_t count)
{
    struct vat_call call = {.method = list[0].bytes,
                            .method_size = list[0].size,
                            .args = list + 1,
                            .count = count - 1,
                            .reply = SERAI_SLOT_NONE};

    return call;
}

struct vat_value vat_near_list(struct vat_ref ref, const struct vat_value *list, int32_t count)
{
    struct vat_call call = vat_call_of(list, count);
    struct vat_value told[VAT_ARGS_MAX + 1];

    call.is_near = true;
    for (int32_t i = 1; i < count; i++) {
        if (list[i].kind != VAT_MONEY)
            continue;
        /* As over there: it is the object's now, and told to it as money that came. */
        call.money += list[i].number;
        if (call.args != told + 1)
            memcpy(told, list, (size_t)count * sizeof *list);
        told[i].kind = VAT_PAID;
        call.args = told + 1;
    }
    vat_dispatch(&call, ref);
    return call.result;
}

void vat_resume(const struct vat_wait *wait, vat_behaviour *what, const struct vat_value *args,
                int32_t count, int64_t money)
{
    struct vat_wait copy = *wait; /* `what` may wait again, in its place */
    struct vat_call call = {.state = copy.record,
                            .self = copy.self,
                            .method = "",
                            .args = args,
                            .count = count,
                            .money = money,
                            .reply = SERAI_SLOT_NONE};

    if (what == NULL)
        return;
    vat_here.self = copy.self;
    what(&call);
    vat_here.self = (struct vat_ref){0};
}

void vat_pass(struct vat_call *call, struct vat_ref target)
{
    struct vat_value list[VAT_ARGS_MAX + 1] = {vat_method(call)};
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
    if (call->money > 0 && call->reply == SERAI_SLOT_NONE) /* it would come back to this agent */
        vat_fail(VAT_NOT_NEAR, "money goes on to another agent with a question: ask, do not send");
    for (int32_t i = 0; i < call->count; i++)
        list[i + 1] = vat_is_money(call->args[i]) ? vat_money(call->args[i].number) : call->args[i];
    sent = vat_write_message(list, call->count + 1, false);
    sent->target = target;
    sent->reply = call->reply;
    sent->money = call->money; /* also what no argument speaks of */
    call->handed_on = true;
}

/* ---- answers ---- */

struct vat_ref vat_later(struct vat_call *call)
{
    if (call->reply == SERAI_SLOT_NONE || call->handed_on)
        vat_fail(VAT_NOT_NEAR, "nobody waits for an answer: ask, and do not call");
    call->handed_on = true;
    return vat_entry_new(VAT_ENTRY_LATER, call->reply);
}

int32_t vat_reply_of(struct vat_ref later)
{
    struct vat_entry *entry = vat_entry_of(later);
    int32_t reply = entry->slot;

    if (entry->kind != VAT_ENTRY_LATER || reply == SERAI_SLOT_NONE)
        vat_fail(VAT_SPENT, "this question has its answer");
    entry->slot = SERAI_SLOT_NONE;
    return reply;
}

void vat_answer_with(struct vat_ref later, struct vat_value value)
{
    vat_write_message(&value, 1, true)->reply = vat_reply_of(later);
}

void vat_refuse(struct vat_ref later, int32_t code, const char *reason)
{
    vat_refuse_paid(later, 0, code, reason);
}

void vat_refuse_paid(struct vat_ref later, int64_t money, int32_t code, const char *reason)
{
    vat_end_question(vat_reply_of(later), money, code, reason);
}

/* ---- turns ---- */

void vat_front(struct vat_ref ref)
{
    vat_set(&vat_here.front, ref);
}

struct vat_ref vat_addressed(uint64_t badge)
{
    struct vat_ref ref = {.index = (uint32_t)badge, .generation = (uint32_t)(badge >> 32)};

    return badge == 0 ? vat_here.front : ref;
}

/* The message was handled: its answer leaves with the turn, unless another has taken that over. */
static void vat_return_result(const struct vat_call *call, bool in_words)
{
    struct vat_sent *sent;

    if (call->handed_on)
        return;
    if (call->reply == SERAI_SLOT_NONE) {
        if (call->result.kind == VAT_MONEY)
            vat_fail(VAT_NOT_NEAR, "nobody waits for the money: ask, and do not send");
        if (in_words && call->result.kind != VAT_NOTHING)
            vat_log("%s", call->result);
        return;
    }
    sent = in_words ? vat_write_text(call->result) : vat_write_message(&call->result, 1, true);
    sent->reply = call->reply;
    sent->at_once = true;
}

static void vat_message(void)
{
    static struct vat_message message;
    struct vat_call call;
    struct vat_wait *wait;
    const char *malformed;

    (void)event_info(&message.event);
    vat_here.own = message.event.badge == 0;
    if (vat_is_wait(message.event.badge)) {
        wait = vat_waiting(message.event.badge);
        if (wait == NULL)
            return;
        vat_here.own = wait->own;
        vat_heard(&message, wait);
        return;
    }
    if (message.event.kind == SERAI_EVENT_FAILED)
        return; /* of a question that the vat has not asked */
    malformed = vat_read_message(&message, false);
    if (malformed != NULL)
        vat_fail_with(VAT_MALFORMED, malformed);
    call = vat_call_of(message.list, message.count);
    call.money = message.event.money;
    call.reply = message.event.reply;
    vat_dispatch(&call, vat_addressed(message.event.badge));
    vat_return_result(&call, message.list[0].kind == VAT_TEXT);
}

static void vat_told_unheld(void)
{
    struct serai_event event;

    (void)event_info(&event);
    vat_unheld(event.badge);
}

static void vat_born(void)
{
    static uint8_t text[SERAI_ARGS_BYTES_MAX];
    struct vat_value args = vat_text_of(text, (int32_t)event_read(text, sizeof text, 0));
    struct vat_call call = {.method = "", .args = &args, .count = 1, .reply = SERAI_SLOT_NONE};

    if (vat_here.program->born != NULL)
        vat_here.program->born(&call);
}

/* Whether a portrait was what the event is about. */
static bool vat_upgrades(int32_t kind)
{
    bool upgrades =
        kind == SERAI_EVENT_UPGRADE || kind == SERAI_EVENT_BECAME || kind == SERAI_EVENT_KEPT;

    return upgrades && vat_here.program->portraits != NULL && vat_here.program->portraits(kind);
}

void vat_turn(const struct vat_program *program, int32_t kind, int32_t slot, int32_t size)
{
    vat_here.program = program;
    vat_here.texts_size = 0;
    vat_here.own = true;
    if (vat_upgrades(kind))
        ;
    else if (kind == SERAI_EVENT_BORN || kind == SERAI_EVENT_BECAME)
        vat_born(); /* a newborn that was loaded begins with BECAME */
    else if (kind == SERAI_EVENT_MESSAGE || kind == SERAI_EVENT_FAILED)
        vat_message();
    else if (kind == SERAI_EVENT_UNHELD)
        vat_told_unheld();
    else if (program->other != NULL)
        program->other(kind, slot, size);
    vat_flush();
    vat_sweep();
    if (vat_here.at_end != NULL) {
        vat_here.at_end();
        vat_here.at_end = NULL;
    }
}
