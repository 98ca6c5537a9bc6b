/* Decode and encode again by the public functions only. */
#include "tests/base/cbor_walk.h"

#include <string.h>

enum { TEXT_BYTES_MAX = 4096, ITEMS_MAX = 4 };

static void copy_text(struct cbor *in, struct bytes *out)
{
    char text[TEXT_BYTES_MAX + 1];
    size_t size;
    const uint8_t *raw;
    struct cbor peeked = *in;

    cbor_get_text(&peeked, text, TEXT_BYTES_MAX);
    if (peeked.error == NULL) {
        *in = peeked;
        cbor_put_text(out, text);
        return;
    }
    /* Longer, or with a NUL: legal, but no record of ours has it. */
    raw = cbor_get_raw(in, &size);
    bytes_append(out, raw, size);
}

/* Nesting was bounded by cbor_init(), so this needs no stack of its own: count what is to come. */
static void copy_all(struct cbor *in, struct bytes *out)
{
    for (uint64_t left = 1; left > 0; left--) {
        const uint8_t *data;
        uint64_t count;
        size_t size;

        switch (cbor_peek(in)) {
        case CBOR_UINT:
            cbor_put_uint(out, cbor_get_uint(in, UINT64_MAX));
            break;
        case CBOR_BYTES:
            data = cbor_get_bytes(in, &size, SIZE_MAX);
            cbor_put_bytes(out, data, size);
            break;
        case CBOR_TEXT:
            copy_text(in, out);
            break;
        case CBOR_ARRAY:
            count = cbor_get_array_any(in, UINT64_MAX);
            cbor_put_array(out, count);
            left += count;
            break;
        case CBOR_MAP:
            count = cbor_get_map_any(in, UINT64_MAX);
            cbor_put_map(out, count);
            left += 2 * count;
            break;
        case CBOR_BOOL:
            cbor_put_bool(out, cbor_get_bool(in));
            break;
        case CBOR_NULL:
            cbor_get_null(in);
            cbor_put_null(out);
            break;
        case CBOR_END:
            /* An accepted value never ends before its counts say. */
            INVARIANT(cbor_peek(in) != CBOR_END);
        }
    }
}

bool cbor_walk_check(const uint8_t *data, size_t size)
{
    struct bytes out = {0};
    struct cbor in;
    size_t raw_size;

    cbor_init(&in, data, size);
    if (in.error != NULL) {
        INVARIANT(in.error_offset <= size);
        INVARIANT(cbor_done(&in, NULL, "value") == ST_INVALID);
        return false;
    }
    copy_all(&in, &out);
    INVARIANT(cbor_done(&in, NULL, "value") == ST_OK);
    INVARIANT(!out.failed);
    INVARIANT(out.size == size);
    INVARIANT(memcmp(out.data, data, size) == 0);
    bytes_fini(&out);
    cbor_init(&in, data, size);
    INVARIANT(cbor_get_raw(&in, &raw_size) == data);
    INVARIANT(raw_size == size);
    return true;
}

static void put_random_string(struct bytes *out, struct rng *rng)
{
    uint8_t data[300];
    size_t size = (size_t)(rng_coin(rng) ? rng_below(rng, 30) : rng_below(rng, sizeof data));

    rng_fill(rng, data, size);
    cbor_put_bytes(out, data, size);
}

static void put_random_text(struct bytes *out, struct rng *rng)
{
    static const char *const pieces[] = {
        "a", "~", "\n", "\xc3\xbc", "\xe6\xb0\xb4", "\xf0\x90\x85\x91"};
    char text[200] = "";

    for (uint64_t i = rng_below(rng, 40); i > 0; i--)
        strcat(text, pieces[rng_below(rng, sizeof pieces / sizeof pieces[0])]);
    cbor_put_text(out, text);
}

/* Keys rise by random steps, and change from integers to texts in the middle. */
static void put_random_map(struct bytes *out, struct rng *rng, unsigned depth)
{
    uint64_t integers = rng_below(rng, ITEMS_MAX);
    uint64_t texts = rng_below(rng, ITEMS_MAX);
    uint64_t key = rng_below(rng, 300);
    char text[] = "a";

    cbor_put_map(out, integers + texts);
    for (uint64_t i = 0; i < integers; i++) {
        cbor_put_uint(out, key);
        cbor_walk_random(out, rng, depth);
        key += 1 + rng_below(rng, 100000);
    }
    for (uint64_t i = 0; i < texts; i++) {
        cbor_put_text(out, text);
        cbor_walk_random(out, rng, depth);
        text[0]++;
    }
}

void cbor_walk_random(struct bytes *out, struct rng *rng, unsigned depth)
{
    uint64_t count;

    switch (rng_below(rng, depth == 0 ? 5 : 8)) {
    case 0:
        cbor_put_uint(out, rng_edgy(rng));
        break;
    case 1:
        put_random_string(out, rng);
        break;
    case 2:
        put_random_text(out, rng);
        break;
    case 3:
        cbor_put_bool(out, rng_coin(rng));
        break;
    case 4:
        cbor_put_null(out);
        break;
    case 5:
        put_random_map(out, rng, depth - 1);
        break;
    default:
        count = rng_below(rng, ITEMS_MAX);
        cbor_put_array(out, count);
        for (uint64_t i = 0; i < count; i++)
            cbor_walk_random(out, rng, depth - 1);
    }
}
