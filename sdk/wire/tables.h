/*
 * Objects that cross: from a slot here to what a packet says of it, and back; and what holds them
 * while the other side has them.  Private to this folder.
 */
#ifndef SERAI_SDK_WIRE_TABLES_H
#define SERAI_SDK_WIRE_TABLES_H

#include "sdk/wire/state.h"

/* Fail the turn, with a reason of ours: whoever sent the message has its money back. */
_Noreturn void refuse(int32_t code, const char *reason);

/*
 * What to call the capability in `slot` to that site, which has it from now on.  NULL, or why it
 * cannot cross; nothing has changed then.
 */
const char *place_of_slot(struct session *to, int32_t slot, struct op_place *place);

/*
 * The slot of what the other side means, to be given away; SERAI_SLOT_NONE: there is no such thing.
 * `mine`: it is to be dropped when that is done (slots_done()).
 */
int32_t slot_of_place(struct session *from, const struct op_place *place, bool *is_mine);

/* The slot to which the other side sends when it means that; SERAI_SLOT_NONE: there is no such. */
int32_t slot_of_target(const struct session *from, const struct op_place *place);

/* The answer whose promise stands for this one, which is used: another one, if it fails as that. */
uint32_t answer_origin(const struct session *from, uint32_t index);

/* The slots of all capabilities of an operation.  False: one means nothing. */
bool slots_of_places(struct session *from, const struct op *op, int32_t *slots, bool *are_mine);
void slots_done(const struct op *op, const int32_t *slots, const bool *are_mine, bool were_given);

/* The operation, for whose capabilities there were places, is not sent after all. */
void places_take_back(struct session *to, const struct op *op);

/* The surrogate of an import, in a new slot, or a refusal.  What it asks is told by the import. */
int64_t import_facet(struct session *session, uint32_t index);
/* The same for messages of other sites, whose postage is what is left of that at the first one. */
int64_t path_facet(struct session *session, uint32_t index);
/* Nobody on this site has it any more. */
void import_unheld(struct session *session, uint32_t index);
/* The other side asks another sum now. */
void import_asks(struct session *session, uint32_t index, int64_t ask);

/* The other side has let go of that many mentions; false: of more than there were. */
bool export_release(struct session *session, uint32_t index, uint32_t mentions);

/* A question that is free; 0: there is none. */
uint32_t question_new(struct session *session, enum question_kind kind);

/*
 * Ask ourselves, with a badge that says for what: a promise in a new slot, and later a message with
 * the reply that resolves it.  `hear`: our facet that hears it, too.  Or a refusal.
 */
int64_t ask_oneself(uint64_t badge, int32_t hear);

/* ---- gifts ---- */

/* Another site is to have this export of his; it waits here.  False: he lies. */
bool gift_comes(struct session *from, const struct op *op);
void gift_ends(struct session *from, uint32_t number);
/* A site comes for what another one has left for it: the badge to ask with, 0: that cannot be. */
uint64_t gift_wanted(struct session *to, const struct op *op);
/* It could not be asked with that badge. */
void gift_unwanted(uint64_t badge);
/* It gets it by this reply, which came with this event, as soon as it is there. */
void gift_taker_waits(uint64_t badge, int32_t reply);

/* The session has ended: all that its tables hold is let go. */
void tables_end(struct session *session);

#endif
