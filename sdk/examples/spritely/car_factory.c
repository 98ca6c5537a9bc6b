/*
 * Alice orders a car and drives it in one go: she asks the promise of the car, before there is a
 * car.  The second message waits where the car will be, and goes to it as soon as it is made; so
 * there is one answer to wait for and not two.  A broken factory breaks both promises, for one
 * reason.
 *
 *     broken=1          the factory explodes the cars
 *     factory=NUMBER    Alice uses the one of that number, another agent's
 */
#include "sdk/examples/spritely/meet.h"

struct car {
    char model[24];
    char color[24];
};

static void car(struct vat_call *call)
{
    struct car *me = call->state;

    if (!vat_is(call, "drive"))
        vat_fail_method(call);
    vat_return_text(call, "*Vroom vroom!* You drive your %s %s!", me->color, me->model);
}
VAT_TYPE(car, 0);

struct factory {
    bool broken;
};

static void factory(struct vat_call *call)
{
    struct factory *me = call->state;
    struct car new = {.model = ""};

    if (!vat_is(call, "make-car"))
        vat_fail_method(call);
    if (me->broken)
        vat_fail(VAT_CODE_OWN, "Your car exploded on the factory floor! Ooops!");
    vat_copy(new.model, sizeof new.model, vat_arg_text(call, 0));
    vat_copy(new.color, sizeof new.color, vat_arg_text(call, 1));
    vat_return(call, vat_make(&car_type, &new));
}
VAT_TYPE(factory, 0);

struct drive {
    bool unused;
};

static void heard(struct vat_call *call)
{
    vat_log("Heard: %s", vat_arg(call, 0));
}

static void caught(struct vat_call *call)
{
    vat_log("Caught: %s", vat_arg(call, 1));
}
VAT_THEN(drive, 0, .heard = heard, .caught = caught);

struct alice {
    struct vat_ref factory;
    struct vat_ref car; /* a promise, also after the turn in which she asked */
};

static void alice(struct vat_call *call)
{
    struct alice *me = call->state;

    if (vat_is(call, "order")) {
        struct vat_ref new = vat_ask(me->factory, "make-car", vat_arg(call, 0), vat_arg(call, 1));

        vat_on(vat_ask(new, "drive"), drive);
        vat_set(&me->car, new);
    } else if (vat_is(call, "drive-again")) {
        vat_on(vat_ask(me->car, "drive"), drive);
    } else if (vat_is(call, "wait")) {
        vat_on(me->car, drive); /* for the car itself */
    } else {
        vat_fail_method(call);
    }
}
VAT_TYPE(alice, 2);

static void born(struct vat_call *call)
{
    struct vat_value args = vat_arg(call, 0);
    bool broken = serai_arg_is("broken", args.bytes, args.size, "1");
    struct vat_ref ours = vat_new(factory, .broken = broken);

    vat_front(vat_new(alice, .factory = meet(call, "factory", ours)));
    meet_publish(ours);
}
VAT_PROGRAM(.born = born)
