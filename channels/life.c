/*
 * How ends begin and finish: buy, birth and answer; sell, close and closed (docs/wire.md, "BIRTH",
 * "ANSWER", "CLOSE").  An end goes only when nothing can come for it any more: then its number and
 * side name nothing, and a message for them breaks a rule.
 */
#include "channels/channels.h"
#include "channels/set.h"

/* ---- numbers of channels, after a loss ---- */

struct highest_number {
    uint32_t interface;
    uint32_t number;
};

static void number_of_end(void *context, uint64_t id, void *value)
{
    struct highest_number *found = context;
    const struct channel_end *end = value; /* a pointer to a node is one to its end */

    (void)id;
    if (end->interface == found->interface && end->side == CHANNEL_BORN &&
        end->number > found->number)
        found->number = end->number;
}

enum channel_result channels_check_buy(const struct channels *channels, uint32_t interface)
{
    const struct channel_port *port = table_get(&channels->ports, interface);

    if (channels_count(channels) >= CHANNEL_ENDS_MAX)
        return CHANNEL_TOO_MUCH;
    /* No number is used twice on a link, so they can run out. */
    if (port != NULL && port->number_next > NUMBER_BOUGHT_MAX)
        return CHANNEL_TOO_MUCH;
    return CHANNEL_FINE;
}

struct channel_end *channels_buy(struct channels *channels, struct undo *undo, uint64_t owner,
                                 uint32_t interface, struct channel_message *birth)
{
    struct channel_port *port;
    struct channel_end *end;

    INVARIANT(interface <= INTERFACE_MAX);
    port = set_port(channels, interface);
    INVARIANT(port->number_next <= NUMBER_BOUGHT_MAX);
    /* A rollback gives the number back: no message with it has left the turn. */
    undo_save(undo, &port->number_next, sizeof port->number_next);
    end = set_add(channels, undo,
                  (struct channel_end){.owner = owner,
                                       .interface = interface,
                                       .number = (uint32_t)port->number_next,
                                       .side = CHANNEL_BUYER,
                                       .state = CHANNEL_PENDING});
    port->number_next += NUMBER_STEP;
    /* The money of the birth is the caller's to fill; every other field is set here. */
    set_address(end, CHANNEL_BIRTH, birth);
    birth->status = 0;
    birth->packets = 0;
    birth->bytes = 0;
    birth->data = NULL;
    birth->size = 0;
    return end;
}

enum channel_result channels_check_accept(struct channels *channels,
                                          const struct channel_message *birth)
{
    INVARIANT(birth->kind == CHANNEL_BIRTH);
    if (birth->interface > INTERFACE_MAX || birth->to != CHANNEL_BORN)
        return CHANNEL_NOT_GRANTED;
    if (channels_at(channels, birth->interface, birth->number, CHANNEL_BORN) != NULL)
        return CHANNEL_NOT_GRANTED;
    /* Our own bound, which the buyer cannot know: a refusal, and no broken rule. */
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

    INVARIANT(channels_check_accept(channels, birth) != CHANNEL_NOT_GRANTED);
    INVARIANT(first_packets <= CHANNEL_GRANT_PACKETS_MAX);
    INVARIANT(first_bytes <= CHANNEL_GRANT_BYTES_MAX);
    end = set_add(channels, undo,
                  (struct channel_end){.owner = owner,
                                       .interface = birth->interface,
                                       .number = birth->number,
                                       .side = CHANNEL_BORN,
                                       .state = CHANNEL_OPEN,
                                       .granted_packets = first_packets,
                                       .granted_bytes = first_bytes});
    /* The first grant travels in the answer, so that the buyer may send at once. */
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

enum channel_result channels_receive_answer(struct channels *channels, struct channel_end *end,
                                            struct undo *undo, const struct channel_message *answer)
{
    INVARIANT(answer->kind == CHANNEL_ANSWER);
    if (end == NULL)
        return CHANNEL_UNKNOWN;
    if (end->state != CHANNEL_PENDING && end->state != CHANNEL_GIVEN_UP)
        return CHANNEL_NOT_GRANTED;
    /* Refused: no end was born there, so nothing more comes. */
    if (answer->status != 0) {
        set_remove(channels, undo, end);
        return CHANNEL_FINE;
    }
    /* The first grant keeps the bound of all grants. */
    if (answer->packets > CHANNEL_GRANT_PACKETS_MAX || answer->bytes > CHANNEL_GRANT_BYTES_MAX)
        return CHANNEL_NOT_GRANTED;
    channel_change(end, undo);
    end->state = CHANNEL_OPEN;
    end->opened_seq = answer->seq;
    end->window_packets = answer->packets;
    end->window_bytes = answer->bytes;
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

enum channel_result channel_check_sell(const struct channel_end *end)
{
    return channel_is_sold(end) ? CHANNEL_IS_CLOSED : CHANNEL_FINE;
}

void channels_sell(struct channels *channels, struct channel_end *end, struct undo *undo,
                   struct channel_message *close, bool *sends_close)
{
    INVARIANT(channel_check_sell(end) == CHANNEL_FINE);
    *sends_close = end->state == CHANNEL_OPEN;
    /* CLOSE and CLOSED have passed already: nothing more comes for this end. */
    if (end->state == CHANNEL_FAR_CLOSED) {
        set_remove(channels, undo, end);
        return;
    }
    channel_change(end, undo);
    /* The ANSWER is due all the same; one that opens is followed by CLOSE. */
    if (end->state == CHANNEL_PENDING) {
        end->state = CHANNEL_GIVEN_UP;
        return;
    }
    /* Packets that are under way may still come, until CLOSED. */
    end->state = CHANNEL_CLOSING;
    end->room_asked = false;
    *close = (struct channel_message){0};
    set_address(end, CHANNEL_CLOSE, close);
}

bool channels_sever(struct channels *channels, struct channel_end *end, struct undo *undo)
{
    INVARIANT(end->state != CHANNEL_PENDING);
    if (channel_is_sold(end)) {
        set_remove(channels, undo, end);
        return false;
    }
    if (end->state == CHANNEL_FAR_CLOSED)
        return false;
    channel_change(end, undo);
    end->state = CHANNEL_FAR_CLOSED;
    end->room_asked = false;
    return true;
}

uint32_t channels_highest_bought_there(const struct channels *channels, uint32_t interface)
{
    struct highest_number found = {.interface = interface};

    table_each(&channels->by_id, number_of_end, &found);
    return found.number;
}

bool channels_may_skip(const struct channels *channels, uint32_t interface, uint32_t number)
{
    const struct channel_port *port = table_get(&channels->ports, interface);
    uint64_t next = port == NULL ? NUMBER_FIRST : port->number_next;

    return number < next || number - next <= (NUMBER_BOUGHT_MAX - next) / 2;
}

void channels_skip_numbers(struct channels *channels, uint32_t interface, uint32_t number)
{
    struct channel_port *port = set_port(channels, interface);

    if (port->number_next > number)
        return;
    port->number_next = (uint64_t)number + 1;
    port->number_next += port->number_next % NUMBER_STEP;
    channels->id_next++; /* the row of counters is written with the next id */
}

void channels_withdraw(struct channels *channels, struct channel_end *end, struct undo *undo)
{
    INVARIANT(end->state == CHANNEL_PENDING);
    set_remove(channels, undo, end);
}

enum channel_result channels_receive_close(struct channels *channels, struct channel_end *end,
                                           struct undo *undo, struct channel_message *closed,
                                           bool *signal)
{
    *signal = false;
    if (end == NULL)
        return CHANNEL_UNKNOWN;
    /* A far end that keeps the rules sends CLOSE once, and not before its answer. */
    if (end->state != CHANNEL_OPEN && end->state != CHANNEL_CLOSING)
        return CHANNEL_NOT_GRANTED;
    *closed = (struct channel_message){0};
    set_address(end, CHANNEL_CLOSED, closed);
    /* Both closed at once: the far end's CLOSE is its last message for this end. */
    if (end->state == CHANNEL_CLOSING) {
        set_remove(channels, undo, end);
        return CHANNEL_FINE;
    }
    channel_change(end, undo);
    end->state = CHANNEL_FAR_CLOSED;
    end->room_asked = false;
    *signal = true;
    return CHANNEL_FINE;
}

enum channel_result channels_receive_closed(struct channels *channels, struct channel_end *end,
                                            struct undo *undo)
{
    if (end == NULL)
        return CHANNEL_UNKNOWN;
    /* CLOSED answers a CLOSE, so only an end that sent one may get it. */
    if (end->state != CHANNEL_CLOSING)
        return CHANNEL_NOT_GRANTED;
    set_remove(channels, undo, end);
    return CHANNEL_FINE;
}
