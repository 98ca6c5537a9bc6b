/*
 * Small whole files, read with a bound and written so that a crash leaves the old or the new one.
 */
#ifndef SERAI_BASE_FILE_H
#define SERAI_BASE_FILE_H

#include "base/bytes.h"

enum { FILE_PATH_BYTES = 4096 };

/* Write "dir/name" into `path`.  ST_INVALID when it is too long. */
MUST_CHECK enum status file_path(char path[FILE_PATH_BYTES], const char *dir, const char *name,
                                 struct fault *fault);

/*
 * Append the whole file to *bytes.  ST_MISSING, ST_IO; ST_FULL when it is longer than size_max;
 * ST_NOMEM.  The fault names the path.
 */
MUST_CHECK enum status file_read(const char *path, size_t size_max, struct bytes *bytes,
                                 struct fault *fault);

/*
 * Open or read one of our own files: file_open_kept() and file_read_kept() take only a regular one
 * (else ST_INVALID), so neither waits for whoever writes into a pipe.  Otherwise as file_read().
 */
MUST_CHECK enum status file_open_kept(const char *path, int *fd, struct fault *fault);
MUST_CHECK enum status file_read_kept(const char *path, size_t size_max, struct bytes *bytes,
                                      struct fault *fault);

/* Make a file that does not exist yet, durable on return.  ST_EXISTS, ST_IO. */
MUST_CHECK enum status file_create(const char *path, const void *data, size_t size, unsigned mode,
                                   struct fault *fault);

/*
 * Write or replace a file in one step, durable on return; mode 0600.  The new one is written at
 * PATH.new first, where nothing but a file of ours is removed.  ST_IO.
 */
MUST_CHECK enum status file_replace(const char *path, const void *data, size_t size,
                                    struct fault *fault);

#endif
