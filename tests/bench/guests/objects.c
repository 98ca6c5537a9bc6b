/* Calls a cell of its own as often as it is told in words: "calls 1000". */
#include <vat/behaviours.h>

struct caller {
    struct vat_ref cell;
};

static void caller(struct vat_call *call)
{
    struct caller *me = call->state;
    int64_t sum = 0;

    for (int64_t i = vat_arg_int(call, 0); i > 0; i--)
        sum += vat_near_int(me->cell, "get");
    (void)vat_near(me->cell, "set", sum % 7);
}
VAT_TYPE(caller, 1);

static void born(struct vat_call *call)
{
    (void)call;
    vat_front(vat_new(caller, .cell = vat_cell(5)));
}
VAT_PROGRAM(.born = born)
