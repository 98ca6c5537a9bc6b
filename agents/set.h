/* All agents of a site and what they share.  Private to this part. */
#ifndef SERAI_AGENTS_SET_H
#define SERAI_AGENTS_SET_H

#include "agents/agents.h"
#include "agents/cap_heap.h"
#include "agents/code.h"
#include "agents/customers.h"
#include "agents/pages/arena.h"
#include "agents/pages/page_cache.h"
#include "agents/pages/page_log.h"
#include "agents/pages/paged.h"
#include "base/dense.h"
#include "base/heapq.h"
#include "base/slab.h"
#include "base/table.h"
#include "engine/engine.h"

struct object;
struct rows_loading;
struct lineage;

struct agents {
    struct ledger *ledger;
    struct undo *undo;
    struct agents_env env;
    struct pricebook prices; /* in force */
    uint64_t now_us;

    struct dense agents;    /* id -> struct agent, or the record of one that sleeps */
    struct table objects;   /* id -> struct object */
    struct table customers; /* account -> struct customer_use */
    struct table lineages;  /* account -> struct lineage */
    struct code *codes;
    struct table codes_by_id; /* first 8 bytes of the id -> the first struct code of `same` */
    struct heap_entry **heap; /* buckets */
    size_t heap_buckets;
    size_t heap_count;
    uint8_t heap_key[16];

    uint64_t next_object;
    uint64_t next_message;
    uint64_t next_heap_serial;
    bool counters_dirty;

    struct rows_loading *loading; /* while rows are read, or NULL */

    struct slab small;    /* objects, and the records of those who sleep */
    struct bytes awake;   /* of struct agent * */
    size_t awake_max;     /* more than this many awake: those who can go to sleep */
    size_t hand;          /* of the clock over them */
    uint64_t woken;       /* since it last moved */
    struct bytes packing; /* scratch */

    struct customer_use *ready_first; /* who comes first; NULL: nobody */
    struct customer_use *ready_last;
    size_t ready_count; /* agents that have something to do */
    /* The rows that the next save writes; one whose number is found no more is deleted. */
    struct bytes dirty_agents;  /* of u64 */
    struct bytes dirty_objects; /* of u64 */
    struct bytes dirty_heap;    /* of 12-byte numbers */
    struct bytes dirty_codes;   /* of struct hash */
    struct paged_dirty dirty_pages;
    bool refuses_births;
    struct page_log page_log;
    struct page_cache page_cache;
    struct bytes tombstones; /* of struct tombstone */
    struct bytes dead;   /* of struct agent *: freed at the next save, when nothing points there */
    struct heapq timers; /* due, object id */
    uint64_t settle_agents;  /* settled each minute: SETTLE_AGENTS, in tests fewer */
    uint64_t next_settle_us; /* when the next part of all is settled */
    uint64_t settled_group;  /* the last one that was */
    uint64_t dry_us;         /* no group's note is earlier */

    struct turn *turn; /* running, or NULL */
    struct turn *turn_memory;
    struct arena *arena;
    struct engine_stack *stack;
    uint64_t hot_fuel; /* agents_watch_code(); 0: nobody watches */
    uint64_t effort_fuel;
    struct bytes hot_codes; /* of struct hash: told, and not yet heard */
    size_t natives;         /* how many codes are in tier 1 */
    struct hasher *hasher;  /* for the hashes of events: each turn has one */

    struct agents_counters counters;
};

#endif
