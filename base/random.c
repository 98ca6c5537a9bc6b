/*
 * libsodium's randomness, and a seeded ChaCha20 keystream that is equal on every machine.  The seed
 * is 64 bits: enough to replay a run, and no secret.
 */
#include "base/random.h"

#include "base/bytes.h"

#include <sodium.h>
#include <string.h>

static void random_system_fill(void *context, void *to, size_t size)
{
    (void)context;
    randombytes_buf(to, size);
}

struct random_source random_system(void)
{
    return (struct random_source){.fill = random_system_fill};
}

/* Make block n of a seed: the key is the seed, the nonce is n, so any block is found alone. */
static void rng_next_block(struct rng *rng)
{
    uint8_t key[crypto_stream_chacha20_KEYBYTES] = {0};
    uint8_t nonce[crypto_stream_chacha20_NONCEBYTES];

    le64_put(key, rng->seed);
    le64_put(nonce, rng->counter);
    INVARIANT(crypto_stream_chacha20(rng->block, sizeof rng->block, nonce, key) == 0);
    rng->counter++;
    rng->used = 0;
}

/* The first block is made by the first draw. */
void rng_init(struct rng *rng, uint64_t seed)
{
    *rng = (struct rng){.seed = seed, .used = sizeof rng->block};
}

void rng_fill(struct rng *rng, void *to, size_t size)
{
    uint8_t *at = to;

    /* What is left of a block is used first: the stream does not depend on sizes of draws. */
    while (size != 0) {
        size_t count;

        if (rng->used == sizeof rng->block)
            rng_next_block(rng);
        count = sizeof rng->block - rng->used;
        if (count > size)
            count = size;
        memcpy(at, rng->block + rng->used, count);
        rng->used += (uint32_t)count;
        at += count;
        size -= count;
    }
}

uint64_t rng_u64(struct rng *rng)
{
    uint8_t bytes[8];

    rng_fill(rng, bytes, sizeof bytes);
    return le64_get(bytes);
}

uint64_t rng_below(struct rng *rng, uint64_t bound)
{
    uint64_t skip;
    uint64_t value;

    INVARIANT(bound != 0);
    /* 2^64 mod bound values are left over: drawing again at these leaves all equally likely. */
    skip = (0 - bound) % bound;
    do {
        value = rng_u64(rng);
    } while (value < skip);
    return value % bound;
}

bool rng_coin(struct rng *rng)
{
    uint8_t byte;

    rng_fill(rng, &byte, 1);
    return (byte & 1) != 0;
}

uint64_t rng_edgy(struct rng *rng)
{
    uint64_t power = (uint64_t)1 << rng_below(rng, 64);

    /* Where arithmetic goes wrong: at the ends of 64 and 63 bits and around powers of two. */
    switch (rng_below(rng, 8)) {
    case 0:
        return rng_below(rng, 3); /* 0, 1, 2 */
    case 1:
        return UINT64_MAX - rng_below(rng, 3);
    case 2:
        return (uint64_t)INT64_MAX - 1 + rng_below(rng, 3);
    case 3:
        return power;
    case 4:
        return power - 1;
    case 5:
        return power + 1;
    case 6:
        return rng_below(rng, power); /* any size is as likely */
    default:
        return rng_u64(rng);
    }
}

static void rng_source_fill(void *context, void *to, size_t size)
{
    struct rng *rng = context;

    rng_fill(rng, to, size);
}

struct random_source random_from_rng(struct rng *rng)
{
    return (struct random_source){.fill = rng_source_fill, .context = rng};
}
