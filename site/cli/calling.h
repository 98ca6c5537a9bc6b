/*
 * A question to an agent, on its way.  It is two signed commands, and none of it is done twice: the
 * first asks, and call.take takes what came back.  Between them the site is asked again and again
 * whether there is an answer; that may end at any time, since --again goes on there.
 *
 * Each function that returns an int has printed why when it is not EXIT_OK; the int is the exit
 * code.
 */
#ifndef SERAI_SITE_CLI_CALLING_H
#define SERAI_SITE_CLI_CALLING_H

#include <stdint.h>

#include "base/hash.h"
#include "site/control/exit_code.h"

struct cli;
struct control_reply;

struct calling {
    uint64_t call; /* its number, once it was made; 0: not yet */
    bool taken;
    enum exit_code code;             /* of what came back */
    char module[2 * HASH_BYTES + 1]; /* of an upgrade: the id of the new program */
};

/* Read --again, --timeout and what goes with them. */
MUST_CHECK int calling_options(const struct cli *cli, struct calling *calling, uint64_t *wait_s);

/*
 * For cli_signed_show(), with a struct calling: the result of either command.  That of the first,
 * which a person is not shown, has no state; that of call.take has one.
 */
void calling_show(struct cli *cli, const struct control_reply *reply, void *context);

/* Wait until there is an answer or the time is over: EXIT_WAITING, which prints nothing. */
MUST_CHECK int calling_wait(struct cli *cli, uint64_t call, uint64_t wait_s);

/* Say how to go on with a call for which calling_wait() ended so.  Returns the exit code. */
int calling_still_waits(const struct cli *cli, uint64_t call, int code);

/* Take and print the answer.  Returns EXIT_OK, or how the question ended otherwise. */
MUST_CHECK int calling_take(struct cli *cli, struct calling *calling);

#endif
