/*
 * Maps with text keys for answers: entries in any order, written sorted as deterministic CBOR wants
 * it.
 */
#ifndef SERAI_SITE_CORE_MAP_H
#define SERAI_SITE_CORE_MAP_H

#include "base/cbor.h"
#include "base/hash.h"
#include "base/money.h"

enum { MAP_ENTRIES_MAX = 64 };

struct map {
    struct bytes values;
    struct {
        const char *key; /* a string literal */
        size_t start;
        size_t size;
    } entries[MAP_ENTRIES_MAX];
    size_t count;
};

/* Begin an empty map. */
void map_init(struct map *map);

/*
 * map_uint(), map_text(), map_bool() and map_money() add an entry; an amount is written as decimal
 * text.  `key` is a literal, there are at most MAP_ENTRIES_MAX, and text is UTF-8 (INVARIANT).
 */
void map_uint(struct map *map, const char *key, uint64_t value);
void map_text(struct map *map, const char *key, const char *value);
void map_bool(struct map *map, const char *key, bool value);
void map_money(struct map *map, const char *key, struct money value);

/* Add text from outside: a byte that is not UTF-8 is shown as '?'. */
void map_text_sized(struct map *map, const char *key, const char *value, size_t size);

/* Add a total of nanos, as decimal text. */
void map_total(struct map *map, const char *key, u128 total);

/* Add at most 64 bytes (INVARIANT) as lower-case hex text. */
void map_hex(struct map *map, const char *key, const uint8_t *bytes, size_t size);

/* Add one CBOR item, encoded already. */
void map_raw(struct map *map, const char *key, const struct bytes *item);

/*
 * Append the map to `out`, its entries in the order of deterministic CBOR, and free it.  Check
 * out->failed.
 */
void map_end(struct map *map, struct bytes *out);

#endif
