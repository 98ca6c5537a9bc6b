/* Fuel table `fuel-0`: every price of the engine.  docs/fuel.md is the same table for people. */
#ifndef SERAI_AGENTS_ENGINE_FUEL_H
#define SERAI_AGENTS_ENGINE_FUEL_H

enum {
    FUEL_NONE = 0, /* nop, drop, block, end, else: they shape the code and do nothing */
    FUEL_ONE = 1,  /* every operator that is not named below */
    FUEL_FLOAT = 2,
    FUEL_ROUND = 4,  /* ceil, floor, trunc, nearest, min, max; conversions that check a range */
    FUEL_DIVIDE = 8, /* div and rem of integers, div and sqrt of floats */
    FUEL_BR_TABLE = 2,
    FUEL_CALL = 2,
    FUEL_CALL_INDIRECT = 4,
    FUEL_ENTRY = 4, /* of a function of the module, plus one for each FUEL_ENTRY_LOCALS locals */
    FUEL_ENTRY_LOCALS = 8,
    FUEL_HOST = 64, /* of an imported function */
    FUEL_BULK = 8,  /* memory.fill and memory.copy, plus one for each FUEL_BULK_BYTES begun */
    FUEL_BULK_BYTES = 8,
    FUEL_GROW = 8, /* memory.grow, plus FUEL_GROW_PAGE for each page */
    FUEL_GROW_PAGE = 512,
};

#endif
