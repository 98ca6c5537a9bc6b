/*
 * Checking the books of a store, and writing them out for other programs.  Works while a daemon
 * runs, too: up to the frame that was the last at the beginning.
 */
#ifndef SERAI_AUDIT_AUDIT_H
#define SERAI_AUDIT_AUDIT_H

#include <stdio.h>

#include "ledger/journal.h"

/* ---- verification ---- */

/*
 * How a line charges, by the part that knows prices.  A charge names the book of prices by which it
 * was made.
 */
enum audit_charge {
    AUDIT_CHARGE_NONE,    /* none: names no book, and does not pay the site */
    AUDIT_CHARGE_COUNTED, /* quantity x price / unit, to be computed again */
    AUDIT_CHARGE_BY_TIME, /* rent: its quantity is of one moment, so it cannot be computed again */
    AUDIT_CHARGE_UNKNOWN, /* its object is nothing that the book has a price for */
};

enum { AUDIT_METERS = 5 };
struct audit_price {
    uint64_t account;   /* to which it goes */
    struct money price; /* of a unit; only of what is counted, as the rest */
    uint64_t unit;
    /*
     * Which remainder of the payer it goes on from, below AUDIT_METERS; that: none, and unit is 1.
     */
    unsigned meter;
    /* Its quantity is ledger_counted_bytes() of the lines of its event, up to and with itself. */
    bool of_its_event;
};

/* An audit's questions to the parts above the ledger.  All zero: none, and that is left out. */
struct audit_env {
    void *context;
    ledger_claims_fn claims;
    /* The books of prices in this store; tariff_close() ends it, whatever comes back.  ST_CORRUPT,
     * ST_IO, ST_NOMEM. */
    enum status (*tariff_open)(void *context, const struct store_read *read, void **tariff,
                               struct fault *fault);
    void (*tariff_close)(void *tariff); /* NULL allowed */
    /* Whether and how a line charges; of a price id that no book has, the price is any. */
    enum audit_charge (*charge)(const void *tariff, const struct transfer *line,
                                struct audit_price *price);
    /* Called by the thread that asks, for each frame that was replayed; NULL: nothing. */
    void (*progress)(void *context, uint64_t frame, uint64_t last_frame);
    void *progress_context;
    /* Threads that check the journal, from 1 to JOURNAL_THREADS_MAX; 0: one a processor. */
    unsigned threads;
};

struct verify_report {
    uint64_t first_frame; /* that was read; above 1: those before it were not checked */
    uint64_t last_frame;
    uint64_t frames; /* that were read */
    uint64_t chunks;
    uint64_t events;
    uint64_t lines;
    uint64_t postings;
    uint64_t accounts;
    struct hash head;
    u128 by_kind_credit[ACCOUNT_KINDS]; /* credits - debits summed by kind, for class 0 accounts */
    u128 treasury_debit;                /* debits - credits of the treasury: money minted */
    u128 suspense_credit;               /* both sides of suspense, as it may be either */
    u128 suspense_debit;
    u128 link_out;
    u128 link_in;
    u128 link_settling_credit;
    u128 link_settling_debit;
};

/*
 * Check everything: chunks, each written in the one way that there is, and the chain of heads; the
 * replay of all lines equals every account row (and no row is missing or extra), no account past
 * its limit at the end of any frame, every charge is what the book of prices in force gives
 * (audit_env.charge), rows of each held and deposit kind sum to their account
 * (audit_env.claims), sum 0, header counters.  `audit` may be NULL.  The first difference ends
 * it: ST_CORRUPT and a text that names the record.  A long journal is checked by several threads,
 * which have ended on return; what is found is the same for any number of them.
 */
MUST_CHECK enum status audit_verify(const struct store_read *read, const struct audit_env *audit,
                                    struct verify_report *report, struct fault *fault);

/*
 * As audit_verify(), with frames from `past` (NULL: none) that the store dropped.  When the first
 * frame of all is not among them, the replay begins from the accounts before the first one that is
 * there: the rows less all lines, which must be the state that this frame names.  What came before
 * it is then not checked, and two checks are weaker: books of prices from before it are taken from
 * their rows, and the first charge of a payer by a meter sets the remainder that the next goes on
 * from.
 */
MUST_CHECK enum status audit_verify_all(const struct store_read *read,
                                        const struct journal_past *past,
                                        const struct audit_env *audit, struct verify_report *report,
                                        struct fault *fault);

/* ---- exports ---- */

struct export_options {
    const struct journal_past *past; /* where frames are that the store dropped; NULL: not known */
    const char *commodity;           /* "SRI" */
    bool by_event;                   /* one transaction an event instead of one a frame */
    /* Write what is known of a book of prices; NULL: nothing. JSON lines: before the first line
     * that may name it; hledger: comments at the head.  A fault ends the export. */
    enum status (*prices)(void *context, FILE *out, uint64_t id, struct fault *fault);
    void *prices_context;
};

/*
 * Write the journal as an hledger file (commodity and account directives, one transaction a frame,
 * and at the end balance assertions for every account), readable by hledger, ledger and strict
 * checks.  Plus is a credit and minus a debit.  ST_CORRUPT; ST_IO: the output cannot be written.
 */
MUST_CHECK enum status audit_export_hledger(const struct store *store,
                                            const struct export_options *options, FILE *out,
                                            struct fault *fault);

/*
 * Write the journal as one JSON object a line, amounts as exact decimal strings.  Fails as
 * audit_export_hledger().
 */
MUST_CHECK enum status audit_export_jsonl(const struct store *store,
                                          const struct export_options *options, FILE *out,
                                          struct fault *fault);

#endif
