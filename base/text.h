/*
 * Text that others chose (a name, a reason, a line of an agent's log), made safe to show to people.
 *
 * The escaped form is one line of UTF-8 in which nothing moves a cursor, hides or reorders what is
 * next to it:
 *
 *     \\         a backslash, so that nobody can write an escape
 *     \n \r \t   newline, return, tab
 *     \xHH       any other control character of ASCII, and each byte that is not UTF-8
 *     \u{HHHH}   control characters of C1, marks that order text (bidirectional), characters that
 *                show nothing, and breaks of lines and paragraphs
 *
 * Two texts never have the same escaped form, and none has one that ends with TEXT_CUT: that says
 * that more was there.
 */
#ifndef SERAI_BASE_TEXT_H
#define SERAI_BASE_TEXT_H

#include <stddef.h>

#include "base/status.h"

#define TEXT_CUT "\\..."
enum {
    TEXT_PIECE_BYTES = 16,     /* the escaped form of one character, and its end */
    TEXT_ESCAPED_PER_BYTE = 4, /* a text of n bytes has at most 4 * n escaped */
};

/*
 * Escape the first character of `text`, which has size_bytes >= 1, into `piece` with a NUL.
 * Returns how many bytes of `text` it took.
 */
MUST_CHECK size_t text_escape_one(char piece[TEXT_PIECE_BYTES], const void *text,
                                  size_t size_bytes);

/*
 * Escape all of `text` into `to`, which has room_bytes >= 1, and end it with a NUL.  What does not
 * fit is left out, by whole characters, and TEXT_CUT marks the end if it fits.  Returns the length.
 */
size_t text_escape(char *to, size_t room_bytes, const void *text, size_t size_bytes);

/* Where a value stands in a line of key=value. */
enum text_place {
    TEXT_QUOTED, /* key="value": a quote is \", so no text ends before its value does */
    TEXT_BARE,   /* key=value: a blank is \x20, too */
};

/*
 * Escape a value as text_escape() does, for its place in a line of key=value.  `more` says that
 * `text` is itself cut, and marks the end like a cut of our own.
 */
size_t text_escape_value(char *to, size_t room_bytes, const void *text, size_t size_bytes,
                         enum text_place place, bool more);

/* The number of columns that an escaped text takes on a terminal. */
MUST_CHECK size_t text_columns(const char *escaped);

/*
 * Whether a name may stand where a number may stand too: it begins with a letter of ASCII, so that
 * it is never read as a number (4097, 0x10, 1e3, -5), and has no `:`, so that it cannot pass for a
 * kind (agent:5).
 */
MUST_CHECK bool text_is_name(const char *name);

#endif
