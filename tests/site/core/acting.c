#include "tests/site/core/acting.h"

#include <string.h>

#include "agents/cap.h"

static int64_t give_order(struct acting *acting, struct part *part)
{
    switch (acting->deed) {
    case DEED_BUY:
        acting->slot = part_order(part, channel_buy, SERAI_SLOT_CHANNELS, acting->interface,
                                  acting->a, acting->b);
        return acting->slot;
    case DEED_SEND:
        return part_order(part, channel_send, acting->slot, AT_DATA, acting->a, acting->b);
    case DEED_ARM:
        return part_order(part, channel_arm, acting->slot, acting->a, acting->b);
    case DEED_ROOM:
        return part_order(part, channel_room, acting->slot);
    case DEED_PRIORITY:
        return part_order(part, channel_priority, acting->slot, acting->a);
    case DEED_TERMS:
        return part_order(part, channel_terms, SERAI_SLOT_CHANNELS, acting->interface, acting->a,
                          acting->b);
    case DEED_SELL:
        return part_order(part, channel_sell, SERAI_SLOT_CHANNELS, acting->slot);
    case DEED_BUY_AND_SELL:
        acting->slot = part_order(part, channel_buy, SERAI_SLOT_CHANNELS, acting->interface,
                                  acting->a, acting->b);
        return part_order(part, channel_sell, SERAI_SLOT_CHANNELS, acting->slot);
    case DEED_DIE:
        return part_order(part, self_die, SERAI_SLOT_SELF);
    }
    return SERAI_E_INVALID;
}

static enum engine_outcome acts(void *context, struct part *part)
{
    struct acting *acting = context;

    if (part->kind != SERAI_EVENT_MESSAGE)
        return ENGINE_DONE;
    acting->done = 0;
    do {
        acting->answer = give_order(acting, part);
        acting->done += acting->answer >= 0;
    } while (acting->answer >= 0 && acting->done < acting->times);
    return ENGINE_DONE;
}

int64_t act(struct site *site, uint64_t agent, struct acting *acting)
{
    puppet_play(site, agent, acts, acting);
    return acting->answer;
}

static enum engine_outcome calls(void *context, struct part *part)
{
    int64_t facet = part_fetch(part, context);
    int64_t postage = part_order(part, facet_postage, facet);

    ck_assert_int_ge(postage, 0);
    ck_assert_int_eq(
        part_order(part, facet_send, facet, AT_DATA, 0, AT_CAPS, 0, 0, postage, SERAI_SLOT_NONE),
        0);
    return ENGINE_DONE;
}

int64_t act_when_called(struct site *site, uint64_t agent, struct acting *acting, uint64_t caller,
                        const uint8_t number[SERAI_HEAP_NUMBER_BYTES])
{
    uint8_t copy[SERAI_HEAP_NUMBER_BYTES];

    memcpy(copy, number, sizeof copy);
    probe_play(agent, acts, acting);
    puppet_play(site, caller, calls, copy);
    return acting->answer;
}

struct channel_end *end_in_slot(struct site *site, uint64_t agent, int64_t slot)
{
    const struct cap *cap = cap_table_at(&site_agent(site, agent)->caps, (uint64_t)slot);
    struct channel_end *end = channels_find(site->core->channels, cap->object);

    ck_assert_int_eq(cap->kind, SERAI_KIND_CHANNEL);
    ck_assert_ptr_nonnull(end);
    return end;
}
