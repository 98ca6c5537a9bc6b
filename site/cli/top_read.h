/* Filling the model of `serai top`: from the daemon, and from the books for what each agent paid.
 */
#ifndef SERAI_SITE_CLI_TOP_READ_H
#define SERAI_SITE_CLI_TOP_READ_H

#include "site/cli/top.h"

struct books;

struct top_source {
    struct cli *cli;
    struct books *books;  /* NULL: not open */
    uint64_t frame;       /* up to which the journal was read; 0: from now on */
    uint64_t lines_frame; /* up to which the earlier lines of the agent that is followed were */
};

/* Begin to read from the site of `cli`, and end it.  The books are opened with the first read. */
void top_source_init(struct top_source *source, struct cli *cli);
void top_source_fini(struct top_source *source);

/*
 * Read once: the figures, the next pages of agents (with `whole`, all of them), and the lines that
 * are new.  What went wrong is in top->fault and top->books_fault, and what was read before stays.
 * Returns the exit code of a read that was not answered, else EXIT_OK.
 */
int top_read(struct top_source *source, struct top *top, bool whole);

#endif
