/* Orders on the event that the turn is about. */
#include "agents/orders/orders.h"

#include <assert.h>

#include "agents/message.h"
#include "agents/pages/paged.h"
#include "agents/turn.h"
#include "agents/turns/access.h"
#include "agents/turns/turn.h"

/* The record of docs/guest-abi.md, "Events", byte by byte. */
static int64_t decode_event_info(struct turn *turn, const uint64_t *args)
{
    const struct message *m = &turn->event->m;
    struct money money = m->kind == SERAI_EVENT_MESSAGE || m->kind == SERAI_EVENT_PACKET ||
                                 m->kind == SERAI_EVENT_LOW || m->kind == SERAI_EVENT_BORN ||
                                 m->kind == SERAI_EVENT_ANSWER || m->kind == SERAI_EVENT_LEASH ||
                                 m->kind == SERAI_EVENT_FAILED
                             ? m->money
                             : money_zero();
    uint8_t *to = turn_write(turn, args[0], sizeof(struct serai_event));

    if (to == NULL)
        return SERAI_E_MEMORY;
    le32_put(to, (uint32_t)m->kind);
    le32_put(to + 4, (uint32_t)turn->event_slot);
    le32_put(to + 8, (uint32_t)m->size);
    le32_put(to + 12, turn->reply_promised ? 1 : (uint32_t)m->status);
    le64_put(to + 16, money_nanos(money));
    le64_put(to + 24, m->badge);
    le64_put(to + 32, money_nanos(m->fee));
    /* An event that waited for money shows the postage that it brought, though that is spent. */
    le64_put(to + 40, money_nanos(money_is_zero(m->spent) ? m->postage : m->spent));
    le32_put(to + 48, (uint32_t)turn->reply_slot);
    le32_put(to + 52, m->cap_count);
    for (size_t i = 0; i < SERAI_MESSAGE_CAPS_MAX; i++) {
        int64_t slot = i < m->cap_count ? turn->cap_slots[i] : SERAI_SLOT_NONE;

        le32_put(to + 56 + 4 * i, (uint32_t)slot);
    }
    return 0;
}

static_assert(sizeof(struct serai_event) == 88, "docs/guest-abi.md says so");

static int64_t decode_event_read(struct turn *turn, const uint64_t *args)
{
    const struct message *m = &turn->event->m;

    return turn_write_part(turn, args[0], m->data, m->size, args[2], args[1]);
}

int64_t order_event(struct turn *turn, enum serai_order order, const uint64_t *args)
{
    return order == SERAI_ORDER_event_info ? decode_event_info(turn, args)
                                           : decode_event_read(turn, args);
}
