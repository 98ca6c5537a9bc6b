/*
 * Reads: what the site shows.  They are signed when the command line names a key, so that a
 * customer is shown its own.
 *
 * Each function that returns an int has printed why when it is not EXIT_OK; the int is the exit
 * code.
 */
#ifndef SERAI_SITE_CLI_READ_H
#define SERAI_SITE_CLI_READ_H

#include "site/cli/ask.h"

/*
 * Send a read, signed if --key is given.  Sets *answer, which the caller ends with
 * cli_answer_fini().  EXIT_OK only when it was answered with what was asked.  `args` is taken:
 * freed in any case.
 */
MUST_CHECK int cli_read(struct cli *cli, const char *command, struct bytes *args,
                        struct cli_answer *answer);

/* Send a read as cli_read() does, and print its result. */
MUST_CHECK int cli_read_print(struct cli *cli, const char *command, struct bytes *args);

/* Print the result of an answer, as fields, or as one JSON object with --json. */
void cli_print_result(const struct cli *cli, const struct cli_answer *answer);
void cli_print_reply(const struct cli *cli, const struct control_reply *reply);

/*
 * A paged list of the daemon's.  The command's args are the subject if there is one, the cursor and
 * a limit; the cursor starts at `after` and follows the item's number under `cursor_key`.
 */
struct cli_list {
    const char *command;
    const char *cursor_key;
    bool has_subject;
    uint64_t subject; /* an argument before the cursor */
    uint64_t after;
    uint64_t limit;
};

/*
 * Visit the items of a list, until there are no more or `visit` returns false.  An item is borrowed
 * for the visit.
 */
MUST_CHECK int cli_list_each(struct cli *cli, const struct cli_list *list,
                             bool (*visit)(void *context, const uint8_t *item, size_t size),
                             void *context);

#endif
