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

#include "site/control/file.h"

enum {
    KEYFILE_BYTES_MAX = 1024,
    NUMBER_BYTES_MAX = 32,
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
static const char *find_field(const char *text, const char *name)
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

static bool get_hex(const char *text, const char *name, uint8_t *to, size_t size)
{
    const char *field = find_field(text, name);
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

static enum status write_key(const char *path, const char *what, const uint8_t *key,
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
        return fault_set(fault, ST_NOMEM, "make key %s: memory is short", path);
    (void)!crypto_sign_keypair(key, secret); /* always 0 */
    status = write_key(path, what, key, secret, fault);
    sodium_free(secret);
    return status;
}

enum status keyfile_create_public(const char *path, const char *what,
                                  const uint8_t key[CONTROL_KEY_BYTES], struct fault *fault)
{
    return write_key(path, what, key, NULL, fault);
}

/* The file as NUL-terminated text; the caller wipes and frees it. */
static enum status read_text(const char *path, struct bytes *text, struct fault *fault)
{
    enum status status = file_read(path, KEYFILE_BYTES_MAX, text, fault);

    if (status != ST_OK)
        return status;
    bytes_append(text, "", 1);
    return text->failed ? fault_set(fault, ST_NOMEM, "read %s: memory is short", path) : ST_OK;
}

static void wipe(struct bytes *text)
{
    if (text->data != NULL)
        sodium_memzero(text->data, text->capacity);
    bytes_fini(text);
}

enum status keyfile_read_public(const char *path, uint8_t key[CONTROL_KEY_BYTES],
                                struct fault *fault)
{
    struct bytes text = {0};
    enum status status = read_text(path, &text, fault);

    if (status == ST_OK && !get_hex((const char *)text.data, "public", key, CONTROL_KEY_BYTES))
        status = fault_set(fault, ST_INVALID, "%s is not a key file: no line `public HEX`", path);
    wipe(&text);
    return status;
}

/* ---- an open key ---- */

static enum status lock(struct keyfile *file, struct fault *fault)
{
    const struct timespec pause = {.tv_nsec = 50 * 1000 * 1000};

    file->lock_fd = open(file->path, O_RDONLY | O_CLOEXEC);
    if (file->lock_fd < 0)
        return fault_set(fault, errno == ENOENT ? ST_MISSING : ST_IO, "open key %s: %s", file->path,
                         strerror(errno));
    for (int tries = 0; flock(file->lock_fd, LOCK_EX | LOCK_NB) != 0; tries++) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return fault_set(fault, ST_IO, "lock key %s: %s", file->path, strerror(errno));
        if (tries == LOCK_TRIES_MAX)
            return fault_set(fault, ST_BUSY, "another command uses the key %s", file->path);
        nanosleep(&pause, NULL);
    }
    return ST_OK;
}

static enum status check_mode(const struct keyfile *file, struct fault *fault)
{
    struct stat info;

    if (fstat(file->lock_fd, &info) != 0)
        return fault_set(fault, ST_IO, "stat %s: %s", file->path, strerror(errno));
    if ((info.st_mode & 077) != 0)
        return fault_set(fault, ST_DENIED, "others may read the key %s: chmod 600 it first",
                         file->path);
    return ST_OK;
}

static enum status load(struct keyfile *file, struct fault *fault)
{
    struct bytes text = {0};
    enum status status = read_text(file->path, &text, fault);
    bool good;

    if (status != ST_OK)
        goto out;
    file->secret = sodium_malloc(CONTROL_SECRET_BYTES);
    if (file->secret == NULL) {
        status = fault_set(fault, ST_NOMEM, "open key %s: memory is short", file->path);
        goto out;
    }
    good = get_hex((const char *)text.data, "public", file->key, CONTROL_KEY_BYTES) &&
           get_hex((const char *)text.data, "secret", file->secret, CONTROL_SECRET_BYTES);
    /* The second half of an Ed25519 secret is its public key; two that differ sign nothing. */
    if (!good || memcmp(file->secret + CONTROL_SECRET_BYTES - CONTROL_KEY_BYTES, file->key,
                        CONTROL_KEY_BYTES) != 0)
        status = fault_set(fault, ST_INVALID, "%s is not a key file with a secret", file->path);
out:
    wipe(&text);
    return status;
}

enum status keyfile_open(struct keyfile **file, const char *path, struct fault *fault)
{
    struct keyfile *opened = calloc(1, sizeof *opened);
    enum status status;

    *file = NULL;
    if (opened == NULL)
        return fault_set(fault, ST_NOMEM, "open key %s: memory is short", path);
    opened->lock_fd = -1;
    if (strlen(path) + sizeof ".pending.new" > sizeof opened->path)
        status = fault_set(fault, ST_INVALID, "path of key too long: %.100s", path);
    else {
        memcpy(opened->path, path, strlen(path) + 1);
        status = lock(opened, fault);
    }
    if (status == ST_OK)
        status = check_mode(opened, fault);
    if (status == ST_OK)
        status = load(opened, fault);
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

/* ---- numbers and pending envelopes ---- */

static void path_beside(const struct keyfile *file, const char *suffix, char path[FILE_PATH_BYTES])
{
    int length = snprintf(path, FILE_PATH_BYTES, "%s%s", file->path, suffix);

    INVARIANT(length > 0 && length < FILE_PATH_BYTES); /* keyfile_open left room */
}

static enum status read_number(const char *path, uint64_t *number, struct fault *fault)
{
    struct bytes text = {0};
    enum status status = file_read(path, NUMBER_BYTES_MAX, &text, NULL);
    char *end;

    *number = 0;
    if (status == ST_MISSING) {
        bytes_fini(&text);
        return ST_OK;
    }
    bytes_append(&text, "", 1);
    if (status != ST_OK || text.failed) {
        bytes_fini(&text);
        return fault_set(fault, ST_IO, "read %s failed", path);
    }
    errno = 0;
    *number = strtoull((const char *)text.data, &end, 10);
    if (errno != 0 || end == (const char *)text.data || (*end != '\n' && *end != '\0'))
        status = fault_set(fault, ST_INVALID,
                           "%s does not hold the last request number: write it there, or a higher "
                           "one (a site accepts only rising numbers)",
                           path);
    bytes_fini(&text);
    return status;
}

enum status keyfile_next_number(struct keyfile *file, uint64_t *number, struct fault *fault)
{
    char path[FILE_PATH_BYTES];
    char text[NUMBER_BYTES_MAX];
    uint64_t last;
    enum status status;
    int length;

    path_beside(file, ".number", path);
    status = read_number(path, &last, fault);
    if (status != ST_OK)
        return status;
    if (last == UINT64_MAX)
        return fault_set(fault, ST_INVALID, "%s: the numbers are used up; make a new key", path);
    length = snprintf(text, sizeof text, "%" PRIu64 "\n", last + 1);
    status = file_replace(path, text, (size_t)length, fault);
    if (status == ST_OK)
        *number = last + 1;
    return status;
}

enum status keyfile_pending_save(struct keyfile *file, const struct bytes *envelope,
                                 struct fault *fault)
{
    char path[FILE_PATH_BYTES];

    path_beside(file, ".pending", path);
    return file_replace(path, envelope->data, envelope->size, fault);
}

enum status keyfile_pending_load(struct keyfile *file, struct bytes *envelope, struct fault *fault)
{
    char path[FILE_PATH_BYTES];

    path_beside(file, ".pending", path);
    return file_read(path, CONTROL_BYTES_MAX, envelope, fault);
}

enum status keyfile_pending_drop(struct keyfile *file, struct fault *fault)
{
    char path[FILE_PATH_BYTES];

    path_beside(file, ".pending", path);
    if (unlink(path) != 0 && errno != ENOENT)
        return fault_set(fault, ST_IO, "remove %s: %s", path, strerror(errno));
    return ST_OK;
}
