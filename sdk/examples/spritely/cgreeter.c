/*
 * A greeter that counts: it is made of two objects, itself and the cell of the count.  The count is
 * kept when the site is killed and started again.
 */
#include "sdk/examples/spritely/meet.h"

struct cgreeter {
    struct vat_ref times;
    char name[24];
};

static void cgreeter(struct vat_call *call)
{
    struct cgreeter *me = call->state;

    if (vat_is(call, "get-times-called")) {
        vat_return(call, vat_near(me->times, "get"));
    } else if (vat_is(call, "greet")) {
        int64_t times = vat_near_int(me->times, "get") + 1;

        (void)vat_near(me->times, "set", times);
        vat_return_text(call, "[%d] Hello %s, my name is %s!", times, vat_arg_text(call, 0),
                        me->name);
    } else {
        vat_fail_method(call);
    }
}
VAT_TYPE(cgreeter, 1);

static void born(struct vat_call *call)
{
    (void)call;
    meet_front(vat_new(cgreeter, .times = vat_cell(0), .name = "Julius"));
}
VAT_PROGRAM(.born = born)
