/*
 * Places in the file system that settings name, and what may be put there.  What stands at such a
 * path may be anybody's: only a socket that nobody answers on is ever replaced.
 */
#ifndef SERAI_SITE_CONTROL_PLACE_H
#define SERAI_SITE_CONTROL_PLACE_H

#include <limits.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/status.h"

/*
 * Check that a daemon of the site in `dir` may listen at `path`, and change nothing.  `setting`
 * names the path in the fault.  ST_INVALID: too long for a socket, no such directory, one of the
 * site's own files, or something there that is no socket or another user's.
 */
MUST_CHECK enum status place_check_socket(const char *dir, const char *setting, const char *path,
                                          struct fault *fault);

/*
 * Check as place_check_socket() does, and whether somebody answers on a socket that is there:
 * ST_BUSY.
 */
MUST_CHECK enum status place_look_at_socket(const char *dir, const char *setting, const char *path,
                                            struct fault *fault);

/*
 * Check as place_check_socket() does, and remove a socket that is left there.  ST_BUSY: somebody
 * answers on it.  ST_IO.
 */
MUST_CHECK enum status place_clear_socket(const char *dir, const char *setting, const char *path,
                                          struct fault *fault);

enum { PLACE_OWN_BYTES = NAME_MAX + 16 };

/*
 * Whether a file is one of those of the site in `dir`, by whatever name it was opened.  If so,
 * `path` is set to its name there, such as "store/data.mdb".
 */
MUST_CHECK bool place_is_own_file(const char *dir, const struct stat *file,
                                  char path[PLACE_OWN_BYTES]);

/*
 * The path of an endpoint ipc://PATH, within `endpoint`.  NULL when it is not one, or lies in no
 * file system.
 */
const char *place_of_endpoint(const char *endpoint);

/* A socket that we bound: remembered, so that only that is removed. */
struct place_socket {
    dev_t device;
    ino_t inode;
};

/* Record which socket stands at `path`, right after it was bound.  ST_IO. */
MUST_CHECK enum status place_remember_socket(struct place_socket *socket, const char *path,
                                             struct fault *fault);

/* Remove the socket at `path` if it is still the one that was recorded. */
void place_remove_socket(const struct place_socket *socket, const char *path);

/*
 * Make `dir` with mode 0700, or take one that is there if it is a directory of ours with nothing in
 * it, and only then set its mode.  ST_EXISTS: there is something in it, or it is no directory.
 */
MUST_CHECK enum status place_make_folder(const char *dir, struct fault *fault);

#endif
