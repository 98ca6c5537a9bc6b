/*
 * Reading the journal back from a store: for verification, exports and lists.  Works beside a
 * running daemon: up to the frame that was the last at the beginning.
 */
#ifndef SERAI_LEDGER_JOURNAL_H
#define SERAI_LEDGER_JOURNAL_H

#include <stdio.h>

#include "ledger/ledger.h"

/* The number that each chunk of the journal begins with; another meaning of bytes takes another. */
enum {
    CHUNK_FORMAT = 0x5303, /* 3: events of prices, interface prices on lines of fees */
};

struct journal_event {
    uint64_t frame;
    uint32_t index; /* within the frame */
    struct hash hash;
    enum event_kind kind;
    uint64_t subject;
    uint64_t site_time_us;
    uint8_t source[EVENT_SOURCE_BYTES_MAX];
    size_t source_size;
};

/* The kind of an event in one word: "tick", "request", "turn", "link", "birth", "prices". */
const char *event_kind_name(enum event_kind kind);

struct journal_line {
    uint64_t frame;
    uint32_t event; /* index */
    struct transfer transfer;
};

struct journal_posting {
    uint64_t frame;
    uint64_t debit;
    uint64_t credit;
    u128 amount;
    uint64_t code;
    uint64_t lines;
};

struct journal_opening {
    uint64_t frame;
    uint32_t event;
    bool closing; /* false: opened, true: closed */
    uint64_t account;
    enum account_class class;
    enum account_kind kind;
    uint64_t customer;
};

/* Callbacks may be NULL.  Within a frame: header, openings, events, lines, postings. */
struct journal_reader {
    enum status (*frame)(void *context, const struct frame_header *header, struct fault *fault);
    enum status (*opening)(void *context, const struct journal_opening *opening,
                           struct fault *fault);
    enum status (*event)(void *context, const struct journal_event *event, struct fault *fault);
    enum status (*line)(void *context, const struct journal_line *line, struct fault *fault);
    enum status (*posting)(void *context, const struct journal_posting *posting,
                           struct fault *fault);
    void *context;
};

/*
 * Read the whole journal, up to the frame that was the last at the beginning.  Callbacks may take
 * their time, as no snapshot is held.  ST_CORRUPT names frame and chunk; callbacks' errors are
 * returned.
 */
MUST_CHECK enum status journal_read(const struct store *store, const struct journal_reader *reader,
                                    struct fault *fault);

/* ---- verification ---- */

/*
 * The sum of what the rows of other parts say an account holds: the caller adds each row's amount.
 * Accounts of kinds held and deposit must equal it.
 */
struct ledger_claims {
    u128 by_account[ACCOUNT_LINKS]; /* index: account id */
};
typedef enum status (*ledger_claims_fn)(void *context, const struct store *store,
                                        struct ledger_claims *claims, struct fault *fault);

/*
 * How a line charges, by the part that knows prices.  A charge names the book of prices by which it
 * was made.
 */
enum ledger_charge {
    LEDGER_CHARGE_NONE,    /* none: names no book, and does not pay the site */
    LEDGER_CHARGE_COUNTED, /* quantity x price / unit, to be computed again */
    LEDGER_CHARGE_BY_TIME, /* rent: its quantity is of one moment, so it cannot be computed again */
    LEDGER_CHARGE_UNKNOWN, /* its object is nothing that the book has a price for */
};

enum { LEDGER_METERS = 4 };
struct ledger_price {
    uint64_t account;   /* to which it goes */
    struct money price; /* of a unit; only of what is counted, as the rest */
    uint64_t unit;
    /* Which carry of the payer's it takes along, below LEDGER_METERS; that: none, and unit is 1. */
    unsigned meter;
};

/* An audit's questions to the parts above the ledger.  All zero: none, and that is left out. */
struct ledger_audit {
    void *context;
    ledger_claims_fn claims;
    /* The books of prices in this store; tariff_close() ends it, whatever comes back.  ST_CORRUPT,
     * ST_IO, ST_NOMEM. */
    enum status (*tariff_open)(void *context, const struct store *store, void **tariff,
                               struct fault *fault);
    void (*tariff_close)(void *tariff); /* NULL allowed */
    /* Whether and how a line charges; of a price id that no book has, the price is any. */
    enum ledger_charge (*charge)(const void *tariff, const struct transfer *line,
                                 struct ledger_price *price);
};

struct verify_report {
    uint64_t frames;
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
 * Check everything: chunk format and chain of heads, event indexes, lines add up to postings
 * exactly, replay of postings equals every account row (and no row is missing or extra), no account
 * past its limit at the end of any frame, every charge is what the book of prices in force gives
 * (ledger_audit.charge), rows of each held and deposit kind sum to their account
 * (ledger_audit.claims), sum 0, header counters.  `audit` may be NULL.  The first difference ends
 * it: ST_CORRUPT and a text that names the record.
 */
MUST_CHECK enum status ledger_verify(const struct store *store, const struct ledger_audit *audit,
                                     struct verify_report *report, struct fault *fault);

/* ---- exports ---- */

struct export_options {
    const char *commodity; /* "SRI" */
    bool by_event;         /* one transaction an event instead of one a frame */
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
MUST_CHECK enum status ledger_export_hledger(const struct store *store,
                                             const struct export_options *options, FILE *out,
                                             struct fault *fault);

/*
 * Write the journal as one JSON object a line, amounts as exact decimal strings.  Fails as
 * ledger_export_hledger().
 */
MUST_CHECK enum status ledger_export_jsonl(const struct store *store,
                                           const struct export_options *options, FILE *out,
                                           struct fault *fault);

#endif
