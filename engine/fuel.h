/* Fuel table `fuel-3`: every price of the engine.  docs/fuel.md is the same table for people. */
#ifndef SERAI_ENGINE_FUEL_H
#define SERAI_ENGINE_FUEL_H

#include <stdint.h>

enum {
    FUEL_NONE = 0, /* nop, drop, block, end, else: they shape the code and do nothing */
    FUEL_ONE = 1,  /* every operator that is not named below */
    FUEL_FLOAT = 2,
    FUEL_CONVERT = 4,  /* float min and max; conversions that check a range */
    FUEL_POPCOUNT = 4, /* no instruction of every machine that we run on */
    FUEL_ROUND = 8,    /* ceil, floor, trunc, nearest: a call of the C library */
    FUEL_DIVIDE = 8,   /* div and rem of integers, div and sqrt of floats */
    FUEL_BR_TABLE = 2,
    FUEL_BR_TABLE_LARGE = 32,         /* where each may lead to code that no cache holds: */
    FUEL_BR_TABLE_BYTES = 256 * 1024, /* in a module whose code section is longer than this */
    FUEL_CALL = 2,
    FUEL_CALL_INDIRECT = 4,
    FUEL_ENTRY = 4, /* of a function of the module, plus one for each FUEL_ENTRY_LOCALS locals */
    FUEL_ENTRY_LOCALS = 8,
    FUEL_HOST = 64,      /* of an imported function */
    FUEL_BULK = 8,       /* memory.fill and memory.copy, plus an access for each address ... */
    FUEL_BULK_BYTES = 8, /* ... and one for each that many bytes begun */
    FUEL_GROW = 8,       /* memory.grow, plus FUEL_GROW_PAGE for each page */
    FUEL_GROW_PAGE = 512,
    FUEL_PAGE = 1024, /* the first change of a run to 4 KiB of memory, which commit or undo pay */

    /* A load or store, by the memory's declared maximum in wasm pages: large memory is slow. */
    FUEL_ACCESS = 2, /* up to 1 MiB */
    FUEL_ACCESS_PAGES = 16,
    FUEL_ACCESS_LARGE = 8, /* up to 4 MiB */
    FUEL_ACCESS_LARGE_PAGES = 64,
    FUEL_ACCESS_HUGE = 32,
};

/* The price of a load or store in a memory with this declared maximum in wasm pages. */
static inline uint32_t fuel_access(uint32_t memory_pages_max)
{
    if (memory_pages_max <= FUEL_ACCESS_PAGES)
        return FUEL_ACCESS;
    return memory_pages_max <= FUEL_ACCESS_LARGE_PAGES ? FUEL_ACCESS_LARGE : FUEL_ACCESS_HUGE;
}

#endif
