/* All agents of a site and what they share.  Private to this part. */
#ifndef SERAI_AGENTS_SET_H
#define SERAI_AGENTS_SET_H

#include "agents/agents.h"
#include "agents/billing_queue.h"
#include "agents/cap_heap.h"
#include "agents/changes.h"
#include "agents/code.h"
#include "agents/customers.h"
#include "agents/facet_index.h"
#include "agents/follow_up.h"
#include "agents/last_logs.h"
#include "agents/life_tell.h"
#include "agents/lineage.h"
#include "agents/names.h"
#include "agents/objects.h"
#include "agents/pages/pages.h"
#include "agents/ready.h"
#include "agents/sleep.h"
#include "agents/views.h"
#include "base/dense.h"
#include "base/slab.h"
#include "base/table.h"
#include "engine/engine.h"

/* What follows from the prices in force for each turn, rounded up; computed when they change. */
struct turn_prices {
    struct money fuel_floor; /* of compute.reserve_fuel */
    struct money fuel_full;  /* of compute.turn_fuel_max */
    struct money entry;      /* of the journal's entry of a turn, with the lines that most have */
    struct money line;       /* of one line more */
};

struct agents {
    struct ledger *ledger;
    struct undo *undo;
    struct agents_env env;
    struct pricebook prices; /* in force */
    struct turn_prices turn_prices;
    uint64_t now_us;

    struct dense by_id;     /* id -> struct agent, or the record of one that sleeps */
    struct table customers; /* account -> struct customer_use */
    struct table lineages;  /* account -> struct lineage */
    struct object_set objects;
    struct facet_index facets; /* those that were made by their badge */
    struct follow_ups follow_ups;
    uint64_t waiting; /* messages on all promises; not stored */
    struct modules modules;
    struct cap_heap heap;
    struct slab small; /* memory of objects, and of records of packed agents */

    struct awake awake;
    struct ready_queue ready;
    struct billing billing;
    struct page_set pages;
    struct changes changes;
    struct life_ring life;      /* not stored */
    struct last_logs last_logs; /* not stored */
    struct name_index names;    /* not stored */

    struct turn *turn; /* running, or NULL */
    struct turn *turn_memory;
    struct engine_stack *stack;

    uint64_t next_message; /* the number of the next one */
    bool refuses_births;
    uint64_t leaving_us; /* until when the site is drained; 0: it is not */
    struct agents_counters counters;
};

#endif
