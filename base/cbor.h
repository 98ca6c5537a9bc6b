/*
 * Strict deterministic CBOR: RFC 8949 section 4.2.1, the subset that Serai stores, signs and sends.
 * One value has one encoding; the reader refuses every other: non-shortest integers and lengths,
 * indefinite lengths, tags, floats, negative integers, undefined, unsorted or repeated map keys,
 * text that is not UTF-8, nesting deeper than CBOR_DEPTH_MAX, and bytes after the end.
 *
 * Neither side allocates on read; strings point into the input.  Types: unsigned integers, byte
 * strings, text strings, arrays, maps, false, true, null.  An amount of money is an integer of
 * nanos, a number of 128 bits a byte string of 16, little-endian.
 */
#ifndef SERAI_BASE_CBOR_H
#define SERAI_BASE_CBOR_H

#include "base/bytes.h"
#include "base/money.h"

enum { CBOR_DEPTH_MAX = 16 };

/* ---- writing: appends to a struct bytes; check bytes.failed once at the end ---- */

/*
 * cbor_put_uint(), cbor_put_bytes(), cbor_put_bool() and cbor_put_null() append one whole value in
 * its shortest form.  `data` may be NULL when `size` is 0.
 */
void cbor_put_uint(struct bytes *out, uint64_t value);
void cbor_put_bytes(struct bytes *out, const void *data, size_t size);
void cbor_put_bool(struct bytes *out, bool value);
void cbor_put_null(struct bytes *out);

/*
 * Append a NUL-terminated text.  It must be UTF-8 (INVARIANT): a reader would refuse anything else,
 * and the record would be lost.
 */
void cbor_put_text(struct bytes *out, const char *text);

/* Append the head of an array.  The caller then appends `count` values. */
void cbor_put_array(struct bytes *out, uint64_t count);

/*
 * Append the head of a map.  The caller then appends `count` pairs of key and value, in the
 * bytewise order of the encoded keys: nothing here sorts them.
 */
void cbor_put_map(struct bytes *out, uint64_t count);

/* cbor_put_money() and cbor_put_u128() append an amount, and a number of 128 bits. */
void cbor_put_money(struct bytes *out, struct money amount);
void cbor_put_u128(struct bytes *out, u128 value);

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
    bool is_checked; /* by cbor_init() */
};

/*
 * Start reading `size` bytes.  The whole input is checked for well-formedness, determinism, depth
 * and trailing bytes right here (no allocation), so the gets below can only fail on type or range.
 */
void cbor_init(struct cbor *in, const void *data, size_t size);

/*
 * Start reading rows of the site's own, in half of the time: nothing is checked ahead, and each get
 * checks the value that it reads.  So what is accepted is the same, if every value is read by the
 * get of its type, none by cbor_get_raw() and no map is among them (INVARIANT).
 */
void cbor_init_fields(struct cbor *in, const void *data, size_t size);

/*
 * The type of the next value, which is not read.  CBOR_END at the end of the input and after an
 * error.
 */
enum cbor_type cbor_peek(const struct cbor *in);

/* Read an integer of at most `max`; a larger one is an error. */
uint64_t cbor_get_uint(struct cbor *in, uint64_t max);

/* Read an amount; an integer above MONEY_NANOS_MAX is an error. */
struct money cbor_get_money(struct cbor *in);

/* Read what cbor_put_u128() wrote; a string of another length is an error. */
u128 cbor_get_u128(struct cbor *in);

/*
 * Read a byte string of at most size_max bytes; a longer one is an error.  The result points into
 * the input, and is never NULL: after an error it points to an empty string.
 */
const uint8_t *cbor_get_bytes(struct cbor *in, size_t *size, size_t size_max);

/*
 * Copy a byte string of exactly `size` bytes to `to`.  Any other length is an error, and then `to`
 * is all zeros.
 */
void cbor_get_bytes_exact(struct cbor *in, void *to, size_t size);

/*
 * Copy a text and a NUL into `to`, which has room for size_max + 1 bytes.  A longer text and one
 * that holds a NUL are errors, and then `to` is the empty text.
 */
void cbor_get_text(struct cbor *in, char *to, size_t size_max);

/*
 * Read a text of at most size_max bytes, as cbor_get_bytes() reads a byte string: it points into
 * the input and ends without a NUL.
 */
const char *cbor_get_text_sized(struct cbor *in, size_t *size, size_t size_max);

/* Read the head of an array of exactly `count` values; any other length is an error. */
void cbor_get_array(struct cbor *in, uint64_t count);

/*
 * Read the head of an array and return the number of its values.  More than count_max are an error.
 */
uint64_t cbor_get_array_any(struct cbor *in, uint64_t count_max);

/* Read the head of a map and return the number of its pairs.  More than count_max are an error. */
uint64_t cbor_get_map_any(struct cbor *in, uint64_t count_max);

/* Read true or false.  Returns false after an error, too. */
bool cbor_get_bool(struct cbor *in);

/* Read null; any other value is an error. */
void cbor_get_null(struct cbor *in);

/* Whether the next value is null, which is read then.  False: it is another, and is not read. */
bool cbor_take_null(struct cbor *in);

/*
 * Step over one whole value of any type and return its encoding, *size bytes within the input.
 * Never NULL: after an error *size is 0.
 */
const uint8_t *cbor_get_raw(struct cbor *in, size_t *size);

/*
 * Record an error of the caller's own, such as a value that makes no sense, at the place of the
 * next value.  The first error stands; `error` is not copied.
 */
void cbor_fail(struct cbor *in, const char *error);

/*
 * ST_OK when nothing went wrong and all input was read; otherwise ST_INVALID with
 * "<what>: <error> at byte <offset>".
 */
MUST_CHECK enum status cbor_done(const struct cbor *in, struct fault *fault, const char *what);

#endif
