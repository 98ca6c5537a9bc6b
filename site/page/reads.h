/* Reads of the control socket (docs/control.md), as routes with the same names and results. */
#ifndef SERAI_SITE_PAGE_READS_H
#define SERAI_SITE_PAGE_READS_H

#include "site/metrics/http.h"
#include "site/page/ask.h"
#include "site/page/json.h"

/* One read, and which parameter of the request is each of its arguments. */
struct page_read {
    const char *command;
    struct page_argument {
        const char *name;
        enum { ARGUMENT_NONE, ARGUMENT_NUMBER, ARGUMENT_OPTIONAL, ARGUMENT_TEXT } kind;
    } arguments[3];
};

/*
 * Ask it, and fill in the answer: its result, or an object with `error` and the status of HTTP that
 * fits.
 */
void page_read_answer(const struct ask *ask, const struct page_read *read,
                      const struct http_query *query, struct http_answer *answer);

/* Answer with an error in place of a result, for people. */
void page_say_error(struct http_answer *answer, unsigned status, const char *text);

#endif
