/*
 * A read of the site's core over its control socket: the page is one more client of it, and a
 * bounded one.  Each is one connection, which ends with the answer.
 */
#ifndef SERAI_SITE_PAGE_ASK_H
#define SERAI_SITE_PAGE_ASK_H

#include <stdatomic.h>

#include "base/clock.h"
#include "site/control/control.h"

struct ask {
    const char *socket; /* the path of the control socket */
    struct clock_source clock;
    _Atomic bool *stopping; /* becomes true: every wait ends soon */
};

/*
 * Send the read `command` with `args`, one CBOR array, and decode the answer, whose bytes go into
 * *answer.  The caller frees that in any case.  ST_BUSY: nobody answers, or not in time; ST_NOMEM.
 */
MUST_CHECK enum status page_ask(const struct ask *ask, const char *command,
                                const struct bytes *args, struct bytes *answer,
                                struct control_reply *reply, struct fault *fault);

#endif
