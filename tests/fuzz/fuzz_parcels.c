/*
 * A neighbour that speaks valid parcels with wild contents, in whatever order: HELLO and DATA that
 * are mostly true, messages that mostly could be, packets with any bytes.  The script is the
 * fuzzer's.  Meanwhile the site's agents act, its operator resumes and removes the link, and the
 * site crashes.  After each frame every sum holds, and the neighbour owes at most its limit.
 */
#include <stdio.h>
#include <stdlib.h>

#include "exchange/ends.h"
#include "links/parcel.h"
#include "tests/fuzz/script.h"
#include "tests/fuzz/site.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STEPS_MAX = 64, MESSAGES_MAX = 4, ENDS_SEEN = 16, POKE_US = 30000 };

static struct peer {
    struct fuzz_site site;
    struct script script;
    uint64_t epoch;
    struct cursor heard; /* what the site sent */
} peer;

static struct link *link_of(void)
{
    return links_named(peer.site.core->links, FUZZ_LINK); /* NULL: it was removed */
}

/* ---- what it hears ---- */

static void hear(void *context, const struct core_parcel *parcel)
{
    struct parcel_head head;
    struct fault fault;

    (void)context;
    if (parcel_decode(&head, parcel->bytes.data, parcel->bytes.size, &fault) != ST_OK)
        abort(); /* a site says nothing that it would not read */
    for (uint64_t i = 0; head.kind == PARCEL_DATA && i < head.data.count; i++) {
        struct channel_message message;

        message_decode(&head.messages, 0, &message);
        if (head.data.before.seq + i != peer.heard.seq + 1)
            continue; /* said again */
        peer.heard.seq++;
        peer.heard.total += money_nanos(message_money(&message));
    }
}

/* ---- what it says ---- */

static struct money some_money(void)
{
    static const uint64_t likely[] = {0, 1, 1000, 200000, 1000000, 10000000, 21000000, 50000000};
    struct money amount = money_zero();
    uint8_t kind = script_u8(&peer.script);
    uint64_t nanos = kind < 200 ? likely[kind % 8] : script_u64(&peer.script);

    if (money_from_nanos(&amount, nanos % (LINK_MESSAGE_NANOS_MAX + 1)) != ST_OK)
        abort();
    return amount;
}

struct ends {
    size_t count;
    struct channel_end *items[ENDS_SEEN];
};

static void note_end(void *context, struct channel_end *end)
{
    struct ends *ends = context;

    if (end->interface != CHANNEL_INTERFACE_SELF && ends->count < ENDS_SEEN)
        ends->items[ends->count++] = end;
}

/* To an end of the link that is there, if one is. */
static void address(struct channel_message *message)
{
    struct ends ends = {0};

    channels_each(peer.site.core->channels, note_end, &ends);
    if (ends.count > 0 && !script_chance(&peer.script, 16)) {
        const struct channel_end *end =
            ends.items[script_below(&peer.script, (uint64_t)ends.count)];

        message->number = end->number;
        message->to = end->side;
        message->packets = end->window_packets;
        message->bytes = end->window_bytes;
        return;
    }
    message->number = (uint32_t)script_u64(&peer.script);
    message->to = script_below(&peer.script, 2) == 0 ? CHANNEL_BUYER : CHANNEL_BORN;
}

static void fill_birth(struct channel_message *message)
{
    message->number = (uint32_t)script_below(&peer.script, 32) * 2;
    message->to = CHANNEL_BORN;
    message->endowment = some_money();
    message->fee = some_money();
    message->customer = script_below(&peer.script, 4);
    if (!money_add(&message->money, message->endowment, message->fee))
        message->money = money_zero();
}

static void fill_answer(struct channel_message *message)
{
    static const int32_t refusals[] = {0, 0, SERAI_E_FULL, SERAI_E_SHORT, SERAI_E_QUOTA, -99};

    message->status = refusals[script_below(&peer.script, 6)];
    message->money = some_money();
    message->fee = some_money();
    message->packets = SERAI_FIRST_CREDIT_PACKETS + script_below(&peer.script, 3);
    message->bytes = SERAI_FIRST_CREDIT_BYTES;
}

/* Just what adds up for a purchase that waits, unless the script wants otherwise. */
static void fit_answer(struct channel_message *message)
{
    const struct channel_end *end =
        channels_at(peer.site.core->channels, link_of()->interface, message->number, message->to);
    const struct exchange_end *held;
    struct money whole;

    if (end == NULL || end->state != CHANNEL_PENDING || script_chance(&peer.script, 4))
        return;
    held = ends_held(peer.site.core->exchange, end);
    if (message->status == 0) {
        message->fee = money_zero();
        message->money = held->asked_fee;
        message->packets = SERAI_FIRST_CREDIT_PACKETS;
    } else if (money_add(&whole, held->asked_fee, held->asked_endowment)) {
        message->fee = money_zero();
        message->money = whole;
        message->packets = 0;
        message->bytes = 0;
    }
}

static void make_message(struct channel_message *message)
{
    *message = (struct channel_message){
        .kind = (enum channel_message_kind)(1 + script_below(&peer.script, 6))};
    address(message);
    switch (message->kind) {
    case CHANNEL_BIRTH:
        fill_birth(message);
        break;
    case CHANNEL_ANSWER:
        fill_answer(message);
        fit_answer(message);
        break;
    case CHANNEL_PACKET:
        message->money = some_money();
        message->size = script_u8(&peer.script);
        message->data = script_bytes(&peer.script, &message->size);
        break;
    case CHANNEL_CREDIT:
        message->packets = (message->packets + script_u64(&peer.script)) & INT64_MAX;
        message->bytes = (message->bytes + script_u64(&peer.script)) & INT64_MAX;
        break;
    case CHANNEL_CLOSE:
    case CHANNEL_CLOSED:
        break;
    }
}

static void say(struct bytes *bytes)
{
    if (bytes->failed)
        abort();
    core_parcel(peer.site.core, fuzz_peer_key, bytes->data, bytes->size);
    bytes_fini(bytes);
}

static void say_hello(void)
{
    const struct link *link = link_of();
    struct hello hello = {.epoch = ++peer.epoch,
                          .sent = {link->received_seq, link->received_total},
                          .received = peer.heard,
                          .acked = {link->received_seq, link->received_total}};
    struct bytes bytes = {0};

    (void)snprintf(hello.currency, sizeof hello.currency, "%s", peer.site.core->book.currency);
    if (money_from_nanos(&hello.limit, FUZZ_LIMIT_NANOS) != ST_OK)
        abort();
    switch (script_below(&peer.script, 16)) {
    case 1:
        hello.received.seq = script_u64(&peer.script) & INT64_MAX;
        break;
    case 2:
        hello.sent.seq += script_below(&peer.script, 4);
        hello.sent.total += script_u64(&peer.script);
        break;
    case 3:
        hello.peer_epoch = script_u64(&peer.script) & INT64_MAX;
        break;
    case 4:
        hello.epoch = script_u64(&peer.script) & INT64_MAX;
        break;
    case 5:
        hello.acked = (struct cursor){0};
        break;
    case 6:
        hello.limit = some_money();
        break;
    default:
        break;
    }
    hello_encode(&bytes, &hello);
    say(&bytes);
}

static void bend_head(struct data_head *head)
{
    switch (script_below(&peer.script, 24)) {
    case 1:
        head->before.seq += script_below(&peer.script, 4);
        break;
    case 2:
        head->before.seq -= head->before.seq > 1;
        break;
    case 3:
        head->before.total += script_u64(&peer.script);
        break;
    case 4:
        head->received.seq = script_u64(&peer.script) & INT64_MAX;
        break;
    case 5:
        head->received.total += script_u64(&peer.script);
        break;
    case 6:
        head->epoch -= head->epoch > 1;
        break;
    default:
        break;
    }
}

/* Now and then the messages are any bytes. */
static void say_data(void)
{
    const struct link *link = link_of();
    struct data_head head = {.epoch = peer.epoch,
                             .peer_epoch = link->epoch,
                             .received = peer.heard,
                             .count = 1 + script_below(&peer.script, MESSAGES_MAX)};
    struct bytes bytes = {0};

    head.before = (struct cursor){link->received_seq + 1, link->received_total};
    bend_head(&head);
    data_head_encode(&bytes, &head);
    for (uint64_t i = 0; i < head.count; i++) {
        struct channel_message message;

        make_message(&message);
        message_encode(&bytes, &message);
    }
    if (script_chance(&peer.script, 32) && bytes.size > 0)
        bytes.data[script_u8(&peer.script) % bytes.size] ^=
            (uint8_t)(1 + script_u8(&peer.script) % 255);
    say(&bytes);
}

/* ---- the site's side ---- */

static void operator_asks(const char *command)
{
    struct bytes args = {0};

    cbor_put_array(&args, 1);
    cbor_put_text(&args, FUZZ_LINK);
    fuzz_site_ask(&peer.site, 0, command, &args);
}

/* An agent hears something, and acts. */
static void poke(void)
{
    struct bytes args = {0};

    cbor_put_array(&args, 3);
    cbor_put_uint(&args, ACCOUNT_FIRST_FREE + 1 + script_below(&peer.script, 16));
    cbor_put_bytes(&args, "poke", 4);
    cbor_put_uint(&args, script_u8(&peer.script));
    fuzz_site_ask(&peer.site, 0, "agent.send", &args);
}

static void operator_acts(void)
{
    switch (script_below(&peer.script, 8)) {
    case 0:
        operator_asks("link.freeze");
        break;
    case 1:
        operator_asks("link.remove");
        break;
    case 2:
        fuzz_site_join(&peer.site);
        break;
    default:
        operator_asks("link.resume");
        break;
    }
}

static void step(void)
{
    uint64_t what = script_below(&peer.script, 16);
    struct link *link = link_of();

    if (link == NULL || what == 0)
        operator_acts();
    else if (what == 1 && script_chance(&peer.script, 4)) /* a start is dear */
        fuzz_site_crash(&peer.site);
    else if (what == 2)
        core_link_trouble(peer.site.core, link->interface, "cut");
    else if (what < 5 || link->state != LINK_UP)
        say_hello();
    else if (what < 7)
        poke();
    else
        say_data();
}

static void check_limit(void)
{
    const struct link *link = link_of();

    if (link != NULL && link->received_total > link->sent_total + FUZZ_LIMIT_NANOS)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    peer = (struct peer){.script = {data, size}};
    fuzz_site_open(&peer.site);
    peer.site.post = hear;
    say_hello();
    for (int i = 0; i < STEPS_MAX && peer.script.left > 0; i++) {
        step();
        fuzz_site_pass(&peer.site, script_u8(&peer.script) * (uint64_t)POKE_US,
                       1 + (uint32_t)script_below(&peer.script, 8));
        check_limit();
    }
    fuzz_site_close(&peer.site);
    return 0;
}
