/*
 * A shelf, for tests of what crosses sites: it keeps one object and gives it back, tells whether
 * two are the same, and takes money or does not.
 *
 *     put OBJECT, get        one object
 *     same OBJECT OBJECT     yes or no
 *     sell                   keeps the money that comes, and says how much it was
 *     refuse                 fails, so that money goes back
 *     later, settle, spoil   a question that is answered with the object when it is told so, or not
 *     ask METHOD             asks the object, and writes what it hears
 *     chain METHOD           asks what the object answers `later` with, before it does
 */
#include "sdk/examples/spritely/meet.h"

enum { NO_SALE = VAT_CODE_OWN + 1, SPOILED };

struct shelf {
    struct vat_ref object;
    struct vat_ref asker; /* of `later` */
};

struct asked {
    bool unused;
};

static void heard(struct vat_call *call)
{
    vat_log("heard %s", vat_arg(call, 0));
}

static void caught(struct vat_call *call)
{
    vat_log("caught %d: %s", vat_arg(call, 0), vat_arg(call, 1));
}
VAT_THEN(asked, 0, .heard = heard, .caught = caught);

static void shelf_answers(struct vat_call *call, struct shelf *me)
{
    struct vat_ref nothing = {0};

    if (vat_is(call, "later")) {
        vat_set(&me->asker, vat_later(call));
        return;
    }
    if (vat_is(call, "settle"))
        vat_answer(me->asker, me->object);
    else
        vat_refuse(me->asker, SPOILED, "it was spoiled");
    vat_set(&me->asker, nothing);
}

static void shelf(struct vat_call *call)
{
    struct shelf *me = call->state;

    if (vat_is(call, "put"))
        vat_set(&me->object, vat_arg_ref(call, 0));
    else if (vat_is(call, "get"))
        vat_return(call, me->object);
    else if (vat_is(call, "same"))
        vat_return(call, vat_same(vat_arg_ref(call, 0), vat_arg_ref(call, 1)));
    else if (vat_is(call, "sell"))
        vat_return_text(call, "sold for %m", call->money);
    else if (vat_is(call, "refuse"))
        vat_fail(NO_SALE, "it is not for sale");
    else if (vat_is(call, "later") || vat_is(call, "settle") || vat_is(call, "spoil"))
        shelf_answers(call, me);
    else if (vat_is(call, "ask"))
        vat_on(vat_ask(me->object, vat_arg_text(call, 0)), asked);
    else if (vat_is(call, "chain"))
        vat_on(vat_ask(vat_ask(me->object, "later"), vat_arg_text(call, 0)), asked);
    else
        vat_fail_method(call);
}
VAT_TYPE(shelf, 2);

static void born(struct vat_call *call)
{
    struct vat_ref made = vat_new(shelf);

    (void)call;
    vat_front(made);
    meet_publish(made);
}
VAT_PROGRAM(.born = born)
