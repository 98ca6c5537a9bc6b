/*
 * One request to the site and its answer: from its daemon, or with --offline from its books.
 *
 * Each function that returns an int has printed why when it is not EXIT_OK; the int is the exit
 * code.
 */
#ifndef SERAI_SITE_CLI_ASK_H
#define SERAI_SITE_CLI_ASK_H

#include "base/bytes.h"
#include "site/control/control.h"

struct cli;

/* An answer of the daemon; its bytes are freed by cli_answer_fini(). */
struct cli_answer {
    struct bytes bytes;
    struct control_reply reply; /* reply.result points into `bytes` */
};

/* Free the bytes of an answer; an all-zero one is allowed. */
void cli_answer_fini(struct cli_answer *answer);

/*
 * Send an encoded request and decode the answer into *answer, which begins all-zero and is ended by
 * cli_answer_fini() whatever this returns.  *sent: a daemon was there, so the request may have
 * reached it.  ST_MISSING: none was there.  ST_UNKNOWN: no answer, or none that can be read.
 * ST_DENIED: the answer is another site's than the one that is meant, or the socket is closed to
 * this user.
 */
MUST_CHECK enum status cli_exchange(const struct cli *cli, const struct bytes *request,
                                    struct cli_answer *answer, bool *sent, struct fault *fault);

/* Print why cli_exchange() reached no daemon.  Returns the exit code. */
MUST_CHECK int cli_no_daemon(const struct cli *cli, const struct fault *fault);

/*
 * Print an answer that is no success.  Returns the exit code of its status, EXIT_OK for a success.
 */
MUST_CHECK int cli_refused(const struct control_reply *reply);

/* Send an encoded read; EXIT_OK only when it was answered with what was asked. */
MUST_CHECK int cli_ask_read(const struct cli *cli, const struct bytes *request,
                            struct cli_answer *answer);

/*
 * Send a read of what everybody is shown: it is never signed.  Sets *answer, which the caller ends
 * with cli_answer_fini().  `args` is taken: freed in any case.
 */
MUST_CHECK int cli_read_unsigned(const struct cli *cli, const char *command, struct bytes *args,
                                 struct cli_answer *answer);

#endif
