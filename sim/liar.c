/*
 * Lies: one parcel of a site, changed so that it is still a parcel, or nearly.  The peer must take
 * no harm: it refuses, or freezes the link (docs/wire.md).
 */
#include "sim/liar.h"

#include <sodium.h>
#include <string.h>

#include "links/parcel.h"
#include "sim/sim.h"

/* Near the truth, or far from it: off by one is what a check forgets. */
static uint64_t liar_bend(struct rng *rng, uint64_t truth)
{
    switch (rng_below(rng, 5)) {
    case 0:
        return truth + 1;
    case 1:
        return truth == 0 ? 0 : truth - 1;
    case 2:
        return truth + rng_below(rng, 100000000);
    case 3:
        return truth / 2;
    default:
        return rng_edgy(rng);
    }
}

/* A sequence that can be written (docs/wire.md): nothing above SEQ_MAX. */
static uint64_t liar_bend_seq(struct rng *rng, uint64_t truth)
{
    return liar_bend(rng, truth) & SEQ_MAX;
}

/* Often much: past the limit, and past what one message may carry. */
static struct money liar_bend_money(struct rng *rng, struct money truth)
{
    uint64_t nanos = rng_coin(rng) ? rng_below(rng, LINK_MESSAGE_NANOS_MAX + 1000)
                                   : liar_bend(rng, money_nanos(truth)) & MONEY_NANOS_MAX;
    struct money bent;

    return money_from_nanos(&bent, nanos) == ST_OK ? bent : truth;
}

static void liar_bend_cursor(struct rng *rng, struct cursor *cursor)
{
    if (rng_coin(rng))
        cursor->seq = liar_bend_seq(rng, cursor->seq);
    else
        cursor->total = liar_bend(rng, (uint64_t)cursor->total);
}

/* One field of a HELLO: what the sender says it has, or allows. */
static void liar_change_hello(struct rng *rng, struct hello *hello)
{
    switch (rng_below(rng, 7)) {
    case 0:
        hello->epoch = liar_bend_seq(rng, hello->epoch);
        break;
    case 1:
        hello->peer_epoch = liar_bend_seq(rng, hello->peer_epoch);
        break;
    case 2:
        liar_bend_cursor(rng, &hello->sent);
        break;
    case 3:
        liar_bend_cursor(rng, &hello->received);
        break;
    case 4:
        liar_bend_cursor(rng, &hello->acked);
        break;
    case 5:
        hello->limit = liar_bend_money(rng, hello->limit);
        break;
    default:
        hello->prices.birth_fee = liar_bend_money(rng, hello->prices.birth_fee);
        break;
    }
}

/* One field of the head of a DATA parcel. */
static void liar_change_head(struct rng *rng, struct data_head *head)
{
    switch (rng_below(rng, 4)) {
    case 0:
        head->epoch = liar_bend_seq(rng, head->epoch);
        break;
    case 1:
        head->peer_epoch = liar_bend_seq(rng, head->peer_epoch);
        break;
    case 2:
        liar_bend_cursor(rng, &head->received);
        break;
    default:
        liar_bend_cursor(rng, &head->before);
        break;
    }
}

/* One field of a message; twice as often its money. */
static void liar_change_message(struct rng *rng, struct channel_message *message)
{
    switch (rng_below(rng, 9)) {
    case 0:
    case 1:
        message->money = liar_bend_money(rng, message->money);
        break;
    case 2:
        message->number = (uint32_t)liar_bend(rng, message->number);
        break;
    case 3:
        message->to = message->to == CHANNEL_BUYER ? CHANNEL_BORN : CHANNEL_BUYER;
        break;
    case 4:
        message->kind = (enum channel_message_kind)(1 + rng_below(rng, 6));
        break;
    case 5:
        message->endowment = liar_bend_money(rng, message->endowment);
        break;
    case 6:
        message->fee = liar_bend_money(rng, message->fee);
        break;
    case 7:
        message->packets = liar_bend_seq(rng, message->packets);
        break;
    default:
        message->bytes = liar_bend_seq(rng, message->bytes);
        break;
    }
}

/* What of a message cannot be written is put right again, or it would be no parcel at all. */
static void liar_make_writable(struct channel_message *message)
{
    if (message->kind == CHANNEL_BIRTH &&
        !money_add(&message->money, message->endowment, message->fee)) {
        message->endowment = money_zero();
        message->money = message->fee;
    }
    if (message->kind == CHANNEL_ANSWER && message->status > 0)
        message->status = -message->status;
}

/* A second message like the first, with the next number: nobody ordered it. */
static bool liar_repeats(struct rng *rng)
{
    return rng_below(rng, 6) == 0;
}

/*
 * A DATA parcel is written again, with its head or one of its messages changed, or one of them
 * doubled.
 */
static void liar_change_data(struct rng *rng, struct parcel_head *head, struct bytes *out)
{
    uint64_t count = head->data.count;
    uint64_t chosen = count == 0 ? UINT64_MAX : rng_below(rng, count);
    bool in_head = count == 0 || rng_below(rng, 3) == 0;
    bool twice = !in_head && liar_repeats(rng);

    if (in_head)
        liar_change_head(rng, &head->data);
    if (twice)
        head->data.count++;
    data_head_encode(out, &head->data);
    for (uint64_t i = 0; i < count; i++) {
        struct channel_message message;

        message_decode(&head->messages, 1, &message);
        if (!in_head && !twice && i == chosen) {
            liar_change_message(rng, &message);
            liar_make_writable(&message);
        }
        message_encode(out, &message);
        if (twice && i == chosen)
            message_encode(out, &message);
    }
}

void liar_add_money(struct bytes *parcel)
{
    struct parcel_head head;
    struct money one;
    struct bytes out = {0};
    struct fault fault;

    if (parcel_decode(&head, parcel->data, parcel->size, &fault) != ST_OK ||
        head.kind != PARCEL_DATA || money_from_nanos(&one, 1) != ST_OK)
        return;
    data_head_encode(&out, &head.data);
    for (uint64_t i = 0; i < head.data.count; i++) {
        struct channel_message message;

        message_decode(&head.messages, 1, &message);
        if (message.kind == CHANNEL_PACKET)
            (void)!money_add(&message.money, message.money, one); /* at the bound it stays */
        message_encode(&out, &message);
    }
    INVARIANT(!out.failed);
    bytes_fini(parcel);
    *parcel = out;
}

static void liar_bend_side(struct rng *rng, struct specie_side *side)
{
    struct cursor cursor = {side->seq, side->total};

    if (rng_below(rng, 3) == 0) {
        side->digest.chain.bytes[rng_below(rng, HASH_BYTES)] ^= 1;
        return;
    }
    liar_bend_cursor(rng, &cursor);
    side->seq = cursor.seq;
    side->total = cursor.total;
}

/* A statement with one thing bent, and signed all the same: only the liar itself can do that. */
static void liar_change_specie(const struct sim_site *site, struct rng *rng,
                               struct specie_parcel *parcel)
{
    struct specie *statement = &parcel->specie.statement;

    switch (rng_below(rng, 7)) {
    case 0:
        statement->epoch = liar_bend_seq(rng, statement->epoch);
        break;
    case 1:
        statement->frame = liar_bend_seq(rng, statement->frame);
        break;
    case 2:
        statement->paid.index = liar_bend_seq(rng, statement->paid.index);
        break;
    case 3:
        statement->got.total = liar_bend(rng, (uint64_t)statement->got.total);
        break;
    case 4:
        statement->peer[0] ^= 1; /* of another link */
        break;
    case 5:
        liar_bend_side(rng, &statement->sent);
        break;
    default:
        liar_bend_side(rng, &statement->received);
        break;
    }
    specie_encode(&parcel->specie);
    if (rng_below(rng, 5) != 0)
        INVARIANT(crypto_sign_detached(parcel->specie.signature, NULL, parcel->specie.bytes,
                                       parcel->specie.size, site->secret) == 0);
}

static void liar_change_claim(struct rng *rng, struct claim *claim)
{
    struct money amount = liar_bend_money(rng, claim->amount);

    switch (rng_below(rng, 3)) {
    case 0:
        claim->settled.index = 1 + liar_bend_seq(rng, claim->settled.index) / 2;
        break;
    case 1:
        claim->settled.total += rng_below(rng, 1000);
        break;
    default:
        claim->amount = money_is_zero(amount) ? claim->amount : amount;
        break;
    }
}

void liar_change(const struct sim_site *site, struct bytes *parcel)
{
    struct rng *rng = &site->sim->wires_rng;
    struct parcel_head head;
    struct bytes out = {0};
    struct fault fault;

    /* One in ten is no lie but damage: a bit is flipped. */
    if (parcel->size > 0 && rng_below(rng, 10) == 0) {
        uint64_t bit = rng_below(rng, parcel->size * 8);

        parcel->data[bit / 8] ^= (uint8_t)(1U << bit % 8);
        return;
    }
    if (parcel_decode(&head, parcel->data, parcel->size, &fault) != ST_OK)
        return;
    if (head.kind == PARCEL_HELLO) {
        liar_change_hello(rng, &head.hello);
        hello_encode(&out, &head.hello);
    } else if (head.kind == PARCEL_SPECIE) {
        liar_change_specie(site, rng, &head.specie);
        specie_parcel_encode(&out, &head.specie.specie, head.specie.asks);
    } else if (head.kind == PARCEL_CLAIM) {
        liar_change_claim(rng, &head.claim);
        claim_encode(&out, &head.claim);
    } else {
        liar_change_data(rng, &head, &out);
    }
    INVARIANT(!out.failed);
    bytes_fini(parcel);
    *parcel = out;
}
