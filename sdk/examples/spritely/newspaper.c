/*
 * The newspaper: its admin edits any post of it, by what the post itself has sealed in it, though
 * the post lets nobody write.  A post that another newspaper has sealed is refused.
 */
#include "sdk/examples/spritely/blog.h"

static void born(struct vat_call *call)
{
    struct vat_seals ours = vat_seals();
    struct vat_seals rivals = vat_seals();
    struct blog_and_admin made = new_blog_and_admin(ours, "The-Fae-Gazette");

    (void)call;
    vat_front(made.admin);
    meet_publish(made.blog);
    meet_publish(made.admin);
    meet_publish(new_post_and_editor(ours.seal, "Fungi", "Alyssa", "are-friends").post);
    meet_publish(new_post_and_editor(rivals.seal, "Rust", "Mallory", "never-sleeps").post);
}
VAT_PROGRAM(.born = born)
