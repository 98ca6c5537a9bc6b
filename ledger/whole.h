/*
 * Private to ledger/: a frame of the journal that has all its chunks.  Its hashes and its entries
 * can be checked without the frames before it; what it shares with them is checked in order, by
 * who reads the journal (journal.c).
 */
#ifndef SERAI_LEDGER_WHOLE_H
#define SERAI_LEDGER_WHOLE_H

#include "ledger/entries.h"
#include "ledger/record.h"

struct whole_frame {
    struct header_record header; /* its head is set by whole_hash() */
    const uint8_t *chunks;       /* each behind its size, a size_t; the header's first */
    size_t size;                 /* bytes of `chunks` */
};

/* What a check takes besides the frame; one a thread, for any number of frames. */
struct whole_checker {
    struct entries entries;
    struct hasher *leaf;
    struct hasher *chain;
};

/* ST_NOMEM without a fault.  whole_checker_fini() frees it, also after a failure. */
MUST_CHECK enum status whole_checker_init(struct whole_checker *checker);
void whole_checker_fini(struct whole_checker *checker);

/*
 * Set the frame's head to what its chunks hash to, behind the head that its header says it follows
 * (docs/records.md, "The chain").
 */
void whole_hash(struct whole_checker *checker, struct whole_frame *frame);

/*
 * Read the entries and call the reader for each, but not for the header.  ST_CORRUPT names frame,
 * chunk and entry; ST_NOMEM; or what the reader says.
 */
MUST_CHECK enum status whole_read(struct whole_checker *checker, const struct whole_frame *frame,
                                  const struct journal_reader *reader, struct fault *fault);

#endif
