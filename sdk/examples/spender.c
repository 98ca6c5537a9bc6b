/*
 * Spender: works for itself until its money runs out, and counts on where it stopped once it is
 * topped up.  Shows the way down: the notice at the mark, the freeze, the thaw.
 *
 *   mark=0.0001   balance below which it wants a notice
 *   burn=1        after each message send itself the next; else count only what others send
 *   work=1000     rounds of a loop for each message
 *   every=10      log each time after that many messages
 *   buffers=1     hold that many buffers of 16 MiB, only for their rent
 */
#include <serai.h>

static char args[SERAI_LOAD_ARGS_BYTES_MAX];
static int32_t args_size;
static int32_t facet;
static int64_t count; /* messages counted; the next one of its own carries this number */
static bool burn;
static uint8_t number[SERAI_HEAP_NUMBER_BYTES];
static volatile int64_t work_done; /* volatile, or the compiler would see that it is for nothing */

static void send_next(void)
{
    int64_t answer =
        facet_send(facet, &count, sizeof count, NULL, 0, 0, facet_postage(facet), SERAI_SLOT_NONE);

    if (answer < 0)
        serai_log_values("spender: cannot send the next message, refusal %d", answer);
}

static void begin_spending(void)
{
    args_size = (int32_t)event_read(args, sizeof args, 0);
    facet = (int32_t)self_facet(SERAI_SLOT_SELF, 1, 0);
    burn = serai_arg_int("burn", args, args_size, 0) > 0;
    (void)self_mark(SERAI_SLOT_SELF, serai_arg_money("mark", args, args_size, 100000));
    for (int64_t i = serai_arg_int("buffers", args, args_size, 0); i > 0; i--)
        (void)buffer_buy(SERAI_SLOT_BUFFERS, SERAI_BUFFER_BYTES_MAX);
    serai_log("spender: begins");
    if (burn)
        send_next();
    else
        (void)heap_add(SERAI_SLOT_HEAP, facet, number); /* for others; `serai heap ls` shows it */
}

static void work(void)
{
    int64_t every = serai_arg_int("every", args, args_size, 10);
    int64_t own = count;

    (void)event_read(&own, sizeof own, 0);
    /* A thaw sends again, in case its message was lost: of two with one number, one counts. */
    if (burn && own != count)
        return;
    for (int64_t i = serai_arg_int("work", args, args_size, 1000); i > 0; i--)
        work_done += i;
    count++;
    if (every > 0 && count % every == 0)
        serai_log_values("spender: count=%d", count);
    if (burn)
        send_next();
}

void serai_turn(int32_t kind, int32_t slot, int32_t size)
{
    struct serai_event event;

    (void)slot;
    (void)size;
    switch (kind) {
    case SERAI_EVENT_BORN:
        begin_spending();
        break;
    case SERAI_EVENT_MESSAGE:
        work();
        break;
    case SERAI_EVENT_LOW:
        (void)event_info(&event);
        serai_log_values("spender: notice, only %m is left", event.money);
        break;
    case SERAI_EVENT_THAWED:
        (void)event_info(&event);
        serai_log_values("spender: thawed at count=%d with %m", count, event.money);
        if (burn)
            send_next();
        break;
    default:
        break;
    }
}
