/*
 * Paid packets over a link, as fast as they go or one at a time.  The agent that is deployed buys a
 * channel and loads its own code into the newborn; then each message to it, a decimal number, is so
 * many packets to send.
 *
 *   via=b        the link
 *   bytes=64     of each packet
 *   window=1000  packets that the far end lets come
 *   trips=1      the far end sends each packet back, and the next goes out when it is there
 */
#include <serai.h>
#include <serai_outbox.h>

enum { AMOUNT_NANOS = 100, MAX_FEE = 1000000, BYTES_MAX = 1024 };
static const int64_t endowment = 1000000000;

static struct serai_load load;
static struct serai_credit credit; /* that this end gives */
static char args[SERAI_LOAD_ARGS_BYTES_MAX];
static int32_t args_size, bytes, window, end;
static bool trips, born;
static int64_t left;
static uint8_t data[BYTES_MAX];

static bool send_one(void)
{
    int64_t answer = channel_send(end, data, bytes, AMOUNT_NANOS);

    if (answer == SERAI_E_CREDIT || answer == SERAI_E_FULL)
        (void)channel_room(end); /* it may be asked for already */
    else if (answer < 0)
        __builtin_trap(); /* the bench would wait for it and say so */
    return answer >= 0;
}

static void stream(void)
{
    while (left > 0 && send_one())
        left--;
}

static void start(bool deployed)
{
    const char *via;
    int32_t via_size;

    args_size = (int32_t)event_read(args, sizeof args, 0);
    bytes = (int32_t)serai_arg_int("bytes", args, args_size, 64);
    window = (int32_t)serai_arg_int("window", args, args_size, 1000);
    trips = serai_arg_int("trips", args, args_size, 0) != 0;
    via = serai_arg("via", args, args_size, &via_size);
    born = !deployed;
    end = SERAI_SLOT_ORIGIN;
    if (deployed)
        end = (int32_t)channel_buy(SERAI_SLOT_CHANNELS, serai_via(&via, &via_size), endowment,
                                   MAX_FEE);
    if (end < 0 || (born && serai_arm(&credit, end, window, bytes) < 0))
        __builtin_trap();
}

static void answered(int32_t status)
{
    if (status != 0 || serai_arm(&credit, end, window, bytes) < 0)
        __builtin_trap();
    (void)serai_load_self(&load, end, args, args_size);
}

static void go(int32_t size)
{
    char text[20];
    int32_t used;

    size = (int32_t)event_read(text, sizeof text, 0);
    left = serai_digits(text, size, &used);
    if (trips && left > 0)
        (void)send_one();
    else
        stream();
}

static void took_packet(void)
{
    serai_rearm(&credit, 1);
    if (trips && (born || --left > 0))
        (void)send_one();
}

void serai_turn(int32_t kind, int32_t slot, int32_t size)
{
    struct serai_event event;

    (void)slot;
    if (kind == SERAI_EVENT_PACKET) {
        took_packet();
    } else if (kind == SERAI_EVENT_BORN || kind == SERAI_EVENT_BECAME) {
        start(kind == SERAI_EVENT_BORN);
    } else if (kind == SERAI_EVENT_ANSWER) {
        (void)event_info(&event);
        answered(event.status);
    } else if (kind == SERAI_EVENT_MESSAGE) {
        go(size);
    } else if (!trips) {
        stream();
    }
    if (!born && load.step != SERAI_LOAD_STEP_SENT)
        (void)serai_load_continue(&load);
}
