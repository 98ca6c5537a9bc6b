/* One run of `serai`, from its command line to its exit code. */
#include <errno.h>
#include <signal.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/descriptors.h"
#include "site/cli/cli.h"
#include "site/cli/guard.h"
#include "site/cli/offline.h"
#include "site/cli/signed.h"
#include "site/cli/site.h"

/*
 * Close stdout and say so if any of it was lost: whoever pipes the output on must not take half of
 * it for all of it.  The exit code of a command that failed stays.
 */
static int program_finish(int code)
{
    bool failed = ferror(stdout) != 0; /* some time ago: errno is of something else since */

    errno = 0;
    if (fclose(stdout) != 0)
        failed = true;
    if (!failed || code != EXIT_OK)
        return code;
    return cli_fail(EXIT_IO, "the output could not be written%s%s", errno == 0 ? "" : ": ",
                    errno == 0 ? "" : strerror(errno));
}

int cli_main(int argc, char **argv)
{
    struct cli cli = {0};
    int code;

    /* Before a file is opened and before a word is printed: neither may land in a file of ours. */
    if (!descriptors_fill())
        return EXIT_INTERNAL; /* there is nowhere to say so */
    code = guard_output(argc, argv);
    if (code != EXIT_OK)
        return code;
    /* A pipe that nobody reads is reported as any other output that fails. */
    (void)!signal(SIGPIPE, SIG_IGN);
    if (sodium_init() < 0)
        return cli_fail(EXIT_INTERNAL, "libsodium cannot start");
    code = cli_parse(&cli.args, argc, argv);
    if (code >= 0)
        return program_finish(code); /* help was asked for, or the line is wrong */
    code = cli.args.command->is_local
               ? EXIT_OK
               : cli_site(&cli, cli_value(&cli, OPT_SITE, getenv("SERAI_SITE")));
    if (code == EXIT_OK && cli.args.given[OPT_OFFLINE])
        code = cli_offline_begin(&cli);
    /* Here and not in each command: its words may be missing then, and must not be looked at. */
    if (code == EXIT_OK)
        code = cli_is_kept(&cli.args) && !cli.args.command->runs_kept ? cli_kept_print(&cli)
                                                                      : cli.args.command->run(&cli);
    cli_offline_end(&cli);
    return program_finish(code);
}
