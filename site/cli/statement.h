/*
 * The links of one site by its books: which peers it has, and each message with money that
 * crossed.  Read from an export (ledger export --format jsonl) or from a site's directory.
 *
 * An export begins with lines that are not the ledger's: who the site is, and which interface leads
 * to whom.
 *
 *     {"type":"site","key":HEX,"currency":TEXT}
 *     {"type":"link","interface":N,"name":TEXT,"key":HEX,"sent":SEQ,"received":SEQ,
 *      "removed":BOOLEAN,"signed":HEX,"signature":HEX}
 *
 * The last two are the peer's last statement about the link (docs/wire.md, "SPECIE"); they are not
 * there when there is none.  A loss that both sites accepted is as in loss_record.h.
 */
#ifndef SERAI_SITE_CLI_STATEMENT_H
#define SERAI_SITE_CLI_STATEMENT_H

#include <stdio.h>

#include "audit/reconcile.h"
#include "links/acceptance.h"

struct books;
struct cli;

struct statement_link {
    bool known;                  /* by a line of its own; else only by its money */
    uint8_t key[LINK_KEY_BYTES]; /* the peer's, when known */
    char name[LINK_NAME_BYTES_MAX + 1];
    bool removed;
    struct reconcile_lines sent;
    struct reconcile_lines received;
    bool has_evidence; /* the peer's last statement; whether it is good is not checked yet */
    struct specie_signed evidence;
    bool has_loss; /* that both accepted; likewise */
    struct loss_record loss;
};

struct statement {
    const char *path; /* as it was given; borrowed */
    bool known;       /* key and currency */
    uint8_t key[LINK_KEY_BYTES];
    char currency[16];
    struct statement_link links[LINK_INTERFACES_MAX + 1]; /* by interface, from 1 */
    struct hash *heads;                                   /* of its frames, from first_frame on */
    size_t head_count;
    size_t head_capacity;
    uint64_t first_frame;
};

/* The head of its books at a frame.  NULL: it has no such frame, or is an export without heads. */
const struct hash *statement_head_at(const struct statement *statement, uint64_t frame);

/*
 * Read a file, or a directory with what its site dropped from the archives in `archives` (NULL:
 * none).  On failure it prints and returns the exit code; else EXIT_OK and the
 * caller ends *statement with statement_free().
 */
MUST_CHECK int statement_read(struct cli *cli, const char *path, const char *archives,
                              struct statement **statement);

/* Free a statement; NULL is allowed. */
void statement_free(struct statement *statement);

/* Write the lines that an export begins with.  ST_CORRUPT, ST_MISSING (no key), ST_IO. */
MUST_CHECK enum status statement_write_head(const struct cli *cli, const struct books *books,
                                            FILE *out, struct fault *fault);

#endif
