/*
 * Reading the journal back from a store: for verification, exports and lists.  Works next to a
 * running daemon: up to the frame that was the last at the beginning.
 */
#ifndef SERAI_LEDGER_JOURNAL_H
#define SERAI_LEDGER_JOURNAL_H

#include "ledger/ledger.h"

/* The number that each chunk of the journal begins with; another meaning of bytes takes another. */
enum {
    CHUNK_FORMAT = 0x5304, /* 4: events with their lines as entries of variable length */
};

struct journal_event {
    uint64_t frame;
    uint32_t index; /* within the frame */
    struct hash hash;
    enum event_kind kind;
    uint64_t subject;
    uint64_t site_time_us;
    struct event_source source;
};

/* The kind of an event in one word: "tick", "request", "turn", "link", "prices",
 * "settlement". */
const char *event_kind_name(enum event_kind kind);

struct journal_line {
    uint64_t frame;
    uint32_t event; /* index */
    uint32_t index; /* among the lines of its event: with frame and event it names the line */
    struct transfer transfer;
};

/* What the lines of a frame move from one account to another with one code, summed. */
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

/* The account as it stands when this opening makes it: no money, and open. */
struct account journal_opened_account(const struct journal_opening *opening);

/*
 * Callbacks may be NULL.  Within a frame: its header; then each event, its openings and its lines;
 * at the end the postings, in the order in which a line first named each.  The site's own accounts
 * are opened before the first event.
 */
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
 * Frames that a store had and has no more, from where they were kept: whole segments, the last of
 * which ends right before the first frame that the store has.
 */
typedef enum status (*journal_visit_chunk)(void *context, const struct store_row *chunk,
                                           struct fault *fault);
struct journal_past {
    uint64_t first;     /* the first frame that there is */
    struct hash before; /* the head of the frame before it */
    /* Visit the chunks of all frames from `first` up to the one before `end`, in their order, as
     * rows of the journal.  What `visit` returns ends it. */
    enum status (*each)(void *context, uint64_t end, journal_visit_chunk visit, void *visit_context,
                        struct fault *fault);
    void *context;
};

/*
 * Read the journal from the first frame that `past` or the store has, up to the one that was the
 * last at the beginning; `past` may be NULL.  The chain is checked throughout.  Accounts that
 * opened before the first frame are told to reader->opening before it, from their rows.  Callbacks
 * may take their time, as no snapshot is held.  ST_CORRUPT names frame and chunk; ST_BUSY: frames
 * were dropped meanwhile; callbacks' errors are returned.
 */
MUST_CHECK enum status journal_read(const struct store *store, const struct journal_past *past,
                                    const struct journal_reader *reader, struct fault *fault);

/*
 * Read the header of one frame, all but its head.  ST_MISSING: the store has no such frame;
 * ST_CORRUPT; ST_IO.
 */
MUST_CHECK enum status journal_read_header(const struct store_read *read, uint64_t frame,
                                           struct frame_header *header, struct fault *fault);

/*
 * Read the frames behind frame *after, the newest frames_max of them at most, and set *after to the
 * last one that there is.  They are checked as journal_read() does, but that the first one follows
 * what it says it follows.  For who goes on reading: none is read twice.
 */
MUST_CHECK enum status journal_read_after(const struct store *store, uint64_t *after,
                                          uint64_t frames_max, const struct journal_reader *reader,
                                          struct fault *fault);

/*
 * The sum of what the rows of other parts say an account holds: the caller adds each row's amount.
 * Accounts of kinds held and deposit must equal it.
 */
struct ledger_claims {
    u128 by_account[ACCOUNT_LINKS]; /* index: account id */
};
typedef enum status (*ledger_claims_fn)(void *context, const struct store_read *read,
                                        struct ledger_claims *claims, struct fault *fault);

#endif
