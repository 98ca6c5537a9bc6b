/* Modules and references to them.  Private to this part. */
#ifndef SERAI_AGENTS_CODE_H
#define SERAI_AGENTS_CODE_H

#include "agents/modules.h"
#include "base/table.h"
#include "engine/engine.h"

struct customer_use;

enum code_reported {
    REPORTED_NOTHING,
    REPORTED_HOT, /* if an object of it is at hand, that is wanted */
    REPORTED_ALL, /* a compile was requested or refused */
};

struct code {
    struct hash id;
    uint8_t *bytes;
    size_t size;
    size_t held; /* of memory: its bytes and what they decode to, for which rent is paid */
    struct engine_code *engine;
    struct code_entry entry;
    uint64_t refs;     /* agents that run it or keep it; 0 is dropped at the next save */
    bool builtin;      /* the loader: never dropped, costs no rent */
    u128 share_index;  /* cumulative rent index x bytes / refs: what one reference owes */
    u128 market_index; /* of RENT_CODE when share_index was brought up to date */
    u128 market_saved; /* market_index as it is in the row */
    bool stored;       /* the row of its bytes is written */
    bool dirty;
    struct code *next;
    struct code *previous;
    struct code *same; /* another whose id begins with the same 8 bytes */

    /* Tier 1; none of it is stored, and none of it shows in any frame. */
    struct engine_native *native; /* what its agents run in; NULL: tier 0 */
    uint64_t fuel;                /* that its agents used since the start */
    uint64_t watched_fuel;        /* the same since it last left tier 1 */
    uint64_t used_turn;           /* the site's count of turns when one last ran */
    uint64_t worth_fuel;         /* from this on it is worth a compile; known once it is reported */
    enum code_reported reported; /* what was reported to the compiler */
    bool waits;                  /* among the hot codes that are to be reported */
    char *tier_reason;           /* why it is not in tier 1; NULL: none */
};

struct code_ref {
    struct code *code;
    u128 share_index; /* when this reference last paid */
};

struct modules {
    struct code *first;
    struct table by_id;   /* first 8 bytes of the id -> the first struct code of `same` */
    uint64_t hot_fuel;    /* agents_watch_code(); 0: nobody watches */
    uint64_t effort_fuel; /* the same */
    struct bytes hot;     /* of struct hash: to be reported by agents_hot_code() */
    size_t natives;       /* how many are in tier 1 */
};

/* The module of this id, or NULL. */
struct code *modules_find(const struct modules *modules, const struct hash *id);

/* Add a module to the list and the index; not undone. */
void modules_add(struct modules *modules, struct code *code);

/* Take a module out of the list and the index; not undone. */
void modules_remove(struct modules *modules, struct code *code);

/*
 * Count one more reference to a module; it counts for the customer whose agent has it.  Undone by
 * rollback.
 */
struct code_ref code_ref_take(struct agents *agents, struct customer_use *use, struct code *code);

/*
 * End a reference of an agent, which becomes all zero; what it owes goes to the agent's accrual.
 * Undone by rollback.
 */
void code_ref_drop(struct agents *agents, struct agent *agent, struct code_ref *ref);

/* Take a module off the agent's list of kept ones.  Undone by rollback. */
void code_unkeep(struct agents *agents, struct agent *agent, uint32_t at);

/*
 * Validate and decode a module, linked nowhere yet; `id` is the SHA-256 of its bytes.  On ST_OK the
 * caller owns *code.  ST_INVALID: it is refused, *fault says why; ST_NOMEM.
 */
enum status code_make(struct code **code, const struct hash *id, const uint8_t *bytes, size_t size,
                      struct fault *fault);

/* Free a module that is linked nowhere, with its object of tier 1; NULL is allowed. */
void code_free(struct code *code);

#endif
