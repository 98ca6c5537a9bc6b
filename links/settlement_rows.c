/* The row of a link's settlements (docs/records.md, "Rows of links"). */
#include "links/settlement_state.h"

#include <string.h>

enum { SETTLEMENT_FIELDS = 12, PAYMENT_FIELDS = 7 };

static void payment_encode(struct bytes *out, const struct settlement_payment *payment)
{
    cbor_put_array(out, PAYMENT_FIELDS);
    cbor_put_uint(out, payment->index);
    cbor_put_money(out, payment->amount);
    cbor_put_uint(out, (uint64_t)payment->by);
    cbor_put_uint(out, (uint64_t)payment->outcome);
    cbor_put_bytes(out, payment->receipt.bytes, payment->receipt.size);
    cbor_put_text(out, payment->reference);
    cbor_put_bytes(out, payment->house, LINK_KEY_BYTES);
}

void settlement_encode(struct bytes *out, const struct settlement *settlement)
{
    cbor_put_array(out, SETTLEMENT_FIELDS);
    cbor_put_uint(out, (uint64_t)settlement->by);
    cbor_put_text(out, settlement->where);
    cbor_put_money(out, settlement->threshold);
    cbor_put_money(out, settlement->target);
    cbor_put_uint(out, settlement->last_index);
    payment_encode(out, &settlement->pending);
    payment_encode(out, &settlement->paid);
    payment_encode(out, &settlement->claimed);
    payment_encode(out, &settlement->got);
    settled_put(out, settlement->got_before);
    cbor_put_uint(out, settlement->posted_seq);
}

static void payment_decode(struct cbor *in, struct settlement_payment *payment)
{
    const uint8_t *receipt;

    cbor_get_array(in, PAYMENT_FIELDS);
    payment->index = cbor_get_uint(in, SEQ_MAX);
    payment->amount = cbor_get_money(in);
    payment->by = (enum settlement_by)cbor_get_uint(in, SETTLE_BY_CLEARING);
    payment->outcome = (enum settlement_outcome)cbor_get_uint(in, SETTLEMENT_REFUSED);
    receipt = cbor_get_bytes(in, &payment->receipt.size, SETTLEMENT_RECEIPT_BYTES_MAX);
    if (in->error == NULL)
        memcpy(payment->receipt.bytes, receipt, payment->receipt.size);
    cbor_get_text(in, payment->reference, SETTLEMENT_TEXT_BYTES_MAX);
    cbor_get_bytes_exact(in, payment->house, LINK_KEY_BYTES);
    if (in->error == NULL && (payment->index == 0) != money_is_zero(payment->amount))
        cbor_fail(in, "a payment without a number, or a number without a payment");
}

enum status settlement_decode(struct settlement *settlement, const uint8_t *value,
                              size_t value_size, struct fault *fault)
{
    struct cbor in;

    cbor_init(&in, value, value_size);
    cbor_get_array(&in, SETTLEMENT_FIELDS);
    settlement->by = (enum settlement_by)cbor_get_uint(&in, SETTLE_BY_CLEARING);
    cbor_get_text(&in, settlement->where, SETTLEMENT_TEXT_BYTES_MAX);
    settlement->threshold = cbor_get_money(&in);
    settlement->target = cbor_get_money(&in);
    settlement->last_index = cbor_get_uint(&in, SEQ_MAX);
    payment_decode(&in, &settlement->pending);
    payment_decode(&in, &settlement->paid);
    payment_decode(&in, &settlement->claimed);
    payment_decode(&in, &settlement->got);
    settlement->got_before = settled_get(&in);
    settlement->posted_seq = cbor_get_uint(&in, SEQ_MAX);
    if (in.error == NULL && settlement->pending.index != 0 &&
        settlement->pending.index != settlement->last_index)
        cbor_fail(&in, "the pending payment is not the last one");
    return cbor_done(&in, fault, "row");
}
