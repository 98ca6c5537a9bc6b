/* The core of the newspaper: the blog that shows posts, and the admin who adds and edits them. */
#ifndef SERAI_SDK_EXAMPLES_SPRITELY_BLOG_H
#define SERAI_SDK_EXAMPLES_SPRITELY_BLOG_H

#include "sdk/examples/spritely/post.h"

/* What readers see: "title", "size", "post" NUMBER, "read" NUMBER. */
struct blog {
    struct vat_ref posts;
    char title[32];
};

static void blog(struct vat_call *call)
{
    struct blog *me = call->state;

    if (vat_is(call, "title"))
        vat_return_text(call, "%s", me->title);
    else if (vat_is(call, "size"))
        vat_return(call, vat_near(me->posts, "size"));
    else if (vat_is(call, "post"))
        vat_return(call, vat_near(me->posts, "get", vat_arg(call, 0)));
    else if (vat_is(call, "read"))
        vat_return(call, vat_near(vat_near_ref(me->posts, "get", vat_arg(call, 0)), "read"));
    else
        vat_fail_method(call);
}
VAT_TYPE(blog, 1);

/* "add" TITLE AUTHOR BODY, "add-post" POST of this newspaper, "edit" NUMBER TITLE BODY. */
struct admin {
    struct vat_ref posts;
    struct vat_ref seal;
    struct vat_ref unseal;
};

static void admin(struct vat_call *call)
{
    struct admin *me = call->state;

    if (vat_is(call, "add")) {
        struct post_and_editor made = new_post_and_editor(
            me->seal, vat_arg_text(call, 0), vat_arg_text(call, 1), vat_arg_text(call, 2));

        (void)vat_near(me->posts, "push", made.post);
    } else if (vat_is(call, "add-post")) {
        /* Only its own seal opens: a post of another maker ends this turn. */
        (void)vat_near(me->unseal, "unseal", vat_near(vat_arg_ref(call, 0), "sealed-editor"));
        (void)vat_near(me->posts, "push", vat_arg(call, 0));
    } else if (vat_is(call, "edit")) {
        struct vat_ref any = vat_near_ref(me->posts, "get", vat_arg(call, 0));
        struct vat_value box = vat_near(any, "sealed-editor");

        (void)vat_near(vat_near_ref(me->unseal, "unseal", box), "update", vat_arg(call, 1),
                       vat_arg(call, 2));
    } else {
        vat_fail_method(call);
    }
}
VAT_TYPE(admin, 3);

struct blog_and_admin {
    struct vat_ref blog;
    struct vat_ref admin;
};

static inline struct blog_and_admin new_blog_and_admin(struct vat_seals seals, const char *title)
{
    struct vat_ref posts = vat_list();
    struct blog_and_admin made = {
        .blog = vat_new(blog, .posts = posts),
        .admin = vat_new(admin, .posts = posts, .seal = seals.seal, .unseal = seals.unseal)};

    vat_copy(vat_state_of(blog, made.blog)->title, 32, title);
    return made;
}

#endif
