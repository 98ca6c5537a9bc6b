/*
 * Forwarder: a chain of agents that pass paid packets on, each keeping its toll.
 *
 *     source --value--> relay (keeps 5) --> relay (keeps 60) --> sink
 *
 * Only the source is deployed; each loads its own code into the next.  When the sink has all
 * packets it sends what it got back in one, and each relay keeps its toll of that one too.
 *
 *   packets=1000  value=100  tolls=5,60   in nanos; one relay for each toll
 *   endowment=0.03  loop=1                for each agent below; begin again when the change is back
 *   via=b,c,d                             the links to go over, from here on (none: on this site)
 *   paused=1                              pay at a first message to the source, back at a second
 */
#include <serai_outbox.h>

enum { READY = 'r', PAY = 'p', GIVE = 'g', CHANGE = 'c' }; /* all that is sent besides the money */
enum { WINDOW = 32, MAX_FEE = 1000000 };
enum role { SOURCE, RELAY, SINK };

static enum role role;
static struct serai_outbox up, down;
static struct serai_credit up_credit, down_credit;
static struct serai_load load;
static char args[SERAI_LOAD_ARGS_BYTES_MAX];
static int32_t args_size, tolls_size, via_size;
static const char *tolls, *via; /* of those below, within args: "60" */
static int64_t packets, value, toll, endowment, left, passed, kept, rounds, paused;

/* Each turn ends here, so that what could not leave in one turn leaves in a later one.  Credit goes
   back for what was sent on, not for what came in: so an outbox never holds more than a window. */
static void pump(void)
{
    serai_rearm(&down_credit, serai_outbox_flush(&up));
    do {
        for (; left > 0 && down.count < WINDOW; left--)
            (void)serai_outbox_put(&down, &(uint8_t){PAY}, 1, value);
        serai_rearm(&up_credit, serai_outbox_flush(&down));
    } while (left > 0 && down.count == 0);
}

/* Find out which part of the chain this agent is, and buy the channel to the next. */
static void join_chain(bool deployed)
{
    args_size = (int32_t)event_read(args, sizeof args, 0);
    packets = serai_arg_int("packets", args, args_size, 1000);
    value = serai_arg_int("value", args, args_size, 100);
    endowment = serai_arg_money("endowment", args, args_size, 30000000);
    tolls = serai_arg("tolls", args, args_size, &tolls_size);
    paused = serai_arg_int("paused", args, args_size, 0);
    via = serai_arg("via", args, args_size, &via_size);
    up.end = down.end = SERAI_SLOT_NONE;
    if (!deployed) { /* a relay or the sink: the first toll is its own */
        role = tolls_size == 0 ? SINK : RELAY;
        toll = serai_list_int(&tolls, &tolls_size);
        up.end = SERAI_SLOT_ORIGIN;
        (void)serai_arm(&up_credit, up.end, WINDOW, 1);
    }
    if (role == SINK) {
        (void)serai_outbox_put(&up, &(uint8_t){READY}, 1, 0);
        return;
    }
    /* It pays for all below: a relay for each toll, and the sink. */
    down.end = (int32_t)channel_buy(SERAI_SLOT_CHANNELS, serai_via(&via, &via_size),
                                    endowment * (serai_list_count(tolls, tolls_size) + 1), MAX_FEE);
    if (down.end < 0)
        serai_log_values("forwarder: no channel, refusal %d", down.end);
}

static void load_next_relay(int32_t status)
{
    struct serai_text text;

    if (status != 0 || serai_arm(&down_credit, down.end, WINDOW, 1) < 0) {
        serai_log_values("forwarder: the chain ends here, status %d", status);
        return;
    }
    serai_text_values(&text, "packets=%d value=%d endowment=%m paused=%d", packets, value,
                      endowment, paused);
    serai_text_add_arg(&text, "tolls", tolls, tolls_size);
    serai_text_add_arg(&text, "via", via, via_size);
    (void)serai_load_self(&load, down.end, text.bytes, text.size);
}

/* READY and GIVE bring no money and so pay no toll; the others do. */
static void relay_packet(struct serai_outbox *to, uint8_t kind, int64_t money)
{
    int64_t fee = money < toll ? money : toll;

    kept += fee;
    passed += kind == PAY;
    (void)serai_outbox_put(to, &kind, 1, money - fee);
    if (kind == CHANGE)
        serai_log_values("relay: forwarded %d packets, kept %d nanos", passed, kept);
}

/* The sink: count what comes, and send all of it back at the end. */
static void collect(uint8_t kind, int64_t money)
{
    serai_rearm(&up_credit, 1);
    kept += money;
    passed += kind == PAY;
    if (kind == PAY && passed == packets && paused != 0) {
        serai_log_values("sink: %d packets brought %d nanos, and wait", passed, kept);
    } else if (kind == GIVE || passed == packets) {
        serai_log_values("sink: %d packets brought %d nanos, all go back", passed, kept);
        (void)serai_outbox_put(&up, &(uint8_t){CHANGE}, 1, kept);
        passed = kept = 0; /* for the next round */
    }
}

/* The source: a packet that came up the chain may begin a round. */
static void begin_round(uint8_t kind, int64_t money)
{
    serai_rearm(&down_credit, 1);
    if (kind == CHANGE)
        serai_log_values("source: round %d: %d nanos went out, %d came back", ++rounds,
                         packets * value, money);
    if (kind == READY && paused != 0)
        serai_log("source: the way is open");
    else if (kind == READY || serai_arg_int("loop", args, args_size, 0) > 0)
        left = packets;
}

void serai_turn(int32_t kind, int32_t slot, int32_t size)
{
    struct serai_event event;
    uint8_t what = 0;

    (void)event_info(&event);
    if (kind == SERAI_EVENT_BORN || kind == SERAI_EVENT_BECAME) {
        join_chain(kind == SERAI_EVENT_BORN);
    } else if (kind == SERAI_EVENT_ANSWER) {
        load_next_relay(event.status);
    } else if (kind == SERAI_EVENT_PACKET && event_read(&what, 1, 0) == size) {
        if (role == RELAY)
            relay_packet(slot == up.end ? &down : &up, what, event.money);
        else if (role == SINK)
            collect(what, event.money);
        else
            begin_round(what, event.money);
    } else if (kind == SERAI_EVENT_MESSAGE && paused == 1) {
        left = packets;
        paused++;
    } else if (kind == SERAI_EVENT_MESSAGE && paused == 2) {
        (void)serai_outbox_put(&down, &(uint8_t){GIVE}, 1, 0);
    } else if (kind == SERAI_EVENT_PACKET) {
        serai_log("forwarder: a newborn could not be loaded");
    }
    (void)serai_load_continue(&load);
    pump();
}
