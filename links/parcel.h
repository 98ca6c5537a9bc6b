/* Private to this folder: how messages and parcels are written and read.  Format: docs/wire.md. */
#ifndef SERAI_LINKS_PARCEL_H
#define SERAI_LINKS_PARCEL_H

#include "links/acceptance.h"
#include "links/clearing.h"
#include "links/link.h"
#include "links/settlement.h"
#include "links/specie.h"

#include "base/cbor.h"

/* Sequences and epochs that are believed: one more never overflows. */
#define SEQ_MAX ((uint64_t)INT64_MAX)

enum {
    PARCEL_MESSAGES_MAX = LINK_WINDOW_MESSAGES, /* in one parcel */
    PARCEL_HEAD_BYTES_MAX = 128,                /* of DATA, up to its first message */
    MESSAGE_BYTES_MAX = CHANNEL_PACKET_BYTES_MAX + 64,
};

/* Fixed numbers. */
enum parcel_kind {
    PARCEL_HELLO = 1,
    PARCEL_DATA = 2,
    PARCEL_SPECIE = 5,
    PARCEL_CLAIM = 6,
    PARCEL_PAY = 11,
    PARCEL_PAID = 12,
    PARCEL_LOSS = 13
};

/* How far one direction has come: the number of its last message and the money of all. */
struct cursor {
    uint64_t seq;
    u128 total;
};

/*
 * A HELLO as its sender sees it: "sent" is what it sent.  `ends` is at the first of `end_count`
 * good struct channel_arrived, in the order of number and side; when one is written, `ends` is not
 * used and the caller appends them.
 */
struct hello {
    uint64_t version; /* read only: when it is not LINK_VERSION, nothing else is set */
    char currency[LINK_CURRENCY_BYTES_MAX + 1];
    uint64_t epoch;
    uint64_t peer_epoch; /* 0: unknown on this connection */
    struct cursor sent;
    struct cursor received;
    struct cursor acked;
    struct money limit;
    struct link_prices prices;
    struct money flush_amount; /* 0: all that it sends is durable there before */
    uint64_t durable_seq;      /* of its own messages: the last that no loss of power takes back */
    uint64_t peer_durable_seq; /* ... and of the receiver's, as the receiver announced it */
    struct digest received_digest; /* of the messages up to `received` */
    uint64_t answers_from; /* the first of the receiver's messages that `ends` tell of; 0: none */
    uint64_t end_count;
    struct cbor ends;
};

struct data_head {
    uint64_t epoch;
    uint64_t peer_epoch;
    struct cursor received;
    uint64_t ahead;       /* messages beyond received.seq that have come and are not durable */
    uint64_t durable_seq; /* of its own messages: the last that no loss of power takes back */
    struct cursor before; /* seq: of the first message, 0 for none; total: before that one */
    uint64_t count;
};

struct specie_parcel {
    bool asks; /* the sender wants the receiver's statement */
    struct specie_signed specie;
};

/* A payment that its sender says it made outside of the link. */
struct claim {
    uint64_t epoch;
    uint64_t peer_epoch;
    struct settled settled; /* its index, and all that was paid up to it */
    struct money amount;
    enum settlement_by by;
    struct settlement_receipt receipt;
};

/* Where the sender stands on a frozen link, and whether it accepts where both go on. */
struct loss_parcel {
    struct position_signed position;
    bool accepts; /* the pair that `acceptance` is a signature of */
    uint8_t acceptance[SPECIE_SIGNATURE_BYTES];
    struct hash pair;
};

struct parcel_head {
    enum parcel_kind kind;
    struct hello hello;          /* HELLO */
    struct data_head data;       /* DATA */
    struct specie_parcel specie; /* SPECIE */
    struct claim claim;          /* CLAIM */
    struct clearing_signed note; /* PAY, PAID */
    struct loss_parcel loss;     /* LOSS */
    struct cbor messages;        /* DATA: at the first of data.count good messages */
};

/* The money that a message moves over the link; zero for kinds that carry none. */
struct money message_money(const struct channel_message *message);

/*
 * Append the fields of a message that cross the link.  A value without a place in the format is
 * INVARIANT.
 */
void message_encode(struct bytes *out, const struct channel_message *message);

/*
 * Read a message; every field of *message is set.  Errors are left in *in.  `data` points into the
 * input.
 */
void message_decode(struct cbor *in, uint32_t interface, struct channel_message *message);

/*
 * cursor_put() and cursor_get() write and read how far a direction has come.  Errors of reading are
 * left in *in.
 */
void cursor_put(struct bytes *out, struct cursor cursor);
struct cursor cursor_get(struct cbor *in);

/* settled_put() and settled_get() do so for what was settled. */
void settled_put(struct bytes *out, struct settled settled);
struct settled settled_get(struct cbor *in);

/* Append a whole parcel with a statement. */
void specie_parcel_encode(struct bytes *out, const struct specie_signed *specie, bool asks);

/* Append a whole parcel with an order or a receipt. */
void clearing_parcel_encode(struct bytes *out, const struct clearing_signed *note);

/* Append a whole parcel with a position. */
void loss_parcel_encode(struct bytes *out, const struct loss_parcel *loss);

/* Append a whole parcel with a claim. */
void claim_encode(struct bytes *out, const struct claim *claim);

/* parcel_put_digest() and parcel_get_digest() do so for a digest. */
void parcel_put_digest(struct bytes *out, const struct digest *digest);
struct digest parcel_get_digest(struct cbor *in);

/* parcel_put_side() and parcel_get_side() do so for a cursor and the digest up to it. */
void parcel_put_side(struct bytes *out, const struct specie_side *side);
void parcel_get_side(struct cbor *in, struct specie_side *side);

/* Append what an end has received, and read it; errors of reading are left in *in. */
void arrived_encode(struct bytes *out, const struct channel_arrived *arrived);
struct channel_arrived arrived_decode(struct cbor *in);

/* Append a parcel with a HELLO; the caller appends hello->end_count encoded ends. */
void hello_encode(struct bytes *out, const struct hello *hello);

/* Append the head of a parcel with messages; the caller appends head->count encoded messages. */
void data_head_encode(struct bytes *out, const struct data_head *head);

/*
 * Decode a parcel and check each of its messages.  ST_INVALID says where it is wrong.  Of a HELLO
 * in another version of the format only that is read, whatever follows.
 */
MUST_CHECK enum status parcel_decode(struct parcel_head *head, const uint8_t *bytes, size_t size,
                                     struct fault *fault);

#endif
