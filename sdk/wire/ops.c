/* Operations in Syrup: one table says what each has, and the reader and the writer follow it. */
#include "sdk/wire/ops.h"

#include <string.h>

#include "sdk/vat/syrup.h"

struct form {
    const char *label;
    const char *fields;
};

static const struct form forms[OP_KINDS] = {
    [OP_HELLO] = {"op:hello", "vkspa"},     [OP_DELIVER] = {"op:deliver", "tqmcb"},
    [OP_ANSWER] = {"op:answer", "qmcb"},    [OP_BREAK] = {"op:break", "qmeab"},
    [OP_LISTEN] = {"op:listen", "iq"},      [OP_GC_EXPORT] = {"op:gc-export", "in"},
    [OP_GC_ANSWER] = {"op:gc-answer", "q"}, [OP_GIFT] = {"op:gift", "gik"},
    [OP_GIFT_END] = {"op:gift-end", "g"},   [OP_WITHDRAW] = {"op:withdraw", "kgq"},
    [OP_SYNC] = {"op:sync", "tq"},          [OP_SYNCED] = {"op:synced", "q"},
    [OP_ABORT] = {"op:abort", "b"},
};

/* Of places: i index, a ask, k key, g gift. */
static const struct form places[OP_PLACE_KINDS] = {
    [OP_PLACE_YOURS] = {"desc:export", "i"},
    [OP_PLACE_ANSWER] = {"desc:answer", "i"},
    [OP_PLACE_OBJECT] = {"desc:import-object", "ia"},
    [OP_PLACE_PROMISE] = {"desc:import-promise", "ia"},
    [OP_PLACE_GIFT] = {"desc:gift", "iakg"},
};

const char *op_fields(enum op_kind kind)
{
    return forms[kind].fields;
}

/* ---- reading ---- */

static int32_t form_find(const struct form *list, int32_t count, const struct syrup_token *label)
{
    for (int32_t i = 0; i < count; i++) {
        if (list[i].label != NULL && (int32_t)strlen(list[i].label) == label->size &&
            memcmp(list[i].label, label->bytes, (size_t)label->size) == 0)
            return i;
    }
    return -1;
}

/* Open a record and find its label; -1: it is none of the list. */
static int32_t read_label(struct syrup_in *in, const struct form *list, int32_t count)
{
    struct syrup_token token;

    if (syrup_next(in, &token) != SYRUP_RECORD || syrup_next(in, &token) != SYRUP_SYMBOL)
        return -1;
    return form_find(list, count, &token);
}

static bool read_number(struct syrup_in *in, int64_t least, int64_t most, int64_t *number)
{
    struct syrup_token token;

    if (syrup_next(in, &token) != SYRUP_INT || token.number < least || token.number > most)
        return false;
    *number = token.number;
    return true;
}

static bool read_index(struct syrup_in *in, uint32_t *index)
{
    int64_t number;

    if (!read_number(in, 0, UINT32_MAX, &number))
        return false;
    *index = (uint32_t)number;
    return true;
}

static bool read_int32(struct syrup_in *in, int32_t *to)
{
    int64_t number;

    if (!read_number(in, INT32_MIN, INT32_MAX, &number))
        return false;
    *to = (int32_t)number;
    return true;
}

static bool is_zero(const uint8_t *bytes, int32_t size)
{
    for (int32_t i = 0; i < size; i++) {
        if (bytes[i] != 0)
            return false;
    }
    return true;
}

/* Exactly so many bytes; none at all leaves zeroes, where that is allowed. */
static bool read_fixed(struct syrup_in *in, uint8_t *to, int32_t size, bool may_miss)
{
    struct syrup_token token;

    if (syrup_next(in, &token) != SYRUP_BYTES)
        return false;
    memset(to, 0, (size_t)size);
    if (token.size == 0)
        return may_miss;
    if (token.size != size)
        return false;
    memcpy(to, token.bytes, (size_t)size);
    return !may_miss || !is_zero(to, size); /* what is none has one form */
}

static bool read_close(struct syrup_in *in, enum syrup_kind kind)
{
    struct syrup_token token;

    return syrup_next(in, &token) == SYRUP_CLOSE && token.number == (int64_t)kind;
}

static bool read_place(struct syrup_in *in, struct op_place *place)
{
    int32_t kind = read_label(in, places, OP_PLACE_KINDS);

    if (kind < 0)
        return false;
    *place = (struct op_place){.kind = (enum op_place_kind)kind};
    for (const char *field = places[kind].fields; *field != 0; field++) {
        if (*field == 'i' && !read_index(in, &place->index))
            return false;
        if (*field == 'a' && !read_number(in, WIRE_FEE_NANOS, WIRE_ASK_NANOS_MAX, &place->ask))
            return false;
        if (*field == 'k' && !read_fixed(in, place->key, OP_KEY_BYTES, false))
            return false;
        if (*field == 'g' && !read_index(in, &place->gift))
            return false;
    }
    return read_close(in, SYRUP_RECORD);
}

static bool read_caps(struct syrup_in *in, struct op *op)
{
    struct syrup_token token;
    struct syrup_in ahead;

    if (syrup_next(in, &token) != SYRUP_LIST)
        return false;
    for (op->cap_count = 0;; op->cap_count++) {
        ahead = *in;
        if (syrup_next(&ahead, &token) == SYRUP_CLOSE)
            break;
        if (op->cap_count == WIRE_CAPS_MAX || !read_place(in, &op->caps[op->cap_count]))
            return false;
    }
    return read_close(in, SYRUP_LIST);
}

static bool read_body(struct syrup_in *in, struct op *op)
{
    struct syrup_token token;

    if (syrup_next(in, &token) != SYRUP_BYTES || token.size > WIRE_BODY_BYTES_MAX)
        return false;
    op->body = token.bytes;
    op->size = token.size;
    return true;
}

static bool read_field(struct syrup_in *in, char field, struct op *op)
{
    switch (field) {
    case 't':
        return read_place(in, &op->target);
    case 'q':
        return read_index(in, &op->question);
    case 'i':
        return read_index(in, &op->index);
    case 'n':
        return read_index(in, &op->count);
    case 'g':
        return read_index(in, &op->gift);
    case 'm':
        return read_number(in, 0, INT64_MAX, &op->money);
    case 'a':
        return read_number(in, 0, WIRE_ASK_NANOS_MAX, &op->ask);
    case 'e':
        return read_int32(in, &op->code);
    case 'v':
        return read_int32(in, &op->version);
    case 'c':
        return read_caps(in, op);
    case 'b':
        return read_body(in, op);
    case 'k':
        return read_fixed(in, op->key, OP_KEY_BYTES, false);
    case 's':
        return read_fixed(in, op->secret, OP_SECRET_BYTES, true);
    default:
        return read_fixed(in, op->proof, OP_SECRET_BYTES, true);
    }
}

bool op_read(struct op *op, const uint8_t *bytes, int32_t size)
{
    struct syrup_in in = {.bytes = bytes, .size = size};
    int32_t kind = read_label(&in, forms, OP_KINDS);

    if (kind < 0)
        return false;
    op->kind = (enum op_kind)kind;
    for (const char *field = forms[kind].fields; *field != 0; field++) {
        if (!read_field(&in, *field, op))
            return false;
    }
    return read_close(&in, SYRUP_RECORD) && in.at == in.size;
}

/* ---- writing ---- */

static void write_bytes(struct syrup_out *out, const void *bytes, int32_t size)
{
    syrup_put_string(out, SYRUP_BYTES, bytes, size);
}

/* A secret, or no bytes if it is all zero. */
static void write_secret(struct syrup_out *out, const uint8_t *secret)
{
    write_bytes(out, secret, is_zero(secret, OP_SECRET_BYTES) ? 0 : (int32_t)OP_SECRET_BYTES);
}

static void write_place(struct syrup_out *out, const struct op_place *place)
{
    syrup_open(out, SYRUP_RECORD);
    syrup_put_symbol(out, places[place->kind].label);
    for (const char *field = places[place->kind].fields; *field != 0; field++) {
        if (*field == 'k')
            write_bytes(out, place->key, OP_KEY_BYTES);
        else
            syrup_put_int(out, *field == 'i'   ? (int64_t)place->index
                               : *field == 'a' ? place->ask
                                               : (int64_t)place->gift);
    }
    syrup_close(out, SYRUP_RECORD);
}

static void write_caps(struct syrup_out *out, const struct op *op)
{
    syrup_open(out, SYRUP_LIST);
    for (int32_t i = 0; i < op->cap_count; i++)
        write_place(out, &op->caps[i]);
    syrup_close(out, SYRUP_LIST);
}

/* The fields that are one number. */
static int64_t op_number(const struct op *op, char field)
{
    switch (field) {
    case 'q':
        return op->question;
    case 'i':
        return op->index;
    case 'n':
        return op->count;
    case 'g':
        return op->gift;
    case 'm':
        return op->money;
    case 'a':
        return op->ask;
    case 'e':
        return op->code;
    default:
        return op->version;
    }
}

static void write_field(struct syrup_out *out, char field, const struct op *op)
{
    switch (field) {
    case 't':
        write_place(out, &op->target);
        break;
    case 'c':
        write_caps(out, op);
        break;
    case 'b':
        write_bytes(out, op->body, op->size);
        break;
    case 'k':
        write_bytes(out, op->key, OP_KEY_BYTES);
        break;
    case 's':
        write_secret(out, op->secret);
        break;
    case 'p':
        write_secret(out, op->proof);
        break;
    default:
        syrup_put_int(out, op_number(op, field));
        break;
    }
}

int32_t op_write(const struct op *op, uint8_t *to, int32_t room)
{
    struct syrup_out out = {.bytes = to, .room = room};

    syrup_open(&out, SYRUP_RECORD);
    syrup_put_symbol(&out, forms[op->kind].label);
    for (const char *field = forms[op->kind].fields; *field != 0; field++)
        write_field(&out, *field, op);
    syrup_close(&out, SYRUP_RECORD);
    return syrup_fits(&out) ? out.size : 0;
}
