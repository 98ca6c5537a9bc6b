/*
 * Settlements: a debt on a link that is paid outside of it.
 *
 * The payer writes down first that it pays (*pending*: index and amount), pays, and claims it from
 * its peer with the index and the sum of all that it ever paid.  The peer posts it when its own
 * evidence says so: with the driver `manual` its operator's word, with `clearing` a house's
 * receipt.  Its next statement names index and sum, and that decides: the sum has risen, the
 * payment is done; it has not, it was refused. Until then the outcome is unknown: the claim is
 * repeated, and nothing is paid again.  One payment at a time.  docs/wire.md, "Settlements".
 *
 * Nothing here moves money; whoever calls it books what these calls say, in the same event.
 */
#ifndef SERAI_LINKS_SETTLEMENT_H
#define SERAI_LINKS_SETTLEMENT_H

#include "links/specie.h"

enum {
    SETTLEMENT_TEXT_BYTES_MAX = 64,
    SETTLEMENT_RECEIPT_BYTES_MAX = 512,
    SETTLEMENT_REFERENCE_BYTES = 48, /* "SERAI-9f2c51b0-7", with the end */
};

/* Fixed numbers. */
enum settlement_by { SETTLE_BY_NOBODY = 0, SETTLE_BY_HAND = 1, SETTLE_BY_CLEARING = 2 };
enum settlement_outcome { SETTLEMENT_UNKNOWN = 0, SETTLEMENT_DONE = 1, SETTLEMENT_REFUSED = 2 };

/* The proof that goes with a claim; empty: there is none, as people give none. */
struct settlement_receipt {
    uint8_t bytes[SETTLEMENT_RECEIPT_BYTES_MAX];
    size_t size;
};

/* One payment.  No amount: there is none. */
struct settlement_payment {
    uint64_t index;
    struct money amount;
    enum settlement_by by;
    enum settlement_outcome outcome; /* of the last one that was decided */
    struct settlement_receipt receipt;
    char reference[SETTLEMENT_TEXT_BYTES_MAX + 1]; /* what the creditor's operator gave */
    uint8_t house[LINK_KEY_BYTES]; /* of ours, clearing: who is asked, for good; else zero */
};

/* All about the settlements of a link but their totals, which are in struct link. */
struct settlement {
    /* the operator's terms */
    enum settlement_by by;
    char where[SETTLEMENT_TEXT_BYTES_MAX +
               1];          /* for people: where it goes; clearing: the link to the house */
    struct money threshold; /* zero: only when the operator says so */
    struct money target;    /* a payment brings the debt down to this */
    uint64_t last_index;    /* of ours, ever given */
    struct settlement_payment pending; /* of ours, unknown */
    struct settlement_payment paid;    /* of ours, the last that was decided */
    struct settlement_payment claimed; /* of the peer's, not decided here */
    struct settlement_payment got;     /* of the peer's, the last that was decided here */
    struct settled got_before;         /* link.got before that: what the peer may still know */
    uint64_t posted_seq; /* the peer had taken no message above it when `paid` was posted */
};

/* The settlement of a link; never NULL, valid as long as the link. */
const struct settlement *link_settlement(const struct links *links, const struct link *link);

/* Whether a payment of either side is not decided. */
bool link_is_settling(const struct links *links, const struct link *link);

/* A kind of settlement by its name, "manual", "clearing" or "none"; false: no such one. */
bool settlement_by_named(const char *name, enum settlement_by *by);
const char *settlement_by_name(enum settlement_by by);

/*
 * What the operator of the payer, or of the creditor, has to do about the payment that is not
 * decided; empty: nothing.
 */
void settlement_instruct(const struct settlement *settlement, char *text, size_t size);
void settlement_instruct_creditor(const struct link *link, const struct settlement *settlement,
                                  char *text, size_t size);

/* Set the operator's terms; `target` is below `threshold` or both are zero (INVARIANT). */
void link_set_terms(struct links *links, struct link *link, const struct settlement *terms);

/*
 * What we owe of what the peer is known to have: only that is paid.  What is still under way may
 * never have reached it.
 */
u128 link_payable(const struct link *link);

/* The link to the house that the terms name.  NULL: they name none, or there is no such link. */
const struct link *link_house(struct links *links, const struct link *link);

/* The money of all payments of ours that are not decided, in nanos: it may come back. */
u128 links_pending(const struct links *links);

/* Whether the peer is the house of a payment of ours that is not decided. */
bool link_is_house(const struct links *links, const struct link *link);

/*
 * Whether the terms call for a payment now; sets how much.  `all`: of anything that is owed, as
 * before the site stops; else of a debt from the threshold on, down to the target.
 */
bool link_must_settle(struct links *links, const struct link *link, bool all, struct money *amount);

/*
 * Begin a payment: pending from here on.  The link is up, none is pending, and the house of the
 * terms, if they name one, is there (INVARIANT).  The caller books treasury money for it: settling
 * -> treasury.  Returns its index.
 */
uint64_t link_settle(struct links *links, struct link *link, struct money amount);

/*
 * Decide a claim of the peer's, which there is (INVARIANT).  When it is accepted the caller books
 * treasury -> settling.  A statement that says so is due with this frame.
 */
void link_decide_claim(struct links *links, struct link *link, bool accepted,
                       const char *reference);

/*
 * A payment of ours that was refused since the last call, to be booked back: treasury -> settling.
 * False: none was.
 */
MUST_CHECK bool link_take_refused(struct links *links, struct link *link, uint64_t *index,
                                  struct money *amount);

/* The reference of a payment, by which people find it: the payer's key and the index. */
char *settlement_reference(char text[SETTLEMENT_REFERENCE_BYTES],
                           const uint8_t payer[LINK_KEY_BYTES], uint64_t index);

/*
 * Append the parcel with the claim that is due: again and again until the peer has decided.
 * False: none is.
 */
bool link_claim_out(struct links *links, struct link *link, struct bytes *out);

#endif
