/*
 * The run of a test: its agents on a site in memory, its steps one after the other.  What happened
 * is one JSON object, the report, which says of each step what it did, the turns that it caused
 * with their exact cost, and the state afterwards (docs/json.md).  The same file and modules give
 * the same report.
 */
#ifndef SERAI_SITE_TESTING_TEST_RUN_H
#define SERAI_SITE_TESTING_TEST_RUN_H

#include <jansson.h>

#include "base/bytes.h"
#include "base/hash.h"
#include "engine/engine.h"
#include "market/market.h"

/* What the run asks of whoever has files. */
struct test_env {
    void *context;
    /* Append the bytes of a module that the file names.  ST_MISSING, ST_IO, ST_FULL, ST_NOMEM. */
    enum status (*module)(void *context, const char *path, struct bytes *bytes,
                          struct fault *fault);
    /* Name a place in the module of this id, for people: function, byte and line if known. */
    void (*place)(void *context, const struct hash *code, const struct engine_frame *at, char *text,
                  size_t text_bytes);
};

/*
 * Run a checked file with the agent's module, by a book of prices that the file's own prices
 * change. On ST_OK the caller ends *report with json_decref().  ST_INVALID: the file names what is
 * not there, or an agent beside the one that is tested cannot be deployed; ST_FULL: the agents
 * never come to rest; ST_NOMEM; what env->module fails with.
 */
MUST_CHECK enum status test_run(const json_t *file, const struct bytes *module,
                                const struct pricebook *book, const struct test_env *env,
                                json_t **report, struct fault *fault);

#endif
