/* Private to ledger/: reading the entries of one frame, chunk by chunk, for a journal's reader. */
#ifndef SERAI_LEDGER_ENTRIES_H
#define SERAI_LEDGER_ENTRIES_H

#include "ledger/entry.h"
#include "ledger/postings.h"
#include "ledger/record.h"

/* How far a frame's entries were read.  All-zero before the first frame. */
struct entries {
    const struct journal_reader *reader;
    uint64_t frame;
    uint32_t chunk; /* number within the frame of the one being read */
    uint64_t openings;
    uint64_t events;
    uint64_t lines;
    struct journal_event event; /* the last one */
    uint32_t event_lines;       /* of it */
    size_t before_size;         /* of the chunk before, and how it ended; 0: there is none */
    struct entry_state before;
    struct postings postings; /* of the lines so far, if somebody asks for them */
};

/* Begin a frame; memory of an earlier one is kept. */
void entries_begin(struct entries *entries, const struct journal_reader *reader, uint64_t frame);

/* Free the memory. */
void entries_fini(struct entries *entries);

/*
 * Read the next chunk of entries, and call the reader for each.  ST_CORRUPT names frame, chunk and
 * entry; or what the reader says.
 */
MUST_CHECK enum status entries_read_chunk(struct entries *entries, const struct chunk *chunk,
                                          struct fault *fault);

/*
 * All chunks were read: there must be as many records as the header counts; then the postings are
 * given to the reader.
 */
MUST_CHECK enum status entries_end(struct entries *entries, const struct header_record *header,
                                   struct fault *fault);

#endif
