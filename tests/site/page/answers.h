/* What tests of answers out of the books share: a clock that a test moves, and parsing. */
#ifndef SERAI_TESTS_SITE_PAGE_ANSWERS_H
#define SERAI_TESTS_SITE_PAGE_ANSWERS_H

#include <jansson.h>

#include "base/clock.h"
#include "tests/ledger/books_check.h"

/* Each look at it moves it on by so much. */
struct test_clock {
    uint64_t now_us;
    uint64_t step_us;
};

static inline uint64_t test_clock_now(void *context)
{
    struct test_clock *clock = context;

    return clock->now_us += clock->step_us;
}

static inline struct clock_source test_clock_source(struct test_clock *clock)
{
    return (struct clock_source){.now_us = test_clock_now, .context = clock};
}

/* The JSON that was appended, parsed; `out` is freed. */
static inline json_t *answer_parse(struct bytes *out)
{
    json_error_t error;
    json_t *parsed;

    ck_assert(!out->failed);
    parsed = json_loadb((const char *)out->data, out->size, 0, &error);
    ck_assert_msg(parsed != NULL, "%s in %.*s", error.text, (int)out->size,
                  (const char *)out->data);
    bytes_fini(out);
    return parsed;
}

static inline const char *answer_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    ck_assert_msg(text != NULL, "there is no %s", key);
    return text;
}

/* "1.000000002" as nanos. */
static inline uint64_t answer_nanos(const json_t *object, const char *key)
{
    uint64_t nanos_of = 0;

    for (const char *at = answer_text(object, key); *at != '\0'; at++)
        if (*at != '.')
            nanos_of = nanos_of * 10 + (uint64_t)(*at - '0');
    return nanos_of;
}

#endif
