/* What the operator grants one customer. */
#ifndef SERAI_SITE_CORE_CUSTOMER_TERMS_H
#define SERAI_SITE_CORE_CUSTOMER_TERMS_H

#include "base/cbor.h"

struct core;
struct outcome;
struct viewer;

/* The read `customer`, a row of the table in reads.c: its bounds, what it has of each, its state.
 */
void core_read_customer(struct core *core, const struct viewer *viewer, struct cbor *in,
                        struct outcome *outcome);

#endif
