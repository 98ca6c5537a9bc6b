/* The writer thread: makes one frame after the other durable. */
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "site/control/exit_code.h"
#include "site/daemon/parts.h"

/*
 * Nothing of a frame that is not durable may get out, and what the core did since cannot be taken
 * back: so the process ends here, at once, and no other thread gets to send anything.
 */
static void writer_commit(const struct parts *parts, const struct core_frame *frame)
{
    struct fault fault = {0};

    if (!frame->writes || store_commit(&parts->store, &frame->batch, &fault) == ST_OK)
        return;
    parts->store_failed(parts->store_failed_context);
    log_write(LOG_ERROR, "store.commit-failed",
              "frame=%" PRIu64
              " reason=\"%s\" next=\"make room or mend the disk, then start the site "
              "again: it verifies the books and goes on from the last durable frame\"",
              frame->header.frame, fault.text);
    _exit(EXIT_IO);
}

void *writer_thread(void *context)
{
    struct parts *parts = context;
    bool last = false;

    while (!last) {
        struct parts_frame *frame = ring_pop(&parts->frames);

        if (frame == NULL) {
            wake_wait(&parts->writer_wake, -1);
            continue;
        }
        writer_commit(parts, &frame->core);
        last = frame->last;
        atomic_store(&parts->durable_us, parts->clock.now_us(parts->clock.context));
        /* There are fewer frames than places in a ring. */
        INVARIANT(ring_push(&parts->durable, frame));
        atomic_store(&parts->writer_busy, false);
        wake_up(&parts->core_wake);
    }
    return NULL;
}
