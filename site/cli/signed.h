/* Signed commands, and the promise that none is made twice (docs/control.md, "Once, and only
 * once"). */
#ifndef SERAI_SITE_CLI_SIGNED_H
#define SERAI_SITE_CLI_SIGNED_H

#include "base/bytes.h"
#include "site/control/control.h"

struct cli;
struct control_reply;

/*
 * Sign `command`, send it, and print its result.  Returns the exit code: done, not done and unknown
 * have codes of their own.  `args` is taken: freed in any case.
 */
MUST_CHECK int cli_signed_print(struct cli *cli, const char *command, struct bytes *args);

/*
 * As cli_signed_print(), but `show` prints the result of what was done.
 */
MUST_CHECK int cli_signed_show(struct cli *cli, const char *command, struct bytes *args,
                               void (*show)(struct cli *cli, const struct control_reply *reply,
                                            void *context),
                               void *context);

/*
 * The public half of the key that commands are signed with: the one that is given, else the
 * operator's.  It prints why it cannot be read, and returns the exit code.
 */
MUST_CHECK int cli_signing_key(const struct cli *cli, uint8_t key[CONTROL_KEY_BYTES]);

/*
 * With --retry ask for the answer of the request that waits, with --forget give that one up.  It
 * must be the command on the line, which is called GROUP.VERB on the wire; the other words of the
 * line may be missing, or others than those of the request.  Returns the exit code.
 */
MUST_CHECK int cli_kept_print(struct cli *cli);

/* As cli_kept_print(), but `show` prints the result of what was done. */
MUST_CHECK int cli_kept_show(struct cli *cli,
                             void (*show)(struct cli *cli, const struct control_reply *reply,
                                          void *context),
                             void *context);

#endif
