/* The program that an agent runs.  Private to this part. */
#ifndef SERAI_AGENTS_PROGRAM_H
#define SERAI_AGENTS_PROGRAM_H

#include "agents/code.h"
#include "agents/pages/paged.h"

struct turn;

/* A program, and its state as of the last good turn. */
struct agent_program {
    struct code_ref code;
    bool begun;            /* a turn of this code stood: what it initializes is initialized */
    struct code_ref *kept; /* AGENT_CODES_MAX of them; NULL until one is kept */
    uint32_t kept_count;
    uint32_t memory_pages; /* wasm pages */
    uint64_t *globals;     /* as many as its module has */
    struct paged memory;
};

/*
 * Make the agent another program, after the turn that asked for it has committed: caps, inbox and
 * credit stay, memory is new.  The reference `code` is the agent's from here on.
 */
void agent_become(struct agents *agents, struct agent *agent, struct code_ref code);

/*
 * Count what becoming another program will hold for the customer, from the order on: else what the
 * turn does afterwards could take its place.
 */
void turn_take_become(struct turn *turn);

/*
 * Make `code` the agent's program, not yet begun, with the memory and globals that it begins with.
 * The reference is the agent's from here on.
 */
void agent_adopt_code(struct agents *agents, struct agent *agent, struct code_ref code);

/* End what turn_take_become() counted: it is carried out now, and what it holds counts itself. */
void turn_give_become(struct turn *turn);

#endif
