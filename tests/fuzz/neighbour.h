/*
 * Neighbours of a site under a fuzzer: what each has heard, and parcels that it says, mostly true
 * and sometimes bent, as a script wants.
 */
#ifndef SERAI_TESTS_FUZZ_NEIGHBOUR_H
#define SERAI_TESTS_FUZZ_NEIGHBOUR_H

#include "links/acceptance.h"
#include "links/parcel.h"
#include "tests/fuzz/script.h"
#include "tests/fuzz/site.h"

struct neighbour {
    struct fuzz_site *site;
    struct script *script;
    const uint8_t *key;
    const uint8_t *secret;
    uint64_t epoch;
    struct cursor heard; /* what the site sent */
    struct digest heard_digest;
    uint64_t site_durable; /* of that, as the site announced it */
    bool lied;             /* it has said that it heard what the site never sent */
    struct money flush_amount;
    uint64_t frame; /* of its own books */
    bool has_stated;
    struct position_signed stated; /* where it stands, as it said last */
    bool has_counted;              /* by a loss: it owes what that left it, limit or not */
    struct hash counted;           /* the pair of the last one */
};

/* The neighbour of that number; *site and *script are borrowed. */
struct neighbour neighbour_of(struct fuzz_site *site, struct script *script, int number);

/* Its link; NULL: there is none now. */
struct link *neighbour_link(const struct neighbour *neighbour);

/* Hear a parcel of the site's, which must be one that a site would take, and be true. */
void neighbour_hear(struct neighbour *neighbour, const struct bytes *bytes);

/* Say one parcel; there is a link. */
void neighbour_hello(struct neighbour *neighbour);
void neighbour_data(struct neighbour *neighbour);
void neighbour_specie(struct neighbour *neighbour);
void neighbour_claim(struct neighbour *neighbour);
void neighbour_pay(struct neighbour *neighbour);
void neighbour_paid(struct neighbour *neighbour);
void neighbour_loss(struct neighbour *neighbour);

/* The site may have counted by a loss: it goes on from there, too. */
void neighbour_note_counted(struct neighbour *neighbour);

/* It signs, about the site, in the site's currency. */
void neighbour_parties(const struct neighbour *neighbour, uint8_t signer[LINK_KEY_BYTES],
                       uint8_t peer[LINK_KEY_BYTES], char currency[LINK_CURRENCY_BYTES_MAX + 1]);

/* Sign with its key; now and then the signature is false. */
void neighbour_sign(const struct neighbour *neighbour, const uint8_t *bytes, size_t size,
                    uint8_t signature[SPECIE_SIGNATURE_BYTES]);

/* Money that is likely to be meant, at most what a message carries. */
struct money neighbour_money(struct script *script);

/* Any sequence or epoch. */
uint64_t neighbour_seq(struct neighbour *neighbour);

/* Give the site a parcel, of which now and then a bit is another.  Bytes: taken. */
void neighbour_say(struct neighbour *neighbour, struct bytes *bytes);

#endif
