/* When agents are to be billed.  Private to this part. */
#ifndef SERAI_AGENTS_BILLING_QUEUE_H
#define SERAI_AGENTS_BILLING_QUEUE_H

#include "base/status.h"

struct agents;

/* When agents are billed. */
struct billing {
    uint64_t agents_max; /* that are billed each minute: BILL_AGENTS, in tests fewer */
    uint64_t next_us;    /* when the next part of all is billed */
    uint64_t last_group; /* the last one that was */
    uint64_t early_us;   /* no group's note is earlier */
};

/* Let the agent be billed by due_us. */
void bill_by(struct agents *agents, uint64_t agent, uint64_t due_us);

/* Site time when bill_due() has something to do next; UINT64_MAX: there is nobody. */
uint64_t bill_next_us(const struct agents *agents);

/* Let all agents be billed soon: at other prices each runs dry at another time. */
void bill_all_soon(struct agents *agents);

/* Make *at due_us, unless it is an earlier time; 0 is no time. */
void bill_earlier(uint64_t *at, uint64_t due_us);

#endif
