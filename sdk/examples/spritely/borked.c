/*
 * A greeter that counts first and breaks then: the turn is undone, in both objects, so the count is
 * what it was.
 */
#include "sdk/examples/spritely/meet.h"

enum { YIKES = VAT_CODE_OWN };

struct borked {
    struct vat_ref times;
    char name[24];
};

static void borked(struct vat_call *call)
{
    struct borked *me = call->state;

    if (vat_is(call, "get-times-called")) {
        vat_return(call, vat_near(me->times, "get"));
    } else if (vat_is(call, "greet")) {
        (void)vat_near(me->times, "set", vat_near_int(me->times, "get") + 1);
        vat_fail(YIKES, "Yikes, I broke!");
    } else {
        vat_fail_method(call);
    }
}
VAT_TYPE(borked, 1);

static void born(struct vat_call *call)
{
    (void)call;
    meet_front(vat_new(borked, .times = vat_cell(0), .name = "Horatio"));
}
VAT_PROGRAM(.born = born)
