/*
 * A guest's post with review.  The guest writes and cannot publish; the reviewer publishes and
 * cannot write; after the approval neither can do more.  The blog's core knows nothing of it: all
 * is made of objects in front of its own.
 */
#include "sdk/examples/spritely/blog.h"

struct reviewer {
    struct vat_ref post;
    struct vat_ref guests_revoker;
    struct vat_ref publish; /* works once, so that two approvals at once are one */
};

static void reviewer(struct vat_call *call)
{
    struct reviewer *me = call->state;

    if (vat_is(call, "read")) {
        vat_pass(call, me->post);
    } else if (vat_is(call, "approve")) {
        (void)vat_near(me->guests_revoker, "revoke");
        (void)vat_near(me->publish, "add-post", me->post);
        vat_return_text(call, "published");
    } else {
        vat_fail_method(call);
    }
}
VAT_TYPE(reviewer, 3);

static void born(struct vat_call *call)
{
    struct vat_seals seals = vat_seals();
    struct blog_and_admin made = new_blog_and_admin(seals, "The-Fae-Gazette");
    struct post_and_editor guests = new_post_and_editor(seals.seal, "Untitled", "Ben", "empty");
    struct vat_ref revoker;
    struct vat_ref guest = vat_revocable(vat_restricted(guests.editor, "read update"), &revoker);

    (void)call;
    vat_front(made.blog);
    meet_publish(made.blog);
    meet_publish(guest);
    meet_publish(vat_new(reviewer, .post = guests.post, .guests_revoker = revoker,
                         .publish = vat_once(vat_restricted(made.admin, "add-post"))));
}
VAT_PROGRAM(.born = born)
