/*
 * Invitations to a link as text: what a site that listens prints, and what the other one joins by.
 *
 *     serai://HOST:PORT/LIMIT-CURRENCY/YYYYMMDDTHHMMSSZ/TOKEN
 *     serai+ipc:///PATH/...      the same, where the endpoint is ipc://
 *
 * TOKEN is base64url of the site's key[32], a secret[16] and a check[4] over all before it, so that
 * a slip in any part is noticed.  No character of it means anything to a shell.
 *
 * The secret makes a one-time pair of CURVE keys.  The site keeps the public one, from which no
 * secret follows, and lets it in; whoever shows it has the secret, which itself never leaves.
 */
#ifndef SERAI_SITE_CONTROL_INVITE_H
#define SERAI_SITE_CONTROL_INVITE_H

#include "base/endpoint.h"
#include "base/money.h"
#include "site/control/control.h"

enum {
    INVITE_SECRET_BYTES = 16,
    INVITE_KEY_BYTES = 32,
    INVITE_CURRENCY_BYTES_MAX = 16,
    INVITE_TEXT_BYTES = ENDPOINT_BYTES_MAX + 192,
};

/* Plain values.  Whoever has made one wipes it, for the secret is in it. */
struct invite {
    char endpoint[ENDPOINT_BYTES_MAX + 1]; /* where the inviting site listens */
    uint8_t site[CONTROL_KEY_BYTES];       /* its Ed25519 key */
    struct money limit;                    /* the most that the joining site may owe it */
    char currency[INVITE_CURRENCY_BYTES_MAX + 1];
    uint64_t until_s; /* when it ends, in seconds of Unix: for people, the site decides */
    uint8_t secret[INVITE_SECRET_BYTES];
};

/* Write the invitation as text, which tells the secret.  Returns `text`. */
char *invite_print(char text[INVITE_TEXT_BYTES], const struct invite *invite);

/* Read what invite_print() wrote.  ST_INVALID: *fault says what is wrong with it. */
MUST_CHECK enum status invite_parse(struct invite *invite, const char *text, struct fault *fault);

/* Make a secret. */
void invite_draw(uint8_t secret[INVITE_SECRET_BYTES]);

/*
 * Make the pair of CURVE keys that a secret stands for; the caller wipes `private`.  NULL: only the
 * public one is wanted.
 */
void invite_keys(uint8_t public[INVITE_KEY_BYTES], uint8_t *private,
                 const uint8_t secret[INVITE_SECRET_BYTES]);

/* ---- the two parcels (docs/wire.md, "JOIN" and "JOINED") ---- */

enum { JOIN_TEXT_BYTES_MAX = 400, JOIN_PARCEL_BYTES_MAX = 512 };

/* What the joining site sends: its key, and a signature that it has the secret of that key. */
struct join {
    uint64_t version; /* of the wire format; when it is not ours, nothing else is set */
    char currency[INVITE_CURRENCY_BYTES_MAX + 1];
    uint8_t key[CONTROL_KEY_BYTES];
    uint8_t signature[CONTROL_SIGNATURE_BYTES];
};

/* The answer: joined, or why not. */
struct joined {
    bool done;
    char text[JOIN_TEXT_BYTES_MAX + 1]; /* why not, for people; empty when it is done */
};

/*
 * Sign the values of *join for the invitation whose public key is `invitation`, of the site `site`.
 */
void join_sign(struct join *join, const uint8_t site[CONTROL_KEY_BYTES],
               const uint8_t invitation[INVITE_KEY_BYTES],
               const uint8_t secret[CONTROL_SECRET_BYTES]);

/* Whether the signature is that of the key in *join, for this invitation of this site. */
MUST_CHECK bool join_is_signed(const struct join *join, const uint8_t site[CONTROL_KEY_BYTES],
                               const uint8_t invitation[INVITE_KEY_BYTES]);

/* Append each as a parcel. */
void join_encode(struct bytes *out, const struct join *join);
void joined_encode(struct bytes *out, const struct joined *joined);

/* Read each.  ST_INVALID says what is wrong.  Of a JOIN of another `version` only that is read. */
MUST_CHECK enum status join_decode(struct join *join, uint64_t version, const uint8_t *bytes,
                                   size_t size, struct fault *fault);
MUST_CHECK enum status joined_decode(struct joined *joined, const uint8_t *bytes, size_t size,
                                     struct fault *fault);

#endif
