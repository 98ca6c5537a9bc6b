/*
 * The keys of CURVE: a site is known by its Ed25519 key, and CurveZMQ uses that key's X25519 image
 * (RFC 7748; libsodium's crypto_sign_ed25519_*_to_curve25519), so one key names a peer.
 */
#ifndef SERAI_SITE_DAEMON_CURVE_H
#define SERAI_SITE_DAEMON_CURVE_H

#include <stdbool.h>

#include "site/control/control.h"

enum {
    CURVE_KEY_BYTES = 32,
    /* Bytes that sealing adds (RFC 26): "\7MESSAGE", a short nonce, a MAC and flags. */
    CURVE_SEAL_BYTES = 8 + 8 + 16 + 1,
};

/* The image of a public key.  ST_INVALID: it is no Ed25519 key. */
MUST_CHECK enum status curve_public(uint8_t curve[CURVE_KEY_BYTES],
                                    const uint8_t key[CONTROL_KEY_BYTES], struct fault *fault);

/*
 * The image of a secret key, CURVE_KEY_BYTES in memory of sodium_malloc that the caller ends with
 * sodium_free(), which wipes it.  ST_INVALID, ST_NOMEM.
 */
MUST_CHECK enum status curve_secret(uint8_t **curve, const uint8_t secret[CONTROL_SECRET_BYTES],
                                    struct fault *fault);

/*
 * libzmq copies the secret into objects of its own, and gives them back as they are.  So `operator
 * delete` of the programs that have this file wipes what it frees: nothing of the key is left once
 * a socket is closed.  False: the build has another allocator, a sanitizer's.
 */
bool curve_wipes_freed(void);

#endif
