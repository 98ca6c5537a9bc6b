/*
 * The redo log: frames that are closed and not durable yet, in a mapped file that outlives the
 * process (docs/architecture.md, "Bounded links").
 *
 * Over a bounded link parcels leave before their frame is durable.  First the frame's batch is
 * copied here.  A process that is killed leaves the file in the system's memory, so the next start
 * commits these batches and stands where it stood.  After a loss of power the file proves nothing;
 * redo_open() says so, and the links ask their peers.
 *
 * Two halves: one fills while the frames in the other are committed.  The core thread's.
 */
#ifndef SERAI_SITE_DAEMON_REDO_H
#define SERAI_SITE_DAEMON_REDO_H

#include "base/store.h"

enum { REDO_HALF_BYTES = 16 * 1024 * 1024 };

struct redo;

/* What redo_open() found. */
struct redo_finding {
    uint64_t frames; /* that were committed from the log */
    bool sure;       /* nothing that the last run let out is missing in the store */
};

/*
 * Open or make the file at `path`, and commit to `store` what the last run left in it.  On ST_OK
 * the caller ends *redo with redo_close().  ST_INVALID: it is no file of ours; ST_IO; ST_NOMEM.
 */
MUST_CHECK enum status redo_open(struct redo **redo, const char *path, const struct store *store,
                                 struct redo_finding *finding, struct fault *fault);

/*
 * Close it.  `clean`: all that was appended is durable in the store, and so is the first frame
 * after redo_open(), which has what a finding that is not sure led to; without that the next
 * finding is not sure either.  NULL is allowed.
 */
void redo_close(struct redo *redo, bool clean);

/* Append the batch of a frame.  False: there is no room; nothing of it may leave early. */
MUST_CHECK bool redo_append(struct redo *redo, const struct store_batch *batch);

/*
 * redo_commit_begins() lets `batch`, all that was appended since the last time, note that it is in
 * the store; what is appended from now on goes to the other half.  redo_commit_ended() empties that
 * half.  Commits do not overlap.
 */
void redo_commit_begins(struct redo *redo, struct store_batch *batch);
void redo_commit_ended(struct redo *redo);

/* Whether a commit has begun and not ended. */
bool redo_is_committing(const struct redo *redo);

#endif
