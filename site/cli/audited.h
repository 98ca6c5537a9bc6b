/* A site's books, read and checked from their first line, also while its daemon runs. */
#ifndef SERAI_SITE_CLI_AUDITED_H
#define SERAI_SITE_CLI_AUDITED_H

#include "audit/audit.h"

struct cli;

/* What was found. */
struct audited {
    struct verify_report report;
    uint64_t rows; /* of all tables but the journal */
    char currency[16];
};

/*
 * Read and check the books of the site in cli->dir, with the archives that --archive names.  Prints
 * what is wrong and returns the exit code; else EXIT_OK.
 */
MUST_CHECK int audited_verify(const struct cli *cli, struct audited *audited);

#endif
