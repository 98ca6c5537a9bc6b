/* The report of a test, for people. */
#ifndef SERAI_SITE_TESTING_TEST_PRINT_H
#define SERAI_SITE_TESTING_TEST_PRINT_H

#include <jansson.h>
#include <stdio.h>

/*
 * Print a report with its checks: a line for each step, turn, log line and check, and the sums.
 * Texts that agents chose are escaped.
 */
void test_print(FILE *out, const json_t *report, const char *currency);

#endif
