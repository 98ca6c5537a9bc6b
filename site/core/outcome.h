/*
 * The answer to a request while it is made, and the refusals that several commands and reads word
 * alike.  docs/control.md lists the statuses.
 */
#ifndef SERAI_SITE_CORE_OUTCOME_H
#define SERAI_SITE_CORE_OUTCOME_H

#include "base/cbor.h"
#include "ledger/ledger.h"
#include "site/control/control.h"

/* All-zero but for `command` it says: done, without a result. */
struct outcome {
    const char *command; /* or read, that is answered; borrowed */
    enum control_status status;
    char message[CONTROL_MESSAGE_BYTES_MAX + 1];
    bool reloads;        /* the driver is to read its files again, and to answer itself */
    struct bytes result; /* one CBOR item; whoever made the outcome frees it */
};

/* Set status and message; a longer message is cut. */
void outcome_set(struct outcome *outcome, enum control_status status, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* Whether the arguments decoded to their end; false: the outcome says what is wrong with them. */
bool outcome_args_done(const struct cbor *in, struct outcome *outcome);

/*
 * Whether a name is one for people and for exports: short, plain, and without surprises in a file.
 * False: the outcome says what the name of one of `whose` may be.
 */
bool outcome_name_is_plain(const char *name, const char *whose, struct outcome *outcome);

/*
 * Move money by a line of the running event.  False: nothing was moved, and the outcome says why
 * not.
 */
bool outcome_transfer(struct ledger *ledger, const struct transfer *line, struct outcome *outcome);

#endif
