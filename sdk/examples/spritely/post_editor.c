/*
 * A post and its editor: two objects that share what is written.  The post can be read, the editor
 * can change it, and whoever is given the post alone cannot write.
 */
#include "sdk/examples/spritely/post.h"

static void born(struct vat_call *call)
{
    struct post_and_editor made =
        new_post_and_editor(vat_seals().seal, "Moon-Pie", "Lauren", "to-be-written");

    (void)call;
    vat_front(made.editor);
    meet_publish(made.post);
    meet_publish(made.editor);
}
VAT_PROGRAM(.born = born)
