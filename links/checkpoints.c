/*
 * Checkpoints: a link's totals at moments that the operator named, to see what crossed it since.
 * They belong to no link's row: all of them are one list, oldest first, and one row of the table
 * `link` (docs/records.md, "Rows of links").
 */
#include "links/link.h"

#include "links/link_set.h"

#include <stdio.h>
#include <string.h>

enum { CHECKPOINT_FIELDS = 5 };

const struct link_checkpoint *link_checkpoint_named(const struct links *links,
                                                    const struct link *link, const char *name)
{
    for (size_t i = 0; i < links->checkpoint_count; i++) {
        const struct link_checkpoint *one = &links->checkpoints[i];

        if (one->interface == link->interface && strcmp(one->name, name) == 0)
            return one;
    }
    return NULL;
}

void link_checkpoint_drop(struct links *links, const struct link_checkpoint *checkpoint)
{
    size_t index = (size_t)(checkpoint - links->checkpoints);

    INVARIANT(index < links->checkpoint_count);
    links->checkpoint_count--;
    memmove(&links->checkpoints[index], &links->checkpoints[index + 1],
            (links->checkpoint_count - index) * sizeof *checkpoint);
    links->checkpoints_dirty = true;
}

void link_checkpoint_set(struct links *links, const struct link *link, const char *name,
                         uint64_t site_time_us)
{
    struct link_checkpoint *made;

    INVARIANT(strlen(name) <= LINK_CHECKPOINT_NAME_BYTES_MAX);
    INVARIANT(link_checkpoint_named(links, link, name) == NULL);
    /* One bound for all links: the one row of a site stays small. */
    if (links->checkpoint_count == LINK_CHECKPOINTS_MAX)
        link_checkpoint_drop(links, links->checkpoints);
    made = &links->checkpoints[links->checkpoint_count++];
    *made = (struct link_checkpoint){.interface = link->interface,
                                     .site_time_us = site_time_us,
                                     .sent_total = link->sent_total,
                                     .received_total = link->received_total};
    (void)snprintf(made->name, sizeof made->name, "%s", name);
    links->checkpoints_dirty = true;
}

size_t links_checkpoints(const struct links *links, const struct link_checkpoint **first)
{
    *first = links->checkpoints;
    return links->checkpoint_count;
}

/* ---- the row ---- */

void checkpoints_encode(const struct links *links, struct bytes *out)
{
    cbor_put_array(out, links->checkpoint_count);
    for (size_t i = 0; i < links->checkpoint_count; i++) {
        const struct link_checkpoint *one = &links->checkpoints[i];

        cbor_put_array(out, CHECKPOINT_FIELDS);
        cbor_put_uint(out, one->interface);
        cbor_put_text(out, one->name);
        cbor_put_uint(out, one->site_time_us);
        cbor_put_u128(out, one->sent_total);
        cbor_put_u128(out, one->received_total);
    }
}

enum status checkpoints_decode(struct links *links, const uint8_t *value, size_t value_size,
                               struct fault *fault)
{
    uint64_t count;
    struct cbor in;

    cbor_init(&in, value, value_size);
    count = cbor_get_array_any(&in, LINK_CHECKPOINTS_MAX);
    for (uint64_t i = 0; i < count && in.error == NULL; i++) {
        struct link_checkpoint *one = &links->checkpoints[links->checkpoint_count++];

        /* What it means for its link is checked when all links were read: checkpoints_error(). */
        cbor_get_array(&in, CHECKPOINT_FIELDS);
        one->interface = (uint32_t)cbor_get_uint(&in, LINK_INTERFACES_MAX);
        cbor_get_text(&in, one->name, LINK_CHECKPOINT_NAME_BYTES_MAX);
        one->site_time_us = cbor_get_uint(&in, UINT64_MAX);
        one->sent_total = cbor_get_u128(&in);
        one->received_total = cbor_get_u128(&in);
    }
    return cbor_done(&in, fault, "row");
}

/* Totals only rise, so none is above its link's; and a name says which one is meant. */
const char *checkpoints_error(const struct links *links)
{
    for (size_t i = 0; i < links->checkpoint_count; i++) {
        const struct link_checkpoint *one = &links->checkpoints[i];
        const struct link *link;

        if (one->interface == 0 || one->interface > links->count)
            return "one is of a link that there never was";
        link = &links->nodes[one->interface - 1]->link;
        if (link_checkpoint_named(links, link, one->name) != one)
            return "two of one link have one name";
        if (one->sent_total > link->sent_total || one->received_total > link->received_total)
            return "one has more than its link";
    }
    return NULL;
}
