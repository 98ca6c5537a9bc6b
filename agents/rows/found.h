/* Rows that an agent's row counts, while rows are read.  Private to this part. */
#ifndef SERAI_AGENTS_ROWS_FOUND_H
#define SERAI_AGENTS_ROWS_FOUND_H

#include "base/bytes.h"

struct agents;

/* Tables whose rows an agent's row counts. */
enum row_part {
    PART_CAPS,
    PART_MESSAGES,
    PART_FACETS,
    PART_TIMERS,
    PART_BUFFER_BYTES,
    PART_LINES,
    PART_LEASH /* its number, instead of a count */
};
enum { ROW_PARTS = 7 };

/* Counts of an agent's row, less what was found; zero when all tables are read. */
struct expected_agent {
    uint64_t id;
    uint64_t missing[ROW_PARTS]; /* modulo 2^64: what is found too much goes below zero */
};

struct rows_loading {
    struct bytes rows; /* of struct expected_agent, in order of id */
    size_t last;       /* which was asked for: the next is often it or the one after */
};

/*
 * Count `amount` of what an agent's row counts as found, while rows are read.  All must be found
 * when everything is read.
 */
void row_found(struct agents *agents, uint64_t agent, enum row_part part, uint64_t amount);

/* The row of `at`, in order of number. */
struct expected_agent *row_expected_at(const struct rows_loading *loading, size_t at);

#endif
