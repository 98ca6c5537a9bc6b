/*
 * The core of the newspaper: posts and their editors.  A post carries its editor in a sealed box.
 * So everybody may have the post, and who has the unsealer of the newspaper can edit every post of
 * it and of no other.
 */
#ifndef SERAI_SDK_EXAMPLES_SPRITELY_POST_H
#define SERAI_SDK_EXAMPLES_SPRITELY_POST_H

#include "sdk/examples/spritely/meet.h"

/* What is written. */
struct draft {
    char title[32];
    char author[24];
    char body[64];
};

static void draft(struct vat_call *call)
{
    struct draft *me = call->state;

    if (vat_is(call, "read")) {
        vat_return_text(call, "%s, by %s: %s", me->title, me->author, me->body);
    } else if (vat_is(call, "update")) {
        vat_copy(me->title, sizeof me->title, vat_arg_text(call, 0));
        vat_copy(me->body, sizeof me->body, vat_arg_text(call, 1));
    } else {
        vat_fail_method(call);
    }
}
VAT_TYPE(draft, 0);

struct post {
    struct vat_ref draft;
    struct vat_ref sealed_editor;
};

static void post(struct vat_call *call)
{
    struct post *me = call->state;

    if (vat_is(call, "sealed-editor"))
        vat_return(call, me->sealed_editor);
    else if (vat_is(call, "read"))
        vat_pass(call, me->draft);
    else
        vat_fail_method(call);
}
VAT_TYPE(post, 2);

struct editor {
    struct vat_ref draft;
};

static void editor(struct vat_call *call)
{
    struct editor *me = call->state;

    vat_pass(call, me->draft);
}
VAT_TYPE(editor, 1);

struct post_and_editor {
    struct vat_ref post;
    struct vat_ref editor;
};

static inline struct post_and_editor new_post_and_editor(struct vat_ref seal, const char *title,
                                                         const char *author, const char *body)
{
    struct draft words = {0};
    struct post_and_editor made;
    struct vat_ref written;

    vat_copy(words.title, sizeof words.title, title);
    vat_copy(words.author, sizeof words.author, author);
    vat_copy(words.body, sizeof words.body, body);
    written = vat_make(&draft_type, &words);
    made.editor = vat_new(editor, .draft = written);
    made.post =
        vat_new(post, .draft = written, .sealed_editor = vat_near_ref(seal, "seal", made.editor));
    return made;
}

#endif
