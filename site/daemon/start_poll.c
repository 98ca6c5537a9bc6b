#include "site/daemon/start_poll.h"

#include "site/daemon/signals.h"

/* Rows between two looks: a row takes from a microsecond to, with a module in it, milliseconds. */
enum { ROWS_STEP = 16 };

enum status start_poll(void *context, struct fault *fault)
{
    struct start_poll *poll = context;

    if (++poll->rows >= ROWS_STEP) {
        poll->rows = 0;
        signals_take(poll->signals);
    }
    if (poll->signals->stop != 0)
        return fault_set(fault, ST_BUSY, "a signal ended the start");
    return ST_OK;
}
