/* Positions as bytes, and what a pair of them means (docs/wire.md, "LOSS"). */
#include "links/acceptance.h"

#include <sodium.h>
#include <string.h>

#include "links/parcel.h"

/*
 * The most that a sequence, the index of a settlement or an epoch may come to by a position.  Both
 * sites go on from there by one at a time, so the other half is left for what comes.
 */
#define POSITION_NUMBER_MAX (SEQ_MAX / 2)

/* The first items: no signature of something else can be taken for one of these. */
static const char position_label[] = "serai-position-1";
static const char acceptance_label[] = "serai-accept-1";
enum { POSITION_FIELDS = 21 };

/* ---- bytes ---- */

void position_encode(struct position_signed *position)
{
    const struct position *put = &position->position;
    struct bytes out = bytes_within(position->bytes, sizeof position->bytes);

    cbor_put_array(&out, POSITION_FIELDS);
    cbor_put_text(&out, position_label);
    cbor_put_bytes(&out, put->signer, LINK_KEY_BYTES);
    cbor_put_bytes(&out, put->peer, LINK_KEY_BYTES);
    cbor_put_text(&out, put->currency);
    cbor_put_uint(&out, put->epoch);
    cbor_put_uint(&out, put->peer_epoch);
    parcel_put_side(&out, &put->sent);
    parcel_put_side(&out, &put->acked);
    parcel_put_side(&out, &put->received);
    settled_put(&out, put->paid);
    settled_put(&out, put->got);
    cbor_put_uint(&out, put->claimed);
    cbor_put_uint(&out, put->number);
    INVARIANT(!out.failed); /* POSITION_BYTES_MAX is enough for any */
    position->size = out.size;
}

enum status position_decode(struct position_signed *position, const uint8_t *bytes, size_t size,
                            struct fault *fault)
{
    struct position *got = &position->position;
    char label[sizeof position_label];
    struct cbor in;

    memset(got, 0, sizeof *got);
    if (size > POSITION_BYTES_MAX)
        return fault_set(fault, ST_INVALID, "position: %zu bytes, and %d are the most", size,
                         POSITION_BYTES_MAX);
    memcpy(position->bytes, bytes, size);
    position->size = size;
    cbor_init(&in, bytes, size);
    cbor_get_array(&in, POSITION_FIELDS);
    cbor_get_text(&in, label, sizeof label - 1);
    if (in.error == NULL && strcmp(label, position_label) != 0)
        cbor_fail(&in, "it is a statement of another kind");
    cbor_get_bytes_exact(&in, got->signer, LINK_KEY_BYTES);
    cbor_get_bytes_exact(&in, got->peer, LINK_KEY_BYTES);
    cbor_get_text(&in, got->currency, LINK_CURRENCY_BYTES_MAX);
    got->epoch = cbor_get_uint(&in, SEQ_MAX);
    got->peer_epoch = cbor_get_uint(&in, SEQ_MAX);
    parcel_get_side(&in, &got->sent);
    parcel_get_side(&in, &got->acked);
    parcel_get_side(&in, &got->received);
    got->paid = settled_get(&in);
    got->got = settled_get(&in);
    got->claimed = cbor_get_uint(&in, SEQ_MAX);
    got->number = (uint32_t)cbor_get_uint(&in, UINT32_MAX);
    if (got->acked.seq > got->sent.seq || got->acked.total > got->sent.total)
        cbor_fail(&in, "more is acknowledged than was sent");
    return cbor_done(&in, fault, "position");
}

bool position_is_signed(const struct position_signed *position)
{
    return crypto_sign_verify_detached(position->signature, position->bytes, position->size,
                                       position->position.signer) == 0;
}

struct hash position_pair(const struct position_signed *one, const struct position_signed *other)
{
    uint8_t both[2 * POSITION_BYTES_MAX + 16];
    struct bytes out = bytes_within(both, sizeof both);

    if (memcmp(one->position.signer, other->position.signer, LINK_KEY_BYTES) > 0) {
        const struct position_signed *first = other;

        other = one;
        one = first;
    }
    cbor_put_array(&out, 2);
    cbor_put_bytes(&out, one->bytes, one->size);
    cbor_put_bytes(&out, other->bytes, other->size);
    INVARIANT(!out.failed);
    return hash_of(both, out.size);
}

char *loss_code(char text[LOSS_CODE_TEXT_BYTES], const struct hash *pair)
{
    return hex_print(text, pair->bytes, LOSS_CODE_BYTES);
}

size_t acceptance_encode(uint8_t bytes[ACCEPTANCE_BYTES_MAX], const struct hash *pair)
{
    struct bytes out = bytes_within(bytes, ACCEPTANCE_BYTES_MAX);

    cbor_put_array(&out, 2);
    cbor_put_text(&out, acceptance_label);
    cbor_put_bytes(&out, pair->bytes, HASH_BYTES);
    INVARIANT(!out.failed);
    return out.size;
}

bool acceptance_is_signed(const uint8_t signature[SPECIE_SIGNATURE_BYTES], const struct hash *pair,
                          const uint8_t key[LINK_KEY_BYTES])
{
    uint8_t bytes[ACCEPTANCE_BYTES_MAX];
    size_t size = acceptance_encode(bytes, pair);

    return crypto_sign_verify_detached(signature, bytes, size, key) == 0;
}

const char *loss_record_error(const struct loss_record *record)
{
    const struct position *ours = &record->ours.position;
    const struct position *theirs = &record->theirs.position;
    struct hash pair = position_pair(&record->ours, &record->theirs);

    if (memcmp(ours->peer, theirs->signer, LINK_KEY_BYTES) != 0 ||
        memcmp(theirs->peer, ours->signer, LINK_KEY_BYTES) != 0)
        return "the two positions are of different links";
    if (!position_is_signed(&record->ours) || !position_is_signed(&record->theirs))
        return "the signature of a position is false";
    if (!acceptance_is_signed(record->our_acceptance, &pair, ours->signer) ||
        !acceptance_is_signed(record->their_acceptance, &pair, theirs->signer))
        return "the signature of an acceptance is false";
    return NULL;
}

/* ---- what a pair means ---- */

/* One direction: what its sender has numbered, and how much of it its receiver has. */
struct joined {
    uint64_t seq;  /* above all that either side ever named */
    u128 total;    /* what is counted as sent: no less than either side has */
    u128 returned; /* of it: what the receiver does not have, and nobody remembers that it had */
};

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static u128 larger_total(u128 a, u128 b)
{
    return a > b ? a : b;
}

/*
 * The receiver knows best what it has, unless the sender knows that it had more: then it is the
 * receiver who lost something.
 */
static struct joined position_join(const struct specie_side *sent, const struct specie_side *acked,
                                   const struct specie_side *received)
{
    u128 arrived =
        received->seq >= acked->seq ? received->total : larger_total(acked->total, received->total);
    struct joined joined = {.seq = larger(sent->seq, received->seq) + 1,
                            .total = larger_total(sent->total, arrived)};

    joined.returned = joined.total - arrived;
    return joined;
}

/* Where a direction goes on: what comes back over it of the other one counts as its last message.
 */
static enum status plan_side(struct plan_side *side, const struct joined *joined, u128 comes_back,
                             const struct specie_side *ours, uint64_t theirs, struct fault *fault)
{
    struct money fits;

    *side = (struct plan_side){.seq = joined->seq, .returned = joined->returned};
    if (joined->seq > POSITION_NUMBER_MAX || !u128_add(&side->total, joined->total, comes_back))
        return fault_set(fault, ST_INVALID, "its numbers are at their end");
    side->difference = side->total - ours->total;
    side->messages = ours->seq > theirs ? ours->seq - theirs : theirs - ours->seq;
    if (!money_from_total(&fits, side->difference))
        return fault_set(fault, ST_INVALID,
                         "the two differ by more money than a site can hold: compare the books");
    return ST_OK;
}

/*
 * The higher number decides, and of one number the larger sum: a payment that a site confirmed,
 * forgot and then refused was made.
 */
static struct settled plan_settled(struct settled paid, struct settled got)
{
    struct settled settled = paid.index >= got.index ? paid : got;

    settled.total = larger_total(paid.total, got.total);
    return settled;
}

/* Whether a site can come so much further, to this number. */
static bool settled_fits(u128 more, struct settled settled)
{
    struct money fits;

    return settled.index <= POSITION_NUMBER_MAX && money_from_total(&fits, more);
}

/* Both sites ask the same of both, so that none accepts what the other refuses. */
static bool epochs_fit(const struct position *ours, const struct position *theirs)
{
    return ours->peer_epoch <= POSITION_NUMBER_MAX && theirs->peer_epoch <= POSITION_NUMBER_MAX;
}

enum status position_plan(struct loss_plan *plan, const struct position *ours,
                          const struct position *theirs, struct fault *fault)
{
    struct joined out = position_join(&ours->sent, &ours->acked, &theirs->received);
    struct joined in = position_join(&theirs->sent, &theirs->acked, &ours->received);
    enum status status =
        plan_side(&plan->sent, &out, in.returned, &ours->sent, theirs->received.seq, fault);

    if (status == ST_OK)
        status =
            plan_side(&plan->received, &in, out.returned, &ours->received, theirs->sent.seq, fault);
    plan->paid = plan_settled(ours->paid, theirs->got);
    plan->got = plan_settled(theirs->paid, ours->got);
    plan->paid_more = plan->paid.total - ours->paid.total;
    plan->got_more = plan->got.total - ours->got.total;
    if (status == ST_OK &&
        (!settled_fits(plan->paid_more, plan->paid) || !settled_fits(plan->got_more, plan->got)))
        status = fault_set(fault, ST_INVALID,
                           "the two differ by more settlements than there can be: compare the "
                           "books");
    if (status == ST_OK && !epochs_fit(ours, theirs))
        status = fault_set(fault, ST_INVALID, "its epochs are at their end");
    return status;
}
