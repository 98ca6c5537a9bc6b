/*
 * The entries of a chunk as bytes: events, openings and lines, each with one encoding
 * (docs/records.md, "Entries").  An entry is short because those before it in its chunk say what it
 * need not repeat; a chunk can be read alone.  Pure functions.
 */
#ifndef SERAI_LEDGER_ENTRY_H
#define SERAI_LEDGER_ENTRY_H

#include "ledger/journal.h"

/* What the entries of a chunk have said so far.  Its first event begins it. */
struct entry_state {
    uint64_t price;        /* of the chunk's first line that names one */
    bool priced;           /* there was such a line */
    uint64_t site_time_us; /* of the last event, as the next two */
    uint64_t subject;
    uint64_t number; /* of the last message that an event or a line named */
};

/* The most that one entry takes. */
enum { ENTRY_BYTES_MAX = 96 };

/*
 * Write an entry at `out`, which has room for ENTRY_BYTES_MAX, and take into *state what it says.
 * Returns its size.  entry_put_event() writes an event, entry_put_opening() an opening or closing,
 * entry_put_line() a line.  Their frame and their event's index are not in it: they are the
 * chunk's, and the entry's place.
 */
size_t entry_put_event(uint8_t *out, struct entry_state *state, const struct journal_event *event);
size_t entry_put_opening(uint8_t *out, const struct journal_opening *opening);
size_t entry_put_line(uint8_t *out, struct entry_state *state, const struct transfer *line);

enum entry_kind {
    ENTRY_EVENT,
    ENTRY_OPENING,
    ENTRY_LINE,
};

struct entry {
    enum entry_kind kind;
    union {
        struct journal_event event;
        struct journal_opening opening;
        struct transfer line;
    };
};

/*
 * Read the entry with which `data` begins, and take into *state what it says; *used becomes its
 * size.  Frames and indexes are left 0.  Returns NULL, or a text that says what is wrong: then
 * nothing is defined.
 */
MUST_CHECK const char *entry_get(struct entry *entry, struct entry_state *state,
                                 const uint8_t *data, size_t size, size_t *used);

#endif
