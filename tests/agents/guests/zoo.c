/*
 * One object of each kind that the library of objects has, published in this order: queue, topic,
 * mint, bank, seal, unsealer, unsealer of another seal, another mint, one that puts objects in
 * front of those that it is given, list.  Words of its customer make and end objects, and go to the
 * bounds; by "upgrade" it becomes the module that it keeps, which may be itself.
 */
#include "sdk/examples/spritely/meet.h"
#include <vat/portrait.h>

struct bell {
    int64_t rings;
};

static void bell(struct vat_call *call)
{
    struct bell *me = call->state;

    if (!vat_is(call, "ring"))
        vat_fail_method(call);
    vat_return(call, ++me->rings);
}
VAT_TYPE(bell, 0);

struct question {
    int64_t number;
};

static void heard(struct vat_call *call)
{
    vat_log("heard %s", vat_arg(call, 0));
}

static void caught(struct vat_call *call)
{
    vat_log("caught %d: %s", vat_arg(call, 0), vat_arg(call, 1));
}
VAT_THEN(question, 0, .heard = heard, .caught = caught);

struct agency {
    struct vat_ref revoker; /* of the last that can be revoked */
    struct vat_ref later;   /* who waits for an answer */
};

static void agency(struct vat_call *call)
{
    struct agency *me = call->state;
    struct vat_ref revoker;

    if (vat_is(call, "forward")) {
        vat_return(call, vat_forwarder(vat_arg_ref(call, 0)));
    } else if (vat_is(call, "once")) {
        vat_return(call, vat_once(vat_arg_ref(call, 0)));
    } else if (vat_is(call, "restrict")) {
        vat_return(call, vat_restricted(vat_arg_ref(call, 0), vat_arg_text(call, 1)));
    } else if (vat_is(call, "log")) {
        vat_return(call,
                   vat_logged(vat_arg_ref(call, 0), vat_arg_ref(call, 1), vat_arg_text(call, 2)));
    } else if (vat_is(call, "lend")) {
        vat_return(call, vat_revocable(vat_arg_ref(call, 0), &revoker));
        vat_set(&me->revoker, revoker);
    } else if (vat_is(call, "revoke") || vat_is(call, "renew")) {
        vat_pass(call, me->revoker);
    } else if (vat_is(call, "wait")) {
        vat_set(&me->later, vat_later(call));
    } else if (vat_is(call, "answer")) {
        vat_answer(me->later, vat_arg(call, 0));
    } else if (vat_is(call, "pay")) {
        vat_answer(me->later, vat_money(vat_arg_int(call, 0)));
    } else if (vat_is(call, "refuse")) {
        vat_refuse_paid(me->later, vat_arg_int(call, 0), VAT_CODE_OWN, "not today");
    } else if (vat_is(call, "quiz")) {
        vat_on(vat_ask(vat_arg_ref(call, 0), "why"), question);
    } else if (vat_is(call, "follow")) {
        for (int32_t i = 0; i < 2; i++)
            vat_on(vat_arg_ref(call, 0), question, .number = i);
    } else if (vat_is(call, "tell")) {
        vat_send(vat_arg_ref(call, 0), "told", me->later); /* a mistake: it is no object */
    } else {
        vat_fail_method(call);
    }
}
VAT_TYPE(agency, 2);

struct zoo {
    struct vat_ref bell;
    struct vat_ref topic;
    struct vat_ref promise; /* of the bell */
};

/* What an author may get wrong. */
static void zoo_errs(const struct zoo *me, struct vat_call *call)
{
    static const char cap[] = "[<3'cap0+>]";
    struct vat_ref cell = vat_cell("early");
    struct vat_value text = vat_near(cell, "get");

    if (vat_is(call, "craft")) {
        vat_send(me->bell, "ring",
                 ((struct vat_value){.kind = VAT_SYRUP, .size = 11, .bytes = cap}));
    } else if (vat_is(call, "text")) {
        (void)vat_near(cell, "set", "later");
        vat_return(call, text);
    } else if (vat_is(call, "listen")) {
        (void)vat_near(me->topic, "subscribe", me->bell);
    } else {
        vat_near(me->topic, "publish", vat_arg(call, 0));
    }
}

/* What grows without bound but for a bound. */
static void zoo_fill(struct zoo *me, const struct vat_call *call)
{
    if (vat_is(call, "objects")) {
        for (int64_t i = vat_arg_int(call, 0); i > 0; i--)
            (void)vat_new(bell);
    } else if (vat_is(call, "offers")) {
        for (int64_t i = vat_arg_int(call, 0); i > 0; i--)
            (void)vat_near(me->topic, "publish", vat_new(bell));
    } else if (vat_is(call, "replace")) {
        for (int64_t i = vat_arg_int(call, 0); i > 0; i--)
            vat_set(&me->bell, vat_new(bell));
    } else if (vat_is(call, "messages")) {
        for (int64_t i = vat_arg_int(call, 0); i > 0; i--)
            vat_send(me->bell, "ring");
    } else if (vat_is(call, "questions")) {
        for (int64_t i = vat_arg_int(call, 0); i > 0; i--)
            vat_on(vat_ask(me->bell, "ring"), question, .number = i);
    } else if (vat_is(call, "depth")) {
        if (vat_arg_int(call, 0) > 0)
            (void)vat_near(call->self, "depth", vat_arg_int(call, 0) - 1);
    } else {
        vat_fail_method(call);
    }
}

static void zoo_upgrade(void)
{
    uint8_t id[SERAI_CODE_ID_BYTES];

    if (code_kept(SERAI_SLOT_CODE, 0, id) < 0)
        vat_fail(VAT_CODE_OWN, "there is no other program");
    vat_upgrade(id, SERAI_UPGRADE_TRY);
}

static void zoo(struct vat_call *call)
{
    struct zoo *me = call->state;

    if (vat_is(call, "ring")) {
        vat_return(call, vat_near(me->bell, "ring"));
    } else if (vat_is(call, "bell")) {
        vat_return(call, me->bell);
    } else if (vat_is(call, "promise")) {
        vat_set(&me->promise, vat_ask(call->self, "bell"));
        vat_on(me->promise, question);
        vat_on(me->promise, question); /* both hear it */
    } else if (vat_is(call, "same")) {
        vat_return(call, vat_same(me->promise, me->bell));
    } else if (vat_is(call, "publish")) {
        meet_publish(me->bell);
    } else if (vat_is(call, "end")) {
        vat_end(me->bell); /* the reference stays where it is, and leads nowhere */
    } else if (vat_is(call, "another")) {
        vat_set(&me->bell, vat_new(bell, .rings = 100));
    } else if (vat_is(call, "forget")) {
        vat_set(&me->bell, (struct vat_ref){0});
    } else if (vat_is(call, "lose")) {
        me->bell = vat_new(bell); /* a mistake: it is not held */
    } else if (vat_is(call, "upgrade")) {
        zoo_upgrade();
    } else if (vat_is(call, "ask")) {
        vat_on(vat_ask(me->bell, "ring"), question);
    } else if (vat_is(call, "craft") || vat_is(call, "text") || vat_is(call, "listen") ||
               vat_is(call, "news")) {
        zoo_errs(me, call);
    } else {
        zoo_fill(me, call);
    }
}
VAT_TYPE(zoo, 3);

static void born(struct vat_call *call)
{
    struct vat_seals seals = vat_seals();
    struct vat_ref topic = vat_topic();

    (void)call;
    meet_publish(vat_queue());
    meet_publish(topic);
    meet_publish(vat_mint());
    meet_publish(vat_bank());
    meet_publish(seals.seal);
    meet_publish(seals.unseal);
    meet_publish(vat_seals().unseal);
    meet_publish(vat_mint());
    meet_publish(vat_new(agency));
    meet_publish(vat_list());
    vat_front(vat_new(zoo, .bell = vat_new(bell), .topic = topic));
}
VAT_PROGRAM(.born = born, .types = VAT_TYPES(&bell_type, &agency_type, &zoo_type),
            .thens = VAT_THENS(&question_then), .portraits = vat_portraits)
