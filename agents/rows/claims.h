/*
 * What one row, or the same in RAM, says that held and deposit accounts hold
 * (docs/records-agents.md, "What the rows claim").  Private to this part.
 */
#ifndef SERAI_AGENTS_ROWS_CLAIMS_H
#define SERAI_AGENTS_ROWS_CLAIMS_H

#include "base/status.h"

struct agent;
struct heap_entry;
struct ledger_claims;
struct message;
struct object;

/* Each of these adds what it claims to *claims. */
void claims_of_agent(struct ledger_claims *claims, const struct agent *agent);
void claims_of_message(struct ledger_claims *claims, const struct message *m);
void claims_of_object(struct ledger_claims *claims, const struct object *object);
void claims_of_heap_entry(struct ledger_claims *claims, const struct heap_entry *entry);

#endif
