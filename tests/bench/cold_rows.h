/* Modules of much code, each part of which runs seldom: what a processor pays to find it again. */
#ifndef SERAI_TESTS_BENCH_COLD_ROWS_H
#define SERAI_TESTS_BENCH_COLD_ROWS_H

#include "tests/bench/fuel_rows.h"

enum cold_kind {
    COLD_CALL,          /* direct calls of functions in no order */
    COLD_CALL_INDIRECT, /* the same through the table, by a number that is computed */
    COLD_BR_TABLE,      /* from a loop to one of hundreds of places, by a number likewise */
    COLD_BR_KNOWN,      /* the same, but each place says which is next: the least fuel */
    COLD_JUMP,          /* over code that does not run, to the next jump */
};

/*
 * A module of about `bytes`, whose export "f"(i) goes round so many times through all of its code.
 * *units is how many cold places one round finds.  `skip`: stores of 7 bytes between two of them.
 */
void cold_module(struct bytes *out, enum cold_kind kind, uint32_t bytes, uint32_t skip,
                 uint32_t *units);

#endif
