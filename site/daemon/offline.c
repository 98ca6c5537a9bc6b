/* The loop of site/core/core.h without turns, time and links: one request, one frame. */
#include "site/daemon/offline.h"

#include <signal.h>
#include <stdlib.h>

#include "base/clock.h"
#include "site/daemon/opened.h"

struct offline {
    struct opened opened;
    struct signals signals;
    sigset_t mask_before;
    bool begun;  /* the first frame is durable */
    bool failed; /* to write a frame: what is in memory is not what is on the disk */
};

/* ST_UNKNOWN: the frame may be durable or not; the next start shows which. */
static enum status offline_write_frame(struct offline *offline, struct core_frame *frame,
                                       struct fault *fault)
{
    struct clock_source clock = clock_system();

    core_frame_close(offline->opened.core, clock.wall_us(clock.context), frame);
    if (!frame->writes || store_commit(&offline->opened.store, &frame->batch, fault) == ST_OK)
        return ST_OK;
    offline->failed = true;
    opened_store_failed(&offline->opened);
    return fault->status = ST_UNKNOWN;
}

/*
 * What opening the site changed, such as a quarantine, is written at once: its reason, in the
 * marker page, was taken by opening, and the next start would not find it.
 */
static enum status offline_write_first_frame(struct offline *offline, struct fault *fault)
{
    struct core_frame frame = {0};
    struct core_disk disk;
    enum status status;

    opened_measure(&offline->opened, &disk);
    core_set_disk(offline->opened.core, &disk);
    status = offline_write_frame(offline, &frame, fault);
    core_frame_fini(&frame);
    offline->begun = status == ST_OK;
    return status == ST_UNKNOWN ? fault->status = ST_IO : status;
}

enum status offline_open(struct offline **offline, const struct daemon_options *options,
                         struct fault *fault)
{
    struct offline *opened = calloc(1, sizeof *opened);
    enum status status;

    *offline = NULL;
    if (opened == NULL)
        return fault_set(fault, ST_NOMEM, "out of memory");
    opened_init(&opened->opened, options, &opened->signals);
    (void)!pthread_sigmask(SIG_SETMASK, NULL, &opened->mask_before); /* cannot fail: it only asks */
    signals_hold();
    status = signals_open(&opened->signals, fault);
    if (status == ST_OK)
        status = opened_open(&opened->opened, fault);
    if (status == ST_OK)
        status = offline_write_first_frame(opened, fault);
    if (status != ST_OK) {
        offline_close(opened);
        return status;
    }
    *offline = opened;
    return ST_OK;
}

void offline_close(struct offline *offline)
{
    if (offline == NULL)
        return;
    /* One frame after the other is durable, or it failed. */
    opened_close(&offline->opened, offline->begun && !offline->failed);
    signals_take(&offline->signals); /* what was asked for is done: a signal comes too late */
    signals_close(&offline->signals);
    (void)!pthread_sigmask(SIG_SETMASK, &offline->mask_before, NULL); /* cannot fail */
    free(offline);
}

const struct store *offline_store(const struct offline *offline)
{
    return &offline->opened.store;
}

/* All rows of archived frames that are left; a daemon deletes them while it runs. */
static void offline_drop_rows(struct offline *offline)
{
    struct fault fault;

    while (!offline->failed && core_drop_step(offline->opened.core)) {
        struct core_frame frame = {0};

        (void)!offline_write_frame(offline, &frame, &fault); /* the next request is told of it */
        core_frame_fini(&frame);
    }
}

enum status offline_ask(struct offline *offline, const struct bytes *request, struct bytes *answer,
                        struct fault *fault)
{
    struct core_frame frame = {0};
    enum status status;

    if (offline->failed)
        return fault_set(fault, ST_UNKNOWN, "the last frame could not be written");
    core_request(offline->opened.core, 0, CORE_PEER_OWN, request->data, request->size);
    status = offline_write_frame(offline, &frame, fault);
    INVARIANT(frame.reply_count == 1);
    if (status == ST_OK)
        bytes_append(answer, frame.replies[0].bytes.data, frame.replies[0].bytes.size);
    core_frame_fini(
        &frame); /* its parcels too: after the next start they are sent again, from their rows */
    offline_drop_rows(offline);
    return status;
}
