/*
 * The journal's bytes: chunks, and the record that heads each frame, each with one encoding
 * (docs/records.md); entry.h has what is in the other chunks.  Pure functions.  A decoder returns
 * NULL, or a text that says what is wrong; then its result is not defined.
 */
#ifndef SERAI_LEDGER_RECORD_H
#define SERAI_LEDGER_RECORD_H

#include "ledger/journal.h"
#include "ledger/limits.h"

/* What a chunk holds.  Fixed numbers. */
enum section {
    SECTION_HEADER = 0,
    SECTION_ENTRIES = 1,
};

enum {
    CHUNK_HEADER_BYTES = 16,
    ENTRIES_HEADER_BYTES = 40,
    JOURNAL_KEY_BYTES = 12,
    HEADER_RECORD_BYTES = 96,
    HEADER_RECORD_BYTES_MAX = 128, /* of a segment's first frame */
};
/* The event index of the site's own accounts, which the first frame opens without an event. */
#define NO_EVENT UINT32_MAX

/* ---- chunks ---- */

struct chunk {
    enum section section;
    uint64_t frame;
    const uint8_t *body; /* into the chunk's bytes: the header record, or the entries */
    size_t body_size;
    /* Of entries. */
    uint32_t event;        /* index of the first event within the frame */
    bool continued;        /* it began in the chunk before, and is repeated here */
    uint32_t lines;        /* that it has in the chunks before */
    uint64_t price;        /* of the chunk's first line that names one; 0: none does */
    uint64_t site_time_us; /* of the first event; 0 where openings come before it */
};

/* Write the header of the chunk with a frame's header record. */
void chunk_put_header(uint8_t header[CHUNK_HEADER_BYTES], uint64_t frame);

/* Write the header of a chunk of entries; its body is not looked at. */
void chunk_put_entries_header(uint8_t header[ENTRIES_HEADER_BYTES], const struct chunk *chunk);

/*
 * Read a chunk's header and check that its size fits.  chunk->body points into `data`; what is in
 * it is not read.
 */
MUST_CHECK const char *chunk_decode(struct chunk *chunk, const uint8_t *data, size_t size);

/* The key of chunk `number` of a frame in STORE_JOURNAL. */
void chunk_key(uint8_t key[JOURNAL_KEY_BYTES], uint64_t frame, uint32_t number);

/* ---- records ---- */

/* The record in a frame's first chunk.  `head` is not in it: it is computed from all chunks. */
struct header_record {
    struct frame_header header;
    uint64_t openings;
};

/* Whether the record names the state before its frame: all first ones of segments but frame 1. */
bool header_record_has_state(const struct frame_header *header);

/*
 * header_record_put() and header_record_get() write and read the record of section SECTION_HEADER.
 * It has HEADER_RECORD_BYTES or, with a state, HEADER_RECORD_BYTES_MAX; put returns which.  Of the
 * segment it says only that one begins: `segment.first` is then the frame, else 0.
 */
size_t header_record_put(uint8_t *record, const struct header_record *header);
MUST_CHECK const char *header_record_get(struct header_record *header, const uint8_t *record,
                                         size_t size);

/* ---- the frame header in STORE_META, key 1 ---- */
enum { META_FRAME_HEADER = 1 };

/*
 * Append the row of STORE_META at key META_FRAME_HEADER: the header of the last frame, its head
 * included.
 */
void frame_header_put(struct bytes *out, const struct frame_header *header);

/* Read the row that frame_header_put() wrote.  ST_CORRUPT. */
MUST_CHECK enum status frame_header_get(struct frame_header *header, const uint8_t *data,
                                        size_t size, struct fault *fault);

#endif
