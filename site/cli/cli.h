/*
 * The `serai` command.  Each command is a row of the table in commands.c and a function here; the
 * options of all are one table in options.c, from which the help is printed.  Exit codes:
 * docs/operate.md.
 */
#ifndef SERAI_SITE_CLI_CLI_H
#define SERAI_SITE_CLI_CLI_H

#include <stdio.h>

#include "base/file.h"
#include "base/money.h"
#include "site/cli/client.h"
#include "site/cli/options.h"
#include "site/control/exit_code.h"

/* Facts that the site tells everybody. */
struct cli_facts {
    bool known;
    uint64_t asked_us; /* monotonic */
    uint8_t key[CONTROL_KEY_BYTES];
    uint64_t site_time_us;
    char currency[16];
};

struct cli {
    struct cli_args args;
    const char *dir; /* of the site; or its socket, if it is known by that alone */
    bool by_socket;  /* it is */
    struct cli_facts facts;
    char socket[FILE_PATH_BYTES]; /* of its daemon */
    char currency[16];
    uint64_t map_bytes;          /* of its store */
    struct cli_offline *offline; /* with --offline: stands for the daemon */
};

/* Run the whole program.  Returns the exit code. */
int cli_main(int argc, char **argv);

/* Print "serai: ..." on stderr, escaped.  Returns `code`, so that a command can end with it. */
int cli_fail(enum exit_code code, const char *format, ...) PRINTF_LIKE(2, 3);

/* Print a fault as cli_fail() does.  Returns the exit code of its status. */
int cli_fault(const struct fault *fault);

/* version.c: the program's version and the number of each format, for people or as one object. */
void cli_print_version(FILE *out, bool json);

/*
 * Look at the site in `dir` (borrowed; NULL or empty: the default): where its daemon listens and
 * what its money is called.  `dir` may also be the daemon's socket.  A configuration with errors is
 * for `site run` to report; a running daemon is still asked.
 */
MUST_CHECK int cli_site(struct cli *cli, const char *dir);

/*
 * ---- words on the command line ----
 *
 * On failure each prints why and returns the exit code; else it returns EXIT_OK.
 */

/* Read a decimal number without leading zeros; `what` names it in the message.  EXIT_USAGE. */
MUST_CHECK int cli_number(const char *text, const char *what, uint64_t *number);

/* Read an amount as money_parse() does.  EXIT_USAGE. */
MUST_CHECK int cli_money(const char *text, struct money *amount);

/*
 * Take a `kind:` of the kind that is wanted off the front of *text.  One of another kind is refused
 * with EXIT_USAGE; any other text is left as it is.
 */
MUST_CHECK int cli_strip_kind(const char **text, const char *kind);

/*
 * cli_agent() and cli_customer() find an agent or a customer by "4097", "agent:4097" or a name.
 * The daemon is asked about names: EXIT_MISSING when nobody has it, EXIT_USAGE when several do.
 */
MUST_CHECK int cli_agent(struct cli *cli, const char *text, uint64_t *agent);
MUST_CHECK int cli_customer(struct cli *cli, const char *text, uint64_t *customer);

/* Find the account of an agent or a customer by its name, or by `kind:` and its name or number. */
MUST_CHECK int cli_account(struct cli *cli, const char *text, uint64_t *account);

/* Whether a daemon listens at the site's socket now. */
MUST_CHECK bool cli_answers(const struct cli *cli);

enum { CLI_LINK_BYTES = 40 };

/*
 * Find the name of a link by "north", "link:north" or its interface, "link:2" or "2".  The daemon
 * is asked about interfaces only.
 */
MUST_CHECK int cli_link(struct cli *cli, const char *text, char name[CLI_LINK_BYTES]);

/* The value of an option, or `other` when it is not given. */
const char *cli_value(const struct cli *cli, enum cli_option_id option, const char *other);

/* An answer of the daemon; its bytes are freed by cli_answer_fini. */
struct cli_answer {
    struct bytes bytes;
    struct control_reply reply;
};

/* Free the bytes of an answer; reply.result points into them. */
void cli_answer_fini(struct cli_answer *answer);

/*
 * Send a read to the daemon, signed if --key is given.  EXIT_OK only when it answered with what was
 * asked; otherwise the reason is printed and the exit code returned.  `args` is taken: freed in any
 * case.
 */
MUST_CHECK int cli_read(struct cli *cli, const char *command, struct bytes *args,
                        struct cli_answer *answer);

/* Send a read as cli_read() does, but for what everybody is shown: it is never signed. */
MUST_CHECK int cli_read_unsigned(struct cli *cli, const char *command, struct bytes *args,
                                 struct cli_answer *answer);

/*
 * Let the command ask the books themselves from here on, which no daemon may have open.  Prints why
 * it cannot and returns the exit code.
 */
MUST_CHECK int cli_offline_begin(struct cli *cli);

/*
 * End cli_offline_begin(); may be called again, and without it.  Call it before anything waits for
 * whoever reads the output.
 */
void cli_offline_end(struct cli *cli);

/* Answer a request from the books, as client_ask() does from the daemon. */
MUST_CHECK enum status cli_offline_ask(const struct cli *cli, const struct bytes *request,
                                       struct bytes *answer, uint8_t site[CONTROL_KEY_BYTES],
                                       struct fault *fault);

/* who.c */

/* Whether the path is a socket. */
bool cli_is_socket(const char *path);

/*
 * Fill cli->facts, unless they are known and fresh.  Prints why it cannot and returns the exit
 * code.
 */
MUST_CHECK int cli_facts(struct cli *cli);

/*
 * Find the site's public key: the one that was given, that of its directory, or, where only its
 * socket is known, the one that was pinned beside the key at `key_path` when that first signed
 * (NULL: what the site says).
 */
MUST_CHECK int cli_site_key(struct cli *cli, const char *key_path, uint8_t key[CONTROL_KEY_BYTES]);

/*
 * Find the site's public key as cli_site_key() does, but from what is known without asking the
 * site, which may be nothing: *known is false then.  Every answer is checked against it.  A fault:
 * the file that holds the key cannot be read.
 */
MUST_CHECK enum status cli_meant_site(const struct cli *cli, uint8_t key[CONTROL_KEY_BYTES],
                                      bool *known, struct fault *fault);

/*
 * Append a read to `request`, signed by the key at `key_path`.  Prints why it cannot and returns
 * the exit code.
 */
MUST_CHECK int cli_sign_read(struct cli *cli, const char *key_path, const char *command,
                             const struct bytes *args, struct bytes *request);

/* Send a read as cli_read() does, and print its result. */
MUST_CHECK int cli_read_print(struct cli *cli, const char *command, struct bytes *args);

/*
 * Sign `command`, send it, and print its result.  With --retry ask for the answer of the request
 * that waits, with --forget give that one up; there are no args then.  Done, not done and unknown
 * have exit codes of their own.  `args` is taken.
 */
MUST_CHECK int cli_signed_print(struct cli *cli, const char *command, struct bytes *args);

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
 * for the visit.  Prints why it cannot and returns the exit code.
 */
MUST_CHECK int cli_list_each(struct cli *cli, const struct cli_list *list,
                             bool (*visit)(void *context, const uint8_t *item, size_t size),
                             void *context);

/*
 * The commands: each cmd_*() is the function of its row in commands.c.  It reads cli->args, does
 * its work, prints the result or what went wrong, and returns the exit code.
 */
int cmd_site_init(struct cli *cli);
int cmd_site_run(struct cli *cli);
int cmd_site_status(struct cli *cli);
int cmd_site_key(struct cli *cli);
int cmd_link_add(struct cli *cli);
int cmd_link_ls(struct cli *cli);
int cmd_link_show(struct cli *cli);
int cmd_link_mark(struct cli *cli);
int cmd_link_unmark(struct cli *cli);
int cmd_link_freeze(struct cli *cli);
int cmd_link_resume(struct cli *cli);
int cmd_link_remove(struct cli *cli);
int cmd_link_set(struct cli *cli);
int cmd_money_in(struct cli *cli);
int cmd_money_out(struct cli *cli);
int cmd_customer_add(struct cli *cli);
int cmd_customer_share(struct cli *cli);
int cmd_customer_ls(struct cli *cli);
int cmd_agent_deploy(struct cli *cli);
int cmd_agent_ls(struct cli *cli);
int cmd_agent_show(struct cli *cli);
int cmd_agent_fund(struct cli *cli);
int cmd_agent_send(struct cli *cli);
int cmd_agent_logs(struct cli *cli);
int cmd_agent_freeze(struct cli *cli);
int cmd_agent_thaw(struct cli *cli);
int cmd_agent_end(struct cli *cli);
int cmd_agent_withdraw(struct cli *cli);
int cmd_heap_ls(struct cli *cli);
int cmd_code_ls(struct cli *cli);
int cmd_price_ls(struct cli *cli);
int cmd_price_show(struct cli *cli);
int cmd_price_show_kept(struct cli *cli); /* --id */
int cmd_ledger_accounts(struct cli *cli);
int cmd_ledger_transfers(struct cli *cli);
int cmd_ledger_export(struct cli *cli);
int cmd_code_check(struct cli *cli);
int cmd_code_run(struct cli *cli);
int cmd_code_disasm(struct cli *cli);
int cmd_audit_verify(struct cli *cli);
int cmd_audit_network(struct cli *cli);
int cmd_audit_reconcile(struct cli *cli);

#endif
