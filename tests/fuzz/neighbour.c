#include "tests/fuzz/neighbour.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exchange/ends.h"
#include "links/link_set.h"

enum { MESSAGES_MAX = 4, ENDS_SEEN = 16 };

static void must(bool holds)
{
    if (!holds)
        abort();
}

struct neighbour neighbour_of(struct fuzz_site *site, struct script *script, int number)
{
    return (struct neighbour){.site = site,
                              .script = script,
                              .key = fuzz_neighbour_keys[number],
                              .secret = fuzz_neighbour_secrets[number]};
}

struct link *neighbour_link(const struct neighbour *neighbour)
{
    return links_keyed(neighbour->site->core->links, neighbour->key);
}

static struct money money_of(uint64_t nanos)
{
    struct money amount = money_zero();

    must(money_from_nanos(&amount, nanos) == ST_OK);
    return amount;
}

struct money neighbour_money(struct script *script)
{
    static const uint64_t likely[] = {0, 1, 1000, 200000, 1000000, 10000000, 21000000, 50000000};
    uint8_t kind = script_u8(script);
    uint64_t nanos = kind < 200 ? likely[kind % 8] : script_u64(script);

    return money_of(nanos % (LINK_MESSAGE_NANOS_MAX + 1));
}

/* ---- what it hears ---- */

static void hear_messages(struct neighbour *neighbour, struct parcel_head *head)
{
    struct channel_message message;

    for (uint64_t i = 0; i < head->data.count; i++) {
        message_decode(&head->messages, 0, &message);
        if (head->data.before.seq + i != neighbour->heard.seq + 1)
            continue; /* said again */
        must(neighbour->lied || i > 0 || head->data.before.total == neighbour->heard.total);
        neighbour->heard.seq++;
        neighbour->heard.total += money_nanos(message_money(&message));
        digest_add(&neighbour->heard_digest, neighbour->heard.seq, message_money(&message));
    }
    if (head->data.durable_seq > neighbour->site_durable)
        neighbour->site_durable = head->data.durable_seq;
}

/* It is signed, and of the messages that were heard. */
static void hear_statement(struct neighbour *neighbour, const struct specie_signed *specie)
{
    const struct specie_side *sent = &specie->statement.sent;

    must(specie_is_signed(specie));
    must(memcmp(specie->statement.signer, fuzz_site_key, LINK_KEY_BYTES) == 0);
    must(memcmp(specie->statement.peer, neighbour->key, LINK_KEY_BYTES) == 0);
    if (sent->seq == neighbour->heard.seq && !neighbour->lied)
        must(sent->total == neighbour->heard.total &&
             digest_equal(&sent->digest, &neighbour->heard_digest));
}

/* It is of the payment that is pending. */
static void hear_claim(struct neighbour *neighbour, const struct claim *claim)
{
    const struct link *link = neighbour_link(neighbour);
    const struct settlement *settlement = link_settlement(neighbour->site->core->links, link);

    must(claim->settled.index == settlement->pending.index &&
         money_compare(claim->amount, settlement->pending.amount) == 0);
    must(claim->settled.total == link->paid.total + money_nanos(claim->amount));
}

static void hear_loss(const struct loss_parcel *loss)
{
    must(position_is_signed(&loss->position));
    must(memcmp(loss->position.position.signer, fuzz_site_key, LINK_KEY_BYTES) == 0);
    must(!loss->accepts || acceptance_is_signed(loss->acceptance, &loss->pair, fuzz_site_key));
}

void neighbour_hear(struct neighbour *neighbour, const struct bytes *bytes)
{
    struct parcel_head head;
    struct fault fault;

    /* A site says nothing that it would not read. */
    must(parcel_decode(&head, bytes->data, bytes->size, &fault) == ST_OK);
    switch (head.kind) {
    case PARCEL_HELLO:
        if (head.hello.durable_seq > neighbour->site_durable)
            neighbour->site_durable = head.hello.durable_seq;
        if (head.hello.peer_epoch > neighbour->epoch)
            neighbour->epoch = head.hello.peer_epoch; /* else it would be stale for ever */
        break;
    case PARCEL_DATA:
        hear_messages(neighbour, &head);
        break;
    case PARCEL_SPECIE:
        hear_statement(neighbour, &head.specie.specie);
        break;
    case PARCEL_CLAIM:
        hear_claim(neighbour, &head.claim);
        break;
    case PARCEL_PAY:
    case PARCEL_PAID:
        must(clearing_is_signed(&head.note, fuzz_site_key));
        break;
    case PARCEL_LOSS:
        hear_loss(&head.loss);
        break;
    }
}

/* ---- messages ---- */

struct ends {
    uint32_t interface;
    size_t count;
    struct channel_end *items[ENDS_SEEN];
};

static void note_end(void *context, struct channel_end *end)
{
    struct ends *ends = context;

    if (end->interface == ends->interface && ends->count < ENDS_SEEN)
        ends->items[ends->count++] = end;
}

/* Ends of channels over its link. */
static struct ends ends_of(const struct neighbour *neighbour)
{
    struct ends ends = {.interface = neighbour_link(neighbour)->interface};

    channels_each(neighbour->site->core->channels, note_end, &ends);
    return ends;
}

/* To an end of the link that is there, if one is. */
static void address(struct neighbour *neighbour, struct channel_message *message)
{
    struct ends ends = ends_of(neighbour);

    if (ends.count > 0 && !script_chance(neighbour->script, 16)) {
        const struct channel_end *end =
            ends.items[script_below(neighbour->script, (uint64_t)ends.count)];

        message->number = end->number;
        message->to = end->side;
        message->packets = end->window_packets;
        message->bytes = end->window_bytes;
        return;
    }
    message->number = (uint32_t)script_u64(neighbour->script);
    message->to = script_below(neighbour->script, 2) == 0 ? CHANNEL_BUYER : CHANNEL_BORN;
}

static void fill_birth(struct script *script, struct channel_message *message)
{
    message->number = (uint32_t)script_below(script, 32) * 2;
    message->to = CHANNEL_BORN;
    message->endowment = neighbour_money(script);
    message->fee = neighbour_money(script);
    message->customer = script_below(script, 4);
    if (script_chance(script, 4))
        memcpy(message->customer_key, fuzz_keys[1], CHANNEL_KEY_BYTES);
    if (!money_add(&message->money, message->endowment, message->fee))
        message->money = money_zero();
}

static void fill_answer(struct script *script, struct channel_message *message)
{
    static const int32_t refusals[] = {0, 0, SERAI_E_FULL, SERAI_E_SHORT, SERAI_E_QUOTA, -99};

    message->status = refusals[script_below(script, 6)];
    message->money = neighbour_money(script);
    message->fee = neighbour_money(script);
    message->packets = SERAI_FIRST_CREDIT_PACKETS + script_below(script, 3);
    message->bytes = SERAI_FIRST_CREDIT_BYTES;
}

/* Just what adds up for a purchase that waits, unless the script wants otherwise. */
static void fit_answer(struct neighbour *neighbour, struct channel_message *message)
{
    const struct channel_end *end =
        channels_at(neighbour->site->core->channels, neighbour_link(neighbour)->interface,
                    message->number, message->to);
    const struct exchange_end *held;
    struct money whole;

    if (end == NULL || end->state != CHANNEL_PENDING || script_chance(neighbour->script, 4))
        return;
    held = ends_held(neighbour->site->core->exchange, end);
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

static void make_message(struct neighbour *neighbour, struct channel_message *message)
{
    *message = (struct channel_message){
        .kind = (enum channel_message_kind)(1 + script_below(neighbour->script, 6))};
    address(neighbour, message);
    switch (message->kind) {
    case CHANNEL_BIRTH:
        fill_birth(neighbour->script, message);
        break;
    case CHANNEL_ANSWER:
        fill_answer(neighbour->script, message);
        fit_answer(neighbour, message);
        break;
    case CHANNEL_PACKET:
        message->money = neighbour_money(neighbour->script);
        message->size = script_u8(neighbour->script);
        message->data = script_bytes(neighbour->script, &message->size);
        break;
    case CHANNEL_CREDIT:
        message->packets = (message->packets + script_u64(neighbour->script)) & INT64_MAX;
        message->bytes = (message->bytes + script_u64(neighbour->script)) & INT64_MAX;
        break;
    case CHANNEL_CLOSE:
    case CHANNEL_CLOSED:
        break;
    }
}

/* ---- saying ---- */

uint64_t neighbour_seq(struct neighbour *neighbour)
{
    return script_u64(neighbour->script) & INT64_MAX;
}

void neighbour_say(struct neighbour *neighbour, struct bytes *bytes)
{
    struct script *script = neighbour->script;

    must(!bytes->failed && bytes->size > 0);
    if (script_chance(script, 32))
        bytes->data[script_u8(script) % bytes->size] ^= (uint8_t)(1 << script_below(script, 8));
    core_parcel(neighbour->site->core, neighbour->key, bytes->data, bytes->size);
    bytes_fini(bytes);
}

/* ---- HELLO ---- */

/*
 * The site asks what it lost: it is told of some packets more, of one end.  They are counted as
 * heard, whether it believes them or not.
 */
static void tell_lost(struct neighbour *neighbour, struct hello *hello,
                      struct channel_arrived *arrived)
{
    const struct link *link = neighbour_link(neighbour);
    struct ends ends = ends_of(neighbour);
    uint64_t count = 1 + script_below(neighbour->script, 3);
    struct money money = neighbour_money(neighbour->script);
    const struct channel_end *end;

    if (ends.count == 0)
        return;
    end = ends.items[script_below(neighbour->script, (uint64_t)ends.count)];
    *arrived = (struct channel_arrived){
        .number = end->number,
        .to = end->side == CHANNEL_BUYER ? CHANNEL_BORN : CHANNEL_BUYER,
        .packets = end->sent_packets + count,
        .bytes = end->sent_bytes + script_u8(neighbour->script),
        .money = end->sent_money + money_nanos(money),
    };
    if (script_chance(neighbour->script, 8))
        arrived->packets++;
    if (script_chance(neighbour->script, 8))
        arrived->money += script_u64(neighbour->script);
    neighbour->lied = true;
    neighbour->heard =
        (struct cursor){link->sent_seq + count, link->sent_total + money_nanos(money)};
    digest_add(&neighbour->heard_digest, neighbour->heard.seq, money);
    hello->peer_epoch = link->epoch;
    hello->received = neighbour->heard;
    hello->received_digest = neighbour->heard_digest;
    hello->answers_from = link->sent_seq + 1;
    hello->end_count = 1;
}

/* It forgets messages of its own that it did not call durable, as a loss of power makes it. */
static void forget_some(struct neighbour *neighbour, struct hello *hello)
{
    const struct link *link = neighbour_link(neighbour);
    uint64_t durable = link->peer_durable_seq;

    if (money_is_zero(neighbour->flush_amount) || link->received_seq <= durable)
        return;
    hello->sent.seq = durable + script_below(neighbour->script, link->received_seq - durable);
    hello->acked = (struct cursor){0};
    hello->durable_seq = durable;
}

static void bend_hello(struct neighbour *neighbour, struct hello *hello)
{
    struct script *script = neighbour->script;

    switch (script_below(script, 32)) {
    case 1:
        hello->received.seq = neighbour_seq(neighbour);
        break;
    case 2:
        hello->sent.seq += script_below(script, 4);
        hello->sent.total += script_u64(script);
        break;
    case 3:
        hello->peer_epoch = neighbour_seq(neighbour);
        break;
    case 4:
        hello->epoch = neighbour_seq(neighbour) | 1;
        break;
    case 5:
        hello->acked = (struct cursor){0};
        break;
    case 6:
        hello->limit = neighbour_money(script);
        break;
    case 7:
        hello->durable_seq = neighbour_seq(neighbour);
        break;
    case 8:
        hello->peer_durable_seq = neighbour_seq(neighbour);
        break;
    case 9:
        hello->received_digest.chain.bytes[0] ^= 1;
        break;
    case 10:
        hello->answers_from = neighbour_seq(neighbour);
        break;
    case 11:
        forget_some(neighbour, hello);
        break;
    case 12:
        hello->received.total += script_u64(script);
        break;
    default:
        break;
    }
}

/* What was told was adopted: the two agree on it. */
static void note_adopted(struct neighbour *neighbour)
{
    const struct link *link = neighbour_link(neighbour);

    if (link->sent_seq == neighbour->heard.seq && link->sent_total == neighbour->heard.total &&
        digest_equal(&link->sent_digest, &neighbour->heard_digest))
        neighbour->lied = false;
}

void neighbour_hello(struct neighbour *neighbour)
{
    const struct link *link = neighbour_link(neighbour);
    const struct cursor sent = {link->received_seq, link->received_total};
    struct hello hello = {.sent = sent,
                          .received = neighbour->heard,
                          .acked = sent,
                          .limit = money_of(FUZZ_LIMIT_NANOS),
                          .durable_seq = sent.seq,
                          .peer_durable_seq = neighbour->site_durable,
                          .received_digest = neighbour->heard_digest};
    struct channel_arrived arrived;
    struct bytes bytes = {0};

    if (neighbour->epoch < SEQ_MAX)
        neighbour->epoch++;
    hello.epoch = neighbour->epoch;
    (void)snprintf(hello.currency, sizeof hello.currency, "%s",
                   neighbour->site->core->book.currency);
    if (script_chance(neighbour->script, 8))
        neighbour->flush_amount = neighbour_money(neighbour->script);
    hello.flush_amount = neighbour->flush_amount;
    if (script_below(neighbour->script, 2) == 0)
        hello.peer_epoch = link->epoch;
    if (link->unsure && !script_chance(neighbour->script, 3))
        tell_lost(neighbour, &hello, &arrived);
    bend_hello(neighbour, &hello);
    hello_encode(&bytes, &hello);
    if (hello.end_count == 1)
        arrived_encode(&bytes, &arrived);
    neighbour_say(neighbour, &bytes);
    note_adopted(neighbour);
}

/* ---- DATA ---- */

static void bend_data(struct neighbour *neighbour, struct data_head *head)
{
    struct script *script = neighbour->script;

    switch (script_below(script, 32)) {
    case 1:
        head->before.seq += script_below(script, 4);
        break;
    case 2:
        head->before.seq -= head->before.seq > 1;
        break;
    case 3:
        head->before.total += script_u64(script);
        break;
    case 4:
        head->received.seq = neighbour_seq(neighbour);
        break;
    case 5:
        head->received.total += script_u64(script);
        break;
    case 6:
        head->epoch -= head->epoch > 1;
        break;
    case 7:
        head->ahead = neighbour_seq(neighbour);
        break;
    case 8:
        head->durable_seq = neighbour_seq(neighbour);
        break;
    default:
        break;
    }
}

/* A bounded peer has some of what it heard not durably, and sends what is not durable either. */
static void run_ahead(struct neighbour *neighbour, struct data_head *head)
{
    const struct link *link = neighbour_link(neighbour);

    head->received = (struct cursor){link->acked_seq, link->acked_total};
    if (neighbour->heard.seq > link->acked_seq)
        head->ahead = neighbour->heard.seq - link->acked_seq;
    head->durable_seq = link->peer_durable_seq;
}

/* What a message brings keeps to the limit. */
static void check_taken(const struct neighbour *neighbour, u128 received_before)
{
    const struct link *link = neighbour_link(neighbour);

    must(link->received_total == received_before ||
         link_came(link) <= link_went(link) + money_nanos(link_announced_limit(link)));
}

void neighbour_data(struct neighbour *neighbour)
{
    const struct link *link = neighbour_link(neighbour);
    const u128 before = link->received_total;
    struct data_head head = {.epoch = neighbour->epoch,
                             .peer_epoch = link->epoch,
                             .received = neighbour->heard,
                             .before = {link->received_seq + 1, link->received_total},
                             .count = 1 + script_below(neighbour->script, MESSAGES_MAX)};
    struct bytes bytes = {0};

    head.durable_seq = link->received_seq + head.count;
    if (!money_is_zero(neighbour->flush_amount) && script_below(neighbour->script, 2) == 0)
        run_ahead(neighbour, &head);
    bend_data(neighbour, &head);
    data_head_encode(&bytes, &head);
    for (uint64_t i = 0; i < head.count; i++) {
        struct channel_message message;

        make_message(neighbour, &message);
        message_encode(&bytes, &message);
    }
    neighbour_say(neighbour, &bytes);
    check_taken(neighbour, before);
}
