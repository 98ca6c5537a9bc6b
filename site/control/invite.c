/* docs/join.md says why an invitation looks as it does; the form is in the header. */
#define _GNU_SOURCE /* timegm */
#include "site/control/invite.h"

#include <assert.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static const char scheme_tcp[] = "serai://";
static const char scheme_ipc[] = "serai+ipc://";
static const char endpoint_tcp[] = "tcp://";
static const char endpoint_ipc[] = "ipc://";

enum {
    CHECK_BYTES = 4,
    TOKEN_BYTES = CONTROL_KEY_BYTES + INVITE_SECRET_BYTES + CHECK_BYTES,
    TOKEN_TEXT_BYTES = 71, /* 70 characters of six bits each, and the end */
    TERMS_TEXT_BYTES = 64,
    TIME_TEXT_BYTES = 24,
};

static_assert(TOKEN_TEXT_BYTES == (TOKEN_BYTES * 4 + 2) / 3 + 1, "base64 without padding");
static_assert(INVITE_KEY_BYTES == crypto_box_PUBLICKEYBYTES, "a key of X25519");
static_assert((int)INVITE_TEXT_BYTES >= (int)sizeof scheme_ipc + ENDPOINT_BYTES_MAX +
                                            TERMS_TEXT_BYTES + TIME_TEXT_BYTES + TOKEN_TEXT_BYTES,
              "all parts fit");

/* ---- the secret ---- */

void invite_draw(uint8_t secret[INVITE_SECRET_BYTES])
{
    randombytes_buf(secret, INVITE_SECRET_BYTES);
}

void invite_keys(uint8_t public[INVITE_KEY_BYTES], uint8_t *private,
                 const uint8_t secret[INVITE_SECRET_BYTES])
{
    static const char use[] = "serai-invite-1";
    uint8_t seed[crypto_box_SEEDBYTES];
    uint8_t made[crypto_box_SECRETKEYBYTES];

    /* Both calls fail for sizes only, and these are constants. */
    (void)!crypto_generichash(seed, sizeof seed, secret, INVITE_SECRET_BYTES, (const uint8_t *)use,
                              sizeof use - 1);
    (void)!crypto_box_seed_keypair(public, made, seed);
    if (private != NULL)
        memcpy(private, made, sizeof made);
    sodium_memzero(seed, sizeof seed);
    sodium_memzero(made, sizeof made);
}

/* ---- printing ---- */

/* Over the text before the token and what the token holds. */
static void invite_check(uint8_t check[CHECK_BYTES], const char *before, size_t size,
                         const uint8_t *token)
{
    crypto_generichash_state state;
    uint8_t hash[crypto_generichash_BYTES];

    (void)!crypto_generichash_init(&state, NULL, 0, sizeof hash);
    (void)!crypto_generichash_update(&state, (const uint8_t *)before, size);
    (void)!crypto_generichash_update(&state, token, TOKEN_BYTES - CHECK_BYTES);
    (void)!crypto_generichash_final(&state, hash, sizeof hash);
    memcpy(check, hash, CHECK_BYTES);
}

/* An amount without the zeros at its end: 25 and not 25.000000000. */
static char *invite_print_limit(char text[MONEY_TEXT_BYTES], struct money limit)
{
    size_t size = strlen(money_print(text, limit));

    while (size > 1 && text[size - 1] == '0' && strchr(text, '.') != NULL)
        text[--size] = '\0';
    if (size > 1 && text[size - 1] == '.')
        text[size - 1] = '\0';
    return text;
}

char *invite_print(char text[INVITE_TEXT_BYTES], const struct invite *invite)
{
    bool is_ipc = strncmp(invite->endpoint, endpoint_ipc, sizeof endpoint_ipc - 1) == 0;
    uint8_t token[TOKEN_BYTES];
    char limit[MONEY_TEXT_BYTES];
    time_t until = (time_t)invite->until_s;
    char time[TIME_TEXT_BYTES];
    struct tm parts;
    int size;

    (void)!strftime(time, sizeof time, "%Y%m%dT%H%M%SZ", gmtime_r(&until, &parts));
    size = snprintf(text, INVITE_TEXT_BYTES, "%s%s/%s-%s/%s/", is_ipc ? scheme_ipc : scheme_tcp,
                    invite->endpoint + (sizeof endpoint_tcp - 1),
                    invite_print_limit(limit, invite->limit), invite->currency, time);
    INVARIANT(size > 0 && size < INVITE_TEXT_BYTES - TOKEN_TEXT_BYTES);
    memcpy(token, invite->site, CONTROL_KEY_BYTES);
    memcpy(token + CONTROL_KEY_BYTES, invite->secret, INVITE_SECRET_BYTES);
    invite_check(token + TOKEN_BYTES - CHECK_BYTES, text, (size_t)size, token);
    (void)!sodium_bin2base64(text + size, TOKEN_TEXT_BYTES, token, sizeof token,
                             sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    sodium_memzero(token, sizeof token);
    return text;
}

/* ---- reading ---- */

/* A part of the text between two slashes. */
struct part {
    const char *text;
    size_t size;
};

/* Take the last part off `left`, and the slash before it.  False: there is none. */
static bool part_take_last(struct part *left, struct part *part)
{
    size_t size = left->size;

    while (size > 0 && left->text[size - 1] != '/')
        size--;
    if (size == 0)
        return false;
    *part = (struct part){.text = left->text + size, .size = left->size - size};
    left->size = size - 1;
    return true;
}

/* False: the part is longer than that. */
static bool part_copy(char *to, size_t bytes, struct part part)
{
    if (part.size >= bytes)
        return false;
    memcpy(to, part.text, part.size);
    to[part.size] = '\0';
    return true;
}

/* The endpoint, as `site.toml` and `link add` have it. */
static enum status invite_take_endpoint(struct invite *invite, struct part left,
                                        struct fault *fault)
{
    bool is_ipc = strncmp(left.text, scheme_ipc, sizeof scheme_ipc - 1) == 0;
    size_t scheme = is_ipc ? sizeof scheme_ipc - 1 : sizeof scheme_tcp - 1;
    struct endpoint endpoint;
    char rest[ENDPOINT_BYTES_MAX + 1];

    if (left.size < scheme || !part_copy(rest, sizeof rest - (sizeof endpoint_tcp - 1),
                                         (struct part){left.text + scheme, left.size - scheme}))
        return fault_set(fault, ST_INVALID, "its address is missing or too long");
    memcpy(invite->endpoint, is_ipc ? endpoint_ipc : endpoint_tcp, sizeof endpoint_tcp - 1);
    memcpy(invite->endpoint + (sizeof endpoint_tcp - 1), rest, strlen(rest) + 1);
    return endpoint_parse(&endpoint, invite->endpoint, ENDPOINT_DIAL, fault);
}

/* LIMIT-CURRENCY and the time. */
static enum status invite_take_terms(struct invite *invite, struct part terms, struct part until,
                                     struct fault *fault)
{
    char text[TERMS_TEXT_BYTES];
    char time[TIME_TEXT_BYTES];
    struct tm parts = {0};
    char *dash;
    const char *end;

    if (!part_copy(text, sizeof text, terms) || (dash = strrchr(text, '-')) == NULL ||
        dash[1] == '\0' || strlen(dash + 1) > INVITE_CURRENCY_BYTES_MAX)
        return fault_set(fault, ST_INVALID, "its limit is not as 25-SRI");
    *dash = '\0';
    (void)snprintf(invite->currency, sizeof invite->currency, "%s", dash + 1);
    if (money_parse(&invite->limit, text, fault) != ST_OK)
        return ST_INVALID;
    end = part_copy(time, sizeof time, until) ? strptime(time, "%Y%m%dT%H%M%SZ", &parts) : NULL;
    if (end == NULL || *end != '\0')
        return fault_set(fault, ST_INVALID, "its time is not as 20261201T180000Z");
    invite->until_s = (uint64_t)timegm(&parts);
    return ST_OK;
}

static enum status invite_take_token(struct invite *invite, const char *before, struct part part,
                                     struct fault *fault)
{
    uint8_t token[TOKEN_BYTES];
    uint8_t check[CHECK_BYTES];
    size_t size = 0;
    bool good = sodium_base642bin(token, sizeof token, part.text, part.size, NULL, &size, NULL,
                                  sodium_base64_VARIANT_URLSAFE_NO_PADDING) == 0 &&
                size == sizeof token;

    if (good) {
        invite_check(check, before, (size_t)(part.text - before), token);
        good = memcmp(check, token + TOKEN_BYTES - CHECK_BYTES, CHECK_BYTES) == 0;
        memcpy(invite->site, token, CONTROL_KEY_BYTES);
        memcpy(invite->secret, token + CONTROL_KEY_BYTES, INVITE_SECRET_BYTES);
    }
    sodium_memzero(token, sizeof token);
    return good ? ST_OK
                : fault_set(fault, ST_INVALID,
                            "a part of the invitation was changed or lost on the way: copy all of "
                            "it");
}

enum status invite_parse(struct invite *invite, const char *text, struct fault *fault)
{
    struct part left = {.text = text, .size = strlen(text)};
    struct part token;
    struct part until;
    struct part terms;
    enum status status;

    memset(invite, 0, sizeof *invite);
    if (strncmp(text, scheme_tcp, sizeof scheme_tcp - 1) != 0 &&
        strncmp(text, scheme_ipc, sizeof scheme_ipc - 1) != 0)
        return fault_set(fault, ST_INVALID, "an invitation begins with serai://");
    if (left.size >= INVITE_TEXT_BYTES || !part_take_last(&left, &token) ||
        !part_take_last(&left, &until) || !part_take_last(&left, &terms))
        return fault_set(fault, ST_INVALID,
                         "that is no whole invitation: copy all of what `serai link invite` "
                         "printed");
    /* First the token: its check finds a slip in any of the others. */
    status = invite_take_token(invite, text, token, fault);
    if (status == ST_OK)
        status = invite_take_terms(invite, terms, until, fault);
    return status == ST_OK ? invite_take_endpoint(invite, left, fault) : status;
}
