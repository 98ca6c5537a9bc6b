/* Returning messages that will never be delivered.  Private to this part. */
#ifndef SERAI_AGENTS_RETURN_H
#define SERAI_AGENTS_RETURN_H

#include "agents/message.h"

struct object;

/* Why an answer cannot come: what FAILED tells the agent that waits for it. */
struct failure {
    int32_t status;        /* a refusal, how a turn was undone, or a code that its agent chose */
    const uint8_t *reason; /* of that agent, borrowed; NULL when there is none */
    size_t reason_size;    /* at most SERAI_REASON_BYTES_MAX */
};

/* A failure of which its status says all. */
static inline struct failure failure_of(int32_t status)
{
    return (struct failure){.status = status};
}

/* Note that the promise of a reply, if it has one, is broken, as no answer to it can come. */
void reply_breaks_promise(struct agents *agents, const struct object *reply,
                          struct failure failure);

/*
 * Note that the promise of a reply, if it has one, is resolved by this answer: by its first
 * capability, or if that is none, or a reply, by data alone.
 */
void reply_resolves_promise(struct agents *agents, const struct object *reply,
                            const struct message *answer);

/*
 * End a reply that will have no answer, if this is a cap to one: FAILED goes to its owner, if that
 * hears, paid by its reserve, and says that no money came back; and its promise is broken.  The
 * reason counts as bytes of events of the owner's customer; FAILED comes without it when that has
 * no room.  Undone by rollback.
 */
void facet_fail(struct agents *agents, const struct cap *cap, struct failure failure);
/* The same, and FAILED says that so much came back, which is credited already. */
void facet_fail_with(struct agents *agents, const struct cap *cap, struct failure failure,
                     struct money back);

/*
 * The account of who asked: of this agent, also when it has stopped waiting, or is dead and has an
 * heir.  What is a desk's is its customer's.
 */
uint64_t agents_asker_payee(const struct agents *agents, uint64_t asker);

/*
 * Answer with nothing, in the name of the agent that has this reply: the question was to be done
 * and not to be answered.  Undone by rollback.
 */
void facet_answer_nothing(struct agents *agents, const struct agent *by, const struct cap *cap);

/* End each reply facet that a message carries, as facet_fail(). */
void message_fail_replies(struct agents *agents, const struct message *message,
                          struct failure failure);

/* End each reply facet that an agent holds, as facet_fail(). */
void agent_fail_replies(struct agents *agents, struct agent *agent, struct failure failure);

/*
 * Give back what a message holds that will never be delivered, and end the replies that it carries.
 * Its money goes to the agent whose reply was handed on with it, else to the sender, and FAILED of
 * that question tells the sum.  `receiver` did not get it, NULL: it waited on a promise.  If
 * `postage_too`, its postage goes to the sender and its reserve to the receiver; else they were
 * taken before.
 */
void message_return(struct agents *agents, const struct agent *receiver, const struct message *m,
                    struct failure failure, bool postage_too);

/*
 * Give back to its sender what a message that waited on a promise brings as postage beyond what its
 * target asks; it is delivered next.
 */
void message_give_change(struct agents *agents, struct message *m, struct money asked);

#endif
