#include "site/daemon/gather.h"

/* To close a frame: one for it, and one for those that it may have to be joined to. */
enum { FRAMES_SPARE_MIN = 2 };
/* With fewer left the core wants those that come back at once: one is for what a commit lets out.
 */
enum { FRAMES_SPARE_WANTED = FRAMES_SPARE_MIN + 1 };

/* ---- frames ---- */

void gather_init(struct gather *gather, struct parts *parts)
{
    *gather =
        (struct gather){.parts = parts, .flush_ms = core_flush_ms(parts->core), .wrote = true};
    for (size_t i = 0; i < FRAMES_MAX; i++)
        gather->spare[gather->spare_count++] = &parts->pool[i];
}

static void gather_give_back(struct gather *gather, struct parts_frame *frame)
{
    core_frame_fini(&frame->core);
    frame->last = false;
    gather->spare[gather->spare_count++] = frame;
}

struct parts_frame *gather_frame(struct gather *gather)
{
    INVARIANT(gather->spare_count > 0);
    return gather->spare[--gather->spare_count];
}

/* What waited for the commit leaves now, and not only when the frame that fills is closed. */
static void gather_let_out(struct gather *gather)
{
    struct parts_frame *frame;

    if (gather->spare_count < FRAMES_SPARE_WANTED)
        return;
    frame = gather_frame(gather);
    core_between_out(gather->parts->core, &frame->core);
    if (frame->core.parcel_count > 0)
        INVARIANT(ring_push(&gather->parts->early, frame));
    else
        gather_give_back(gather, frame);
}

static void gather_take_back(struct gather *gather)
{
    struct ring *spent = &gather->parts->spent;
    struct parts_frame *frame;

    while ((frame = (gather->spare_count < FRAMES_SPARE_WANTED ? ring_want : ring_pop)(spent)) !=
           NULL)
        gather->spare[gather->spare_count++] = frame;
}

bool gather_look(struct gather *gather)
{
    bool redo = redo_is_committing(gather->parts->redo);

    gather_take_back(gather);
    if (!gather->committing || atomic_load(&gather->parts->writer_busy))
        return false;
    gather->committing = false;
    /* Without others that wait, those that were closed meanwhile had nothing to write. */
    gather->durable = gather->joined == NULL ? gather->closed : gather->handed;
    core_commit_ended(gather->parts->core);
    if (!redo)
        return false;
    redo_commit_ended(gather->parts->redo);
    /* Of a frame that the redo log does not have nothing leaves before it is durable. */
    if (!gather->full)
        gather_let_out(gather);
    gather->full = gather->full && gather->joined != NULL;
    return true;
}

/* On a small disk less: what is joined is on its way to it besides the frame that fills. */
static uint64_t gather_bytes_max(const struct gather *gather)
{
    uint64_t part = core_frame_bytes_max(gather->parts->core);

    return part < FRAMES_JOINED_BYTES_MAX ? part : FRAMES_JOINED_BYTES_MAX;
}

static bool gather_is_full(const struct gather *gather)
{
    return gather->joined->core.batch.ops.size >= gather_bytes_max(gather);
}

bool gather_may_close(const struct gather *gather)
{
    if (gather->spare_count < FRAMES_SPARE_MIN || gather->full)
        return false;
    /* Of a strict site one frame is at the writer: what comes meanwhile fills another. */
    if (gather->joined == NULL && gather->flush_ms == 0)
        return !gather->committing;
    return gather->joined == NULL || !gather_is_full(gather);
}

/* Whether it has anything but parcels. */
static bool frame_has_more(const struct core_frame *frame)
{
    return frame->writes || frame->reply_count != 0 || frame->links != NULL ||
           frame->joined_count != 0 || frame->invited != NULL || frame->ends;
}

/* Nothing to write, and nothing that leaves. */
static bool frame_is_empty(const struct core_frame *frame)
{
    return frame->parcel_count == 0 && !frame_has_more(frame);
}

/* Nothing of it waits for the disk, so it needs no commit. */
static bool frame_is_early(const struct core_frame *frame)
{
    return frame->parcel_count == frame->early_count && !frame->urgent && !frame_has_more(frame);
}

/* Hand a frame to the writer; its commit is that of all frames closed so far. */
static void gather_hand_over(struct gather *gather, struct parts_frame *frame, uint64_t now_us)
{
    core_commit_begins(gather->parts->core);
    gather->committing = true;
    gather->committing_us = now_us;
    gather->handed = gather->closed;
    gather->wrote = gather->wrote || frame->core.writes;
    atomic_store(&gather->parts->writer_busy, true);
    INVARIANT(ring_push(&gather->parts->frames, frame));
}

/*
 * Keep the frame in the redo log, so that its early parcels may leave; if that has no room they
 * wait as all others do.
 */
static void gather_keep(struct gather *gather, struct core_frame *frame)
{
    if (!frame->writes || redo_append(gather->parts->redo, &frame->batch))
        return;
    for (size_t i = 0; i < frame->parcel_count; i++)
        frame->parcels[i].early = false;
    frame->urgent = true;
    gather->full = true;
}

static void gather_join(struct gather *gather, struct parts_frame *frame, uint64_t now_us)
{
    gather_keep(gather, &frame->core);
    if (gather->joined == NULL) {
        gather->joined = gather_frame(gather);
        gather->joined_us = now_us;
    }
    core_frame_join(&gather->joined->core, &frame->core);
    if (frame->core.parcel_count > 0)
        INVARIANT(ring_push(&gather->parts->early, frame));
    else
        gather_give_back(gather, frame);
}

/* A frame of which nothing is written is as durable as those before it. */
static void gather_count(struct gather *gather, const struct parts_frame *frame)
{
    gather->closed++;
    if (!frame->core.writes && gather->joined == NULL && !gather->committing)
        gather->handed = gather->durable = gather->closed;
}

void gather_take(struct gather *gather, struct parts_frame *frame, uint64_t now_us, bool last)
{
    gather_count(gather, frame);
    if (frame_is_empty(&frame->core) && !last) {
        gather_give_back(gather, frame);
        return;
    }
    gather->flush_ms = core_flush_ms(gather->parts->core);
    /* The frame that ends the last bounded link may close while others are being committed. */
    if (gather->joined == NULL && gather->flush_ms == 0 && !gather->committing) {
        frame->last = last;
        gather_hand_over(gather, frame, now_us);
        return;
    }
    if (gather->joined == NULL && frame_is_early(&frame->core) && !last) {
        INVARIANT(ring_push(&gather->parts->early, frame));
        return;
    }
    gather_join(gather, frame, now_us);
    gather->joined->last = last;
    gather_commit(gather, now_us);
}

/* ---- commits ---- */

uint64_t gather_due_us(const struct gather *gather)
{
    if (gather->joined == NULL || gather->committing)
        return UINT64_MAX;
    if (gather->joined->core.urgent || gather->joined->last || gather->flush_ms == 0 ||
        gather_is_full(gather))
        return 0;
    return gather->joined_us + (uint64_t)gather->flush_ms * 1000;
}

void gather_commit(struct gather *gather, uint64_t now_us)
{
    struct parts_frame *frame = gather->joined;

    if (gather_due_us(gather) > now_us)
        return;
    gather->joined = NULL;
    if (frame->core.writes)
        redo_commit_begins(gather->parts->redo, &frame->core.batch);
    gather_hand_over(gather, frame, now_us);
}
