/*
 * The exit codes of `serai` and of the daemon; docs/operate.md says what each means for a person.
 */
#ifndef SERAI_SITE_CONTROL_EXIT_CODE_H
#define SERAI_SITE_CONTROL_EXIT_CODE_H

/* Fixed numbers: scripts know them, and some are the statuses of answers (enum control_status). */
enum exit_code {
    EXIT_OK = 0,
    EXIT_REFUSED = 1, /* by a rule; or a discrepancy in the books */
    EXIT_USAGE = 64,
    EXIT_BAD_DATA = 65,
    EXIT_MISSING = 66,
    EXIT_NO_DAEMON = 69, /* or no compiler */
    EXIT_INTERNAL = 70,
    EXIT_IO = 74,        /* the disk, or damaged books */
    EXIT_TRY_AGAIN = 75, /* nothing was done */
    EXIT_DENIED = 77,
    EXIT_CONFIG = 78,
    EXIT_UNKNOWN = 79,   /* sent, and no answer came: it may have been done */
    EXIT_NOT_SHOWN = 80, /* done, and the answer could not be shown */
    /* Of `agent call` alone: what came of a question that was asked. */
    EXIT_BROKEN = 81,  /* it failed, and why is known */
    EXIT_SILENT = 82,  /* nobody will answer it */
    EXIT_WAITING = 83, /* no answer in time: it can be taken later */
    EXIT_UNDONE = 84,  /* done, and the turn that it caused was undone, or never came */
};

#endif
