/* A site in memory around agents whose rows are tested: money, one of everything, state as text. */
#ifndef SERAI_TESTS_AGENTS_ROWS_WORLD_H
#define SERAI_TESTS_AGENTS_ROWS_WORLD_H

#include "agents/agent.h"
#include "agents/set.h"
#include "ledger/ledger.h"

enum { MODULE_BYTES = 71, MODULE_PAGES_MAX = 2, AGENTS = 4 };
extern const uint8_t loader_module[MODULE_BYTES];
extern const uint8_t other_module[MODULE_BYTES];

struct world {
    struct rng rng;
    struct ledger *ledger;
    struct undo *undo;
    struct agents *agents;
    struct store_memory *memory;
    struct store store;
    uint64_t customer;
    uint64_t ids[AGENTS];
};

/* Empty agents and an empty ledger: for loading into. */
void world_start(struct world *world);
void world_stop(struct world *world);
void world_free(struct world *world);
/* Also makes final what was changed. */
void world_event_end(struct world *world);
/* One frame, to the store. */
void world_commit(struct world *world);
struct agent *world_agent(const struct world *world, int which);
struct object *world_add_facet(struct world *world, struct agent *owner);
/* To a question of `owner`, in a slot of `holder`. */
struct object *world_add_reply(struct world *world, struct agent *owner, struct agent *holder);
struct object *world_add_buffer(struct world *world, struct agent *owner, uint64_t size);
/* A leash that is watched. */
struct object *world_add_leash(struct world *world, struct agent *holder, struct agent *child);
void world_add_timer(struct world *world, struct agent *owner);
void world_add_heap_entry(struct world *world, struct agent *payer, uint64_t facet);
void world_send(struct world *world, struct agent *from, struct agent *to, uint64_t facet);
/* An event that comes before all others, as after a become with a way back. */
void world_send_first(struct world *world, struct agent *to);
void world_run_all(struct world *world);
/* A customer with money, and AGENTS newborns that wait for their first turn. */
struct world world_new(void);
/* One of everything that has a row. */
void world_fill(struct world *world);
/* Everything that must come back, as text; the caller frees it with bytes_fini(). */
struct bytes world_dump(const struct world *world);
/* Agents and ledger read from the store of another world; ended by world_stop(). */
enum status world_load(struct world *loaded, const struct world *from, struct fault *fault);
/* Both dumps are equal, or the test fails with the first line that is not. */
void world_check_same(const struct world *a, const struct world *b);
/* Save, read back in another world, and find the same state and the same claims. */
void world_check_round_trip(struct world *world);

#endif
