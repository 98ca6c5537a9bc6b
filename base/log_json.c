#include "base/log_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

enum { CUT_BYTES = 16, NUMBER_DIGITS = 15 /* below 2^53 in any case */ };

/* The line so far; `room` leaves place for the end. */
struct json_line {
    char *to;
    size_t used;
    size_t room;
    bool full;
};

static void json_put(struct json_line *line, const char *piece, size_t size)
{
    if (line->full || size > line->room - line->used) {
        line->full = true;
        return;
    }
    memcpy(line->to + line->used, piece, size);
    line->used += size;
}

static void json_put_text(struct json_line *line, const char *text)
{
    json_put(line, text, strlen(text));
}

/* One character of a string, given as its code: controls and what ends a string are escaped. */
static void json_put_character(struct json_line *line, uint32_t character, const char *bytes,
                               size_t size)
{
    char escape[32];

    if (character == '"' || character == '\\')
        (void)snprintf(escape, sizeof escape, "\\%c", (char)character);
    else if (character < 0x20 || character == 0x7f)
        (void)snprintf(escape, sizeof escape, "\\u%04x", (unsigned)character);
    else {
        json_put(line, bytes, size);
        return;
    }
    json_put_text(line, escape);
}

/* A byte that is no UTF-8 is \udcHH, as everywhere in the JSON of this program (docs/json.md). */
static void json_put_byte(struct json_line *line, unsigned byte)
{
    char escape[32];
    const char plain = (char)byte;

    if (byte < 0x80) {
        json_put_character(line, byte, &plain, 1);
        return;
    }
    (void)snprintf(escape, sizeof escape, "\\udc%02x", byte);
    json_put_text(line, escape);
}

/* UTF-16, as JSON has it. */
static void json_put_code(struct json_line *line, unsigned long code)
{
    char escape[32];

    if (code > 0xffff)
        (void)snprintf(escape, sizeof escape, "\\u%04lx\\u%04lx", 0xd7c0 + (code >> 10),
                       0xdc00 + (code & 0x3ff));
    else
        (void)snprintf(escape, sizeof escape, "\\u%04lx", code);
    json_put_text(line, escape);
}

/* Take one escape of base/text.h, which begins at the backslash.  Returns its length. */
static size_t json_take_escape(struct json_line *line, const char *at, size_t left)
{
    char digits[8] = "";
    char *end;
    unsigned long code;

    if (left >= 4 && at[1] == 'x') {
        memcpy(digits, at + 2, 2);
        json_put_byte(line, (unsigned)strtoul(digits, NULL, 16));
        return 4;
    }
    if (left >= 5 && at[1] == 'u' && at[2] == '{') {
        code = strtoul(at + 3, &end, 16);
        json_put_code(line, code);
        return (size_t)(end - at) + 1;
    }
    if (left >= 2 && at[1] == 'n')
        json_put_text(line, "\\n");
    else if (left >= 2 && at[1] == 'r')
        json_put_text(line, "\\r");
    else if (left >= 2 && at[1] == 't')
        json_put_text(line, "\\t");
    else if (left >= 2 && (at[1] == '"' || at[1] == '\\'))
        json_put_byte(line, (unsigned char)at[1]);
    else { /* of the mark that a value was cut */
        json_put_text(line, "\\\\");
        return 1;
    }
    return 2;
}

static void json_put_value(struct json_line *line, const char *value, size_t size)
{
    json_put_text(line, "\"");
    for (size_t at = 0; at < size;) {
        uint32_t character;
        size_t length = utf8_next(value + at, size - at, &character);

        if (value[at] == '\\') {
            at += json_take_escape(line, value + at, size - at);
        } else if (length == 0) {
            json_put_byte(line, (unsigned char)value[at++]);
        } else {
            json_put_character(line, character, value + at, length);
            at += length;
        }
    }
    json_put_text(line, "\"");
}

static bool json_is_number(const char *value, size_t size)
{
    size_t sign = size > 0 && value[0] == '-';
    size_t digits = strspn(value + sign, "0123456789");

    return digits > 0 && sign + digits >= size && size - sign <= NUMBER_DIGITS &&
           (value[sign] != '0' || size - sign == 1);
}

/* One key and its value; if they do not fit whole they are taken back. */
static void json_put_pair(struct json_line *line, const char *key, size_t key_size,
                          const char *value, size_t size, bool quoted)
{
    size_t before = line->used;

    json_put_text(line, ",");
    json_put_value(line, key, key_size);
    json_put_text(line, ":");
    if (!quoted && json_is_number(value, size))
        json_put(line, value, size);
    else
        json_put_value(line, value, size);
    if (line->full)
        line->used = before;
}

/* Where a value ends: at the quote that is not escaped, or at a blank. */
static size_t json_value_size(const char *value, bool quoted)
{
    size_t at = 0;

    while (value[at] != '\0' && value[at] != (quoted ? '"' : ' '))
        at += quoted && value[at] == '\\' && value[at + 1] != '\0' ? 2 : 1;
    return at;
}

static void json_put_pairs(struct json_line *line, const char *text)
{
    while (*text != '\0' && !line->full) {
        size_t key_size = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_");
        const char *value = text + key_size + 1;
        bool quoted;
        size_t size;

        if (key_size == 0 || text[key_size] != '=') {
            json_put_pair(line, "text", 4, text, strlen(text), true);
            return;
        }
        quoted = *value == '"';
        value += quoted;
        size = json_value_size(value, quoted);
        json_put_pair(line, text, key_size, value, size, quoted);
        text = value + size;
        text += quoted && *text == '"';
        text += *text == ' ';
    }
}

size_t log_json(char to[LOG_JSON_BYTES_MAX], const struct log_head *head, const char *text)
{
    struct json_line line = {.to = to, .room = LOG_JSON_BYTES_MAX - CUT_BYTES};

    json_put_text(&line, "{\"time\":");
    json_put_value(&line, head->time, strlen(head->time));
    json_put_pair(&line, "level", 5, head->level, strlen(head->level), true);
    json_put_pair(&line, "event", 5, head->event, strlen(head->event), true);
    json_put_pairs(&line, text);
    line.room = LOG_JSON_BYTES_MAX;
    if (line.full) {
        line.full = false;
        json_put_text(&line, ",\"cut\":true");
    }
    json_put_text(&line, "}\n");
    return line.used;
}
