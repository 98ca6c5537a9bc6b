/* A frame that was closed, as its driver has it: no part of the core is needed for it. */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "site/core/core.h"

void core_frame_fini(struct core_frame *frame)
{
    store_batch_fini(&frame->batch);
    for (size_t i = 0; i < frame->reply_count; i++)
        bytes_fini(&frame->replies[i].bytes);
    free(frame->replies);
    for (size_t i = 0; i < frame->parcel_count; i++)
        bytes_fini(&frame->parcels[i].bytes);
    free(frame->parcels);
    free(frame->links);
    for (size_t i = 0; i < frame->joined_count; i++)
        bytes_fini(&frame->joined[i].bytes);
    free(frame->joined);
    free(frame->invited);
    memset(frame, 0, sizeof *frame);
}

/* An array with the items of `more` at its end; `more` is freed.  Its count becomes 0. */
static void *frame_add(void *items, size_t *count, void *more, size_t *more_count,
                       size_t item_bytes)
{
    char *joined = items;

    if (*more_count > 0) {
        joined = realloc(items, (*count + *more_count) * item_bytes);
        INVARIANT(joined != NULL);
        memcpy(joined + *count * item_bytes, more, *more_count * item_bytes);
        *count += *more_count;
        *more_count = 0;
    }
    free(more);
    return joined;
}

/* Move the parcels of a later frame that are not early; the others close ranks. */
static void frame_join_parcels(struct core_frame *frame, struct core_frame *later)
{
    size_t kept = 0;

    for (size_t i = 0; i < later->parcel_count; i++) {
        if (later->parcels[i].early) {
            later->parcels[kept++] = later->parcels[i];
            continue;
        }
        frame->parcels = array_grow(frame->parcels, &frame->parcel_capacity,
                                    frame->parcel_count + 1, sizeof *frame->parcels);
        INVARIANT(frame->parcels != NULL);
        frame->parcels[frame->parcel_count++] = later->parcels[i];
    }
    later->parcel_count = kept;
}

/* Of whole lists the later one is right, where a frame has one. */
static void frame_join_lists(struct core_frame *frame, struct core_frame *later)
{
    if (later->links != NULL) {
        free(frame->links);
        frame->links = later->links;
        frame->link_count = later->link_count;
        later->links = NULL;
        later->link_count = 0;
    }
    if (later->invited != NULL) {
        free(frame->invited);
        frame->invited = later->invited;
        frame->invited_count = later->invited_count;
        later->invited = NULL;
        later->invited_count = 0;
    }
}

void core_frame_join(struct core_frame *frame, struct core_frame *later)
{
    store_batch_join(&frame->batch, &later->batch);
    INVARIANT(!store_batch_failed(&frame->batch));
    store_batch_fini(&later->batch);
    if (later->writes)
        frame->header = later->header;
    frame->writes = frame->writes || later->writes;
    later->writes = false;
    frame->urgent = frame->urgent || later->urgent;
    frame->ends = frame->ends || later->ends;
    frame->replies = frame_add(frame->replies, &frame->reply_count, later->replies,
                               &later->reply_count, sizeof *frame->replies);
    later->replies = NULL;
    frame->joined = frame_add(frame->joined, &frame->joined_count, later->joined,
                              &later->joined_count, sizeof *frame->joined);
    later->joined = NULL;
    frame_join_parcels(frame, later);
    frame_join_lists(frame, later);
}
