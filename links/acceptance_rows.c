/* The row of a link's loss (docs/records.md, "Rows of links"). */
#include <string.h>

#include "links/link_set.h"

enum { LOSS_FIELDS = 13 };

static void loss_put_position(struct bytes *out, bool has, const struct position_signed *position)
{
    cbor_put_bytes(out, position->bytes, has ? position->size : 0);
    cbor_put_bytes(out, position->signature, has ? SPECIE_SIGNATURE_BYTES : 0);
}

static void loss_put_signature(struct bytes *out, bool has,
                               const uint8_t signature[SPECIE_SIGNATURE_BYTES])
{
    cbor_put_bytes(out, signature, has ? SPECIE_SIGNATURE_BYTES : 0);
}

void loss_encode(struct bytes *out, const struct loss_state *loss)
{
    /* The one that counts is written once. */
    bool last = loss->has_last && !loss->counted;

    cbor_put_array(out, LOSS_FIELDS);
    loss_put_position(out, loss->has_ours, &loss->record.ours);
    loss_put_position(out, loss->has_theirs, &loss->record.theirs);
    loss_put_signature(out, loss->we_accept, loss->record.our_acceptance);
    loss_put_signature(out, loss->it_accepts, loss->record.their_acceptance);
    cbor_put_bool(out, loss->counted);
    loss_put_position(out, last, &loss->last.ours);
    loss_put_position(out, last, &loss->last.theirs);
    loss_put_signature(out, last, loss->last.our_acceptance);
    loss_put_signature(out, last, loss->last.their_acceptance);
}

/* A signature, or no bytes: false. */
static bool loss_get_signature(struct cbor *in, uint8_t signature[SPECIE_SIGNATURE_BYTES])
{
    size_t size;
    const uint8_t *bytes = cbor_get_bytes(in, &size, SPECIE_SIGNATURE_BYTES);

    if (in->error != NULL || size == 0)
        return false;
    if (size != SPECIE_SIGNATURE_BYTES) {
        cbor_fail(in, "a signature has 64 bytes");
        return false;
    }
    memcpy(signature, bytes, size);
    return true;
}

static bool loss_get_position(struct cbor *in, struct position_signed *position)
{
    struct fault fault;
    size_t size;
    const uint8_t *bytes = cbor_get_bytes(in, &size, POSITION_BYTES_MAX);
    bool is_signed = loss_get_signature(in, position->signature);

    if (in->error != NULL)
        return false;
    if (is_signed != (size != 0))
        cbor_fail(in, "a position has a signature");
    else if (is_signed && position_decode(position, bytes, size, &fault) != ST_OK)
        cbor_fail(in, "a position is none");
    return is_signed;
}

/* The loss that was counted before the one of the row; false: there is none. */
static bool loss_get_last(struct cbor *in, struct loss_record *last)
{
    bool ours = loss_get_position(in, &last->ours);
    bool theirs = loss_get_position(in, &last->theirs);
    bool we_accept = loss_get_signature(in, last->our_acceptance);
    bool it_accepts = loss_get_signature(in, last->their_acceptance);

    if (ours != theirs || ours != we_accept || ours != it_accepts)
        cbor_fail(in, "of an earlier loss something is missing");
    return ours;
}

enum status loss_decode(struct loss_state *loss, const uint8_t *value, size_t value_size,
                        struct fault *fault)
{
    struct cbor in;

    cbor_init(&in, value, value_size);
    cbor_get_array(&in, LOSS_FIELDS);
    loss->has_ours = loss_get_position(&in, &loss->record.ours);
    loss->has_theirs = loss_get_position(&in, &loss->record.theirs);
    loss->we_accept = loss_get_signature(&in, loss->record.our_acceptance);
    loss->it_accepts = loss_get_signature(&in, loss->record.their_acceptance);
    loss->counted = cbor_get_bool(&in);
    loss->has_last = loss_get_last(&in, &loss->last);
    if ((loss->we_accept || loss->it_accepts) && !(loss->has_ours && loss->has_theirs))
        cbor_fail(&in, "a pair is accepted, and there is none");
    if (loss->counted && !(loss->we_accept && loss->it_accepts))
        cbor_fail(&in, "a pair is counted that was not accepted");
    if (loss->counted && loss->has_last)
        cbor_fail(&in, "two losses are counted last");
    if (loss->counted) {
        loss->has_last = true;
        loss->last = loss->record;
    }
    loss->saved = true;
    loss->due = loss->has_ours;
    return cbor_done(&in, fault, "row");
}
