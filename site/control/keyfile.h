/*
 * Key files of those who sign control requests, and the promise that no request is made twice.
 *
 * FILE         a comment, `public HEX`, `secret HEX`; mode 0600
 * FILE.number  the last request number that was used, saved before it is sent
 * FILE.pending the envelope that was sent and is not answered yet
 *
 * One process uses a key at a time: an open key holds a lock on FILE.
 */
#ifndef SERAI_SITE_CONTROL_KEYFILE_H
#define SERAI_SITE_CONTROL_KEYFILE_H

#include "site/control/control.h"

struct keyfile; /* opaque; the secret is in memory of sodium_malloc */

/* Make a new key.  `what` is a word for the comment ("operator", "customer").  ST_EXISTS, ST_IO. */
MUST_CHECK enum status keyfile_create(const char *path, const char *what,
                                      uint8_t key[CONTROL_KEY_BYTES], struct fault *fault);

/* Write a file with only the public half, mode 0644.  ST_EXISTS, ST_IO. */
MUST_CHECK enum status keyfile_create_public(const char *path, const char *what,
                                             const uint8_t key[CONTROL_KEY_BYTES],
                                             struct fault *fault);

/* The public half of either kind of file.  ST_MISSING, ST_INVALID (not a key file), ST_IO. */
MUST_CHECK enum status keyfile_read_public(const char *path, uint8_t key[CONTROL_KEY_BYTES],
                                           struct fault *fault);

/*
 * Open with the secret and lock it, waiting a few seconds for another command.  ST_MISSING,
 * ST_INVALID, ST_BUSY, ST_DENIED (others may read the file), ST_IO, ST_NOMEM.
 */
MUST_CHECK enum status keyfile_open(struct keyfile **file, const char *path, struct fault *fault);
void keyfile_close(struct keyfile *file); /* wipes and unlocks; NULL allowed */

const uint8_t *keyfile_public(const struct keyfile *file);
const uint8_t *keyfile_secret(const struct keyfile *file);

/* Take the next request number; it is on disk before this returns.  ST_INVALID, ST_IO. */
MUST_CHECK enum status keyfile_next_number(struct keyfile *file, uint64_t *number,
                                           struct fault *fault);

/* Keep the envelope until its answer is known.  ST_IO. */
MUST_CHECK enum status keyfile_pending_save(struct keyfile *file, const struct bytes *envelope,
                                            struct fault *fault);
/* Append the kept envelope.  ST_MISSING when there is none; ST_IO. */
MUST_CHECK enum status keyfile_pending_load(struct keyfile *file, struct bytes *envelope,
                                            struct fault *fault);
MUST_CHECK enum status keyfile_pending_drop(struct keyfile *file, struct fault *fault);

#endif
