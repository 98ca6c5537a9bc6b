/* A TOML file as a row of items; the one place that knows the parser (toml.cpp, toml++). */
#ifndef SERAI_SITE_CONFIG_TOML_H
#define SERAI_SITE_CONFIG_TOML_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum toml_kind { TOML_TABLE, TOML_TEXT, TOML_INTEGER, TOML_FLOAT, TOML_OTHER };

struct toml_item {
    /* Keys joined by dots.  A key that is not a bare one of a-z 0-9 - _ stands in quotes. */
    const char *path;
    enum toml_kind kind;
    const char *text;    /* of a text its content, of a number its digits, else "" */
    uint32_t key_line;   /* where the key stands, from 1 */
    uint32_t key_column; /* from 1 */
    uint32_t line;       /* where the value stands */
    uint32_t column;
};

/* This header is read by C++ too, so it has an enum of its own instead of base/status.h. */
enum toml_result { TOML_DONE, TOML_BAD, TOML_NOMEM };

struct toml_error {
    uint32_t line;
    uint32_t column;
    char text[200];
};

/*
 * Parse `size` bytes and visit each table and value in the order of the file; what `visit` is given
 * ends with the call.  Arrays are TOML_OTHER and are not entered; so are texts that hold a NUL.
 * TOML_BAD: not TOML, or letters beyond ASCII outside of lines of comment, and then *bad says where
 * and why, and nothing was visited.
 */
enum toml_result toml_visit(const char *data, size_t size,
                            void (*visit)(void *context, const struct toml_item *item),
                            void *context, struct toml_error *bad);

#ifdef __cplusplus
}
#endif

#endif
