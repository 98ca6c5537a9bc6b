/*
 * `serai support bundle`: what somebody needs who is to find out why a site does not do as it
 * should, and no secret.  Items are written into a directory of this user's alone, looked through
 * for the secret keys, and only then packed.
 */
#ifndef SERAI_SITE_CLI_SUPPORT_H
#define SERAI_SITE_CLI_SUPPORT_H

#include <stdio.h>

#include "base/file.h"
#include "base/status.h"

struct cli;
struct doctor;

enum {
    SUPPORT_ITEMS_MAX = 16,
    SUPPORT_NAME_BYTES = 32,
    SUPPORT_WHY_BYTES = 300,
    SUPPORT_LOG_BYTES_MAX = 4 * 1024 * 1024, /* of the log, its end */
    SUPPORT_FRAMES = 50,
};

struct support_item {
    char name[SUPPORT_NAME_BYTES];
    uint64_t bytes;
    char why[SUPPORT_WHY_BYTES]; /* it is not there; empty: it is */
};

struct support {
    struct cli *cli;
    char stage[FILE_PATH_BYTES]; /* the directory; empty: none yet */
    struct support_item items[SUPPORT_ITEMS_MAX];
    size_t count;
};

/* ---- items (support_items.c) ---- */

/* Write all items; `log` is a file, or NULL.  What cannot be had is noted with the reason. */
void support_take_all(struct support *support, const struct doctor *doctor, const char *log);

/* ---- secrets (support_secrets.c) ---- */

enum { SUPPORT_SEED_BYTES = 32 };

/*
 * Whether `data` holds a secret: as bytes or as hexadecimal digits, and either also in base64,
 * wherever in that the secret begins.
 */
MUST_CHECK bool support_holds(const uint8_t *data, size_t size,
                              const uint8_t seed[SUPPORT_SEED_BYTES]);

/*
 * Look through all items for the secrets of the site's directory: site.key, operator.key.  Returns
 * the name of an item that holds one; NULL: none does.
 */
MUST_CHECK const char *support_find_secret(const struct support *support);

/* ---- the directory and the archive (support_pack.c) ---- */

/* Make the directory.  ST_IO. */
MUST_CHECK enum status support_begin(struct support *support, struct fault *fault);

/* Open an item to write; NULL when it cannot be.  support_close() notes its size. */
FILE *support_open(struct support *support, const char *name);
void support_close(struct support *support, FILE *item);

/* Note an item that is not there. */
void support_lacks(struct support *support, const char *name, const char *format, ...)
    PRINTF_LIKE(3, 4);

/*
 * Pack the items by tar(1) into a new file, mode 0600; its name says how: .tar, .tar.gz, .tgz or
 * .tar.zst.  ST_EXISTS; ST_INVALID: it ends otherwise; ST_IO: no file is left then.
 */
MUST_CHECK enum status support_pack(struct support *support, const char *path, struct fault *fault);

/* Remove the directory and what is in it. */
void support_end(struct support *support);

#endif
