/* Messages: out, in, and what becomes of them. */
#include "sdk/wire/messages.h"

#include "sdk/wire/tables.h"
#include "sdk/wire/wires.h"

static const char wire_has_closed[] = "the wire to that site has closed";

/* ---- out ---- */

static void check_message(const struct session *session, int64_t budget)
{
    if (budget < WIRE_FEE_NANOS)
        refuse(WIRE_SHORT, "the message brings less than the object asks");
    if (event.size > WIRE_BODY_BYTES_MAX)
        refuse(WIRE_CROSSING, "a message to another site has at most 60000 bytes");
    if (event.money > 0 && event.reply == SERAI_SLOT_NONE)
        refuse(WIRE_CROSSING, "money goes to another site with a question only: who else would "
                              "get it back?");
    if (queue_is_busy(&here.queue, session->wire))
        refuse(WIRE_BUSY, "too much waits for the other site already");
    if (self_balance(SERAI_SLOT_SELF) - here.queue.money < WIRE_FLOAT_NANOS)
        refuse(WIRE_DRY, "the wire agent has too little money of its own: fund it");
}

/* Let what is sent to the promise of a question's answer come to us, as long as that is open. */
static void question_pipe(struct session *session, uint32_t index)
{
    struct question *question = &session->questions[index];
    int64_t slot =
        self_facet_of(SERAI_SLOT_SELF, badge_of(BADGE_PIPE, session_index(session), index),
                      question->ask + WIRE_FEE_NANOS, 0);

    if (slot < 0)
        return; /* what is sent meanwhile waits here, and goes when the answer has come */
    if (reply_pipe(question->reply, (int32_t)slot) == 1)
        question->pipe = (int32_t)slot;
    else
        (void)self_revoke(SERAI_SLOT_SELF, (int32_t)slot);
}

/*
 * Keep the reply of this event for the answer.  If a promise of that is out, what is sent to it
 * goes to the answer there at once.
 */
static uint32_t question_of_event(struct session *session, int64_t ask)
{
    uint32_t index = question_new(session, QUESTION_ASKED);
    struct question *question = &session->questions[index];

    if (index == 0)
        refuse(WIRE_BUSY, "too many questions to the other site wait for their answers");
    question->reply = event.reply;
    question->ask = ask;
    if (cap_keep(event.reply) < 0)
        refuse(WIRE_DRY, "the wire agent cannot keep a reply");
    if (event.status == 1)
        question_pipe(session, index);
    return index;
}

/*
 * Send the message of this event on.  It brought at least what its facet asks; what it brought more
 * goes on too, as the object may turn out to be further away.
 */
static void message_send(struct session *session, const struct op_place *target, uint32_t import)
{
    int64_t budget = event.postage - WIRE_FEE_NANOS;
    struct op op = {.kind = OP_DELIVER,
                    .target = *target,
                    .money = event.money,
                    .cap_count = event.cap_count,
                    .body = event_data,
                    .size = event.size};

    check_message(session, budget);
    for (int32_t i = 0; i < event.cap_count; i++) {
        const char *why = place_of_slot(session, event.caps[i], &op.caps[i]);

        if (why != NULL)
            refuse(WIRE_CROSSING, why);
    }
    if (event.reply != SERAI_SLOT_NONE) {
        op.question = question_of_event(session, budget);
        session->questions[op.question].index = import;
    }
    if (session_send(session, &op, event.money + budget, true) < 0)
        refuse(WIRE_BUSY, "the site takes no packet with so much money for the other one now");
}

void message_to_import(struct session *session, uint32_t index)
{
    struct op_place target = {.kind = OP_PLACE_YOURS, .index = index};

    message_send(session, &target, index + 1);
}

void message_to_answer(struct session *session, uint32_t index)
{
    struct question *question = &session->questions[index];
    struct op_place target = {.kind = OP_PLACE_ANSWER, .index = index};

    if (question->kind == QUESTION_FREE)
        refuse(WIRE_NO_OBJECT, "the answer has come already");
    if (question->kind == QUESTION_LISTENS)
        target = (struct op_place){.kind = OP_PLACE_YOURS, .index = question->index};
    question->piped++;
    message_send(session, &target, 0);
}

/* ---- in ---- */

static void answer_break(struct session *session, uint32_t index, int32_t code, const char *reason,
                         int32_t size, int64_t money, int64_t ask)
{
    struct op op = {.kind = OP_BREAK,
                    .question = index,
                    .money = money,
                    .ask = ask,
                    .code = code,
                    .body = (const uint8_t *)reason,
                    .size = size};

    session->answers[index].has_ended = true;
    (void)session_send(session, &op, money, false);
}

/* A question that could not be put: its money goes back. */
static void answer_refuse(struct session *session, const struct op *op, int32_t code,
                          const char *reason, int64_t ask)
{
    if (op->question == 0)
        return; /* nobody waits; as on one site */
    session->answers[op->question].used = true;
    session->answers[op->question].promise = SERAI_SLOT_NONE;
    answer_break(session, op->question, code, reason, (int32_t)strlen(reason), op->money, ask);
}

/* The facet that hears the answer, which stays for the next question of this number. */
static int32_t answer_hear(struct session *session, uint32_t index)
{
    struct answer *answer = &session->answers[index];
    int64_t slot = answer->hear;

    if (slot == SERAI_SLOT_NONE)
        slot = self_facet_of(SERAI_SLOT_SELF, badge_of(BADGE_HEAR, session_index(session), index),
                             0, 0);
    if (slot >= 0)
        answer->hear = (int32_t)slot;
    return (int32_t)slot;
}

/* Whether a number of a question of the other side can be a new one. */
static bool answer_is_free(const struct session *session, uint32_t index)
{
    return index < WIRE_QUESTIONS_MAX && !session->answers[index].used;
}

static int64_t deliver_to(struct session *session, const struct op *op, int32_t target,
                          const int32_t *caps, int64_t postage)
{
    struct answer *answer = &session->answers[op->question];
    int64_t slot;

    if (op->question == 0)
        return facet_send(target, op->body, op->size, caps, op->cap_count, op->money, postage,
                          SERAI_SLOT_NONE);
    slot = answer_hear(session, op->question);
    if (slot < 0)
        return slot;
    slot = facet_ask(target, op->body, op->size, caps, op->cap_count, op->money, postage,
                     (int32_t)slot);
    if (slot < 0)
        return slot;
    answer->used = true;
    answer->promise = (int32_t)slot;
    return 0;
}

/*
 * What of `budget` a message to this slot is given as postage, if that is enough for it; else what
 * would be.  One that goes on from here, or that waits for an answer which may be further away, is
 * given all.
 */
static int64_t deliver_postage(int32_t target, int64_t budget)
{
    int64_t postage = facet_postage(target);
    uint64_t badge;

    if (postage >= 0 && postage < budget &&
        (self_badge(SERAI_SLOT_SELF, target, &badge) > 0 || facet_state(target) == SERAI_E_PENDING))
        return budget;
    return postage;
}

/*
 * A question of an answer that has failed: it came too late to wait there, and fails all the same
 * as if it had, for the same reason.  False: the reason is not to be had.
 */
static bool deliver_to_failed(struct session *session, const struct op *op, int32_t target)
{
    struct answer *answer = &session->answers[op->question];
    int32_t hear = op->question == 0 ? SERAI_SLOT_NONE : answer_hear(session, op->question);

    if (hear < 0 || op->target.kind != OP_PLACE_ANSWER || facet_when(target, hear) < 0)
        return false;
    answer->used = true;
    answer->fails_as = answer_origin(session, op->target.index);
    answer->money = op->money;
    return true;
}

static void obey_deliver(struct session *session, const struct op *op, int64_t money)
{
    int32_t caps[WIRE_CAPS_MAX];
    bool are_mine[WIRE_CAPS_MAX];
    bool all = slots_of_places(session, op, caps, are_mine);
    int64_t budget = money - op->money - WIRE_FEE_NANOS;
    int32_t target = slot_of_target(session, &op->target);
    int64_t postage = SERAI_E_CLOSED;
    int64_t answer = SERAI_E_MISSING;
    int64_t ask = 0;

    if (target != SERAI_SLOT_NONE)
        postage = deliver_postage(target, budget);
    if (postage < 0) {
        answer = postage;
    } else if (postage > budget) {
        answer = SERAI_E_POSTAGE;
        ask = postage > WIRE_ASK_NANOS_MAX - WIRE_FEE_NANOS ? WIRE_ASK_NANOS_MAX
                                                            : postage + WIRE_FEE_NANOS;
    } else if (all) {
        answer = deliver_to(session, op, target, caps, postage);
    }
    slots_done(op, caps, are_mine, answer >= 0);
    if (answer == SERAI_E_BROKEN && deliver_to_failed(session, op, target))
        return;
    if (answer < 0)
        answer_refuse(session, op, (int32_t)answer, "", ask);
}

static void obey_listen(struct session *session, const struct op *op)
{
    struct op_place promise = {.kind = OP_PLACE_YOURS, .index = op->index};
    int32_t slot = slot_of_target(session, &promise);
    int32_t hear = answer_hear(session, op->question);
    int64_t answer = slot == SERAI_SLOT_NONE ? SERAI_E_CLOSED : hear;

    if (answer >= 0)
        answer = facet_when(slot, hear);
    if (answer < 0)
        answer_refuse(session, op, (int32_t)answer, "", 0);
    else
        session->answers[op->question].used = true;
}

static void obey_withdraw(struct session *session, const struct op *op)
{
    struct answer *answer = &session->answers[op->question];
    uint64_t gift = gift_wanted(session, op);
    int64_t slot = gift == 0 ? SERAI_E_MISSING : answer_hear(session, op->question);

    if (slot >= 0)
        slot = ask_oneself(gift, (int32_t)slot);
    if (slot < 0) {
        if (gift != 0)
            gift_unwanted(gift);
        answer_refuse(session, op, (int32_t)slot, "nothing was left here", 0);
        return;
    }
    answer->used = true;
    answer->promise = (int32_t)slot;
}

static void obey_gc_answer(struct session *session, const struct op *op)
{
    struct answer *answer = &session->answers[op->question % WIRE_QUESTIONS_MAX];

    /* Before its end the number is not free: that end would be taken for the next one's. */
    if (op->question >= WIRE_QUESTIONS_MAX || !answer->used || !answer->has_ended) {
        session_abort(session, "an answer was let go that has not come");
        return;
    }
    if (answer->promise != SERAI_SLOT_NONE)
        (void)cap_drop(answer->promise);
    answer->used = false;
    answer->has_ended = false;
    answer->promise = SERAI_SLOT_NONE;
    answer->fails_as = 0;
    answer->money = 0;
}

/* ---- an answer for the other side ---- */

void answer_heard(struct session *session, uint32_t index)
{
    struct op op = {.kind = OP_ANSWER,
                    .question = index,
                    .money = event.money,
                    .cap_count = event.cap_count,
                    .body = event_data,
                    .size = event.size};
    const char *why = NULL;

    if (!session->answers[index].used || session->answers[index].has_ended)
        return;
    if (event.kind == SERAI_EVENT_FAILED) {
        answer_break(session, index, event.status, (const char *)event_data, event.size,
                     event.money + session->answers[index].money, 0);
        return;
    }
    if (event.size > WIRE_BODY_BYTES_MAX)
        why = "an answer to another site has at most 60000 bytes";
    for (int32_t i = 0; i < event.cap_count && why == NULL; i++) {
        why = place_of_slot(session, event.caps[i], &op.caps[i]);
        if (why != NULL) {
            op.cap_count = i;
            places_take_back(session, &op);
        }
    }
    if (why != NULL) {
        answer_break(session, index, WIRE_CROSSING, why, (int32_t)strlen(why), event.money, 0);
        return;
    }
    session->answers[index].has_ended = true;
    (void)session_send(session, &op, event.money, false);
}

/* ---- the end of a question of ours ---- */

/* Why a question failed that no agent gave a reason for. */
static const char *status_text(int32_t status)
{
    const char *words = serai_status_text(status);

    if (words != NULL)
        return words;
    return status < 0 ? "the other site refuses it" : "it broke down";
}

void reply_fails(int32_t reply, int32_t code, const char *reason, int32_t size, int64_t money)
{
    if (reply == SERAI_SLOT_NONE)
        return;
    if (code == SERAI_E_SILENT && money == 0)
        (void)cap_drop(reply);
    else
        (void)serai_return(reply, code, reason, size < 0 ? (int32_t)strlen(reason) : size, money);
}

/* The question has its end, and its row is free. */
static void question_free(struct session *session, uint32_t index)
{
    struct question *question = &session->questions[index];
    struct op op = {.kind = OP_GC_ANSWER, .question = index};

    if (question->pipe != SERAI_SLOT_NONE)
        (void)self_revoke(SERAI_SLOT_SELF, question->pipe);
    question->kind = QUESTION_FREE;
    if (session->open)
        (void)session_send(session, &op, 0, false);
}

/* The way by which a promise or a gift was told of is not needed any more. */
static void question_forget_path(const struct question *question)
{
    struct session *from = &here.sessions[question->from];
    struct op op = {.kind = OP_GC_EXPORT, .index = question->index, .count = 1};

    if (from->open && from->generation == question->from_generation)
        (void)session_send(from, &op, 0, false);
}

/* What was left for us is not to be had: then by the way on which we were told of it. */
static void question_takes_path(const struct question *question)
{
    struct session *from = &here.sessions[question->from];
    struct op op = {
        .cap_count = 1,
        .caps = {{.kind = OP_PLACE_OBJECT, .index = question->index, .ask = question->ask}}};
    int32_t slot = SERAI_SLOT_NONE;
    bool is_mine = true;
    bool was_given = false;

    if (from->open && from->generation == question->from_generation)
        slot = slot_of_place(from, &op.caps[0], &is_mine);
    if (slot != SERAI_SLOT_NONE)
        was_given = facet_send(question->reply, NULL, 0, &slot, 1, 0, 0, SERAI_SLOT_NONE) >= 0;
    slots_done(&op, &slot, &is_mine, was_given);
    if (!was_given)
        (void)serai_break(question->reply, WIRE_CLOSED, wire_has_closed);
}

/* Its wire closes, and money that came or never left goes back.  A gift may have another way. */
static void question_closes(struct question *question, int64_t money)
{
    if (question->kind == QUESTION_WITHDRAWS)
        return;
    reply_fails(question->reply, WIRE_CLOSED, wire_has_closed, -1, money);
    question->reply = SERAI_SLOT_NONE;
}

static void question_answer(struct session *session, const struct question *question,
                            const struct op *op)
{
    int32_t caps[WIRE_CAPS_MAX];
    bool are_mine[WIRE_CAPS_MAX];
    bool all = slots_of_places(session, op, caps, are_mine);
    int64_t answer = SERAI_E_MISSING;

    if (all)
        answer = facet_send(question->reply, op->body, op->size, caps, op->cap_count, op->money, 0,
                            SERAI_SLOT_NONE);
    slots_done(op, caps, are_mine, answer >= 0);
    if (answer < 0)
        reply_fails(question->reply, WIRE_FAR, status_text((int32_t)answer), -1, op->money);
}

static void question_break(struct session *session, const struct question *question,
                           const struct op *op)
{
    bool is_own = op->code >= SERAI_FAIL_CODE_MIN;
    const char *reason = (const char *)op->body;
    int32_t size = op->size;

    if (!is_own && size == 0) {
        reason = status_text(op->code);
        size = -1;
    }
    if (op->ask > 0 && question->kind == QUESTION_ASKED && question->index > 0)
        import_asks(session, question->index - 1, op->ask);
    /* Nobody can be silent and give money back. */
    reply_fails(question->reply,
                is_own || (op->code == SERAI_E_SILENT && op->money == 0) ? op->code : WIRE_FAR,
                reason, size, op->money);
}

static void question_finish(struct session *session, uint32_t index, const struct op *op)
{
    struct question question = session->questions[index];

    if (op->kind == OP_ANSWER)
        question_answer(session, &question, op);
    else if (question.kind == QUESTION_WITHDRAWS)
        question_takes_path(&question);
    else
        question_break(session, &question, op);
    question_free(session, index);
    if (question.kind == QUESTION_LISTENS ||
        (question.kind == QUESTION_WITHDRAWS && op->kind == OP_ANSWER))
        question_forget_path(&question);
}

/* What is kept of its end, in the queue; false: nothing. */
static bool question_end_kept(const struct session *session, uint32_t index,
                              struct queue_item *item, struct op *op)
{
    if (!queue_find(&here.queue, QUEUE_ENDS + session_index(session), index, item))
        return false;
    memcpy(event_data, item->bytes, (size_t)item->size); /* the queue may move before it is done */
    return op_read(op, event_data, item->size);
}

static void question_finish_kept(struct session *session, uint32_t index)
{
    struct queue_item item;
    struct op op;

    if (!question_end_kept(session, index, &item, &op))
        return;
    queue_take(&here.queue, &item);
    question_finish(session, index, &op);
}

static bool note_oneself(uint64_t badge, const struct op_place *target)
{
    struct note note = {.badge = badge};

    if (target != NULL)
        note.target = *target;
    return serai_send(here.drain_slot, &note, sizeof note, 0, INT64_MAX, SERAI_SLOT_NONE) >= 0;
}

/*
 * The end of a question has come.  What was sent to its answer meanwhile is to be there before what
 * is sent to the object itself, so first let no more be sent that way, and all go on that was.
 */
static void obey_end(struct session *session, const struct op *op, int64_t money)
{
    struct question *question = &session->questions[op->question % WIRE_QUESTIONS_MAX];

    if (op->question >= WIRE_QUESTIONS_MAX || question->kind == QUESTION_FREE ||
        question->has_end || op->money > money) {
        session_abort(session, "an answer that nobody has asked for, or less money than it says");
        return;
    }
    if (question->pipe == SERAI_SLOT_NONE && question->reply != SERAI_SLOT_NONE) {
        question_finish(session, op->question, op);
        return;
    }
    if (!queue_allows(&here.queue, QUEUE_ENDS + session_index(session), event.size) ||
        !queue_put(&here.queue, QUEUE_ENDS + session_index(session), op->question, op->money,
                   event_data, event.size)) {
        question_closes(question, op->money);
        session_abort(session, "more answers wait than there is room for");
        return;
    }
    question->has_end = true;
    if (question->reply == SERAI_SLOT_NONE)
        return; /* question_replied() goes on with it */
    (void)reply_pipe(question->reply, SERAI_SLOT_NONE);
    if (!note_oneself(badge_of(BADGE_DRAIN, session_index(session), op->question), NULL))
        question_finish_kept(session, op->question);
}

void question_drained(struct session *session, uint32_t index)
{
    struct question *question = &session->questions[index];
    struct op op;
    struct queue_item item;
    bool is_elsewhere;

    if (question->kind == QUESTION_FREE || !question->has_end ||
        !question_end_kept(session, index, &item, &op))
        return;
    /* On the same wire to the same site the order is what it is. */
    is_elsewhere = op.kind == OP_ANSWER && op.cap_count > 0 && op.caps[0].kind != OP_PLACE_OBJECT &&
                   op.caps[0].kind != OP_PLACE_PROMISE;
    if (question->piped == 0 || !is_elsewhere) {
        queue_take(&here.queue, &item);
        question_finish(session, index, &op);
        return;
    }
    op = (struct op){
        .kind = OP_SYNC, .question = index, .target = {.kind = OP_PLACE_ANSWER, .index = index}};
    if (question->kind == QUESTION_LISTENS)
        op.target = (struct op_place){.kind = OP_PLACE_YOURS, .index = question->index};
    question->asks_sync = true;
    (void)session_send(session, &op, 0, false);
}

void question_replied(struct session *session, uint32_t index, int32_t reply)
{
    struct question *question = &session->questions[index];

    if (question->kind == QUESTION_FREE || question->reply != SERAI_SLOT_NONE ||
        cap_keep(reply) < 0)
        return;
    question->reply = reply;
    if (question->has_end)
        question_finish_kept(session, index);
    else
        question_pipe(session, index);
}

/* ---- order over a third site ---- */

static void obey_sync(struct session *session, const struct op *op)
{
    if (!note_oneself(badge_of(BADGE_SYNC, session_index(session), op->question), &op->target))
        (void)session_send(session, &(struct op){.kind = OP_SYNCED, .question = op->question}, 0,
                           false);
}

/* Where our own site's next hop is, if the target leads to a third site; NULL: it ends here. */
static struct session *sync_goes_on(const struct session *session, const struct op_place *target,
                                    struct op_place *there)
{
    int32_t slot = slot_of_target(session, target);
    uint64_t badge;
    int64_t whose = slot == SERAI_SLOT_NONE ? 0 : self_badge(SERAI_SLOT_SELF, slot, &badge);
    struct session *next;

    if (whose <= 0)
        return NULL;
    next = badge_session(badge);
    if (next == NULL || next == session)
        return NULL;
    if (badge_kind(badge) == BADGE_IMPORT || badge_kind(badge) == BADGE_PATH)
        *there = (struct op_place){.kind = OP_PLACE_YOURS, .index = badge_index(badge)};
    else if (badge_kind(badge) == BADGE_PIPE)
        *there = (struct op_place){.kind = OP_PLACE_ANSWER, .index = badge_index(badge)};
    else
        return NULL;
    return next;
}

void sync_drained(struct session *session, uint32_t question, const struct op_place *target)
{
    struct op op = {.kind = OP_SYNC};
    struct session *next = NULL;
    uint32_t index = 0;

    if (target->kind == OP_PLACE_YOURS || target->kind == OP_PLACE_ANSWER)
        next = sync_goes_on(session, target, &op.target);
    while (index < WIRE_SYNCS_MAX && here.syncs[index].used)
        index++;
    if (next == NULL || index == WIRE_SYNCS_MAX) {
        op = (struct op){.kind = OP_SYNCED, .question = question};
        (void)session_send(session, &op, 0, false);
        return;
    }
    here.syncs[index] = (struct sync){.used = true,
                                      .from = session_index(session),
                                      .at = session_index(next),
                                      .question = question};
    op.question = WIRE_QUESTIONS_MAX + index;
    (void)session_send(next, &op, 0, false);
}

/* Whoever asked for it hears that what goes over a third site has gone, or never will. */
static void sync_done(struct sync *sync)
{
    struct op op = {.kind = OP_SYNCED, .question = sync->question};

    sync->used = false;
    if (here.sessions[sync->from].open)
        (void)session_send(&here.sessions[sync->from], &op, 0, false);
}

static void obey_synced(struct session *session, const struct op *op)
{
    struct sync *sync;

    if (op->question < WIRE_QUESTIONS_MAX) {
        if (session->questions[op->question].asks_sync)
            question_finish_kept(session, op->question);
        return;
    }
    sync = &here.syncs[(op->question - WIRE_QUESTIONS_MAX) % WIRE_SYNCS_MAX];
    if (sync->used && sync->at == session_index(session))
        sync_done(sync);
}

/* ---- all of them ---- */

/* A number by which the other side names a new question of its own. */
static bool asks_anew(struct session *session, const struct op *op)
{
    bool may_be_none = op->kind == OP_DELIVER;

    if ((op->question == 0 && may_be_none) ||
        (op->question > 0 && answer_is_free(session, op->question)))
        return true;
    session_abort(session, "a question of a number that is not free");
    return false;
}

void op_obey(struct session *session, const struct op *op, int64_t money)
{
    switch (op->kind) {
    case OP_DELIVER:
        /* The fee is in what any object asks, so one who knows the object brings it. */
        if (op->money > money - WIRE_FEE_NANOS)
            session_abort(session, "a message with less money than it says, or without the fee");
        else if (asks_anew(session, op))
            obey_deliver(session, op, money);
        break;
    case OP_ANSWER:
    case OP_BREAK:
        obey_end(session, op, money);
        break;
    case OP_LISTEN:
        if (asks_anew(session, op))
            obey_listen(session, op);
        break;
    case OP_WITHDRAW:
        if (asks_anew(session, op))
            obey_withdraw(session, op);
        break;
    case OP_GC_EXPORT:
        if (!export_release(session, op->index, op->count))
            session_abort(session, "more was let go than was given");
        break;
    case OP_GC_ANSWER:
        obey_gc_answer(session, op);
        break;
    case OP_GIFT:
        if (!gift_comes(session, op))
            session_abort(session, "a gift of what it does not have");
        break;
    case OP_GIFT_END:
        gift_ends(session, op->gift);
        break;
    case OP_SYNC:
        obey_sync(session, op);
        break;
    case OP_SYNCED:
        obey_synced(session, op);
        break;
    case OP_HELLO:
    case OP_ABORT:
    case OP_KINDS:
        break; /* of the wire (wires.c) */
    }
}

/*
 * What waits of these in the queue: the ends that had come, or the messages that never left.  Their
 * money is here, and goes back.
 */
static void questions_return(struct session *session, int32_t owner)
{
    struct queue_item item;

    while (queue_first(&here.queue, owner, &item)) {
        struct question *question = &session->questions[item.tag % WIRE_QUESTIONS_MAX];

        queue_take(&here.queue, &item);
        if (item.tag != 0 && question->kind != QUESTION_FREE)
            question_closes(question, item.money - (owner == session->wire ? question->ask : 0));
    }
}

void questions_end(struct session *session)
{
    questions_return(session, QUEUE_ENDS + session_index(session));
    questions_return(session, session->wire);
    for (uint32_t i = 1; i < WIRE_QUESTIONS_MAX; i++) {
        struct question *question = &session->questions[i];

        if (question->kind == QUESTION_FREE)
            continue;
        if (question->kind == QUESTION_WITHDRAWS && question->reply != SERAI_SLOT_NONE)
            question_takes_path(question);
        else
            question_closes(question, 0);
        if (question->kind == QUESTION_WITHDRAWS && question->reply == SERAI_SLOT_NONE)
            question_forget_path(question);
        question_free(session, i);
    }
    for (int32_t i = 0; i < WIRE_SYNCS_MAX; i++) {
        struct sync *sync = &here.syncs[i];

        if (sync->used && sync->from == session_index(session))
            sync->used = false;
        else if (sync->used && sync->at == session_index(session))
            sync_done(sync);
    }
}
