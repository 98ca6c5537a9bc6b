/* Bodies of messages: values in Syrup, or a person's words. */
#include "sdk/vat/inner.h"

/* ---- bodies that come ---- */

/* A capability that came, by the number with which the body speaks of it; false: none did. */
static bool vat_came(struct vat_message *message, int64_t number, struct vat_value *value)
{
    struct vat_ref *ref;

    if (number < 0 || number >= message->event.cap_count)
        return false;
    ref = &message->arrived[number];
    if (vat_is_nothing(*ref))
        *ref = vat_arrive(message->event.caps[number]);
    if (vat_is_nothing(*ref)) {
        message->wrong = "a reply is no object: it cannot be told to one";
        return false;
    }
    *value = vat_of_ref(*ref);
    return true;
}

/* A record that means something by its number. */
enum vat_mark { VAT_MARK_NONE, VAT_MARK_CAP, VAT_MARK_MONEY };

/* Whether the record that has begun is <cap n> or <money n>.  `in` is behind it then. */
static enum vat_mark vat_read_mark(struct syrup_in *in, int64_t *number)
{
    struct syrup_token label;
    struct syrup_token count;
    struct syrup_token close;

    if (syrup_next(in, &label) != SYRUP_SYMBOL || syrup_next(in, &count) != SYRUP_INT ||
        syrup_next(in, &close) != SYRUP_CLOSE)
        return VAT_MARK_NONE;
    *number = count.number;
    if (label.size == 3 && memcmp(label.bytes, "cap", 3) == 0)
        return VAT_MARK_CAP;
    return label.size == 5 && memcmp(label.bytes, "money", 5) == 0 ? VAT_MARK_MONEY : VAT_MARK_NONE;
}

/*
 * Whether such a record stands anywhere in a value.  What its number means is known of the message
 * that it came with and of no other, so a value that is passed on as it is must have none.
 */
static bool vat_has_mark(const char *bytes, int32_t size)
{
    struct syrup_in in = {.bytes = (const uint8_t *)bytes, .size = size};
    struct syrup_token token;

    while (syrup_next(&in, &token) > SYRUP_END) {
        struct syrup_in record = in;
        int64_t number;

        if (token.kind == SYRUP_RECORD && vat_read_mark(&record, &number) != VAT_MARK_NONE)
            return true;
    }
    return false;
}

static const char vat_nested[] = "a reference or money stands within another value";

/* The next value of a body that is Syrup throughout; false: it speaks of what did not come. */
static bool vat_read_value(struct vat_message *message, struct syrup_in *in,
                           struct vat_value *value)
{
    struct syrup_in begin = *in;
    struct syrup_token token;
    enum syrup_kind kind = syrup_next(in, &token);
    int64_t number;
    enum vat_mark mark = kind == SYRUP_RECORD ? vat_read_mark(in, &number) : VAT_MARK_NONE;

    if (mark == VAT_MARK_CAP)
        return vat_came(message, number, value);
    if (mark == VAT_MARK_MONEY) {
        *value = (struct vat_value){.kind = VAT_PAID, .number = number};
        return true;
    }
    *value = (struct vat_value){.bytes = (const char *)token.bytes, .size = token.size};
    if (kind == SYRUP_FALSE || kind == SYRUP_TRUE) {
        *value = vat_of_bool(kind == SYRUP_TRUE);
    } else if (kind == SYRUP_INT) {
        *value = vat_of_int(token.number);
    } else if (kind == SYRUP_TEXT || kind == SYRUP_SYMBOL || kind == SYRUP_BYTES) {
        value->kind = kind == SYRUP_TEXT ? VAT_TEXT : kind == SYRUP_SYMBOL ? VAT_SYMBOL : VAT_BYTES;
    } else {
        *in = begin;
        (void)syrup_skip(in); /* it is a value: all of the body is */
        value->bytes = (const char *)begin.bytes + begin.at;
        value->size = in->at - begin.at;
        value->kind =
            value->size == 8 && memcmp(value->bytes, "<4'none>", 8) == 0 ? VAT_NOTHING : VAT_SYRUP;
        if (vat_has_mark(value->bytes, value->size)) {
            message->wrong = vat_nested;
            return false;
        }
    }
    return true;
}

/* One of a person's words: a number, a capability that came along (@0 is the first), or a text. */
static struct vat_value vat_word(struct vat_message *message, const char *text, int32_t size)
{
    struct vat_value value = {.kind = VAT_TEXT, .bytes = text, .size = size};
    bool minus = size > 1 && text[0] == '-';
    bool mark = size == 2 && text[0] == '@';
    int32_t used;
    int64_t number = serai_digits(text + (minus || mark), size - (minus || mark), &used);

    if (used == 0 || used + (minus || mark) != size)
        return value;
    if (mark) {
        (void)vat_came(message, number, &value); /* a text, if none did */
        return value;
    }
    return vat_of_int(minus ? -number : number);
}

/* What a person wrote: words between blanks, of which the first is the method. */
static bool vat_read_words(struct vat_message *message)
{
    const char *text = (const char *)message->body;

    if (!syrup_is_utf8(message->body, message->size))
        return false;
    for (int32_t at = 0; at < message->size;) {
        int32_t end = at;

        while (end < message->size && text[end] != ' ')
            end++;
        if (end > at && message->count > VAT_ARGS_MAX)
            return false;
        if (end > at && message->count == 0)
            message->list[message->count++] =
                (struct vat_value){.kind = VAT_TEXT, .bytes = text + at, .size = end - at};
        else if (end > at)
            message->list[message->count++] = vat_word(message, text + at, end - at);
        at = end + 1;
    }
    if (message->count == 0)
        message->list[message->count++] = vat_of_text("");
    return true;
}

/* [method args...], or the one value of an answer.  Money that it speaks of has to be there. */
static bool vat_read_values(struct vat_message *message, bool is_answer)
{
    struct syrup_in in = {.bytes = message->body, .size = message->size};
    struct syrup_token token;
    int64_t money = message->event.money;

    if (!syrup_is_value(message->body, message->size) ||
        (!is_answer && syrup_next(&in, &token) != SYRUP_LIST))
        return false;
    while (in.at < in.size - !is_answer) {
        struct vat_value *value = &message->list[message->count];

        if (message->count++ > VAT_ARGS_MAX || !vat_read_value(message, &in, value))
            return false;
        if (value->kind != VAT_PAID)
            continue;
        if (value->number < 0 || value->number > money)
            return false;
        money -= value->number;
    }
    return is_answer || (message->count > 0 && message->list[0].kind == VAT_SYMBOL);
}

const char *vat_read_message(struct vat_message *message, bool is_answer)
{
    bool good;

    message->size = (int32_t)event_read(message->body, VAT_BODY_BYTES_MAX, 0);
    message->count = 0;
    message->wrong = NULL;
    memset(message->arrived, 0, sizeof message->arrived);
    if (message->event.size > VAT_BODY_BYTES_MAX)
        return vat_text("a message has at most %d bytes", VAT_BODY_BYTES_MAX);
    if (is_answer && message->size == 0 && message->event.cap_count == 1)
        good = vat_came(message, 0, &message->list[message->count++]); /* of facet_when() */
    else if (is_answer || (message->size > 0 && message->body[0] == '['))
        good = vat_read_values(message, is_answer);
    else
        good = vat_read_words(message);
    if (good || message->wrong != NULL)
        return message->wrong;
    return "the message is not one between objects";
}

/* ---- bodies that go ---- */

/* Room for one more message of the turn. */
static struct vat_sent *vat_sent_new(struct syrup_out *out)
{
    struct vat_sent *sent = &vat_here.sent[vat_here.sent_count];

    if (vat_here.sent_count == VAT_SENT_MAX)
        vat_fail(VAT_TOO_MUCH, "a turn sends at most %d messages", VAT_SENT_MAX);
    vat_here.sent_count++;
    *sent = (struct vat_sent){.begin = vat_here.bodies_size, .wait = -1, .reply = SERAI_SLOT_NONE};
    *out = (struct syrup_out){.bytes = vat_here.bodies + vat_here.bodies_size,
                              .room = VAT_SENT_BYTES_MAX - vat_here.bodies_size};
    return sent;
}

static struct vat_sent *vat_sent_end(struct vat_sent *sent, const struct syrup_out *out)
{
    if (!syrup_fits(out) || out->size > VAT_BODY_BYTES_MAX)
        vat_fail_with(VAT_TOO_MUCH, "the messages of one turn are too large");
    sent->size = out->size;
    vat_here.bodies_size += out->size;
    return sent;
}

static void vat_write_mark(struct syrup_out *out, const char *label, int64_t number)
{
    syrup_open(out, SYRUP_RECORD);
    syrup_put_symbol(out, label);
    syrup_put_int(out, number);
    syrup_close(out, SYRUP_RECORD);
}

static void vat_add_ref(struct vat_sent *sent, struct vat_ref ref)
{
    (void)vat_want(ref);
    sent->refs[sent->ref_count++] = ref;
}

static void vat_write_value(struct vat_sent *sent, struct syrup_out *out, struct vat_value value)
{
    switch (value.kind) {
    case VAT_NOTHING:
        syrup_put_raw(out, "<4'none>", 8);
        break;
    case VAT_BOOL:
        syrup_put_bool(out, value.number != 0);
        break;
    case VAT_INT:
    case VAT_PAID:
        syrup_put_int(out, value.number);
        break;
    case VAT_MONEY:
        vat_write_mark(out, "money", value.number);
        sent->money += value.number;
        break;
    case VAT_REF:
        vat_write_mark(out, "cap", sent->ref_count);
        vat_add_ref(sent, value.ref);
        break;
    case VAT_TEXT:
        syrup_put_string(out, SYRUP_TEXT, value.bytes, value.size);
        break;
    case VAT_SYMBOL:
        syrup_put_string(out, SYRUP_SYMBOL, value.bytes, value.size);
        break;
    case VAT_BYTES:
        syrup_put_string(out, SYRUP_BYTES, value.bytes, value.size);
        break;
    case VAT_SYRUP:
        if (vat_has_mark(value.bytes, value.size))
            vat_fail_with(VAT_MALFORMED, vat_nested);
        syrup_put_raw(out, value.bytes, value.size);
        break;
    }
}

struct vat_sent *vat_write_message(const struct vat_value *list, int32_t count, bool is_answer)
{
    struct syrup_out out;
    struct vat_sent *sent = vat_sent_new(&out);

    if (!is_answer) {
        syrup_open(&out, SYRUP_LIST);
        syrup_put_string(&out, SYRUP_SYMBOL, list[0].bytes, list[0].size);
    }
    for (int32_t i = !is_answer; i < count; i++)
        vat_write_value(sent, &out, list[i]);
    if (!is_answer)
        syrup_close(&out, SYRUP_LIST);
    return vat_sent_end(sent, &out);
}

struct vat_sent *vat_write_text(struct vat_value value)
{
    const char *text = vat_text("%s", value);
    struct syrup_out out;
    struct vat_sent *sent = vat_sent_new(&out);

    if (value.kind == VAT_REF)
        vat_add_ref(sent, value.ref);
    if (value.kind == VAT_MONEY)
        sent->money = value.number;
    syrup_put_raw(&out, text, (int32_t)strlen(text));
    return vat_sent_end(sent, &out);
}
