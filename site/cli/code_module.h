/* A module from a file, for the commands that look at code: they need no site and no key. */
#ifndef SERAI_SITE_CLI_CODE_MODULE_H
#define SERAI_SITE_CLI_CODE_MODULE_H

#include <stdio.h>

#include "base/bytes.h"
#include "base/hash.h"
#include "engine/engine.h"
#include "engine/lines.h"

/* All-zero is none.  `code` is NULL when the engine refused the module; `fault` says why. */
struct code_module {
    const char *path; /* borrowed */
    struct bytes bytes;
    struct hash id;
    struct engine_code *code;
    struct fault fault;
    struct engine_lines *lines; /* NULL: none are known, or nobody asked yet */
    bool lines_sought;
};

/*
 * Read and validate a file.  ST_OK when it was read and is no larger than a module may be, whether
 * the engine accepts it or not; the caller ends it with code_module_free() then.  Fails as
 * file_read(), but with ST_INVALID for one that is too large.
 */
MUST_CHECK enum status code_module_open(struct code_module *module, const char *path,
                                        struct fault *fault);

/* As code_module_open(); what is wrong is printed, and its exit code returned. */
MUST_CHECK int code_module_read(struct code_module *module, const char *path);

/*
 * Read a module as code_module_read() does.  One that the engine refuses is printed, too, and
 * EXIT_BAD_DATA returned.
 */
MUST_CHECK int code_module_load(struct code_module *module, const char *path);

/* Free what a module holds; an all-zero one is allowed. */
void code_module_free(struct code_module *module);

/* Print why the engine refused the module.  Returns EXIT_BAD_DATA. */
int code_module_refused(const struct code_module *module);

/* The name of the order that the imported function `function` is bound to, "facet_send". */
const char *code_order_name(const struct engine_code *code, uint32_t function);

/* The name of an order by its number at the host. */
const char *code_order_of(uint32_t order);

/*
 * Print a name out of a module, which may hold any character, in quotes: code_name_print() for
 * people, escaped as base/text.h says and cut to fit a line, code_name_json() as a JSON string.
 */
void code_name_print(FILE *out, const char *name, size_t size);
void code_name_json(FILE *out, const char *name, size_t size);

enum { CODE_LABEL_BYTES = 256 };

/*
 * Name a function for people: "f12 main" by the module's own name for it, else by that of an
 * export, f12 "main"; "f12" when it has neither; "f3 order log_append" for an import.  Cut to fit.
 * Returns `text`.
 */
char *code_label(char text[CODE_LABEL_BYTES], const struct engine_code *code, uint32_t function);

enum { CODE_PLACE_BYTES = CODE_LABEL_BYTES + 320 };

/*
 * Name a place in a module.  code_place() does so for people, "f12 serve, byte 0x7f,
 * sdk/examples/shop.c:31", and returns `text`; code_place_json() as an object.  The line is that of
 * the module's own table, or of PATH.debug, which serai-cc -g leaves beside it: one of another
 * build is said so on stderr.  Without the line where none is known.
 */
char *code_place(char text[CODE_PLACE_BYTES], struct code_module *module,
                 const struct engine_frame *at);
void code_place_json(FILE *out, struct code_module *module, const struct engine_frame *at);

enum { CODE_SIGNATURE_BYTES = 512 };

/*
 * Write a signature as "i32, i64 -> f64"; "nothing" stands for no parameters, and no arrow for no
 * result.  Returns `text`.
 */
char *code_signature(char text[CODE_SIGNATURE_BYTES], const char *params, char result);

#endif
