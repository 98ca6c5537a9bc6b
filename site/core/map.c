#include "site/core/map.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void map_init(struct map *map)
{
    memset(map, 0, sizeof *map);
}

/* What is put between the two calls is the value of that key: one CBOR item. */
static void map_entry_begin(struct map *map, const char *key)
{
    INVARIANT(map->count < MAP_ENTRIES_MAX);
    map->entries[map->count].key = key;
    map->entries[map->count].start = map->values.size;
}

static void map_entry_end(struct map *map)
{
    map->entries[map->count].size = map->values.size - map->entries[map->count].start;
    map->count++;
}

void map_uint(struct map *map, const char *key, uint64_t value)
{
    map_entry_begin(map, key);
    cbor_put_uint(&map->values, value);
    map_entry_end(map);
}

void map_text(struct map *map, const char *key, const char *value)
{
    map_entry_begin(map, key);
    cbor_put_text(&map->values, value);
    map_entry_end(map);
}

void map_text_sized(struct map *map, const char *key, const char *value, size_t size)
{
    char *text = calloc(1, size + 1);

    INVARIANT(text != NULL);
    memcpy(text, value, size);
    /* A text of CBOR is UTF-8, and this one ends at its first NUL; both would lose what follows. */
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '\0')
            text[i] = '?';
    }
    if (!utf8_is_valid((const uint8_t *)text, size)) {
        for (size_t i = 0; i < size; i++) {
            if ((unsigned char)text[i] >= 0x80)
                text[i] = '?';
        }
    }
    map_text(map, key, text);
    free(text);
}

void map_bool(struct map *map, const char *key, bool value)
{
    map_entry_begin(map, key);
    cbor_put_bool(&map->values, value);
    map_entry_end(map);
}

void map_money(struct map *map, const char *key, struct money value)
{
    char text[MONEY_TEXT_BYTES];

    map_text(map, key, money_print(text, value));
}

void map_total(struct map *map, const char *key, u128 total)
{
    char whole[U128_TEXT_BYTES];
    char text[U128_TEXT_BYTES + 12];

    (void)snprintf(text, sizeof text, "%s.%09llu", u128_print(whole, total / MONEY_NANOS_PER_UNIT),
                   (unsigned long long)(total % MONEY_NANOS_PER_UNIT));
    map_text(map, key, text);
}

void map_hex(struct map *map, const char *key, const uint8_t *bytes, size_t size)
{
    char text[2 * 64 + 1];

    INVARIANT(size <= 64);
    map_text(map, key, hex_print(text, bytes, size));
}

void map_raw(struct map *map, const char *key, const struct bytes *item)
{
    map_entry_begin(map, key);
    /* An item that memory was short for would be taken for a whole one. */
    map->values.failed = map->values.failed || item->failed;
    bytes_append(&map->values, item->data, item->size);
    map_entry_end(map);
}

void map_end(struct map *map, struct bytes *out)
{
    INVARIANT(!map->values.failed);
    cbor_put_map(out, map->count);
    /* RFC 8949, section 4.2.1: keys in the order of their encoding, so texts by length first, then
     * by bytes.  By selection: there are some dozen. */
    for (size_t done = 0; done < map->count; done++) {
        size_t least = SIZE_MAX;

        /* A key that was written is NULL from then on. */
        for (size_t i = 0; i < map->count; i++) {
            const char *key = map->entries[i].key;
            const char *best = least == SIZE_MAX ? NULL : map->entries[least].key;

            if (key == NULL)
                continue;
            if (best == NULL || strlen(key) < strlen(best) ||
                (strlen(key) == strlen(best) && strcmp(key, best) < 0))
                least = i;
        }
        cbor_put_text(out, map->entries[least].key);
        bytes_append(out, map->values.data + map->entries[least].start, map->entries[least].size);
        map->entries[least].key = NULL;
    }
    bytes_fini(&map->values);
}
