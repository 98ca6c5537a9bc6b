/*
 * What happened to agents, for those who watch them: the last LIFE_EVENTS_MAX life events of this
 * run, in memory alone.  A birth of a turn that is undone is none.  One thread.
 */
#ifndef SERAI_AGENTS_LIFE_EVENTS_H
#define SERAI_AGENTS_LIFE_EVENTS_H

#include "agents/limits.h"
#include "base/money.h"
#include "base/status.h"

struct agents;

enum life_kind {
    LIFE_BIRTH,
    LIFE_FREEZE,
    LIFE_THAW,
    LIFE_LOW,
    LIFE_UNDONE,
    LIFE_RETURNED,
    LIFE_DEATH,
};
enum { LIFE_TEXT_BYTES = 320 };

struct life_event {
    uint64_t number; /* among all of this run, from 1; some may be gone, or were never kept */
    uint64_t own;    /* the same among those of its customer */
    uint64_t time_us;
    enum life_kind kind;
    uint64_t agent;
    uint64_t customer;
    uint64_t parent;      /* of a birth: the agent that ordered it; 0: nobody on this site */
    uint64_t message;     /* whose turn was undone, or that went back to a customer; else 0 */
    struct money balance; /* after it; the endowment of a birth, the estate of a death */
    char name[AGENT_NAME_BYTES_MAX + 1];
    char text[LIFE_TEXT_BYTES]; /* why, any bytes; LIFE_UNDONE: as in the agent's log */
    size_t text_size;
};

/* The kind in one word: "birth", "freeze", "thaw", "low", "undone", "returned", "death". */
const char *life_kind_name(enum life_kind kind);

/* The number of the last life event; with a customer, that of its own last.  0: there is none. */
uint64_t agents_life_last(const struct agents *agents, uint64_t customer);

/*
 * Visit the life events that are kept, the oldest first, until `visit` returns false.  An event is
 * borrowed for the visit.
 */
void agents_life_each(const struct agents *agents,
                      bool (*visit)(void *context, const struct life_event *event), void *context);

/*
 * What became of this message, if it was undone or returned and that is kept; borrowed until the
 * next call of any function of this part.  NULL: nothing is known.
 */
const struct life_event *agents_life_of_message(const struct agents *agents, uint64_t message);

#endif
