/*
 * The specie acknowledgement: what a site signs about a link.  Only what is durable is signed, so
 * whoever holds a statement has evidence that no crash of its signer takes back.  Both sites keep
 * the last one of the other.  Its bytes are in docs/wire.md, "SPECIE".
 *
 * Public besides link.h: audits read statements out of exports and check them there.
 */
#ifndef SERAI_LINKS_SPECIE_H
#define SERAI_LINKS_SPECIE_H

#include "links/link.h"

enum {
    SPECIE_BYTES_MAX = 512, /* of a statement, which has some 400 */
    SPECIE_SIGNATURE_BYTES = 64,
    SPECIE_FRESH_US = 1000000, /* what changed is signed after this time, however little moved */
};
/* As much may move in a direction before it is signed: one unit of the currency. */
#define SPECIE_FLUSH_NANOS UINT64_C(1000000000)

/* How far one direction has come, and of which messages. */
struct specie_side {
    uint64_t seq;
    u128 total;
    struct digest digest;
};

/* A statement, as its signer sees the link. */
struct specie {
    uint8_t signer[LINK_KEY_BYTES];
    uint8_t peer[LINK_KEY_BYTES];
    char currency[LINK_CURRENCY_BYTES_MAX + 1];
    uint64_t epoch;   /* the signer's */
    uint64_t frame;   /* of the signer's books, in which all that follows is durable */
    struct hash head; /* of the books at that frame (docs/records.md, "The chain") */
    struct specie_side received;
    struct specie_side sent;
    struct settled paid; /* by the signer, as far as the peer has confirmed it */
    struct settled got;  /* by the peer, and posted by the signer */
};

struct specie_signed {
    struct specie statement;
    uint8_t bytes[SPECIE_BYTES_MAX]; /* the statement as it was signed */
    size_t size;
    uint8_t signature[SPECIE_SIGNATURE_BYTES];
};

/* Whoever can sign with the site's key: Ed25519, the same signature for the same bytes. */
struct link_signer {
    uint8_t key[LINK_KEY_BYTES];
    void (*sign)(void *context, const void *bytes, size_t size,
                 uint8_t signature[SPECIE_SIGNATURE_BYTES]); /* NULL: nothing is signed */
    void *context;
};

/* Set who signs for this site; copied.  Without one the links work, and nothing is signed. */
void links_set_signer(struct links *links, const struct link_signer *signer);

/* Write the statement's bytes in place, for its signature. */
void specie_encode(struct specie_signed *specie);

/* Read a statement out of its bytes.  ST_INVALID says what is wrong with them. */
MUST_CHECK enum status specie_decode(struct specie_signed *specie, const uint8_t *bytes,
                                     size_t size, struct fault *fault);

/* Whether its signer signed these bytes. */
bool specie_is_signed(const struct specie_signed *specie);

/* The peer's last statement about this link; NULL: there is none.  Valid until the next parcel. */
const struct specie_signed *link_evidence(const struct links *links, const struct link *link);

/* Let a statement be signed with the next frame, and ask the peer for its own. */
void link_ask_specie(struct links *links, struct link *link);

/* The books as of the last closed frame, for a statement. */
struct link_books {
    uint64_t frame;
    struct hash head;
    uint64_t now_us; /* monotonic */
};

/*
 * Append the parcel with this site's statement if one is due: enough moved, or a little a second
 * ago, or it was asked for.  After link_parcel_out() has no more; to be sent once the frame is
 * durable, whatever else leaves sooner.  False: none is due.
 */
bool link_specie_out(struct links *links, struct link *link, const struct link_books *books,
                     struct bytes *out);

/*
 * Whether a frame should be closed for statements: one of a peer's is not durable yet, or one of
 * ours is due because of the time.
 */
bool links_specie_waits(const struct links *links, uint64_t now_us);

#endif
