/*
 * The smallest object: a greeter, which has a name.
 *
 *     $ serai agent deploy greeter.wasm --name gary --money 0.05
 *     $ serai agent send gary "greet Alice"
 */
#include "sdk/examples/spritely/meet.h"

struct greeter {
    char name[24];
};

static void greeter(struct vat_call *call)
{
    struct greeter *me = call->state;

    if (!vat_is(call, "greet"))
        vat_fail_method(call);
    vat_return_text(call, "Hello %s, my name is %s!", vat_arg_text(call, 0), me->name);
}
VAT_TYPE(greeter, 0);

static void born(struct vat_call *call)
{
    (void)call;
    meet_front(vat_new(greeter, .name = "Gary"));
}
VAT_PROGRAM(.born = born)
