/*
 * Archives: files that hold whole segments of a site's journal, compressed, so that the site need
 * not keep them (docs/records.md, "Archives").  A file is proved by the chain of heads, which goes
 * from file to file and into the store.
 *
 * Nothing of a file is believed before its hash is checked, and nothing is taken by a size that the
 * file says unless it is within a bound.  One thread a file.
 */
#ifndef SERAI_ARCHIVE_ARCHIVE_H
#define SERAI_ARCHIVE_ARCHIVE_H

#include "ledger/reading.h"

enum {
    ARCHIVE_FORMAT = 1, /* the last digit of the bytes that a file begins and ends with */
    ARCHIVE_KEY_BYTES = 32,
    ARCHIVE_NAME_BYTES = 64,
};

/* What a file has, as its end says. */
struct archive_facts {
    uint8_t site[ARCHIVE_KEY_BYTES]; /* the public key of the site whose journal it is */
    uint64_t first;                  /* frame */
    uint64_t last;
    struct hash before; /* the head before the first frame */
    struct hash head;   /* the head after the last */
    uint64_t chunks;
    uint64_t bytes; /* of these chunks */
};

/* "journal-000000000001-000000000412.serai".  Returns `name`. */
char *archive_name(char name[ARCHIVE_NAME_BYTES], uint64_t first, uint64_t last);

/* ---- writing ---- */

struct archive_writer; /* opaque */

/*
 * Begin a file at PATH.new; what was left there by a crash is replaced.  Of the facts, chunks and
 * bytes are counted here.  On ST_OK the caller ends *writer with archive_writer_free(), which
 * removes the file unless it was kept.  ST_IO, ST_NOMEM.
 */
MUST_CHECK enum status archive_writer_new(struct archive_writer **writer, const char *path,
                                          const struct archive_facts *facts, struct fault *fault);

/* Add the next chunk, a row of the journal.  A journal_visit_chunk.  ST_IO, ST_NOMEM. */
MUST_CHECK enum status archive_writer_add(void *writer, const struct store_row *chunk,
                                          struct fault *fault);

/* Write the file's end and give it its name: it is there, whole and durable.  ST_IO. */
MUST_CHECK enum status archive_writer_keep(struct archive_writer *writer, struct fault *fault);

/* Free the writer; NULL is allowed. */
void archive_writer_free(struct archive_writer *writer);

/* ---- reading ---- */

struct archive_file; /* opaque */

/*
 * Open a file and check its end and its index.  On ST_OK the caller ends *file with
 * archive_close().  ST_CORRUPT: it is no archive, or cut, or damaged; ST_MISSING, ST_IO, ST_NOMEM.
 * Each fault names the file.
 */
MUST_CHECK enum status archive_open(struct archive_file **file, const char *path,
                                    struct fault *fault);

/* Close a file; NULL is allowed. */
void archive_close(struct archive_file *file);

/* What the file has; valid until it is closed. */
const struct archive_facts *archive_facts(const struct archive_file *file);

/*
 * Visit all chunks in their order, as rows of the journal.  ST_CORRUPT names file and frames; or
 * what `visit` returns.
 */
MUST_CHECK enum status archive_each(struct archive_file *file, journal_visit_chunk visit,
                                    void *context, struct fault *fault);

/*
 * Read the file at `path` whole, from the disk if the system lets us, and compare: each chunk is
 * that of the store, byte by byte, and the store has no other of these frames; the chunks hash to
 * the heads that the file names, and it is of `site`.  ST_CORRUPT: it differs, and the fault says
 * where; ST_MISSING, ST_IO, ST_NOMEM.
 */
MUST_CHECK enum status archive_check(const char *path, const struct archive_facts *wanted,
                                     const struct store *store, struct fault *fault);

/*
 * Write a segment of the store to the file at `path`, unless it is there already, and compare it
 * with the store by archive_check() in any case.  *was_there: it was.  Fails as writing and as
 * archive_check() do; what the store has may be dropped only after ST_OK.
 */
MUST_CHECK enum status archive_make(const char *path, const struct archive_facts *facts,
                                    const struct store *store, bool *was_there,
                                    struct fault *fault);

/* ---- all that lie in a directory ---- */

struct archive_dir; /* opaque */

/*
 * Look for the archives of the frames that a store has dropped: those of `site` that end where the
 * store begins, and before them as far as there is one after the other.  On ST_OK the caller ends
 * *dir with archive_dir_close().  ST_MISSING: one of them is missing between others, or all are;
 * ST_CORRUPT: one is damaged, renamed, or of other books; ST_DENIED: of another site; ST_IO,
 * ST_NOMEM.
 */
MUST_CHECK enum status archive_dir_open(struct archive_dir **dir, const char *path,
                                        const uint8_t site[ARCHIVE_KEY_BYTES],
                                        const struct books_kept *kept, struct fault *fault);

/* Forget them; NULL is allowed. */
void archive_dir_close(struct archive_dir *dir);

/* The frames that they have; NULL when the store has dropped none.  Valid until the close. */
const struct journal_past *archive_dir_past(const struct archive_dir *dir);

#endif
