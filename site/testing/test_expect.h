/* What a test expects, compared with what happened. */
#ifndef SERAI_SITE_TESTING_TEST_EXPECT_H
#define SERAI_SITE_TESTING_TEST_EXPECT_H

#include <jansson.h>

/*
 * Add to each step of a report its `checks`: an object for each thing that the file expects of it,
 * and for each trouble that it does not expect.  Sets `checks`, `wrong` and `ok` of the report.
 */
void test_expect_all(const json_t *file, json_t *report);

#endif
