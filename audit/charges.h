/* Private to audit/: the charges of a journal, computed again line by line. */
#ifndef SERAI_AUDIT_CHARGES_H
#define SERAI_AUDIT_CHARGES_H

#include "audit/audit.h"
#include "ledger/accounts.h"

struct charges {
    const struct audit_env *audit;
    void *tariff;
    uint64_t first_frame; /* accounts from before it have remainders that their lines tell first */
    /* Remainders of meters after each payer's last line, by number from ACCOUNT_FIRST_FREE. */
    struct charge_remainders {
        uint64_t left[AUDIT_METERS];
    } * remainders;
    size_t capacity;
    /* The event that is read, and its lines for the journal so far. */
    struct charges_event {
        uint64_t frame;
        uint32_t index;
        enum event_kind kind;
        uint64_t subject;
        uint64_t price_id; /* of the book in force there */
        uint32_t paid;
    } event;
};

/*
 * Begin before the first line of a journal.  `audit` may know nothing of charges, and then every
 * line is right.  Call charges_fini() whatever this returns.  ST_CORRUPT, ST_IO and ST_NOMEM are
 * the audit's.
 */
MUST_CHECK enum status charges_init(struct charges *charges, const struct audit_env *audit,
                                    const struct store_read *read, struct fault *fault);

/* Free what charges_init() took; an all-zero *charges is allowed. */
void charges_fini(struct charges *charges);

/*
 * The next event of the journal begins, and `price_id` is in force in it.  Check that the one
 * before paid for its entry in the journal: a turn once, if that has a price, any other not at all.
 * ST_CORRUPT.
 */
MUST_CHECK enum status charges_event(struct charges *charges, const struct journal_event *event,
                                     uint64_t price_id, struct fault *fault);

/* The journal has ended: check its last event as charges_event() does. */
MUST_CHECK enum status charges_end(const struct charges *charges, struct fault *fault);

/*
 * Check the next line of the journal, whose price id is that of the book in force or 0.
 * ST_CORRUPT: the charge is not what that book gives; the fault says what would be right.
 * ST_NOMEM.
 */
MUST_CHECK enum status charges_check(struct charges *charges, const struct accounts *accounts,
                                     const struct journal_line *line, struct fault *fault);

#endif
