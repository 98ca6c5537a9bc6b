/*
 * Key files of those who sign control requests, and the promise that no request is made twice.
 *
 * FILE         a comment, `public HEX`, `secret HEX`; mode 0600
 * FILE.number  a line `SITE NUMBER` for each site: the last request number that was used there,
 *              saved before it is sent; SITE is the site's key in hex
 * FILE.pending the envelopes that were sent and are not answered yet, at most one a site: CBOR
 *              [site key, envelope, ...]; not there when there is none
 *
 * Numbers and answers are a site's own, so what is kept for one site is nothing to another.
 * One process uses a key at a time: an open key holds a lock on FILE.
 */
#ifndef SERAI_SITE_CONTROL_KEYFILE_H
#define SERAI_SITE_CONTROL_KEYFILE_H

#include "site/control/control.h"

/* The most sites at which one key is used: with a number, and with a request that is kept. */
enum { KEYFILE_SITES_MAX = 64 };

struct keyfile; /* opaque; the secret is in memory of sodium_malloc */

/* Make a new key.  `what` is a word for the comment ("operator", "customer").  ST_EXISTS, ST_IO. */
MUST_CHECK enum status keyfile_create(const char *path, const char *what,
                                      uint8_t key[CONTROL_KEY_BYTES], struct fault *fault);

/* Write a file with only the public half, mode 0644.  ST_EXISTS, ST_IO. */
MUST_CHECK enum status keyfile_create_public(const char *path, const char *what,
                                             const uint8_t key[CONTROL_KEY_BYTES],
                                             struct fault *fault);

/* Read the public half of either kind of file.  ST_MISSING, ST_INVALID (not a key file), ST_IO. */
MUST_CHECK enum status keyfile_read_public(const char *path, uint8_t key[CONTROL_KEY_BYTES],
                                           struct fault *fault);

/*
 * Open with the secret and lock it, waiting a few seconds for another command.  ST_MISSING,
 * ST_INVALID, ST_BUSY, ST_DENIED (others may read the file), ST_IO, ST_NOMEM.
 */
MUST_CHECK enum status keyfile_open(struct keyfile **file, const char *path, struct fault *fault);

/* Wipe the secret, unlock and free; NULL is allowed. */
void keyfile_close(struct keyfile *file);

/* The public half, CONTROL_KEY_BYTES, of an open key.  Valid until it is closed. */
const uint8_t *keyfile_public(const struct keyfile *file);

/*
 * The secret, CONTROL_SECRET_BYTES, in locked memory.  Valid until the key is closed; never copy or
 * log it.
 */
const uint8_t *keyfile_secret(const struct keyfile *file);

/*
 * Take the next request number for a site; it is on disk before this returns.  ST_INVALID (the file
 * is damaged, or holds KEYFILE_SITES_MAX other sites), ST_IO, ST_NOMEM: nothing was changed.
 */
MUST_CHECK enum status keyfile_next_number(struct keyfile *file,
                                           const uint8_t site[CONTROL_KEY_BYTES], uint64_t *number,
                                           struct fault *fault);

/*
 * Record that the site knows this key up to number `last`, so that the next number is above.  Never
 * lowers it.  Fails as keyfile_next_number().
 */
MUST_CHECK enum status keyfile_raise_number(struct keyfile *file,
                                            const uint8_t site[CONTROL_KEY_BYTES], uint64_t last,
                                            struct fault *fault);

/*
 * Keep the envelope for a site until its answer was shown, in place of the one kept before.
 * ST_INVALID (the file is damaged or full of other sites'), ST_IO, ST_NOMEM: nothing was changed.
 */
MUST_CHECK enum status keyfile_pending_save(struct keyfile *file,
                                            const uint8_t site[CONTROL_KEY_BYTES],
                                            const struct bytes *envelope, struct fault *fault);

/*
 * Append the envelope that is kept for a site.  ST_MISSING: none is; ST_INVALID, ST_IO, ST_NOMEM.
 */
MUST_CHECK enum status keyfile_pending_load(struct keyfile *file,
                                            const uint8_t site[CONTROL_KEY_BYTES],
                                            struct bytes *envelope, struct fault *fault);

/* Forget what is kept for a site, if anything is.  What is kept for others stays. */
MUST_CHECK enum status keyfile_pending_drop(struct keyfile *file,
                                            const uint8_t site[CONTROL_KEY_BYTES],
                                            struct fault *fault);

/*
 * Find another site that an envelope is kept for.  False when there is none, or the file cannot be
 * read.
 */
MUST_CHECK bool keyfile_pending_elsewhere(struct keyfile *file,
                                          const uint8_t site[CONTROL_KEY_BYTES],
                                          uint8_t other[CONTROL_KEY_BYTES]);

#endif
