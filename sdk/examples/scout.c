/*
 * Scout: looks at a site, then makes another scout at the far end of a channel.
 *
 * It buys a 16 KiB buffer and writes in it; then buys a channel, which gives birth to an agent at
 * the other end, and sends that one its own code.  The child goes on the same way while hops are
 * left, and every scout that was born through a channel reports to its parent.  Whether the other
 * end is on this site or on another makes no difference to the code.
 *
 *   hops=1           how many more scouts shall come after this one
 *   endowment=0.02   what the next one gets; that one gives half of it to the one after it
 *   max_fee=0.001    what a channel may cost at most
 *   via=b,c          over which links: from here over b, from there over c (without: on this site)
 *   sell=1           when the report is there, sell the channel and take the deposit back
 */
#include <serai.h>

enum { BUFFER_BYTES = 16 * 1024, REPORT_BYTES_MAX = 200 };

static const char REPORT[] = "I am a scout now";

/* All that must last from turn to turn is global: memory stays, the stack does not. */
static char args[SERAI_LOAD_ARGS_BYTES_MAX];
static int32_t args_size, via_size;
static int64_t endowment, max_fee;
static const char *via; /* what the next one is given of it */
static struct serai_load load;
static bool report_waits;

static void buy_buffer(void)
{
    static const char note[] = "a scout was here";
    int64_t terms = buffer_terms(SERAI_SLOT_BUFFERS);
    int64_t buffer = buffer_buy(SERAI_SLOT_BUFFERS, BUFFER_BYTES);

    if (buffer < 0) {
        serai_log_values("scout: no buffer, refusal %d", buffer);
        return;
    }
    (void)buffer_write((int32_t)buffer, BUFFER_BYTES - (int32_t)sizeof note, note, sizeof note);
    serai_log_values("scout: bought a buffer of %d bytes at %m per GiB-hour", BUFFER_BYTES, terms);
}

static void buy_channel(void)
{
    int64_t end;

    endowment = serai_arg_money("endowment", args, args_size, 20000000);
    max_fee = serai_arg_money("max_fee", args, args_size, 1000000);
    via = serai_arg("via", args, args_size, &via_size);
    end = channel_buy(SERAI_SLOT_CHANNELS, serai_via(&via, &via_size), endowment, max_fee);
    if (end < 0)
        serai_log_values("scout: no channel, refusal %d", end);
    else
        serai_log_values("scout: asked for a channel, endowment %m", endowment);
}

/* What a scout does first, however it came to be. */
static void explore(int32_t size)
{
    args_size = size < (int32_t)sizeof args ? size : (int32_t)sizeof args;
    (void)event_read(args, args_size, 0);
    buy_buffer();
    if (serai_arg_int("hops", args, args_size, 0) > 0)
        buy_channel();
}

/* Report to the parent.  It may have granted nothing yet: then ask for a room event. */
static void send_report(void)
{
    int64_t answer = channel_send(SERAI_SLOT_ORIGIN, REPORT, sizeof REPORT - 1, 0);

    report_waits = answer == SERAI_E_CREDIT;
    if (report_waits)
        (void)channel_room(SERAI_SLOT_ORIGIN);
}

/* The answer to channel_buy(): someone is born over there, or not. */
static void make_scout(int32_t end)
{
    struct serai_event event;
    struct serai_text text;
    int64_t answer;

    (void)event_info(&event);
    if (event.status != 0) {
        serai_log_values("scout: the channel was refused, %d", event.status);
        return;
    }
    serai_log_values("scout: the channel is open, its fee was %m", event.fee);
    /* Nothing can be sent to an end that granted nothing: make room for the child's reports. */
    (void)channel_arm(end, 2, 2 * REPORT_BYTES_MAX);

    serai_text_values(&text, "hops=%d endowment=%m max_fee=%m sell=%d",
                      serai_arg_int("hops", args, args_size, 0) - 1, endowment / 2, max_fee,
                      serai_arg_int("sell", args, args_size, 0));
    serai_text_add_arg(&text, "via", via, via_size);
    answer = serai_load_self(&load, end, text.bytes, text.size);
    if (answer < 0)
        serai_log_values("scout: cannot load the child, refusal %d", answer);
    else
        serai_log_values("scout: sent %d of my %d bytes of code", load.sent, load.size);
}

/* A packet from the child: its report, or the complaint of its loader. */
static void read_report(int32_t end, int32_t size)
{
    char words[REPORT_BYTES_MAX];
    int64_t refund;

    (void)serai_log_bytes("scout: from the far end: ", words,
                          (int32_t)event_read(words, sizeof words, 0));
    if (size != sizeof REPORT - 1 || memcmp(words, REPORT, sizeof REPORT - 1) != 0)
        return; /* the loader complains */
    if (serai_arg_int("sell", args, args_size, 0) == 0)
        return;
    refund = channel_sell(SERAI_SLOT_CHANNELS, end);
    serai_log_values("scout: sold the channel, refund %m", refund);
}

void serai_turn(int32_t kind, int32_t slot, int32_t size)
{
    switch (kind) {
    case SERAI_EVENT_BORN: /* deployed by a person */
        serai_log("scout: born");
        explore(size);
        break;
    case SERAI_EVENT_BECAME: /* born through a channel, and loaded by another scout */
        serai_log("scout: became a scout");
        explore(size);
        send_report();
        break;
    case SERAI_EVENT_ANSWER:
        make_scout(slot);
        break;
    case SERAI_EVENT_ROOM:
        if (slot == SERAI_SLOT_ORIGIN && report_waits)
            send_report();
        else
            (void)serai_load_continue(&load);
        break;
    case SERAI_EVENT_PACKET:
        read_report(slot, size);
        break;
    case SERAI_EVENT_CLOSED:
        serai_log("scout: the far end of my channel is gone");
        break;
    default: /* events that a scout does not need */
        break;
    }
}
