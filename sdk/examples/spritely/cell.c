/*
 * A cell, written out: it has a value, and becomes a cell with another one.  (vat_cell() of the
 * library is one that holds values of every kind.)
 */
#include "sdk/examples/spritely/meet.h"

struct cell {
    int64_t value;
};

static void cell(struct vat_call *call);
VAT_TYPE(cell, 0);

static void cell(struct vat_call *call)
{
    struct cell *me = call->state;

    if (vat_is(call, "get"))
        vat_return(call, me->value);
    else if (vat_is(call, "set"))
        vat_become(call, cell, .value = vat_arg_int(call, 0));
    else
        vat_fail_method(call);
}

static void born(struct vat_call *call)
{
    (void)call;
    meet_front(vat_new(cell, .value = 33));
}
VAT_PROGRAM(.born = born)
