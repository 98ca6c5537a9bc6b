/*
 * Desks: the capabilities that a customer holds at this site, and the answers to what it asked.
 *
 * A desk is an agent without a program.  It takes no turns: its customer sends and takes by
 * requests, outside of turns and within an event of the books.  What it holds is stored and
 * counted as any agent's.  Its rent is drawn from its customer's account.  A question is a message
 * with a reply, and known by the number of that message, as the books have it.
 */
#ifndef SERAI_AGENTS_DESK_H
#define SERAI_AGENTS_DESK_H

#include "agents/life.h"
#include "agents/message.h"

enum {
    DESK_CALLS_MAX = 64, /* questions of one desk, with those whose answers were not taken */
    DESK_CAPS_MAX = 64,  /* capabilities that it holds, besides what agents are born with */
    DESK_ANSWER_CAPS_MAX = SERAI_MESSAGE_CAPS_MAX + 1, /* that come with an answer; one, a reply */
};

/* Keep the module that stands for a desk's missing program.  After rows were read.  ST_NOMEM. */
MUST_CHECK enum status agents_desk_begin(struct agents *agents, struct fault *fault);

/* Whether this agent is a desk. */
bool agent_is_desk(const struct agent *agent);

/* What a desk costs its customer when it is made, the birth fee aside. */
struct money agents_desk_price(const struct agents *agents);

/*
 * Make a desk for a customer, who pays agents_desk_price() into it.  Refused as a birth is; then
 * nothing was changed.
 */
MUST_CHECK enum birth_result agents_desk_new(struct agents *agents, uint64_t customer,
                                             struct agent **desk);

/* A message of a customer's, which is to be answered, unless it is an answer itself. */
struct desk_question {
    enum serai_event_kind kind; /* MESSAGE, or to an agent of its own UPGRADE */
    int32_t status;             /* of UPGRADE, as its badge */
    uint64_t badge;
    uint64_t customer;
    struct agent *desk; /* NULL: the customer has none yet, and so holds no capability */
    struct agent *to;   /* an agent; NULL: the facet or reply in `slot` of the desk */
    uint64_t slot;
    const uint8_t *data;                    /* borrowed */
    size_t size;                            /* at most SERAI_MESSAGE_BYTES_MAX */
    uint64_t slots[SERAI_MESSAGE_CAPS_MAX]; /* of the desk: what goes along.  Replies move */
    size_t slot_count;
    struct money money;
};

/*
 * Whether the question can be asked, its cost aside: 0, or a refusal of sdk/abi.h: SLOT, KIND,
 * CLOSED, PENDING (an open promise), BROKEN, INVALID (a reply that is named twice), QUOTA, FULL
 * (the receiver's inbox, or DESK_CALLS_MAX is reached).  *postage is what it costs besides its
 * money.
 */
MUST_CHECK int64_t agents_desk_check(const struct agents *agents,
                                     const struct desk_question *question, struct money *postage);

/*
 * Ask a question that agents_desk_check() let pass, in the same event, by a desk that is there; the
 * customer's account has the money and the postage.  Returns the number of the question; 0 when it
 * went to a reply, and so was an answer, which nobody answers.
 */
uint64_t agents_desk_ask(struct agents *agents, const struct desk_question *question);

/* Whether it answers a reply, and so is no call: nothing is asked, and nothing waits for it. */
bool agents_desk_is_answer(const struct agents *agents, const struct desk_question *question);

/* How many questions wait, with those whose answers were not taken. */
size_t agents_desk_calls(const struct agent *desk);

/* Whether a question waits for its answer. */
bool agents_desk_waits(const struct agent *desk, uint64_t call);

/*
 * The answer to a question, or the FAILED in its place, with the question as its badge.  NULL:
 * there is none.  Borrowed until the desk changes.
 */
const struct message *agents_desk_answer(const struct agent *desk, uint64_t call);

/* How many capabilities the answer brings, at most DESK_ANSWER_CAPS_MAX. */
size_t agents_desk_answer_caps(const struct message *answer);

/*
 * Take the answer to a question, which is there: its money and postage go to the customer.  What
 * it brings goes into slots of the desk, which must have as much room; `slots` has as many as
 * agents_desk_answer_caps().  With NULL it is dropped.
 */
void agents_desk_take(struct agents *agents, struct agent *desk, uint64_t call, uint64_t *slots);

/* End a question that waits: its answer finds nobody. */
void agents_desk_forget(struct agents *agents, struct agent *desk, uint64_t call);

/* The kind of what is in a slot, as SERAI_KIND_...; SERAI_KIND_EMPTY: nothing. */
uint8_t agents_desk_kind(const struct agent *desk, uint64_t slot);

/* Whether what is in a slot is a reply that waits for its answer. */
bool agents_desk_is_reply(const struct agents *agents, const struct agent *desk, uint64_t slot);

/* Whether what is in a slot names nothing any more: a facet that was revoked, a reply used up. */
bool agents_desk_is_dead(const struct agents *agents, const struct agent *desk, uint64_t slot);

/* Empty a slot.  The asker of a reply that was in it gets FAILED with status SILENT. */
void agents_desk_drop(struct agents *agents, struct agent *desk, uint64_t slot);

/*
 * Visit the questions of a desk, in order of their numbers, from the one after `after` on; `answer`
 * is NULL while one waits.  Ends when `visit` returns false.
 */
void agents_desk_each(const struct agent *desk, uint64_t after,
                      bool (*visit)(void *context, uint64_t call, const struct message *answer),
                      void *context);

#endif
