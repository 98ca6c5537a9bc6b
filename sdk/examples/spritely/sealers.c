/*
 * Seals: a lunch is sealed in a box.  The carrier of the box learns nothing; the unsealer opens it;
 * another one's unsealer does not, and that is an error.
 */
#include <vat/behaviours.h>

struct kitchen {
    struct vat_ref seal;
    struct vat_ref unseal;
    struct vat_ref check;
    struct vat_ref others_unseal;
    struct vat_ref others_seal;
    struct vat_ref box;
};

static void kitchen(struct vat_call *call)
{
    struct kitchen *me = call->state;

    if (vat_is(call, "pack")) {
        vat_set(&me->box, vat_near_ref(me->seal, "seal", vat_arg(call, 0)));
        vat_return(call, me->box);
    } else if (vat_is(call, "spoof")) {
        vat_set(&me->box, vat_near_ref(me->others_seal, "seal", vat_arg(call, 0)));
    } else if (vat_is(call, "ours")) {
        vat_return(call, vat_near(me->check, "sealed", me->box));
    } else if (vat_is(call, "peek")) {
        vat_return(call, vat_near(me->box, "get"));
    } else if (vat_is(call, "unpack")) {
        vat_return(call, vat_near(me->unseal, "unseal", me->box));
    } else if (vat_is(call, "steal")) {
        vat_return(call, vat_near(me->others_unseal, "unseal", me->box));
    } else {
        vat_fail_method(call);
    }
}
VAT_TYPE(kitchen, 6);

static void born(struct vat_call *call)
{
    struct vat_seals ours = vat_seals();
    struct vat_seals others = vat_seals();

    (void)call;
    vat_front(vat_new(kitchen, .seal = ours.seal, .unseal = ours.unseal, .check = ours.check,
                      .others_seal = others.seal, .others_unseal = others.unseal));
}
VAT_PROGRAM(.born = born)
