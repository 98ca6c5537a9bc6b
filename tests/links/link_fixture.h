/* What the tests of links share: a site's end of one link with a store, and parcels between two. */
#ifndef SERAI_TESTS_LINKS_LINK_FIXTURE_H
#define SERAI_TESTS_LINKS_LINK_FIXTURE_H

#include "links/link.h"
#include "links/link_set.h"
#include "tests/check_main.h"

enum { PEER_LIMIT_NANOS = 1000000, PEER_BIRTH_FEE = 7, PEER_CHANNEL_FEE = 3 };

struct peer {
    struct links *links;
    struct link *link;
    struct store_memory *memory;
    struct store store;
    uint64_t heard; /* messages that peer_in() took */
    struct fault fault;
};

/* One link, saved once; its limit is PEER_LIMIT_NANOS. */
struct peer peer_new(const char *neighbour);
void peer_free(struct peer *peer);
/* Sign with a secret key of Ed25519, as struct link_signer has it. */
void sign_with(void *secret, const void *bytes, size_t size, uint8_t signature[64]);
/*
 * Give both sites a key of their own, with which they sign, and each the other's.  `secrets` is
 * borrowed for their lives: that of the first, then that of the second.
 */
void peers_sign(struct peer *a, struct peer *b, uint8_t secrets[2][64]);
/* Sign with this key, as before peer_reload(); `secret` is borrowed for the peer's life. */
void peer_sign_again(struct peer *peer, uint8_t secret[64]);
/* Mark the row of a link as changed. */
void link_touch(struct links *links, struct link *link);
/* A frame: number, save, commit.  Returns the operations that took. */
uint64_t peer_save(struct peer *peer);
/* As after a crash: from the store. */
void peer_reload(struct peer *peer);
/* An independent copy of what the store holds, as a backup. */
struct peer peer_backup(const struct peer *peer);

/* Queue a packet with this money and a byte of data, and save. */
void peer_send(struct peer *peer, uint64_t money);
/* The next parcel, into a cleared `out`. */
bool peer_out(struct peer *peer, struct bytes *out);
/* A parcel with all its messages, each taken. */
enum parcel_result peer_in(struct peer *peer, const struct bytes *parcel);
/* Saves and parcels, back and forth, until both are silent. */
void peers_settle(struct peer *a, struct peer *b);
/* Connect both and settle: both are up. */
void peers_meet(struct peer *a, struct peer *b);

struct channel_message packet_of(uint64_t money, const void *data, size_t size);
/* What `peer` would say in its HELLO now, to be changed and given to the other. */
struct hello hello_of(const struct peer *peer);
enum parcel_result hello_give(struct peer *peer, const struct hello *hello);
/* Any message that the format has, with data that lives in `data`. */
struct channel_message message_any(struct rng *rng, uint8_t data[CHANNEL_PACKET_BYTES_MAX]);

#endif
