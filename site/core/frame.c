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

/* Move the replies of a later frame to the end. */
static void frame_join_replies(struct core_frame *frame, struct core_frame *later)
{
    size_t count = frame->reply_count + later->reply_count;
    struct core_reply *replies;

    if (later->reply_count == 0)
        return;
    replies = realloc(frame->replies, count * sizeof *replies);
    INVARIANT(replies != NULL);
    memcpy(replies + frame->reply_count, later->replies, later->reply_count * sizeof *replies);
    frame->replies = replies;
    frame->reply_count = count;
    free(later->replies);
    later->replies = NULL;
    later->reply_count = 0;
}

/* Move the answers to those who join to the end; of invitations the later list is right. */
static void frame_join_joined(struct core_frame *frame, struct core_frame *later)
{
    size_t count = frame->joined_count + later->joined_count;
    struct core_joined *joined;

    if (later->joined_count > 0) {
        joined = realloc(frame->joined, count * sizeof *joined);
        INVARIANT(joined != NULL);
        memcpy(joined + frame->joined_count, later->joined, later->joined_count * sizeof *joined);
        frame->joined = joined;
        frame->joined_count = count;
        free(later->joined);
        later->joined = NULL;
        later->joined_count = 0;
    }
    if (later->invited == NULL)
        return;
    free(frame->invited);
    frame->invited = later->invited;
    frame->invited_count = later->invited_count;
    later->invited = NULL;
    later->invited_count = 0;
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

void core_frame_join(struct core_frame *frame, struct core_frame *later)
{
    store_batch_join(&frame->batch, &later->batch);
    INVARIANT(!store_batch_failed(&frame->batch));
    if (later->writes)
        frame->header = later->header;
    frame->writes = frame->writes || later->writes;
    frame->urgent = frame->urgent || later->urgent;
    frame->ends = frame->ends || later->ends;
    store_batch_fini(&later->batch);
    later->writes = false;
    frame_join_replies(frame, later);
    frame_join_parcels(frame, later);
    frame_join_joined(frame, later);
    /* The whole list each time: the later one is right. */
    if (later->links == NULL)
        return;
    free(frame->links);
    frame->links = later->links;
    frame->link_count = later->link_count;
    later->links = NULL;
    later->link_count = 0;
}
