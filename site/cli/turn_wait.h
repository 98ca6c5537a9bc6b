/* Waiting for the turn that a command caused, and saying what became of it. */
#ifndef SERAI_SITE_CLI_TURN_WAIT_H
#define SERAI_SITE_CLI_TURN_WAIT_H

#include "site/cli/ask.h"

/* A message to an agent, whose turn is waited for. */
struct turn_wait {
    uint64_t agent;
    uint64_t message;
    const char *what; /* that was done, for messages: "the agent was deployed" */
    bool prints;      /* the result is what became of it; else the command has printed its own */
};

/*
 * Wait as --timeout says, and no longer than the agent runs.  EXIT_OK: it was handled, or it still
 * waits, which is told; EXIT_UNDONE: it was undone or went back, and why was printed.
 */
MUST_CHECK int turn_wait(struct cli *cli, const struct turn_wait *wait);

#endif
