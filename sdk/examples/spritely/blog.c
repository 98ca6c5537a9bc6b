/*
 * A blog and its admin: readers are given the blog, and the admin alone adds posts.
 */
#include "sdk/examples/spritely/blog.h"

static void born(struct vat_call *call)
{
    struct blog_and_admin made = new_blog_and_admin(vat_seals(), "Marie's-Blog");

    (void)call;
    vat_front(made.admin);
    meet_publish(made.blog);
    meet_publish(made.admin);
}
VAT_PROGRAM(.born = born)
