/*
 * Strict deterministic CBOR: RFC 8949 section 4.2.1, and nothing that has a second encoding.
 *
 * Reading has two steps.  cbor_init() checks the whole input once, so what a peer sent is refused
 * before a field of it has any effect.  The gets then only look at heads that are known to be good,
 * and can fail on nothing but type and range.
 */
#include "base/cbor.h"

#include <string.h>

/* Major types, section 3.1. */
enum {
    MAJOR_UINT = 0,
    MAJOR_NEGATIVE = 1,
    MAJOR_BYTES = 2,
    MAJOR_TEXT = 3,
    MAJOR_ARRAY = 4,
    MAJOR_MAP = 5,
    MAJOR_TAG = 6,
    MAJOR_SIMPLE = 7,
};

enum { SIMPLE_FALSE = 20, SIMPLE_TRUE = 21, SIMPLE_NULL = 22, SIMPLE_UNDEFINED = 23 };

/* What follows in 1, 2, 4 or 8 bytes, and "until a break". */
enum { INFO_1 = 24, INFO_8 = 27, INFO_INDEFINITE = 31 };

/* An item's first byte and its argument. */
struct head {
    unsigned major;
    uint64_t value;
    size_t size; /* of the head itself */
};

/* ---- writing ---- */

/* "Preferred serialization", section 4.1: the fewest bytes that hold the argument. */
static void cbor_put_head(struct bytes *out, unsigned major, uint64_t value)
{
    uint8_t *head;
    size_t size = value < INFO_1        ? 0
                  : value <= UINT8_MAX  ? 1
                  : value <= UINT16_MAX ? 2
                  : value <= UINT32_MAX ? 4
                                        : 8;
    unsigned info = size == 0   ? (unsigned)value
                    : size == 1 ? INFO_1
                    : size == 2 ? INFO_1 + 1
                    : size == 4 ? INFO_1 + 2
                                : INFO_8;

    head = bytes_extend(out, 1 + size);
    if (head == NULL)
        return;
    head[0] = (uint8_t)(major << 5 | info);
    for (size_t i = 0; i < size; i++)
        head[1 + i] = (uint8_t)(value >> (8 * (size - 1 - i)));
}

void cbor_put_uint(struct bytes *out, uint64_t value)
{
    cbor_put_head(out, MAJOR_UINT, value);
}

void cbor_put_bytes(struct bytes *out, const void *data, size_t size)
{
    cbor_put_head(out, MAJOR_BYTES, size);
    bytes_append(out, data, size);
}

void cbor_put_text(struct bytes *out, const char *text)
{
    size_t size = strlen(text);

    /* Our own reader would refuse it, and then the record is lost: stop before it is written. */
    INVARIANT(utf8_is_valid(text, size));
    cbor_put_head(out, MAJOR_TEXT, size);
    bytes_append(out, text, size);
}

void cbor_put_array(struct bytes *out, uint64_t count)
{
    cbor_put_head(out, MAJOR_ARRAY, count);
}

void cbor_put_map(struct bytes *out, uint64_t count)
{
    cbor_put_head(out, MAJOR_MAP, count);
}

void cbor_put_bool(struct bytes *out, bool value)
{
    cbor_put_head(out, MAJOR_SIMPLE, value ? SIMPLE_TRUE : SIMPLE_FALSE);
}

void cbor_put_null(struct bytes *out)
{
    cbor_put_head(out, MAJOR_SIMPLE, SIMPLE_NULL);
}

void cbor_put_money(struct bytes *out, struct money amount)
{
    cbor_put_uint(out, money_nanos(amount));
}

void cbor_put_u128(struct bytes *out, u128 value)
{
    uint8_t bytes[U128_BYTES];

    le128_put(bytes, value);
    cbor_put_bytes(out, bytes, sizeof bytes);
}

/* ---- checking ---- */

/* NULL when the first byte may begin a value of the subset, otherwise why not. */
static const char *head_refuse_first(unsigned major, unsigned info)
{
    /* What the subset leaves out: each would be a second way to write something, or a float. */
    if (major == MAJOR_NEGATIVE)
        return "negative integer";
    if (major == MAJOR_TAG)
        return "tag";
    if (major == MAJOR_SIMPLE) {
        if (info == SIMPLE_FALSE || info == SIMPLE_TRUE || info == SIMPLE_NULL)
            return NULL;
        if (info == SIMPLE_UNDEFINED)
            return "undefined";
        if (info > INFO_1 && info <= INFO_8)
            return "float";
        return info == INFO_INDEFINITE ? "break without a beginning" : "simple value";
    }
    if (info == INFO_INDEFINITE && major != MAJOR_UINT)
        return "indefinite length";
    return info > INFO_8 ? "reserved first byte" : NULL;
}

/* A head whose argument does not stand in its first byte, or that is none. */
static const char *cbor_read_long_head(const uint8_t *at, size_t left, struct head *head)
{
    /* The least values that need 1, 2, 4 and 8 bytes. */
    static const uint64_t least[] = {INFO_1, (uint64_t)1 << 8, (uint64_t)1 << 16,
                                     (uint64_t)1 << 32};
    unsigned info = *at & 31;
    const char *error = head_refuse_first(head->major, info);
    size_t size;

    if (error != NULL)
        return error;
    if (info < INFO_1)
        return NULL;
    size = (size_t)1 << (info - INFO_1);
    if (size > left - 1)
        return "ends too soon";
    head->value = size == 1   ? at[1]
                  : size == 2 ? (uint64_t)at[1] << 8 | at[2]
                  : size == 4 ? be32_get(at + 1)
                              : be64_get(at + 1);
    head->size = 1 + size;
    return head->value < least[info - INFO_1] ? "not the shortest form" : NULL;
}

/* Read the head at `at`, within `end`.  NULL, or what is wrong with it. */
static inline const char *cbor_read_head(const uint8_t *at, const uint8_t *end, struct head *head)
{
    /* Of these types every small argument is good, and stands in the first byte itself. */
    static const unsigned plain =
        1 << MAJOR_UINT | 1 << MAJOR_BYTES | 1 << MAJOR_TEXT | 1 << MAJOR_ARRAY | 1 << MAJOR_MAP;

    if (at == end)
        return "ends too soon";
    head->major = *at >> 5;
    head->value = *at & 31;
    head->size = 1;
    if (head->value < INFO_1 && (plain >> head->major & 1) != 0)
        return NULL;
    return cbor_read_long_head(at, (size_t)(end - at), head);
}

static bool head_is_container(const struct head *head)
{
    return head->major == MAJOR_ARRAY || head->major == MAJOR_MAP;
}

/* The number of bytes that follow the head of a string; 0 for everything else. */
static uint64_t head_payload(const struct head *head)
{
    return head->major == MAJOR_BYTES || head->major == MAJOR_TEXT ? head->value : 0;
}

/* NULL when what the head announces fits into the `left` bytes after it, otherwise why not. */
static const char *head_check_promise(const struct head *head, const uint8_t *after, size_t left)
{
    switch (head->major) {
    case MAJOR_BYTES:
        return head->value > left ? "ends too soon" : NULL;
    case MAJOR_TEXT:
        if (head->value > left)
            return "ends too soon";
        return utf8_is_valid(after, (size_t)head->value) ? NULL : "text that is not UTF-8";
    case MAJOR_ARRAY: /* an item takes a byte at least: work is bounded by what was sent */
        return head->value > left ? "ends too soon" : NULL;
    case MAJOR_MAP:
        return head->value > left / 2 ? "ends too soon" : NULL;
    default:
        return NULL;
    }
}

/* An array or map that is being walked. */
struct level {
    uint64_t left; /* items still to come; a map's pair is two, so at an even number comes a key */
    const uint8_t *key; /* where this map's latest key starts; NULL before the first */
    size_t key_size;
    const uint8_t *item; /* where the item starts that is being read, which may itself be nested */
    bool is_map;
};

/* Section 4.2.1: keys in bytewise order of their encodings; equal ones are refused too. */
static bool level_key_rises(const struct level *map, const uint8_t *key, size_t size)
{
    size_t common = size < map->key_size ? size : map->key_size;
    int order;

    if (map->key == NULL)
        return true;
    order = memcmp(map->key, key, common);
    return order != 0 ? order < 0 : map->key_size < size;
}

/* The walk of cbor_init(): no recursion, so depth costs a level here and no stack. */
struct checker {
    const uint8_t *at;
    const uint8_t *end;
    size_t depth;
    struct level levels[CBOR_DEPTH_MAX];
};

/* One head and its payload; on success *opened says whether a container with items was entered. */
static const char *checker_item(struct checker *check, bool *opened)
{
    struct head head;
    const char *error = cbor_read_head(check->at, check->end, &head);

    if (error != NULL)
        return error;
    error = head_check_promise(&head, check->at + head.size,
                               (size_t)(check->end - check->at) - head.size);
    if (error != NULL)
        return error;
    /* An empty container counts as well: depth is a property of the value, not of its items. */
    if (head_is_container(&head) && check->depth == CBOR_DEPTH_MAX)
        return "nested too deep";
    check->at += head.size + (size_t)head_payload(&head);
    *opened = head_is_container(&head) && head.value != 0;
    if (*opened) {
        bool is_map = head.major == MAJOR_MAP;

        check->levels[check->depth++] =
            (struct level){.left = is_map ? 2 * head.value : head.value, .is_map = is_map};
    }
    return NULL;
}

/*
 * An item ended at check->at: count it in its container, and that one in its own if it ended too.
 * On an error check->at is moved to the key at fault.
 */
static const char *checker_close_item(struct checker *check)
{
    while (check->depth > 0) {
        struct level *level = &check->levels[check->depth - 1];

        /* An odd rest means that the item was a key: its value is still to come. */
        level->left--;
        if (level->is_map && level->left % 2 == 1) {
            const uint8_t *key = level->item;
            size_t size = (size_t)(check->at - key);

            if (!level_key_rises(level, key, size)) {
                bool equal = size == level->key_size && memcmp(key, level->key, size) == 0;

                check->at = key;
                return equal ? "map key repeated" : "map keys not sorted";
            }
            level->key = key;
            level->key_size = size;
        }
        if (level->left != 0)
            return NULL;
        check->depth--;
    }
    return NULL;
}

/* Check one value and that nothing follows it.  NULL, or the first error, at check->at. */
static const char *cbor_check_all(struct checker *check)
{
    do {
        const char *error;
        bool opened;

        if (check->depth > 0)
            check->levels[check->depth - 1].item = check->at;
        error = checker_item(check, &opened);
        if (error == NULL && !opened)
            error = checker_close_item(check);
        if (error != NULL)
            return error;
    } while (check->depth > 0);
    return check->at == check->end ? NULL : "bytes after the end";
}

/* ---- reading ---- */

static const uint8_t nothing[1]; /* what strings point to after an error: valid, and empty */

/* Keep the first error alone: those after it mostly follow from it. */
static void cbor_fail_at(struct cbor *in, const uint8_t *at, const char *error)
{
    if (in->error != NULL)
        return;
    in->error = error;
    in->error_offset = (size_t)(at - in->start);
}

void cbor_init_fields(struct cbor *in, const void *data, size_t size)
{
    const uint8_t *start = data != NULL ? data : nothing;

    INVARIANT(data != NULL || size == 0);
    *in = (struct cbor){.at = start, .end = start + size, .start = start};
}

void cbor_init(struct cbor *in, const void *data, size_t size)
{
    struct checker check;
    const char *error;

    cbor_init_fields(in, data, size);
    in->is_checked = true;
    check.at = in->start; /* and no level: each is filled when it is entered */
    check.end = in->end;
    check.depth = 0;
    error = cbor_check_all(&check);
    if (error != NULL)
        cbor_fail_at(in, check.at, error);
}

/* The type that a good head begins. */
static inline enum cbor_type head_type(const struct head *head)
{
    static const enum cbor_type types[] = {
        [MAJOR_UINT] = CBOR_UINT,   [MAJOR_BYTES] = CBOR_BYTES, [MAJOR_TEXT] = CBOR_TEXT,
        [MAJOR_ARRAY] = CBOR_ARRAY, [MAJOR_MAP] = CBOR_MAP,
    };

    if (head->major != MAJOR_SIMPLE)
        return types[head->major];
    return head->value == SIMPLE_NULL ? CBOR_NULL : CBOR_BOOL;
}

/*
 * Read the head at the cursor.  NULL, or what is wrong with it, where cbor_init() has not looked
 * already.
 */
static inline const char *cbor_look(const struct cbor *in, struct head *head)
{
    const char *error = cbor_read_head(in->at, in->end, head);

    if (error != NULL || in->is_checked)
        return error;
    return head_check_promise(head, in->at + head->size, (size_t)(in->end - in->at) - head->size);
}

enum cbor_type cbor_peek(const struct cbor *in)
{
    struct head head;

    return in->error == NULL && cbor_look(in, &head) == NULL ? head_type(&head) : CBOR_END;
}

/*
 * The head of an item of this type whose argument is at most `max`; the cursor does not move.
 * False, with the error kept, when it is something else.
 */
static inline bool cbor_want(struct cbor *in, enum cbor_type type, const char *wanted, uint64_t max,
                             const char *beyond, struct head *head)
{
    const char *error;

    if (in->error != NULL)
        return false;
    error = cbor_look(in, head);
    /* At the end of a checked input another value is wanted, and none is there. */
    if (error != NULL && in->is_checked)
        error = wanted;
    if (error == NULL && head_type(head) != type)
        error = wanted;
    if (error == NULL && head->value > max)
        error = beyond;
    if (error != NULL)
        cbor_fail_at(in, in->at, error);
    return error == NULL;
}

uint64_t cbor_get_uint(struct cbor *in, uint64_t max)
{
    struct head head;

    if (!cbor_want(in, CBOR_UINT, "integer wanted", max, "integer too large", &head))
        return 0;
    in->at += head.size;
    return head.value;
}

struct money cbor_get_money(struct cbor *in)
{
    struct money amount;

    /* The bound of the get is that of amounts, so only a bug could break this. */
    INVARIANT(money_from_nanos(&amount, cbor_get_uint(in, MONEY_NANOS_MAX)) == ST_OK);
    return amount;
}

u128 cbor_get_u128(struct cbor *in)
{
    uint8_t bytes[U128_BYTES];

    cbor_get_bytes_exact(in, bytes, sizeof bytes);
    return le128_get(bytes);
}

const uint8_t *cbor_get_bytes(struct cbor *in, size_t *size, size_t size_max)
{
    struct head head;
    const uint8_t *data;

    *size = 0;
    if (!cbor_want(in, CBOR_BYTES, "byte string wanted", size_max, "byte string too long", &head))
        return nothing;
    *size = (size_t)head.value;
    data = in->at + head.size;
    in->at = data + *size;
    return data;
}

void cbor_get_bytes_exact(struct cbor *in, void *to, size_t size)
{
    const uint8_t *from = in->at;
    size_t found;
    const uint8_t *data = cbor_get_bytes(in, &found, size);

    /* Too long was refused by the get; all zeros below, so no caller reads what was there. */
    if (found != size)
        cbor_fail_at(in, from, "byte string too short");
    if (size == 0)
        return;
    if (in->error == NULL)
        memcpy(to, data, size);
    else
        memset(to, 0, size);
}

void cbor_get_text(struct cbor *in, char *to, size_t size_max)
{
    struct head head;
    const uint8_t *data;

    to[0] = '\0';
    if (!cbor_want(in, CBOR_TEXT, "text wanted", size_max, "text too long", &head))
        return;
    data = in->at + head.size;
    /* A C string would end at the NUL: two texts could then be taken for one. */
    if (memchr(data, 0, (size_t)head.value) != NULL) {
        cbor_fail_at(in, in->at, "text with a NUL");
        return;
    }
    memcpy(to, data, (size_t)head.value);
    to[head.value] = '\0';
    in->at = data + head.value;
}

const char *cbor_get_text_sized(struct cbor *in, size_t *size, size_t size_max)
{
    const uint8_t *data;
    struct head head;

    *size = 0;
    if (!cbor_want(in, CBOR_TEXT, "text wanted", size_max, "text too long", &head))
        return "";
    data = in->at + head.size;
    *size = (size_t)head.value;
    in->at = data + head.value;
    return (const char *)data;
}

void cbor_get_array(struct cbor *in, uint64_t count)
{
    const uint8_t *from = in->at;
    uint64_t found = cbor_get_array_any(in, UINT64_MAX);

    if (found != count)
        cbor_fail_at(in, from, "array of another length");
}

uint64_t cbor_get_array_any(struct cbor *in, uint64_t count_max)
{
    struct head head;

    if (!cbor_want(in, CBOR_ARRAY, "array wanted", count_max, "array too long", &head))
        return 0;
    in->at += head.size;
    return head.value;
}

uint64_t cbor_get_map_any(struct cbor *in, uint64_t count_max)
{
    struct head head;

    INVARIANT(in->is_checked);
    if (!cbor_want(in, CBOR_MAP, "map wanted", count_max, "map too long", &head))
        return 0;
    in->at += head.size;
    return head.value;
}

bool cbor_get_bool(struct cbor *in)
{
    struct head head;

    if (!cbor_want(in, CBOR_BOOL, "true or false wanted", UINT64_MAX, "", &head))
        return false;
    in->at += head.size;
    return head.value == SIMPLE_TRUE;
}

void cbor_get_null(struct cbor *in)
{
    struct head head;

    if (cbor_want(in, CBOR_NULL, "null wanted", UINT64_MAX, "", &head))
        in->at += head.size;
}

bool cbor_take_null(struct cbor *in)
{
    if (cbor_peek(in) != CBOR_NULL)
        return false;
    cbor_get_null(in);
    return true;
}

const uint8_t *cbor_get_raw(struct cbor *in, size_t *size)
{
    const uint8_t *from = in->at;
    const uint8_t *at = from;
    uint64_t items = 1;

    *size = 0;
    INVARIANT(in->is_checked);
    if (in->error != NULL)
        return nothing;
    /* Counts cannot overflow: cbor_init() held each to the bytes that follow it. */
    for (; items > 0; items--) {
        struct head head;
        const char *error = cbor_read_head(at, in->end, &head);

        if (error != NULL) {
            cbor_fail_at(in, from, "value wanted");
            return nothing;
        }
        at += head.size + (size_t)head_payload(&head);
        if (head_is_container(&head))
            items += head.major == MAJOR_MAP ? 2 * head.value : head.value;
    }
    in->at = at;
    *size = (size_t)(at - from);
    return from;
}

void cbor_fail(struct cbor *in, const char *error)
{
    cbor_fail_at(in, in->at, error);
}

enum status cbor_done(const struct cbor *in, struct fault *fault, const char *what)
{
    const char *error = in->error;
    size_t offset = in->error_offset;

    /* The decoder did not read all: the value has another shape than it thinks. */
    if (error == NULL && in->at != in->end) {
        error = "more values than wanted";
        offset = (size_t)(in->at - in->start);
    }
    if (error == NULL)
        return ST_OK;
    return fault_set(fault, ST_INVALID, "%s: %s at byte %zu", what, error, offset);
}
