#include "site/page/json.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/cbor.h"

enum { ITEMS_MAX = 1 << 20 }; /* an answer's bytes bound them long before */

static void json_append(struct json *json, const char *text)
{
    bytes_append(json->out, text, strlen(text));
}

/* Before each value. */
static void json_comma(struct json *json)
{
    if (json->follows)
        json_append(json, ",");
    json->follows = true;
}

void json_open(struct json *json, char bracket)
{
    json_comma(json);
    bytes_append(json->out, &bracket, 1);
    json->follows = false;
}

void json_close(struct json *json, char bracket)
{
    bytes_append(json->out, &bracket, 1);
    json->follows = true;
}

void json_name(struct json *json, const char *name)
{
    json_comma(json);
    json_append(json, "\"");
    json_append(json, name);
    json_append(json, "\":");
    json->follows = false;
}

/* Whether a character of one byte stands for itself. */
static bool json_is_plain(unsigned char c)
{
    return c >= 0x20 && c != 0x7f && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&';
}

void json_text(struct json *json, const char *text, size_t size)
{
    char escaped[8];

    json_comma(json);
    json_append(json, "\"");
    for (size_t at = 0; at < size;) {
        uint32_t character;
        size_t length = utf8_next(text + at, size - at, &character);

        if (length == 0) {
            json_append(json, "\xef\xbf\xbd");
            length = 1;
        } else if (length > 1 || json_is_plain((unsigned char)text[at])) {
            bytes_append(json->out, text + at, length);
        } else {
            (void)snprintf(escaped, sizeof escaped, "\\u%04x", (unsigned)character);
            json_append(json, escaped);
        }
        at += length;
    }
    json_append(json, "\"");
}

void json_uint(struct json *json, uint64_t number)
{
    char text[24];

    (void)snprintf(text, sizeof text, "\"%" PRIu64 "\"", number);
    json_comma(json);
    json_append(json, text);
}

void json_total(struct json *json, u128 nanos)
{
    char whole[U128_TEXT_BYTES];
    char text[64];

    u128_print(whole, nanos / MONEY_NANOS_PER_UNIT);
    (void)snprintf(text, sizeof text, "\"%s.%09" PRIu64 "\"", whole,
                   (uint64_t)(nanos % MONEY_NANOS_PER_UNIT));
    json_comma(json);
    json_append(json, text);
}

void json_bool(struct json *json, bool value)
{
    json_comma(json);
    json_append(json, value ? "true" : "false");
}

void json_put_text(struct json *json, const char *name, const char *text)
{
    json_name(json, name);
    json_text(json, text, strlen(text));
}

void json_put_uint(struct json *json, const char *name, uint64_t number)
{
    json_name(json, name);
    json_uint(json, number);
}

void json_put_total(struct json *json, const char *name, u128 nanos)
{
    json_name(json, name);
    json_total(json, nanos);
}

void json_put_bool(struct json *json, const char *name, bool value)
{
    json_name(json, name);
    json_bool(json, value);
}

/* ---- CBOR ---- */

static void json_cbor_bytes(struct json *json, struct cbor *in)
{
    static const char digits[] = "0123456789abcdef";
    size_t size;
    const uint8_t *bytes = cbor_get_bytes(in, &size, SIZE_MAX);

    json_comma(json);
    json_append(json, "\"");
    for (size_t i = 0; i < size; i++) {
        const char pair[] = {digits[bytes[i] >> 4], digits[bytes[i] & 15]};

        bytes_append(json->out, pair, sizeof pair);
    }
    json_append(json, "\"");
}

/* The next item.  The depth of arrays and maps is bounded by the reader (base/cbor.h). */
static void json_cbor_item(struct json *json, struct cbor *in);

static void json_cbor_array(struct json *json, struct cbor *in)
{
    uint64_t count = cbor_get_array_any(in, ITEMS_MAX);

    json_open(json, '[');
    for (uint64_t i = 0; i < count; i++)
        json_cbor_item(json, in);
    json_close(json, ']');
}

static void json_cbor_map(struct json *json, struct cbor *in)
{
    uint64_t count = cbor_get_map_any(in, ITEMS_MAX);

    json_open(json, '{');
    for (uint64_t i = 0; i < count; i++) {
        json_cbor_item(json, in); /* a text, by docs/control.md */
        json_append(json, ":");
        json->follows = false;
        json_cbor_item(json, in);
    }
    json_close(json, '}');
}

static void json_cbor_item(struct json *json, struct cbor *in)
{
    const char *text;
    size_t size;

    switch (cbor_peek(in)) {
    case CBOR_UINT:
        json_uint(json, cbor_get_uint(in, UINT64_MAX));
        return;
    case CBOR_BYTES:
        json_cbor_bytes(json, in);
        return;
    case CBOR_TEXT:
        text = cbor_get_text_sized(in, &size, SIZE_MAX);
        json_text(json, text, size);
        return;
    case CBOR_ARRAY:
        json_cbor_array(json, in);
        return;
    case CBOR_MAP:
        json_cbor_map(json, in);
        return;
    case CBOR_BOOL:
        json_bool(json, cbor_get_bool(in));
        return;
    case CBOR_NULL:
        cbor_get_null(in);
        json_comma(json);
        json_append(json, "null");
        return;
    case CBOR_END: /* an item that is missing: the JSON stays well-formed */
        json_comma(json);
        json_append(json, "null");
        return;
    }
}

void json_cbor(struct json *json, const uint8_t *item, size_t size)
{
    struct cbor in;

    cbor_init(&in, item, size);
    json_cbor_item(json, &in);
}
