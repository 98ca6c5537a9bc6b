/*
 * Service: counts the words of a text, for money.
 *
 * It publishes its entry, a facet, in the capability heap: whoever presents the 96-bit number gets
 * the facet.  It then hires one customer: buys a channel, makes the newborn become the code that
 * this agent was deployed with (`--with customer.wasm`), and hands it the number.
 *
 *   price=0.0001     of one call
 *   calls=10         how many calls the customer shall make; 0 hires nobody
 *   endowment=0.03   what the customer gets to spend
 *   max_fee=0.001    what the channel may cost at most
 */
#include <serai.h>

enum { BADGE = 1, TEXT_BYTES_MAX = 4096, SHOWN_EVERY = 10 };

/* The message that the customer is sent: the number, then the price. */
struct offer {
    uint8_t number[SERAI_HEAP_NUMBER_BYTES];
    uint8_t spare[4];
    int64_t price;
};

static struct offer offer;
static int64_t calls_wanted;
static int64_t calls_done;
static int64_t earned;
static struct serai_load load;
static bool offer_waits;

static void publish_entry(void)
{
    char args[SERAI_LOAD_ARGS_BYTES_MAX];
    int32_t args_size = (int32_t)event_read(args, sizeof args, 0);
    int64_t facet = self_facet(SERAI_SLOT_SELF, BADGE, 0);
    int64_t answer;

    offer.price = serai_arg_money("price", args, args_size, 100000);
    calls_wanted = serai_arg_int("calls", args, args_size, 10);
    answer = heap_add(SERAI_SLOT_HEAP, (int32_t)facet, offer.number);
    if (facet < 0 || answer < 0) {
        serai_log_values("service: cannot publish, refusals %d and %d", facet, answer);
        return;
    }
    serai_log_values("service: open, a call costs %m", offer.price);
    if (calls_wanted == 0)
        return;
    answer = channel_buy(SERAI_SLOT_CHANNELS, SERAI_INTERFACE_SELF,
                         serai_arg_money("endowment", args, args_size, 30000000),
                         serai_arg_money("max_fee", args, args_size, 1000000));
    if (answer < 0)
        serai_log_values("service: no channel, refusal %d", answer);
}

static void send_offer(int32_t end)
{
    int64_t answer = channel_send(end, &offer, sizeof offer, 0);

    offer_waits = answer == SERAI_E_CREDIT;
    if (offer_waits)
        (void)channel_room(end);
    else if (answer < 0)
        serai_log_values("service: cannot hand over the number, refusal %d", answer);
}

/* The answer to channel_buy(): make the newborn become the customer, and send it the offer. */
static void hire(int32_t end)
{
    struct serai_event event;
    struct serai_text text;
    uint8_t id[SERAI_CODE_ID_BYTES];
    int64_t answer;

    (void)event_info(&event);
    if (event.status != 0 || code_kept(SERAI_SLOT_CODE, 0, id) < 0) {
        serai_log_values("service: no customer: channel %d, or no code (--with)", event.status);
        return;
    }
    (void)channel_arm(end, 2, 512); /* so that the newborn can complain */
    serai_text_values(&text, "calls=%d", calls_wanted);
    answer = serai_load_use(&load, end, id, text.bytes, text.size);
    if (answer < 0)
        serai_log_values("service: cannot load the customer, refusal %d", answer);
    /* Packets keep their order: this one is read by what the newborn becomes. */
    send_offer(end);
}

static int64_t count_words(const char *text, int32_t size)
{
    int64_t words = 0;
    bool inside = false;

    for (int32_t i = 0; i < size; i++) {
        bool letter = text[i] != ' ' && text[i] != '\n';

        words += letter && !inside;
        inside = letter;
    }
    return words;
}

/* A call that pays less than the price gets its money back, and -1. */
static void count_for_money(int32_t size)
{
    static char text[TEXT_BYTES_MAX];
    struct serai_event event;
    int64_t words = -1; /* not enough money: the caller gets it back with this */
    int64_t change;

    (void)event_info(&event);
    change = event.money;
    if (event.money >= offer.price && size <= TEXT_BYTES_MAX) {
        words = count_words(text, (int32_t)event_read(text, sizeof text, 0));
        change = event.money - offer.price;
        earned += offer.price;
        calls_done++;
    }
    /* A caller that cannot be answered has paid all the same: it should have seen to that. */
    (void)serai_answer(event.reply, &words, sizeof words, change);
    if (words >= 0 && calls_done % SHOWN_EVERY == 0)
        serai_log_values("service: %d calls answered, earned %m", calls_done, earned);
}

void serai_turn(int32_t kind, int32_t slot, int32_t size)
{
    switch (kind) {
    case SERAI_EVENT_BORN:
        publish_entry();
        break;
    case SERAI_EVENT_ANSWER:
        hire(slot);
        break;
    case SERAI_EVENT_ROOM:
        if (serai_load_continue(&load) == 1 && offer_waits)
            send_offer(slot);
        break;
    case SERAI_EVENT_MESSAGE:
        count_for_money(size);
        break;
    case SERAI_EVENT_PACKET:
        serai_log("service: the customer could not be loaded");
        break;
    default:
        break;
    }
}
