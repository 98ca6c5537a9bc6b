/*
 * Figures of a site for those who watch it (docs/metrics.md): plain values, copied out of the core
 * between two frames.  Nothing here changes the core, and no figure takes a time that grows with
 * the number of agents: those that need a look at each agent come from a survey, which looks at a
 * bounded number of them in a step.
 *
 * Used by the core thread alone; a copy is whoever's has it.
 */
#ifndef SERAI_SITE_CORE_FIGURES_H
#define SERAI_SITE_CORE_FIGURES_H

#include "agents/views.h"
#include "links/link.h"
#include "site/core/core.h"

/* One of the site's own accounts. */
struct core_account_figures {
    uint64_t id;
    enum account_kind kind;
    u128 debits;
    u128 credits;
};

/* One link; its amounts in nanos, as link_we_owe() and the read `link` have them. */
struct core_link_figures {
    uint32_t interface;
    char name[LINK_NAME_BYTES_MAX + 1];
    enum link_state state;
    uint64_t unchanged_us; /* of site time: since when it is in that state */
    u128 we_owe;
    u128 peer_limit; /* the most that we may owe; 0: not known yet */
    u128 it_owes;
    u128 limit; /* the most that it may owe */
    u128 sent_total;
    u128 acked_total; /* of these, durable at the peer */
    u128 received_total;
    u128 lost; /* sent, forgotten in losses of power */
    uint64_t sent_messages;
    uint64_t received_messages;
    uint64_t outstanding_messages; /* numbered, and not durable at the peer */
    uint64_t outstanding_bytes;
};

enum { FIGURES_ACCOUNTS_MAX = 64 };

struct core_figures {
    char currency[PRICEBOOK_CURRENCY_BYTES];
    uint64_t frame;         /* the last that was closed */
    uint64_t frame_wall_us; /* when it was */
    uint64_t site_time_us;
    struct agents_counters agents;
    uint64_t ready; /* agents with an event that could run now */
    uint64_t customers;
    uint64_t channel_ends;
    struct core_disk disk;
    bool drained;
    struct core_account_figures accounts[FIGURES_ACCOUNTS_MAX]; /* by rising id */
    size_t account_count;
    u128 liabilities; /* what the accounts of customers and agents hold, together */
    struct core_link_figures links[LINKS_MAX]; /* in order of interface */
    size_t link_count;
};

/* Copy the figures as they are.  Between turns. */
void core_figures(struct core *core, struct core_figures *figures);

/* Sums over the agents that a survey looked at. */
struct core_tally {
    uint64_t agents;
    uint64_t memory_bytes;
    uint64_t buffer_bytes;
    uint64_t inbox_messages;
    uint64_t inbox_bytes;
    /* Running ones whose balance pays their rent, and no turn, for less than an hour and a day. */
    uint64_t dry_in_hour;
    uint64_t dry_in_day;
};

/* A look at all agents, some in each step, again and again.  All-zero is the start of one. */
struct core_survey {
    uint64_t next; /* the number that is looked at next; 0: the first */
    struct core_tally so_far;
    struct core_tally last; /* of the last round that came to its end */
    uint64_t rounds;        /* that did */
};

/*
 * Look at the agents among the next `count` account numbers: those of the dead are passed over.
 * Between turns.
 */
void core_survey_step(const struct core *core, struct core_survey *survey, size_t count);

#endif
