/* Two sites that a link joins, without sockets. */
#include "tests/links/link_fixture.h"

#include "tests/channels/fixture.h"
#include "tests/reading.h"

#include <sodium.h>
#include <string.h>

static const struct link_prices prices = {
    .birth_fee = {.nanos = PEER_BIRTH_FEE},
    .channel_fee = {.nanos = PEER_CHANNEL_FEE},
};

struct peer peer_new(const char *neighbour)
{
    struct peer peer = {0};
    uint8_t key[LINK_KEY_BYTES] = {1};

    ck_assert_int_eq(links_new(&peer.links), ST_OK);
    ck_assert_int_eq(store_memory_new(&peer.memory), ST_OK);
    peer.store = store_from_memory(peer.memory);
    ck_assert_int_eq(links_add(peer.links, neighbour, key, "tcp://127.0.0.1:7",
                               nanos(PEER_LIMIT_NANOS), &peer.link, &peer.fault),
                     ST_OK);
    (void)peer_save(&peer);
    return peer;
}

void peer_free(struct peer *peer)
{
    links_free(peer->links);
    store_memory_free(peer->memory);
}

static void numbered(void *context, const struct link *link, uint64_t seq,
                     const struct channel_message *message)
{
    (void)context;
    (void)message;
    HOLDS(link->sent_seq == seq);
}

void link_touch(struct links *links, struct link *link)
{
    node_of_link(links, link)->dirty = true;
}

void sign_with(void *secret, const void *bytes, size_t size, uint8_t signature[64])
{
    ck_assert_int_eq(crypto_sign_detached(signature, NULL, bytes, size, secret), 0);
}

static void peer_sign(struct peer *peer, struct peer *other, uint8_t number, uint8_t secret[64])
{
    uint8_t seed[crypto_sign_SEEDBYTES] = {number};

    ck_assert_int_eq(crypto_sign_seed_keypair(other->link->key, secret, seed), 0);
    peer_sign_again(peer, secret);
    link_touch(other->links, other->link);
}

void peers_sign(struct peer *a, struct peer *b, uint8_t secrets[2][64])
{
    ck_assert_int_ge(sodium_init(), 0);
    peer_sign(a, b, 0, secrets[0]);
    peer_sign(b, a, 1, secrets[1]);
}

void peer_sign_again(struct peer *peer, uint8_t secret[64])
{
    struct link_signer signer = {.sign = sign_with, .context = secret};

    ck_assert_int_eq(crypto_sign_ed25519_sk_to_pk(signer.key, secret), 0);
    links_set_signer(peer->links, &signer);
}

uint64_t peer_save(struct peer *peer)
{
    struct store_batch batch;
    uint64_t count;

    store_batch_init(&batch);
    (void)links_number(peer->links, numbered, NULL);
    links_save(peer->links, &batch);
    HOLDS(store_commit(&peer->store, &batch, &peer->fault) == ST_OK);
    count = batch.count;
    store_batch_fini(&batch);
    return count;
}

static void load(struct peer *peer)
{
    ck_assert_int_eq(links_new(&peer->links), ST_OK);
    if (WITH_READ(&peer->store, links_load(peer->links, &read, &peer->fault)) != ST_OK)
        ck_abort_msg("load: %s", peer->fault.text);
    peer->link = links_find(peer->links, 1);
    ck_assert_ptr_nonnull(peer->link);
}

void peer_reload(struct peer *peer)
{
    links_free(peer->links);
    load(peer);
}

struct peer peer_backup(const struct peer *peer)
{
    struct peer copy = {0};

    ck_assert_int_eq(store_memory_copy(&copy.memory, peer->memory), ST_OK);
    copy.store = store_from_memory(copy.memory);
    load(&copy);
    return copy;
}

struct channel_message packet_of(uint64_t money, const void *data, size_t size)
{
    return (struct channel_message){.kind = CHANNEL_PACKET,
                                    .number = 2,
                                    .to = CHANNEL_BORN,
                                    .money = nanos(money),
                                    .data = data,
                                    .size = size};
}

void peer_send(struct peer *peer, uint64_t money)
{
    struct channel_message packet = packet_of(money, "x", 1);

    link_queue(peer->links, peer->link, NULL, &packet);
    (void)peer_save(peer);
}

bool peer_out(struct peer *peer, struct bytes *out)
{
    bytes_clear(out);
    return link_parcel_out(peer->links, peer->link, &prices, out);
}

enum parcel_result peer_in(struct peer *peer, const struct bytes *bytes)
{
    struct channel_message message;
    struct parcel parcel;
    enum parcel_result verdict;

    verdict =
        link_parcel_in(peer->links, peer->link, bytes->data, bytes->size, &parcel, &peer->fault);
    if (verdict != PARCEL_TAKEN)
        return verdict;
    while (link_next(peer->links, peer->link, &parcel, &message)) {
        link_take(peer->links, peer->link, &message);
        peer->heard++;
    }
    return verdict;
}

void peers_settle(struct peer *a, struct peer *b)
{
    struct bytes parcel = {0};
    bool any = true;

    for (int round = 0; any; round++) {
        ck_assert_int_lt(round, 20); /* they never fall silent */
        any = false;
        for (int side = 0; side < 2; side++) {
            struct peer *from = side == 0 ? a : b;
            struct peer *to = side == 0 ? b : a;

            (void)peer_save(from);
            while (peer_out(from, &parcel)) {
                (void)peer_in(to, &parcel);
                any = true;
            }
        }
    }
    bytes_fini(&parcel);
}

void peers_meet(struct peer *a, struct peer *b)
{
    link_connected(a->links, a->link);
    link_connected(b->links, b->link);
    peers_settle(a, b);
    ck_assert_int_eq(a->link->state, LINK_UP);
    ck_assert_int_eq(b->link->state, LINK_UP);
}

struct hello hello_of(const struct peer *peer)
{
    const struct link *link = peer->link;

    return (struct hello){.epoch = link->epoch,
                          .peer_epoch = link->peer_epoch,
                          .sent = {link->sent_seq, link->sent_total},
                          .received = {link->received_seq, link->received_total},
                          .acked = {link->acked_seq, link->acked_total},
                          .limit = link->limit,
                          .prices = prices};
}

enum parcel_result hello_give(struct peer *peer, const struct hello *hello)
{
    struct bytes parcel = {0};
    enum parcel_result verdict;

    hello_encode(&parcel, hello);
    verdict = peer_in(peer, &parcel);
    bytes_fini(&parcel);
    return verdict;
}

static struct money any_money(struct rng *rng)
{
    return nanos(rng_edgy(rng) & (MONEY_NANOS_MAX >> 1));
}

struct channel_message message_any(struct rng *rng, uint8_t data[CHANNEL_PACKET_BYTES_MAX])
{
    struct channel_message message = {
        .kind = (enum channel_message_kind)(1 + rng_below(rng, 6)),
        .interface = 1,
        .number = (uint32_t)rng_edgy(rng),
        .to = rng_coin(rng) ? CHANNEL_BORN : CHANNEL_BUYER,
    };

    switch (message.kind) {
    case CHANNEL_BIRTH:
        message.to = CHANNEL_BORN;
        message.endowment = any_money(rng);
        message.fee = any_money(rng);
        message.money = nanos(message.endowment.nanos + message.fee.nanos);
        message.customer = rng_edgy(rng);
        rng_fill(rng, message.customer_key, CHANNEL_KEY_BYTES);
        break;
    case CHANNEL_ANSWER:
        message.status = -(int32_t)(rng_edgy(rng) & INT32_MAX);
        message.fee = any_money(rng);
        message.money = any_money(rng);
        message.packets = rng_edgy(rng);
        message.bytes = rng_edgy(rng);
        break;
    case CHANNEL_PACKET:
        message.money = any_money(rng);
        message.size = rng_below(rng, rng_below(rng, 50) == 0 ? CHANNEL_PACKET_BYTES_MAX + 1 : 60);
        message.data = data;
        rng_fill(rng, data, message.size);
        break;
    case CHANNEL_CREDIT:
        message.packets = rng_edgy(rng);
        message.bytes = rng_edgy(rng);
        break;
    case CHANNEL_CLOSE:
    case CHANNEL_CLOSED:
        break;
    }
    return message;
}
