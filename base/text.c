/*
 * Escaping is decided by character, from tables of ranges that are sorted and short.  A cut falls
 * between two characters, never within an escape, and leaves room for TEXT_CUT.
 */
#include "base/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"

struct text_range {
    uint32_t first;
    uint32_t last;
};

/* What shows nothing, moves what is next to it, or ends a line (Unicode 15, Default_Ignorable). */
static const struct text_range hidden[] = {
    {0x0080, 0x009f},   /* C1 */
    {0x00ad, 0x00ad},   /* soft hyphen */
    {0x034f, 0x034f},   /* joiner of graphemes */
    {0x061c, 0x061c},   /* Arabic letter mark */
    {0x115f, 0x1160},   /* Hangul fillers */
    {0x17b4, 0x17b5},   /* Khmer vowels that are not shown */
    {0x180b, 0x180f},   /* Mongolian selectors and separator */
    {0x200b, 0x200f},   /* zero width, left-to-right and right-to-left marks */
    {0x2028, 0x202e},   /* line, paragraph; embeddings and overrides */
    {0x2060, 0x206f},   /* joiners, isolates */
    {0x3164, 0x3164},   /* Hangul filler */
    {0xd800, 0xf8ff},   /* surrogates (never in UTF-8); for private use */
    {0xfdd0, 0xfdef},   /* no characters */
    {0xfe00, 0xfe0f},   /* variation selectors */
    {0xfeff, 0xfeff},   /* byte order mark */
    {0xffa0, 0xffa0},   /* Hangul filler, half width */
    {0xfff0, 0xfffb},   /* interlinear annotation */
    {0xfffe, 0xffff},   /* no characters */
    {0x1bca0, 0x1bca3}, /* shorthand format */
    {0x1d173, 0x1d17a}, /* musical format */
    {0xe0000, 0x10ffff} /* tags, selectors, private use */
};

/* Characters that stand over the one before them. */
static const struct text_range combining[] = {
    {0x0300, 0x036f}, {0x0483, 0x0489}, {0x0591, 0x05bd}, {0x064b, 0x065f}, {0x0e31, 0x0e31},
    {0x0e34, 0x0e3a}, {0x0e47, 0x0e4e}, {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0x20d0, 0x20f0},
    {0x302a, 0x302d}, {0x3099, 0x309a}, {0xfe20, 0xfe2f}};

/* East Asian Width W and F, and emoji, in the rough: this only lines columns up. */
static const struct text_range wide[] = {
    {0x1100, 0x115e},   {0x2e80, 0x303e},   {0x3041, 0x33ff},   {0x3400, 0x4dbf},
    {0x4e00, 0x9fff},   {0xa000, 0xa4cf},   {0xa960, 0xa97c},   {0xac00, 0xd7a3},
    {0xf900, 0xfaff},   {0xfe30, 0xfe6f},   {0xff01, 0xff60},   {0xffe0, 0xffe6},
    {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff}, {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd}};

static bool text_is_in(uint32_t character, const struct text_range *ranges, size_t count)
{
    for (size_t i = 0; i < count && ranges[i].first <= character; i++)
        if (character <= ranges[i].last)
            return true;
    return false;
}
#define IS_IN(character, ranges) text_is_in(character, ranges, sizeof(ranges) / sizeof(ranges)[0])

/* One byte of ASCII, or one that is no UTF-8, in its escaped form. */
static void text_put_ascii(char piece[TEXT_PIECE_BYTES], unsigned char c)
{
    const char *letter = c == '\n' ? "n" : c == '\r' ? "r" : c == '\t' ? "t" : NULL;

    if (letter != NULL || c == '\\')
        (void)snprintf(piece, TEXT_PIECE_BYTES, "\\%s", letter == NULL ? "\\" : letter);
    else if (c < 0x20 || c >= 0x7f)
        (void)snprintf(piece, TEXT_PIECE_BYTES, "\\x%02x", (unsigned)c);
    else
        (void)snprintf(piece, TEXT_PIECE_BYTES, "%c", c);
}

size_t text_escape_one(char piece[TEXT_PIECE_BYTES], const void *text, size_t size_bytes)
{
    const unsigned char *bytes = text;
    uint32_t character;
    size_t length;

    INVARIANT(size_bytes > 0);
    length = utf8_next(bytes, size_bytes, &character);
    if (length <= 1) {
        text_put_ascii(piece, bytes[0]); /* or a byte of 0x80 and above that is not UTF-8 */
        return 1;
    }
    if (IS_IN(character, hidden) || (character & 0xfffe) == 0xfffe) {
        (void)snprintf(piece, TEXT_PIECE_BYTES, "\\u{%04" PRIx32 "}", character);
    } else {
        memcpy(piece, bytes, length);
        piece[length] = '\0';
    }
    return length;
}

typedef size_t (*escape_one)(char piece[TEXT_PIECE_BYTES], const void *text, size_t size_bytes);

/* As text_escape_one(), for TEXT_QUOTED: a quote would end the value. */
static size_t text_escape_quoted(char piece[TEXT_PIECE_BYTES], const void *text, size_t size_bytes)
{
    if (*(const char *)text != '"')
        return text_escape_one(piece, text, size_bytes);
    memcpy(piece, "\\\"", sizeof "\\\"");
    return 1;
}

/* As text_escape_one(), for TEXT_BARE: a blank would end the value as well. */
static size_t text_escape_bare(char piece[TEXT_PIECE_BYTES], const void *text, size_t size_bytes)
{
    if (*(const char *)text != ' ')
        return text_escape_quoted(piece, text, size_bytes);
    memcpy(piece, "\\x20", sizeof "\\x20");
    return 1;
}

/*
 * Escape a text by `escape`, character by character, and mark the end with TEXT_CUT if it is cut
 * here or, by `more`, was cut before.  Returns the length.
 */
static size_t text_escape_all(char *to, size_t room_bytes, const struct bytes *text, bool more,
                              escape_one escape)
{
    static const size_t mark = sizeof TEXT_CUT - 1;
    size_t cut_at = 0; /* up to here there is room for the mark as well */
    size_t used = 0;

    INVARIANT(room_bytes > 0);
    for (size_t at = 0; at < text->size;) {
        char piece[TEXT_PIECE_BYTES];
        size_t length;

        if (used + mark < room_bytes)
            cut_at = used;
        at += escape(piece, text->data + at, text->size - at);
        length = strlen(piece);
        if (length >= room_bytes - used) {
            more = true;
            break;
        }
        memcpy(to + used, piece, length);
        used += length;
    }
    /* A mark that no longer fits takes the place of the last characters. */
    if (more && used + mark >= room_bytes)
        used = cut_at;
    to[used] = '\0';
    if (!more || used + mark >= room_bytes)
        return used;
    memcpy(to + used, TEXT_CUT, sizeof TEXT_CUT);
    return used + mark;
}

/* Borrowed, and only read. */
static struct bytes text_view(const void *text, size_t size_bytes)
{
    return (struct bytes){.data = (uint8_t *)(uintptr_t)text, .size = size_bytes};
}

size_t text_escape(char *to, size_t room_bytes, const void *text, size_t size_bytes)
{
    const struct bytes all = text_view(text, size_bytes);

    return text_escape_all(to, room_bytes, &all, false, text_escape_one);
}

size_t text_escape_value(char *to, size_t room_bytes, const void *text, size_t size_bytes,
                         enum text_place place, bool more)
{
    const struct bytes all = text_view(text, size_bytes);

    return text_escape_all(to, room_bytes, &all, more,
                           place == TEXT_BARE ? text_escape_bare : text_escape_quoted);
}

bool text_is_name(const char *name)
{
    return ((*name >= 'a' && *name <= 'z') || (*name >= 'A' && *name <= 'Z')) &&
           strchr(name, ':') == NULL;
}

size_t text_columns(const char *escaped)
{
    size_t size = strlen(escaped);
    size_t columns = 0;

    for (size_t at = 0; at < size;) {
        uint32_t character;
        size_t length = utf8_next(escaped + at, size - at, &character);

        if (length == 0 || !IS_IN(character, combining))
            columns += length > 1 && IS_IN(character, wide) ? 2 : 1;
        at += length == 0 ? 1 : length;
    }
    return columns;
}
