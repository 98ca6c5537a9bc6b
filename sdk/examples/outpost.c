/*
 * Outpost: opens a paid service at the end of a road.
 *
 * Each makes the next, over the links that `via` names, and the last one publishes a facet in the
 * capability heap of the site that it has come to.  The number of the entry travels back along the
 * channels; the first one, which a person deployed, writes it to its log.  Whoever presents it at
 * that far site may call, and pays.
 *
 *   hops=2           how many more shall come after this one; the last opens the service
 *   via=b,c          over which links (without: all on this site)
 *   price=0.0001     of one call
 *   endowment=0.05   what the next one gets; that one gives half of it to the one after it
 *   max_fee=0.001    what a channel may cost at most
 */
#include <serai.h>

enum { BADGE = 1, SHOWN_EVERY = 10 };

static char args[SERAI_LOAD_ARGS_BYTES_MAX];
static int32_t args_size;
static struct serai_load load;
static uint8_t number[SERAI_HEAP_NUMBER_BYTES];
static bool number_waits; /* to be sent to the parent */
static bool is_first;
static const char *via; /* what the next one is given of it */
static int32_t via_size;
static int64_t price, calls, earned;

static void tell_number(void)
{
    struct serai_text text;

    text.size = 0;
    serai_text_add(&text, "outpost: the service is open, number ");
    serai_text_add_hex(&text, number, sizeof number);
    (void)serai_text_log(&text);
}

/*
 * Send the number back along the road.  The parent may have granted nothing yet: then ask for a
 * room event.
 */
static void send_number(void)
{
    int64_t answer;

    if (is_first) {
        tell_number();
        return;
    }
    answer = channel_send(SERAI_SLOT_ORIGIN, number, sizeof number, 0);
    number_waits = answer == SERAI_E_CREDIT || answer == SERAI_E_FULL;
    if (number_waits)
        (void)channel_room(SERAI_SLOT_ORIGIN);
}

static void open_service(void)
{
    int64_t facet = self_facet(SERAI_SLOT_SELF, BADGE, 0);
    int64_t answer = heap_add(SERAI_SLOT_HEAP, (int32_t)facet, number);

    if (facet < 0 || answer < 0) {
        serai_log_values("outpost: cannot publish, refusals %d and %d", facet, answer);
        return;
    }
    serai_log_values("outpost: open, a call costs %m", price);
    send_number();
}

/* Make the next outpost, or open the service when this is the last one. */
static void build_road(bool deployed)
{
    int64_t end;

    args_size = (int32_t)event_read(args, sizeof args, 0);
    price = serai_arg_money("price", args, args_size, 100000);
    via = serai_arg("via", args, args_size, &via_size);
    is_first = deployed;
    if (serai_arg_int("hops", args, args_size, 0) <= 0) {
        open_service();
        return;
    }
    end = channel_buy(SERAI_SLOT_CHANNELS, serai_via(&via, &via_size),
                      serai_arg_money("endowment", args, args_size, 50000000),
                      serai_arg_money("max_fee", args, args_size, 1000000));
    if (end < 0)
        serai_log_values("outpost: no channel, refusal %d", end);
}

/* The answer to channel_buy(): load this agent's own code into the newborn. */
static void load_next_outpost(int32_t end)
{
    struct serai_event event;
    struct serai_text text;

    (void)event_info(&event);
    if (event.status != 0 || channel_arm(end, 2, 512) < 0) {
        serai_log_values("outpost: the road ends here, status %d", event.status);
        return;
    }
    serai_text_values(&text, "hops=%d price=%m endowment=%m max_fee=%m",
                      serai_arg_int("hops", args, args_size, 0) - 1, price,
                      serai_arg_money("endowment", args, args_size, 50000000) / 2,
                      serai_arg_money("max_fee", args, args_size, 1000000));
    serai_text_add_arg(&text, "via", via, via_size);
    (void)serai_load_self(&load, end, text.bytes, text.size);
}

/* A call that pays less than the price gets its money back. */
static void answer_call(void)
{
    struct serai_event event;
    int64_t answer = -1; /* not enough money: the caller gets it back with this */
    int64_t change;

    (void)event_info(&event);
    change = event.money;
    if (event.money >= price) {
        change -= price;
        earned += price;
        answer = ++calls;
    }
    (void)serai_answer(event.reply, &answer, sizeof answer, change);
    if (answer > 0 && calls % SHOWN_EVERY == 0)
        serai_log_values("outpost: %d calls answered, earned %m", calls, earned);
}

void serai_turn(int32_t kind, int32_t slot, int32_t size)
{
    if (kind == SERAI_EVENT_BORN || kind == SERAI_EVENT_BECAME) {
        build_road(kind == SERAI_EVENT_BORN);
    } else if (kind == SERAI_EVENT_ANSWER) {
        load_next_outpost(slot);
    } else if (kind == SERAI_EVENT_PACKET && slot != SERAI_SLOT_ORIGIN && size == sizeof number) {
        (void)event_read(number, sizeof number, 0);
        send_number();
    } else if (kind == SERAI_EVENT_PACKET) {
        serai_log("outpost: a newborn could not be loaded");
    } else if (kind == SERAI_EVENT_MESSAGE) {
        answer_call();
    } else if (kind == SERAI_EVENT_ROOM && slot == SERAI_SLOT_ORIGIN && number_waits) {
        send_number();
    } else if (kind == SERAI_EVENT_ROOM) {
        (void)serai_load_continue(&load);
    }
}
