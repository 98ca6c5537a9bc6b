/* Accrual of rent.  Private to this part. */
#ifndef SERAI_AGENTS_ACCRUAL_H
#define SERAI_AGENTS_ACCRUAL_H

#include "agents/code.h"

/* Numerators below one nano, carried per resource (docs/prices.md). */
enum carry { CARRY_COMPUTE, CARRY_PACKETS, CARRY_PACKET_DATA, CARRY_LOG, CARRY_JOURNAL, CARRIES };

/* The rent that an agent owes, in numerators (docs/prices.md). */
struct accruals {
    u128 owed[RENT_RESOURCES];
    u128 index[RENT_RESOURCES]; /* when last brought up to date */
    uint64_t touched_us;        /* site time of that; not stored */
};

/* The bytes that rent of memory is paid for, by docs/prices.md. */
uint64_t agent_bytes_held(const struct agent *agent);

/* Bring the accruals up to date; before anything that rent is counted by changes. */
void rent_accrue(struct agents *agents, struct agent *agent);

/*
 * The whole nanos of rent that the agent would be billed now; nothing is changed.  They are its
 * site's already, though the books show them at the next bill.
 */
struct money rent_owed_now(const struct agents *agents, const struct agent *agent);

/* The price index of a resource at the site time that agents have. */
u128 rent_index_now(const struct agents *agents, enum rent_resource resource);

/* Bring what one reference to a module owes up to date; before its references change. */
void code_share_update(struct agents *agents, struct code *code);

#endif
