/*
 * Settling through a third site, the *house*, at which both sites are customers by their site keys.
 * The payer sends it a signed order over their link; the house moves the money from one customer to
 * the other and signs a receipt, which is the creditor's evidence.  docs/wire.md, "Clearing".
 *
 * An order is known by payer, payee and the number of the settlement.  The house answers it once:
 * done, or refused; the same order gets the same answer for ever, and another one with its number
 * is a lie.
 */
#ifndef SERAI_LINKS_CLEARING_H
#define SERAI_LINKS_CLEARING_H

#include "links/settlement.h"

enum {
    CLEARING_BYTES_MAX = SETTLEMENT_RECEIPT_BYTES_MAX - SPECIE_SIGNATURE_BYTES,
    CLEARING_PAYEES_MAX = 16, /* of one payer at one house */
};

/* An order, or the receipt for it. */
struct clearing_note {
    bool is_receipt;
    uint8_t house[LINK_KEY_BYTES];
    uint8_t payer[LINK_KEY_BYTES];
    uint8_t payee[LINK_KEY_BYTES];
    char currency[LINK_CURRENCY_BYTES_MAX + 1];
    uint64_t index;
    struct money amount;
    bool done;  /* receipts: the money moved */
    u128 total; /* receipts: all that moved between the two */
};

struct clearing_signed {
    struct clearing_note note;
    uint8_t bytes[CLEARING_BYTES_MAX];
    size_t size;
    uint8_t signature[SPECIE_SIGNATURE_BYTES];
};

/* Write the note's bytes in place. */
void clearing_encode(struct clearing_signed *note);

/* Read a note.  ST_INVALID says what is wrong. */
MUST_CHECK enum status clearing_decode(struct clearing_signed *note, const uint8_t *bytes,
                                       size_t size, struct fault *fault);

/* Whether this key signed the note. */
bool clearing_is_signed(const struct clearing_signed *note, const uint8_t key[LINK_KEY_BYTES]);

/* ---- the house ---- */

/* The order that link_parcel_in() has just read and that is to be carried out; NULL: none. */
const struct clearing_note *link_order(const struct links *links, const struct link *link);

/* Answer it: the money moved, or it did not, and never will for this order. */
void link_order_done(struct links *links, struct link *link, bool done);

/* ---- the payer and the house: parcels out, after link_parcel_out(); false: none is due ---- */
bool link_clearing_out(struct links *links, struct link *link, struct bytes *out);

/* ---- the creditor ---- */

/*
 * Whether the claim of the peer's has a receipt of the house that our own terms for it name, for
 * exactly this payment.
 */
bool link_claim_is_cleared(struct links *links, struct link *link);

#endif
