/* Options of the `serai` command: one table for parsing and help. */
#ifndef SERAI_SITE_CLI_OPTIONS_H
#define SERAI_SITE_CLI_OPTIONS_H

#include "base/status.h"

struct cli;

enum cli_option_id {
    OPT_END, /* no option: ends a command's list */
    OPT_SITE,
    OPT_KEY,
    OPT_JSON,
    OPT_RETRY,
    OPT_FORGET,
    OPT_HELP,
    OPT_NAME,
    OPT_CUSTOMER,
    OPT_MONEY,
    OPT_ARGS,
    OPT_WITH,
    OPT_GIVE,
    OPT_NEW,
    OPT_PUBLIC,
    OPT_ACCOUNT,
    OPT_CODE,
    OPT_SINCE,
    OPT_AFTER,
    OPT_LIMIT,
    OPT_FORMAT,
    OPT_BY_EVENT,
    OPT_READY_FD,
    OPT_CHECK_CONFIG,
    OPT_FOREGROUND,
    OPT_NO_SANDBOX,
    OPT_FUEL,
    OPT_TIER,
    OPT_SITE_KEY,
    /* Each has the name of one above and another meaning: a command takes one of the two. */
    OPT_PEER,
    OPT_DEBT,
    OPT_SINCE_MARK,
    OPT_SIGN_WITH,
    OPT_ENDPOINT,
    OPT_DURABILITY,
    OPT_FLUSH_AMOUNT,
    OPT_FLUSH_MS,
    OPT_INTERFACE_A,
    OPT_INTERFACE_B,
    OPT_ID,
    OPT_OFFLINE,
    OPT_FROZEN,
    OPT_FOR,
    OPT_SOFT_LIMIT,
    OPT_UNTIL,
    OPT_CANCEL,
    OPT_SETTLE_BY,
    OPT_SETTLE_THRESHOLD,
    OPT_SETTLE_TO,
    OPT_REFERENCE,
    OPT_REFUSE,
    OPT_ACCEPT,
    OPT_AS,
    OPT_AGAIN,
    OPT_TIMEOUT,
    OPT_TRY,
    OPT_KEYS,
    OPT_KEYS_FROM,
    OPT_YES,
    OPT_BY,
    OPT_FROM,
    OPT_TO,
    OPT_KEEP,
    OPT_MINE,
    OPT_FOLLOW,
    OPT_TAIL,
    OPT_AFTER_EVENT,
    OPT_ONLY_AGENT,
    OPT_STOP_AFTER,
    OPT_WAIT_TURN,
    OPT_MONTH,
    OPT_ONCE,
    OPT_INTERVAL,
    OPT_SORT,
    OPT_FILTER,
    OPT_LOG_FILE,
    OPT_LOG_FORM,
    OPT_PRICES,
    OPT_DRY_RUN,
    OPT_ARCHIVE,
    OPT_ARCHIVE_A,
    OPT_ARCHIVE_B,
    OPT_BEFORE,
    OPT_TO_DIR,
    OPTION_COUNT,
};

enum { CLI_OPERANDS_MAX = 64, CLI_WITH_MAX = 8, CLI_OPTIONS_MAX = 15 };

struct cli_command {
    const char *group;
    const char *verb;
    const char *operands; /* as help shows them; those in [] may be left out */
    const char *summary;
    int (*run)(struct cli *cli);
    const char *also; /* what it signs besides GROUP.VERB; NULL: nothing */
    /* Besides those that all commands take; the rest is OPT_END. */
    enum cli_option_id options[CLI_OPTIONS_MAX + 1];
    bool is_signed;    /* takes --key and --retry too */
    bool runs_kept;    /* with --retry and --forget too, and calls cli_kept_show() */
    bool is_local;     /* has to do with no site: takes no --site */
    bool is_read;      /* asks the daemon, and signs with --key if that is given */
    bool is_default;   /* what its group does when no verb is given */
    bool needs_folder; /* reads files of the site's directory: a socket will not do */
    size_t operands_min;
    size_t operands_max;
};

/* A command line, taken apart.  Strings are argv's. */
struct cli_args {
    const struct cli_command *command;
    bool given[OPTION_COUNT];
    const char *values[OPTION_COUNT];
    const char *with[CLI_WITH_MAX]; /* --with may come several times */
    size_t with_count;
    const char *operands[CLI_OPERANDS_MAX];
    size_t operand_count;
};

/* The commands, ended by one without a group. */
extern const struct cli_command cli_commands[];

/* Whether a command takes an option: one of its own, or of those of its kind. */
MUST_CHECK bool cli_takes(const struct cli_command *command, enum cli_option_id id);

/* An option as help shows it: its name, what its value is called (NULL: it has none), what it does.
 */
const char *cli_option_name(enum cli_option_id id);
const char *cli_option_value(enum cli_option_id id);
const char *cli_option_help(enum cli_option_id id);

/* Whether --retry or --forget says that the command is about the request that is kept. */
MUST_CHECK bool cli_is_kept(const struct cli_args *args);

/*
 * Take argv apart.  Returns -1 to go on and run args->command, or the exit code after help or a
 * complaint was printed.
 */
MUST_CHECK int cli_parse(struct cli_args *args, int argc, char **argv);

#endif
