#include "site/control/keyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"

enum {
    KEYFILE_BYTES_MAX = 1024,
    NUMBER_LINE_BYTES = 2 * CONTROL_KEY_BYTES + 24, /* key, blank, 20 digits, newline, and an end */
    PENDING_BYTES_MAX = KEYFILE_SITES_MAX / 4 * CONTROL_BYTES_MAX, /* few come near 2 MiB */
    LOCK_TRIES_MAX = 100, /* of 50 ms: another command is at most a few round trips */
    SECRET_HEX_BYTES = 2 * CONTROL_SECRET_BYTES + 1,
    KEY_HEX_BYTES = 2 * CONTROL_KEY_BYTES + 1,
};

struct keyfile {
    char path[FILE_PATH_BYTES];
    int lock_fd;
    uint8_t key[CONTROL_KEY_BYTES];
    uint8_t *secret; /* sodium_malloc */
};

/* ---- the text ---- */

/* The word after `name ` at the start of a line; NULL when there is none. */
static const char *keyfile_find_field(const char *text, const char *name)
{
    size_t length = strlen(name);

    for (const char *line = text; line != NULL && *line != '\0';) {
        const char *end = strchr(line, '\n');

        if (strncmp(line, name, length) == 0 && line[length] == ' ')
            return line + length + 1;
        line = end == NULL ? NULL : end + 1;
    }
    return NULL;
}

/*
 * Read the field `name` as exactly `size` bytes of hex.  The digits may be a secret's, so the copy
 * is wiped.
 */
static bool keyfile_get_hex(const char *text, const char *name, uint8_t *to, size_t size)
{
    const char *field = keyfile_find_field(text, name);
    char digits[SECRET_HEX_BYTES];
    bool good;

    if (field == NULL || strcspn(field, "\n") != 2 * size)
        return false;
    memcpy(digits, field, 2 * size);
    digits[2 * size] = '\0';
    good = hex_parse(to, size, digits);
    sodium_memzero(digits, sizeof digits);
    return good;
}

/*
 * Write a new key file; `secret` NULL: only the public half.  An existing file is never written
 * over:  a key that is lost cannot be made again.
 */
static enum status keyfile_write_key(const char *path, const char *what, const uint8_t *key,
                                     const uint8_t *secret, struct fault *fault)
{
    char text[KEYFILE_BYTES_MAX];
    char key_hex[KEY_HEX_BYTES];
    char secret_hex[SECRET_HEX_BYTES];
    int length;
    enum status status;

    hex_print(key_hex, key, CONTROL_KEY_BYTES);
    if (secret != NULL)
        hex_print(secret_hex, secret, CONTROL_SECRET_BYTES);
    length = secret == NULL
                 ? snprintf(text, sizeof text, "# Serai %s key, the public half\npublic %s\n", what,
                            key_hex)
                 : snprintf(text, sizeof text,
                            "# Serai %s key. Secret: whoever reads this can sign as it does.\n"
                            "public %s\nsecret %s\n",
                            what, key_hex, secret_hex);
    INVARIANT(length > 0 && (size_t)length < sizeof text);
    status = file_create(path, text, (size_t)length, secret == NULL ? 0644 : 0600, fault);
    sodium_memzero(text, sizeof text);
    sodium_memzero(secret_hex, sizeof secret_hex);
    return status;
}

enum status keyfile_create(const char *path, const char *what, uint8_t key[CONTROL_KEY_BYTES],
                           struct fault *fault)
{
    uint8_t *secret = sodium_malloc(CONTROL_SECRET_BYTES);
    enum status status;

    if (secret == NULL)
        return fault_set(fault, ST_NOMEM, "make key %s: out of memory", path);
    (void)!crypto_sign_keypair(key, secret); /* always 0 */
    status = keyfile_write_key(path, what, key, secret, fault);
    sodium_free(secret);
    return status;
}

enum status keyfile_create_public(const char *path, const char *what,
                                  const uint8_t key[CONTROL_KEY_BYTES], struct fault *fault)
{
    return keyfile_write_key(path, what, key, NULL, fault);
}

/* Read the file as text that ends with a NUL.  The caller ends it by keyfile_wipe() in any case. */
static enum status keyfile_read_text(const char *path, struct bytes *text, struct fault *fault)
{
    enum status status = file_read_kept(path, KEYFILE_BYTES_MAX, text, fault);

    if (status != ST_OK)
        return status;
    bytes_append(text, "", 1);
    return text->failed ? fault_set(fault, ST_NOMEM, "read %s: out of memory", path) : ST_OK;
}

/* The whole capacity: a buffer that grew holds more than its size. */
static void keyfile_wipe(struct bytes *text)
{
    if (text->data != NULL)
        sodium_memzero(text->data, text->capacity);
    bytes_fini(text);
}

enum status keyfile_read_public(const char *path, uint8_t key[CONTROL_KEY_BYTES],
                                struct fault *fault)
{
    struct bytes text = {0};
    enum status status = keyfile_read_text(path, &text, fault);

    if (status == ST_OK &&
        !keyfile_get_hex((const char *)text.data, "public", key, CONTROL_KEY_BYTES))
        status = fault_set(fault, ST_INVALID, "%s is not a key file: no line `public HEX`", path);
    keyfile_wipe(&text);
    return status;
}

/* ---- an open key ---- */

/*
 * Open FILE and lock it.  The lock is on FILE itself, which is never replaced, and not on
 * FILE.number or FILE.pending, which are.
 */
static enum status keyfile_lock(struct keyfile *file, struct fault *fault)
{
    const struct timespec pause = {.tv_nsec = 50 * 1000 * 1000};

    if (file_open_kept(file->path, &file->lock_fd, fault) != ST_OK)
        return fault == NULL ? ST_IO : fault->status;
    for (int tries = 0; flock(file->lock_fd, LOCK_EX | LOCK_NB) != 0; tries++) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return fault_set(fault, ST_IO, "lock key %s: %s", file->path, strerror(errno));
        if (tries == LOCK_TRIES_MAX)
            return fault_set(fault, ST_BUSY, "another command uses the key %s", file->path);
        nanosleep(&pause, NULL);
    }
    return ST_OK;
}

/* By the open descriptor: the file that is checked is the one that is locked. */
static enum status keyfile_check_mode(const struct keyfile *file, struct fault *fault)
{
    struct stat info;

    if (fstat(file->lock_fd, &info) != 0)
        return fault_set(fault, ST_IO, "stat %s: %s", file->path, strerror(errno));
    if ((info.st_mode & 077) != 0)
        return fault_set(fault, ST_DENIED, "others may read the key %s: chmod 600 it first",
                         file->path);
    return ST_OK;
}

/* Read both halves; the secret into memory that is not swapped and is wiped when freed. */
static enum status keyfile_load(struct keyfile *file, struct fault *fault)
{
    struct bytes text = {0};
    enum status status = keyfile_read_text(file->path, &text, fault);
    bool good;

    if (status != ST_OK)
        goto out;
    file->secret = sodium_malloc(CONTROL_SECRET_BYTES);
    if (file->secret == NULL) {
        status = fault_set(fault, ST_NOMEM, "open key %s: out of memory", file->path);
        goto out;
    }
    good = keyfile_get_hex((const char *)text.data, "public", file->key, CONTROL_KEY_BYTES) &&
           keyfile_get_hex((const char *)text.data, "secret", file->secret, CONTROL_SECRET_BYTES);
    /* The second half of an Ed25519 secret is its public key; two that differ sign nothing. */
    if (!good || memcmp(file->secret + CONTROL_SECRET_BYTES - CONTROL_KEY_BYTES, file->key,
                        CONTROL_KEY_BYTES) != 0)
        status = fault_set(fault, ST_INVALID, "%s is not a key file with a secret", file->path);
out:
    keyfile_wipe(&text);
    return status;
}

enum status keyfile_open(struct keyfile **file, const char *path, struct fault *fault)
{
    struct keyfile *opened = calloc(1, sizeof *opened);
    enum status status;

    *file = NULL;
    if (opened == NULL)
        return fault_set(fault, ST_NOMEM, "open key %s: out of memory", path);
    opened->lock_fd = -1;
    /* Room for the longest path that is made of this one, so that keyfile_path() cannot fail. */
    if (strlen(path) + sizeof ".pending.new" > sizeof opened->path)
        status = fault_set(fault, ST_INVALID, "path of key too long: %.100s", path);
    else {
        memcpy(opened->path, path, strlen(path) + 1);
        status = keyfile_lock(opened, fault);
    }
    /* Before the secret is read: others may have it already, and the person must know that. */
    if (status == ST_OK)
        status = keyfile_check_mode(opened, fault);
    if (status == ST_OK)
        status = keyfile_load(opened, fault);
    if (status != ST_OK) {
        keyfile_close(opened);
        return status;
    }
    *file = opened;
    return ST_OK;
}

void keyfile_close(struct keyfile *file)
{
    if (file == NULL)
        return;
    sodium_free(file->secret); /* wipes; NULL is allowed */
    if (file->lock_fd >= 0)
        (void)!close(file->lock_fd); /* opened for reading; this unlocks */
    free(file);
}

const uint8_t *keyfile_public(const struct keyfile *file)
{
    return file->key;
}

const uint8_t *keyfile_secret(const struct keyfile *file)
{
    return file->secret;
}

/* ---- numbers: docs/control.md, "Once, and only once" ---- */

/* The path of a file next to the key: FILE.number or FILE.pending. */
static void keyfile_path(const struct keyfile *file, const char *suffix, char path[FILE_PATH_BYTES])
{
    int length = snprintf(path, FILE_PATH_BYTES, "%s%s", file->path, suffix);

    INVARIANT(length > 0 && length < FILE_PATH_BYTES); /* keyfile_open left room */
}

/* FILE.number, read: the last number that was used at each site. */
struct key_number {
    uint8_t site[CONTROL_KEY_BYTES];
    uint64_t last;
};
struct numbers {
    struct key_number items[KEYFILE_SITES_MAX];
    size_t count;
};

static struct key_number *numbers_find(struct numbers *numbers, const uint8_t *site)
{
    for (size_t i = 0; i < numbers->count; i++)
        if (memcmp(numbers->items[i].site, site, CONTROL_KEY_BYTES) == 0)
            return &numbers->items[i];
    return NULL;
}

/*
 * Read a line "SITE NUMBER", given without its newline.  False: it is no such line, or the second
 * for its site.
 */
static bool numbers_take(struct numbers *numbers, const char *line, size_t length)
{
    struct key_number *number = &numbers->items[numbers->count];
    char text[NUMBER_LINE_BYTES];
    char *digits = text + 2 * CONTROL_KEY_BYTES + 1;
    char *end;

    if (numbers->count == KEYFILE_SITES_MAX || length >= sizeof text ||
        length <= 2 * CONTROL_KEY_BYTES + 1)
        return false;
    memcpy(text, line, length);
    text[length] = '\0';
    if (digits[-1] != ' ' || digits[0] < '0' || digits[0] > '9')
        return false;
    digits[-1] = '\0';
    errno = 0;
    number->last = strtoull(digits, &end, 10);
    if (errno != 0 || *end != '\0' || !hex_parse(number->site, CONTROL_KEY_BYTES, text) ||
        numbers_find(numbers, number->site) != NULL)
        return false;
    numbers->count++;
    return true;
}

/*
 * Read all lines.  Each must end with a newline: the last digits of a file that was cut would pass
 * for a lower number.
 */
static bool numbers_parse(struct numbers *numbers, const struct bytes *text)
{
    const char *line = (const char *)text->data;
    const char *end = line + text->size;

    while (line != end) {
        const char *newline = memchr(line, '\n', (size_t)(end - line));

        if (newline == NULL || !numbers_take(numbers, line, (size_t)(newline - line)))
            return false;
        line = newline + 1;
    }
    return text->size > 0; /* it is never written empty */
}

/* Read FILE.number; no numbers when it is not there. */
static enum status numbers_read(const char *path, struct numbers *numbers, struct fault *fault)
{
    struct bytes text = {0};
    enum status status =
        file_read_kept(path, (size_t)KEYFILE_SITES_MAX * NUMBER_LINE_BYTES, &text, fault);

    numbers->count = 0;
    if (status == ST_MISSING)
        status = ST_OK;
    else if (status == ST_FULL || (status == ST_OK && !numbers_parse(numbers, &text)))
        status = fault_set(fault, ST_INVALID,
                           "%s is damaged: it has a line `SITE NUMBER` for each site, with the "
                           "last number that was used there. Remove it: the site then says where "
                           "its numbers stand, and nothing is done twice",
                           path);
    bytes_fini(&text);
    return status;
}

/* By rename and synced: after a crash the old numbers or the new ones are there. */
static enum status numbers_write(const char *path, const struct numbers *numbers,
                                 struct fault *fault)
{
    char text[KEYFILE_SITES_MAX * NUMBER_LINE_BYTES];
    char hex[KEY_HEX_BYTES];
    size_t used = 0;

    for (size_t i = 0; i < numbers->count; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s %" PRIu64 "\n",
                                 hex_print(hex, numbers->items[i].site, CONTROL_KEY_BYTES),
                                 numbers->items[i].last);
    return file_replace(path, text, used, fault);
}

/*
 * Raise the number of a site to `last`, never lower it, or raise it by one when `last` is 0.
 * *number is the result, which is on disk before this returns.
 */
static enum status numbers_move(struct keyfile *file, const uint8_t *site, uint64_t last,
                                uint64_t *number, struct fault *fault)
{
    char path[FILE_PATH_BYTES];
    struct numbers numbers;
    struct key_number *found;
    enum status status;

    keyfile_path(file, ".number", path);
    status = numbers_read(path, &numbers, fault);
    if (status != ST_OK)
        return status;
    found = numbers_find(&numbers, site);
    if (found == NULL && numbers.count == KEYFILE_SITES_MAX)
        return fault_set(fault, ST_INVALID,
                         "%s holds the numbers of %d sites, the most: remove the line of one that "
                         "the key is used at no more",
                         path, KEYFILE_SITES_MAX);
    if (found == NULL) {
        found = &numbers.items[numbers.count++];
        found->last = 0;
        memcpy(found->site, site, CONTROL_KEY_BYTES);
    }
    if (last == 0 && found->last == UINT64_MAX)
        return fault_set(fault, ST_INVALID, "%s: the numbers are used up; make a new key", path);
    if (last == 0 || last > found->last)
        found->last = last == 0 ? found->last + 1 : last;
    *number = found->last;
    return numbers_write(path, &numbers, fault);
}

enum status keyfile_next_number(struct keyfile *file, const uint8_t site[CONTROL_KEY_BYTES],
                                uint64_t *number, struct fault *fault)
{
    return numbers_move(file, site, 0, number, fault);
}

enum status keyfile_raise_number(struct keyfile *file, const uint8_t site[CONTROL_KEY_BYTES],
                                 uint64_t last, struct fault *fault)
{
    uint64_t number;

    return last == 0 ? ST_OK : numbers_move(file, site, last, &number, fault);
}

/* ---- requests that wait for their answer ---- */

/*
 * FILE.pending, decoded: an envelope for each site, at most one.  Keys and envelopes point into
 * `text`.
 */
struct kept {
    struct bytes text;
    size_t count;
    const uint8_t *sites[KEYFILE_SITES_MAX];
    const uint8_t *envelopes[KEYFILE_SITES_MAX];
    size_t sizes[KEYFILE_SITES_MAX];
};

/* Decode as bytes from outside: the file may have been edited, or cut by a full disk. */
static enum status kept_decode(struct kept *kept, struct fault *fault)
{
    struct cbor in;
    uint64_t items;
    size_t size;

    cbor_init(&in, kept->text.data, kept->text.size);
    items = cbor_get_array_any(&in, 2 * KEYFILE_SITES_MAX);
    if (in.error == NULL && (items == 0 || items % 2 != 0))
        cbor_fail(&in, "not a site and a request in turn");
    for (kept->count = 0; in.error == NULL && kept->count < items / 2; kept->count++) {
        kept->sites[kept->count] = cbor_get_bytes(&in, &size, CONTROL_KEY_BYTES);
        if (in.error == NULL && size != CONTROL_KEY_BYTES)
            cbor_fail(&in, "a site's key of another length");
        kept->envelopes[kept->count] =
            cbor_get_bytes(&in, &kept->sizes[kept->count], CONTROL_BYTES_MAX);
    }
    return cbor_done(&in, fault, "the file");
}

/*
 * Read FILE.pending; nothing is kept when it is not there.  The caller frees kept->text in any
 * case.  A damaged file is never removed or written over: the request in it may have been done.
 */
static enum status kept_read(const char *path, struct kept *kept, struct fault *fault)
{
    struct fault why = {0};
    enum status status;

    *kept = (struct kept){0};
    status = file_read_kept(path, PENDING_BYTES_MAX, &kept->text, fault);
    if (status == ST_MISSING)
        return ST_OK;
    if (status != ST_FULL && (status != ST_OK || kept_decode(kept, &why) == ST_OK))
        return status;
    return fault_set(fault, ST_INVALID,
                     "%s is damaged (%s). It holds a request whose answer did not come, which may "
                     "have been done: look at the books, then move the file away",
                     path, status == ST_FULL ? "too long" : why.text);
}

/* The index of the envelope for a site; `count` when there is none. */
static size_t kept_find(const struct kept *kept, const uint8_t *site)
{
    size_t i = 0;

    while (i < kept->count && memcmp(kept->sites[i], site, CONTROL_KEY_BYTES) != 0)
        i++;
    return i;
}

/*
 * Write all envelopes but the one for `site`, and then `envelope` for it unless that is NULL.  With
 * none left the file goes.
 */
static enum status kept_write(const char *path, const struct kept *kept, const uint8_t *site,
                              const struct bytes *envelope, struct fault *fault)
{
    size_t without = kept_find(kept, site);
    size_t count = kept->count - (without < kept->count ? 1 : 0) + (envelope != NULL ? 1 : 0);
    struct bytes text = {0};
    enum status status;

    /* No file is how "nothing waits" looks, also to a person who lists the directory. */
    if (count == 0) {
        if (unlink(path) != 0 && errno != ENOENT)
            return fault_set(fault, ST_IO, "remove %s: %s", path, strerror(errno));
        return ST_OK;
    }
    if (count > KEYFILE_SITES_MAX)
        return fault_set(fault, ST_INVALID, "%s holds requests to %d sites, the most", path,
                         KEYFILE_SITES_MAX);
    cbor_put_array(&text, 2 * count);
    for (size_t i = 0; i < kept->count; i++) {
        if (i == without)
            continue;
        cbor_put_bytes(&text, kept->sites[i], CONTROL_KEY_BYTES);
        cbor_put_bytes(&text, kept->envelopes[i], kept->sizes[i]);
    }
    if (envelope != NULL) {
        cbor_put_bytes(&text, site, CONTROL_KEY_BYTES);
        cbor_put_bytes(&text, envelope->data, envelope->size);
    }
    if (text.failed)
        status = fault_set(fault, ST_NOMEM, "write %s: out of memory", path);
    else if (text.size > PENDING_BYTES_MAX)
        status = fault_set(fault, ST_INVALID, "%s would be longer than %d bytes", path,
                           PENDING_BYTES_MAX);
    else
        status = file_replace(path, text.data, text.size, fault);
    bytes_fini(&text);
    return status;
}

/* Replace what is kept for a site by `envelope`; NULL: by nothing. */
static enum status kept_change(struct keyfile *file, const uint8_t *site,
                               const struct bytes *envelope, struct fault *fault)
{
    char path[FILE_PATH_BYTES];
    struct kept kept;
    enum status status;

    keyfile_path(file, ".pending", path);
    status = kept_read(path, &kept, fault);
    if (status == ST_OK)
        status = kept_write(path, &kept, site, envelope, fault);
    bytes_fini(&kept.text);
    return status;
}

enum status keyfile_pending_save(struct keyfile *file, const uint8_t site[CONTROL_KEY_BYTES],
                                 const struct bytes *envelope, struct fault *fault)
{
    return kept_change(file, site, envelope, fault);
}

enum status keyfile_pending_load(struct keyfile *file, const uint8_t site[CONTROL_KEY_BYTES],
                                 struct bytes *envelope, struct fault *fault)
{
    char path[FILE_PATH_BYTES];
    struct kept kept;
    enum status status;
    size_t i;

    keyfile_path(file, ".pending", path);
    status = kept_read(path, &kept, fault);
    i = kept_find(&kept, site);
    if (status == ST_OK && i == kept.count)
        status = fault_set(fault, ST_MISSING, "%s holds nothing for this site", path);
    if (status == ST_OK)
        bytes_append(envelope, kept.envelopes[i], kept.sizes[i]);
    if (status == ST_OK && envelope->failed)
        status = fault_set(fault, ST_NOMEM, "read %s: out of memory", path);
    bytes_fini(&kept.text);
    return status;
}

enum status keyfile_pending_drop(struct keyfile *file, const uint8_t site[CONTROL_KEY_BYTES],
                                 struct fault *fault)
{
    return kept_change(file, site, NULL, fault);
}

bool keyfile_pending_elsewhere(struct keyfile *file, const uint8_t site[CONTROL_KEY_BYTES],
                               uint8_t other[CONTROL_KEY_BYTES])
{
    char path[FILE_PATH_BYTES];
    struct kept kept;
    bool found = false;

    keyfile_path(file, ".pending", path);
    if (kept_read(path, &kept, NULL) == ST_OK) {
        for (size_t i = 0; i < kept.count && !found; i++) {
            found = memcmp(kept.sites[i], site, CONTROL_KEY_BYTES) != 0;
            if (found)
                memcpy(other, kept.sites[i], CONTROL_KEY_BYTES);
        }
    }
    bytes_fini(&kept.text);
    return found;
}
