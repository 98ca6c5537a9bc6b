/*
 * Any bytes as a parcel, at links in many states: nothing crashes, a parcel that is refused changes
 * nothing, what is taken encodes to the same bytes and keeps to the limit, and what comes of it can
 * be sent and read back from its rows.  The bits of the first byte pick the state (enum bits).
 */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/store.h"
#include "links/link.h"
#include "links/link_set.h"
#include "tests/reading.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The seeds in corpus/fuzz_parcel were made for these states, keys and numbers. */
enum bits {
    UP = 1,
    TRAFFIC = 2, /* three packets of ours, the last two not acknowledged; two of the peer's */
    BOUNDED = 4, /* both ends */
    UNSURE = 8,  /* this site lost power; with UP and BOUNDED */
    SETTLES = 16 | 32,
    PAYS = 16,    /* a payment of ours over this link, which people make, is pending */
    CLAIMED = 32, /* ... a payment of the peer's is claimed */
    HOUSE = 48,   /* ... a payment over the other link is pending, and the peer is its house */
    SIGNED = 64,  /* what the parcel has to have signed is signed: only the input's bytes are not */
    FROZEN = 128,
};
enum { LIMIT = 1000, PEER_FLUSH = 100, FLUSH = 400, SITES = 3 };
enum { US, PEER, OTHER }; /* the other end of the second link is a house, or is paid by one */

static struct site {
    uint8_t key[crypto_sign_PUBLICKEYBYTES];
    uint8_t secret[crypto_sign_SECRETKEYBYTES];
} sites[SITES];

static struct links *links;
static struct link *ends[SITES]; /* by whose it is */
static struct store_memory *memory;
static struct store store;

static void must(bool holds)
{
    if (!holds)
        abort();
}

static struct money money_of(uint64_t nanos)
{
    struct money amount = money_zero();

    must(money_from_nanos(&amount, nanos) == ST_OK);
    return amount;
}

static void sign(void *context, const void *bytes, size_t size, uint8_t signature[64])
{
    const struct site *site = context;

    must(crypto_sign_detached(signature, NULL, bytes, size, site->secret) == 0);
}

static void make_keys(void)
{
    must(sodium_init() >= 0);
    for (uint8_t i = 0; i < SITES; i++) {
        uint8_t seed[crypto_sign_SEEDBYTES] = {i};

        must(crypto_sign_seed_keypair(sites[i].key, sites[i].secret, seed) == 0);
    }
}

/* ---- the state ---- */

static void number(void *context, const struct link *link, uint64_t seq,
                   const struct channel_message *message)
{
    (void)context;
    (void)link;
    (void)seq;
    (void)message;
}

/* A frame, which is durable. */
static void save(void)
{
    struct store_batch batch;
    struct fault fault;

    (void)links_number(links, number, NULL); /* there may be none */
    store_batch_init(&batch);
    links_save(links, &batch);
    must(store_commit(&store, &batch, &fault) == ST_OK);
    store_batch_fini(&batch);
    links_commit_begins(links);
    links_commit_ended(links);
}

static void check_rows(void)
{
    struct links *again;
    struct fault fault;

    must(links_new(&again) == ST_OK);
    must(WITH_READ(&store, links_load(again, &read, &fault)) == ST_OK);
    links_free(again);
}

static void take(struct link *link, const struct bytes *wire)
{
    struct channel_message message;
    struct parcel parcel;
    struct fault fault;

    must(link_parcel_in(links, link, wire->data, wire->size, &parcel, &fault) == PARCEL_TAKEN);
    while (link_next(links, link, &parcel, &message))
        link_take(links, link, &message);
}

static void hello_in(struct link *link, bool bounded)
{
    struct hello hello = {.currency = "SRI",
                          .epoch = 1,
                          .peer_epoch = link->epoch,
                          .limit = money_of(LIMIT),
                          .flush_amount = money_of(bounded ? PEER_FLUSH : 0)};
    struct bytes wire = {0};

    hello_encode(&wire, &hello);
    take(link, &wire);
    bytes_fini(&wire);
}

static void receive_some(struct link *link)
{
    struct data_head head = {
        .epoch = 1, .peer_epoch = link->epoch, .before = {.seq = 1}, .count = 2};
    struct channel_message packet = {.kind = CHANNEL_PACKET, .number = 2, .money = money_of(10)};
    struct bytes wire = {0};

    head.received = (struct cursor){1, 100};
    data_head_encode(&wire, &head);
    message_encode(&wire, &packet);
    message_encode(&wire, &packet);
    take(link, &wire);
    bytes_fini(&wire);
}

static void send_some(struct link *link)
{
    struct channel_message packet = {
        .kind = CHANNEL_PACKET, .number = 2, .to = CHANNEL_BORN, .money = money_of(100)};

    for (int i = 0; i < 3; i++)
        link_queue(links, link, NULL, &packet);
    save();
}

static void settle(uint8_t state, struct link *link)
{
    struct settlement by_hand = {.by = SETTLE_BY_HAND};
    struct settlement cleared = {.by = SETTLE_BY_CLEARING};
    struct claim claim = {.epoch = 1,
                          .peer_epoch = link->epoch,
                          .settled = {1, 50},
                          .amount = money_of(50),
                          .by = SETTLE_BY_HAND};
    struct bytes wire = {0};
    struct parcel parcel;
    struct fault fault;

    switch (state & SETTLES) {
    case PAYS:
        link_set_terms(links, link, &by_hand);
        must(link_settle(links, link, money_of(60)) == 1);
        break;
    case CLAIMED:
        claim_encode(&wire, &claim);
        must(link_parcel_in(links, link, wire.data, wire.size, &parcel, &fault) == PARCEL_KEPT);
        bytes_fini(&wire);
        break;
    case HOUSE: /* each of the two clears the other's payments */
        memcpy(cleared.where, "other", sizeof "other");
        link_set_terms(links, link, &cleared);
        memcpy(cleared.where, "peer", sizeof "peer");
        link_set_terms(links, ends[OTHER], &cleared);
        must(link_settle(links, ends[OTHER], money_of(70)) == 1);
        break;
    default:
        break;
    }
}

static void lose_power(struct link *link)
{
    must(link_is_bounded(link));
    links_lost_memory(links);
    must(link->unsure);
}

static void begin(uint8_t state)
{
    struct link_signer signer = {.sign = sign, .context = &sites[US]};
    struct fault fault;
    struct link *link;

    must(links_new(&links) == ST_OK && store_memory_new(&memory) == ST_OK);
    store = store_from_memory(memory);
    links_set_currency(links, "SRI");
    memcpy(signer.key, sites[US].key, sizeof signer.key);
    links_set_signer(links, &signer);
    must(links_add(links, "peer", sites[PEER].key, "", money_of(LIMIT), &ends[PEER], &fault) ==
         ST_OK);
    must(links_add(links, "other", sites[OTHER].key, "", money_of(LIMIT), &ends[OTHER], &fault) ==
         ST_OK);
    link = ends[PEER];
    hello_in(ends[OTHER], false);
    if (state & BOUNDED)
        link_set_durability(links, link, money_of(FLUSH), 1000);
    if (state & UP)
        hello_in(link, (state & BOUNDED) != 0);
    if (state & TRAFFIC)
        send_some(link);
    if ((state & UP) && (state & TRAFFIC))
        receive_some(link);
    if (state & UP)
        settle(state, link);
    save();
    if ((state & UP) && (state & BOUNDED) && (state & UNSURE))
        lose_power(link);
    if (state & FROZEN)
        link_freeze_by_operator(links, link);
}

static void end(void)
{
    links_free(links);
    store_memory_free(memory);
}

/* ---- the parcel ---- */

static void encode_messages(struct bytes *wire, const struct parcel_head *head)
{
    struct cbor in = head->messages;
    struct channel_message message;

    data_head_encode(wire, &head->data);
    for (uint64_t i = 0; i < head->data.count; i++) {
        message_decode(&in, 0, &message);
        message_encode(wire, &message);
    }
}

static void encode_hello(struct bytes *wire, const struct hello *hello)
{
    struct cbor in = hello->ends;

    hello_encode(wire, hello);
    for (uint64_t i = 0; i < hello->end_count; i++) {
        struct channel_arrived arrived = arrived_decode(&in);

        arrived_encode(wire, &arrived);
    }
}

/* With what is signed encoded anew too. */
static void encode(struct bytes *wire, struct parcel_head *head)
{
    switch (head->kind) {
    case PARCEL_HELLO:
        encode_hello(wire, &head->hello);
        break;
    case PARCEL_DATA:
        encode_messages(wire, head);
        break;
    case PARCEL_SPECIE:
        specie_encode(&head->specie.specie);
        specie_parcel_encode(wire, &head->specie.specie, head->specie.asks);
        break;
    case PARCEL_CLAIM:
        claim_encode(wire, &head->claim);
        break;
    case PARCEL_PAY:
    case PARCEL_PAID:
        clearing_encode(&head->note);
        clearing_parcel_encode(wire, &head->note);
        break;
    case PARCEL_LOSS:
        position_encode(&head->loss.position);
        loss_parcel_encode(wire, &head->loss);
        break;
    }
}

/* Make the signatures good: the peer's, and that of the house for a claim. */
static void sign_head(struct parcel_head *head)
{
    struct specie_signed *specie = &head->specie.specie;
    struct position_signed *position = &head->loss.position;
    struct settlement_receipt *receipt = &head->claim.receipt;
    size_t size =
        receipt->size < SPECIE_SIGNATURE_BYTES ? 0 : receipt->size - SPECIE_SIGNATURE_BYTES;

    if (head->kind == PARCEL_SPECIE)
        sign(&sites[PEER], specie->bytes, specie->size, specie->signature);
    else if (head->kind == PARCEL_PAY || head->kind == PARCEL_PAID)
        sign(&sites[PEER], head->note.bytes, head->note.size, head->note.signature);
    else if (head->kind == PARCEL_LOSS)
        sign(&sites[PEER], position->bytes, position->size, position->signature);
    else if (head->kind == PARCEL_CLAIM && size > 0)
        sign(&sites[OTHER], receipt->bytes, size, receipt->bytes + size);
}

/* The parcel that the input is, in *wire: as it came if it is none. */
static void make_parcel(struct bytes *wire, uint8_t state, const uint8_t *data, size_t size)
{
    struct parcel_head head;
    struct fault fault;

    if (parcel_decode(&head, data, size, &fault) != ST_OK ||
        (head.kind == PARCEL_HELLO && head.hello.version != LINK_VERSION)) {
        bytes_append(wire, data, size);
        return;
    }
    encode(wire, &head);
    must(wire->size == size && memcmp(wire->data, data, size) == 0);
    if (!(state & SIGNED))
        return;
    sign_head(&head);
    bytes_clear(wire);
    encode(wire, &head);
}

/* ---- what comes of it ---- */

static void take_messages(struct link *link, struct parcel *parcel)
{
    struct channel_message message;

    while (link_next(links, link, parcel, &message)) {
        link_take(links, link, &message);
        must(link_came(link) <= link_went(link) + money_nanos(link_announced_limit(link)) ||
             money_is_zero(message_money(&message)));
    }
}

static void adopt(struct link *link, struct parcel *parcel)
{
    struct channel_arrived arrived;

    while (link_next_lost(parcel, &arrived))
        must(arrived.to <= CHANNEL_BORN);
    link_adopt(links, link, parcel);
}

/* Both count by it: numbers are left, money only rises, and messages go on from there. */
static void count_loss(struct link *link)
{
    struct channel_message packet = {.kind = CHANNEL_PACKET, .number = 2, .to = CHANNEL_BORN};
    u128 sent = link->sent_total;
    u128 received = link->received_total;
    struct loss_plan plan;
    struct fault fault;
    uint64_t seq;

    must(link_accepted(links, link) && link_loss_plan(links, link, &plan, &fault) == ST_OK);
    link_count_accepted(links, link, &plan);
    must(link->sent_total >= sent && link->received_total >= received);
    must(link->state == LINK_DOWN && link->acked_seq == link->sent_seq);
    must(loss_record_error(link_loss_record(links, link)) == NULL);
    seq = link->sent_seq;
    for (int i = 0; i < 3; i++)
        link_queue(links, link, NULL, &packet);
    save();
    must(link->sent_seq == seq + 3);
    link->state = LINK_UP; /* as its HELLO makes it, so that it may pay */
    if (money_is_zero(link_settlement(links, link)->pending.amount))
        must(link_settle(links, link, money_of(1)) > plan.paid.index);
    link->state = LINK_DOWN;
}

/* The operator of a frozen link accepts whatever the peer says that it lost, and the peer as well.
 */
static void accept_loss(struct link *link)
{
    struct loss_parcel answer = {.accepts = true};
    uint8_t acceptance[ACCEPTANCE_BYTES_MAX];
    struct bytes wire = {0};
    struct parcel parcel;
    struct loss_plan plan;
    struct fault fault;

    if (link->state != LINK_FROZEN || link_position_theirs(links, link) == NULL ||
        link_state_position(links, link, 0, &fault) != ST_OK ||
        link_acceptance(links, link, &answer.pair) != ACCEPTANCE_PAIRED ||
        link_check_accept(links, link, &plan, &fault) != ST_OK)
        return;
    must(plan.sent.total >= link->sent_total && plan.received.total >= link->received_total);
    link_accept(links, link);
    answer.position = *link_position_theirs(links, link);
    sign(&sites[PEER], acceptance, acceptance_encode(acceptance, &answer.pair), answer.acceptance);
    loss_parcel_encode(&wire, &answer);
    must(link_parcel_in(links, link, wire.data, wire.size, &parcel, &fault) == PARCEL_ACCEPTED);
    bytes_fini(&wire);
    count_loss(link);
}

/* As the core does: a house carries an order out, and a receipt that is good needs no operator. */
static void decide(uint8_t state, struct link *link)
{
    struct money amount;
    uint64_t index;

    accept_loss(link);
    if (link_order(links, link) != NULL)
        link_order_done(links, link, (state & TRAFFIC) != 0);
    if (link_claim_is_cleared(links, link))
        link_decide_claim(links, link, true, "receipt");
    for (int i = PEER; i < SITES; i++)
        (void)link_take_refused(links, ends[i], &index, &amount); /* nothing is booked here */
}

static void send_all(struct link *link)
{
    static const struct link_books books = {.frame = 7, .now_us = 10000000};
    static const struct link_prices prices;
    uint64_t after;
    struct bytes out = {0};
    struct parcel_head head;
    struct fault fault;

    if (link_arrived_wanted(links, link, &after) && after < link->received_seq)
        link_arrived_put(links, link, &(struct channel_arrived){.number = 2, .packets = 2});
    while (link_parcel_out(links, link, &prices, &out) || link_clearing_out(links, link, &out) ||
           link_claim_out(links, link, &out) || link_specie_out(links, link, &books, &out) ||
           link_loss_out(links, link, &out)) {
        must(parcel_decode(&head, out.data, out.size, &fault) == ST_OK);
        bytes_clear(&out);
    }
    bytes_fini(&out);
}

/* Copies of both nodes, of which what a gap may change is cleared: a HELLO is due then. */
static void copy_nodes(struct link_node nodes[SITES])
{
    for (int i = PEER; i < SITES; i++) {
        memcpy(&nodes[i], node_of_link(links, ends[i]), sizeof nodes[i]);
        nodes[i].hello_due = false;
        nodes[i].hello_requested = false;
    }
}

static void give(uint8_t state, const struct bytes *wire)
{
    static struct link_node before[SITES];
    static struct link_node after[SITES];
    struct link *link = ends[PEER];
    struct parcel parcel;
    struct fault fault;

    copy_nodes(before);
    switch (link_parcel_in(links, link, wire->data, wire->size, &parcel, &fault)) {
    case PARCEL_TAKEN:
        must(!(state & FROZEN));
        take_messages(link, &parcel);
        break;
    case PARCEL_KEPT:
        decide(state, link);
        break;
    case PARCEL_LOST:
        must(link->unsure);
        adopt(link, &parcel);
        break;
    case PARCEL_FROZE:
        must(link->state == LINK_FROZEN);
        break;
    case PARCEL_ACCEPTED:
        must(false); /* nothing was accepted here before */
        break;
    case PARCEL_STALE:
    case PARCEL_UNFIT:
        break;
    case PARCEL_REFUSED:
        copy_nodes(after);
        must(memcmp(&before[PEER], &after[PEER], sizeof *before) == 0 &&
             memcmp(&before[OTHER], &after[OTHER], sizeof *before) == 0);
        break;
    }
    /* What a loss leaves goes by no limit. */
    must(link_loss_record(links, link) != NULL || link_came(link) <= link_went(link) + LIMIT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes wire = {0};

    if (size == 0)
        return 0;
    if (links == NULL)
        make_keys();
    begin(data[0]);
    make_parcel(&wire, data[0], data + 1, size - 1);
    give(data[0], &wire);
    save();
    check_rows();
    send_all(ends[PEER]);
    send_all(ends[OTHER]);
    bytes_fini(&wire);
    end();
    return 0;
}
