/* JOIN and JOINED as bytes (docs/wire.md), and the signature of a JOIN. */
#include <sodium.h>
#include <string.h>

#include "site/control/invite.h"

enum { KIND_JOIN = 9, KIND_JOINED = 10, JOIN_FIELDS = 5, JOINED_FIELDS = 3 };

/* What is signed: this key, for this invitation of this site, and nothing else. */
static void join_signed_bytes(struct bytes *out, const struct join *join,
                              const uint8_t site[CONTROL_KEY_BYTES],
                              const uint8_t invitation[INVITE_KEY_BYTES])
{
    cbor_put_array(out, 5);
    cbor_put_text(out, "serai-join-1");
    cbor_put_bytes(out, site, CONTROL_KEY_BYTES);
    cbor_put_bytes(out, invitation, INVITE_KEY_BYTES);
    cbor_put_bytes(out, join->key, CONTROL_KEY_BYTES);
    cbor_put_text(out, join->currency);
    INVARIANT(!out->failed);
}

void join_sign(struct join *join, const uint8_t site[CONTROL_KEY_BYTES],
               const uint8_t invitation[INVITE_KEY_BYTES],
               const uint8_t secret[CONTROL_SECRET_BYTES])
{
    struct bytes text = {0};

    join_signed_bytes(&text, join, site, invitation);
    (void)!crypto_sign_detached(join->signature, NULL, text.data, text.size, secret); /* is 0 */
    bytes_fini(&text);
}

bool join_is_signed(const struct join *join, const uint8_t site[CONTROL_KEY_BYTES],
                    const uint8_t invitation[INVITE_KEY_BYTES])
{
    struct bytes text = {0};
    bool good;

    join_signed_bytes(&text, join, site, invitation);
    good = crypto_sign_verify_detached(join->signature, text.data, text.size, join->key) == 0;
    bytes_fini(&text);
    return good;
}

void join_encode(struct bytes *out, const struct join *join)
{
    cbor_put_array(out, JOIN_FIELDS);
    cbor_put_uint(out, KIND_JOIN);
    cbor_put_uint(out, join->version);
    cbor_put_text(out, join->currency);
    cbor_put_bytes(out, join->key, CONTROL_KEY_BYTES);
    cbor_put_bytes(out, join->signature, CONTROL_SIGNATURE_BYTES);
}

void joined_encode(struct bytes *out, const struct joined *joined)
{
    cbor_put_array(out, JOINED_FIELDS);
    cbor_put_uint(out, KIND_JOINED);
    cbor_put_bool(out, joined->done);
    cbor_put_text(out, joined->text);
}

enum status join_decode(struct join *join, uint64_t version, const uint8_t *bytes, size_t size,
                        struct fault *fault)
{
    struct cbor in;

    memset(join, 0, sizeof *join);
    cbor_init(&in, bytes, size);
    /* Another version may have other fields. */
    if (cbor_get_array_any(&in, UINT8_MAX) < 2 || cbor_get_uint(&in, UINT8_MAX) != KIND_JOIN)
        return fault_set(fault, ST_INVALID, "the first parcel of an invited site is no JOIN");
    join->version = cbor_get_uint(&in, UINT64_MAX);
    if (in.error == NULL && join->version != version)
        return ST_OK;
    cbor_get_text(&in, join->currency, INVITE_CURRENCY_BYTES_MAX);
    cbor_get_bytes_exact(&in, join->key, CONTROL_KEY_BYTES);
    cbor_get_bytes_exact(&in, join->signature, CONTROL_SIGNATURE_BYTES);
    return cbor_done(&in, fault, "JOIN");
}

enum status joined_decode(struct joined *joined, const uint8_t *bytes, size_t size,
                          struct fault *fault)
{
    struct cbor in;

    memset(joined, 0, sizeof *joined);
    cbor_init(&in, bytes, size);
    cbor_get_array(&in, JOINED_FIELDS);
    if (cbor_get_uint(&in, UINT8_MAX) != KIND_JOINED)
        cbor_fail(&in, "that is no JOINED");
    joined->done = cbor_get_bool(&in);
    cbor_get_text(&in, joined->text, JOIN_TEXT_BYTES_MAX);
    return cbor_done(&in, fault, "JOINED");
}
