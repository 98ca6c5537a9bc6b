/*
 * Strict deterministic CBOR: RFC 8949 section 4.2.1, the subset that Serai stores, signs and sends.
 * One value has one encoding; the reader refuses every other: non-shortest integers and lengths,
 * indefinite lengths, tags, floats, negative integers, undefined, unsorted or repeated map keys,
 * text that is not UTF-8, nesting deeper than CBOR_DEPTH_MAX, and bytes after the end.
 *
 * Neither side allocates on read; strings point into the input.  Types: unsigned integers, byte
 * strings, text strings, arrays, maps, false, true, null.
 */
#ifndef SERAI_BASE_CBOR_H
#define SERAI_BASE_CBOR_H

#include "base/bytes.h"

enum { CBOR_DEPTH_MAX = 16 };

/* ---- writing: appends to a struct bytes; check bytes.failed once at the end ---- */
void cbor_put_uint(struct bytes *out, uint64_t value);
void cbor_put_bytes(struct bytes *out, const void *data, size_t size);
void cbor_put_text(struct bytes *out, const char *text); /* NUL-terminated; not UTF-8: INVARIANT */
void cbor_put_array(struct bytes *out, uint64_t count);  /* then `count` values */
void cbor_put_map(struct bytes *out, uint64_t count);    /* then `count` key-value pairs, sorted */
void cbor_put_bool(struct bytes *out, bool value);
void cbor_put_null(struct bytes *out);

/* ---- reading ---- */
enum cbor_type {
    CBOR_UINT,
    CBOR_BYTES,
    CBOR_TEXT,
    CBOR_ARRAY,
    CBOR_MAP,
    CBOR_BOOL,
    CBOR_NULL,
    CBOR_END, /* nothing is left */
};

/*
 * A cursor over one item.  The first mistake is remembered: every later get returns zero or empty,
 * and cbor_done() reports it.  So a decoder reads all its fields and checks once:
 *
 *     struct cbor in;
 *     cbor_init(&in, data, size);
 *     cbor_get_array(&in, 3);
 *     row->id = cbor_get_uint(&in, UINT64_MAX);
 *     ...
 *     return cbor_done(&in, fault, "agent row");
 */
struct cbor {
    const uint8_t *at;
    const uint8_t *end;
    const uint8_t *start;
    const char *error; /* NULL while all is well */
    size_t error_offset;
};

/*
 * Start reading `size` bytes.  The whole input is checked for well-formedness, determinism, depth
 * and trailing bytes right here (no allocation), so the gets below can only fail on type or range.
 */
void cbor_init(struct cbor *in, const void *data, size_t size);

enum cbor_type cbor_peek(const struct cbor *in);

uint64_t cbor_get_uint(struct cbor *in, uint64_t max); /* error when above max */
/* Points into the input; error when longer than size_max. */
const uint8_t *cbor_get_bytes(struct cbor *in, size_t *size, size_t size_max);
/* Exactly `size` bytes, copied to `to` (zeroed on error). */
void cbor_get_bytes_exact(struct cbor *in, void *to, size_t size);
/* Copies text with its NUL into `to` of size_max + 1 bytes; error when longer or when it holds NUL.
 */
void cbor_get_text(struct cbor *in, char *to, size_t size_max);
void cbor_get_array(struct cbor *in, uint64_t count);             /* error unless exactly count */
uint64_t cbor_get_array_any(struct cbor *in, uint64_t count_max); /* returns the count */
uint64_t cbor_get_map_any(struct cbor *in, uint64_t count_max);
bool cbor_get_bool(struct cbor *in);
void cbor_get_null(struct cbor *in);
/* Step over one whole item, whatever it is; points at its bytes. */
const uint8_t *cbor_get_raw(struct cbor *in, size_t *size);

/* Record an error of the caller's own (a value that makes no sense); the first one stands. */
void cbor_fail(struct cbor *in, const char *error);

/*
 * ST_OK when nothing went wrong and all input was read; otherwise ST_INVALID with
 * "<what>: <error> at byte <offset>".
 */
MUST_CHECK enum status cbor_done(const struct cbor *in, struct fault *fault, const char *what);

#endif
