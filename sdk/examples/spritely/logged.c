/*
 * Accountable and revocable: Lauren lets Robert be admin of her blog, through an object that writes
 * what he does, under his name, and that she can close and open again.
 */
#include "sdk/examples/spritely/blog.h"

struct lauren {
    struct vat_ref admin;
    struct vat_ref revoker;
    struct vat_ref log;
};

static void lauren(struct vat_call *call)
{
    struct lauren *me = call->state;

    if (vat_is(call, "log")) {
        for (int64_t i = 0; i < vat_near_int(me->log, "size"); i++)
            vat_log("%s", vat_near(me->log, "get", i));
    } else if (vat_is(call, "revoke") || vat_is(call, "renew")) {
        vat_pass(call, me->revoker);
    } else {
        vat_pass(call, me->admin); /* what she does herself is in no log */
    }
}
VAT_TYPE(lauren, 3);

static void born(struct vat_call *call)
{
    struct blog_and_admin made = new_blog_and_admin(vat_seals(), "Lauren's-Blog");
    struct vat_ref log = vat_list();
    struct vat_ref revoker;
    struct vat_ref roberts = vat_logged(vat_revocable(made.admin, &revoker), log, "Robert");

    (void)call;
    vat_front(vat_new(lauren, .admin = made.admin, .revoker = revoker, .log = log));
    meet_publish(made.blog);
    meet_publish(roberts);
}
VAT_PROGRAM(.born = born)
