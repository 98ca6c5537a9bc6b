/* A module from a file, for the commands that look at code: they need no site and no key. */
#ifndef SERAI_SITE_CLI_CODE_MODULE_H
#define SERAI_SITE_CLI_CODE_MODULE_H

#include <stdio.h>

#include "agents/engine/engine.h"
#include "base/bytes.h"
#include "base/hash.h"

/* All-zero is none.  `code` is NULL when the engine refused the module; `fault` says why. */
struct code_module {
    const char *path; /* borrowed */
    struct bytes bytes;
    struct hash id;
    struct engine_code *code;
    struct fault fault;
};

/*
 * Read and validate.  CLI_OK when the file was read and is no larger than a module may be, whether
 * the engine accepts it or not; else the reason is printed and its exit code returned.
 */
MUST_CHECK int code_module_read(struct code_module *module, const char *path);
/* The same, and a refusal is printed and CLI_BAD_DATA. */
MUST_CHECK int code_module_load(struct code_module *module, const char *path);
void code_module_free(struct code_module *module);

/* What a file refused says, as people are told it. */
int code_module_refused(const struct code_module *module);

/* The order that the imported function `function` is, "facet_send". */
const char *code_order_name(const struct engine_code *code, uint32_t function);
/* The same by its number at the host. */
const char *code_order_of(uint32_t order);

/*
 * A name out of a module, which may hold any character: for people, escaped as base/text.h says and
 * cut to fit a line, and as a JSON string; both with quotes.
 */
void code_name_print(FILE *out, const char *name, size_t size);
void code_name_json(FILE *out, const char *name, size_t size);

/*
 * "f12 main" by the module's own name for a function, else by that of an export, f12 "main"; "f12"
 * when it has neither; "f3 order log_append" of an import.  Cut to fit.  Returns text.
 */
enum { CODE_LABEL_BYTES = 256 };
char *code_label(char text[CODE_LABEL_BYTES], const struct engine_code *code, uint32_t function);
/* "i32, i64 -> f64", or "nothing" for no parameters; returns text. */
enum { CODE_SIGNATURE_BYTES = 512 };
char *code_signature(char text[CODE_SIGNATURE_BYTES], const char *params, char result);

#endif
