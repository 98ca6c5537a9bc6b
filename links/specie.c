/* The statement as bytes, and its signature (docs/wire.md, "SPECIE"). */
#include "links/specie.h"

#include <sodium.h>
#include <string.h>

#include "links/parcel.h"

enum { SPECIE_FIELDS = 17 };
/* The first item: no signature of something else can be taken for one of a statement. */
static const char specie_label[] = "serai-specie-1";

void parcel_put_side(struct bytes *out, const struct specie_side *side)
{
    cursor_put(out, (struct cursor){side->seq, side->total});
    parcel_put_digest(out, &side->digest);
}

void parcel_get_side(struct cbor *in, struct specie_side *side)
{
    struct cursor cursor = cursor_get(in);
    struct digest digest = parcel_get_digest(in);

    *side = (struct specie_side){cursor.seq, cursor.total, digest};
}

void settled_put(struct bytes *out, struct settled settled)
{
    cursor_put(out, (struct cursor){settled.index, settled.total});
}

struct settled settled_get(struct cbor *in)
{
    struct cursor cursor = cursor_get(in);

    return (struct settled){cursor.seq, cursor.total};
}

void specie_encode(struct specie_signed *specie)
{
    const struct specie *statement = &specie->statement;
    struct bytes out = bytes_within(specie->bytes, sizeof specie->bytes);

    cbor_put_array(&out, SPECIE_FIELDS);
    cbor_put_text(&out, specie_label);
    cbor_put_bytes(&out, statement->signer, LINK_KEY_BYTES);
    cbor_put_bytes(&out, statement->peer, LINK_KEY_BYTES);
    cbor_put_text(&out, statement->currency);
    cbor_put_uint(&out, statement->epoch);
    cbor_put_uint(&out, statement->frame);
    cbor_put_bytes(&out, statement->head.bytes, HASH_BYTES);
    parcel_put_side(&out, &statement->received);
    parcel_put_side(&out, &statement->sent);
    settled_put(&out, statement->paid);
    settled_put(&out, statement->got);
    INVARIANT(!out.failed); /* SPECIE_BYTES_MAX is enough for any */
    specie->size = out.size;
}

enum status specie_decode(struct specie_signed *specie, const uint8_t *bytes, size_t size,
                          struct fault *fault)
{
    struct specie *statement = &specie->statement;
    char label[sizeof specie_label];
    struct cbor in;

    memset(statement, 0, sizeof *statement);
    if (size > SPECIE_BYTES_MAX)
        return fault_set(fault, ST_INVALID, "statement: %zu bytes, and %d are the most", size,
                         SPECIE_BYTES_MAX);
    memcpy(specie->bytes, bytes, size);
    specie->size = size;
    cbor_init(&in, bytes, size);
    cbor_get_array(&in, SPECIE_FIELDS);
    cbor_get_text(&in, label, sizeof label - 1);
    if (in.error == NULL && strcmp(label, specie_label) != 0)
        cbor_fail(&in, "it is a statement of another kind");
    cbor_get_bytes_exact(&in, statement->signer, LINK_KEY_BYTES);
    cbor_get_bytes_exact(&in, statement->peer, LINK_KEY_BYTES);
    cbor_get_text(&in, statement->currency, LINK_CURRENCY_BYTES_MAX);
    statement->epoch = cbor_get_uint(&in, SEQ_MAX);
    statement->frame = cbor_get_uint(&in, SEQ_MAX);
    cbor_get_bytes_exact(&in, statement->head.bytes, HASH_BYTES);
    parcel_get_side(&in, &statement->received);
    parcel_get_side(&in, &statement->sent);
    statement->paid = settled_get(&in);
    statement->got = settled_get(&in);
    return cbor_done(&in, fault, "statement");
}

bool specie_is_signed(const struct specie_signed *specie)
{
    return crypto_sign_verify_detached(specie->signature, specie->bytes, specie->size,
                                       specie->statement.signer) == 0;
}
