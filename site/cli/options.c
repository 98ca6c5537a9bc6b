/* The command line: one table of options for parsing and help, and one pass over argv. */
#include "site/cli/options.h"

#include <stdio.h>
#include <string.h>

#include "site/cli/cli.h"
#include "site/cli/completion.h"
#include "site/control/paths.h"

struct cli_option {
    const char *name;
    const char *value; /* what help calls it; NULL: takes none */
    const char *help;
};

/* A name may stand twice: a command takes one of the two (options.h). */
static const struct cli_option options[OPTION_COUNT] = {
    [OPT_SITE] =
        {"site", "DIR|SOCKET",
         "the site's directory, or the socket where it listens (SERAI_SITE; else " SITE_DIR_DEFAULT
         ")"},
    [OPT_KEY] = {"key", "FILE", "sign with this key (default: the operator's, DIR/operator.key)"},
    [OPT_JSON] = {"json", NULL, "print one JSON object, for a list one a line"},
    [OPT_RETRY] = {"retry", NULL, "ask again for the answer to the request that got none"},
    [OPT_FORGET] = {"forget", NULL,
                    "give up the request that got no answer: it may have been done"},
    [OPT_HELP] = {"help", NULL, "print this"},
    [OPT_NAME] = {"name", "NAME", "what lists call it"},
    [OPT_CUSTOMER] = {"customer", "ID", "a customer's number or name (default: the operator)"},
    [OPT_MONEY] = {"money", "AMOUNT", "in units of the site's currency, such as 0.05"},
    [OPT_ARGS] = {"args", "TEXT", "the agent's arguments, at most 4 KiB"},
    [OPT_WITH] = {"with", "FILE", "a further module that the agent keeps; may be repeated"},
    [OPT_GIVE] = {"give", "CAP,...",
                  "capabilities beyond the usual: spawner, timer, clock, random"},
    [OPT_NEW] = {"new", "FILE", "make a key and keep it in FILE"},
    [OPT_PUBLIC] = {"public", "HEX", "the public half of a key that the customer has"},
    [OPT_ACCOUNT] = {"account", "NAME", "only transfers of this account: number or name"},
    [OPT_CODE] = {"code", "TEXT", "only transfers for this reason, such as \"packet sent\""},
    [OPT_SINCE] = {"since", "FRAME", "from this frame on"},
    [OPT_AFTER] = {"after", "N", "begin after this one"},
    [OPT_LIMIT] = {"limit", "N", "at most that many"},
    [OPT_FORMAT] = {"format", "FORMAT", "hledger (default) or jsonl"},
    [OPT_BY_EVENT] = {"by-event", NULL, "one transaction an event instead of one a frame"},
    [OPT_READY_FD] = {"ready-fd", "N", "write `ready` to this descriptor instead of stdout"},
    [OPT_CHECK_CONFIG] = {"check-config", NULL, "name every error of the configuration, and end"},
    [OPT_FOREGROUND] = {"foreground", NULL, "as it always does; for service managers that insist"},
    [OPT_NO_SANDBOX] = {"no-sandbox", NULL, "keep all system calls; for debuggers"},
    [OPT_FUEL] = {"fuel", "N", "the budget (default: 10000000, as a turn's)"},
    [OPT_TIER] = {"tier", "0|1", "0 interprets (default), 1 compiles with cc and runs that"},
    [OPT_SITE_KEY] = {"site-key", "HEX|FILE",
                      "the site's key, where its directory cannot be read (default: KEY.site)"},
    [OPT_PEER] = {"key", "HEX", "the peer's key: `serai site key` prints it there"},
    [OPT_DEBT] = {"limit", "AMOUNT", "the most that the peer may owe this site"},
    [OPT_SOFT_LIMIT] = {"soft-limit", "AMOUNT",
                        "from which debt of ours on money costs more; none"},
    [OPT_SINCE_MARK] = {"since", "MARK", "only what moved since this mark"},
    [OPT_SIGN_WITH] = {"sign-with", "FILE", "sign with this key instead of the operator's"},
    [OPT_DURABILITY] = {"durability", "MODE",
                        "strict; or bounded: packets leave before they are durable here"},
    [OPT_FLUSH_AMOUNT] = {"flush-amount", "AMOUNT", "bounded: the most that may be lost (1.00)"},
    [OPT_FLUSH_MS] = {"flush-ms", "N", "bounded: durable within N milliseconds (1000)"},
    [OPT_ENDPOINT] = {"endpoint", "E", "where it listens, tcp://HOST:PORT (none: it dials us)"},
    [OPT_INTERFACE_A] = {"interface-a", "N", "the link of A that leads to B, by its interface"},
    [OPT_ID] = {"id", "N", "the book of prices with this number"},
    [OPT_OFFLINE] = {"offline", NULL, "do it in the books of a site that does not run"},
    [OPT_FROZEN] = {"frozen", NULL, "serve commands, but run no agents and no links"},
    [OPT_UNTIL] = {"until", "TIME", "when it stops: 23:00, 2h or 2026-12-01T22:00Z"},
    [OPT_CANCEL] = {"cancel", NULL, "call it off: the site goes on as before"},
    [OPT_FOR] = {"for", "TIME", "how long it is good: 90s, 30m, 24h (default), 7d"},
    [OPT_SETTLE_BY] = {"settle-by", "WAY", "manual, manual:TEXT, clearing:LINK or none"},
    [OPT_SETTLE_THRESHOLD] = {"settle-threshold", "AMOUNT",
                              "pay when this much is owed (0: only by `link settle`)"},
    [OPT_SETTLE_TO] = {"settle-to", "AMOUNT", "pay until this much is owed (0)"},
    [OPT_REFERENCE] = {"reference", "TEXT", "how the payment is found outside of this site"},
    [OPT_ACCEPT] = {"accept", "CODE", "what `link show` calls loss pair: it is accepted, for good"},
    [OPT_REFUSE] = {"refuse", NULL, "it has not come: the payment is void"},
    [OPT_AS] = {"as", "NAME", "what to call the capabilities that come back (default: cap, cap-2)"},
    [OPT_AGAIN] = {"again", "CALL", "take the answer to a call that was made; nothing is sent"},
    [OPT_TIMEOUT] = {"timeout", "SECONDS", "how long to wait for the answer (default: 30)"},
    [OPT_TRY] = {"try", NULL, "if its first turn fails, the agent stays the program that it was"},
    [OPT_KEYS] = {"keys", NULL, "copy the secret keys too: whoever has them is this site"},
    [OPT_KEYS_FROM] = {"keys-from", "DIR", "where the secret keys are, if the backup has none"},
    [OPT_YES] = {"yes", NULL, "do it, after what it would do was shown"},
    [OPT_BY] = {"by", "WHAT", "resource (default), customer or agent"},
    [OPT_FROM] = {"from", "MOMENT",
                  "from this frame or time on: 17, 2026-12-01, 2026-12-01T22:00Z"},
    [OPT_TO] = {"to", "MOMENT", "up to this frame, day or minute, and with it"},
    [OPT_KEEP] = {"keep", NULL, "keep the agent even if its first turn is undone"},
    [OPT_MINE] = {"mine", NULL, "only those of the key that signs (default: the operator's)"},
    [OPT_FOLLOW] = {"follow", NULL, "go on with what comes, until it is interrupted"},
    [OPT_TAIL] = {"tail", "N", "begin with the newest N"},
    [OPT_AFTER_EVENT] = {"after", "CURSOR", "begin after this event: what --json calls its cursor"},
    [OPT_ONLY_AGENT] = {"agent", "AGENT", "only what happens to this one"},
    [OPT_STOP_AFTER] = {"timeout", "SECONDS", "with --follow: end after so long"},
    [OPT_WAIT_TURN] = {"timeout", "SECONDS",
                       "how long to wait for the turn that it causes (default: 5; 0: not at all)"},
    [OPT_MONTH] = {"month", "YYYY-MM", "from the first to the last frame of a month (UTC)"},
    [OPT_ONCE] = {"once", NULL, "print it once, without a terminal"},
    [OPT_INTERVAL] = {"interval", "SECONDS", "how long between two looks (default: 1)"},
    [OPT_SORT] = {"sort", "KEY",
                  "burn (default), paid, in, balance, lasts, memory, inbox, name or agent"},
    [OPT_FILTER] = {"filter", "TEXT", "only agents with this in name, state or number"},
    [OPT_LOG_FILE] = {"log", "FILE", "the end of this log, too"},
    [OPT_LOG_FORM] = {"log", "FORM", "text (default), or json: one object a line"},
    [OPT_PRICES] = {"prices", "FILE", "charge by this prices.toml (default: the usual prices)"},
    [OPT_DRY_RUN] = {"dry-run", NULL,
                     "say what it would cost and whether it would work; do nothing"},
    [OPT_ARCHIVE] = {"archive", "DIR",
                     "where the archives of the frames are that the site dropped"},
    [OPT_ARCHIVE_A] = {"archive-a", "DIR", "the archives of A, if A is a site's directory"},
    [OPT_ARCHIVE_B] = {"archive-b", "DIR", "the archives of B, if B is a site's directory"},
    [OPT_BEFORE] = {"before", "MOMENT",
                    "what ended before this frame or time: 17, 2026-12-01, 2026-12-01T22:00Z"},
    [OPT_TO_DIR] = {"to", "DIR", "where the files go, best on another disk; there must be one"},
    [OPT_INTERFACE_B] = {"interface-b", "N", "the link of B that leads to A, by its interface"},
};

const char *cli_option_name(enum cli_option_id id)
{
    return options[id].name;
}

const char *cli_option_value(enum cli_option_id id)
{
    return options[id].value;
}

const char *cli_option_help(enum cli_option_id id)
{
    return options[id].help;
}

static bool options_lists(const struct cli_command *command, enum cli_option_id id)
{
    for (size_t i = 0; command->options[i] != OPT_END; i++)
        if (command->options[i] == id)
            return true;
    return false;
}

bool cli_takes(const struct cli_command *command, enum cli_option_id id)
{
    bool names_peer = options_lists(command, OPT_PEER);

    if (id == OPT_END)
        return false;
    if (options_lists(command, id) || id == OPT_JSON || id == OPT_HELP)
        return true;
    if (id == OPT_SITE)
        return !command->is_local;
    if (id == OPT_SITE_KEY)
        return command->is_read || command->is_signed;
    /* Where --key is the peer's, the key that signs has another name. */
    if (id == OPT_KEY)
        return (command->is_read || command->is_signed) && !names_peer;
    if (id == OPT_SIGN_WITH)
        return names_peer;
    return command->is_signed && (id == OPT_RETRY || id == OPT_FORGET || id == OPT_OFFLINE);
}

/* ---- help: printed from the tables, so it cannot lack a command or an option ---- */

/* All commands, or those of one group. */
static void help_print_commands(FILE *out, const char *group)
{
    fprintf(out, "usage: serai GROUP VERB [options]\n\n");
    for (const struct cli_command *command = cli_commands; command->group != NULL; command++) {
        char line[64];

        if (group != NULL && strcmp(command->group, group) != 0)
            continue;
        (void)snprintf(line, sizeof line, "%s %s %s", command->group, command->verb,
                       command->operands);
        fprintf(out, "  %-34s %s\n", line, command->summary);
    }
    fprintf(out, "\n`serai GROUP VERB --help` shows the options of one.\n"
                 "`serai --version` shows what this program is and which formats it speaks.\n"
                 "`serai completion bash|zsh|fish` prints the completions for a shell.\n");
}

static void help_print_command(FILE *out, const struct cli_command *command)
{
    fprintf(out, "usage: serai %s %s %s [options]\n\n%s\n\n", command->group, command->verb,
            command->operands, command->summary);
    for (int id = OPT_END + 1; id < OPTION_COUNT; id++) {
        char name[32];

        if (!cli_takes(command, (enum cli_option_id)id))
            continue;
        (void)snprintf(name, sizeof name, "--%s%s%s", options[id].name,
                       options[id].value == NULL ? "" : " ",
                       options[id].value == NULL ? "" : options[id].value);
        fprintf(out, "  %-20s %s\n", name, options[id].help);
    }
}

/* ---- parsing ---- */

static const struct cli_command *options_find_command(const char *group, const char *verb)
{
    for (const struct cli_command *command = cli_commands; command->group != NULL; command++)
        if (strcmp(command->group, group) == 0 && strcmp(command->verb, verb) == 0)
            return command;
    return NULL;
}

static bool options_is_group(const char *group)
{
    for (const struct cli_command *command = cli_commands; command->group != NULL; command++)
        if (strcmp(command->group, group) == 0)
            return true;
    return false;
}

/* The command of a group that is meant when no verb is given; NULL: none is. */
static const struct cli_command *options_default_command(const char *group)
{
    for (const struct cli_command *command = cli_commands; command->group != NULL; command++)
        if (strcmp(command->group, group) == 0 && command->is_default)
            return command;
    return NULL;
}

/* The command that is written as one word, `support-bundle`; NULL: none is. */
static const struct cli_command *options_find_joined(const char *word)
{
    for (const struct cli_command *command = cli_commands; command->group != NULL; command++) {
        size_t size = strlen(command->group);

        if (strncmp(word, command->group, size) == 0 && word[size] == '-' &&
            strcmp(word + size + 1, command->verb) == 0)
            return command;
    }
    return NULL;
}

/* The command that is meant by its first word alone; NULL: the second is its verb. */
static const struct cli_command *options_find_short(int argc, char **argv)
{
    const struct cli_command *joined = options_find_joined(argv[1]);

    if (joined != NULL || (argc >= 3 && strncmp(argv[2], "--", 2) != 0))
        return joined;
    return options_default_command(argv[1]);
}

/* The option of this name among those that the command takes; -1: none. */
static int options_find(const struct cli_command *command, const char *name, size_t length)
{
    for (int id = OPT_END + 1; id < OPTION_COUNT; id++)
        if (cli_takes(command, (enum cli_option_id)id) && strlen(options[id].name) == length &&
            strncmp(options[id].name, name, length) == 0)
            return id;
    return -1;
}

/* Returns -1 to go on, as all below. */
static int options_store(struct cli_args *args, int id, const char *value)
{
    args->given[id] = true;
    args->values[id] = value;
    if (id != OPT_WITH)
        return -1;
    if (args->with_count == CLI_WITH_MAX)
        return cli_fail(EXIT_USAGE, "--with: at most %d modules", CLI_WITH_MAX);
    args->with[args->with_count++] = value;
    return -1;
}

/*
 * Take one option, "--name value" or "--name=value".  *index is its place and is moved to its
 * value.  Returns -1 to go on, or the exit code after a complaint.
 */
static int options_take(struct cli_args *args, int argc, char **argv, int *index)
{
    const struct cli_command *command = args->command;
    const char *name = argv[*index] + 2;
    size_t length = strcspn(name, "=");
    const char *value = name[length] == '=' ? name + length + 1 : NULL;
    int id = options_find(command, name, length);

    if (id < 0)
        return cli_fail(EXIT_USAGE, "%s %s has no option --%.*s; `serai %s %s --help` lists them",
                        command->group, command->verb, (int)length, name, command->group,
                        command->verb);
    /* A value for a switch is a slip, and so is an option given twice: neither is guessed at. */
    if (options[id].value == NULL && value != NULL)
        return cli_fail(EXIT_USAGE, "--%s takes no value", options[id].name);
    if (options[id].value != NULL && value == NULL) {
        if (*index + 1 == argc)
            return cli_fail(EXIT_USAGE, "--%s wants %s", options[id].name, options[id].value);
        value = argv[++*index];
    }
    if (args->given[id] && id != OPT_WITH)
        return cli_fail(EXIT_USAGE, "--%s is given twice", options[id].name);
    return options_store(args, id, value);
}

/*
 * Take the words after group and verb.  "--" ends the options, so that a text may begin with
 * dashes.
 */
static int options_take_words(struct cli_args *args, int from, int argc, char **argv)
{
    bool options_end = false;

    for (int i = from; i < argc; i++) {
        int code = -1;

        if (!options_end && strcmp(argv[i], "--") == 0)
            options_end = true;
        else if (!options_end && strncmp(argv[i], "--", 2) == 0)
            code = options_take(args, argc, argv, &i);
        else if (args->operand_count == args->command->operands_max)
            code = cli_fail(EXIT_USAGE, "one word too many: \"%s\"; `serai %s %s --help`", argv[i],
                            args->command->group, args->command->verb);
        else
            args->operands[args->operand_count++] = argv[i];
        if (code >= 0)
            return code;
    }
    return -1;
}

/* Both spellings: `serai version` is what people try second. */
static bool options_wants_version(int argc, char **argv)
{
    return argc >= 2 && (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "version") == 0);
}

static int options_take_version(int argc, char **argv)
{
    bool json = argc == 3 && strcmp(argv[2], "--json") == 0;

    if (argc > 2 && !json)
        return cli_fail(EXIT_USAGE, "%s takes --json and nothing else", argv[1]);
    cli_print_version(stdout, json);
    return EXIT_OK;
}

/* `serai completion SHELL`: no command of the table, as it is about the table. */
static int options_take_completion(int argc, char **argv)
{
    if (argc != 3)
        return cli_fail(EXIT_USAGE, "usage: serai completion bash|zsh|fish");
    if (!completion_print(stdout, argv[2]))
        return cli_fail(EXIT_USAGE, "there is no completion for \"%s\": bash, zsh or fish",
                        argv[2]);
    return EXIT_OK;
}

bool cli_is_kept(const struct cli_args *args)
{
    return args->given[OPT_RETRY] || args->given[OPT_FORGET];
}

int cli_parse(struct cli_args *args, int argc, char **argv)
{
    int words = 3; /* where those after group and verb begin */
    int code;

    *args = (struct cli_args){0};
    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        help_print_commands(argc < 2 ? stderr : stdout, NULL);
        return argc < 2 ? EXIT_USAGE : EXIT_OK;
    }
    if (options_wants_version(argc, argv))
        return options_take_version(argc, argv);
    if (strcmp(argv[1], "completion") == 0)
        return options_take_completion(argc, argv);
    args->command = options_find_short(argc, argv);
    if (args->command == NULL && !options_is_group(argv[1]))
        return cli_fail(EXIT_USAGE, "there is no \"%s\"; `serai help` lists the commands", argv[1]);
    if (args->command != NULL) {
        words = 2;
    } else if (argc < 3 || strcmp(argv[2], "--help") == 0) {
        help_print_commands(argc < 3 ? stderr : stdout, argv[1]);
        return argc < 3 ? EXIT_USAGE : EXIT_OK;
    } else {
        args->command = options_find_command(argv[1], argv[2]);
    }
    if (args->command == NULL)
        return cli_fail(EXIT_USAGE, "there is no \"%s %s\"; `serai %s --help` lists what there is",
                        argv[1], argv[2], argv[1]);
    code = options_take_words(args, words, argc, argv);
    if (code >= 0)
        return code;
    if (args->given[OPT_HELP]) {
        help_print_command(stdout, args->command);
        return EXIT_OK;
    }
    if (args->given[OPT_RETRY] && args->given[OPT_FORGET])
        return cli_fail(EXIT_USAGE,
                        "--retry asks for an answer, and --forget gives it up: say one");
    /* The words of a request that is kept need not be given again. */
    if (args->operand_count < args->command->operands_min && !cli_is_kept(args))
        return cli_fail(EXIT_USAGE, "usage: serai %s %s %s", args->command->group,
                        args->command->verb, args->command->operands);
    return -1;
}
