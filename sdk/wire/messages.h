/* Messages between tenants of this site and objects of another one.  Private to this folder. */
#ifndef SERAI_SDK_WIRE_MESSAGES_H
#define SERAI_SDK_WIRE_MESSAGES_H

#include "sdk/wire/state.h"

/* ---- the event of this turn ---- */

void message_to_import(struct session *session, uint32_t index); /* to a surrogate */
void message_to_answer(struct session *session, uint32_t index); /* to what we still ask for */
void answer_heard(struct session *session, uint32_t index);      /* an answer, or FAILED */
/* The reply by which a promise of ours is resolved. */
void question_replied(struct session *session, uint32_t index, int32_t reply);
/* All that had come to our inbox before is sent. */
void question_drained(struct session *session, uint32_t index);
/* The same for the other side, which waits for OP_SYNCED of this number. */
void sync_drained(struct session *session, uint32_t question, const struct op_place *target);

/* What we tell ourselves, behind all that waits in our inbox. */
struct note {
    uint64_t badge; /* BADGE_DRAIN, BADGE_SYNC; BADGE_PROMISE and BADGE_GIFT are this alone */
    struct op_place target; /* BADGE_SYNC */
};

/* An operation of the other side, which came with so much money; ops of the wire itself excepted.
 */
void op_obey(struct session *session, const struct op *op, int64_t money);

/* Break a reply of somebody here, and give back so much.  A size of -1: the reason ends with a NUL.
 */
void reply_fails(int32_t reply, int32_t code, const char *reason, int32_t size, int64_t money);

/* The session has ended: whoever waits hears it. */
void questions_end(struct session *session);

#endif
