/*
 * The `serai` command.  Each command is a row of the table in commands.c and a cmd_*() function
 * (commands.h); the options of all are one table in options.c, from which the help is printed.
 * Exit codes: docs/operate.md.
 *
 * This header is what every command needs: its state, its messages, plain words of its line.
 */
#ifndef SERAI_SITE_CLI_CLI_H
#define SERAI_SITE_CLI_CLI_H

#include <stdio.h>

#include "base/file.h"
#include "base/money.h"
#include "site/cli/options.h"
#include "site/control/control.h"
#include "site/control/exit_code.h"

/* Facts that the site shows to everybody: the read `site`. */
struct cli_facts {
    bool known;
    uint64_t asked_us; /* monotonic */
    uint8_t key[CONTROL_KEY_BYTES];
    uint64_t site_time_us;
    char currency[16];
};

struct cli_offline; /* opaque: offline.h */

struct cli {
    struct cli_args args;
    const char *dir; /* of the site; or its socket, if it is known by that alone */
    bool by_socket;  /* it is */
    struct cli_facts facts;
    char socket[FILE_PATH_BYTES]; /* of its daemon */
    char currency[16];
    uint64_t map_bytes;          /* of its store */
    struct cli_offline *offline; /* with --offline: stands for the daemon */
    bool asks_on;                /* the command signs several requests: it stays open between */
};

/* program.c: run the whole program.  Returns the exit code. */
int cli_main(int argc, char **argv);

/* version.c: the program's version and the number of each format, for people or as one object. */
void cli_print_version(FILE *out, bool json);

/* ---- messages ---- */

/* Print "serai: ..." on stderr, escaped.  Returns `code`, so that a command can end with it. */
int cli_fail(enum exit_code code, const char *format, ...) PRINTF_LIKE(2, 3);

/*
 * From now on keep messages in `text` and not on stderr, the newest alone and cut to fit; NULL: as
 * before.  `text` is borrowed until then.
 */
void cli_keep_messages(char *text, size_t room_bytes);

/* Print a fault as cli_fail() does.  Returns the exit code of its status. */
int cli_fault(const struct fault *fault);

/*
 * ---- words of the command line ----
 *
 * Where one cannot be read, why is printed and the exit code returned; else EXIT_OK.
 */

/* The value of an option, or `fallback` when it is not given. */
const char *cli_value(const struct cli *cli, enum cli_option_id option, const char *fallback);

/* Whether the text is a decimal number without leading zeros; *number is that.  Prints nothing. */
MUST_CHECK bool cli_is_number(const char *text, uint64_t *number);

/* Read a decimal number without leading zeros; `what` names it in the message.  EXIT_USAGE. */
MUST_CHECK int cli_number(const char *text, const char *what, uint64_t *number);

/* Read an amount as money_parse() does.  EXIT_USAGE. */
MUST_CHECK int cli_money(const char *text, struct money *amount);

#endif
