/*
 * Alice asks Bob, who is broken: what went wrong comes to `caught`, and then `finally` runs, in
 * Alice's own turn, whether Bob is her neighbour in the agent or far away.
 */
#include "sdk/examples/spritely/meet.h"

enum { YIKES = VAT_CODE_OWN };

struct bob {
    bool broken;
};

static void bob(struct vat_call *call)
{
    struct bob *me = call->state;

    if (me->broken)
        vat_fail(YIKES, "Yikes, I broke!");
    vat_return_text(call, "I am fine");
}
VAT_TYPE(bob, 0);

struct alice {
    struct vat_ref bob;
};

struct asked {
    struct vat_ref bob; /* a record can hold references too */
};

static void heard(struct vat_call *call)
{
    vat_log("Bob says: %s", vat_arg(call, 0));
}

static void caught(struct vat_call *call)
{
    vat_log("Got an error: %s", vat_arg_text(call, 1));
}

static void finally(struct vat_call *call)
{
    (void)call;
    vat_log("Whew, it's over!");
}
VAT_THEN(asked, 1, .heard = heard, .caught = caught, .finally = finally);

static void alice(struct vat_call *call)
{
    struct alice *me = call->state;

    vat_on(vat_ask(me->bob, "how-are-you"), asked, .bob = me->bob);
    vat_return_text(call, "I have asked");
}
VAT_TYPE(alice, 1);

static void born(struct vat_call *call)
{
    struct vat_value args = vat_arg(call, 0);
    bool broken = !serai_arg_is("broken", args.bytes, args.size, "0");
    struct vat_ref ours = vat_new(bob, .broken = broken);

    vat_front(vat_new(alice, .bob = meet(call, "bob", ours)));
    meet_publish(ours);
}
VAT_PROGRAM(.born = born)
