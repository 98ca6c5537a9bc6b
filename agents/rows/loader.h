/* What is known while rows are read.  Private to this part. */
#ifndef SERAI_AGENTS_ROWS_LOADER_H
#define SERAI_AGENTS_ROWS_LOADER_H

#include "base/bytes.h"
#include "base/dense.h"
#include "base/store.h"

struct agents;
struct ledger_claims;

struct rows_loader {
    struct agents *agents;
    struct ledger_claims *claims; /* the caller's: what the rows claim is added */
    struct bytes codes;           /* of struct expected_code, in order of id */
    struct dense owned;  /* agent -> the newest of its objects, until the agent's row is read */
    uint64_t agent_rows; /* that were read */
    uint64_t leashes;    /* the same of leashes */
    uint64_t leashed;    /* agents that one of them holds */
    bool has_counters;
};

/* Read one row. */
typedef enum status (*row_load_fn)(struct rows_loader *loader, const struct store_row *stored,
                                   struct fault *fault);

/* Read all rows of a table, until one is refused. */
MUST_CHECK enum status rows_load_table(struct rows_loader *loader, const struct store_read *read,
                                       enum store_table table, row_load_fn load,
                                       struct fault *fault);

#endif
