/* Capabilities that an order hands on: which may be, and how a reply moves. */
#include "agents/orders/hand_over.h"

#include "agents/cap.h"
#include "agents/caps.h"
#include "agents/facets.h"
#include "agents/holders.h"
#include "agents/objects.h"
#include "agents/turn.h"
#include "agents/turns/turn.h"

/* Whether a cap may be handed on: never an owner's buffer, a channel end, or what is inborn. */
static bool cap_may_be_sent(const struct cap *cap)
{
    switch ((enum serai_kind)cap->kind) {
    case SERAI_KIND_FACET:
    case SERAI_KIND_SPAWNER:
    case SERAI_KIND_TIMER:
    case SERAI_KIND_CLOCK:
    case SERAI_KIND_RANDOM:
        return true;
    case SERAI_KIND_BUFFER:
        return (cap->rights & SERAI_RIGHT_OWNER) == 0;
    case SERAI_KIND_EMPTY:
    case SERAI_KIND_SELF:
    case SERAI_KIND_BUFFER_POOL:
    case SERAI_KIND_CHANNEL_POOL:
    case SERAI_KIND_CHANNEL:
    case SERAI_KIND_HEAP:
    case SERAI_KIND_CODE:
    case SERAI_KIND_LOG:
    case SERAI_KIND_LEASH:
    case SERAI_KINDS:
    case SERAI_KIND_ANY:
    case SERAI_KIND_FREE:
        return false;
    }
    return false;
}

/* A reply is held in one place: named twice in one message it would be in two. */
bool turn_reply_is_among(const struct turn *turn, const struct cap *cap, const struct cap *caps,
                         size_t count)
{
    if (cap_reply(turn->agents, cap) == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (cap_equal(cap, &caps[i]))
            return true;
    }
    return false;
}

int64_t turn_read_caps(struct turn *turn, uint64_t address, uint64_t count, struct cap *caps)
{
    const uint8_t *slots;
    int64_t refusal = 0;

    if (count > SERAI_MESSAGE_CAPS_MAX)
        return SERAI_E_INVALID;
    slots = turn_read(turn, address, count * 4);
    if (slots == NULL)
        return SERAI_E_MEMORY;
    /* Copies are taken now and slots emptied later, when the order can no longer be refused. */
    for (size_t i = 0; i < count; i++) {
        const struct cap *cap = turn_cap(turn, le32_get(slots + 4 * i), SERAI_KIND_ANY, &refusal);

        if (cap == NULL)
            return refusal;
        if (!cap_may_be_sent(cap))
            return SERAI_E_RIGHT;
        caps[i] = *cap;
        if (turn_reply_is_among(turn, cap, caps, i))
            return SERAI_E_INVALID;
    }
    return 0;
}

void turn_hand_over(struct turn *turn, const struct cap *caps, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        /* Found by its cap and not by its slot: a reply is in one slot of its holder. */
        if (cap_reply(turn->agents, &caps[i]) != NULL)
            turn_take_cap(turn, (uint64_t)cap_table_find(&turn->agent->caps, &caps[i]));
    }
}

struct object *turn_own_facet(struct turn *turn, uint64_t slot, int64_t *refusal)
{
    const struct cap *cap = turn_cap(turn, slot, SERAI_KIND_FACET, refusal);
    struct object *facet = cap == NULL ? NULL : cap_object(turn->agents, cap);

    if (cap == NULL)
        return NULL;
    if (facet == NULL)
        *refusal = SERAI_E_CLOSED;
    else if (facet->kind == OBJECT_PROMISE || facet->one_shot || facet->owner != turn->agent->id)
        *refusal = SERAI_E_RIGHT;
    return *refusal == 0 ? facet : NULL;
}
