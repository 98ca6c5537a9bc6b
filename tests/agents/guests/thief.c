/*
 * Thief: gets money by selling what it has, spends it, and traps, so that the sale is undone.  If
 * the spending were not undone too, it would have made money.
 *
 *   buffer=1     sell a buffer, refund and all
 *   sell=1       sell the channel that it bought in an earlier turn
 *   heap=1       take its own entry out of the heap, for the refund
 *   fund=0.01    give this to the facet `to` (24 hex digits, a heap number), or to itself
 *   send=0.01    send this with a message to the same facet
 *   die=1        die, then trap
 *   trap=0       do it all, but honestly
 *   endowment=0.02   of the channel
 */
#include "tests/agents/guests/guest.h"

static char args[1024];
static int32_t args_size;
static int32_t buffer;
static uint8_t number[SERAI_HEAP_NUMBER_BYTES];

static bool wants(const char *what)
{
    return serai_arg_int(what, args, args_size, 0) > 0;
}

static void prepare(void)
{
    int64_t facet;

    args_size = (int32_t)event_read(args, sizeof args, 0);
    facet = self_facet(SERAI_SLOT_SELF, 1, 0);
    buffer = (int32_t)buffer_buy(SERAI_SLOT_BUFFERS, 65536);
    (void)heap_add(SERAI_SLOT_HEAP, (int32_t)facet, number);
    if (channel_buy(SERAI_SLOT_CHANNELS, SERAI_INTERFACE_SELF,
                    serai_arg_money("endowment", args, args_size, 20000000), 10000000) < 0)
        serai_log("thief: no channel");
    serai_log("thief: prepared");
}

static void spend(void)
{
    int64_t to = guest_arg_heap("to", args, args_size);
    int64_t fund = serai_arg_money("fund", args, args_size, 0);
    int64_t send = serai_arg_money("send", args, args_size, 0);

    if (to < 0)
        to = self_facet(SERAI_SLOT_SELF, 2, 0);
    if (fund > 0)
        serai_log_values("thief: fund %d", facet_fund((int32_t)to, fund));
    if (send > 0)
        serai_log_values("thief: send %d", facet_send((int32_t)to, "x", 1, NULL, 0, send,
                                                      facet_postage((int32_t)to), SERAI_SLOT_NONE));
}

static void steal(int32_t end)
{
    if (wants("buffer"))
        serai_log_values("thief: buffer %d", buffer_sell(SERAI_SLOT_BUFFERS, buffer));
    if (wants("sell"))
        serai_log_values("thief: sell %d", channel_sell(SERAI_SLOT_CHANNELS, end));
    if (wants("heap"))
        serai_log_values("thief: heap %d", heap_take(SERAI_SLOT_HEAP, number));
    spend();
    if (wants("die"))
        (void)self_die(SERAI_SLOT_SELF);
    if (serai_arg_int("trap", args, args_size, 1) > 0)
        __builtin_trap();
    serai_log("thief: was honest");
}

void serai_turn(int32_t kind, int32_t slot, int32_t size)
{
    (void)size;
    if (kind == SERAI_EVENT_BORN)
        prepare();
    else if (kind == SERAI_EVENT_ANSWER)
        steal(slot);
}
