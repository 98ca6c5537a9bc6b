/* Looking for secret keys in what is about to be given away. */
#include <sodium.h>
#include <string.h>

#include "site/cli/cli.h"
#include "site/cli/support.h"
#include "site/control/paths.h"

enum {
    /* Base64 of what begins 0, 1 or 2 bytes into a group: its first and last digits depend on the
     * neighbours, the rest does not. */
    SHIFTS = 3,
    HEX_BYTES = 2 * SUPPORT_SEED_BYTES,
    BASE64_BYTES = 128,
    KEY_BYTES_MAX = 64 * 1024,
    ITEM_BYTES_MAX = 64 * 1024 * 1024,
};

static bool secrets_has(const uint8_t *data, size_t size, const void *part, size_t part_size)
{
    const uint8_t *first = part;

    for (size_t at = 0; part_size <= size && at <= size - part_size;) {
        const uint8_t *found = memchr(data + at, first[0], size - part_size - at + 1);

        if (found == NULL)
            return false;
        if (memcmp(found, part, part_size) == 0)
            return true;
        at = (size_t)(found - data) + 1;
    }
    return false;
}

/* Base64 of `part`, of at most HEX_BYTES, in the middle of whatever else was encoded with it. */
static bool secrets_has_base64(const uint8_t *data, size_t size, const void *part, size_t part_size,
                               int variant)
{
    bool found = false;

    for (size_t shift = 0; shift < SHIFTS && !found; shift++) {
        uint8_t shifted[HEX_BYTES + SHIFTS] = {0};
        char text[BASE64_BYTES];
        size_t first = shift == 0 ? 0 : shift + 1; /* the digits that hold bits of what is before */

        memcpy(shifted + shift, part, part_size);
        (void)sodium_bin2base64(text, sizeof text, shifted, part_size + shift, variant);
        /* Whole digits of the part alone; the last may hold bits of what is behind. */
        found = secrets_has(data, size, text + first, (part_size + shift) * 8 / 6 - first);
        sodium_memzero(shifted, sizeof shifted);
        sodium_memzero(text, sizeof text);
    }
    return found;
}

static bool secrets_has_any(const uint8_t *data, size_t size, const void *part, size_t part_size)
{
    return secrets_has(data, size, part, part_size) ||
           secrets_has_base64(data, size, part, part_size,
                              sodium_base64_VARIANT_ORIGINAL_NO_PADDING) ||
           secrets_has_base64(data, size, part, part_size,
                              sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

bool support_holds(const uint8_t *data, size_t size, const uint8_t seed[SUPPORT_SEED_BYTES])
{
    char hex[HEX_BYTES + 1];
    bool found;

    (void)sodium_bin2hex(hex, sizeof hex, seed, SUPPORT_SEED_BYTES);
    found = secrets_has_any(data, size, seed, SUPPORT_SEED_BYTES) ||
            secrets_has_any(data, size, hex, HEX_BYTES);
    for (size_t i = 0; hex[i] != '\0'; i++)
        if (hex[i] >= 'a')
            hex[i] = (char)(hex[i] - 'a' + 'A');
    found = found || secrets_has_any(data, size, hex, HEX_BYTES);
    sodium_memzero(hex, sizeof hex);
    return found;
}

/*
 * Read the seed out of a key file (site/control/keyfile.h).  Not by keyfile_open(): it refuses a
 * file that others may read, and that one has a secret as well.
 */
static bool secrets_read(const char *path, uint8_t seed[SUPPORT_SEED_BYTES])
{
    static const char word[] = "\nsecret ";
    struct bytes text = {0};
    const char *at = NULL;
    bool found = false;

    if (file_read(path, KEY_BYTES_MAX, &text, NULL) == ST_OK) {
        bytes_append(&text, "", 1);
        at = text.failed ? NULL : strstr((const char *)text.data, word);
    }
    if (at != NULL)
        found = sodium_hex2bin(seed, SUPPORT_SEED_BYTES, at + sizeof word - 1, HEX_BYTES, NULL,
                               NULL, NULL) == 0;
    if (text.data != NULL)
        sodium_memzero(text.data, text.size);
    bytes_fini(&text);
    return found;
}

/* A key that this user cannot read cannot have been copied either. */
static const char *secrets_find(const struct support *support, const char *key_name)
{
    uint8_t seed[SUPPORT_SEED_BYTES];
    char path[FILE_PATH_BYTES];
    const char *found = NULL;

    if (file_path(path, support->cli->dir, key_name, NULL) != ST_OK || !secrets_read(path, seed))
        return NULL;
    for (size_t i = 0; i < support->count && found == NULL; i++) {
        struct bytes item = {0};

        /* What cannot be read again is not given away unread. */
        if (support->items[i].why[0] == '\0' &&
            (file_path(path, support->stage, support->items[i].name, NULL) != ST_OK ||
             file_read(path, ITEM_BYTES_MAX, &item, NULL) != ST_OK ||
             support_holds(item.data, item.size, seed)))
            found = support->items[i].name;
        bytes_fini(&item);
    }
    sodium_memzero(seed, sizeof seed);
    return found;
}

const char *support_find_secret(const struct support *support)
{
    const char *found = secrets_find(support, SITE_KEY);

    return found == NULL ? secrets_find(support, SITE_OPERATOR) : found;
}
