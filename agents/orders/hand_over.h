/* Capabilities that an order hands on.  Private to this part. */
#ifndef SERAI_AGENTS_ORDERS_HAND_OVER_H
#define SERAI_AGENTS_ORDERS_HAND_OVER_H

#include "agents/cap.h"
#include "base/status.h"

struct cap;
struct object;
struct turn;

/*
 * Caps that are to be handed on: turn_read_caps() reads them by the slots in guest memory; 0 or a
 * refusal.  Nothing leaves its slot until turn_hand_over(), which takes the replies among them:
 * these are not copied.
 */
int64_t turn_read_caps(struct turn *turn, uint64_t address, uint64_t count, struct cap *caps);
void turn_hand_over(struct turn *turn, const struct cap *caps, size_t count);

/* Whether a cap is to a reply and among `caps` already: a reply goes to one place. */
bool turn_reply_is_among(const struct turn *turn, const struct cap *cap, const struct cap *caps,
                         size_t count);

/* A facet of the agent's own in the slot, and no reply; NULL: *refusal says why not. */
struct object *turn_own_facet(struct turn *turn, uint64_t slot, int64_t *refusal);

#endif
