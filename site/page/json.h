/*
 * JSON for the page.  Every integer is a text, as the numbers of JavaScript are exact up to 2^53
 * only; an amount is decimal text with nine places.  Text of strangers comes out as text: < and >
 * are escaped too, so that no answer has a tag in it, whatever it is taken for.
 */
#ifndef SERAI_SITE_PAGE_JSON_H
#define SERAI_SITE_PAGE_JSON_H

#include "base/bytes.h"

/* Where JSON is appended; all-zero but for `out`.  Out of memory is left in out->failed. */
struct json {
    struct bytes *out;
    bool follows; /* a value stands before the next one, so that a comma comes between */
};

/* Begin and end an object or an array: `bracket` is '{' or '[', and '}' or ']'. */
void json_open(struct json *json, char bracket);
void json_close(struct json *json, char bracket);

/* The name of what comes next, in an object; it is plain text of ours. */
void json_name(struct json *json, const char *name);

/* A value.  json_text(): any bytes; those that are no UTF-8 become U+FFFD. */
void json_text(struct json *json, const char *text, size_t size);
void json_uint(struct json *json, uint64_t number);
void json_total(struct json *json, u128 nanos);
void json_bool(struct json *json, bool value);

/* A name and its value. */
void json_put_text(struct json *json, const char *name, const char *text);
void json_put_uint(struct json *json, const char *name, uint64_t number);
void json_put_total(struct json *json, const char *name, u128 nanos);
void json_put_bool(struct json *json, const char *name, bool value);

/*
 * One item of CBOR, whole and checked, as a value: byte strings in hexadecimal digits, and integers
 * as text.
 */
void json_cbor(struct json *json, const uint8_t *item, size_t size);

#endif
