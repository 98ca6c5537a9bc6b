/* Damage to a module: bytes anywhere, or operators and immediates changed for others of their kind.
 */
#ifndef SERAI_TESTS_DIFFERENTIAL_MUTATE_H
#define SERAI_TESTS_DIFFERENTIAL_MUTATE_H

#include "base/bytes.h"
#include "base/random.h"

/* Change *wasm, a module that is accepted; what comes of it may be refused. */
void mutate(struct bytes *wasm, struct rng *rng);

#endif
