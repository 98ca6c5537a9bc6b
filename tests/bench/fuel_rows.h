/* The units that bench_fuel measures, and the module that repeats one. */
#ifndef SERAI_TESTS_BENCH_FUEL_ROWS_H
#define SERAI_TESTS_BENCH_FUEL_ROWS_H

#include "base/bytes.h"
#include "engine/engine.h"

enum { FUEL_ROW_BYTES = 40 };

struct fuel_row {
    char name[40];
    uint32_t units;                 /* in a turn of the loop */
    uint32_t turns_max;             /* so often only; 0: as often as one likes */
    uint32_t locals;                /* of the function that a call enters */
    uint32_t pages;                 /* of memory */
    bool fresh_cards;               /* each run begins with clear cards */
    uint32_t code_bytes;            /* 0; else much code, by cold_module(), and only name counts */
    uint32_t skip;                  /* of such code */
    uint8_t cold;                   /* enum cold_kind */
    bool walks;                     /* memory is full of addresses, each line's the next one's */
    uint8_t before[FUEL_ROW_BYTES]; /* once, ahead of the units */
    uint8_t before_bytes;
    uint8_t below[FUEL_ROW_BYTES]; /* as often as there are units, ahead of them all */
    uint8_t below_bytes;
    uint8_t unit[FUEL_ROW_BYTES];
    uint8_t unit_bytes;
    uint8_t after[FUEL_ROW_BYTES]; /* once, behind them */
    uint8_t after_bytes;
};

extern const struct engine_imports fuel_imports;

/* All of them; they live until the end. */
const struct fuel_row *fuel_rows(size_t *count);
/*
 * A module with an export "f"(i) that runs the row's loop so many times.  *units is how many of the
 * row's units are in one turn of the loop.
 */
void fuel_module(struct bytes *out, const struct fuel_row *row, uint32_t *units);

#endif
