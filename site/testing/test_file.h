/*
 * The file of a test, docs/agent-test.md: JSON, read whole and checked whole before anything runs.
 * Each key has a type, and a key that is not known is refused; so those who read it later find
 * every value that is there to be of its type.
 */
#ifndef SERAI_SITE_TESTING_TEST_FILE_H
#define SERAI_SITE_TESTING_TEST_FILE_H

#include <jansson.h>

#include "base/bytes.h"
#include "base/money.h"

enum {
    TEST_FILE_BYTES_MAX = 4 * 1024 * 1024,
    TEST_STEPS_MAX = 1000,
    TEST_NEIGHBOURS_MAX = 4,
    TEST_ACTORS_MAX = 32, /* agents and mocks; people are bounded by the site in memory */
};

/*
 * Read and check a file.  On ST_OK the caller ends *root with json_decref().  ST_INVALID: the fault
 * has the path, and line and column of what is no JSON, or the place of what is not as it should be
 * ("steps[2].expect.cost").  ST_MISSING, ST_IO, ST_FULL, ST_NOMEM.
 */
MUST_CHECK enum status test_file_load(json_t **root, const char *path, struct fault *fault);

/* The same of a text; `name` stands for the path. */
MUST_CHECK enum status test_file_parse(json_t **root, const char *text, size_t size,
                                       const char *name, struct fault *fault);

/*
 * ---- values of an object that was checked; what is not there is `fallback`, zero or nothing ----
 */

const char *test_text(const json_t *object, const char *key, const char *fallback);
struct money test_amount(const json_t *object, const char *key, struct money fallback);
uint64_t test_count(const json_t *object, const char *key, uint64_t fallback);
bool test_flag(const json_t *object, const char *key);

/* A time in microseconds. */
uint64_t test_time_us(const json_t *object, const char *key);

/* Append the data that is given as a text under `key` or in hex under key_hex. */
void test_data(const json_t *object, const char *key, const char *key_hex, struct bytes *data);

/* The key among those that name what a step does; NULL is never returned for a checked step. */
const char *test_step_verb(const json_t *step);

#endif
