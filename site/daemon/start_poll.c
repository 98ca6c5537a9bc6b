#include "site/daemon/start_poll.h"

#include "base/clock.h"
#include "base/progress.h"
#include "site/core/core.h"
#include "site/daemon/signals.h"

/*
 * Rows between two looks, each of which is a call of the kernel: a row takes from a tenth of a
 * microsecond to, with a module in it, milliseconds.
 */
enum { ROWS_STEP = 64 };

static void start_tell(const struct start_poll *poll)
{
    struct clock_source clock = clock_system();

    if (poll->progress == NULL)
        return;
    if (*poll->core != NULL)
        poll->progress->frame = core_frame(*poll->core) - 1;
    progress_step(poll->progress, ROWS_STEP, clock.now_us(clock.context));
}

enum status start_poll(void *context, struct fault *fault)
{
    struct start_poll *poll = context;

    if (++poll->rows >= ROWS_STEP) {
        poll->rows = 0;
        signals_take(poll->signals);
        start_tell(poll);
    }
    if (poll->signals->stop != 0)
        return fault_set(fault, ST_BUSY, "a signal ended the start");
    return ST_OK;
}
