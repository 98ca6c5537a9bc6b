#include "site/daemon/curve.h"

#include <assert.h>
#include <sodium.h>

static_assert(CURVE_KEY_BYTES == crypto_scalarmult_curve25519_BYTES, "a key of X25519");
static_assert(CONTROL_SECRET_BYTES == crypto_sign_SECRETKEYBYTES, "a key of Ed25519");

enum status curve_public(uint8_t curve[CURVE_KEY_BYTES], const uint8_t key[CONTROL_KEY_BYTES],
                         struct fault *fault)
{
    if (crypto_sign_ed25519_pk_to_curve25519(curve, key) != 0)
        return fault_set(fault, ST_INVALID, "the key is not a point of Ed25519");
    return ST_OK;
}

enum status curve_secret(uint8_t **curve, const uint8_t secret[CONTROL_SECRET_BYTES],
                         struct fault *fault)
{
    uint8_t *made = sodium_malloc(CURVE_KEY_BYTES);

    if (made == NULL)
        return fault_set(fault, ST_NOMEM, "link keys: locked memory is short");
    if (crypto_sign_ed25519_sk_to_curve25519(made, secret) != 0) {
        sodium_free(made);
        return fault_set(fault, ST_INVALID, "the site's secret key is damaged");
    }
    *curve = made;
    return ST_OK;
}
