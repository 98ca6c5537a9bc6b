/*
 * Customer: calls a paid service until its calls are made, then takes the service's entry out of
 * the capability heap; the deposit that was paid for the entry is refunded to whoever does that.
 *
 * It is made by sdk/examples/service.c, which loads it and then sends it the offer; or deployed by
 * a person who knows the number.
 *
 *   calls=10        how many calls to make, one after another
 *   number=HEX      the entry in this site's heap, 24 digits; only when it is deployed
 *   price=0.0001    of one call; likewise
 */
#include <serai.h>

struct service_offer { /* as in service.c: the two agents' own agreement, not the site's */
    uint8_t number[SERAI_HEAP_NUMBER_BYTES];
    uint8_t spare[4];
    int64_t price;
};

static const char TEXT[] = "the quick brown fox jumps over the lazy dog";

enum { ANSWERS = 1 }; /* the badge of our facet for answers */
enum { POSTAGE_NANOS_MAX = 100000 };

static struct service_offer offer;
static int32_t service = SERAI_SLOT_NONE;
static int32_t answers = SERAI_SLOT_NONE; /* our facet; each call lends it for one answer */
static int64_t calls_wanted;
static int64_t calls_done;
static int64_t paid;

/* Made by the service: the offer comes as a packet. */
static void begin_loaded(void)
{
    char args[SERAI_LOAD_ARGS_BYTES_MAX];

    calls_wanted = serai_arg_int("calls", args, (int32_t)event_read(args, sizeof args, 0), 10);
    /* The packets that were granted to the loader are ours now, so the offer can come already. */
    serai_log_values("customer: ready for %d calls", calls_wanted);
}

static void call_service(void)
{
    /* The price is for the service; the postage pays for its turn, and it may not ask a fortune. */
    int64_t answer =
        serai_send(service, TEXT, sizeof TEXT - 1, offer.price, POSTAGE_NANOS_MAX, answers);

    if (answer < 0)
        serai_log_values("customer: cannot call, refusal %d", answer);
}

static void find_service(void)
{
    int64_t answer = heap_get(SERAI_SLOT_HEAP, offer.number);

    if (answer < 0) {
        serai_log_values("customer: nothing under this number, refusal %d", answer);
        return;
    }
    service = (int32_t)answer;
    answers = (int32_t)self_facet(SERAI_SLOT_SELF, ANSWERS, 0);
    serai_log_values("customer: the number opened the service, a call costs %m", offer.price);
    call_service();
}

static void take_offer(int32_t size)
{
    if (size != sizeof offer || service != SERAI_SLOT_NONE)
        return;
    (void)event_read(&offer, sizeof offer, 0);
    find_service();
}

/* Deployed by a person: the number is among the arguments, and the price. */
static void begin_deployed(void)
{
    char args[SERAI_LOAD_ARGS_BYTES_MAX];
    int32_t args_size = (int32_t)event_read(args, sizeof args, 0);

    calls_wanted = serai_arg_int("calls", args, args_size, 10);
    offer.price = serai_arg_money("price", args, args_size, 100000);
    if (serai_arg_hex("number", args, args_size, offer.number, SERAI_HEAP_NUMBER_BYTES))
        find_service();
    else
        serai_log("customer: a number has 24 digits");
}

/*
 * The calls are made: take the entry out of the heap, which refunds its deposit to whoever does
 * that.
 */
static void take_entry(int64_t words)
{
    int64_t before;
    int64_t answer;

    serai_log_values("customer: %d calls for %m, the last said %d words", calls_done, paid, words);
    before = self_balance(SERAI_SLOT_SELF);
    answer = heap_take(SERAI_SLOT_HEAP, offer.number);
    if (answer < 0)
        serai_log_values("customer: cannot take the entry, refusal %d", answer);
    else
        serai_log_values("customer: took the entry out of the heap, refund %m after fees",
                         self_balance(SERAI_SLOT_SELF) - before);
}

/* An answer to a call, with the change. */
static void take_service_answer(int32_t size)
{
    struct serai_event event;
    int64_t words = -1;

    (void)event_info(&event);
    if (event.badge != ANSWERS || size != sizeof words)
        return; /* a message from somebody else */
    (void)event_read(&words, sizeof words, 0);
    paid += offer.price - event.money;
    calls_done++;
    if (words < 0)
        serai_log("customer: the service wants more money");
    else if (calls_done < calls_wanted)
        call_service();
    else
        take_entry(words);
}

void serai_turn(int32_t kind, int32_t slot, int32_t size)
{
    struct serai_event event;

    (void)slot;
    switch (kind) {
    case SERAI_EVENT_BECAME:
        begin_loaded();
        break;
    case SERAI_EVENT_BORN:
        begin_deployed();
        break;
    case SERAI_EVENT_PACKET:
        take_offer(size);
        break;
    case SERAI_EVENT_MESSAGE:
        take_service_answer(size);
        break;
    case SERAI_EVENT_FAILED:
        (void)event_info(&event);
        serai_log_values("customer: no answer will come, status %d", event.status);
        break;
    default:
        break;
    }
}
