/*
 * A host that every side can play: what an import answers is a function of its number and its
 * arguments.  v8.js holds the same in JavaScript.
 *
 *     mix = number + 1, then mix * 31 + argument for each argument, modulo 2^64
 *
 * "stop" ends the run.  "toll" takes (first argument mod 64) fuel, where there is fuel.  "peek"
 * reads 8 bytes at its first argument: their number xor mix, or -4 when they are out of bounds.
 * An import whose first two parameters are i32 writes the 8 bytes of mix at its first argument
 * (at its second when the third is i32 too): mix mod 65536, or -4.  Every other answers mix.
 */
#ifndef SERAI_TESTS_DIFFERENTIAL_HOST_H
#define SERAI_TESTS_DIFFERENTIAL_HOST_H

#include "engine/engine.h"

/* After the orders of sdk/abi.h, which real agents import: */
enum { HOST_STOP = 67, HOST_TOLL, HOST_MIX, HOST_POKE, HOST_PEEK, HOST_IMPORTS };

extern const struct engine_imports host_imports;

/* engine_instance.host_call of the tiers; its `host` is not used. */
bool host_call(void *host, struct engine_instance *instance, uint32_t order, const uint64_t *args,
               int64_t *result);

/* The same for a side that has no engine_instance: memory and its size in bytes; no fuel. */
bool host_answer(uint32_t order, const uint64_t *args, uint8_t *memory, uint64_t memory_bytes,
                 int64_t *result);

#endif
