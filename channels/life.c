/* How ends begin and finish: buy, birth and answer; sell, close and closed. */
#include "channels/channels.h"
#include "channels/set.h"

enum channel_verdict channels_check_buy(const struct channels *channels, uint32_t interface)
{
    const struct port *port = table_get(&channels->ports, interface);

    if (channels_count(channels) >= CHANNEL_ENDS_MAX)
        return CHANNEL_TOO_MUCH;
    if (port != NULL && port->number_next > NUMBER_BOUGHT_MAX)
        return CHANNEL_TOO_MUCH;
    return CHANNEL_FINE;
}

struct channel_end *channels_buy(struct channels *channels, struct undo *undo, uint64_t owner,
                                 uint32_t interface, struct channel_message *birth)
{
    struct port *port;
    struct channel_end *end;

    INVARIANT(interface <= INTERFACE_MAX);
    port = set_port(channels, interface);
    INVARIANT(port->number_next <= NUMBER_BOUGHT_MAX);
    undo_save(undo, &port->number_next, sizeof port->number_next);
    end = set_add(channels, undo,
                  (struct channel_end){.owner = owner,
                                       .interface = interface,
                                       .number = (uint32_t)port->number_next,
                                       .side = CHANNEL_BUYER,
                                       .state = CHANNEL_PENDING});
    port->number_next += NUMBER_STEP;
    set_address(end, CHANNEL_BIRTH, birth);
    birth->status = 0;
    birth->packets = 0;
    birth->bytes = 0;
    birth->data = NULL;
    birth->size = 0;
    return end;
}

enum channel_verdict channels_check_accept(struct channels *channels,
                                           const struct channel_message *birth)
{
    INVARIANT(birth->kind == CHANNEL_BIRTH);
    if (birth->interface > INTERFACE_MAX || birth->to != CHANNEL_BORN)
        return CHANNEL_UNARMED;
    if (channels_at(channels, birth->interface, birth->number, CHANNEL_BORN) != NULL)
        return CHANNEL_UNARMED;
    if (channels_count(channels) >= CHANNEL_ENDS_MAX)
        return CHANNEL_TOO_MUCH;
    return CHANNEL_FINE;
}

struct channel_end *channels_accept(struct channels *channels, struct undo *undo,
                                    const struct channel_message *birth, uint64_t owner,
                                    uint64_t first_packets, uint64_t first_bytes,
                                    struct channel_message *answer)
{
    struct channel_end *end;

    INVARIANT(channels_check_accept(channels, birth) != CHANNEL_UNARMED);
    INVARIANT(first_packets <= CHANNEL_ARMED_PACKETS_MAX);
    INVARIANT(first_bytes <= CHANNEL_ARMED_BYTES_MAX);
    end = set_add(channels, undo,
                  (struct channel_end){.owner = owner,
                                       .interface = birth->interface,
                                       .number = birth->number,
                                       .side = CHANNEL_BORN,
                                       .state = CHANNEL_OPEN,
                                       .armed_packets = first_packets,
                                       .armed_bytes = first_bytes});
    set_address(end, CHANNEL_ANSWER, answer);
    answer->status = 0;
    answer->packets = first_packets;
    answer->bytes = first_bytes;
    answer->data = NULL;
    answer->size = 0;
    return end;
}

void channels_refuse(const struct channel_message *birth, int32_t status,
                     struct channel_message *answer)
{
    INVARIANT(birth->kind == CHANNEL_BIRTH);
    INVARIANT(status != 0);
    *answer = (struct channel_message){.kind = CHANNEL_ANSWER,
                                       .interface = birth->interface,
                                       .number = birth->number,
                                       .to = CHANNEL_BUYER,
                                       .status = status,
                                       .money = birth->money,
                                       .customer = birth->customer};
}

enum channel_verdict channels_answered(struct channels *channels, struct channel_end *end,
                                       struct undo *undo, const struct channel_message *answer)
{
    INVARIANT(answer->kind == CHANNEL_ANSWER);
    if (end == NULL)
        return CHANNEL_UNKNOWN;
    if (end->state != CHANNEL_PENDING && end->state != CHANNEL_GIVEN_UP)
        return CHANNEL_UNARMED;
    if (answer->status != 0) {
        set_remove(channels, undo, end);
        return CHANNEL_FINE;
    }
    if (answer->packets > CHANNEL_ARMED_PACKETS_MAX || answer->bytes > CHANNEL_ARMED_BYTES_MAX)
        return CHANNEL_UNARMED;
    channel_touch(end, undo);
    end->state = CHANNEL_OPEN;
    end->credit_packets = answer->packets;
    end->credit_bytes = answer->bytes;
    return CHANNEL_FINE;
}

bool channel_is_sold(const struct channel_end *end)
{
    switch (end->state) {
    case CHANNEL_PENDING:
    case CHANNEL_OPEN:
    case CHANNEL_FAR_CLOSED:
        return false;
    case CHANNEL_CLOSING:
    case CHANNEL_GIVEN_UP:
        return true;
    }
    invariant_failed("a state of an end", __FILE__, __LINE__);
}

enum channel_verdict channel_check_sell(const struct channel_end *end)
{
    return channel_is_sold(end) ? CHANNEL_IS_CLOSED : CHANNEL_FINE;
}

void channels_sell(struct channels *channels, struct channel_end *end, struct undo *undo,
                   struct channel_message *close, bool *tell_far)
{
    INVARIANT(channel_check_sell(end) == CHANNEL_FINE);
    *tell_far = end->state == CHANNEL_OPEN;
    if (end->state == CHANNEL_FAR_CLOSED) {
        set_remove(channels, undo, end);
        return;
    }
    channel_touch(end, undo);
    if (end->state == CHANNEL_PENDING) {
        end->state = CHANNEL_GIVEN_UP;
        return;
    }
    end->state = CHANNEL_CLOSING;
    end->room_asked = false;
    *close = (struct channel_message){0};
    set_address(end, CHANNEL_CLOSE, close);
}

void channels_withdraw(struct channels *channels, struct channel_end *end, struct undo *undo)
{
    INVARIANT(end->state == CHANNEL_PENDING);
    set_remove(channels, undo, end);
}

enum channel_verdict channels_far_closed(struct channels *channels, struct channel_end *end,
                                         struct undo *undo, struct channel_message *closed,
                                         bool *signal)
{
    *signal = false;
    if (end == NULL)
        return CHANNEL_UNKNOWN;
    /* A second CLOSE, or one before the answer, is no far end that keeps the rules. */
    if (end->state != CHANNEL_OPEN && end->state != CHANNEL_CLOSING)
        return CHANNEL_UNARMED;
    *closed = (struct channel_message){0};
    set_address(end, CHANNEL_CLOSED, closed);
    if (end->state == CHANNEL_CLOSING) {
        set_remove(channels, undo, end);
        return CHANNEL_FINE;
    }
    channel_touch(end, undo);
    end->state = CHANNEL_FAR_CLOSED;
    end->room_asked = false;
    *signal = true;
    return CHANNEL_FINE;
}

enum channel_verdict channels_closed(struct channels *channels, struct channel_end *end,
                                     struct undo *undo)
{
    if (end == NULL)
        return CHANNEL_UNKNOWN;
    if (end->state != CHANNEL_CLOSING)
        return CHANNEL_UNARMED;
    set_remove(channels, undo, end);
    return CHANNEL_FINE;
}
