/*
 * The statements that two sites signed about their link, against both books: does each still have
 * what was signed?  A statement was kept by the peer of its signer, so a book that was changed
 * afterwards is found out, and which of the two it is.
 */
#ifndef SERAI_SITE_CLI_EVIDENCE_H
#define SERAI_SITE_CLI_EVIDENCE_H

#include <stdio.h>

#include "site/cli/statement.h"

/* One site's statement, and the lines of both books that it is about; sorted by sequence. */
struct evidence {
    const struct specie_signed *signed_by_peer; /* NULL: there is none */
    const struct loss_record *loss; /* that both accepted, in the holder's books; NULL: none */
    char holder;                    /* 'A': it is in A's books, and B signed it */
    char signer;
    const uint8_t *holder_key; /* NULL: that book does not name its site */
    const uint8_t *signer_key;
    const struct hash
        *signer_head; /* of the signer's book at the frame of the statement, or NULL */
    const struct reconcile_lines *holder_sent;
    const struct reconcile_lines *holder_received;
    const struct reconcile_lines *signer_sent;
    const struct reconcile_lines *signer_received;
};

/*
 * Check the statement and print what was found, a line each, or one object of JSON.  Returns the
 * number of faults; no statement is no fault.
 */
uint64_t evidence_check(const struct evidence *evidence, bool json, FILE *out);

#endif
