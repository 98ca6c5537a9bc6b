#include "site/daemon/curve.h"

#include <assert.h>
#include <malloc.h>
#include <sodium.h>
#include <stdlib.h>

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
        return fault_set(fault, ST_NOMEM, "link keys: out of locked memory");
    if (crypto_sign_ed25519_sk_to_curve25519(made, secret) != 0) {
        sodium_free(made);
        return fault_set(fault, ST_INVALID, "the site's secret key is damaged");
    }
    *curve = made;
    return ST_OK;
}

/* ---- what libzmq gives back ---- */

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define OTHER_ALLOCATOR 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define OTHER_ALLOCATOR 1
#endif
#endif

#ifndef OTHER_ALLOCATOR

/*
 * The C++ runtime's operators by the names that the platform's binary interface gives them (Itanium
 * C++ ABI, 5.1).  A program's own stand before a shared library's, and the runtime's memory comes
 * from malloc().
 */
void operator_delete(void *memory) __asm__("_ZdlPv");
void operator_delete_sized(void *memory, size_t size) __asm__("_ZdlPvm");
void operator_delete_nothrow(void *memory, const void *nothrow) __asm__("_ZdlPvRKSt9nothrow_t");

void operator_delete(void *memory)
{
    if (memory != NULL)
        sodium_memzero(memory, malloc_usable_size(memory));
    free(memory);
}

void operator_delete_sized(void *memory, size_t size)
{
    (void)size;
    operator_delete(memory);
}

void operator_delete_nothrow(void *memory, const void *nothrow)
{
    (void)nothrow;
    operator_delete(memory);
}

bool curve_wipes_freed(void)
{
    return true;
}

#else

bool curve_wipes_freed(void)
{
    return false;
}

#endif
